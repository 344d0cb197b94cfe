/* The syntax tree of Flink SQL statements: plain data in the statement's arena, every node with its span.
 * Made by the grammar, printed by ast_print, read by binder and planner; nothing here is resolved or typed.
 * Invariant: ast_parse(ast_print(tree)) gives an equal tree (spans apart). */
#ifndef WEIR_PARSER_AST_H
#define WEIR_PARSER_AST_H
#include "engine/base/err.h"
#include "engine/base/option.h"

typedef struct Ast Ast;            /* expression */
typedef struct AstQuery AstQuery;
typedef struct AstFrom AstFrom;
typedef struct Stmt Stmt;

typedef struct Ident { Str name; Span span; bool quoted; } Ident;
typedef struct Path { Ident *part; uint32_t n; Span span; } Path;       /* a, db.t, cat.db.t, col.field.field */
typedef struct AstList { Ast **v; uint32_t n, cap; } AstList;
typedef struct PathList { Path *v; uint32_t n, cap; } PathList;
typedef struct IdentList { Ident *v; uint32_t n, cap; } IdentList;

/* ---- type names as written ---- */
typedef struct AstType AstType;
typedef struct AstField { Ident name; AstType *type; Str comment; } AstField;
struct AstType {
    Span span;
    Str name;                      /* upper case canonical: "INT", "TIMESTAMP_LTZ", "VARCHAR", "STRING", "ROW", "ARRAY", "INTERVAL", ... */
    int32_t arg[2];                /* precision/length, scale; -1 = not given */
    bool not_null, null_given;
    bool postfix;                  /* INT ARRAY, not ARRAY<INT> */
    AstType *elem, *key;           /* ARRAY/MULTISET elem; MAP key and elem */
    AstField *fields; uint32_t nfields;                    /* ROW, STRUCTURED */
    bool user; Path path;          /* not one of the built-in names: path as written, name = its parts joined */
    Str class_name, raw_text;      /* STRUCTURED<'cls', ..>, RAW('cls', 'text') */
    Str unit_from, unit_to;        /* INTERVAL x [TO y] in CAST */
};

/* ---- expressions ---- */
typedef enum AstKind {
    AST_LITERAL, AST_NAME, AST_STAR, AST_OP, AST_CALL, AST_CASE, AST_CAST, AST_SUBQUERY, AST_IN, AST_BETWEEN,
    AST_ROW, AST_ARRAY, AST_MAP, AST_INDEX, AST_FIELD, AST_SYMBOL, AST_INTERVAL_OF, AST_QUERY_ARRAY, AST_NAMED_ARG, AST_DESCRIPTOR, AST_TABLE_ARG
} AstKind;
typedef enum LitKind { LIT_NULL, LIT_TRUE, LIT_FALSE, LIT_UNKNOWN, LIT_INTEGER, LIT_DECIMAL, LIT_DOUBLE, LIT_STRING, LIT_BINARY,
    LIT_DATE, LIT_TIME, LIT_TIMESTAMP, LIT_TIMESTAMP_LTZ, LIT_INTERVAL, LIT_DEFAULT } LitKind;
/* ORDER AstOp: ast_op_text. Predicates with a NOT form keep it as OP_NOT(..) except LIKE/SIMILAR (AST_OP with negated). */
typedef enum AstOp {
    OP_PLUS, OP_MINUS, OP_MUL, OP_DIV, OP_MOD, OP_CONCAT, OP_NEG, OP_POS,
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_AND, OP_OR, OP_NOT,
    OP_IS_NULL, OP_IS_NOT_NULL, OP_IS_TRUE, OP_IS_NOT_TRUE, OP_IS_FALSE, OP_IS_NOT_FALSE, OP_IS_UNKNOWN, OP_IS_NOT_UNKNOWN,
    OP_IS_DISTINCT, OP_IS_NOT_DISTINCT, OP_LIKE, OP_SIMILAR, OP_EXISTS, OP_UNIQUE,
    OP_IS_JSON_VALUE, OP_IS_JSON_SCALAR, OP_IS_JSON_ARRAY, OP_IS_JSON_OBJECT,       /* negated by OP_NOT */
    OP_OVERLAPS, OP_CONTAINS, OP_PRECEDES, OP_SUCCEEDS, OP_IMMEDIATELY_PRECEDES, OP_IMMEDIATELY_SUCCEEDS, OP_PERIOD_EQUALS,
    OP_MEMBER_OF, OP_SUBMULTISET_OF, OP_MULTISET_UNION, OP_MULTISET_INTERSECT, OP_MULTISET_EXCEPT,
    OP_IS_A_SET, OP_IS_EMPTY, OP_COUNT
} AstOp;
extern const char *const ast_op_text[OP_COUNT];

