/* Flink SQL, the whole statement surface. LALR(1) without conflicts: what needs more than one word of lookahead is settled
** by parser/lex_context.c, which makes the tokens LPQ, RP_UNIT, FN_ID, FN_KW, NOT_OP, ... ; actions only call ast_build.h. */
%include {
#include "parser/ast_build.h"
}
%name grammar_
%token_prefix TK_
%token_type { const Token * }
%extra_context { Parse *p }
%stack_size 5000
%syntax_error { parse_unexpected(p); }
%stack_overflow { parse_too_deep(p); }

/* Lowest first. The gaps in Calcite's numbers: OR, AND, NOT, IS, comparison, IN/LIKE/BETWEEN, + -, * / % ||, sign. */
%nonassoc LOW.
%nonassoc TO ORDER WITH WITHOUT IGNORE RESPECT.
%left UNION EXCEPT.
%left INTERSECT.
%left MULTISET.
%left OR.
%left AND.
%right NOT.
%left IS.
%left EQ NE LT GT LE GE.
%left BETWEEN IN LIKE SIMILAR ILIKE RLIKE NOT_OP OVERLAPS CONTAINS EQUALS PRECEDES SUCCEEDS IMMEDIATELY MEMBER SUBMULTISET.
%left ESCAPE.
%left PLUS SUB.
%left STAR SLASH MODULO CONCAT.
%right SIGN.
%left LBRACKET DOT.
%nonassoc VALUE.
/* Reserved words without a rule of their own: never accepted. */
%token WORD.

/* Unreserved words are names wherever they have no meaning of their own. */
%fallback ID
    FN_ID MAP_LT
    A ABSENT ADD AFTER ANALYZE ARTIFACT ASC CASCADE CATALOG CHANGELOG_MODE COLUMNS COMPILE COMPUTE CONDITIONAL CONFLICT CONSTRAINTS DATABASE DAYS
    DEDUPLICATE DESC DESCRIPTOR DO DRAIN ENFORCED ERROR ESTIMATED_COST EXCLUDING FINAL FIRST FOLLOWING FORMAT GENERATED HOURS IF IGNORE IMMEDIATELY
    INCLUDING INPUT JAR JARS JAVA JOB JOBS JSON JSON_EXECUTION_PLAN KEY LAST LOAD MAP MATCHED METADATA MINUTES MODEL MONTHS NOTHING NULLS OBJECT
    OPTIONS ORDINALITY OUTPUT OVERWRITE OVERWRITING PARTIAL PARTITIONED PARTITIONS PASSING PAST PLACING PLAN PLAN_ADVICE PRECEDING PYTHON QUARTER REMOVE REPLACE
    RESPECT RESTRICT RETURNING SCALAR SECONDS SETS STATISTICS STOP TEMPORARY TIMESTAMPADD TIMESTAMPDIFF UNBOUNDED UNCONDITIONAL UNLOAD VIEW VIRTUAL
    WEEK WRAPPER YEARS ZONE.

%start_symbol input
input ::= START_STATEMENT statement(S). { p->stmt = S; }
input ::= START_STATEMENT statement(S) SEMI. { p->stmt = S; }
input ::= START_EXPRESSION expr(E). { p->expr = E; }
input ::= START_QUERY query(Q). { p->query = Q; }
input ::= START_TYPE type_null(T). { p->type = T; }

/* ---------------------------------------------------------------- names */
%type name { Ident } %type path { Path } %type names { IdentList } %type names_opt { IdentList } %type paths { PathList }
name(A) ::= ID(T). { A = make_ident(T); }
path(A) ::= name(N). { A = make_path(p, N); }
path(A) ::= path(B) DOT name(N). { A = path_add(p, B, N); }
names(A) ::= name(N). { A = (IdentList){ 0 }; ARENA_PUSH(p->arena, A, N); }
names(A) ::= names(B) COMMA name(N). { A = B; ARENA_PUSH(p->arena, A, N); }
names_opt(A) ::= . { A = (IdentList){ 0 }; } names_opt(A) ::= LP names(B) RP. { A = B; }
paths(A) ::= path(N). { A = (PathList){ 0 }; ARENA_PUSH(p->arena, A, N); }
paths(A) ::= paths(B) COMMA path(N). { A = B; ARENA_PUSH(p->arena, A, N); }

/* Yes or no. */
%type if_exists { bool } %type if_not_exists { bool }
if_exists(A) ::= . { A = false; } if_exists(A) ::= IF EXISTS. { A = true; }
if_not_exists(A) ::= . { A = false; } if_not_exists(A) ::= IF NOT EXISTS. { A = true; }

/* 'text' of a clause: plain strings only. */
%type text { Str } %type comment_opt { TextOpt }
text(A) ::= STRING_LITERAL(T). { A = plain_text(p, T); }
comment_opt(A) ::= . { A = (TextOpt){ STR_NULL, false }; } comment_opt(A) ::= COMMENT text(T). { A = (TextOpt){ T, true }; }

/* ---------------------------------------------------------------- types */
%type type { AstType * } %type type_base { AstType * } %type type_null { AstType * } %type type_name { AstType * } %type cast_type { AstType * }
%type len_opt { Len } %type len2_opt { Len } %type charset_opt { Span } %type field { AstField } %type fields { FieldList } %type integer { int32_t }
integer(A) ::= INTEGER_LITERAL(T). { A = int_value(p, T); }
type_null(A) ::= type(A).
type_null(A) ::= type(B) NULL(E). { A = type_end(B, E, false, true); }
type_null(A) ::= type(B) NOT NULL(E). { A = type_end(B, E, true, true); }
type(A) ::= type_base(A).
type(A) ::= type(B) ARRAY(E). { A = type_of_elem(p, "ARRAY", B, B->span, E); A->postfix = true; }
type(A) ::= type(B) MULTISET(E). { A = type_of_elem(p, "MULTISET", B, B->span, E); A->postfix = true; }
cast_type(A) ::= type(A).
cast_type(A) ::= INTERVAL(T) interval_unit(U). { A = type_interval(p, T, &U); }

len_opt(A) ::= . { A = (Len){ -1, -1, { 0, 0 } }; }
len_opt(A) ::= LP integer(N) RP(E). { A = (Len){ N, -1, E->span }; }
len2_opt(A) ::= . { A = (Len){ -1, -1, { 0, 0 } }; }
len2_opt(A) ::= LP integer(N) RP(E). { A = (Len){ N, -1, E->span }; }
len2_opt(A) ::= LP integer(N) COMMA integer(S) RP(E). { A = (Len){ N, S, E->span }; }
charset_opt(A) ::= . { A = (Span){ 0, 0 }; } charset_opt(A) ::= CHARACTER SET name(N). { A = N.span; }

type_base(A) ::= BOOLEAN|TINYINT|SMALLINT|INT|INTEGER|BIGINT|FLOAT|REAL|STRING|BYTES|DATE|VARIANT|BITMAP|ANY(T). { A = type_of_word(p, T); }
type_base(A) ::= DOUBLE(T). { A = type_new(p, "DOUBLE", T->span); }
type_base(A) ::= DOUBLE(T) PRECISION(E). { A = type_new(p, "DOUBLE", span_join(T->span, E->span)); }
type_base(A) ::= decimal_word(T) len2_opt(L). { A = type_len(type_new(p, "DECIMAL", T->span), L); }
%type decimal_word { const Token * }
decimal_word(A) ::= DECIMAL|DEC|NUMERIC(T). { A = T; }
%type char_word { const Token * }
char_word(A) ::= CHAR|CHARACTER(T). { A = T; }
type_base(A) ::= char_word(T) len_opt(L) charset_opt. { A = type_len(type_new(p, "CHAR", T->span), L); }
type_base(A) ::= char_word(T) VARYING(E) len_opt(L) charset_opt. { A = type_len(type_new(p, "VARCHAR", span_join(T->span, E->span)), L); }
type_base(A) ::= VARCHAR(T) len_opt(L) charset_opt. { A = type_len(type_new(p, "VARCHAR", T->span), L); }
type_base(A) ::= BINARY(T) len_opt(L). { A = type_len(type_new(p, "BINARY", T->span), L); }
type_base(A) ::= BINARY(T) VARYING(E) len_opt(L). { A = type_len(type_new(p, "VARBINARY", span_join(T->span, E->span)), L); }
type_base(A) ::= VARBINARY(T) len_opt(L). { A = type_len(type_new(p, "VARBINARY", T->span), L); }
type_base(A) ::= TIME(T) len_opt(L). [LOW] { A = type_len(type_new(p, "TIME", T->span), L); }
type_base(A) ::= TIME(T) len_opt(L) WITHOUT TIME ZONE(E). { A = type_len(type_new(p, "TIME", span_join(T->span, E->span)), L); }
type_base(A) ::= TIME(T) len_opt WITH LOCAL TIME ZONE. { A = type_new(p, "TIME", T->span); parse_unsupported(p, T, "TIME WITH LOCAL TIME ZONE", "Use TIME or TIMESTAMP_LTZ(3)."); }
type_base(A) ::= TIMESTAMP(T) len_opt(L). [LOW] { A = type_len(type_new(p, "TIMESTAMP", T->span), L); }
type_base(A) ::= TIMESTAMP(T) len_opt(L) WITHOUT TIME ZONE(E). { A = type_len(type_new(p, "TIMESTAMP", span_join(T->span, E->span)), L); }
type_base(A) ::= TIMESTAMP(T) len_opt(L) WITH LOCAL TIME ZONE(E). { A = type_len(type_new(p, "TIMESTAMP_LTZ", span_join(T->span, E->span)), L); }
type_base(A) ::= TIMESTAMP_LTZ(T) len_opt(L). { A = type_len(type_new(p, "TIMESTAMP_LTZ", T->span), L); }
type_base(A) ::= ARRAY(T) LT type_null(B) GT(E). { A = type_of_elem(p, "ARRAY", B, T->span, E); }
type_base(A) ::= MULTISET(T) LT type_null(B) GT(E). { A = type_of_elem(p, "MULTISET", B, T->span, E); }
type_base(A) ::= MAP_LT(T) LT type_null(K) COMMA type_null(V) GT(E). { A = type_of_elem(p, "MAP", V, T->span, E); A->key = K; }
type_base(A) ::= ROW(T) LT fields(F) GT(E). { A = type_of_fields(p, "ROW", &F, span_join(T->span, E->span)); }
type_base(A) ::= ROW(T) NE(E). { A = type_new(p, "ROW", span_join(T->span, E->span)); }
type_base(A) ::= ROW(T) LP fields(F) RP(E). { A = type_of_fields(p, "ROW", &F, span_join(T->span, E->span)); }
type_base(A) ::= ROW(T) LP RP(E). { A = type_new(p, "ROW", span_join(T->span, E->span)); }
type_base(A) ::= STRUCTURED(T) LT text(C) GT(E). { A = type_new(p, "STRUCTURED", span_join(T->span, E->span)); A->class_name = C; }
type_base(A) ::= STRUCTURED(T) LT text(C) COMMA fields(F) GT(E). { A = type_of_fields(p, "STRUCTURED", &F, span_join(T->span, E->span)); A->class_name = C; }
type_base(A) ::= RAW(T) LP text(C) COMMA text(S) RP(E). { A = type_new(p, "RAW", span_join(T->span, E->span)); A->class_name = C; A->raw_text = S; }
type_base(A) ::= type_name(A).
type_name(A) ::= path(N). { A = type_user(p, &N); }
fields(A) ::= field(F). { A = (FieldList){ 0 }; ARENA_PUSH(p->arena, A, F); }
fields(A) ::= fields(B) COMMA field(F). { A = B; ARENA_PUSH(p->arena, A, F); }
field(A) ::= name(N) type_null(T). { A = (AstField){ N, T, STR_NULL }; }
field(A) ::= name(N) type_null(T) text(C). { A = (AstField){ N, T, C }; }

/* ---------------------------------------------------------------- units */
%type unit { Unit } %type interval_unit { UnitRange } %type symbol { Unit }
unit(A) ::= YEAR|YEARS|QUARTER|QUARTERS|MONTH|MONTHS|WEEK|WEEKS|DAY|DAYS|HOUR|HOURS|MINUTE|MINUTES|SECOND|SECONDS(T). { A = unit_of(p, T); }
interval_unit(A) ::= unit(U) len2_opt(L). [LOW] { A = unit_range(p, U, L, NULL, (Len){ -1, -1, { 0, 0 } }); }
interval_unit(A) ::= unit(U) len2_opt(L) TO unit(V) len_opt(M). { A = unit_range(p, U, L, &V, M); }
/* Keyword arguments: the unit of EXTRACT, FLOOR, TIMESTAMPADD, ... */
symbol(A) ::= unit(A).
symbol(A) ::= ID(T). { A = symbol_of(p, T); }

/* ---------------------------------------------------------------- expressions */
%type expr { Ast * } %type term { Ast * } %type literal { Ast * } %type string { Ast * } %type exprs { AstList } %type expr_opt { Ast * } %type cmp { AstOp }
%type quantifier { bool }
exprs(A) ::= expr(E). { A = asts_one(p, E); }
exprs(A) ::= exprs(B) COMMA expr(E). { A = asts_add(p, B, E); }
expr_opt(A) ::= . { A = NULL; } expr_opt(A) ::= expr(A).

