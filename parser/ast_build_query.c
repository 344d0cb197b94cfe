/* Nodes of queries: SELECT, set operations, FROM, hints, MATCH_RECOGNIZE. */
#include "parser/ast_build.h"

static AstQuery *query_new(Parse *p, QueryKind kind, Span span)
{
    AstQuery *q = ARENA_NEW(p->arena, AstQuery);
    q->kind = kind;
    q->span = span;
    return q;
}

/* SELECT * FROM (inner): where a clause meets a query in parentheses that has it already. */
static AstQuery *query_wrap(Parse *p, AstQuery *inner)
{
    AstQuery *q = query_new(p, QUERY_SELECT, inner->span);
    AstItem star = { .expr = ast_new(p, AST_STAR, inner->span), .span = inner->span };
    ARENA_PUSH(p->arena, q->items, star);
    q->from = from_new(p, FROM_SUBQUERY, inner->span);
    q->from->query = inner;
    inner->parenthesized = false;
    return q;
}

AstQuery *query_finish(Parse *p, const With *with, AstQuery *q, OrderList order, const Limits *limits)
{
    bool limited = limits->limit || limits->offset || limits->limit_all;
    bool has_limits = q->limit || q->offset || q->limit_all;
    if ((with->begin && q->with.n) || ((order.n || limited) && (q->order.n || has_limits))) q = query_wrap(p, q);
    if (with->begin) {
        q->with = with->list;
        q->span = span_join(with->begin->span, q->span);
    }
    if (order.n || limited || with->begin) q->parenthesized = false;
    if (order.n) q->order = order;
    if (limited) {
        q->limit = limits->limit;
        q->offset = limits->offset;
        q->limit_all = limits->limit_all;
    }
    q->span = span_here(p, q->span);
    return q;
}

AstQuery *query_values(Parse *p, const Token *begin, AstList rows)
{
    AstQuery *q = query_new(p, QUERY_VALUES, span_here(p, begin->span));
    q->rows = rows;
    return q;
}

AstQuery *query_table(Parse *p, const Token *begin, const Path *table)
{
    AstQuery *q = query_new(p, QUERY_TABLE, span_join(begin->span, table->span));
    q->table = *table;
    return q;
}

AstQuery *query_paren(AstQuery *q, const Token *begin, const Token *end)
{
    q->parenthesized = true;
    q->span = span_join(begin->span, end->span);
    return q;
}

AstQuery *query_set(Parse *p, SetOp op, AstQuery *left, int quantifier, AstQuery *right)
{
    AstQuery *q = query_new(p, QUERY_SETOP, span_join(left->span, right->span));
    q->setop = op;
    q->setop_all = quantifier == 1;
    q->left = left;
    q->right = right;
    return q;
}

AstQuery *query_select(Parse *p, const Token *begin, HintList hints, SelectHead head, ItemList items, const FromPart *from)
{
    AstQuery *q = query_new(p, QUERY_SELECT, span_here(p, begin->span));
    q->hints = hints;
    q->distinct = head.distinct;
    q->all = head.all;
    q->stream = head.stream;
    q->items = items;
    if (!from) return q;
    q->from = from->from;
    q->where = from->where;
    q->group = from->group.list;
    q->has_group = from->group.given;
    q->group_distinct = from->group.distinct;
    q->having = from->having;
    q->windows = from->windows;
    q->qualify = from->qualify;
    return q;
}

AstItem item_star(Parse *p, Ast *base, const Token *star)
{
    AstItem item = { .expr = ast_new(p, AST_STAR, star->span), .span = star->span };
    if (!base) return item;
    item.span = item.expr->span = span_join(base->span, star->span);
    if (base->kind == AST_NAME && !base->parens) {
        item.expr->u.name = base->u.name;
        return item;
    }
    parse_fail(p, E_SYNTAX, star->span, "syntax error at \"*\": only a name takes .*");
    return item;
}

AstGroup group_expr(Ast *a)
{
    AstGroup group = { .kind = GROUP_EXPR, .expr = a, .span = a->span };
    if (a->kind == AST_ROW && !a->u.items.explicit_row) {
        group.expr = NULL;
        group.exprs = a->u.items.items;
    }
    return group;
}

