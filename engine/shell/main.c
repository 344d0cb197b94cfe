/* weir's entry: arguments and exit codes. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) puts("weir 0.1.0");
    return 0;
}
