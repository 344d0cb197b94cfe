/* What grammar actions call to make nodes. The small structs are values of nonterminals that are no nodes of the tree.
 * Everything lives in p->arena. A function that finds a fault reports it through parse_fail and returns something harmless:
 * parsing stops at the next token. */
#ifndef WEIR_PARSER_AST_BUILD_H
#define WEIR_PARSER_AST_BUILD_H
#include "parser/ast.h"
#include "parser/lex.h"

typedef struct Parse {
    Arena *arena; Err *err;
    const Token *tokens; uint32_t pos, n;        /* tokens[pos] is being fed; those before it are shifted */
    bool hint_due;                               /* the fault just reported is ours: its hint may follow */
    Stmt *stmt; Ast *expr; AstQuery *query; AstType *type;   /* the result, by start token */
} Parse;

typedef struct TextOpt { Str text; bool given; } TextOpt;
typedef struct Len { int32_t n, scale; Span end; } Len;
typedef struct FieldList { AstField *v; uint32_t n, cap; } FieldList;
typedef struct Unit { Str name; Span span; } Unit;
typedef struct UnitRange { Str from, to; int32_t prec, frac; Span span; } UnitRange;
typedef struct JsonKind { AstOp op; const Token *token; } JsonKind;
typedef enum Nulls { NULLS_UNSAID, NULLS_KEPT, NULLS_ABSENT } Nulls;
typedef struct CaseParts { AstList when, then; } CaseParts;
typedef struct CallArgs { AstList args; bool distinct, all, star; int8_t nulls; OrderList order; const Token *end; } CallArgs;
typedef struct Within { bool has; OrderList order; } Within;
typedef struct CallTail { int8_t nulls; bool within; OrderList order; Ast *filter; AstWindow *over; } CallTail;
typedef struct Frame { FrameUnit unit; AstBound start, end; } Frame;
typedef struct With { CteList list; const Token *begin; } With;
typedef struct Limits { Ast *limit, *offset; bool limit_all; Span end; } Limits;
typedef struct SelectHead { bool distinct, all, stream; } SelectHead;
typedef struct Grouping { GroupList list; bool given, distinct; } Grouping;
typedef struct FromPart { AstFrom *from; Ast *where; Grouping group; Ast *having; WindowList windows; Ast *qualify; } FromPart;
typedef struct JoinCond { Ast *on; IdentList using_cols; Span end; } JoinCond;
typedef struct Alias { Ident name; IdentList cols; Span span; } Alias;
typedef struct Sample { bool given, bernoulli, repeatable; Ast *percent, *seed; } Sample;
typedef struct HintArg { Ident name; Ast *literal; Option pair; bool is_pair; Span span; } HintArg;
typedef struct HintArgs { HintArg *v; uint32_t n, cap; } HintArgs;
typedef struct Skip { int kind; Ident var; } Skip;
typedef struct Subset { Ident name; IdentList vars; } Subset;
typedef struct SubsetList { Subset *v; uint32_t n, cap; } SubsetList;
typedef struct Times { int32_t min, max; Span span; } Times;
typedef struct StmtList { Stmt **v; uint32_t n, cap; } StmtList;
typedef struct PartitionSpec { Options values; bool given; } PartitionSpec;
typedef struct Conflict { int kind; Span span; } Conflict;
typedef struct Assigns { AstList targets, values; } Assigns;
typedef struct MergeList { AstMergeWhen *v; uint32_t n, cap; } MergeList;
typedef struct DetailList { Str *v; uint32_t n, cap; } DetailList;
typedef struct CreateFlags { bool or_replace, temporary, replace_only; Span begin; } CreateFlags;
typedef struct LikeList { LikeOption *v; uint32_t n, cap; } LikeList;
typedef struct TableSource { Path like; bool has_like; LikeList options; AstQuery *as; } TableSource;
typedef struct Position { int kind; Ident after; Span span; } Position;
typedef struct ColumnKey { bool primary, unique; int enforced; Ident name; Span span; } ColumnKey;
typedef struct Elements { ColumnList columns; KeyList keys; AstWatermark *watermark; uint32_t nwatermarks; } Elements;
typedef struct ResourceList { Str *v; uint32_t n, cap; } ResourceList;
typedef struct FunctionRest { Str language; ResourceList resources; Options options; } FunctionRest;
typedef struct ModelIo { ColumnList input, output; } ModelIo;
typedef struct PartitionList { Options *v; uint32_t n, cap; struct { Options *v; uint32_t n, cap; } options; } PartitionList;
typedef struct ShowIn { Path path; bool given, in_form; } ShowIn;
typedef struct ShowLike { bool given, negated, ilike; Str pattern; } ShowLike;

