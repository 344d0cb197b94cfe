/* Nodes of statements other than CREATE and ALTER. */
#include "parser/ast_build.h"

Stmt *stmt_new(Parse *p, StmtKind kind)
{
    Stmt *s = ARENA_NEW(p->arena, Stmt);
    s->kind = kind;
    s->span = span_here(p, p->tokens[1].span);
    return s;
}

void parse_unsupported(Parse *p, const Token *at, const char *what, const char *hint)
{
    parse_fail(p, E_UNSUPPORTED, at->span, "%s is not supported", what);
    parse_hint(p, "%s", hint);
}

void no_such_operator(Parse *p, const Token *at, const char *instead)
{
    parse_fail(p, E_NO_FUNCTION, at->span, "operator " STR_FMT " does not exist", STR_ARG(at->text));
    parse_hint(p, "Write %s.", instead);
}

Stmt *stmt_query(Parse *p, AstQuery *query)
{
    Stmt *s = stmt_new(p, STMT_QUERY);
    s->span = query->span;
    s->u.query = query;
    return s;
}

static Str path_text(Parse *p, const Path *path)
{
    StrBuf buf = { 0 };
    for (uint32_t i = 0; i < path->n; i++) {
        if (i) strbuf_addc(&buf, '.');
        strbuf_adds(&buf, path->part[i].name);
    }
    Str text = str_dup(p->arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return text;
}

Stmt *stmt_insert(Parse *p, const Token *begin, bool overwrite, const Path *table, HintList hints, const PartitionSpec *partition, PathList columns, AstQuery *query, const Conflict *conflict)
{
    Stmt *s = stmt_new(p, STMT_INSERT);
    AstInsert *insert = s->u.insert = ARENA_NEW(p->arena, AstInsert);
    s->span = span_here(p, begin->span);
    *insert = (AstInsert){ .overwrite = overwrite, .table = *table, .hints = hints, .partition = partition->values, .has_partition = partition->given,
        .query = query, .conflict_span = conflict->span, .column_paths = columns };
    insert->conflict = conflict->kind;
    for (uint32_t i = 0; i < columns.n; i++) {
        Ident column = columns.v[i].part[0];
        if (columns.v[i].n > 1) column = (Ident){ path_text(p, &columns.v[i]), columns.v[i].span, false };
        ARENA_PUSH(p->arena, insert->columns, column);
    }
    return s;
}

Stmt *stmt_set(Parse *p, const StmtList *inserts)
{
    Stmt *s = stmt_new(p, STMT_STATEMENT_SET);
    s->u.set.inserts = inserts->v;
    s->u.set.n = inserts->n;
    return s;
}

/* PARTITION (k = literal): its text; TRUE, FALSE and NULL by name. */
Option partition_value(Parse *p, Ident name, const Ast *value)
{
    Str text = value->u.lit.text;
    (void)p;
    switch (value->u.lit.kind) {
    case LIT_TRUE: text = STR("true"); break;
    case LIT_FALSE: text = STR("false"); break;
    case LIT_NULL: case LIT_UNKNOWN: case LIT_DEFAULT: text = STR_NULL; break;
    case LIT_INTEGER: case LIT_DECIMAL: case LIT_DOUBLE: case LIT_STRING: case LIT_BINARY: case LIT_DATE: case LIT_TIME: case LIT_TIMESTAMP: case LIT_TIMESTAMP_LTZ: case LIT_INTERVAL: break;
    }
    return (Option){ name.name, text, name.span, value->span };
}

void assign_add(Parse *p, Assigns *list, Ident target, Ast *value)
{
    Ast *column = ast_new(p, AST_NAME, target.span);
    column->u.name = make_path(p, target);
    list->targets = asts_add(p, list->targets, column);
    list->values = asts_add(p, list->values, value);
}

static Stmt *dml_new(Parse *p, StmtKind kind, const Path *table, Ident alias)
{
    Stmt *s = stmt_new(p, kind);
    s->u.dml.table = *table;
    if (alias.name.len) s->u.dml.alias = make_path(p, alias);
    return s;
}

Stmt *stmt_update(Parse *p, const Path *table, Ident alias, const Assigns *assigns, Ast *where)
{
    Stmt *s = dml_new(p, STMT_UPDATE, table, alias);
    s->u.dml.targets = assigns->targets;
    s->u.dml.values = assigns->values;
    s->u.dml.where = where;
    return s;
}

Stmt *stmt_delete(Parse *p, const Path *table, Ident alias, Ast *where)
{
    Stmt *s = dml_new(p, STMT_DELETE, table, alias);
    s->u.dml.where = where;
    return s;
}

Stmt *stmt_merge(Parse *p, const Path *table, Ident alias, AstFrom *from, Ast *on, const MergeList *whens)
{
    Stmt *s = dml_new(p, STMT_MERGE, table, alias);
    s->u.dml.using_from = from;
    s->u.dml.on = on;
    s->u.dml.whens = whens->v;
    s->u.dml.nwhens = whens->n;
    return s;
}

Stmt *stmt_call(Parse *p, const Ast *call)
{
    Stmt *s = stmt_new(p, STMT_CALL);
    s->u.call.name = call->u.call.name;
    s->u.call.args = call->u.call.args;
    return s;
}

Stmt *stmt_analyze(Parse *p, const Path *table, const PartitionSpec *partition, IdentList columns, bool all)
{
    Stmt *s = dml_new(p, STMT_ANALYZE, table, (Ident){ 0 });
    s->u.dml.partition = partition->values;
    s->u.dml.has_partition = partition->given;
    s->u.dml.columns = columns;
    s->u.dml.all_columns = all;
    return s;
}

void detail_add(Parse *p, DetailList *list, const Token *t)
{
    Str name = str_upper(p->arena, t->text);
    for (uint32_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i], name)) parse_fail(p, E_SYNTAX, t->span, "EXPLAIN detail " STR_FMT " is given twice", STR_ARG(name));
    ARENA_PUSH(p->arena, *list, name);
}

