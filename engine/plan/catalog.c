/* Catalogs -> databases -> tables and functions, as plain lists in order of creation plus a name map per database.
 * Temporary objects live beside them under their full path and win every look-up.
 * Invariant: a TableDef is never changed in place; ALTER and RENAME put a new copy, so pointers held by running plans stay good.
 * Memory: one arena for the catalog's life, freed with it. Not thread-safe: the session's thread. */
#include "engine/plan/catalog.h"
#include "engine/base/hashtab.h"

#include <stdlib.h>

typedef struct Database {
    Str name, comment;
    Options options;
    StrMap tables;                               /* name -> TableDef */
    StrMap functions;                            /* lower-case name -> FunctionDef */
} Database;

typedef struct Entry {
    Str name, comment, default_database;
    Options options;
    struct { Database **v; uint32_t n, cap; } databases;
} Entry;

struct Catalog {
    Arena *arena;
    struct { Entry **v; uint32_t n, cap; } entries;
    StrMap temp_tables, temp_functions;          /* "catalog\0database\0name" */
    StrMap system_functions;                     /* lower-case name */
    Str current, current_database;
};

/* --- lookup --- */

static Entry *find_entry(const Catalog *catalog, Str name)
{
    for (uint32_t i = 0; i < catalog->entries.n; i++)
        if (str_eq(catalog->entries.v[i]->name, name)) return catalog->entries.v[i];
    return NULL;
}

static Database *find_in(const Entry *entry, Str name)
{
    for (uint32_t i = 0; entry && i < entry->databases.n; i++)
        if (str_eq(entry->databases.v[i]->name, name)) return entry->databases.v[i];
    return NULL;
}

static Database *find_database(const Catalog *catalog, Str catalog_name, Str name)
{
    return find_in(find_entry(catalog, catalog_name), name);
}

static Str or_current(const Catalog *catalog, Str name)
{
    return name.len ? name : catalog->current;
}

