/* Nodes of CREATE and ALTER, and what Flink's parser checks in them. */
#include "parser/ast_build.h"

#include "grammar.h"

/* Last value of a key wins, at the place of its last mention. */
void option_add(Parse *p, Options *options, const Token *key, const Token *value)
{
    Option option = { plain_text(p, key), plain_text(p, value), key->span, value->span };
    options_remove(options, option.key);
    ARENA_PUSH(p->arena, *options, option);
}

/* ---- table elements ---- */
Elements *elements_new(Parse *p) { return ARENA_NEW(p->arena, Elements); }

void elements_watermark(Parse *p, Elements *elements, AstWatermark watermark)
{
    if (elements->nwatermarks++) parse_fail(p, E_SYNTAX, watermark.span, "a table has one WATERMARK");
    else elements->watermark = arena_copy(p->arena, &watermark, sizeof watermark);
}

AstColumn column_new(Parse *p, const Path *name, ColumnKind kind)
{
    AstColumn column = { .kind = kind, .name = name->part[0], .span = span_here(p, name->span) };
    for (uint32_t i = 1; i < name->n; i++) {     /* Flink keeps `a.b INT` as one name with a dot */
        column.name.name = str_printf(p->arena, STR_FMT "." STR_FMT, STR_ARG(column.name.name), STR_ARG(name->part[i].name));
        column.name.span = name->span;
        column.dotted = true;
    }
    return column;
}

static void column_rest(AstColumn *column, TextOpt comment, Position position)
{
    column->comment = comment.text;
    column->has_comment = comment.given;
    column->pos = position.kind;
    column->after = position.after;
    if (position.kind) column->pos_span = position.span;
}

AstColumn column_physical(Parse *p, const Path *name, AstType *type, const ColumnKey *key, TextOpt comment, Position position)
{
    AstColumn column = column_new(p, name, COLUMN_PHYSICAL);
    column.type = type;
    column.primary_key = key->primary;
    column.unique = key->unique;
    column.pk_enforced = key->primary && key->enforced != 2;
    column.enforced_given = key->enforced == 1;
    column.not_enforced = key->enforced == 2;
    column.constraint = key->name;
    column_rest(&column, comment, position);
    return column;
}

AstColumn column_metadata(Parse *p, const Path *name, AstType *type, const Token *word, Str from, bool is_virtual, TextOpt comment, Position position)
{
    AstColumn column = column_new(p, name, COLUMN_METADATA);
    (void)word;
    column.type = type;
    column.metadata_key = from;
    column.is_virtual = is_virtual;
    column_rest(&column, comment, position);
    return column;
}

AstColumn column_computed(Parse *p, const Path *name, Ast *expr, TextOpt comment, Position position)
{
    AstColumn column = column_new(p, name, COLUMN_COMPUTED);
    column.expr = expr;
    if (expr->kind == AST_SUBQUERY) parse_fail(p, E_SYNTAX, expr->span, "a computed column holds no query");
    column_rest(&column, comment, position);
    return column;
}

AstKey key_new(Ident name, IdentList columns, bool unique, int enforced, const Token *begin, const Token *end)
{
    return (AstKey){ .name = name, .cols = columns, .unique = unique, .not_enforced = enforced == 2, .enforced = enforced == 1,
        .span = span_join(name.span.len ? name.span : begin->span, end->span) };
}

AstWatermark watermark_new(Parse *p, const Token *begin, const Path *column, Ast *expr)
{
    if (expr->kind == AST_SUBQUERY) parse_fail(p, E_SYNTAX, expr->span, "a watermark holds no query");
    return (AstWatermark){ *column, expr, span_join(begin->span, expr->span) };
}

/* Bare column names only all together and with AS; FIRST and AFTER only in ALTER TABLE. */
static void elements_check(Parse *p, const Elements *body, bool with_query)
{
    const AstColumn *bare = NULL, *typed = NULL;
    for (uint32_t i = 0; i < body->columns.n; i++) {
        const AstColumn *c = &body->columns.v[i];
        if (c->kind == COLUMN_NAME_ONLY && !bare) bare = c;
        if (c->kind != COLUMN_NAME_ONLY && !typed) typed = c;
        if (c->pos) parse_fail(p, E_SYNTAX, c->pos_span, "FIRST and AFTER belong to ALTER TABLE");
    }
    if (!bare) return;
    if (typed || body->keys.n || body->nwatermarks) parse_fail(p, E_SYNTAX, bare->name.span, "column \"" STR_FMT "\" has no type", STR_ARG(bare->name.name));
    else if (!with_query) {
        parse_fail(p, E_SYNTAX, bare->name.span, "column \"" STR_FMT "\" has no type", STR_ARG(bare->name.name));
        parse_hint(p, "Columns without types are for CREATE TABLE .. AS SELECT.");
    }
}

