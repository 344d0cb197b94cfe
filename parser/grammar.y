%include { #include <assert.h>
#include <stdlib.h>
#include <stdbool.h> }
%token_type { int }
input ::= SEMI.