AstGroup group_sets(GroupKind kind, GroupList list, const Token *begin, const Token *end)
{
    return (AstGroup){ .kind = kind, .sets = list.v, .n = list.n, .cap = list.cap, .span = span_join(begin->span, end->span) };
}

/* ---- FROM ---- */
AstFrom *from_new(Parse *p, FromKind kind, Span span)
{
    AstFrom *f = ARENA_NEW(p->arena, AstFrom);
    f->kind = kind;
    f->span = span;
    return f;
}

AstFrom *from_join(Parse *p, AstFrom *left, AstFrom *right, JoinKind kind, bool natural, const JoinCond *cond)
{
    AstFrom *f = from_new(p, FROM_JOIN, span_here(p, left->span));
    f->join.left = left;
    f->join.right = right;
    f->join.kind = kind;
    f->join.natural = natural;
    if (cond) {
        f->join.on = cond->on;
        f->join.using_cols = cond->using_cols;
    }
    return f;
}

AstFrom *from_match(Parse *p, AstFrom *input, AstMatch *match, const Alias *alias, Sample sample)
{
    AstFrom *f = from_new(p, FROM_MATCH, input->span);
    f->input = input;
    f->match = match;
    if (input->kind == FROM_TABLE) f->table = input->table;
    return from_finish(p, f, alias, sample);
}

AstFrom *from_finish(Parse *p, AstFrom *f, const Alias *alias, Sample sample)
{
    if (f->kind == FROM_JOIN && alias->name.name.len) parse_fail(p, E_SYNTAX, alias->span, "syntax error at \"" STR_FMT "\": a join in parentheses takes no alias", STR_ARG(alias->name.name));
    f->alias = alias->name;
    f->alias_cols = alias->cols;
    f->span = span_here(p, f->span);
    if (sample.given) {
        f->sample = arena_zalloc(p->arena, sizeof *f->sample);
        f->sample->percent = sample.percent;
        f->sample->bernoulli = sample.bernoulli;
        f->sample->repeatable = sample.repeatable;
        f->sample->seed = sample.seed;
    }
    return f;
}

AstFrom *from_table(Parse *p, const Path *table, HintList hints, Ast *as_of)
{
    AstFrom *f = from_new(p, FROM_TABLE, span_here(p, table->span));
    f->table = *table;
    f->hints = hints;
    f->as_of = as_of;
    return f;
}

AstFrom *from_query(Parse *p, const Token *begin, AstQuery *query, const Token *end)
{
    AstFrom *f = from_new(p, query->kind == QUERY_VALUES ? FROM_VALUES : FROM_SUBQUERY, span_join(begin->span, end->span));
    f->query = query;
    return f;
}

AstFrom *from_paren(Parse *p, const Token *begin, AstFrom *inner, const Token *end)
{
    if (inner->kind != FROM_JOIN) {
        parse_fail(p, E_SYNTAX, inner->span, "syntax error: parentheses in FROM hold a query or a join");
        parse_hint(p, "Write the table without parentheses.");
    }
    inner->span = span_join(begin->span, end->span);
    return inner;
}

AstFrom *from_call(Parse *p, Ast *call, bool wrapped, bool lateral, Span begin, Span end)
{
    AstFrom *f = from_new(p, FROM_FUNCTION, span_join(begin, end));
    f->call = call;
    f->table_wrapped = wrapped;
    f->lateral = lateral;
    return f;
}

AstFrom *from_unnest(Parse *p, const Token *begin, AstList args, bool ordinality, const Token *end)
{
    AstFrom *f = from_new(p, FROM_UNNEST, span_join(begin->span, end->span));
    f->unnest = args;
    f->ordinality = ordinality;
    return f;
}

Sample sample_new(Parse *p, const Token *begin, const Token *kind, Ast *percent, const Token *repeatable, Ast *seed, const Token *end)
{
    bool system = str_iis(kind->text, "SYSTEM");
    (void)begin;
    (void)end;
    if (!system && !str_iis(kind->text, "BERNOULLI")) parse_fail(p, E_SYNTAX, kind->span, "syntax error at \"" STR_FMT "\", expected BERNOULLI or SYSTEM", STR_ARG(kind->text));
    if (repeatable && !str_iis(repeatable->text, "REPEATABLE")) parse_fail(p, E_SYNTAX, repeatable->span, "syntax error at \"" STR_FMT "\", expected REPEATABLE", STR_ARG(repeatable->text));
    return (Sample){ true, !system, repeatable != NULL, percent, seed };
}