/* Full path as a map key. */
static Str path_key(Arena *arena, ObjectPath path)
{
    uint32_t len = path.catalog.len + path.database.len + path.name.len + 2;
    char *key = arena_alloc(arena, len), *at = key;
    const Str parts[] = { path.catalog, path.database, path.name };
    for (int i = 0; i < 3; i++) {
        if (i) *at++ = 0;
        if (parts[i].len) memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return (Str){ key, len };
}

static void *temp_get(const Catalog *catalog, const StrMap *map, ObjectPath path)
{
    if (!strmap_len(map)) return NULL;
    ArenaMark mark = arena_mark(catalog->arena);
    void *found = strmap_get(map, path_key(catalog->arena, path));
    arena_rewind(catalog->arena, mark);
    return found;
}

#define PATH_FMT "%.*s.%.*s.%.*s"
#define PATH_ARG(p) STR_ARG((p).catalog), STR_ARG((p).database), STR_ARG((p).name)

static bool no_catalog(Str name, Err *err)
{
    err_set(err, E_NO_OBJECT, "catalog \"" STR_FMT "\" does not exist", STR_ARG(name));
    return err_hint(err, "SHOW CATALOGS lists them; CREATE CATALOG %.*s WITH ('type' = 'generic_in_memory') makes one.", STR_ARG(name));
}

static bool no_database(Str catalog_name, Str name, Err *err)
{
    err_set(err, E_NO_OBJECT, "database \"" STR_FMT "\" does not exist in catalog \"" STR_FMT "\"", STR_ARG(name), STR_ARG(catalog_name));
    return err_hint(err, "SHOW DATABASES lists them; CREATE DATABASE " STR_FMT " makes one.", STR_ARG(name));
}

/* The database of a permanent object, or NULL + err. */
static Database *need_database(const Catalog *catalog, Str catalog_name, Str name, Err *err)
{
    Entry *entry = find_entry(catalog, catalog_name);
    if (!entry) {
        no_catalog(catalog_name, err);
        return NULL;
    }
    Database *database = find_in(entry, name);
    if (!database) no_database(catalog_name, name, err);
    return database;
}

/* --- copies --- */

static void copy_options(Arena *arena, Options *to, const Options *from)
{
    for (uint32_t i = 0; from && i < from->n; i++) options_set(arena, to, from->v[i].key, from->v[i].value);
}

static const Type *copy_type(Arena *arena, const Type *type)
{
    if (!type) return NULL;
    Type *copy = arena_copy(arena, type, sizeof *type);
    copy->class_name = str_dup(arena, type->class_name);
    copy->elem = copy_type(arena, type->elem);
    copy->key = copy_type(arena, type->key);
    if (type->nfields) {
        Field *fields = arena_copy(arena, type->fields, sizeof *fields * type->nfields);
        for (uint32_t i = 0; i < type->nfields; i++)
            fields[i] = (Field){ str_dup(arena, fields[i].name), copy_type(arena, fields[i].type), str_dup(arena, fields[i].comment) };
        copy->fields = fields;
    }
    return copy;
}

static Str *copy_names(Arena *arena, const Str *names, uint32_t n)
{
    Str *copy = ARENA_ARRAY(arena, Str, n + 1);
    for (uint32_t i = 0; i < n; i++) copy[i] = str_dup(arena, names[i]);
    return copy;
}

static ObjectPath copy_path(Arena *arena, ObjectPath path)
{
    return (ObjectPath){ str_dup(arena, path.catalog), str_dup(arena, path.database), str_dup(arena, path.name) };
}

static TableDef *copy_table(Arena *arena, const TableDef *def)
{
    TableDef *copy = arena_copy(arena, def, sizeof *def);
    copy->path = copy_path(arena, def->path);
    copy->cols = ARENA_ARRAY(arena, TableColumn, def->ncols + 1);
    for (uint32_t i = 0; i < def->ncols; i++) {
        TableColumn *col = &copy->cols[i];
        *col = def->cols[i];
        col->name = str_dup(arena, col->name);
        col->type = copy_type(arena, col->type);
        col->expr_text = str_dup(arena, col->expr_text);
        col->metadata_key = str_dup(arena, col->metadata_key);
        col->comment = str_dup(arena, col->comment);
    }
    copy->watermark_column = str_dup(arena, def->watermark_column);
    copy->watermark_text = str_dup(arena, def->watermark_text);
    copy->pk_name = str_dup(arena, def->pk_name);
    copy->pk = def->npk ? arena_copy(arena, def->pk, sizeof *def->pk * def->npk) : NULL;
    copy->partition = copy_names(arena, def->partition, def->npartition);
    copy->dist_kind = str_dup(arena, def->dist_kind);
    copy->dist_cols = copy_names(arena, def->dist_cols, def->ndist_cols);
    copy->comment = str_dup(arena, def->comment);
    copy->options = (Options){ 0 };
    copy_options(arena, &copy->options, &def->options);
    copy->view_text = str_dup(arena, def->view_text);
    copy->view_original = str_dup(arena, def->view_original);
    copy->view_context = copy_path(arena, def->view_context);
    return copy;
}

/* --- life --- */

static Database *add_database(Catalog *catalog, Entry *entry, Str name)
{
    Database *database = ARENA_NEW(catalog->arena, Database);
    database->name = str_dup(catalog->arena, name);
    ARENA_PUSH(catalog->arena, entry->databases, database);
    return database;
}

static Entry *add_entry(Catalog *catalog, Str name, Str default_database)
{
    Entry *entry = ARENA_NEW(catalog->arena, Entry);
    entry->name = str_dup(catalog->arena, name);
    ARENA_PUSH(catalog->arena, catalog->entries, entry);
    entry->default_database = add_database(catalog, entry, default_database)->name;
    return entry;
}

Catalog *catalog_new(void)
{
    Catalog *catalog = xcalloc(1, sizeof *catalog);
    catalog->arena = arena_new();
    add_entry(catalog, STR("default_catalog"), STR("default_database"));
    catalog->current = STR("default_catalog");
    catalog->current_database = STR("default_database");
    return catalog;
}

static void free_database(Database *database)
{
    strmap_free(&database->tables);
    strmap_free(&database->functions);
}

static void free_entry(Entry *entry)
{
    for (uint32_t i = 0; i < entry->databases.n; i++) free_database(entry->databases.v[i]);
}

void catalog_free(Catalog *catalog)
{
    if (!catalog) return;
    for (uint32_t i = 0; i < catalog->entries.n; i++) free_entry(catalog->entries.v[i]);
    strmap_free(&catalog->temp_tables);
    strmap_free(&catalog->temp_functions);
    strmap_free(&catalog->system_functions);
    arena_free(catalog->arena);
    free(catalog);
}

/* --- current names --- */

Str catalog_current(const Catalog *catalog)
{
    return catalog->current;
}

Str catalog_current_database(const Catalog *catalog)
{
    return catalog->current_database;
}

bool catalog_use(Catalog *catalog, Str name, Err *err)
{
    Entry *entry = find_entry(catalog, name);
    if (!entry) return no_catalog(name, err);
    catalog->current = entry->name;
    catalog->current_database = find_in(entry, entry->default_database) ? entry->default_database : STR("");
    return true;
}

bool catalog_use_database(Catalog *catalog, Str catalog_name, Str name, Err *err)
{
    Entry *entry = find_entry(catalog, or_current(catalog, catalog_name));
    if (!entry) return no_catalog(catalog_name, err);
    Database *database = find_in(entry, name);
    if (!database) return no_database(entry->name, name, err);
    catalog->current = entry->name;
    catalog->current_database = database->name;
    return true;
}

ObjectPath catalog_qualify(const Catalog *catalog, const Str *parts, uint32_t n)
{
    ObjectPath path = { catalog->current, catalog->current_database, STR("") };
    if (n >= 1) path.name = parts[n - 1];
    if (n >= 2) path.database = parts[n - 2];
    if (n >= 3) path.catalog = parts[n - 3];
    return path;
}

/* --- catalogs --- */

bool catalog_create(Catalog *catalog, Str name, const Options *options, Str comment, bool if_not_exists, Err *err)
{
    if (find_entry(catalog, name)) {
        if (if_not_exists) return true;
        return err_set(err, E_DUP_OBJECT, "catalog \"" STR_FMT "\" exists already", STR_ARG(name));
    }
    const Option *dflt = options ? options_find(options, STR("default-database")) : NULL;
    Entry *entry = add_entry(catalog, name, dflt && dflt->value.len ? dflt->value : STR("default"));
    copy_options(catalog->arena, &entry->options, options);
    entry->comment = str_dup(catalog->arena, comment);
    return true;
}

bool catalog_drop(Catalog *catalog, Str name, bool if_exists, Err *err)
{
    Entry *entry = find_entry(catalog, name);
    if (!entry) return if_exists ? true : no_catalog(name, err);
    if (str_eq(name, catalog->current)) {
        err_set(err, E_INVALID, "catalog \"" STR_FMT "\" is in use", STR_ARG(name));
        return err_hint(err, "USE CATALOG another one first.");
    }
    free_entry(entry);
    uint32_t at = 0;
    while (catalog->entries.v[at] != entry) at++;
    catalog->entries.n--;
    memmove(catalog->entries.v + at, catalog->entries.v + at + 1, sizeof *catalog->entries.v * (catalog->entries.n - at));
    return true;
}

const Options *catalog_options(const Catalog *catalog, Str name, Str *comment)
{
    const Entry *entry = find_entry(catalog, name);
    if (!entry) return NULL;
    if (comment) *comment = entry->comment;
    return &entry->options;
}

bool catalog_set_options(Catalog *catalog, Str name, const Options *set, const Str *reset, uint32_t nreset, Err *err)
{
    Entry *entry = find_entry(catalog, name);
    if (!entry) return no_catalog(name, err);
    copy_options(catalog->arena, &entry->options, set);
    for (uint32_t i = 0; i < nreset; i++) (void)options_remove(&entry->options, reset[i]);
    return true;
}

bool catalog_set_comment(Catalog *catalog, Str name, Str comment, Err *err)
{
    Entry *entry = find_entry(catalog, name);
    if (!entry) return no_catalog(name, err);
    entry->comment = str_dup(catalog->arena, comment);
    return true;
}

/* --- databases --- */

bool catalog_create_database(Catalog *catalog, Str catalog_name, Str name, const Options *options, Str comment, bool if_not_exists, Err *err)
{
    Entry *entry = find_entry(catalog, or_current(catalog, catalog_name));
    if (!entry) return no_catalog(catalog_name, err);
    if (find_in(entry, name)) {
        if (if_not_exists) return true;
        return err_set(err, E_DUP_OBJECT, "database \"" STR_FMT "\" exists already in catalog \"" STR_FMT "\"", STR_ARG(name), STR_ARG(entry->name));
    }
    Database *database = add_database(catalog, entry, name);
    copy_options(catalog->arena, &database->options, options);
    database->comment = str_dup(catalog->arena, comment);
    return true;
}

bool catalog_drop_database(Catalog *catalog, Str catalog_name, Str name, bool if_exists, bool cascade, Err *err)
{
    Entry *entry = find_entry(catalog, or_current(catalog, catalog_name));
    if (!entry) return no_catalog(catalog_name, err);
    Database *database = find_in(entry, name);
    if (!database) return if_exists ? true : no_database(entry->name, name, err);
    if (str_eq(entry->name, catalog->current) && str_eq(name, catalog->current_database)) {
        err_set(err, E_INVALID, "database \"" STR_FMT "\" is in use", STR_ARG(name));
        return err_hint(err, "USE another database first.");
    }
    if (!cascade && (strmap_len(&database->tables) || strmap_len(&database->functions))) {
        err_set(err, E_INVALID, "database \"" STR_FMT "\" is not empty", STR_ARG(name));
        return err_hint(err, "DROP DATABASE " STR_FMT " CASCADE drops its tables, views and functions too.", STR_ARG(name));
    }
    free_database(database);
    uint32_t at = 0;
    while (entry->databases.v[at] != database) at++;
    entry->databases.n--;
    memmove(entry->databases.v + at, entry->databases.v + at + 1, sizeof *entry->databases.v * (entry->databases.n - at));
    return true;
}

bool catalog_has_database(const Catalog *catalog, Str catalog_name, Str name)
{
    return find_database(catalog, or_current(catalog, catalog_name), name) != NULL;
}

bool catalog_alter_database(Catalog *catalog, Str catalog_name, Str name, const Options *set, Err *err)
{
    Database *database = need_database(catalog, or_current(catalog, catalog_name), name, err);
    if (!database) return false;
    copy_options(catalog->arena, &database->options, set);
    return true;
}

/* --- tables and views --- */

const TableDef *catalog_find_kind(const Catalog *catalog, ObjectPath path, bool temporary)
{
    if (temporary) return temp_get(catalog, &catalog->temp_tables, path);
    Database *database = find_database(catalog, path.catalog, path.database);
    return database ? strmap_get(&database->tables, path.name) : NULL;
}

const TableDef *catalog_find(const Catalog *catalog, ObjectPath path)
{
    const TableDef *found = catalog_find_kind(catalog, path, true);
    return found ? found : catalog_find_kind(catalog, path, false);
}

static bool duplicate_table(const TableDef *found, Err *err)
{
    err_set(err, E_DUP_TABLE, "%s%s \"" PATH_FMT "\" exists already", found->temporary ? "temporary " : "", found->kind == TABLE_VIEW ? "view" : "table", PATH_ARG(found->path));
    return err_hint(err, "CREATE %s IF NOT EXISTS keeps the existing one; DROP it to make another.", found->kind == TABLE_VIEW ? "VIEW" : "TABLE");
}

bool catalog_add_table(Catalog *catalog, const TableDef *def, bool if_not_exists, Err *err)
{
    Database *database = NULL;
    if (!def->temporary && !(database = need_database(catalog, def->path.catalog, def->path.database, err))) return false;
    const TableDef *found = catalog_find_kind(catalog, def->path, def->temporary);
    if (found) return if_not_exists ? true : duplicate_table(found, err);
    TableDef *copy = copy_table(catalog->arena, def);
    if (def->temporary) strmap_set(&catalog->temp_tables, path_key(catalog->arena, copy->path), copy);
    else strmap_set(&database->tables, copy->path.name, copy);
    return true;
}

static bool no_table(ObjectPath path, const char *what, Err *err)
{
    return err_set(err, E_NO_TABLE, "%s \"" PATH_FMT "\" does not exist", what, PATH_ARG(path));
}

bool catalog_replace_table(Catalog *catalog, const TableDef *def, Err *err)
{
    if (!catalog_find_kind(catalog, def->path, def->temporary)) return no_table(def->path, "table", err);
    TableDef *copy = copy_table(catalog->arena, def);
    if (def->temporary) strmap_set(&catalog->temp_tables, path_key(catalog->arena, copy->path), copy);
    else strmap_set(&find_database(catalog, def->path.catalog, def->path.database)->tables, copy->path.name, copy);
    return true;
}

bool catalog_drop_table(Catalog *catalog, ObjectPath path, TableKind kind, bool temporary, bool if_exists, Err *err)
{
    const char *what = kind == TABLE_VIEW ? "view" : "table", *word = kind == TABLE_VIEW ? "VIEW" : "TABLE";
    const TableDef *temp = catalog_find_kind(catalog, path, true);
    if (temporary) {
        if (temp && temp->kind == kind) {
            ArenaMark mark = arena_mark(catalog->arena);
            (void)strmap_remove(&catalog->temp_tables, path_key(catalog->arena, path));
            arena_rewind(catalog->arena, mark);
            return true;
        }
        return if_exists ? true : no_table(path, kind == TABLE_VIEW ? "temporary view" : "temporary table", err);
    }
    if (temp && temp->kind == kind) {
        err_set(err, E_INVALID, "temporary %s \"" PATH_FMT "\" hides the permanent one", what, PATH_ARG(path));
        return err_hint(err, "DROP TEMPORARY %s it first.", word);
    }
    const TableDef *found = catalog_find_kind(catalog, path, false);
    if (found && found->kind == kind) return strmap_remove(&find_database(catalog, path.catalog, path.database)->tables, path.name);
    if (if_exists) return true;
    no_table(path, what, err);
    if (found) return err_hint(err, "It is a %s: use DROP %s.", kind == TABLE_VIEW ? "table" : "view", kind == TABLE_VIEW ? "TABLE" : "VIEW");
    Str near = catalog_nearest_table(catalog, path.name);
    return near.len ? err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(near)) : false;
}

