/* ALTER TABLE: the table becomes a draft, the statement changes it, draft_finish checks the whole again, the catalog takes the
 * new definition. Running jobs keep the old one. Nothing is stored when any part fails. */
#include "parser/ddl.h"

/* --- which columns others need --- */

/* Does back-quoted canonical text read column `name`? Fields (after a dot) and string literals do not count. */
static bool text_reads(Str text, Str name)
{
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            for (i++; i < text.len && text.ptr[i] != '\''; i++) {}
            continue;
        }
        if (text.ptr[i] != '`') continue;
        bool field = i > 0 && text.ptr[i - 1] == '.';
        uint32_t k = 0, at = i + 1;
        bool same = true;
        for (; at < text.len; at++) {
            if (text.ptr[at] == '`' && !(at + 1 < text.len && text.ptr[at + 1] == '`')) break;
            if (text.ptr[at] == '`') at++;
            if (k >= name.len || name.ptr[k++] != text.ptr[at]) same = false;
        }
        if (same && k == name.len && !field) return true;
        i = at;
    }
    return false;
}

/* What stands on the column, or NULL. `except`: a computed column that is dropped in the same statement. */
static const char *column_user(const Draft *draft, Str name, const PathList *except)
{
    for (uint32_t i = 0; i < draft->pk.n && draft->has_pk; i++)
        if (str_eq(draft->pk.v[i].name, name)) return "the primary key";
    if (draft->watermark_column.len && (str_eq(draft->watermark_column, name) || text_reads(draft->watermark_text, name))) return "the watermark";
    for (uint32_t i = 0; i < draft->def.npartition; i++)
        if (str_eq(draft->def.partition[i], name)) return "PARTITIONED BY";
    for (uint32_t i = 0; i < draft->def.ndist_cols; i++)
        if (str_eq(draft->def.dist_cols[i], name)) return "DISTRIBUTED BY";
    for (uint32_t i = 0; i < draft->cols.n; i++) {
        const TableColumn *col = &draft->cols.v[i].col;
        bool dropped = false;
        for (uint32_t k = 0; except && k < except->n; k++) dropped |= str_eq(except->v[k].part[0].name, col->name);
        if (col->kind == TCOL_COMPUTED && !dropped && text_reads(col->expr_text, name)) return "a computed column";
    }
    return NULL;
}

static bool no_column(const Draft *draft, Str name, Span span, Err *err)
{
    err_at(err, E_NO_COLUMN, span, "column \"" STR_FMT "\" does not exist in table \"" STR_FMT "\"", STR_ARG(name), STR_ARG(draft->def.path.name));
    Str *names = ARENA_ARRAY(draft->arena, Str, draft->cols.n + 1);
    for (uint32_t i = 0; i < draft->cols.n; i++) names[i] = draft->cols.v[i].col.name;
    int near = str_nearest(name, names, draft->cols.n);
    return near < 0 ? false : err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
}

static bool nested_column(const Path *path, Err *err)
{
    err_at(err, E_UNSUPPORTED, path->span, "altering a field of a row is not supported");
    return err_hint(err, "MODIFY the whole column with its new ROW type.");
}

/* --- ADD, MODIFY --- */

static bool position_of(const Draft *draft, const AstColumn *column, uint32_t dflt, uint32_t *at, Err *err)
{
    *at = dflt;
    if (column->pos == COLPOS_FIRST) *at = 0;
    if (column->pos != COLPOS_AFTER) return true;
    int after = draft_find(draft, column->after.name);
    if (after < 0) return no_column(draft, column->after.name, column->after.span, err);
    *at = (uint32_t)after + 1;
    return true;
}

static bool add_column(Draft *draft, const AstColumn *column, Err *err)
{
    DraftColumn added;
    uint32_t at;
    return draft_column(draft, column, &added, err) && position_of(draft, column, draft->cols.n, &at, err) && draft_insert(draft, at, &added, err);
}