/* ---- hints ---- */
/* Arguments are all names, all literals or all 'k'='v'. */
AstHint hint_new(Parse *p, const Token *name, const HintArgs *args, const Token *end)
{
    AstHint hint = { .name = make_ident(name), .span = span_join(name->span, end->span) };
    for (uint32_t i = 0; args && i < args->n; i++) {
        const HintArg *a = &args->v[i], *first = &args->v[0];
        if (a->is_pair != first->is_pair || !a->literal != !first->literal) parse_fail(p, E_SYNTAX, a->span, "syntax error: a hint's arguments are all names, all literals or all 'key'='value'");
        if (a->is_pair) {
            options_remove(&hint.options, a->pair.key);
            ARENA_PUSH(p->arena, hint.options, a->pair);
        } else if (a->literal) ARENA_PUSH(p->arena, hint.literals, a->literal);
        else ARENA_PUSH(p->arena, hint.names, a->name);
    }
    return hint;
}

HintArg hint_pair(Parse *p, Str key, Span span, const Token *value)
{
    return (HintArg){ .is_pair = true, .span = span, .pair = { key, plain_text(p, value), span, value->span } };
}

/* ---- MATCH_RECOGNIZE ---- */
AstMatch *match_new(Parse *p, AstList partition, OrderList order, ItemList measures, int rows, Skip skip, PatternAst *pattern, Ast *within, const SubsetList *subsets, ItemList define)
{
    AstMatch *m = ARENA_NEW(p->arena, AstMatch);
    *m = (AstMatch){ .partition = partition, .order = order, .measures = measures, .one_row = rows == 1, .all_rows = rows == 2, .pattern = pattern, .within = within, .define = define };
    m->skip = skip.kind;
    m->skip_var = skip.var;
    m->nsubsets = subsets->n;
    m->subsets = arena_zalloc(p->arena, sizeof *m->subsets * subsets->n);
    for (uint32_t i = 0; i < subsets->n; i++) {
        m->subsets[i].name = subsets->v[i].name;
        m->subsets[i].vars = subsets->v[i].vars;
    }
    return m;
}

PatternAst *pattern_new(Parse *p, int kind, Span span)
{
    PatternAst *a = ARENA_NEW(p->arena, PatternAst);
    a->kind = kind;
    a->span = span;
    a->min = a->max = 1;
    return a;
}

void pattern_add(Parse *p, PatternAst *list, PatternAst *item)
{
    if (list->n == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 4;
        list->sub = arena_grow(p->arena, list->sub, sizeof *list->sub * list->cap, sizeof *list->sub * cap);
        list->cap = cap;
    }
    list->sub[list->n++] = item;
    list->span = span_join(list->span, item->span);
}

/* a b c is one list, not a pair of pairs; the same for a | b | c. */
PatternAst *pattern_pair(Parse *p, int kind, PatternAst *a, PatternAst *b)
{
    if ((int)a->kind != kind || a->quantified) {
        PatternAst *list = pattern_new(p, kind, a->span);
        pattern_add(p, list, a);
        a = list;
    }
    pattern_add(p, a, b);
    return a;
}

PatternAst *pattern_times(Parse *p, PatternAst *a, Times times, bool reluctant)
{
    if (times.max >= 0 && times.min > times.max) parse_fail(p, E_SYNTAX, times.span, "a pattern cannot repeat at least %d and at most %d times", times.min, times.max);
    a->quantified = true;
    a->min = times.min;
    a->max = times.max;
    a->reluctant = reluctant;
    a->span = span_join(a->span, times.span);
    return a;
}

PatternAst *pattern_group(Parse *p, int kind, PatternAst *inner, const Token *begin, const Token *end)
{
    PatternAst *a = pattern_new(p, kind, span_join(begin->span, end->span));
    pattern_add(p, a, inner);
    a->span = span_join(begin->span, end->span);
    return a;
}
