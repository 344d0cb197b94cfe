/* What the DDL files share: names to paths, the draft of a table while it is made or altered, the texts of SHOW CREATE.
 * Everything lives in the statement's arena; the catalog copies what it keeps. */
#ifndef WEIR_PARSER_DDL_H
#define WEIR_PARSER_DDL_H
#include "parser/analyze.h"

/* Full path of a table, view or function name; E_INVALID for more than three parts. */
bool ddl_path(AnalyzeEnv *env, const Path *name, ObjectPath *out, Err *err) MUST_CHECK;
/* "default_catalog.default_database.t". */
Str ddl_path_text(Arena *arena, ObjectPath path);
void ddl_notice(AnalyzeEnv *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* E_NO_TABLE with the nearest name. Returns false. */
bool ddl_no_table(AnalyzeEnv *env, ObjectPath path, Span span, const char *what, Err *err);

/* A column of a draft. expr is the tree as written; NULL for columns taken from the catalog (expr_text is parsed again).
 * inherited: from a LIKE source or a CTAS query: a new primary key does not change its nullability. */
typedef struct DraftColumn { TableColumn col; const Ast *expr; Span span; bool inherited; } DraftColumn;

/* A table under construction: CREATE TABLE fills it from the statement, ALTER TABLE from the catalog, both finish it alike. */
typedef struct Draft {
    AnalyzeEnv *env;
    Arena *arena;
    TableDef def;                                /* path, comment, options, partition, distribution, names; cols, pk, watermark are set by draft_finish */
    struct { DraftColumn *v; uint32_t n, cap; } cols;
    bool has_pk; Str pk_name; IdentList pk; Span pk_span;
    Str watermark_column, watermark_text; const Ast *watermark_expr; Span watermark_span;   /* watermark_column empty = none */
} Draft;

void draft_from_table(Draft *draft, AnalyzeEnv *env, Arena *arena, const TableDef *def);
int draft_find(const Draft *draft, Str name);    /* index or -1 */
/* Column of the statement to a draft column; the type of a computed one comes with draft_finish. Inline keys go to draft->pk. */
bool draft_column(Draft *draft, const AstColumn *column, DraftColumn *out, Err *err) MUST_CHECK;
bool draft_insert(Draft *draft, uint32_t at, const DraftColumn *column, Err *err) MUST_CHECK;      /* E_DUP_COLUMN */
bool draft_key(Draft *draft, const AstKey *key, Err *err) MUST_CHECK;                              /* E_INVALID if there is one */
bool draft_watermark(Draft *draft, const AstWatermark *watermark, Err *err) MUST_CHECK;
bool draft_distribution(Draft *draft, const AstDistribution *distribution, Err *err) MUST_CHECK;
/* Checks the whole and fills draft->def: keys, computed types, watermark, partitions, distribution, metadata keys. */
bool draft_finish(Draft *draft, Err *err) MUST_CHECK;
/* Applies LIKE: merges `base` with the columns, key, watermark and options the draft holds already (the statement's own). */
bool draft_like(Draft *draft, const TableDef *base, const AstCreateTable *create, Err *err) MUST_CHECK;

/* CREATE TABLE; with AS it also yields out->plan_owned. */
bool ddl_create_table(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, AnalyzeResult *out, Err *err) MUST_CHECK;
bool ddl_alter_table(AnalyzeEnv *env, Arena *arena, const AstAlter *alter, Err *err) MUST_CHECK;
bool ddl_create_view(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, Err *err) MUST_CHECK;
bool ddl_alter_view(AnalyzeEnv *env, Arena *arena, const AstAlter *alter, Str text, Err *err) MUST_CHECK;
/* Back-quoted, fully qualified text of a view's query: table paths, column qualifiers, `*` written out where that is certain. */
Str view_expand(AnalyzeEnv *env, Arena *arena, Str query_text);

/* SHOW CREATE and DESCRIBE. */
Str show_create_table(Arena *arena, const TableDef *def);
Str show_create_view(Arena *arena, const TableDef *def);
void print_options(Arena *arena, const Options *options, StrBuf *out);   /* WITH (..), sorted, secrets masked; nothing when empty */
void describe_table(Arena *arena, const TableDef *def, TextTable *out);
void quote_name(Str name, StrBuf *out);          /* `a``b` */
void quote_text(Str text, StrBuf *out);          /* 'it''s' */
#endif