static void remove_column(Draft *draft, uint32_t at)
{
    draft->cols.n--;
    memmove(draft->cols.v + at, draft->cols.v + at + 1, sizeof *draft->cols.v * (draft->cols.n - at));
}

static bool modify_column(Draft *draft, const AstColumn *column, Err *err)
{
    int at = draft_find(draft, column->name.name);
    if (at < 0) return no_column(draft, column->name.name, column->name.span, err);
    DraftColumn changed;
    if (!draft_column(draft, column, &changed, err)) return false;
    if (!changed.col.has_comment) {
        changed.col.comment = draft->cols.v[at].col.comment;
        changed.col.has_comment = draft->cols.v[at].col.has_comment;
    }
    bool after_itself = column->pos == COLPOS_AFTER && str_eq(column->after.name, column->name.name);
    remove_column(draft, (uint32_t)at);
    uint32_t to = (uint32_t)at;
    if (!after_itself && !position_of(draft, column, to, &to, err)) return false;
    return draft_insert(draft, to, &changed, err);
}

static bool alter_distribution(Draft *draft, const AstAlter *alter, bool modify, Err *err)
{
    if (!alter->distribution.given) return true;
    if (!modify && draft->def.distributed) {
        err_at(err, E_INVALID, alter->distribution.span, "table \"" STR_FMT "\" is distributed already", STR_ARG(draft->def.path.name));
        return err_hint(err, "Use MODIFY DISTRIBUTION.");
    }
    if (modify && !draft->def.distributed) {
        err_at(err, E_INVALID, alter->distribution.span, "table \"" STR_FMT "\" is not distributed", STR_ARG(draft->def.path.name));
        return err_hint(err, "Use ADD DISTRIBUTION.");
    }
    return draft_distribution(draft, &alter->distribution, err);
}

static bool alter_add(Draft *draft, const AstAlter *alter, bool modify, Err *err)
{
    if (modify && alter->keys.n) {
        if (!draft->has_pk) return err_at(err, E_INVALID, alter->keys.v[0].span, "table \"" STR_FMT "\" has no primary key to modify", STR_ARG(draft->def.path.name));
        draft->has_pk = false;
        draft->pk = (IdentList){ 0 };
    }
    if (modify && alter->watermark) {
        if (!draft->watermark_column.len) return err_at(err, E_INVALID, alter->watermark->span, "table \"" STR_FMT "\" has no watermark to modify", STR_ARG(draft->def.path.name));
        draft->watermark_column = STR_NULL;
    }
    for (uint32_t i = 0; i < alter->columns.n; i++)
        if (!(modify ? modify_column(draft, &alter->columns.v[i], err) : add_column(draft, &alter->columns.v[i], err))) return false;
    for (uint32_t i = 0; i < alter->keys.n; i++)
        if (!draft_key(draft, &alter->keys.v[i], err)) return false;
    if (alter->watermark && !draft_watermark(draft, alter->watermark, err)) return false;
    return alter_distribution(draft, alter, modify, err);
}

/* --- DROP, RENAME --- */

static bool drop_columns(Draft *draft, const AstAlter *alter, Err *err)
{
    for (uint32_t i = 0; i < alter->drop.n; i++) {
        const Path *path = &alter->drop.v[i];
        if (path->n > 1) return nested_column(path, err);
        Str name = path->part[0].name;
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(alter->drop.v[k].part[0].name, name)) return err_at(err, E_INVALID, path->span, "column \"" STR_FMT "\" stands twice", STR_ARG(name));
        int at = draft_find(draft, name);
        if (at < 0) return no_column(draft, name, path->span, err);
        const char *user = column_user(draft, name, &alter->drop);
        if (user) return err_at(err, E_INVALID, path->span, "column \"" STR_FMT "\" is used by %s", STR_ARG(name), user);
        remove_column(draft, (uint32_t)at);
    }
    return true;
}