expr(A) ::= term(A).
expr(A) ::= expr(B) OR expr(C). { A = op2(p, OP_OR, B, C); }
expr(A) ::= expr(B) AND expr(C). { A = op2(p, OP_AND, B, C); }
expr(A) ::= NOT(T) expr(B). { A = op1(p, OP_NOT, T->span, B); }
expr(A) ::= expr(B) cmp(O) expr(C). [EQ] { A = op2(p, O, B, C); }
expr(A) ::= expr(B) cmp(O) quantifier(Q) LPQ query(R) RP(E). [EQ] { A = op_quantified(p, O, B, ast_subquery(p, R, E->span, E->span), Q, E); }
expr(A) ::= expr(B) cmp(O) quantifier(Q) LP exprs(L) RP(E). [EQ] { A = op_quantified(p, O, B, ast_row(p, L, false, E->span, E->span), Q, E); }
cmp(A) ::= EQ|NE|LT|LE|GT|GE(T). { A = op_of(T); }
quantifier(A) ::= ALL. { A = true; }
quantifier(A) ::= ANY. { A = false; }
quantifier(A) ::= SOME. { A = false; }
expr(A) ::= expr(B) PLUS|SUB(T) expr(C). [PLUS] { A = op2(p, op_of(T), B, C); }
expr(A) ::= expr(B) STAR|SLASH|MODULO|CONCAT(T) expr(C). [STAR] { A = op2(p, op_of(T), B, C); }
expr(A) ::= expr(B) OVERLAPS|CONTAINS|EQUALS|PRECEDES|SUCCEEDS(T) expr(C). [BETWEEN] { A = op2(p, op_of(T), B, C); }
expr(A) ::= SUB(T) expr(B). [SIGN] { A = op1(p, OP_NEG, T->span, B); }
expr(A) ::= PLUS(T) expr(B). [SIGN] { A = op1(p, OP_POS, T->span, B); }

expr(A) ::= expr(B) IS NULL|TRUE|FALSE|UNKNOWN(E). { A = op_post(p, op_is(E, false), B, E); }
expr(A) ::= expr(B) IS NOT NULL|TRUE|FALSE|UNKNOWN(E). { A = op_post(p, op_is(E, true), B, E); }
expr(A) ::= expr(B) IS A SET(E). { A = op_post(p, OP_IS_A_SET, B, E); }
expr(A) ::= expr(B) IS NOT A SET(E). { A = op_negated(p, op_post(p, OP_IS_A_SET, B, E)); }
expr(A) ::= expr(B) IS EMPTY(E). { A = op_post(p, OP_IS_EMPTY, B, E); }
expr(A) ::= expr(B) IS NOT EMPTY(E). { A = op_negated(p, op_post(p, OP_IS_EMPTY, B, E)); }
expr(A) ::= expr(B) IS JSON(E). [IS] { A = op_post(p, OP_IS_JSON_VALUE, B, E); }
expr(A) ::= expr(B) IS JSON json_kind(K). [IS] { A = op_post(p, K.op, B, K.token); }
expr(A) ::= expr(B) IS NOT JSON(E). [IS] { A = op_negated(p, op_post(p, OP_IS_JSON_VALUE, B, E)); }
expr(A) ::= expr(B) IS NOT JSON json_kind(K). [IS] { A = op_negated(p, op_post(p, K.op, B, K.token)); }
%type json_kind { JsonKind }
json_kind(A) ::= VALUE(T). { A = (JsonKind){ OP_IS_JSON_VALUE, T }; }
json_kind(A) ::= SCALAR(T). { A = (JsonKind){ OP_IS_JSON_SCALAR, T }; }
json_kind(A) ::= ARRAY(T). { A = (JsonKind){ OP_IS_JSON_ARRAY, T }; }
json_kind(A) ::= OBJECT(T). { A = (JsonKind){ OP_IS_JSON_OBJECT, T }; }
expr(A) ::= expr(B) IS DISTINCT FROM expr(C). [EQ] { A = op2(p, OP_IS_DISTINCT, B, C); }
expr(A) ::= expr(B) IS NOT DISTINCT FROM expr(C). [EQ] { A = op2(p, OP_IS_NOT_DISTINCT, B, C); }

%type not_opt { bool } %type symmetric_opt { bool }
not_opt(A) ::= . { A = false; } not_opt(A) ::= NOT_OP. { A = true; }
symmetric_opt(A) ::= . { A = false; } symmetric_opt(A) ::= ASYMMETRIC. { A = false; }
symmetric_opt(A) ::= SYMMETRIC. { A = true; }
expr(A) ::= expr(B) BETWEEN symmetric_opt(S) expr(C) AND expr(D). [BETWEEN] { A = ast_between(p, B, false, S, C, D); }
expr(A) ::= expr(B) NOT_OP BETWEEN symmetric_opt(S) expr(C) AND expr(D). [BETWEEN] { A = ast_between(p, B, true, S, C, D); }
expr(A) ::= expr(B) IN LPQ query(Q) RP(E). [IN] { A = ast_in(p, B, false, (AstList){ 0 }, Q, E); }
expr(A) ::= expr(B) NOT_OP IN LPQ query(Q) RP(E). [IN] { A = ast_in(p, B, true, (AstList){ 0 }, Q, E); }
expr(A) ::= expr(B) IN LP exprs(L) RP(E). [IN] { A = ast_in(p, B, false, L, NULL, E); }
expr(A) ::= expr(B) NOT_OP IN LP exprs(L) RP(E). [IN] { A = ast_in(p, B, true, L, NULL, E); }
expr(A) ::= expr(B) LIKE expr(C). { A = op_like(p, OP_LIKE, B, false, C, NULL); }
expr(A) ::= expr(B) LIKE expr(C) ESCAPE expr(D). { A = op_like(p, OP_LIKE, B, false, C, D); }
expr(A) ::= expr(B) NOT_OP LIKE expr(C). { A = op_like(p, OP_LIKE, B, true, C, NULL); }
expr(A) ::= expr(B) NOT_OP LIKE expr(C) ESCAPE expr(D). { A = op_like(p, OP_LIKE, B, true, C, D); }
expr(A) ::= expr(B) SIMILAR TO expr(C). [SIMILAR] { A = op_like(p, OP_SIMILAR, B, false, C, NULL); }
expr(A) ::= expr(B) SIMILAR TO expr(C) ESCAPE expr(D). { A = op_like(p, OP_SIMILAR, B, false, C, D); }
expr(A) ::= expr(B) NOT_OP SIMILAR TO expr(C). [SIMILAR] { A = op_like(p, OP_SIMILAR, B, true, C, NULL); }
expr(A) ::= expr(B) NOT_OP SIMILAR TO expr(C) ESCAPE expr(D). { A = op_like(p, OP_SIMILAR, B, true, C, D); }
expr(A) ::= expr(B) ILIKE(T) expr. { A = B; no_such_operator(p, T, "UPPER(text) LIKE UPPER(pattern)"); }
expr(A) ::= expr(B) NOT_OP ILIKE(T) expr. { A = B; no_such_operator(p, T, "UPPER(text) NOT LIKE UPPER(pattern)"); }
expr(A) ::= expr(B) RLIKE(T) expr. { A = B; no_such_operator(p, T, "REGEXP(text, pattern)"); }
expr(A) ::= expr(B) NOT_OP RLIKE(T) expr. { A = B; no_such_operator(p, T, "NOT REGEXP(text, pattern)"); }
expr(A) ::= expr(B) IMMEDIATELY PRECEDES expr(C). { A = op2(p, OP_IMMEDIATELY_PRECEDES, B, C); }
expr(A) ::= expr(B) IMMEDIATELY SUCCEEDS expr(C). { A = op2(p, OP_IMMEDIATELY_SUCCEEDS, B, C); }
expr(A) ::= expr(B) MEMBER OF expr(C). [MEMBER] { A = op2(p, OP_MEMBER_OF, B, C); }
expr(A) ::= expr(B) SUBMULTISET OF expr(C). [SUBMULTISET] { A = op2(p, OP_SUBMULTISET_OF, B, C); }
expr(A) ::= expr(B) NOT_OP SUBMULTISET OF expr(C). [SUBMULTISET] { A = op_negated(p, op2(p, OP_SUBMULTISET_OF, B, C)); }
expr(A) ::= expr(B) MULTISET UNION set_quantifier(Q) expr(C). [MULTISET] { A = op_multiset(p, OP_MULTISET_UNION, B, Q, C); }
expr(A) ::= expr(B) MULTISET INTERSECT set_quantifier(Q) expr(C). [MULTISET] { A = op_multiset(p, OP_MULTISET_INTERSECT, B, Q, C); }
expr(A) ::= expr(B) MULTISET EXCEPT set_quantifier(Q) expr(C). [MULTISET] { A = op_multiset(p, OP_MULTISET_EXCEPT, B, Q, C); }

/* Names, fields, subscripts. */
term(A) ::= literal(A).
term(A) ::= ID(T). { A = ast_name(p, T); }
term(A) ::= user_word(T). { A = ast_name(p, T); }
term(A) ::= term(B) DOT ID(T). { A = ast_dot(p, B, T); }
term(A) ::= term(B) LBRACKET expr(E) RBRACKET(X). { A = ast_index(p, B, E, X); }
term(A) ::= QMARK(T). { A = call_bare(p, STR("?"), T); }
%type user_word { const Token * }
user_word(A) ::= USER|CURRENT_USER|SESSION_USER|SYSTEM_USER|CURRENT_ROLE|CURRENT_SCHEMA|CURRENT_CATALOG|CURRENT_PATH(T). { A = T; }

/* Parentheses and constructors. */
term(A) ::= LP(T) expr(E) RP(X). { A = ast_paren(p, E, T, X); }
term(A) ::= LP(T) expr(E) COMMA exprs(L) RP(X). { A = ast_row(p, asts_front(p, E, L), false, T->span, X->span); }
term(A) ::= LP(T) expr(E) RP_UNIT interval_unit(U). { A = ast_difference(p, E, T, &U); }
term(A) ::= LPQ(T) query(Q) RP(X). { A = ast_subquery(p, Q, T->span, X->span); }
term(A) ::= ROW(T) LP exprs(L) RP(X). { A = ast_row(p, L, true, T->span, X->span); }
term(A) ::= ROW(T) LP term(B) DOT STAR(X) RP. { A = B; parse_fail(p, E_INVALID, X->span, "* stands only in the list of SELECT and in COUNT(*)"); (void)T; }
term(A) ::= ARRAY(T) LBRACKET exprs(L) RBRACKET(X). { A = ast_items(p, AST_ARRAY, L, T, X); }
term(A) ::= ARRAY(T) LBRACKET RBRACKET(X). { A = ast_items(p, AST_ARRAY, (AstList){ 0 }, T, X); }
term(A) ::= ARRAY(T) LPQ query(Q) RP(X). { A = ast_subquery(p, Q, T->span, X->span); A->kind = AST_QUERY_ARRAY; }
term(A) ::= MAP(T) LBRACKET exprs(L) RBRACKET(X). { A = ast_items(p, AST_MAP, L, T, X); }
term(A) ::= MAP(T) LBRACKET RBRACKET(X). { A = ast_items(p, AST_MAP, (AstList){ 0 }, T, X); }
term(A) ::= MULTISET(T) LBRACKET exprs(L) RBRACKET(X). { A = call_new(p, STR("MULTISET"), L, T, X); }
term(A) ::= MULTISET(T) LPQ query(Q) RP(X). { A = call_new(p, STR("MULTISET_QUERY"), asts_one(p, ast_subquery(p, Q, T->span, X->span)), T, X); }
term(A) ::= EXISTS(T) LPQ query(Q) RP(X). { A = op1(p, OP_EXISTS, T->span, ast_subquery(p, Q, T->span, X->span)); }
term(A) ::= EXISTS(T) LP exprs(L) RP. { A = L.v[0]; parse_fail(p, E_INVALID, T->span, "EXISTS takes a query"); }
term(A) ::= UNIQUE(T) LPQ query(Q) RP(X). { A = op1(p, OP_UNIQUE, T->span, ast_subquery(p, Q, T->span, X->span)); }

/* Literals. */
literal(A) ::= INTEGER_LITERAL|DECIMAL_LITERAL|DOUBLE_LITERAL|TRUE|FALSE|UNKNOWN|NULL|DEFAULT(T). { A = lit_of(p, T); }
literal(A) ::= string(A).
literal(A) ::= date_word(T) STRING_LITERAL(S). { A = lit_of(p, T); A->u.lit.text = plain_text(p, S); A->span = span_join(T->span, S->span); }
literal(A) ::= TIMESTAMP(T) WITH LOCAL TIME ZONE STRING_LITERAL(S). { A = lit_new(p, LIT_TIMESTAMP_LTZ, plain_text(p, S), span_join(T->span, S->span)); }
literal(A) ::= LBRACE(T) ID(W) STRING_LITERAL(S) RBRACE(X). { A = lit_braces(p, T, W, S, X); }
string(A) ::= STRING_LITERAL(T). { A = lit_string(p, T); }
string(A) ::= string(B) STRING_LITERAL(T). { A = lit_continued(p, B, T); }
term(A) ::= INTERVAL(T) term(B) interval_unit(U). { A = ast_interval(p, T, 0, B, &U); }
term(A) ::= INTERVAL(T) SUB term(B) interval_unit(U). { A = ast_interval(p, T, -1, B, &U); }
term(A) ::= INTERVAL(T) PLUS term(B) interval_unit(U). { A = ast_interval(p, T, 1, B, &U); }
term(A) ::= INTERVAL_LP(T) LP expr(B) RP interval_unit(U). { A = ast_interval(p, T, 0, B, &U); }

/* CASE, CAST. */
%type whens { CaseParts } %type else_opt { Ast * }
term(A) ::= CASE(T) expr_opt(E) whens(W) else_opt(O) END(X). { A = ast_case(p, T, E, &W, O, X); }
whens(A) ::= WHEN exprs(L) THEN expr(E). { A = (CaseParts){ { 0 }, { 0 } }; case_add(p, &A, L, E); }
whens(A) ::= whens(B) WHEN exprs(L) THEN expr(E). { A = B; case_add(p, &A, L, E); }
else_opt(A) ::= . { A = NULL; } else_opt(A) ::= ELSE expr(E). { A = E; }
term(A) ::= CAST(T) LP expr(E) AS cast_type(Y) RP(X). { A = ast_cast(p, E, Y, false, span_join(T->span, X->span)); }
term(A) ::= TRY_CAST(T) LP expr(E) AS cast_type(Y) RP(X). { A = ast_cast(p, E, Y, true, span_join(T->span, X->span)); }