bool catalog_rename_table(Catalog *catalog, ObjectPath path, Str new_name, Err *err)
{
    const TableDef *found = catalog_find_kind(catalog, path, false);
    if (!found) return no_table(path, "table", err);
    TableDef renamed = *found;
    renamed.path.name = new_name;
    const TableDef *taken = catalog_find_kind(catalog, renamed.path, false);
    if (taken) return duplicate_table(taken, err);
    StrMap *tables = &find_database(catalog, path.catalog, path.database)->tables;
    TableDef *copy = copy_table(catalog->arena, &renamed);
    (void)strmap_remove(tables, path.name);
    strmap_set(tables, copy->path.name, copy);
    return true;
}

/* --- listings --- */

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

typedef struct NameList { Str *v; uint32_t n, cap; } NameList;

/* Sorts, drops doubles; never NULL. */
static Str *finish_names(Arena *arena, NameList *list, uint32_t *n)
{
    if (list->n) qsort(list->v, list->n, sizeof *list->v, compare_names);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->n; i++)
        if (!kept || !str_eq(list->v[kept - 1], list->v[i])) list->v[kept++] = list->v[i];
    *n = kept;
    return list->v ? list->v : ARENA_NEW(arena, Str);
}

Str *catalog_list(const Catalog *catalog, Arena *arena, uint32_t *n)
{
    NameList list = { 0 };
    for (uint32_t i = 0; i < catalog->entries.n; i++) ARENA_PUSH(arena, list, catalog->entries.v[i]->name);
    return finish_names(arena, &list, n);
}