typedef enum FrameUnit { FRAME_NONE, FRAME_ROWS, FRAME_RANGE } FrameUnit;
typedef enum BoundKind { BOUND_UNBOUNDED_PRECEDING, BOUND_PRECEDING, BOUND_CURRENT, BOUND_FOLLOWING, BOUND_UNBOUNDED_FOLLOWING } BoundKind;
typedef struct AstBound { BoundKind kind; Ast *amount; } AstBound;
typedef enum NullsOrder { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST } NullsOrder;
typedef struct AstOrder { Ast *expr; bool desc; NullsOrder nulls; Span span; } AstOrder;
typedef struct OrderList { AstOrder *v; uint32_t n, cap; } OrderList;
typedef struct AstWindow {          /* OVER (..) or WINDOW w AS (..) */
    Span span;
    Ident base; bool named;         /* (w ...), or OVER w without parentheses: named; name.len 0 = none */
    AstList partition; OrderList order;
    FrameUnit unit; AstBound start, end;
} AstWindow;

struct Ast {
    AstKind kind;
    bool parens;                   /* written in parentheses of its own; no part of equality */
    Span span;
    union {
        struct { LitKind kind; Str text;                    /* unescaped value; numbers as written */
                 Str unit_from, unit_to; int32_t unit_prec, unit_frac; bool negative; } lit;  /* INTERVAL: units upper singular */
        Path name;                                          /* AST_NAME; also AST_STAR's qualifier (n 0 = bare *) */
        struct { AstOp op; AstList args; bool negated; bool quantified_all, quantified_any; } op;  /* LIKE: s, pattern[, escape]; x = ALL/ANY (query or list) */
        struct { Path name; AstList args; bool distinct, all, star;   /* star: COUNT(*) */
                 Ast *filter; AstWindow *over; OrderList order;       /* order: inside the parentheses or WITHIN GROUP */
                 bool within_group; int8_t nulls;                     /* IGNORE NULLS 1, RESPECT NULLS 2 */
                 bool bare; } call;                                    /* bare: CURRENT_DATE, no parentheses */
        struct { Ast *operand; AstList when, then; Ast *otherwise; } kase;  /* `WHEN 1, 2` is the call "$WHEN_ANY"(1, 2) */
        struct { Ast *expr; AstType *type; bool try_cast; } cast;
        struct { AstQuery *query; } sub;                    /* scalar; also argument of EXISTS, ARRAY(query) */
        struct { Ast *expr; AstList list; AstQuery *query; bool negated; } in;
        struct { Ast *expr, *low, *high; bool negated, symmetric; } between;
        struct { AstList items; bool explicit_row; } items; /* ROW(..) or (a, b); ARRAY[..]; MAP[k, v, ..] */
        struct { Ast *base, *index; } index;                /* a[i], m[k] */
        struct { Ast *base; Ident field; bool star; } field; /* (expr).f, f(..).f, a[1].f, (expr).* */
        Str symbol;                                         /* keyword argument, upper case: EXTRACT(DAY ..) -> CALL EXTRACT(SYMBOL DAY, ..) */
        struct { Ast *expr; Str unit; bool difference; } interval_of;  /* INTERVAL col DAY; difference: (a - b) DAY. unit "DAY" or "DAY TO SECOND" */
        struct { Ident name; Ast *value; } named;           /* SIZE => INTERVAL '1' MINUTE */
        IdentList descriptor;                               /* DESCRIPTOR(ts) */
        struct { Path table; AstQuery *query; AstList partition; OrderList order; } table_arg;  /* TABLE t [PARTITION BY ..], (SELECT ..) */
    } u;
};
/* Special syntax becomes calls by these names: EXTRACT(sym, x); TRIM(sym BOTH|LEADING|TRAILING, chars-or-NULL-literal, s);
 * SUBSTRING(s, from[, for]); POSITION(needle, s[, from]); OVERLAY(s, r, from[, for]); CEIL/FLOOR(x[, sym]); TIMESTAMPADD/TIMESTAMPDIFF(sym, a, b);
 * JSON_VALUE(j, path, sym RETURNING?, ..) keeps its clauses as (SYMBOL word, value) pairs in order; JSON_OBJECT(k, v, .., SYMBOL NULL_ON_NULL|ABSENT_ON_NULL);
 * each documented beside its grammar rule. TRANSLATE, CONVERT USING etc. likewise. */