/* Calls. */
%type fn { const Token * } %type args { AstList } %type arg { Ast * } %type call_args { CallArgs } %type call_tail { CallTail }
fn(A) ::= FN_ID|FN_KW(T). { A = T; }
term(A) ::= fn(F) call_args(C) call_tail(L). { A = ast_call(p, NULL, F, &C, &L); }
term(A) ::= term(B) DOT FN_ID(F) call_args(C) call_tail(L). { A = ast_call(p, B, F, &C, &L); }
term(A) ::= RUNNING|FINAL(T) fn(F) call_args(C). { A = call_wrap(p, T, ast_call(p, NULL, F, &C, NULL)); }
term(A) ::= LBRACE(T) ID(W) fn(F) call_args(C) RBRACE(X). { A = call_braces(p, T, W, ast_call(p, NULL, F, &C, NULL), X); }
term(A) ::= date_word(T) LP exprs(L) RP(X). { A = call_new(p, str_upper(p->arena, T->text), L, T, X); }
%type date_word { const Token * }
date_word(A) ::= DATE|TIME(T). { A = T; }
date_word(A) ::= TIMESTAMP(T). { A = T; }
term(A) ::= CHAR(T) LP exprs(L) RP(X). { A = call_new(p, STR("CHAR"), L, T, X); }
term(A) ::= PERIOD(T) LP expr(B) COMMA expr(C) RP(X). { A = ast_row(p, asts_two(p, B, C), false, T->span, X->span); }
term(A) ::= SAFE_CAST(T) LP expr(E) AS cast_type RP. { A = E; parse_unsupported(p, T, "SAFE_CAST", "Use TRY_CAST."); }
term(A) ::= TRANSLATE(T) LP exprs(L) RP(X). { A = call_new(p, STR("TRANSLATE"), L, T, X); }
term(A) ::= SUBSTRING(T) LP exprs(L) RP(X). { A = call_new(p, str_upper(p->arena, T->text), L, T, X); }
call_args(A) ::= LP RP(X). { A = (CallArgs){ .end = X }; }
call_args(A) ::= LP args(L) nulls_said(N) order_opt(O) RP(X). { A = (CallArgs){ .args = L, .nulls = N, .order = O, .end = X }; }
call_args(A) ::= LP DISTINCT args(L) nulls_said(N) order_opt(O) RP(X). { A = (CallArgs){ .args = L, .distinct = true, .nulls = N, .order = O, .end = X }; }
call_args(A) ::= LP args(L) RP(X). { A = (CallArgs){ .args = L, .end = X }; }
call_args(A) ::= LP args(L) ORDER BY orders(O) RP(X). { A = (CallArgs){ .args = L, .order = O, .end = X }; }
call_args(A) ::= LP DISTINCT args(L) RP(X). { A = (CallArgs){ .args = L, .distinct = true, .end = X }; }
call_args(A) ::= LP DISTINCT args(L) ORDER BY orders(O) RP(X). { A = (CallArgs){ .args = L, .distinct = true, .order = O, .end = X }; }
call_args(A) ::= LP ALL args(L) RP(X). { A = (CallArgs){ .args = L, .all = true, .end = X }; }
call_args(A) ::= LP ALL args(L) ORDER BY orders(O) RP(X). { A = (CallArgs){ .args = L, .all = true, .order = O, .end = X }; }
call_args(A) ::= LP STAR RP(X). { A = (CallArgs){ .star = true, .end = X }; }
call_args(A) ::= LPQ(T) query(Q) RP(X). { A = (CallArgs){ .args = asts_one(p, ast_subquery(p, Q, T->span, X->span)), .end = X }; }
args(A) ::= arg(E). { A = asts_one(p, E); }
args(A) ::= args(B) COMMA arg(E). { A = asts_add(p, B, E); }
arg(A) ::= expr(A).
arg(A) ::= table_arg(A).
arg(A) ::= YEAR|MONTH|DAY|HOUR|MINUTE|SECOND(T). { A = ast_symbol(p, str_upper(p->arena, T->text), T->span); }
arg(A) ::= term(B) DOT STAR(T). { A = B; parse_fail(p, E_INVALID, T->span, "* stands only in the list of SELECT and in COUNT(*)"); }
arg(A) ::= name(N) ARROW expr(E). { A = ast_named(p, N, E); }
arg(A) ::= name(N) ARROW table_arg(E). { A = ast_named(p, N, E); }
%type table_arg { Ast * } %type partition_arg { AstList } %type order_arg { OrderList }
table_arg(A) ::= TABLE(T) path(N) partition_arg(L) order_arg(O). { A = ast_table_arg(p, T, &N, L, O); }
table_arg(A) ::= LPQ(T) query(Q) RP(X) PARTITION BY expr(E) order_arg(O). { A = ast_table_query(p, T, Q, E, O, X); }
term(A) ::= DESCRIPTOR(T) LP paths(L) RP(X). { A = ast_descriptor(p, T, &L, X); }
term(A) ::= DESCRIPTOR(T) LP RP(X). { PathList none = { 0 }; A = ast_descriptor(p, T, &none, X); }
table_arg(A) ::= MODEL_ARG(T) path(N). { A = ast_model_arg(p, T, &N); }
partition_arg(A) ::= . { A = (AstList){ 0 }; } partition_arg(A) ::= PARTITION BY expr(E). { A = asts_of_row(p, E); }
order_arg(A) ::= . [LOW] { A = (OrderList){ 0 }; }
order_arg(A) ::= ORDER BY order(O). { A = orders_of_row(p, O); }
call_tail(A) ::= nulls_opt(N) within_opt(W) filter_opt(F) over_opt(O). { A = (CallTail){ N, W.has, W.order, F, O }; }
%type nulls_opt { int8_t } %type nulls_said { int8_t } %type within_opt { Within } %type filter_opt { Ast * } %type over_opt { AstWindow * }
nulls_opt(A) ::= . [LOW] { A = 0; }
nulls_opt(A) ::= nulls_said(A).
nulls_said(A) ::= IGNORE NULLS. { A = 1; }
nulls_said(A) ::= RESPECT NULLS. { A = 2; }
within_opt(A) ::= . { A = (Within){ false, { 0 } }; }
within_opt(A) ::= WITHIN GROUP LP ORDER BY orders(O) RP. { A = (Within){ true, O }; }
filter_opt(A) ::= . { A = NULL; } filter_opt(A) ::= FILTER LP WHERE expr(E) RP. { A = E; }
over_opt(A) ::= . { A = NULL; } over_opt(A) ::= OVER name(N). { A = window_named(p, N); }
over_opt(A) ::= OVER LP(T) window(W) RP(X). { A = window_end(W, T, X); }

/* Calls with keywords among their arguments; how they are kept stands at each. */
term(A) ::= EXTRACT(T) LP symbol(S) FROM expr(E) RP(X). { A = call_symbol(p, T, S, asts_one(p, E), X); }          /* EXTRACT(sym, x) */
term(A) ::= ceil_word(T) LP expr(E) RP(X). { A = call_new(p, str_upper(p->arena, T->text), asts_one(p, E), T, X); }          /* CEIL(x[, sym]) */
term(A) ::= ceil_word(T) LP expr(E) TO symbol(S) RP(X). { A = call_ceil(p, T, E, S, X); }
term(A) ::= ceil_word(T) LP expr(E) TO_UNIT symbol(S) RP(X). { A = call_ceil(p, T, E, S, X); }
%type ceil_word { const Token * }
ceil_word(A) ::= CEIL|CEILING|FLOOR(T). { A = T; }
term(A) ::= TRIM(T) LP expr(E) RP(X). { A = call_trim(p, T, NULL, NULL, E, X); }                                          /* TRIM(sym, chars or NULL, s) */
term(A) ::= TRIM(T) LP expr(C) FROM expr(E) RP(X). { A = call_trim(p, T, NULL, C, E, X); }
term(A) ::= TRIM(T) LP trim_side(S) expr(E) RP(X). { A = call_trim(p, T, S, NULL, E, X); }
term(A) ::= TRIM(T) LP trim_side(S) FROM expr(E) RP(X). { A = call_trim(p, T, S, NULL, E, X); }
term(A) ::= TRIM(T) LP trim_side(S) expr(C) FROM expr(E) RP(X). { A = call_trim(p, T, S, C, E, X); }
%type trim_side { const Token * }
trim_side(A) ::= BOTH|LEADING|TRAILING(T). { A = T; }
term(A) ::= SUBSTRING(T) LP expr(S) FROM expr(B) RP(X). { A = call3(p, "SUBSTRING", T, S, B, NULL, X); }                            /* SUBSTRING(s, from[, for]) */
term(A) ::= SUBSTRING(T) LP expr(S) FROM expr(B) FOR expr(C) RP(X). { A = call3(p, "SUBSTRING", T, S, B, C, X); }
term(A) ::= POSITION(T) LP expr(B) POS_IN expr(S) RP(X). { A = call3(p, "POSITION", T, B, S, NULL, X); }                    /* POSITION(needle, s[, from]) */
term(A) ::= POSITION(T) LP expr(B) POS_IN expr(S) FROM expr(C) RP(X). { A = call3(p, "POSITION", T, B, S, C, X); }
term(A) ::= OVERLAY(T) LP expr(S) PLACING expr(R) FROM expr(B) RP(X). { A = call_overlay(p, T, S, R, B, NULL, X); }         /* OVERLAY(s, r, from[, for]) */
term(A) ::= OVERLAY(T) LP expr(S) PLACING expr(R) FROM expr(B) FOR expr(C) RP(X). { A = call_overlay(p, T, S, R, B, C, X); }
term(A) ::= CONVERT(T) LP expr(S) COMMA symbol(B) COMMA symbol(C) RP(X). { A = call_json(p, T, S, ast_symbol(p, B.name, B.span), asts_one(p, ast_symbol(p, C.name, C.span)), X); }
term(A) ::= CONVERT(T) LP expr(S) USING symbol(N) RP(X). { A = call_using(p, T, S, N, X); }
term(A) ::= TRANSLATE(T) LP expr(S) USING symbol(N) RP(X). { A = call_using(p, T, S, N, X); }                         /* TRANSLATE(s, sym USING, sym charset) */
term(A) ::= TIMESTAMPADD|TIMESTAMPDIFF(T) LP symbol(S) COMMA expr(B) COMMA expr(C) RP(X). { A = call_symbol(p, T, S, asts_two(p, B, C), X); }
term(A) ::= now_word(T). { A = call_bare(p, str_upper(p->arena, T->text), T); }
%type now_word { const Token * }
now_word(A) ::= CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP(T). { A = T; }

/* JSON: clauses follow the arguments as (symbol, value) pairs in the order written: RETURNING, CAST(NULL AS type); WRAPPER, WITHOUT|CONDITIONAL|UNCONDITIONAL;
** ON_EMPTY or ON_ERROR with NULL|ERROR|TRUE|FALSE|UNKNOWN|EMPTY_ARRAY|EMPTY_OBJECT as a symbol or the expression behind DEFAULT.
** JSON_OBJECT, JSON_ARRAY and their aggregates end with the symbol NULL_ON_NULL or ABSENT_ON_NULL; a FORMAT JSON value is the call FORMAT_JSON(value). */
%type json_input { Ast * } %type json_clauses { AstList } %type json_clause { AstList } %type json_action { Ast * } %type json_pairs { AstList }
%type json_pair { AstList } %type json_values { AstList } %type json_nulls { Nulls }
json_input(A) ::= expr(A).
json_input(A) ::= expr(E) FORMAT JSON(X). { A = call_format_json(p, E, X); }
term(A) ::= JSON_EXISTS|JSON_VALUE|JSON_QUERY(T) LP json_input(J) COMMA expr(S) json_clauses(L) RP(X). { A = call_json(p, T, J, S, L, X); }
json_clauses(A) ::= . { A = (AstList){ 0 }; } json_clauses(A) ::= json_clauses(B) json_clause(C). { A = asts_join(p, B, C); }
json_clause(A) ::= PASSING(T) expr AS name. { A = (AstList){ 0 }; parse_unsupported(p, T, "PASSING", "Build the path with ||."); }
json_clause(A) ::= RETURNING(T) cast_type(Y). { A = asts_two(p, ast_symbol(p, STR("RETURNING"), T->span), ast_cast(p, lit_new(p, LIT_NULL, STR_NULL, T->span), Y, false, Y->span)); }
json_clause(A) ::= json_action(E) ON EMPTY(X). { A = asts_two(p, ast_symbol(p, STR("ON_EMPTY"), X->span), E); }
json_clause(A) ::= json_action(E) ON ERROR(X). { A = asts_two(p, ast_symbol(p, STR("ON_ERROR"), X->span), E); }
json_clause(A) ::= WITHOUT(T) WRAPPER. { A = asts_symbols(p, "WRAPPER", "WITHOUT", T); }
json_clause(A) ::= WITHOUT(T) ARRAY WRAPPER. { A = asts_symbols(p, "WRAPPER", "WITHOUT", T); }
json_clause(A) ::= WITH(T) wrap_kind(K) WRAPPER. { A = asts_symbols(p, "WRAPPER", K, T); }
json_clause(A) ::= WITH(T) wrap_kind(K) ARRAY WRAPPER. { A = asts_symbols(p, "WRAPPER", K, T); }
%type wrap_kind { const char * }
wrap_kind(A) ::= . { A = "UNCONDITIONAL"; } wrap_kind(A) ::= CONDITIONAL. { A = "CONDITIONAL"; }
wrap_kind(A) ::= UNCONDITIONAL. { A = "UNCONDITIONAL"; }
json_action(A) ::= NULL_ON(T). { A = ast_symbol(p, STR("NULL"), T->span); }
json_action(A) ::= TRUE|FALSE|UNKNOWN|ERROR(T). { A = ast_symbol(p, str_upper(p->arena, T->text), T->span); }
json_action(A) ::= EMPTY(T) ARRAY. { A = ast_symbol(p, STR("EMPTY_ARRAY"), T->span); }
json_action(A) ::= EMPTY(T) OBJECT. { A = ast_symbol(p, STR("EMPTY_OBJECT"), T->span); }
json_action(A) ::= DEFAULT expr(E). { A = E; }
json_action(A) ::= DEFAULT NULL_ON(T). { A = lit_new(p, LIT_NULL, STR_NULL, T->span); }
term(A) ::= JSON_OBJECT(T) LP json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_OBJECT", T, (AstList){ 0 }, N, X); }
term(A) ::= JSON_OBJECT(T) LP json_pairs(L) json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_OBJECT", T, L, N, X); }
term(A) ::= JSON_OBJECTAGG(T) LP json_pair(L) json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_OBJECTAGG", T, L, N, X); }
term(A) ::= JSON_ARRAY(T) LP ABSENT ON NULL RP(X). { A = call_json_nulls(p, "JSON_ARRAY", T, (AstList){ 0 }, NULLS_ABSENT, X); }
term(A) ::= JSON_ARRAY(T) LP RP(X). { A = call_json_nulls(p, "JSON_ARRAY", T, (AstList){ 0 }, NULLS_UNSAID, X); }
term(A) ::= JSON_ARRAY(T) LP json_values(L) json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_ARRAY", T, L, N, X); }
term(A) ::= JSON_ARRAYAGG(T) LP json_input(E) json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_ARRAYAGG", T, asts_one(p, E), N, X); }
term(A) ::= JSON_ARRAYAGG(T) LP json_input(E) ORDER BY orders(O) json_nulls(N) RP(X). { A = call_json_nulls(p, "JSON_ARRAYAGG", T, asts_one(p, E), N, X); A->u.call.order = O; }
term(A) ::= JSON_ARRAYAGG(T) LP json_input(E) json_nulls(N) RP(X) WITHIN GROUP LP ORDER BY orders(O) RP. { A = call_json_nulls(p, "JSON_ARRAYAGG", T, asts_one(p, E), N, X); A->u.call.order = O; }
json_values(A) ::= json_input(E). { A = asts_one(p, E); }
json_values(A) ::= json_values(B) COMMA json_input(E). { A = asts_add(p, B, E); }
json_pairs(A) ::= json_pair(A).
json_pairs(A) ::= json_pairs(B) COMMA json_pair(C). { A = asts_join(p, B, C); }
json_pair(A) ::= expr(K) VALUE json_input(V). { A = asts_two(p, K, V); }
json_pair(A) ::= KEY expr(K) VALUE json_input(V). { A = asts_two(p, K, V); }
json_pair(A) ::= expr(K) COLON json_input(V). { A = asts_two(p, K, V); }
json_nulls(A) ::= . { A = NULLS_UNSAID; } json_nulls(A) ::= NULL_ON ON NULL. { A = NULLS_KEPT; }
json_nulls(A) ::= ABSENT ON NULL. { A = NULLS_ABSENT; }