static bool rename_column(Draft *draft, const AstAlter *alter, Err *err)
{
    if (alter->rename_from.n > 1) return nested_column(&alter->rename_from, err);
    Str from = alter->rename_from.part[0].name, to = alter->rename_to.part[0].name;
    int at = draft_find(draft, from);
    if (at < 0) return no_column(draft, from, alter->rename_from.span, err);
    if (draft_find(draft, to) >= 0) return err_at(err, E_DUP_COLUMN, alter->rename_to.span, "column \"" STR_FMT "\" exists already", STR_ARG(to));
    const char *user = column_user(draft, from, NULL);
    if (user) return err_at(err, E_INVALID, alter->rename_from.span, "column \"" STR_FMT "\" is used by %s", STR_ARG(from), user);
    DraftColumn *column = &draft->cols.v[at];
    if (column->col.kind == TCOL_METADATA && !column->col.metadata_key.len) column->col.metadata_key = from;
    column->col.name = to;
    return true;
}

static bool drop_constraint(Draft *draft, const AstAlter *alter, Err *err)
{
    if (!draft->has_pk) return err_at(err, E_INVALID, alter->name.span, "table \"" STR_FMT "\" has no primary key", STR_ARG(draft->def.path.name));
    if (alter->kind == ALTER_DROP_CONSTRAINT && !str_eq(alter->constraint.name, draft->pk_name)) {
        err_at(err, E_NO_OBJECT, alter->constraint.span, "constraint \"" STR_FMT "\" does not exist", STR_ARG(alter->constraint.name));
        return err_hint(err, "The primary key is called \"" STR_FMT "\".", STR_ARG(draft->pk_name));
    }
    draft->has_pk = false;
    return true;
}

static bool drop_watermark(Draft *draft, const AstAlter *alter, Err *err)
{
    if (!draft->watermark_column.len) return err_at(err, E_INVALID, alter->name.span, "table \"" STR_FMT "\" has no watermark", STR_ARG(draft->def.path.name));
    draft->watermark_column = draft->watermark_text = STR_NULL;
    return true;
}

static bool drop_distribution(Draft *draft, const AstAlter *alter, Err *err)
{
    if (!draft->def.distributed) return err_at(err, E_INVALID, alter->name.span, "table \"" STR_FMT "\" is not distributed", STR_ARG(draft->def.path.name));
    draft->def.distributed = false;
    draft->def.dist_kind = STR_NULL;
    draft->def.ndist_cols = 0;
    draft->def.dist_buckets = -1;
    return true;
}

/* --- options, partitions --- */

static void set_options(Draft *draft, const AstAlter *alter)
{
    for (uint32_t i = 0; i < alter->options.n; i++) options_set(draft->arena, &draft->def.options, alter->options.v[i].key, alter->options.v[i].value);
}

static bool reset_options(Draft *draft, const AstAlter *alter, Err *err)
{
    if (!alter->nreset) return err_at(err, E_INVALID, alter->name.span, "RESET needs at least one key");
    for (uint32_t i = 0; i < alter->nreset; i++) {
        if (str_is(alter->reset_keys[i], "connector")) {
            err_at(err, E_INVALID, alter->name.span, "option 'connector' cannot be reset");
            return err_hint(err, "SET another connector.");
        }
        (void)options_remove(&draft->def.options, alter->reset_keys[i]);
    }
    return true;
}

