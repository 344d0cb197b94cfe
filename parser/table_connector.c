/* A catalog table as its connector sees it, with options checked. Errors about options point at the place that names the
 * table: the options themselves stand in another statement. */
#include "parser/analyze.h"
#include "engine/plan/config.h"
#include "engine/type/datetime.h"

static bool no_connector(Arena *arena, Str name, Span span, Err *err)
{
    uint32_t n;
    const ConnectorDef *const *all = connector_all(&n);
    Str *names = ARENA_ARRAY(arena, Str, n + 1);
    StrBuf list = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        names[i] = str_of(all[i]->name);
        strbuf_addf(&list, "%s%s", i ? ", " : "", all[i]->name);
    }
    err_at(err, E_NO_OBJECT, span, "connector '" STR_FMT "' does not exist", STR_ARG(name));
    err_detail(err, "Connectors: %s.", strbuf_cstr(&list));
    strbuf_free(&list);
    int near = str_nearest(name, names, n);
    return near >= 0 ? err_hint(err, "Did you mean '" STR_FMT "'?", STR_ARG(names[near])) : false;
}

static Str identifier(Arena *arena, const TableDef *table)
{
    return str_printf(arena, STR_FMT "." STR_FMT "." STR_FMT, STR_ARG(table->path.catalog), STR_ARG(table->path.database), STR_ARG(table->path.name));
}

static const Options *merged_options(Arena *arena, const TableDef *table, const Options *hints)
{
    Options *merged = ARENA_NEW(arena, Options);
    for (uint32_t i = 0; i < table->options.n; i++) options_set(arena, merged, table->options.v[i].key, table->options.v[i].value);
    for (uint32_t i = 0; hints && i < hints->n; i++) options_set(arena, merged, hints->v[i].key, hints->v[i].value);
    return merged;
}

static ConnTable *conn_table(AnalyzeEnv *env, Arena *arena, const TableDef *table, const Options *hints)
{
    ConnTable *conn = ARENA_NEW(arena, ConnTable);
    Column *cols = ARENA_ARRAY(arena, Column, table->ncols + 1);
    uint32_t n = 0, *place = ARENA_ARRAY(arena, uint32_t, table->ncols + 1), *pk = ARENA_ARRAY(arena, uint32_t, table->npk + 1);
    for (uint32_t i = 0; i < table->ncols; i++) {
        place[i] = n;
        if (table->cols[i].kind == TCOL_PHYSICAL) cols[n++] = (Column){ table->cols[i].name, table->cols[i].type };
    }
    for (uint32_t i = 0; i < table->npk; i++) pk[i] = place[table->pk[i]];
    conn->identifier = identifier(arena, table);
    conn->name = table->path.name;
    conn->physical = (Schema){ cols, n };
    conn->pk = pk;
    conn->npk = table->npk;
    conn->partition = table->partition;
    conn->npartition = table->npartition;
    conn->options = merged_options(arena, table, hints);
    const Zone *zone = zone_find(config_text(&env->config, "table.local-time-zone"));
    conn->zone = zone ? zone : zone_utc();
    return conn;
}

static bool check_side(const ConnectorDef *def, bool as_sink, Str name, Span span, Err *err)
{
    bool ok = as_sink ? (def->caps & CONN_SINK) && def->sink : (def->caps & CONN_SOURCE) && def->source;
    if (ok) return true;
    err_at(err, E_INVALID, span, "connector '%s' of table \"" STR_FMT "\" cannot be used as a %s", def->name, STR_ARG(name), as_sink ? "sink" : "source");
    return err_hint(err, as_sink ? "It only reads." : def->caps & CONN_LOOKUP ? "It answers lookup joins only." : "It only writes.");
}

const ConnTable *table_connector(AnalyzeEnv *env, Arena *arena, const TableDef *table, const Options *hints, bool as_sink, const ConnectorDef **connector, Span span, Err *err)
{
    ConnTable *conn = conn_table(env, arena, table, hints);
    const Option *name = options_find(conn->options, STR("connector"));
    if (!name) {
        err_at(err, E_OPTION, span, "table \"" STR_FMT "\" has no 'connector' option", STR_ARG(table->path.name));
        err_hint(err, "Give it one: WITH ('connector' = 'kafka', ..).");
        return NULL;
    }
    const ConnectorDef *def = connector_find(name->value);
    if (!def) { no_connector(arena, name->value, span, err); return NULL; }
    if (!check_side(def, as_sink, table->path.name, span, err)) return NULL;
    enum { TABLES_MAX = 16 };
    OptionTable tables[TABLES_MAX];
    uint32_t n = connector_option_tables(def, conn->options, tables, TABLES_MAX);
    bool ok = options_check(conn->options, tables, n, str_printf(arena, "connector '%s'", def->name), err) && (!def->check || def->check(conn, as_sink, err));
    if (!ok) {
        err->span = span;
        /* Flink checks tables where a statement uses them. */
        if (err->stage == STAGE_NONE || err->stage == STAGE_RUN) err->stage = STAGE_VALIDATE;
        return NULL;
    }
    *connector = def;
    return conn;
}