/* ---------------------------------------------------------------- windows, order */
%type window { AstWindow * } %type partition_opt { AstList } %type orders { OrderList } %type order_opt { OrderList } %type order { AstOrder }
%type frame_opt { Frame } %type bound { AstBound } %type base_opt { Ident }
window(A) ::= base_opt(B) partition_opt(L) order_opt(O) frame_opt(F) partial_opt. { A = window_new(p, B, L, O, F); }
base_opt(A) ::= . { A = (Ident){ 0 }; } base_opt(A) ::= name(A).
partition_opt(A) ::= . { A = (AstList){ 0 }; } partition_opt(A) ::= PARTITION BY exprs(L). { A = L; }
order_opt(A) ::= . { A = (OrderList){ 0 }; } order_opt(A) ::= ORDER BY orders(L). { A = L; }
orders(A) ::= order(O). { A = (OrderList){ 0 }; ARENA_PUSH(p->arena, A, O); }
orders(A) ::= orders(B) COMMA order(O). { A = B; ARENA_PUSH(p->arena, A, O); }
order(A) ::= expr(E) direction(D) nulls_order(N). { A = (AstOrder){ E, D, N, E->span }; }
%type direction { bool } %type nulls_order { NullsOrder }
direction(A) ::= . { A = false; } direction(A) ::= ASC. { A = false; }
direction(A) ::= DESC. { A = true; }
nulls_order(A) ::= . { A = NULLS_DEFAULT; } nulls_order(A) ::= NULLS FIRST. { A = NULLS_FIRST; }
nulls_order(A) ::= NULLS LAST. { A = NULLS_LAST; }
partial_opt ::= .
partial_opt ::= ALLOW PARTIAL.
partial_opt ::= DISALLOW(T) PARTIAL. { parse_unsupported(p, T, "DISALLOW PARTIAL", "Filter on COUNT(*) over the same window."); }
frame_opt(A) ::= . { A = (Frame){ FRAME_NONE, { 0 }, { 0 } }; }
frame_opt(A) ::= frame_unit(U) bound(B). { A = (Frame){ U, B, { BOUND_CURRENT, NULL } }; }
frame_opt(A) ::= frame_unit(U) BETWEEN bound(B) AND bound(C). { A = (Frame){ U, B, C }; }
%type frame_unit { FrameUnit }
frame_unit(A) ::= ROWS. { A = FRAME_ROWS; }
frame_unit(A) ::= RANGE. { A = FRAME_RANGE; }
bound(A) ::= UNBOUNDED PRECEDING. { A = (AstBound){ BOUND_UNBOUNDED_PRECEDING, NULL }; }
bound(A) ::= UNBOUNDED FOLLOWING. { A = (AstBound){ BOUND_UNBOUNDED_FOLLOWING, NULL }; }
bound(A) ::= CURRENT ROW. { A = (AstBound){ BOUND_CURRENT, NULL }; }
bound(A) ::= expr(E) PRECEDING. { A = (AstBound){ BOUND_PRECEDING, E }; }
bound(A) ::= expr(E) FOLLOWING. { A = (AstBound){ BOUND_FOLLOWING, E }; }

/* ---------------------------------------------------------------- queries */
%type query { AstQuery * } %type body { AstQuery * } %type select { AstQuery * } %type with_opt { With } %type ctes { CteList } %type cte { AstCte }
%type limits { Limits } %type limit_count { Ast * } %type set_quantifier { int }
query(A) ::= with_opt(W) body(B) order_opt(O) limits(L). { A = query_finish(p, &W, B, O, &L); }
with_opt(A) ::= . { A = (With){ 0 }; } with_opt(A) ::= WITH(T) ctes(L). { A = (With){ L, T }; }
with_opt(A) ::= WITH(T) RECURSIVE ctes(L). { A = (With){ L, T }; A.list.recursive = true; }
ctes(A) ::= cte(C). { A = (CteList){ 0 }; ARENA_PUSH(p->arena, A, C); }
ctes(A) ::= ctes(B) COMMA cte(C). { A = B; ARENA_PUSH(p->arena, A, C); }
cte(A) ::= name(N) names_opt(L) AS LPQ query(Q) RP. { A = (AstCte){ N, L, Q }; }
body(A) ::= select(A).
body(A) ::= VALUES(T) rows(L). { A = query_values(p, T, L); }
body(A) ::= TABLE(T) path(N). { A = query_table(p, T, &N); }
body(A) ::= LPQ(T) query(Q) RP(X). { A = query_paren(Q, T, X); }
body(A) ::= body(B) UNION set_quantifier(Q) body(C). [UNION] { A = query_set(p, SETOP_UNION, B, Q, C); }
body(A) ::= body(B) EXCEPT set_quantifier(Q) body(C). [EXCEPT] { A = query_set(p, SETOP_EXCEPT, B, Q, C); }
body(A) ::= body(B) INTERSECT set_quantifier(Q) body(C). [INTERSECT] { A = query_set(p, SETOP_INTERSECT, B, Q, C); }
set_quantifier(A) ::= . { A = 0; } set_quantifier(A) ::= ALL. { A = 1; }
set_quantifier(A) ::= DISTINCT. { A = 2; }
%type rows { AstList }
rows(A) ::= expr(E). { A = asts_one(p, row_of(p, E)); }
rows(A) ::= rows(B) COMMA expr(E). { A = asts_add(p, B, row_of(p, E)); }
limits(A) ::= . { A = (Limits){ 0 }; } limits(A) ::= LIMIT limit_count(N). { A = (Limits){ .limit = N }; }
limits(A) ::= LIMIT limit_count(N) offset(O). { A = (Limits){ .limit = N, .offset = O }; }
limits(A) ::= LIMIT ALL(E). { A = (Limits){ .limit_all = true, .end = E->span }; }
limits(A) ::= LIMIT ALL(E) offset(O). { A = (Limits){ .limit_all = true, .offset = O, .end = E->span }; }
limits(A) ::= offset(O). { A = (Limits){ .offset = O }; }
limits(A) ::= offset(O) fetch(N). { A = (Limits){ .limit = N, .offset = O }; }
limits(A) ::= fetch(N). { A = (Limits){ .limit = N }; }
%type offset { Ast * } %type fetch { Ast * }
offset(A) ::= OFFSET limit_count(N). { A = N; }
offset(A) ::= OFFSET limit_count(N) row_word. { A = N; }
fetch(A) ::= FETCH first_word limit_count(N) row_word ONLY. { A = N; }
first_word ::= FIRST.
first_word ::= NEXT.
row_word ::= ROW.
row_word ::= ROWS.
limit_count(A) ::= INTEGER_LITERAL|DECIMAL_LITERAL|DOUBLE_LITERAL(T). { A = lit_of(p, T); }
limit_count(A) ::= QMARK(T). { A = call_bare(p, STR("?"), T); }

/* SELECT */
%type items { ItemList } %type item { AstItem } %type select_head { SelectHead } %type from_part { FromPart }
select(A) ::= SELECT(T) hints_opt(H) select_head(D) items(L). { A = query_select(p, T, H, D, L, NULL); }
select(A) ::= SELECT(T) hints_opt(H) select_head(D) items(L) from_part(F). { A = query_select(p, T, H, D, L, &F); }
select_head(A) ::= . { A = (SelectHead){ 0 }; } select_head(A) ::= STREAM. { A = (SelectHead){ .stream = true }; }
select_head(A) ::= DISTINCT. { A = (SelectHead){ .distinct = true }; }
select_head(A) ::= ALL. { A = (SelectHead){ .all = true }; }
select_head(A) ::= STREAM DISTINCT. { A = (SelectHead){ .stream = true, .distinct = true }; }
select_head(A) ::= STREAM ALL. { A = (SelectHead){ .stream = true, .all = true }; }
items(A) ::= item(I). { A = (ItemList){ 0 }; ARENA_PUSH(p->arena, A, I); }
items(A) ::= items(B) COMMA item(I). { A = B; ARENA_PUSH(p->arena, A, I); }
item(A) ::= expr(E). { A = (AstItem){ E, { 0 }, E->span }; }
item(A) ::= expr(E) AS name(N). { A = (AstItem){ E, N, span_join(E->span, N.span) }; }
item(A) ::= expr(E) name(N). { A = (AstItem){ E, N, span_join(E->span, N.span) }; }
item(A) ::= STAR(T). { A = item_star(p, NULL, T); }
item(A) ::= STAR(T) AS name. { A = item_star(p, NULL, T); parse_fail(p, E_INVALID, T->span, "* takes no alias"); }
item(A) ::= term(B) DOT STAR(T). { A = item_star(p, B, T); }
from_part(A) ::= FROM from(F) where_opt(W) group_opt(G) having_opt(H) windows_opt(L) qualify_opt(Q). { A = (FromPart){ F, W, G, H, L, Q }; }
%type where_opt { Ast * } %type having_opt { Ast * } %type qualify_opt { Ast * } %type group_opt { Grouping } %type windows_opt { WindowList }
%type windows { WindowList }
where_opt(A) ::= . { A = NULL; } where_opt(A) ::= WHERE expr(E). { A = E; }
having_opt(A) ::= . { A = NULL; } having_opt(A) ::= HAVING expr(E). { A = E; }
qualify_opt(A) ::= . { A = NULL; } qualify_opt(A) ::= QUALIFY expr(E). { A = E; }
windows_opt(A) ::= . { A = (WindowList){ 0 }; } windows_opt(A) ::= WINDOW windows(L). { A = L; }
windows(A) ::= name(N) AS LP(T) window(W) RP(X). { NamedWindow w = { N, window_end(W, T, X) }; A = (WindowList){ 0 }; ARENA_PUSH(p->arena, A, w); }
windows(A) ::= windows(B) COMMA name(N) AS LP(T) window(W) RP(X). { NamedWindow w = { N, window_end(W, T, X) }; A = B; ARENA_PUSH(p->arena, A, w); }
group_opt(A) ::= . { A = (Grouping){ 0 }; } group_opt(A) ::= GROUP BY groups(L). { A = (Grouping){ L, true, false }; }
group_opt(A) ::= GROUP BY ALL groups(L). { A = (Grouping){ L, true, false }; }
group_opt(A) ::= GROUP BY DISTINCT groups(L). { A = (Grouping){ L, true, true }; }
%type groups { GroupList } %type group { AstGroup }
groups(A) ::= group(G). { A = (GroupList){ 0 }; ARENA_PUSH(p->arena, A, G); }
groups(A) ::= groups(B) COMMA group(G). { A = B; ARENA_PUSH(p->arena, A, G); }
group(A) ::= expr(E). { A = group_expr(E); }
group(A) ::= LP(T) RP(X). { A = (AstGroup){ .kind = GROUP_EMPTY, .span = span_join(T->span, X->span) }; }
group(A) ::= ROLLUP(T) LP groups(L) RP(X). { A = group_sets(GROUP_ROLLUP, L, T, X); }
group(A) ::= CUBE(T) LP groups(L) RP(X). { A = group_sets(GROUP_CUBE, L, T, X); }
group(A) ::= GROUPING(T) SETS LP groups(L) RP(X). { A = group_sets(GROUP_SETS, L, T, X); }