/* Faults. parse_fail keeps the first one. */
void parse_fail(Parse *p, ErrCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void parse_hint(Parse *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void parse_unexpected(Parse *p);                 /* syntax error at tokens[pos]; parse_error.c */
void parse_too_deep(Parse *p);
void parse_unsupported(Parse *p, const Token *at, const char *what, const char *hint);
void no_such_operator(Parse *p, const Token *at, const char *instead);

Span span_join(Span a, Span b);
Span span_here(const Parse *p, Span begin);      /* from begin to the last token shifted */

/* Names, texts, types, units. */
Ident make_ident(const Token *t);
Path make_path(Parse *p, Ident first);
Path path_add(Parse *p, Path path, Ident part);
Str plain_text(Parse *p, const Token *t);        /* refuses E'', X'', U&'' */
int32_t int_value(Parse *p, const Token *t);
AstType *type_new(Parse *p, const char *name, Span span);
AstType *type_of_word(Parse *p, const Token *t);
AstType *type_len(AstType *type, Len len);
AstType *type_end(AstType *type, const Token *end, bool not_null, bool given);
AstType *type_of_elem(Parse *p, const char *name, AstType *elem, Span begin, const Token *end);
AstType *type_of_fields(Parse *p, const char *name, const FieldList *fields, Span span);
AstType *type_user(Parse *p, const Path *name);
AstType *type_interval(Parse *p, const Token *begin, const UnitRange *unit);
Unit unit_of(Parse *p, const Token *t);           /* DAYS to DAY */
Unit symbol_of(Parse *p, const Token *t);         /* a word, not quoted */
UnitRange unit_range(Parse *p, Unit from, Len len, const Unit *to, Len frac);

/* Expressions. */
AstList asts_one(Parse *p, Ast *a);
AstList asts_two(Parse *p, Ast *a, Ast *b);
AstList asts_add(Parse *p, AstList list, Ast *a);
AstList asts_front(Parse *p, Ast *a, AstList rest);
AstList asts_join(Parse *p, AstList a, AstList b);
AstList asts_of_row(Parse *p, Ast *a);           /* (a, b) to its items, else the one */
AstList asts_symbols(Parse *p, const char *word, const char *value, const Token *at);
Ast *ast_new(Parse *p, AstKind kind, Span span);
Ast *ast_symbol(Parse *p, Str word, Span span);
Ast *lit_new(Parse *p, LitKind kind, Str text, Span span);
Ast *lit_of(Parse *p, const Token *t);           /* a number, or the literal a keyword stands for or begins */
Ast *lit_string(Parse *p, const Token *t);
Ast *lit_continued(Parse *p, Ast *first, const Token *next);
Ast *lit_braces(Parse *p, const Token *begin, const Token *word, const Token *text, const Token *end);
Ast *ast_name(Parse *p, const Token *t);
Ast *ast_dot(Parse *p, Ast *base, const Token *field);
Ast *ast_index(Parse *p, Ast *base, Ast *index, const Token *end);
Ast *ast_paren(Parse *p, Ast *inner, const Token *begin, const Token *end);
Ast *ast_row(Parse *p, AstList items, bool explicit_row, Span begin, Span end);
Ast *row_of(Parse *p, Ast *a);                   /* a row of VALUES */
Ast *ast_items(Parse *p, AstKind kind, AstList items, const Token *begin, const Token *end);
Ast *ast_subquery(Parse *p, AstQuery *query, Span begin, Span end);
Ast *ast_difference(Parse *p, Ast *expr, const Token *begin, const UnitRange *unit);
Ast *ast_interval(Parse *p, const Token *begin, int sign, Ast *amount, const UnitRange *unit);
AstOp op_of(const Token *t);
AstOp op_is(const Token *what, bool negated);
Ast *op1(Parse *p, AstOp op, Span at, Ast *a);
Ast *op2(Parse *p, AstOp op, Ast *a, Ast *b);
Ast *op_post(Parse *p, AstOp op, Ast *a, const Token *end);
Ast *op_negated(Parse *p, Ast *a);
Ast *op_like(Parse *p, AstOp op, Ast *a, bool negated, Ast *pattern, Ast *escape);
Ast *op_multiset(Parse *p, AstOp op, Ast *a, int quantifier, Ast *b);
Ast *op_quantified(Parse *p, AstOp op, Ast *a, Ast *set, bool all, const Token *end);
Ast *ast_between(Parse *p, Ast *a, bool negated, bool symmetric, Ast *low, Ast *high);
Ast *ast_in(Parse *p, Ast *a, bool negated, AstList list, AstQuery *query, const Token *end);
void case_add(Parse *p, CaseParts *parts, AstList when, Ast *then);
Ast *ast_case(Parse *p, const Token *begin, Ast *operand, const CaseParts *parts, Ast *otherwise, const Token *end);
Ast *ast_cast(Parse *p, Ast *expr, AstType *type, bool try_cast, Span span);
Ast *ast_named(Parse *p, Ident name, Ast *value);
Ast *ast_table_arg(Parse *p, const Token *begin, const Path *table, AstList partition, OrderList order);
Ast *ast_table_query(Parse *p, const Token *begin, AstQuery *query, Ast *partition, OrderList order, const Token *end);
Ast *ast_descriptor(Parse *p, const Token *begin, const PathList *names, const Token *end);
Ast *interval_only(Parse *p, Ast *a, const char *what);
Ast *ast_model_arg(Parse *p, const Token *begin, const Path *name);

/* Calls. */
Ast *ast_call(Parse *p, Ast *base, const Token *fn, const CallArgs *args, const CallTail *tail);
Ast *call_path(Parse *p, const Path *base, const Token *fn, const CallArgs *args);
Ast *call_new(Parse *p, Str name, AstList args, const Token *begin, const Token *end);
Ast *call_bare(Parse *p, Str name, const Token *at);
Ast *call_wrap(Parse *p, const Token *word, Ast *inner);
Ast *call_braces(Parse *p, const Token *begin, const Token *word, Ast *call, const Token *end);
Ast *call_symbol(Parse *p, const Token *begin, Unit symbol, AstList rest, const Token *end);
Ast *call_ceil(Parse *p, const Token *begin, Ast *a, Unit symbol, const Token *end);
Ast *call_trim(Parse *p, const Token *begin, const Token *side, Ast *chars, Ast *text, const Token *end);
Ast *call3(Parse *p, const char *name, const Token *begin, Ast *a, Ast *b, Ast *c, const Token *end);
Ast *call_overlay(Parse *p, const Token *begin, Ast *a, Ast *b, Ast *c, Ast *d, const Token *end);
Ast *call_using(Parse *p, const Token *begin, Ast *a, Unit charset, const Token *end);
Ast *call_format_json(Parse *p, Ast *a, const Token *end);
Ast *call_json(Parse *p, const Token *begin, Ast *input, Ast *path, AstList clauses, const Token *end);
Ast *call_json_nulls(Parse *p, const char *name, const Token *begin, AstList args, Nulls nulls, const Token *end);
AstWindow *window_new(Parse *p, Ident base, AstList partition, OrderList order, Frame frame);
AstWindow *window_named(Parse *p, Ident name);
AstWindow *window_end(AstWindow *window, const Token *begin, const Token *end);
OrderList orders_of_row(Parse *p, AstOrder order);

/* Queries. */
AstQuery *query_finish(Parse *p, const With *with, AstQuery *body, OrderList order, const Limits *limits);
AstQuery *query_values(Parse *p, const Token *begin, AstList rows);
AstQuery *query_table(Parse *p, const Token *begin, const Path *table);
AstQuery *query_paren(AstQuery *query, const Token *begin, const Token *end);
AstQuery *query_set(Parse *p, SetOp op, AstQuery *left, int quantifier, AstQuery *right);
AstQuery *query_select(Parse *p, const Token *begin, HintList hints, SelectHead head, ItemList items, const FromPart *from);
AstItem item_star(Parse *p, Ast *base, const Token *star);
AstGroup group_expr(Ast *a);
AstGroup group_sets(GroupKind kind, GroupList list, const Token *begin, const Token *end);
AstFrom *from_new(Parse *p, FromKind kind, Span span);
AstFrom *from_join(Parse *p, AstFrom *left, AstFrom *right, JoinKind kind, bool natural, const JoinCond *cond);
AstFrom *from_finish(Parse *p, AstFrom *from, const Alias *alias, Sample sample);
AstFrom *from_match(Parse *p, AstFrom *input, AstMatch *match, const Alias *alias, Sample sample);
AstFrom *from_table(Parse *p, const Path *table, HintList hints, Ast *as_of);
AstFrom *from_query(Parse *p, const Token *begin, AstQuery *query, const Token *end);
AstFrom *from_paren(Parse *p, const Token *begin, AstFrom *inner, const Token *end);
AstFrom *from_call(Parse *p, Ast *call, bool wrapped, bool lateral, Span begin, Span end);
AstFrom *from_unnest(Parse *p, const Token *begin, AstList args, bool ordinality, const Token *end);
Sample sample_new(Parse *p, const Token *begin, const Token *kind, Ast *percent, const Token *repeatable, Ast *seed, const Token *end);
AstHint hint_new(Parse *p, const Token *name, const HintArgs *args, const Token *end);
HintArg hint_pair(Parse *p, Str key, Span span, const Token *value);
AstMatch *match_new(Parse *p, AstList partition, OrderList order, ItemList measures, int rows, Skip skip, PatternAst *pattern, Ast *within, const SubsetList *subsets, ItemList define);
PatternAst *pattern_new(Parse *p, int kind, Span span);
void pattern_add(Parse *p, PatternAst *list, PatternAst *item);
PatternAst *pattern_pair(Parse *p, int kind, PatternAst *a, PatternAst *b);
PatternAst *pattern_times(Parse *p, PatternAst *a, Times times, bool reluctant);
PatternAst *pattern_group(Parse *p, int kind, PatternAst *inner, const Token *begin, const Token *end);

/* Statements. */
Stmt *stmt_new(Parse *p, StmtKind kind);
Stmt *stmt_query(Parse *p, AstQuery *query);
Stmt *stmt_insert(Parse *p, const Token *begin, bool overwrite, const Path *table, HintList hints, const PartitionSpec *partition, PathList columns, AstQuery *query, const Conflict *conflict);
Stmt *stmt_set(Parse *p, const StmtList *inserts);
Option partition_value(Parse *p, Ident name, const Ast *value);
void assign_add(Parse *p, Assigns *list, Ident target, Ast *value);
Stmt *stmt_update(Parse *p, const Path *table, Ident alias, const Assigns *assigns, Ast *where);
Stmt *stmt_delete(Parse *p, const Path *table, Ident alias, Ast *where);
Stmt *stmt_merge(Parse *p, const Path *table, Ident alias, AstFrom *from, Ast *on, const MergeList *whens);
Stmt *stmt_call(Parse *p, const Ast *call);
Stmt *stmt_analyze(Parse *p, const Path *table, const PartitionSpec *partition, IdentList columns, bool all);
void detail_add(Parse *p, DetailList *list, const Token *t);
Stmt *stmt_explain(Parse *p, Stmt *target, bool plan_for, const DetailList *details);
Stmt *explained_create(Parse *p, Stmt *create);
Stmt *stmt_plan(Parse *p, StmtKind kind, Str file, bool if_not_exists, Stmt *target);
void option_add(Parse *p, Options *options, const Token *key, const Token *value);
Elements *elements_new(Parse *p);
void elements_watermark(Parse *p, Elements *elements, AstWatermark watermark);
AstColumn column_new(Parse *p, const Path *name, ColumnKind kind);
AstColumn column_physical(Parse *p, const Path *name, AstType *type, const ColumnKey *key, TextOpt comment, Position position);
AstColumn column_metadata(Parse *p, const Path *name, AstType *type, const Token *word, Str from, bool is_virtual, TextOpt comment, Position position);
AstColumn column_computed(Parse *p, const Path *name, Ast *expr, TextOpt comment, Position position);
AstKey key_new(Ident name, IdentList columns, bool unique, int enforced, const Token *begin, const Token *end);
AstWatermark watermark_new(Parse *p, const Token *begin, const Path *column, Ast *expr);
LikeOption like_option(Parse *p, const Token *merge, const Token *feature);
Stmt *stmt_create_table(Parse *p, const CreateFlags *flags, bool if_not_exists, const Path *name, Elements *body, TextOpt comment, const AstDistribution *distribution, IdentList partition,
                        Options options, const TableSource *source);
Stmt *stmt_create_materialized(Parse *p, const CreateFlags *flags, const Path *name, Elements *body, TextOpt comment, const AstDistribution *distribution, IdentList partition,
                               Options options, Ast *freshness, Str refresh_mode, AstQuery *query);
Stmt *stmt_create_view(Parse *p, const CreateFlags *flags, bool if_not_exists, const Path *name, IdentList columns, TextOpt comment, AstQuery *query);
Stmt *stmt_create_named(Parse *p, StmtKind kind, const CreateFlags *flags, bool if_not_exists, Path name, TextOpt comment, Options options);
Stmt *stmt_create_function(Parse *p, const CreateFlags *flags, bool system, bool if_not_exists, const Path *name, Str class_name, const FunctionRest *rest);
Stmt *system_function(Parse *p, const Token *word, Stmt *create);
Stmt *stmt_drop(Parse *p, DropKind kind, bool temporary, bool system, bool if_exists, Path name);
Stmt *stmt_alter(Parse *p, StmtKind kind, AlterKind what, const Path *name);
Stmt *stmt_alter_function(Parse *p, bool temporary, bool system, bool if_exists, const Path *name, Str class_name, Str language);
AstAlter *alter_new(Parse *p, bool if_exists, const Path *name);
Stmt *alter_end(Parse *p, AstAlter *alter, AlterKind kind);
void alter_elements(Parse *p, AstAlter *alter, Elements *elements);
void alter_reset(AstAlter *alter, const ResourceList *keys);
void partition_add(Parse *p, PartitionList *list, Options values, Options options);
void alter_partitions(Parse *p, AstAlter *alter, bool exists_flag, const PartitionList *list);
Stmt *stmt_show(Parse *p, ShowKind kind, const ShowIn *in, const ShowLike *like);
void show_one_part(Parse *p, const ShowIn *in);
Stmt *stmt_describe(Parse *p, const char *what, bool extended, const Path *name);
Stmt *stmt_module(Parse *p, StmtKind kind, Ident name, Options options);
#endif