/* ---- queries ---- */
typedef enum JoinKind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_CROSS, JOIN_COMMA } JoinKind;
typedef enum FromKind { FROM_TABLE, FROM_SUBQUERY, FROM_FUNCTION, FROM_JOIN, FROM_UNNEST, FROM_VALUES, FROM_MATCH } FromKind;
typedef struct AstHint { Ident name; IdentList names; AstList literals; Options options; Span span; } AstHint;
typedef struct HintList { AstHint *v; uint32_t n, cap; } HintList;
typedef struct AstMatch AstMatch;

struct AstFrom {
    FromKind kind;
    Span span;
    Ident alias; IdentList alias_cols;      /* AS t(c1, c2); name.len 0 = none */
    HintList hints;
    Path table;                              /* FROM_TABLE; also FROM_MATCH's input when plain */
    Ast *as_of;                              /* FOR SYSTEM_TIME AS OF expr */
    bool lateral;
    AstQuery *query;                         /* FROM_SUBQUERY, FROM_VALUES */
    Ast *call;                               /* FROM_FUNCTION: AST_CALL; table_wrapped: TABLE( .. ) around it */
    bool table_wrapped;
    AstList unnest; bool ordinality;
    struct { AstFrom *left, *right; JoinKind kind; bool natural; Ast *on; IdentList using_cols; } join;
    AstMatch *match; AstFrom *input;         /* FROM_MATCH */
    struct { Ast *percent; bool bernoulli, repeatable; Ast *seed; } *sample;
};

typedef struct AstItem { Ast *expr; Ident alias; Span span; } AstItem;       /* alias.name.len 0 = none */
typedef struct ItemList { AstItem *v; uint32_t n, cap; } ItemList;
typedef enum GroupKind { GROUP_EXPR, GROUP_SETS, GROUP_ROLLUP, GROUP_CUBE, GROUP_EMPTY } GroupKind;
typedef struct AstGroup { GroupKind kind; Ast *expr; struct AstGroup *sets; uint32_t n, cap; AstList exprs; Span span; } AstGroup; /* sets: nested; exprs: one (a, b) element */
typedef struct GroupList { AstGroup *v; uint32_t n, cap; } GroupList;
typedef struct NamedWindow { Ident name; AstWindow *window; } NamedWindow;
typedef struct WindowList { NamedWindow *v; uint32_t n, cap; } WindowList;

typedef enum QueryKind { QUERY_SELECT, QUERY_VALUES, QUERY_SETOP, QUERY_TABLE /* TABLE t */ } QueryKind;
typedef enum SetOp { SETOP_UNION, SETOP_INTERSECT, SETOP_EXCEPT } SetOp;
typedef struct AstCte { Ident name; IdentList cols; AstQuery *query; } AstCte;
typedef struct CteList { AstCte *v; uint32_t n, cap; bool recursive; } CteList;
struct AstQuery {
    QueryKind kind;
    Span span;
    CteList with;
    /* SELECT */
    HintList hints; bool distinct, all, stream;
    ItemList items; AstFrom *from; Ast *where; GroupList group; bool group_distinct; bool has_group; Ast *having; WindowList windows; Ast *qualify;
    /* VALUES: rows of expressions (AST_ROW each) */
    AstList rows;
    /* SETOP */
    SetOp setop; bool setop_all; AstQuery *left, *right;
    Path table;
    /* any */
    OrderList order; Ast *limit, *offset; bool limit_all; bool parenthesized;
};

typedef struct PatternAst { enum { PAT_VAR, PAT_CONCAT, PAT_ALT, PAT_GROUP, PAT_PERMUTE, PAT_EXCLUDE, PAT_START, PAT_END, PAT_EMPTY } kind; Ident var;
    struct PatternAst **sub; uint32_t n, cap; int32_t min, max; bool quantified, reluctant; Span span; } PatternAst;  /* max -1 = unbounded */
struct AstMatch {
    AstList partition; OrderList order;
    ItemList measures; bool one_row, all_rows;
    enum { SKIP_DEFAULT, SKIP_NEXT_ROW, SKIP_PAST_LAST, SKIP_TO_FIRST, SKIP_TO_LAST, SKIP_TO_VAR } skip; Ident skip_var;
    PatternAst *pattern; bool strict_start, strict_end; Ast *within;
    struct { Ident name; IdentList vars; } *subsets; uint32_t nsubsets;
    ItemList define;                         /* alias = variable, expr = condition */
};