/* FROM */
%type from { AstFrom * } %type table_ref { AstFrom * } %type table_primary { AstFrom * } %type join_kind { JoinKind } %type join_cond { JoinCond }
%type alias_opt { Alias } %type alias { Alias }
from(A) ::= table_ref(A).
from(A) ::= from(B) COMMA table_ref(C). { A = from_join(p, B, C, JOIN_COMMA, false, NULL); }
from(A) ::= from(B) join_kind(K) JOIN table_ref(C) join_cond(D). { A = from_join(p, B, C, K, false, &D); }
from(A) ::= from(B) NATURAL join_kind(K) JOIN table_ref(C) join_cond(D). { A = from_join(p, B, C, K, true, &D); }
from(A) ::= from(B) NATURAL(T) CROSS JOIN table_ref(C) join_cond(D). { A = from_join(p, B, C, JOIN_CROSS, false, &D); parse_fail(p, E_INVALID, T->span, "CROSS JOIN takes no condition"); }
from(A) ::= from(B) CROSS JOIN table_ref(C) join_cond(D). { A = from_join(p, B, C, JOIN_CROSS, false, &D); }
join_kind(A) ::= . { A = JOIN_INNER; } join_kind(A) ::= INNER. { A = JOIN_INNER; }
join_kind(A) ::= LEFT outer_opt. { A = JOIN_LEFT; }
join_kind(A) ::= RIGHT outer_opt. { A = JOIN_RIGHT; }
join_kind(A) ::= FULL outer_opt. { A = JOIN_FULL; }
outer_opt ::= .
outer_opt ::= OUTER.
join_cond(A) ::= . { A = (JoinCond){ 0 }; } join_cond(A) ::= ON expr(E). { A = (JoinCond){ .on = E }; }
join_cond(A) ::= USING LP names(L) RP(X). { A = (JoinCond){ .using_cols = L, .end = X->span }; }
table_ref(A) ::= table_primary(B) alias_opt(L) sample_opt(S). { A = from_finish(p, B, &L, S); }
table_ref(A) ::= table_primary(B) alias_opt(L) match(M) alias_opt(N) sample_opt(S). { A = from_match(p, from_finish(p, B, &L, (Sample){ 0 }), M, &N, S); }
alias_opt(A) ::= . { A = (Alias){ 0 }; } alias_opt(A) ::= alias(A).
alias_opt(A) ::= AS alias(B). { A = B; }
alias(A) ::= name(N). { A = (Alias){ N, { 0 }, N.span }; }
alias(A) ::= name(N) LP names(L) RP(X). { A = (Alias){ N, L, span_join(N.span, X->span) }; }
%type sample_opt { Sample }
sample_opt(A) ::= . { A = (Sample){ 0 }; } sample_opt(A) ::= TABLESAMPLE(T) sample_kind(K) LP expr(E) RP(X). { A = sample_new(p, T, K, E, NULL, NULL, X); }
sample_opt(A) ::= TABLESAMPLE(T) sample_kind(K) LP expr(E) RP FN_ID(R) LP expr(S) RP(X). { A = sample_new(p, T, K, E, R, S, X); }
%type sample_kind { const Token * }
sample_kind(A) ::= FN_ID|SYSTEM(T). { A = T; }
table_primary(A) ::= path(N) hints_opt(H) as_of_opt(E). { A = from_table(p, &N, H, E); }
table_primary(A) ::= LPQ(T) query(Q) RP(X). { A = from_query(p, T, Q, X); }
table_primary(A) ::= LATERAL LPQ(T) query(Q) RP(X). { A = from_query(p, T, Q, X); A->lateral = true; }
table_primary(A) ::= LP(T) from(F) RP(X). { A = from_paren(p, T, F, X); }
table_primary(A) ::= unnest(A).
table_primary(A) ::= LATERAL unnest(B). { A = B; A->lateral = true; }
table_primary(A) ::= TABLE(T) LP table_call(C) RP(X). { A = from_call(p, C, true, false, T->span, X->span); }
table_primary(A) ::= LATERAL(T) TABLE LP table_call(C) RP(X). { A = from_call(p, C, true, true, T->span, X->span); }
table_primary(A) ::= table_call(C). { A = from_call(p, C, false, false, C->span, C->span); }
%type unnest { AstFrom * } %type table_call { Ast * }
unnest(A) ::= UNNEST(T) LP exprs(L) RP(X). { A = from_unnest(p, T, L, false, X); }
unnest(A) ::= UNNEST(T) LP exprs(L) RP WITH ORDINALITY(X). { A = from_unnest(p, T, L, true, X); }
unnest(A) ::= UNNEST(T) LPQ(U) query(Q) RP(X). { A = from_unnest(p, T, asts_one(p, ast_subquery(p, Q, U->span, X->span)), false, X); }
unnest(A) ::= UNNEST(T) LPQ(U) query(Q) RP WITH ORDINALITY(X). { A = from_unnest(p, T, asts_one(p, ast_subquery(p, Q, U->span, X->span)), true, X); }
table_call(A) ::= FN_ID(F) call_args(C). { A = ast_call(p, NULL, F, &C, NULL); }
table_call(A) ::= path(N) DOT FN_ID(F) call_args(C). { A = call_path(p, &N, F, &C); }
%type as_of_opt { Ast * }
as_of_opt(A) ::= . { A = NULL; } as_of_opt(A) ::= FOR SYSTEM_TIME AS OF expr(E). { A = E; }

/* Hints. */
%type hints_opt { HintList } %type hints { HintList } %type hint { AstHint } %type hint_args { HintArgs } %type hint_arg { HintArg }
hints_opt(A) ::= . { A = (HintList){ 0 }; } hints_opt(A) ::= HINT_BEGIN hints(L) HINT_END. { A = L; }
hints(A) ::= hint(H). { A = (HintList){ 0 }; ARENA_PUSH(p->arena, A, H); }
hints(A) ::= hints(B) COMMA hint(H). { A = B; ARENA_PUSH(p->arena, A, H); }
hint(A) ::= name(N). { A = (AstHint){ .name = N, .span = N.span }; }
hint(A) ::= FN_ID(N) LP RP(X). { A = hint_new(p, N, NULL, X); }
hint(A) ::= FN_ID(N) LP hint_args(L) RP(X). { A = hint_new(p, N, &L, X); }
hint_args(A) ::= hint_arg(H). { A = (HintArgs){ 0 }; ARENA_PUSH(p->arena, A, H); }
hint_args(A) ::= hint_args(B) COMMA hint_arg(H). { A = B; ARENA_PUSH(p->arena, A, H); }
hint_arg(A) ::= name(N). { A = (HintArg){ .name = N, .span = N.span }; }
hint_arg(A) ::= hint_value(V). { A = (HintArg){ .literal = V, .span = V->span }; }
hint_arg(A) ::= name(N) EQ STRING_LITERAL(V). { A = hint_pair(p, N.name, N.span, V); }
hint_arg(A) ::= STRING_LITERAL(K) EQ STRING_LITERAL(V). { A = hint_pair(p, K->text, K->span, V); }
%type hint_value { Ast * }
hint_value(A) ::= STRING_LITERAL(T). { A = lit_string(p, T); }
hint_value(A) ::= INTEGER_LITERAL|DECIMAL_LITERAL|DOUBLE_LITERAL(T). { A = lit_of(p, T); }
hint_value(A) ::= SUB(S) INTEGER_LITERAL|DECIMAL_LITERAL|DOUBLE_LITERAL(T). { A = lit_of(p, T); A->u.lit.text = str_printf(p->arena, "-" STR_FMT, STR_ARG(T->text)); A->span = span_join(S->span, T->span); }

/* MATCH_RECOGNIZE */
%type match { AstMatch * } %type measures_opt { ItemList } %type measures { ItemList } %type defines { ItemList } %type rows_per { int }
%type skip_opt { Skip } %type pattern { PatternAst * } %type pattern_concat { PatternAst * } %type pattern_factor { PatternAst * }
%type pattern_primary { PatternAst * } %type subsets_opt { SubsetList } %type subsets { SubsetList }
match(A) ::= MATCH_RECOGNIZE LP partition_opt(L) order_opt(O) measures_opt(M) rows_per(R) skip_opt(S) PATTERN LP pattern(B) RP within_time(W) subsets_opt(U) DEFINE defines(D) RP.
    { A = match_new(p, L, O, M, R, S, B, W, &U, D); }
measures_opt(A) ::= . { A = (ItemList){ 0 }; } measures_opt(A) ::= MEASURES measures(L). { A = L; }
measures(A) ::= expr(E) AS name(N). { AstItem i = { E, N, span_join(E->span, N.span) }; A = (ItemList){ 0 }; ARENA_PUSH(p->arena, A, i); }
measures(A) ::= measures(B) COMMA expr(E) AS name(N). { AstItem i = { E, N, span_join(E->span, N.span) }; A = B; ARENA_PUSH(p->arena, A, i); }
defines(A) ::= name(N) AS expr(E). { AstItem i = { E, N, span_join(N.span, E->span) }; A = (ItemList){ 0 }; ARENA_PUSH(p->arena, A, i); }
defines(A) ::= defines(B) COMMA name(N) AS expr(E). { AstItem i = { E, N, span_join(N.span, E->span) }; A = B; ARENA_PUSH(p->arena, A, i); }
rows_per(A) ::= . { A = 0; } rows_per(A) ::= ONE ROW PER MATCH. { A = 1; }
rows_per(A) ::= ALL ROWS PER MATCH. { A = 2; }
skip_opt(A) ::= . { A = (Skip){ SKIP_DEFAULT, { 0 } }; }
skip_opt(A) ::= AFTER MATCH SKIP TO NEXT ROW. { A = (Skip){ SKIP_NEXT_ROW, { 0 } }; }
skip_opt(A) ::= AFTER MATCH SKIP PAST LAST ROW. { A = (Skip){ SKIP_PAST_LAST, { 0 } }; }
skip_opt(A) ::= AFTER MATCH SKIP TO FIRST name(N). { A = (Skip){ SKIP_TO_FIRST, N }; }
skip_opt(A) ::= AFTER MATCH SKIP TO LAST name(N). { A = (Skip){ SKIP_TO_LAST, N }; }
skip_opt(A) ::= AFTER MATCH SKIP TO name(N). { A = (Skip){ SKIP_TO_VAR, N }; }
%type within_time { Ast * }
within_time(A) ::= . { A = NULL; } within_time(A) ::= WITHIN expr(E). { A = interval_only(p, E, "WITHIN"); }
subsets_opt(A) ::= . { A = (SubsetList){ 0 }; } subsets_opt(A) ::= SUBSET subsets(L). { A = L; }
subsets(A) ::= name(N) EQ LP names(L) RP. { Subset s = { N, L }; A = (SubsetList){ 0 }; ARENA_PUSH(p->arena, A, s); }
subsets(A) ::= subsets(B) COMMA name(N) EQ LP names(L) RP. { Subset s = { N, L }; A = B; ARENA_PUSH(p->arena, A, s); }
pattern(A) ::= pattern_concat(A).
pattern(A) ::= pattern(B) BAR pattern_concat(C). { A = pattern_pair(p, PAT_ALT, B, C); }
pattern_concat(A) ::= pattern_factor(A).
pattern_concat(A) ::= pattern_concat(B) pattern_factor(C). { A = pattern_pair(p, PAT_CONCAT, B, C); }
pattern_factor(A) ::= pattern_primary(A).
pattern_factor(A) ::= pattern_primary(B) quantified(Q). { A = pattern_times(p, B, Q, false); }
pattern_factor(A) ::= pattern_primary(B) quantified(Q) QMARK. { A = pattern_times(p, B, Q, true); }
%type quantified { Times }
quantified(A) ::= STAR(T). { A = (Times){ 0, -1, T->span }; }
quantified(A) ::= PLUS(T). { A = (Times){ 1, -1, T->span }; }
quantified(A) ::= QMARK(T). { A = (Times){ 0, 1, T->span }; }
quantified(A) ::= LBRACE integer(N) RBRACE(X). { A = (Times){ N, N, X->span }; }
quantified(A) ::= LBRACE integer(N) COMMA RBRACE(X). { A = (Times){ N, -1, X->span }; }
quantified(A) ::= LBRACE integer(N) COMMA integer(M) RBRACE(X). { A = (Times){ N, M, X->span }; }
quantified(A) ::= LBRACE COMMA integer(M) RBRACE(X). { A = (Times){ -1, M, X->span }; }
pattern_primary(A) ::= name(N). { A = pattern_new(p, PAT_VAR, N.span); A->var = N; }
pattern_primary(A) ::= LP(T) pattern(B) RP(X). { A = pattern_group(p, PAT_GROUP, B, T, X); }
pattern_primary(A) ::= LP(T) RP(X). { A = pattern_new(p, PAT_EMPTY, span_join(T->span, X->span)); }
pattern_primary(A) ::= LBRACE_SUB(T) SUB pattern(B) SUB RBRACE(X). { A = pattern_group(p, PAT_EXCLUDE, B, T, X); }
pattern_primary(A) ::= CARET(T). { A = pattern_new(p, PAT_START, T->span); }
pattern_primary(A) ::= PERMUTE(T) LP permuted(B) RP(X). { A = B; A->span = span_join(T->span, X->span); }
%type permuted { PatternAst * }
permuted(A) ::= pattern(B). { A = pattern_new(p, PAT_PERMUTE, B->span); pattern_add(p, A, B); }
permuted(A) ::= permuted(B) COMMA pattern(C). { A = B; pattern_add(p, A, C); }

