/* Catalogs, databases, tables, views: names and plain definitions. Expressions (computed columns, watermarks, views) are kept as
 * canonical text and parsed again where used, so that SHOW CREATE prints them and ALTER can replace them.
 * Memory: everything is copied into the catalog's own arena (session lifetime). Not thread-safe: the session's thread.
 * A temporary object shadows a permanent one of the same path. Type of catalog: generic_in_memory. */
#ifndef WEIR_PLAN_CATALOG_H
#define WEIR_PLAN_CATALOG_H
#include "engine/base/option.h"
#include "engine/type/type.h"

typedef struct ObjectPath { Str catalog, database, name; } ObjectPath;

typedef enum TableColumnKind { TCOL_PHYSICAL, TCOL_COMPUTED, TCOL_METADATA } TableColumnKind;
typedef struct TableColumn {
    Str name; TableColumnKind kind; const Type *type;  /* computed: type found at CREATE */
    Str expr_text;                               /* computed: "`price` * `n`" */
    Str metadata_key; bool is_virtual;           /* metadata; key empty = the column's name */
    Str comment; bool has_comment;
} TableColumn;

typedef enum TableKind { TABLE_TABLE, TABLE_VIEW } TableKind;
typedef struct TableDef {
    ObjectPath path; TableKind kind; bool temporary;
    TableColumn *cols; uint32_t ncols;
    Str watermark_column, watermark_text;        /* text empty = none */
    Str pk_name; uint32_t *pk; uint32_t npk;     /* column indexes */
    Str *partition; uint32_t npartition;
    bool distributed; Str dist_kind; Str *dist_cols; uint32_t ndist_cols; int32_t dist_buckets;  /* buckets -1 = not given */
    Str comment; bool has_comment;
    Options options;
    Str view_text, view_original;                /* expanded canonical query; as written */
    ObjectPath view_context;                     /* current catalog and database when the view was made */
    void *inline_data;                           /* reserved for connectors fed by the session (fixture) */
} TableDef;

typedef struct FunctionDef { Str name, class_name, language; bool temporary, system; } FunctionDef;

typedef struct Catalog Catalog;
Catalog *catalog_new(void);                      /* default_catalog.default_database */
void catalog_free(Catalog *catalog);
/* Current names. */
Str catalog_current(const Catalog *catalog);
Str catalog_current_database(const Catalog *catalog);
bool catalog_use(Catalog *catalog, Str name, Err *err) MUST_CHECK;                            /* E_NO_OBJECT */
bool catalog_use_database(Catalog *catalog, Str catalog_name /* empty = current */, Str name, Err *err) MUST_CHECK;
/* Fills missing parts from the current names. n = 1..3 parts. */
ObjectPath catalog_qualify(const Catalog *catalog, const Str *parts, uint32_t n);
/* Catalogs and databases. */
bool catalog_create(Catalog *catalog, Str name, const Options *options, Str comment, bool if_not_exists, Err *err) MUST_CHECK;
bool catalog_drop(Catalog *catalog, Str name, bool if_exists, Err *err) MUST_CHECK;
const Options *catalog_options(const Catalog *catalog, Str name, Str *comment);               /* NULL if absent */
bool catalog_set_options(Catalog *catalog, Str name, const Options *set, const Str *reset, uint32_t nreset, Err *err) MUST_CHECK;
bool catalog_set_comment(Catalog *catalog, Str name, Str comment, Err *err) MUST_CHECK;
bool catalog_create_database(Catalog *catalog, Str catalog_name, Str name, const Options *options, Str comment, bool if_not_exists, Err *err) MUST_CHECK;
bool catalog_drop_database(Catalog *catalog, Str catalog_name, Str name, bool if_exists, bool cascade, Err *err) MUST_CHECK;
bool catalog_has_database(const Catalog *catalog, Str catalog_name, Str name);
bool catalog_alter_database(Catalog *catalog, Str catalog_name, Str name, const Options *set, Err *err) MUST_CHECK;
/* Tables and views (deep-copies def). */
bool catalog_add_table(Catalog *catalog, const TableDef *def, bool if_not_exists, Err *err) MUST_CHECK;
bool catalog_replace_table(Catalog *catalog, const TableDef *def, Err *err) MUST_CHECK;       /* same path and temporariness must exist */
bool catalog_drop_table(Catalog *catalog, ObjectPath path, TableKind kind, bool temporary, bool if_exists, Err *err) MUST_CHECK;
bool catalog_rename_table(Catalog *catalog, ObjectPath path, Str new_name, Err *err) MUST_CHECK;
const TableDef *catalog_find(const Catalog *catalog, ObjectPath path);                        /* temporary first; NULL */
const TableDef *catalog_find_kind(const Catalog *catalog, ObjectPath path, bool temporary);
Str catalog_nearest_table(const Catalog *catalog, Str name);                                  /* STR_NULL if nothing near */
/* Functions (JVM classes: kept, listed, refused when called). */
bool catalog_add_function(Catalog *catalog, ObjectPath path, const FunctionDef *def, bool if_not_exists, Err *err) MUST_CHECK;
bool catalog_drop_function(Catalog *catalog, ObjectPath path, bool temporary, bool system, bool if_exists, Err *err) MUST_CHECK;
const FunctionDef *catalog_find_function(const Catalog *catalog, ObjectPath path);
/* Sorted names for SHOW, into arena. */
Str *catalog_list(const Catalog *catalog, Arena *arena, uint32_t *n);
Str *catalog_list_databases(const Catalog *catalog, Str catalog_name, Arena *arena, uint32_t *n);
Str *catalog_list_tables(const Catalog *catalog, Str catalog_name, Str database, bool views_only, Arena *arena, uint32_t *n);
Str *catalog_list_functions(const Catalog *catalog, Arena *arena, uint32_t *n);
#endif