Stmt *stmt_explain(Parse *p, Stmt *target, bool plan_for, const DetailList *details)
{
    Stmt *s = stmt_new(p, STMT_EXPLAIN);
    s->u.explain.target = target;
    s->u.explain.plan_for = plan_for;
    if (details) {
        s->u.explain.details = details->v;
        s->u.explain.ndetails = details->n;
    }
    return s;
}

Stmt *explained_create(Parse *p, Stmt *create)
{
    if (create && !(create->kind == STMT_CREATE_TABLE && create->u.create_table->as)) {
        parse_fail(p, E_SYNTAX, create->span, "EXPLAIN takes a query, INSERT, a statement set or CREATE TABLE .. AS");
        parse_hint(p, "The statement must hold a query behind AS.");
    }
    return create;
}

Stmt *stmt_plan(Parse *p, StmtKind kind, Str file, bool if_not_exists, Stmt *target)
{
    Stmt *s = stmt_new(p, kind);
    s->u.client.text = file;
    s->u.client.if_not_exists = if_not_exists;
    s->u.client.target = target;
    return s;
}

Stmt *stmt_drop(Parse *p, DropKind kind, bool temporary, bool system, bool if_exists, Path name)
{
    Stmt *s = stmt_new(p, STMT_DROP);
    s->u.drop.kind = kind;
    s->u.drop.temporary = temporary;
    s->u.drop.system = system;
    s->u.drop.if_exists = if_exists;
    s->u.drop.name = name;
    return s;
}

Stmt *stmt_show(Parse *p, ShowKind kind, const ShowIn *in, const ShowLike *like)
{
    Stmt *s = stmt_new(p, STMT_SHOW);
    s->u.show.kind = kind;
    if (in) {
        s->u.show.object = in->path;
        s->u.show.has_object = in->given;
        s->u.show.in_form = in->in_form;
    }
    if (like) {
        s->u.show.has_like = like->given;
        s->u.show.negated = like->negated;
        s->u.show.ilike = like->ilike;
        s->u.show.pattern = like->pattern;
    }
    return s;
}

void show_one_part(Parse *p, const ShowIn *in)
{
    if (in->given && in->path.n > 1) parse_fail(p, E_SYNTAX, in->path.span, "a catalog's name has one part");
}

Stmt *stmt_describe(Parse *p, const char *what, bool extended, const Path *name)
{
    Stmt *s = stmt_new(p, STMT_DESCRIBE);
    s->u.describe.what = str_of(what);
    s->u.describe.extended = extended;
    if (name) s->u.describe.name = *name;
    return s;
}

Stmt *stmt_module(Parse *p, StmtKind kind, Ident name, Options options)
{
    Stmt *s = stmt_new(p, kind);
    ARENA_PUSH(p->arena, s->u.module.names, name);
    s->u.module.options = options;
    return s;
}