/* ---------------------------------------------------------------- DML */
%type statement { Stmt * } %type insert { Stmt * } %type inserts { StmtList }
statement(A) ::= query(Q). { A = stmt_query(p, Q); }
statement(A) ::= EXECUTE query(Q). { A = stmt_query(p, Q); }
statement(A) ::= insert(A).
statement(A) ::= EXECUTE insert(B). { A = B; A->u.insert->execute = true; }
insert(A) ::= INSERT(T) insert_mode(M) path(N) hints_opt(H) partition_spec(S) target_columns(L) query(Q) conflict_opt(C). { A = stmt_insert(p, T, M, &N, H, &S, L, Q, &C); }
statement(A) ::= UPSERT(T) INTO path hints_opt partition_spec target_columns query. { A = NULL; parse_unsupported(p, T, "UPSERT INTO", "INSERT INTO a table with a primary key updates by that key."); }
%type insert_mode { bool } %type partition_spec { PartitionSpec } %type partition_pairs { Options } %type target_columns { PathList }
%type conflict_opt { Conflict }
insert_mode(A) ::= INTO. { A = false; }
insert_mode(A) ::= OVERWRITE. { A = true; }
partition_spec(A) ::= . { A = (PartitionSpec){ 0 }; } partition_spec(A) ::= PARTITION LP partition_pairs(L) RP. { A = (PartitionSpec){ L, true }; }
partition_pairs(A) ::= partition_pair(O). { A = (Options){ 0 }; ARENA_PUSH(p->arena, A, O); }
partition_pairs(A) ::= partition_pairs(B) COMMA partition_pair(O). { A = B; ARENA_PUSH(p->arena, A, O); }
%type partition_pair { Option }
partition_pair(A) ::= name(N) EQ literal(V). { A = partition_value(p, N, V); }
partition_pair(A) ::= name(N) EQ SUB literal(V). { A = partition_value(p, N, V); A.value = str_printf(p->arena, "-" STR_FMT, STR_ARG(A.value)); }
target_columns(A) ::= . { A = (PathList){ 0 }; } target_columns(A) ::= LP paths(L) RP. { A = L; }
conflict_opt(A) ::= . { A = (Conflict){ 0 }; }
conflict_opt(A) ::= ON_CONFLICT(T) CONFLICT DO NOTHING(X). { A = (Conflict){ CONFLICT_NOTHING, span_join(T->span, X->span) }; }
conflict_opt(A) ::= ON_CONFLICT(T) CONFLICT DO ERROR(X). { A = (Conflict){ CONFLICT_ERROR, span_join(T->span, X->span) }; }
conflict_opt(A) ::= ON_CONFLICT(T) CONFLICT DO DEDUPLICATE(X). { A = (Conflict){ CONFLICT_DEDUPLICATE, span_join(T->span, X->span) }; }

%type statement_set { Stmt * }
statement_set(A) ::= STATEMENT SET BEGIN inserts(L) END. { A = stmt_set(p, &L); }
inserts(A) ::= insert(S) SEMI. { A = (StmtList){ 0 }; ARENA_PUSH(p->arena, A, S); }
inserts(A) ::= inserts(B) insert(S) SEMI. { A = B; ARENA_PUSH(p->arena, A, S); }
statement(A) ::= EXECUTE statement_set(S). { A = S; }
statement(A) ::= BEGIN STATEMENT SET. { A = stmt_new(p, STMT_BEGIN_SET); }
statement(A) ::= END. { A = stmt_new(p, STMT_END); }

%type assigns { Assigns }
statement(A) ::= UPDATE path(N) hints_opt alias_name(I) SET assigns(L) where_opt(W). { A = stmt_update(p, &N, I, &L, W); }
statement(A) ::= DELETE FROM path(N) hints_opt alias_name(I) where_opt(W). { A = stmt_delete(p, &N, I, W); }
assigns(A) ::= name(N) EQ expr(E). { A = (Assigns){ { 0 }, { 0 } }; assign_add(p, &A, N, E); }
assigns(A) ::= assigns(B) COMMA name(N) EQ expr(E). { A = B; assign_add(p, &A, N, E); }
%type alias_name { Ident }
alias_name(A) ::= . { A = (Ident){ 0 }; } alias_name(A) ::= name(A).
alias_name(A) ::= AS name(N). { A = N; }
statement(A) ::= MERGE INTO path(N) hints_opt alias_name(I) USING table_ref(F) ON expr(E) merge_whens(L). { A = stmt_merge(p, &N, I, F, E, &L); }
%type merge_whens { MergeList } %type merge_when { AstMergeWhen }
merge_whens(A) ::= merge_when(W). { A = (MergeList){ 0 }; ARENA_PUSH(p->arena, A, W); }
merge_whens(A) ::= merge_whens(B) merge_when(W). { A = B; ARENA_PUSH(p->arena, A, W); }
merge_when(A) ::= WHEN MATCHED THEN UPDATE SET assigns(L). { A = (AstMergeWhen){ .matched = true, .targets = L.targets, .values = L.values }; }
merge_when(A) ::= WHEN NOT MATCHED THEN INSERT target_columns(C) VALUES LP exprs(L) RP. { A = (AstMergeWhen){ .columns = C, .values = L }; }
statement(A) ::= TRUNCATE TABLE path(N). { A = stmt_new(p, STMT_TRUNCATE); A->u.dml.table = N; }
statement(A) ::= CALL path(N) DOT FN_ID(F) call_args(C). { A = stmt_call(p, call_path(p, &N, F, &C)); }
statement(A) ::= CALL FN_ID(F) call_args(C). { A = stmt_call(p, ast_call(p, NULL, F, &C, NULL)); }
statement(A) ::= ANALYZE TABLE path(N) analyze_partition(S) COMPUTE STATISTICS. { A = stmt_analyze(p, &N, &S, (IdentList){ 0 }, false); }
statement(A) ::= ANALYZE TABLE path(N) analyze_partition(S) COMPUTE STATISTICS FOR ALL COLUMNS. { A = stmt_analyze(p, &N, &S, (IdentList){ 0 }, true); }
statement(A) ::= ANALYZE TABLE path(N) analyze_partition(S) COMPUTE STATISTICS FOR COLUMNS names(L). { A = stmt_analyze(p, &N, &S, L, false); }
%type analyze_partition { PartitionSpec } %type analyze_pairs { Options } %type analyze_pair { Option }
analyze_partition(A) ::= . { A = (PartitionSpec){ 0 }; } analyze_partition(A) ::= PARTITION LP analyze_pairs(L) RP. { A = (PartitionSpec){ L, true }; }
analyze_pairs(A) ::= analyze_pair(O). { A = (Options){ 0 }; ARENA_PUSH(p->arena, A, O); }
analyze_pairs(A) ::= analyze_pairs(B) COMMA analyze_pair(O). { A = B; ARENA_PUSH(p->arena, A, O); }
analyze_pair(A) ::= partition_pair(A).
analyze_pair(A) ::= name(N). { A = (Option){ N.name, STR_NULL, N.span, N.span }; }

/* EXPLAIN, plans. */
%type explained { Stmt * } %type details { DetailList } %type detail { const Token * }
statement(A) ::= EXPLAIN explained(S). { A = stmt_explain(p, S, false, NULL); }
statement(A) ::= EXPLAIN PLAN FOR explained(S). { A = stmt_explain(p, S, true, NULL); }
statement(A) ::= EXPLAIN details(D) explained(S). { A = stmt_explain(p, S, false, &D); }
explained(A) ::= query(Q). { A = stmt_query(p, Q); }
explained(A) ::= EXECUTE query(Q). { A = stmt_query(p, Q); }
explained(A) ::= insert(A).
explained(A) ::= EXECUTE insert(B). { A = B; A->u.insert->execute = true; }
explained(A) ::= statement_set(A).
explained(A) ::= EXECUTE statement_set(B). { A = B; }
explained(A) ::= create(B). { A = explained_create(p, B); }
details(A) ::= detail(T). { A = (DetailList){ 0 }; detail_add(p, &A, T); }
details(A) ::= details(B) COMMA detail(T). { A = B; detail_add(p, &A, T); }
detail(A) ::= ESTIMATED_COST|CHANGELOG_MODE|JSON_EXECUTION_PLAN|PLAN_ADVICE(T). { A = T; }
%type planned { Stmt * }
planned(A) ::= insert(A).
planned(A) ::= statement_set(A).
statement(A) ::= COMPILE PLAN text(F) if_not_exists(I) FOR planned(S). { A = stmt_plan(p, STMT_COMPILE_PLAN, F, I, S); }
statement(A) ::= COMPILE AND EXECUTE PLAN text(F) FOR planned(S). { A = stmt_plan(p, STMT_COMPILE_EXECUTE_PLAN, F, false, S); }
statement(A) ::= EXECUTE PLAN text(F). { A = stmt_plan(p, STMT_EXECUTE_PLAN, F, false, NULL); }

/* ---------------------------------------------------------------- CREATE */
%type create { Stmt * } %type create_flags { CreateFlags } %type table_body { Elements * } %type elements { Elements * } %type options { Options }
%type option_list { Options } %type options_opt { Options }
statement(A) ::= create(A).
create_flags(A) ::= CREATE(T). { A = (CreateFlags){ .begin = T->span }; }
create_flags(A) ::= CREATE(T) OR REPLACE. { A = (CreateFlags){ .or_replace = true, .begin = T->span }; }
create_flags(A) ::= CREATE(T) TEMPORARY. { A = (CreateFlags){ .temporary = true, .begin = T->span }; }
create_flags(A) ::= CREATE(T) OR REPLACE TEMPORARY. { A = (CreateFlags){ .or_replace = true, .temporary = true, .begin = T->span }; }
options(A) ::= WITH LP RP. { A = (Options){ 0 }; }
options(A) ::= WITH LP option_list(L) RP. { A = L; }
option_list(A) ::= STRING_LITERAL(K) EQ STRING_LITERAL(V). { A = (Options){ 0 }; option_add(p, &A, K, V); }
option_list(A) ::= option_list(B) COMMA STRING_LITERAL(K) EQ STRING_LITERAL(V). { A = B; option_add(p, &A, K, V); }
options_opt(A) ::= . { A = (Options){ 0 }; } options_opt(A) ::= options(A).

create(A) ::= create_flags(F) TABLE if_not_exists(I) path(N) table_body(E) comment_opt(C) distribution_opt(D) partitioned_opt(P) options_opt(O) table_source(S).
    { A = stmt_create_table(p, &F, I, &N, E, C, &D, P, O, &S); }
create(A) ::= REPLACE(T) TABLE path(N) table_body(E) comment_opt(C) distribution_opt(D) partitioned_opt(P) options_opt(O) AS query(Q).
    { CreateFlags f = { .or_replace = true, .replace_only = true, .begin = T->span }; TableSource s = { .as = Q }; A = stmt_create_table(p, &f, false, &N, E, C, &D, P, O, &s); }
table_body(A) ::= . { A = NULL; } table_body(A) ::= LP elements(E) RP. { A = E; }
%type table_source { TableSource }
table_source(A) ::= . { A = (TableSource){ 0 }; } table_source(A) ::= LIKE path(N). { A = (TableSource){ .like = N, .has_like = true }; }
table_source(A) ::= LIKE path(N) LP like_options(L) RP. { A = (TableSource){ .like = N, .has_like = true, .options = L }; }
table_source(A) ::= AS query(Q). { A = (TableSource){ .as = Q }; }
%type like_options { LikeList } %type like_option { LikeOption } %type like_feature { const Token * }
like_options(A) ::= like_option(O). { A = (LikeList){ 0 }; ARENA_PUSH(p->arena, A, O); }
like_options(A) ::= like_options(B) like_option(O). { A = B; ARENA_PUSH(p->arena, A, O); }
like_option(A) ::= INCLUDING|EXCLUDING|OVERWRITING(T) like_feature(F). { A = like_option(p, T, F); }
like_feature(A) ::= ALL|CONSTRAINTS|DISTRIBUTION|PARTITIONS|GENERATED|METADATA|OPTIONS|WATERMARKS(T). { A = T; }

%type distribution_opt { AstDistribution } %type distribution_by { AstDistribution } %type partitioned_opt { IdentList }
distribution_opt(A) ::= . { A = (AstDistribution){ .buckets = -1 }; }
distribution_opt(A) ::= DISTRIBUTED(T) distribution_by(D). { A = D; A.span = span_join(T->span, D.span); }
distribution_by(A) ::= BY LP names(L) RP(X) buckets_opt(N). { A = (AstDistribution){ true, STR_NULL, L, N, X->span }; }
distribution_by(A) ::= BY HASH LP names(L) RP(X) buckets_opt(N). { A = (AstDistribution){ true, STR("HASH"), L, N, X->span }; }
distribution_by(A) ::= BY RANGE LP names(L) RP(X) buckets_opt(N). { A = (AstDistribution){ true, STR("RANGE"), L, N, X->span }; }
distribution_by(A) ::= INTO integer(N) BUCKETS(X). { A = (AstDistribution){ true, STR_NULL, { 0 }, N, X->span }; }
%type buckets_opt { int32_t }
buckets_opt(A) ::= . { A = -1; } buckets_opt(A) ::= INTO integer(N) BUCKETS. { A = N; }
partitioned_opt(A) ::= . { A = (IdentList){ 0 }; } partitioned_opt(A) ::= PARTITIONED BY LP names(L) RP. { A = L; }