Str *catalog_list_databases(const Catalog *catalog, Str catalog_name, Arena *arena, uint32_t *n)
{
    NameList list = { 0 };
    const Entry *entry = find_entry(catalog, or_current(catalog, catalog_name));
    for (uint32_t i = 0; entry && i < entry->databases.n; i++) ARENA_PUSH(arena, list, entry->databases.v[i]->name);
    return finish_names(arena, &list, n);
}

Str *catalog_list_tables(const Catalog *catalog, Str catalog_name, Str database_name, bool views_only, Arena *arena, uint32_t *n)
{
    NameList list = { 0 };
    const StrMap *maps[2] = { &catalog->temp_tables, NULL };
    Database *database = find_database(catalog, catalog_name, database_name);
    if (database) maps[1] = &database->tables;
    for (int m = 0; m < 2 && maps[m]; m++)
        for (uint32_t s = strmap_first(maps[m]); s != STRMAP_NONE; s = strmap_next(maps[m], s)) {
            const TableDef *def = strmap_value(maps[m], s);
            if (!str_eq(def->path.catalog, catalog_name) || !str_eq(def->path.database, database_name)) continue;
            if (!views_only || def->kind == TABLE_VIEW) ARENA_PUSH(arena, list, def->path.name);
        }
    return finish_names(arena, &list, n);
}