LikeOption like_option(Parse *p, const Token *merge, const Token *feature)
{
    LikeOption option = { LIKE_INCLUDING, str_upper(p->arena, feature->text), span_join(merge->span, feature->span) };
    if (merge->kind == TK_EXCLUDING) option.merge = LIKE_EXCLUDING;
    if (merge->kind == TK_OVERWRITING) option.merge = LIKE_OVERWRITING;
    return option;
}

/* ---- CREATE ---- */
static AstCreateTable *create_table(Parse *p, const CreateFlags *flags, bool if_not_exists, const Path *name, Elements *body, TextOpt comment, const AstDistribution *distribution,
                                    IdentList partition, Options options)
{
    AstCreateTable *c = ARENA_NEW(p->arena, AstCreateTable);
    *c = (AstCreateTable){ .temporary = flags->temporary, .if_not_exists = if_not_exists, .or_replace = flags->or_replace, .replace_only = flags->replace_only, .name = *name,
        .comment = comment.text, .has_comment = comment.given, .distribution = *distribution, .partition = partition, .options = options };
    if (!body) return c;
    c->has_column_list = true;
    c->columns = body->columns;
    c->keys = body->keys;
    c->watermark = body->watermark;
    c->nwatermarks = body->nwatermarks;
    return c;
}

Stmt *stmt_create_table(Parse *p, const CreateFlags *flags, bool if_not_exists, const Path *name, Elements *body, TextOpt comment, const AstDistribution *distribution, IdentList partition,
                        Options options, const TableSource *source)
{
    Stmt *s = stmt_new(p, STMT_CREATE_TABLE);
    s->span = span_here(p, flags->begin);
    AstCreateTable *c = s->u.create_table = create_table(p, flags, if_not_exists, name, body, comment, distribution, partition, options);
    c->like = source->like;
    c->has_like = source->has_like;
    c->like_options = source->options.v;
    c->nlike = source->options.n;
    c->as = source->as;
    if (body) elements_check(p, body, source->as != NULL);
    return s;
}

Stmt *stmt_create_materialized(Parse *p, const CreateFlags *flags, const Path *name, Elements *body, TextOpt comment, const AstDistribution *distribution, IdentList partition,
                               Options options, Ast *freshness, Str refresh_mode, AstQuery *query)
{
    Stmt *s = stmt_create_named(p, STMT_CREATE_MATERIALIZED, flags, false, *name, comment, options);
    AstCreateTable *c = s->u.create_named.table = create_table(p, flags, false, name, body, comment, distribution, partition, options);
    c->as = query;
    s->u.create_named.query = query;
    s->u.create_named.freshness = freshness;
    s->u.create_named.refresh_mode = refresh_mode;
    if (body) elements_check(p, body, true);
    return s;
}

Stmt *stmt_create_view(Parse *p, const CreateFlags *flags, bool if_not_exists, const Path *name, IdentList columns, TextOpt comment, AstQuery *query)
{
    Stmt *s = stmt_new(p, STMT_CREATE_VIEW);
    s->span = span_here(p, flags->begin);
    s->u.create_view.temporary = flags->temporary;
    s->u.create_view.if_not_exists = if_not_exists;
    s->u.create_view.or_replace = flags->or_replace;
    s->u.create_view.name = *name;
    s->u.create_view.cols = columns;
    s->u.create_view.comment = comment.text;
    s->u.create_view.has_comment = comment.given;
    s->u.create_view.query = query;
    s->u.create_view.query_span = query->span;
    return s;
}

Stmt *stmt_create_named(Parse *p, StmtKind kind, const CreateFlags *flags, bool if_not_exists, Path name, TextOpt comment, Options options)
{
    Stmt *s = stmt_new(p, kind);
    s->span = span_here(p, flags->begin);
    s->u.create_named.if_not_exists = if_not_exists;
    s->u.create_named.or_replace = flags->or_replace;
    s->u.create_named.temporary = flags->temporary;
    s->u.create_named.name = name;
    s->u.create_named.comment = comment.text;
    s->u.create_named.has_comment = comment.given;
    s->u.create_named.options = options;
    return s;
}