/* ---- statements ---- */
typedef enum StmtKind {
    STMT_QUERY, STMT_INSERT, STMT_STATEMENT_SET, STMT_BEGIN_SET, STMT_END, STMT_EXPLAIN,
    STMT_CREATE_TABLE, STMT_CREATE_VIEW, STMT_CREATE_DATABASE, STMT_CREATE_CATALOG, STMT_CREATE_FUNCTION, STMT_CREATE_MODEL, STMT_CREATE_MATERIALIZED,
    STMT_DROP, STMT_ALTER_TABLE, STMT_ALTER_VIEW, STMT_ALTER_DATABASE, STMT_ALTER_CATALOG, STMT_ALTER_FUNCTION, STMT_ALTER_MODEL, STMT_ALTER_MATERIALIZED,
    STMT_SHOW, STMT_DESCRIBE, STMT_USE, STMT_USE_CATALOG, STMT_USE_MODULES, STMT_LOAD_MODULE, STMT_UNLOAD_MODULE,
    STMT_SET, STMT_RESET, STMT_UPDATE, STMT_DELETE, STMT_MERGE, STMT_TRUNCATE, STMT_CALL, STMT_ANALYZE,
    STMT_ADD_JAR, STMT_REMOVE_JAR, STMT_STOP_JOB, STMT_COMPILE_PLAN, STMT_EXECUTE_PLAN, STMT_COMPILE_EXECUTE_PLAN,
    STMT_QUIT, STMT_CLEAR, STMT_HELP, STMT_KIND_COUNT
} StmtKind;
const char *stmt_kind_name(StmtKind kind);   /* "CREATE TABLE": for messages */

typedef enum ColumnKind { COLUMN_PHYSICAL, COLUMN_COMPUTED, COLUMN_METADATA, COLUMN_NAME_ONLY } ColumnKind;
typedef struct AstColumn {
    ColumnKind kind; Ident name; Span span;
    AstType *type; Ast *expr;                /* computed */
    Str metadata_key; bool is_virtual;       /* FROM 'key' (ptr NULL = column name) */
    bool primary_key, pk_enforced /* anything but NOT ENFORCED */, enforced_given, not_enforced, dotted /* name written a.b */; Ident constraint; bool unique;
    Str comment; bool has_comment;
    enum { COLPOS_NONE, COLPOS_FIRST, COLPOS_AFTER } pos; Ident after; Span pos_span;   /* ALTER TABLE ADD/MODIFY */
} AstColumn;
typedef struct ColumnList { AstColumn *v; uint32_t n, cap; } ColumnList;
typedef struct AstWatermark { Path column; Ast *expr; Span span; } AstWatermark;
typedef struct AstKey { Ident name; IdentList cols; bool unique, not_enforced, enforced; Span span; } AstKey;
typedef struct KeyList { AstKey *v; uint32_t n, cap; } KeyList;
typedef struct AstDistribution { bool given; Str kind; /* HASH RANGE or empty */ IdentList cols; int32_t buckets; Span span; } AstDistribution;
typedef struct LikeOption { enum { LIKE_INCLUDING, LIKE_EXCLUDING, LIKE_OVERWRITING } merge; Str feature; Span span; } LikeOption;  /* "ALL" "CONSTRAINTS" ... */
typedef struct AstCreateTable {
    bool temporary, if_not_exists, or_replace, replace_only, system;
    Path name; ColumnList columns; bool has_column_list; KeyList keys; AstWatermark *watermark; uint32_t nwatermarks;
    Str comment; bool has_comment; AstDistribution distribution; IdentList partition; Options options;
    Path like; bool has_like; LikeOption *like_options; uint32_t nlike;
    AstQuery *as;                            /* CTAS / RTAS */
} AstCreateTable;

typedef enum DropKind { DROP_TABLE, DROP_VIEW, DROP_DATABASE, DROP_CATALOG, DROP_FUNCTION, DROP_MODEL, DROP_MATERIALIZED } DropKind;

typedef enum AlterKind { ALTER_ADD, ALTER_MODIFY, ALTER_DROP_COLUMNS, ALTER_DROP_PRIMARY_KEY, ALTER_DROP_CONSTRAINT, ALTER_DROP_WATERMARK, ALTER_DROP_DISTRIBUTION,
    ALTER_RENAME_COLUMN, ALTER_RENAME, ALTER_SET, ALTER_RESET, ALTER_ADD_PARTITIONS, ALTER_DROP_PARTITIONS, ALTER_AS, ALTER_COMMENT /* text */,
    ALTER_SUSPEND, ALTER_RESUME, ALTER_REFRESH /* materialized table; options */ } AlterKind;