%type column { AstColumn } %type column_key { ColumnKey } %type key { AstKey } %type constraint_opt { Ident } %type enforced_opt { int }
%type position_opt { Position } %type metadata_from { Str } %type virtual_opt { bool }
elements(A) ::= element_column(C). { A = elements_new(p); ARENA_PUSH(p->arena, A->columns, C); }
elements(A) ::= key(K). { A = elements_new(p); ARENA_PUSH(p->arena, A->keys, K); }
elements(A) ::= watermark(W). { A = elements_new(p); elements_watermark(p, A, W); }
elements(A) ::= elements(A) COMMA element_column(C). { ARENA_PUSH(p->arena, A->columns, C); }
elements(A) ::= elements(A) COMMA key(K). { ARENA_PUSH(p->arena, A->keys, K); }
elements(A) ::= elements(A) COMMA watermark(W). { elements_watermark(p, A, W); }
%type element_column { AstColumn } %type watermark { AstWatermark }
element_column(A) ::= path(N). { A = column_new(p, &N, COLUMN_NAME_ONLY); }
element_column(A) ::= column(A).
column(A) ::= path(N) type_null(T) column_key(K) comment_opt(C) position_opt(S). { A = column_physical(p, &N, T, &K, C, S); }
column(A) ::= path(N) type_null(T) METADATA(X) metadata_from(F) virtual_opt(V) comment_opt(C) position_opt(S). { A = column_metadata(p, &N, T, X, F, V, C, S); }
column(A) ::= path(N) AS expr(E) comment_opt(C) position_opt(S). { A = column_computed(p, &N, E, C, S); }
metadata_from(A) ::= . { A = STR_NULL; } metadata_from(A) ::= FROM text(T). { A = T; }
virtual_opt(A) ::= . { A = false; } virtual_opt(A) ::= VIRTUAL. { A = true; }
position_opt(A) ::= . { A = (Position){ COLPOS_NONE, { 0 }, { 0, 0 } }; }
position_opt(A) ::= FIRST(T). { A = (Position){ COLPOS_FIRST, { 0 }, T->span }; }
position_opt(A) ::= AFTER(T) name(N). { A = (Position){ COLPOS_AFTER, N, T->span }; }
column_key(A) ::= . { A = (ColumnKey){ 0 }; } column_key(A) ::= constraint_opt(N) PRIMARY KEY(X) enforced_opt(E). { A = (ColumnKey){ true, false, E, N, X->span }; }
column_key(A) ::= constraint_opt(N) UNIQUE(X) enforced_opt(E). { A = (ColumnKey){ false, true, E, N, X->span }; }
constraint_opt(A) ::= . { A = (Ident){ 0 }; } constraint_opt(A) ::= CONSTRAINT name(N). { A = N; }
enforced_opt(A) ::= . { A = 0; } enforced_opt(A) ::= ENFORCED. { A = 1; }
enforced_opt(A) ::= NOT ENFORCED. { A = 2; }
key(A) ::= constraint_opt(N) PRIMARY(T) KEY LP names(L) RP(X) enforced_opt(E). { A = key_new(N, L, false, E, T, X); }
key(A) ::= constraint_opt(N) UNIQUE(T) LP names(L) RP(X) enforced_opt(E). { A = key_new(N, L, true, E, T, X); }
watermark(A) ::= WATERMARK(T) FOR path(N) AS expr(E). { A = watermark_new(p, T, &N, E); }

create(A) ::= create_flags(F) VIEW if_not_exists(I) path(N) names_opt(L) comment_opt(C) AS query(Q). { A = stmt_create_view(p, &F, I, &N, L, C, Q); }
create(A) ::= create_flags(F) DATABASE if_not_exists(I) path(N) comment_opt(C) options_opt(O). { A = stmt_create_named(p, STMT_CREATE_DATABASE, &F, I, N, C, O); }
create(A) ::= create_flags(F) CATALOG if_not_exists(I) name(N) comment_opt(C) options_opt(O). { A = stmt_create_named(p, STMT_CREATE_CATALOG, &F, I, make_path(p, N), C, O); }
create(A) ::= create_flags(F) FUNCTION if_not_exists(I) path(N) AS text(S) function_rest(R). { A = stmt_create_function(p, &F, false, I, &N, S, &R); }
create(A) ::= create_flags(F) SYSTEM(T) FUNCTION if_not_exists(I) name(N) AS text(S) function_rest(R). { Path n = make_path(p, N); A = system_function(p, T, stmt_create_function(p, &F, true, I, &n, S, &R)); }
%type function_rest { FunctionRest } %type resources { ResourceList } %type language { Str }
function_rest(A) ::= language(L) options_opt(O). { A = (FunctionRest){ L, { 0 }, O }; }
function_rest(A) ::= language(L) USING resources(R) options_opt(O). { A = (FunctionRest){ L, R, O }; }
language(A) ::= . { A = STR_NULL; } language(A) ::= LANGUAGE JAVA. { A = STR("JAVA"); }
language(A) ::= LANGUAGE SCALA. { A = STR("SCALA"); }
language(A) ::= LANGUAGE PYTHON. { A = STR("PYTHON"); }
language(A) ::= LANGUAGE SQL(T). { A = STR("SQL"); parse_unsupported(p, T, "LANGUAGE SQL", "LANGUAGE is JAVA, SCALA or PYTHON."); }
resources(A) ::= resource_word text(T). { A = (ResourceList){ 0 }; ARENA_PUSH(p->arena, A, T); }
resources(A) ::= resources(B) COMMA resource_word text(T). { A = B; ARENA_PUSH(p->arena, A, T); }
resource_word ::= JAR.
resource_word ::= ARTIFACT.
create(A) ::= create_flags(F) MODEL if_not_exists(I) path(N) model_io(M) comment_opt(C) options_opt(O) as_query_opt(Q).
    { A = stmt_create_named(p, STMT_CREATE_MODEL, &F, I, N, C, O); A->u.create_named.input = M.input; A->u.create_named.output = M.output; A->u.create_named.query = Q; }
%type model_io { ModelIo } %type input_opt { ColumnList } %type output_opt { ColumnList } %type model_columns { ColumnList } %type as_query_opt { AstQuery * }
model_io(A) ::= input_opt(I) output_opt(O). { A = (ModelIo){ I, O }; }
input_opt(A) ::= . { A = (ColumnList){ 0 }; } input_opt(A) ::= INPUT LP model_columns(L) RP. { A = L; }
output_opt(A) ::= . { A = (ColumnList){ 0 }; } output_opt(A) ::= OUTPUT LP model_columns(L) RP. { A = L; }
model_columns(A) ::= column(C). { A = (ColumnList){ 0 }; ARENA_PUSH(p->arena, A, C); }
model_columns(A) ::= model_columns(B) COMMA column(C). { A = B; ARENA_PUSH(p->arena, A, C); }
as_query_opt(A) ::= . { A = NULL; } as_query_opt(A) ::= AS query(Q). { A = Q; }

create(A) ::= materialized_flags(F) TABLE path(N) table_body(E) comment_opt(C) distribution_opt(D) partitioned_opt(P) options_opt(O) freshness_opt(R) refresh_opt(M) AS query(Q).
    { A = stmt_create_materialized(p, &F, &N, E, C, &D, P, O, R, M, Q); }
%type materialized_flags { CreateFlags }
materialized_flags(A) ::= CREATE(T) MATERIALIZED. { A = (CreateFlags){ .begin = T->span }; }
materialized_flags(A) ::= CREATE(T) OR ALTER MATERIALIZED. { A = (CreateFlags){ .or_replace = true, .begin = T->span }; }
%type freshness_opt { Ast * } %type refresh_opt { Str }
freshness_opt(A) ::= . { A = NULL; } freshness_opt(A) ::= FRESHNESS EQ expr(E). { A = interval_only(p, E, "FRESHNESS"); }
refresh_opt(A) ::= . { A = STR_NULL; } refresh_opt(A) ::= REFRESH_MODE EQ FULL. { A = STR("FULL"); }
refresh_opt(A) ::= REFRESH_MODE EQ CONTINUOUS. { A = STR("CONTINUOUS"); }

/* ---------------------------------------------------------------- DROP, ALTER */
statement(A) ::= DROP temporary_opt(F) TABLE if_exists(I) path(N). { A = stmt_drop(p, DROP_TABLE, F, false, I, N); }
statement(A) ::= DROP temporary_opt(F) VIEW if_exists(I) path(N). { A = stmt_drop(p, DROP_VIEW, F, false, I, N); }
statement(A) ::= DROP temporary_opt(F) FUNCTION if_exists(I) path(N). { A = stmt_drop(p, DROP_FUNCTION, F, false, I, N); }
statement(A) ::= DROP temporary_opt(F) SYSTEM FUNCTION if_exists(I) path(N). { A = stmt_drop(p, DROP_FUNCTION, F, true, I, N); }
statement(A) ::= DROP temporary_opt(F) MODEL if_exists(I) path(N). { A = stmt_drop(p, DROP_MODEL, F, false, I, N); }
statement(A) ::= DROP MATERIALIZED TABLE if_exists(I) path(N). { A = stmt_drop(p, DROP_MATERIALIZED, false, false, I, N); }
statement(A) ::= DROP temporary_opt DATABASE if_exists(I) path(N). { A = stmt_drop(p, DROP_DATABASE, false, false, I, N); }
statement(A) ::= DROP temporary_opt DATABASE if_exists(I) path(N) RESTRICT. { A = stmt_drop(p, DROP_DATABASE, false, false, I, N); A->u.drop.restricted = true; }
statement(A) ::= DROP temporary_opt DATABASE if_exists(I) path(N) CASCADE. { A = stmt_drop(p, DROP_DATABASE, false, false, I, N); A->u.drop.cascade = true; }
statement(A) ::= DROP temporary_opt CATALOG if_exists(I) name(N). { A = stmt_drop(p, DROP_CATALOG, false, false, I, make_path(p, N)); }
%type temporary_opt { bool }
temporary_opt(A) ::= . { A = false; } temporary_opt(A) ::= TEMPORARY. { A = true; }

%type alter_table { Stmt * } %type alter_elements { Elements * } %type reset_keys { ResourceList } %type key_list { ResourceList } %type set_options { Options }
%type partition_list { PartitionList }
statement(A) ::= alter_table(A).
alter_table(A) ::= alter_head(H) ADD alter_elements(E). { A = alter_end(p, H, ALTER_ADD); alter_elements(p, H, E); }
alter_table(A) ::= alter_head(H) MODIFY alter_elements(E). { A = alter_end(p, H, ALTER_MODIFY); alter_elements(p, H, E); }
alter_table(A) ::= alter_head(H) ADD DISTRIBUTION distribution_by(D). { A = alter_end(p, H, ALTER_ADD); H->distribution = D; }
alter_table(A) ::= alter_head(H) MODIFY DISTRIBUTION distribution_by(D). { A = alter_end(p, H, ALTER_MODIFY); H->distribution = D; }
alter_table(A) ::= alter_head(H) ADD if_not_exists(I) partition_list(L). { A = alter_end(p, H, ALTER_ADD_PARTITIONS); alter_partitions(p, H, I, &L); }
alter_table(A) ::= alter_head(H) DROP partition_drops(L). { A = alter_end(p, H, ALTER_DROP_PARTITIONS); alter_partitions(p, H, false, &L); }
alter_table(A) ::= alter_head(H) DROP IF EXISTS partition_drops(L). { A = alter_end(p, H, ALTER_DROP_PARTITIONS); alter_partitions(p, H, true, &L); }
alter_table(A) ::= alter_head(H) DROP path(N). { A = alter_end(p, H, ALTER_DROP_COLUMNS); ARENA_PUSH(p->arena, H->drop, N); }
alter_table(A) ::= alter_head(H) DROP LP paths(L) RP. { A = alter_end(p, H, ALTER_DROP_COLUMNS); H->drop = L; }
alter_table(A) ::= alter_head(H) DROP PRIMARY KEY. { A = alter_end(p, H, ALTER_DROP_PRIMARY_KEY); }
alter_table(A) ::= alter_head(H) DROP CONSTRAINT name(N). { A = alter_end(p, H, ALTER_DROP_CONSTRAINT); H->constraint = N; }
alter_table(A) ::= alter_head(H) DROP WATERMARK. { A = alter_end(p, H, ALTER_DROP_WATERMARK); }
alter_table(A) ::= alter_head(H) DROP DISTRIBUTION. { A = alter_end(p, H, ALTER_DROP_DISTRIBUTION); }
alter_table(A) ::= alter_head(H) RENAME path(N) TO path(M). { A = alter_end(p, H, ALTER_RENAME_COLUMN); H->rename_from = N; H->rename_to = M; }
alter_table(A) ::= alter_head(H) RENAME TO path(N). { A = alter_end(p, H, ALTER_RENAME); H->rename_to = N; }
alter_table(A) ::= alter_head(H) set_options(O). { A = alter_end(p, H, ALTER_SET); H->options = O; }
alter_table(A) ::= alter_head(H) reset_keys(L). { A = alter_end(p, H, ALTER_RESET); alter_reset(H, &L); }
%type alter_head { AstAlter * }
alter_head(A) ::= ALTER TABLE if_exists(I) path(N). { A = alter_new(p, I, &N); }
set_options(A) ::= SET LP RP. { A = (Options){ 0 }; }
set_options(A) ::= SET LP option_list(L) RP. { A = L; }
reset_keys(A) ::= RESET LP RP. { A = (ResourceList){ 0 }; }
reset_keys(A) ::= RESET LP key_list(L) RP. { A = L; }
key_list(A) ::= text(T). { A = (ResourceList){ 0 }; ARENA_PUSH(p->arena, A, T); }
key_list(A) ::= key_list(B) COMMA text(T). { A = B; ARENA_PUSH(p->arena, A, T); }
alter_elements(A) ::= column(C). { A = elements_new(p); ARENA_PUSH(p->arena, A->columns, C); }
alter_elements(A) ::= key(K). { A = elements_new(p); ARENA_PUSH(p->arena, A->keys, K); }
alter_elements(A) ::= watermark(W). { A = elements_new(p); elements_watermark(p, A, W); }
alter_elements(A) ::= LP elements(E) RP. { A = E; }
partition_list(A) ::= PARTITION LP partition_pairs(L) RP options_opt(O). { A = (PartitionList){ 0 }; partition_add(p, &A, L, O); }
partition_list(A) ::= partition_list(B) PARTITION LP partition_pairs(L) RP options_opt(O). { A = B; partition_add(p, &A, L, O); }
%type partition_drops { PartitionList }
partition_drops(A) ::= PARTITION LP partition_pairs(L) RP. { A = (PartitionList){ 0 }; partition_add(p, &A, L, (Options){ 0 }); }
partition_drops(A) ::= partition_drops(B) COMMA PARTITION LP partition_pairs(L) RP. { A = B; partition_add(p, &A, L, (Options){ 0 }); }