Str catalog_nearest_table(const Catalog *catalog, Str name)
{
    Arena *arena = arena_new();
    uint32_t n;
    const Str *names = catalog_list_tables(catalog, catalog->current, catalog->current_database, false, arena, &n);
    int at = str_nearest(name, names, n);
    Str found = at < 0 ? STR_NULL : names[at];   /* the bytes are the catalog's */
    arena_free(arena);
    return found;
}

/* --- functions: names are matched without case --- */

static ObjectPath function_path(Arena *arena, ObjectPath path)
{
    path.name = str_lower(arena, path.name);
    return path;
}

static bool duplicate_function(Str name, Err *err)
{
    return err_set(err, E_DUP_OBJECT, "function \"" STR_FMT "\" exists already", STR_ARG(name));
}

static FunctionDef *copy_function(Arena *arena, Str name, const FunctionDef *def)
{
    FunctionDef *copy = arena_copy(arena, def, sizeof *def);
    *copy = (FunctionDef){ name, str_dup(arena, def->class_name), str_dup(arena, def->language), def->temporary, def->system };
    return copy;
}

bool catalog_add_function(Catalog *catalog, ObjectPath path, const FunctionDef *def, bool if_not_exists, Err *err)
{
    path = function_path(catalog->arena, path);
    StrMap *map = &catalog->system_functions;
    Str key = path.name;
    if (!def->system && def->temporary) {
        map = &catalog->temp_functions;
        key = path_key(catalog->arena, path);
    } else if (!def->system) {
        Database *database = need_database(catalog, path.catalog, path.database, err);
        if (!database) return false;
        map = &database->functions;
    }
    if (strmap_get(map, key)) return if_not_exists ? true : duplicate_function(path.name, err);
    strmap_set(map, key, copy_function(catalog->arena, path.name, def));
    return true;
}