typedef struct AstAlter {
    AlterKind kind; Path name; bool if_exists, temporary, system, materialized;
    ColumnList columns; KeyList keys; AstWatermark *watermark; AstDistribution distribution;    /* ADD / MODIFY */
    PathList drop; Ident constraint; Path rename_from; Path rename_to;
    Options options; Str *reset_keys; uint32_t nreset; AstQuery *query;
    Options *partitions; Options *partition_options; uint32_t npartitions; bool exists_flag; Str text;
    Str language;                            /* ALTER FUNCTION .. AS text LANGUAGE */
} AstAlter;

typedef enum ShowKind { SHOW_CATALOGS, SHOW_CURRENT_CATALOG, SHOW_DATABASES, SHOW_CURRENT_DATABASE, SHOW_TABLES, SHOW_VIEWS, SHOW_COLUMNS, SHOW_FUNCTIONS, SHOW_USER_FUNCTIONS,
    SHOW_MODULES, SHOW_FULL_MODULES, SHOW_PARTITIONS, SHOW_PROCEDURES, SHOW_JARS, SHOW_JOBS, SHOW_MODELS, SHOW_MATERIALIZED_TABLES,
    SHOW_CREATE_TABLE, SHOW_CREATE_VIEW, SHOW_CREATE_CATALOG, SHOW_CREATE_MODEL, SHOW_CREATE_MATERIALIZED } ShowKind;
typedef struct AstInsert { bool overwrite; bool execute; Path table; HintList hints; Options partition; bool has_partition; IdentList columns; AstQuery *query;
    enum { CONFLICT_NONE, CONFLICT_NOTHING, CONFLICT_ERROR, CONFLICT_DEDUPLICATE } conflict; Span conflict_span; PathList column_paths; } AstInsert;

typedef struct AstMergeWhen { bool matched; AstList targets; PathList columns; AstList values; } AstMergeWhen;  /* matched: UPDATE SET targets = values; else INSERT (columns) VALUES (values) */

struct Stmt {
    StmtKind kind;
    Span span;                               /* whole statement without the final ';' */
    union {
        AstQuery *query;                     /* STMT_QUERY */
        AstInsert *insert;
        struct { Stmt **inserts; uint32_t n; } set;              /* STATEMENT_SET */
        struct { Stmt *target; bool plan_for; Str *details; uint32_t ndetails; } explain;
        AstCreateTable *create_table;
        struct { bool temporary, if_not_exists, or_replace; Path name; IdentList cols; Str comment; bool has_comment; AstQuery *query; Span query_span; } create_view;
        struct { bool if_not_exists, or_replace, temporary; Path name; Str comment; bool has_comment; Options options;
                 ColumnList input, output; AstQuery *query;           /* model */
                 AstCreateTable *table; Ast *freshness; Str refresh_mode; } create_named;  /* database, catalog, model, materialized (its columns, keys, query: table; or_replace = OR ALTER) */
        struct { bool temporary, system, if_not_exists, or_replace; Path name; Str class_name, language; Str *resources; uint32_t nresources; Options options; } create_function;
        struct { DropKind kind; bool temporary, system, if_exists, cascade, restricted; Path name; } drop;
        AstAlter *alter;                     /* every ALTER_* statement */
        struct { ShowKind kind; Path object; bool has_object; bool negated, has_like, ilike; Str pattern; Options partition; bool in_form; } show;
        struct { Path name; bool extended; Str what; /* "" table, CATALOG, DATABASE, FUNCTION, MODEL, JOB */ Str text; } describe;
        struct { Path name; } use;
        struct { IdentList names; Options options; } module;
        struct { Str key, value; bool has_key; } set_option;     /* SET / RESET; has_key false = bare */
        struct { Path table; AstList targets, values; Ast *where; AstQuery *query; Path alias; Options partition;
                 AstFrom *using_from; Ast *on; struct AstMergeWhen *whens; uint32_t nwhens;      /* MERGE */
                 IdentList columns; bool has_partition, all_columns, for_columns; } dml;      /* ANALYZE */  /* UPDATE DELETE MERGE TRUNCATE ANALYZE */
        struct { Path name; AstList args; } call;
        struct { Str text; Str job; bool savepoint, drain, if_not_exists; Stmt *target; } client;  /* JAR, STOP JOB, COMPILE/EXECUTE PLAN */
    } u;
};
#endif