statement(A) ::= ALTER VIEW path(N) RENAME TO path(M). { A = stmt_alter(p, STMT_ALTER_VIEW, ALTER_RENAME, &N); A->u.alter->rename_to = M; }
statement(A) ::= ALTER VIEW path(N) AS query(Q). { A = stmt_alter(p, STMT_ALTER_VIEW, ALTER_AS, &N); A->u.alter->query = Q; }
statement(A) ::= ALTER DATABASE path(N) set_options(O). { A = stmt_alter(p, STMT_ALTER_DATABASE, ALTER_SET, &N); A->u.alter->options = O; }
statement(A) ::= ALTER CATALOG name(N) set_options(O). { Path n = make_path(p, N); A = stmt_alter(p, STMT_ALTER_CATALOG, ALTER_SET, &n); A->u.alter->options = O; }
statement(A) ::= ALTER CATALOG name(N) reset_keys(L). { Path n = make_path(p, N); A = stmt_alter(p, STMT_ALTER_CATALOG, ALTER_RESET, &n); alter_reset(A->u.alter, &L); }
statement(A) ::= ALTER CATALOG name(N) COMMENT text(T). { Path n = make_path(p, N); A = stmt_alter(p, STMT_ALTER_CATALOG, ALTER_COMMENT, &n); A->u.alter->text = T; }
statement(A) ::= ALTER temporary_opt(F) FUNCTION if_exists(I) path(N) AS text(T) language(L). { A = stmt_alter_function(p, F, false, I, &N, T, L); }
statement(A) ::= ALTER temporary_opt(F) SYSTEM FUNCTION if_exists(I) path(N) AS text(T) language(L). { A = stmt_alter_function(p, F, true, I, &N, T, L); }
statement(A) ::= ALTER MODEL if_exists(I) path(N) set_options(O). { A = stmt_alter(p, STMT_ALTER_MODEL, ALTER_SET, &N); A->u.alter->options = O; A->u.alter->if_exists = I; }
statement(A) ::= ALTER MODEL if_exists(I) path(N) reset_keys(L). { A = stmt_alter(p, STMT_ALTER_MODEL, ALTER_RESET, &N); alter_reset(A->u.alter, &L); A->u.alter->if_exists = I; }
statement(A) ::= ALTER MODEL if_exists(I) path(N) RENAME TO path(M). { A = stmt_alter(p, STMT_ALTER_MODEL, ALTER_RENAME, &N); A->u.alter->rename_to = M; A->u.alter->if_exists = I; }

materialized(A) ::= ALTER MATERIALIZED TABLE path(N). { A = alter_new(p, false, &N); A->materialized = true; }
%type materialized { AstAlter * }
statement(A) ::= materialized(H) SUSPEND. { A = alter_end(p, H, ALTER_SUSPEND); }
statement(A) ::= materialized(H) RESUME options_opt(O). { A = alter_end(p, H, ALTER_RESUME); H->options = O; }
statement(A) ::= materialized(H) REFRESH partition_spec(S). { A = alter_end(p, H, ALTER_REFRESH); H->options = S.values; }
statement(A) ::= materialized(H) AS query(Q). { A = alter_end(p, H, ALTER_AS); H->query = Q; }
statement(A) ::= materialized(H) set_options(O). { A = alter_end(p, H, ALTER_SET); H->options = O; }
statement(A) ::= materialized(H) reset_keys(L). { A = alter_end(p, H, ALTER_RESET); alter_reset(H, &L); }
statement(A) ::= materialized(H) SET FRESHNESS(T) EQ expr. { A = alter_end(p, H, ALTER_SET); parse_unsupported(p, T, "SET FRESHNESS", "Drop the table and create it anew."); }
statement(A) ::= materialized(H) SET REFRESH_MODE(T) EQ FULL|CONTINUOUS. { A = alter_end(p, H, ALTER_SET); parse_unsupported(p, T, "SET REFRESH_MODE", "Drop the table and create it anew."); }
statement(A) ::= materialized(H) ADD alter_elements(E). { A = alter_end(p, H, ALTER_ADD); alter_elements(p, H, E); }
statement(A) ::= materialized(H) MODIFY alter_elements(E). { A = alter_end(p, H, ALTER_MODIFY); alter_elements(p, H, E); }
statement(A) ::= materialized(H) DROP path(N). { A = alter_end(p, H, ALTER_DROP_COLUMNS); ARENA_PUSH(p->arena, H->drop, N); }
statement(A) ::= materialized(H) DROP LP paths(L) RP. { A = alter_end(p, H, ALTER_DROP_COLUMNS); H->drop = L; }

/* ---------------------------------------------------------------- SHOW, DESCRIBE, USE, modules, client */
%type show_in { ShowIn } %type show_like { ShowLike } %type show_ilike { ShowLike }
statement(A) ::= SHOW CATALOGS show_ilike(L). { A = stmt_show(p, SHOW_CATALOGS, NULL, &L); }
statement(A) ::= SHOW CURRENT CATALOG. { A = stmt_show(p, SHOW_CURRENT_CATALOG, NULL, NULL); }
statement(A) ::= SHOW CURRENT DATABASE. { A = stmt_show(p, SHOW_CURRENT_DATABASE, NULL, NULL); }
statement(A) ::= SHOW DATABASES show_in(I) show_ilike(L). { A = stmt_show(p, SHOW_DATABASES, &I, &L); show_one_part(p, &I); }
statement(A) ::= SHOW TABLES show_in(I) show_like(L). { A = stmt_show(p, SHOW_TABLES, &I, &L); }
statement(A) ::= SHOW VIEWS show_in(I) show_like(L). { A = stmt_show(p, SHOW_VIEWS, &I, &L); }
statement(A) ::= SHOW MATERIALIZED TABLES show_in(I) show_like(L). { A = stmt_show(p, SHOW_MATERIALIZED_TABLES, &I, &L); }
statement(A) ::= SHOW MODELS show_in(I) show_like(L). { A = stmt_show(p, SHOW_MODELS, &I, &L); }
statement(A) ::= SHOW FUNCTIONS show_in(I) show_ilike(L). { A = stmt_show(p, SHOW_FUNCTIONS, &I, &L); }
statement(A) ::= SHOW USER FUNCTIONS show_in(I) show_ilike(L). { A = stmt_show(p, SHOW_USER_FUNCTIONS, &I, &L); }
statement(A) ::= SHOW PROCEDURES show_in(I) show_ilike(L). { A = stmt_show(p, SHOW_PROCEDURES, &I, &L); }
statement(A) ::= SHOW COLUMNS in_word(W) path(N) show_like(L). { ShowIn i = { N, true, W }; A = stmt_show(p, SHOW_COLUMNS, &i, &L); }
statement(A) ::= SHOW PARTITIONS path(N) partition_spec(S). { ShowIn i = { N, true, false }; A = stmt_show(p, SHOW_PARTITIONS, &i, NULL); A->u.show.partition = S.values; }
statement(A) ::= SHOW MODULES. { A = stmt_show(p, SHOW_MODULES, NULL, NULL); }
statement(A) ::= SHOW FULL MODULES. { A = stmt_show(p, SHOW_FULL_MODULES, NULL, NULL); }
statement(A) ::= SHOW JARS. { A = stmt_show(p, SHOW_JARS, NULL, NULL); }
statement(A) ::= SHOW JOBS. { A = stmt_show(p, SHOW_JOBS, NULL, NULL); }
statement(A) ::= SHOW CREATE TABLE path(N). { ShowIn i = { N, true, false }; A = stmt_show(p, SHOW_CREATE_TABLE, &i, NULL); }
statement(A) ::= SHOW CREATE VIEW path(N). { ShowIn i = { N, true, false }; A = stmt_show(p, SHOW_CREATE_VIEW, &i, NULL); }
statement(A) ::= SHOW CREATE MODEL path(N). { ShowIn i = { N, true, false }; A = stmt_show(p, SHOW_CREATE_MODEL, &i, NULL); }
statement(A) ::= SHOW CREATE MATERIALIZED TABLE path(N). { ShowIn i = { N, true, false }; A = stmt_show(p, SHOW_CREATE_MATERIALIZED, &i, NULL); }
statement(A) ::= SHOW CREATE CATALOG name(N). { ShowIn i = { make_path(p, N), true, false }; A = stmt_show(p, SHOW_CREATE_CATALOG, &i, NULL); }
%type in_word { bool }
in_word(A) ::= FROM. { A = false; }
in_word(A) ::= IN. { A = true; }
show_in(A) ::= . { A = (ShowIn){ 0 }; } show_in(A) ::= in_word(W) path(N). { A = (ShowIn){ N, true, W }; }
show_like(A) ::= . { A = (ShowLike){ 0 }; } show_like(A) ::= not_opt(N) LIKE text(T). { A = (ShowLike){ true, N, false, T }; }
show_ilike(A) ::= . { A = (ShowLike){ 0 }; } show_ilike(A) ::= not_opt(N) LIKE text(T). { A = (ShowLike){ true, N, false, T }; }
show_ilike(A) ::= not_opt(N) ILIKE text(T). { A = (ShowLike){ true, N, true, T }; }

%type extended_opt { bool }
extended_opt(A) ::= . { A = false; } extended_opt(A) ::= EXTENDED. { A = true; }
describe_word ::= DESCRIBE.
describe_word ::= DESC.
statement(A) ::= describe_word extended_opt(E) path(N). { A = stmt_describe(p, "", E, &N); }
statement(A) ::= describe_word CATALOG extended_opt(E) name(N). { Path n = make_path(p, N); A = stmt_describe(p, "CATALOG", E, &n); }
statement(A) ::= describe_word DATABASE extended_opt(E) path(N). { A = stmt_describe(p, "DATABASE", E, &N); }
statement(A) ::= describe_word FUNCTION extended_opt(E) path(N). { A = stmt_describe(p, "FUNCTION", E, &N); }
statement(A) ::= describe_word MODEL extended_opt(E) path(N). { A = stmt_describe(p, "MODEL", E, &N); }
statement(A) ::= describe_word TABLE(T) path. { A = NULL; parse_unsupported(p, T, "DESCRIBE TABLE", "Write DESCRIBE and the table's name."); }
statement(A) ::= describe_word JOB text(T). { A = stmt_describe(p, "JOB", false, NULL); A->u.describe.text = T; }

statement(A) ::= USE path(N). { A = stmt_new(p, STMT_USE); A->u.use.name = N; }
statement(A) ::= USE CATALOG name(N). { A = stmt_new(p, STMT_USE_CATALOG); A->u.use.name = make_path(p, N); }
statement(A) ::= USE MODULES names(L). { A = stmt_new(p, STMT_USE_MODULES); A->u.module.names = L; }
statement(A) ::= LOAD MODULE name(N) options_opt(O). { A = stmt_module(p, STMT_LOAD_MODULE, N, O); }
statement(A) ::= UNLOAD MODULE name(N). { A = stmt_module(p, STMT_UNLOAD_MODULE, N, (Options){ 0 }); }
statement(A) ::= ADD JAR text(T). { A = stmt_new(p, STMT_ADD_JAR); A->u.client.text = T; }
statement(A) ::= REMOVE JAR text(T). { A = stmt_new(p, STMT_REMOVE_JAR); A->u.client.text = T; }
statement(A) ::= STOP JOB text(T) stop_with(W). { A = stmt_new(p, STMT_STOP_JOB); A->u.client.job = T; A->u.client.savepoint = W >= 1; A->u.client.drain = W == 2; }
%type stop_with { int }
stop_with(A) ::= . { A = 0; } stop_with(A) ::= WITH SAVEPOINT. { A = 1; }
stop_with(A) ::= WITH SAVEPOINT WITH DRAIN. { A = 2; }

/* What could come after a run of tokens: the automaton once more, on a stack of bare states, without actions. Unlike the parser's own stack at the
** moment of an error it has not taken default reductions yet, so it knows every alternative. */
%code {
#include "parser/grammar_replay.h"
typedef struct Sim { YYACTIONTYPE state[YYSTACKDEPTH]; int depth; } Sim;

static YYACTIONTYPE sim_action(YYACTIONTYPE state, YYCODETYPE token, bool fallback)
{
    if (state > YY_MAX_SHIFT) return state;
    int i = yy_shift_ofst[state];
    if (yy_lookahead[i + token] == token) return yy_action[i + token];
    YYCODETYPE other = fallback && token < sizeof yyFallback / sizeof *yyFallback ? yyFallback[token] : 0;
    if (other && yy_lookahead[i + other] == other) return yy_action[i + other];
    return yy_default[state];
}

static bool sim_push(Sim *sim, YYACTIONTYPE state)
{
    if (sim->depth + 1 >= YYSTACKDEPTH) return false;
    sim->state[++sim->depth] = state;
    return true;
}

static bool sim_shift(Sim *sim, YYCODETYPE token, bool fallback)
{
    for (;;) {
        YYACTIONTYPE act = sim_action(sim->state[sim->depth], token, fallback);
        if (act == YY_ACCEPT_ACTION) return true;
        if (act <= YY_MAX_SHIFT) return sim_push(sim, act);
        if (act <= YY_MAX_SHIFTREDUCE) return sim_push(sim, (YYACTIONTYPE)(act + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE));
        if (act < YY_MIN_REDUCE) return false;
        unsigned rule = act - YY_MIN_REDUCE;
        sim->depth += yyRuleInfoNRhs[rule];
        if (!sim_push(sim, yy_find_reduce_action(sim->state[sim->depth], yyRuleInfoLhs[rule]))) return false;
    }
}

bool grammar_expected(const Token *tokens, uint32_t n, bool accepted[GRAMMAR_TOKENS])
{
    Sim sim = { { 0 }, 0 }, copy;
    for (uint32_t i = 0; i < n; i++)
        if (!sim_shift(&sim, (YYCODETYPE)tokens[i].kind, true)) return false;
    for (int t = 0; t < GRAMMAR_TOKENS; t++) {
        accepted[t] = false;
        if (t >= YYNTOKEN) continue;
        copy.depth = sim.depth;
        memcpy(copy.state, sim.state, sizeof *sim.state * (size_t)(sim.depth + 1));
        accepted[t] = sim_shift(&copy, (YYCODETYPE)t, false);
    }
    return true;
}
}