bool catalog_drop_function(Catalog *catalog, ObjectPath path, bool temporary, bool system, bool if_exists, Err *err)
{
    path = function_path(catalog->arena, path);
    bool dropped = false;
    if (system) {
        dropped = strmap_remove(&catalog->system_functions, path.name);
    } else if (temporary) {
        dropped = strmap_remove(&catalog->temp_functions, path_key(catalog->arena, path));
    } else {
        Database *database = find_database(catalog, path.catalog, path.database);
        if (!database && !if_exists) return need_database(catalog, path.catalog, path.database, err) != NULL;
        dropped = database && strmap_remove(&database->functions, path.name);
    }
    if (dropped || if_exists) return true;
    return err_set(err, E_NO_OBJECT, "%sfunction \"" STR_FMT "\" does not exist", system ? "temporary system " : temporary ? "temporary " : "", STR_ARG(path.name));
}

const FunctionDef *catalog_find_function(const Catalog *catalog, ObjectPath path)
{
    ArenaMark mark = arena_mark(catalog->arena);
    path = function_path(catalog->arena, path);
    const FunctionDef *found = strmap_get(&catalog->system_functions, path.name);
    if (!found) found = strmap_get(&catalog->temp_functions, path_key(catalog->arena, path));
    Database *database = find_database(catalog, path.catalog, path.database);
    if (!found && database) found = strmap_get(&database->functions, path.name);
    arena_rewind(catalog->arena, mark);
    return found;
}

Str *catalog_list_functions(const Catalog *catalog, Arena *arena, uint32_t *n)
{
    NameList list = { 0 };
    Database *database = find_database(catalog, catalog->current, catalog->current_database);
    const StrMap *maps[3] = { &catalog->system_functions, &catalog->temp_functions, database ? &database->functions : NULL };
    for (int m = 0; m < 3 && maps[m]; m++)
        for (uint32_t s = strmap_first(maps[m]); s != STRMAP_NONE; s = strmap_next(maps[m], s))
            ARENA_PUSH(arena, list, ((const FunctionDef *)strmap_value(maps[m], s))->name);
    return finish_names(arena, &list, n);
}