Stmt *stmt_create_function(Parse *p, const CreateFlags *flags, bool system, bool if_not_exists, const Path *name, Str class_name, const FunctionRest *rest)
{
    Stmt *s = stmt_new(p, STMT_CREATE_FUNCTION);
    s->span = span_here(p, flags->begin);
    s->u.create_function.temporary = flags->temporary;
    s->u.create_function.system = system;
    s->u.create_function.if_not_exists = if_not_exists;
    s->u.create_function.or_replace = flags->or_replace;
    s->u.create_function.name = *name;
    s->u.create_function.class_name = class_name;
    s->u.create_function.language = rest->language;
    s->u.create_function.resources = rest->resources.v;
    s->u.create_function.nresources = rest->resources.n;
    s->u.create_function.options = rest->options;
    if (rest->resources.n && str_is(rest->language, "PYTHON")) parse_fail(p, E_SYNTAX, name->span, "USING JAR and USING ARTIFACT do not go with LANGUAGE PYTHON");
    return s;
}

Stmt *system_function(Parse *p, const Token *word, Stmt *create)
{
    if (!create->u.create_function.temporary) {
        parse_fail(p, E_SYNTAX, word->span, "a system function is temporary");
        parse_hint(p, "Write CREATE TEMPORARY SYSTEM FUNCTION.");
    }
    return create;
}

/* ---- ALTER ---- */
Stmt *stmt_alter(Parse *p, StmtKind kind, AlterKind what, const Path *name)
{
    Stmt *s = stmt_new(p, kind);
    AstAlter *alter = ARENA_NEW(p->arena, AstAlter);
    alter->kind = what;
    alter->name = *name;
    alter->distribution.buckets = -1;
    s->u.alter = alter;
    return s;
}

Stmt *stmt_alter_function(Parse *p, bool temporary, bool system, bool if_exists, const Path *name, Str class_name, Str language)
{
    Stmt *s = stmt_alter(p, STMT_ALTER_FUNCTION, ALTER_AS, name);
    s->u.alter->temporary = temporary;
    s->u.alter->system = system;
    s->u.alter->if_exists = if_exists;
    s->u.alter->text = class_name;
    s->u.alter->language = language;
    return s;
}

AstAlter *alter_new(Parse *p, bool if_exists, const Path *name)
{
    AstAlter *alter = ARENA_NEW(p->arena, AstAlter);
    alter->name = *name;
    alter->if_exists = if_exists;
    alter->distribution.buckets = -1;
    return alter;
}

Stmt *alter_end(Parse *p, AstAlter *alter, AlterKind kind)
{
    Stmt *s = stmt_new(p, alter->materialized ? STMT_ALTER_MATERIALIZED : STMT_ALTER_TABLE);
    alter->kind = kind;
    s->u.alter = alter;
    return s;
}

void alter_elements(Parse *p, AstAlter *alter, Elements *elements)
{
    alter->columns = elements->columns;
    alter->keys = elements->keys;
    alter->watermark = elements->watermark;
    for (uint32_t i = 0; i < elements->columns.n; i++) {
        const AstColumn *c = &elements->columns.v[i];
        if (c->dotted) parse_fail(p, E_INVALID, c->name.span, "a column's name has one part");
        if (c->kind == COLUMN_NAME_ONLY) parse_fail(p, E_SYNTAX, c->name.span, "column \"" STR_FMT "\" has no type", STR_ARG(c->name.name));
    }
}

void alter_reset(AstAlter *alter, const ResourceList *keys)
{
    alter->reset_keys = keys->v;
    alter->nreset = keys->n;
}

void partition_add(Parse *p, PartitionList *list, Options values, Options options)
{
    ARENA_PUSH(p->arena, *list, values);
    ARENA_PUSH(p->arena, list->options, options);
}

void alter_partitions(Parse *p, AstAlter *alter, bool exists_flag, const PartitionList *list)
{
    (void)p;
    alter->partitions = list->v;
    alter->npartitions = list->n;
    alter->partition_options = list->options.v;
    alter->exists_flag = exists_flag;
}