/* weir keeps no list of partitions: filesystem tables find theirs in the folder. */
static bool alter_partitions(const Draft *draft, const AstAlter *alter, Err *err)
{
    const TableDef *def = &draft->def;
    if (!def->npartition) return err_at(err, E_INVALID, alter->name.span, "table \"" STR_FMT "\" is not partitioned", STR_ARG(def->path.name));
    for (uint32_t i = 0; i < alter->npartitions; i++)
        for (uint32_t k = 0; k < alter->partitions[i].n; k++) {
            const Option *key = &alter->partitions[i].v[k];
            bool found = false;
            for (uint32_t p = 0; p < def->npartition; p++) found |= str_eq(def->partition[p], key->key);
            if (!found) return err_at(err, E_NO_COLUMN, key->span, "\"" STR_FMT "\" is no partition column of table \"" STR_FMT "\"", STR_ARG(key->key), STR_ARG(def->path.name));
        }
    ddl_notice(draft->env, "table \"" STR_FMT "\": partitions are found in its folder, not kept in the catalog; nothing was changed", STR_ARG(def->path.name));
    return true;
}

static bool rename_table(AnalyzeEnv *env, ObjectPath path, const AstAlter *alter, Err *err)
{
    Str name = alter->rename_to.part[alter->rename_to.n - 1].name;
    if (alter->rename_to.n > 1) {
        ObjectPath to;
        if (alter->rename_to.n > 3 && !ddl_path(env, &alter->rename_to, &to, err)) return false;
        to = path;
        if (alter->rename_to.n >= 2) to.database = alter->rename_to.part[alter->rename_to.n - 2].name;
        if (!str_eq(to.database, path.database)) ddl_notice(env, "RENAME stays in database \"" STR_FMT "\"", STR_ARG(path.database));
    }
    return catalog_rename_table(env->catalog, path, name, err) || err_span(err, alter->rename_to.span);
}

static bool change(Draft *draft, const AstAlter *alter, Err *err)
{
    switch (alter->kind) {
    case ALTER_ADD: return alter_add(draft, alter, false, err);
    case ALTER_MODIFY: return alter_add(draft, alter, true, err);
    case ALTER_DROP_COLUMNS: return drop_columns(draft, alter, err);
    case ALTER_DROP_PRIMARY_KEY: case ALTER_DROP_CONSTRAINT: return drop_constraint(draft, alter, err);
    case ALTER_DROP_WATERMARK: return drop_watermark(draft, alter, err);
    case ALTER_DROP_DISTRIBUTION: return drop_distribution(draft, alter, err);
    case ALTER_RENAME_COLUMN: return rename_column(draft, alter, err);
    case ALTER_SET: set_options(draft, alter); return true;
    case ALTER_RESET: return reset_options(draft, alter, err);
    case ALTER_ADD_PARTITIONS: case ALTER_DROP_PARTITIONS: return alter_partitions(draft, alter, err);
    case ALTER_RENAME: case ALTER_AS: case ALTER_COMMENT: case ALTER_SUSPEND: case ALTER_RESUME: case ALTER_REFRESH: break;
    }
    return err_at(err, E_INVALID, alter->name.span, "this change does not go with a table");
}

bool ddl_alter_table(AnalyzeEnv *env, Arena *arena, const AstAlter *alter, Err *err)
{
    ObjectPath path;
    if (!ddl_path(env, &alter->name, &path, err)) return false;
    const TableDef *found = catalog_find(env->catalog, path);
    if (!found) return alter->if_exists ? true : ddl_no_table(env, path, alter->name.span, "table", err);
    if (found->temporary) {
        err_at(err, E_UNSUPPORTED, alter->name.span, "\"" STR_FMT "\" is a temporary table: it cannot be altered", STR_ARG(path.name));
        return err_hint(err, "DROP TEMPORARY TABLE and create it anew.");
    }
    if (found->kind == TABLE_VIEW) {
        err_at(err, E_INVALID, alter->name.span, "\"" STR_FMT "\" is a view", STR_ARG(path.name));
        return err_hint(err, "Use ALTER VIEW.");
    }
    if (alter->kind == ALTER_RENAME) return rename_table(env, path, alter, err);
    Draft draft;
    draft_from_table(&draft, env, arena, found);
    if (!change(&draft, alter, err) || !draft_finish(&draft, err)) return err_span(err, alter->name.span);
    return catalog_replace_table(env->catalog, &draft.def, err);
}
