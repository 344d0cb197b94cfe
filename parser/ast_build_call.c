/* Nodes of calls: plain ones and those with keywords among their arguments (their layout is documented in grammar.y). */
#include "parser/ast_build.h"

/* Functions that take IGNORE NULLS and ORDER BY between their parentheses. */
static bool nulls_inside(Str name)
{
    return str_iis(name, "ARRAY_AGG") || str_iis(name, "ARRAY_CONCAT_AGG") || str_iis(name, "STRING_AGG");
}

static Ast *call_at(Parse *p, Path name, const CallArgs *args, Span span)
{
    Ast *a = ast_new(p, AST_CALL, span);
    Str last = name.part[name.n - 1].name;
    if (args->nulls && !nulls_inside(last)) {
        parse_fail(p, E_SYNTAX, args->end->span, "syntax error: IGNORE NULLS stands behind the parentheses of " STR_FMT, STR_ARG(last));
        parse_hint(p, "Only ARRAY_AGG takes it inside.");
    }
    if (args->order.n && !nulls_inside(last)) {
        parse_fail(p, E_SYNTAX, args->order.v[0].span, "syntax error: ORDER BY does not stand among the arguments of " STR_FMT, STR_ARG(last));
        parse_hint(p, "Only ARRAY_AGG and JSON_ARRAYAGG take it.");
    }
    a->u.call.name = name;
    a->u.call.args = args->args;
    a->u.call.distinct = args->distinct;
    a->u.call.all = args->all;
    a->u.call.star = args->star;
    a->u.call.order = args->order;
    a->u.call.nulls = args->nulls;
    return a;
}

Ast *ast_call(Parse *p, Ast *base, const Token *fn, const CallArgs *args, const CallTail *tail)
{
    if (base && (base->kind != AST_NAME || base->parens)) {
        parse_fail(p, E_SYNTAX, fn->span, "syntax error at \"" STR_FMT "\": a value has fields, not functions", STR_ARG(fn->text));
        base = NULL;
    }
    Path name = base ? path_add(p, base->u.name, make_ident(fn)) : make_path(p, make_ident(fn));
    Ast *a = call_at(p, name, args, span_join(name.span, args->end->span));
    if (!tail) return a;
    a->span = span_here(p, name.span);
    if (tail->nulls) a->u.call.nulls = tail->nulls;
    a->u.call.filter = tail->filter;
    a->u.call.over = tail->over;
    a->u.call.within_group = tail->within;
    if (tail->within) a->u.call.order = tail->order;
    return a;
}

Ast *call_path(Parse *p, const Path *base, const Token *fn, const CallArgs *args)
{
    Path name = path_add(p, *base, make_ident(fn));
    return call_at(p, name, args, span_join(name.span, args->end->span));
}

Ast *call_new(Parse *p, Str name, AstList args, const Token *begin, const Token *end)
{
    CallArgs list = { .args = args };
    return call_at(p, make_path(p, (Ident){ name, begin->span, false }), &list, span_join(begin->span, end->span));
}

Ast *call_bare(Parse *p, Str name, const Token *at)
{
    Ast *a = call_new(p, name, (AstList){ 0 }, at, at);
    a->u.call.bare = true;
    return a;
}

/* FINAL LAST(x): the call FINAL over the call LAST. */
Ast *call_wrap(Parse *p, const Token *word, Ast *inner)
{
    Ast *a = call_new(p, str_upper(p->arena, word->text), asts_one(p, inner), word, word);
    a->span = span_join(word->span, inner->span);
    return a;
}

/* {fn NAME(..)}: names of ODBC that Flink knows by another name, or not at all. */
Ast *call_braces(Parse *p, const Token *begin, const Token *word, Ast *call, const Token *end)
{
    static const struct { const char *odbc, *name; } names[] = {
        { "UCASE", "UPPER" }, { "LCASE", "LOWER" }, { "LENGTH", "CHAR_LENGTH" }, { "CURDATE", "CURRENT_DATE" }, { "CURTIME", "LOCALTIME" }, { "CONCAT", "CONCAT" },
        { "ABS", "ABS" }, { "CEILING", "CEIL" }, { "EXP", "EXP" }, { "FLOOR", "FLOOR" }, { "LOG", "LN" }, { "LOG10", "LOG10" }, { "MOD", "MOD" }, { "PI", "PI" },
        { "POWER", "POWER" }, { "RAND", "RAND" }, { "ROUND", "ROUND" }, { "SIGN", "SIGN" }, { "SQRT", "SQRT" }, { "TRUNCATE", "TRUNCATE" }, { "ACOS", "ACOS" },
        { "ASIN", "ASIN" }, { "ATAN", "ATAN" }, { "ATAN2", "ATAN2" }, { "COS", "COS" }, { "COT", "COT" }, { "DEGREES", "DEGREES" }, { "RADIANS", "RADIANS" },
        { "SIN", "SIN" }, { "TAN", "TAN" }, { "ASCII", "ASCII" }, { "LTRIM", "LTRIM" }, { "RTRIM", "RTRIM" }, { "REPLACE", "REPLACE" }, { "LEFT", "LEFT" },
        { "RIGHT", "RIGHT" }, { "REPEAT", "REPEAT" }, { "LOCATE", "LOCATE" }, { "SUBSTRING", "SUBSTRING" }, { "NOW", "NOW" }, { "YEAR", "YEAR" }, { "QUARTER", "QUARTER" },
        { "MONTH", "MONTH" }, { "WEEK", "WEEK" }, { "DAYOFYEAR", "DAYOFYEAR" }, { "DAYOFMONTH", "DAYOFMONTH" }, { "DAYOFWEEK", "DAYOFWEEK" }, { "HOUR", "HOUR" },
        { "MINUTE", "MINUTE" }, { "SECOND", "SECOND" }, { "IFNULL", "IFNULL" },
    };
    call->span = span_join(begin->span, end->span);
    if (!str_iis(word->text, "fn")) {
        parse_fail(p, E_SYNTAX, word->span, "syntax error at \"" STR_FMT "\", expected fn", STR_ARG(word->text));
        return call;
    }
    Ident *last = &call->u.call.name.part[call->u.call.name.n - 1];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_iis(last->name, names[i].odbc)) {
            last->name = str_of(names[i].name);
            return call;
        }
    parse_fail(p, E_NO_FUNCTION, last->span, "function {fn " STR_FMT "} does not exist", STR_ARG(last->name));
    parse_hint(p, "Write the function without braces.");
    return call;
}

Ast *call_symbol(Parse *p, const Token *begin, Unit symbol, AstList rest, const Token *end)
{
    return call_new(p, str_upper(p->arena, begin->text), asts_front(p, ast_symbol(p, symbol.name, symbol.span), rest), begin, end);
}

Ast *call_ceil(Parse *p, const Token *begin, Ast *a, Unit symbol, const Token *end)
{
    return call_new(p, str_upper(p->arena, begin->text), asts_two(p, a, ast_symbol(p, symbol.name, symbol.span)), begin, end);
}

Ast *call_trim(Parse *p, const Token *begin, const Token *side, Ast *chars, Ast *text, const Token *end)
{
    Ast *symbol = ast_symbol(p, side ? str_upper(p->arena, side->text) : STR("BOTH"), side ? side->span : begin->span);
    if (!chars) chars = lit_new(p, LIT_NULL, STR_NULL, begin->span);
    return call_new(p, STR("TRIM"), asts_add(p, asts_two(p, symbol, chars), text), begin, end);
}

Ast *call3(Parse *p, const char *name, const Token *begin, Ast *a, Ast *b, Ast *c, const Token *end)
{
    AstList args = asts_two(p, a, b);
    if (c) args = asts_add(p, args, c);
    return call_new(p, str_of(name), args, begin, end);
}

Ast *call_overlay(Parse *p, const Token *begin, Ast *a, Ast *b, Ast *c, Ast *d, const Token *end)
{
    AstList args = asts_add(p, asts_two(p, a, b), c);
    if (d) args = asts_add(p, args, d);
    return call_new(p, STR("OVERLAY"), args, begin, end);
}

Ast *call_using(Parse *p, const Token *begin, Ast *a, Unit charset, const Token *end)
{
    AstList args = asts_two(p, a, ast_symbol(p, STR("USING"), charset.span));
    return call_new(p, str_upper(p->arena, begin->text), asts_add(p, args, ast_symbol(p, charset.name, charset.span)), begin, end);
}

/* ---- JSON ---- */
Ast *call_format_json(Parse *p, Ast *a, const Token *end)
{
    Ast *call = call_new(p, STR("FORMAT_JSON"), asts_one(p, a), end, end);
    call->span = span_join(a->span, end->span);
    return call;
}

/* Clauses in Flink's order: RETURNING, WRAPPER, then ON EMPTY and ON ERROR with what each function knows. */
static void check_json_clauses(Parse *p, Str name, const AstList *clauses)
{
    int last = 0;
    bool value = str_is(name, "JSON_VALUE"), query = str_is(name, "JSON_QUERY");
    for (uint32_t i = 0; i + 1 < clauses->n; i += 2) {
        Str word = clauses->v[i]->u.symbol;
        const Ast *what = clauses->v[i + 1];
        int place = str_is(word, "RETURNING") ? 1 : str_is(word, "WRAPPER") ? 2 : 3;
        bool dflt = place == 3 && what->kind != AST_SYMBOL, empty = what->kind == AST_SYMBOL && str_starts(what->u.symbol, "EMPTY_");
        bool truth = what->kind == AST_SYMBOL && (str_is(what->u.symbol, "TRUE") || str_is(what->u.symbol, "FALSE") || str_is(what->u.symbol, "UNKNOWN"));
        bool fits = place >= last && (place != 1 || value || query) && (place != 2 || query) && (!dflt || value) && (!empty || query) && (!truth || (!value && !query));
        if (!fits) parse_fail(p, E_SYNTAX, what->span, "syntax error: this clause does not stand here in " STR_FMT, STR_ARG(name));
        last = place == 3 ? 3 : place + 1;
    }
}

Ast *call_json(Parse *p, const Token *begin, Ast *input, Ast *path, AstList clauses, const Token *end)
{
    check_json_clauses(p, str_upper(p->arena, begin->text), &clauses);
    return call_new(p, str_upper(p->arena, begin->text), asts_join(p, asts_two(p, input, path), clauses), begin, end);
}

Ast *call_json_nulls(Parse *p, const char *name, const Token *begin, AstList args, Nulls nulls, const Token *end)
{
    bool object = str_starts(str_of(name), "JSON_OBJECT");
    bool absent = nulls == NULLS_UNSAID ? !object : nulls == NULLS_ABSENT;
    Ast *symbol = ast_symbol(p, absent ? STR("ABSENT_ON_NULL") : STR("NULL_ON_NULL"), end->span);
    return call_new(p, str_of(name), asts_add(p, args, symbol), begin, end);
}

/* ---- OVER ---- */
AstWindow *window_new(Parse *p, Ident base, AstList partition, OrderList order, Frame frame)
{
    AstWindow *w = ARENA_NEW(p->arena, AstWindow);
    *w = (AstWindow){ .span = base.span, .base = base, .partition = partition, .order = order, .unit = frame.unit, .start = frame.start, .end = frame.end };
    return w;
}

/* OVER w, without parentheses: `named` tells it from OVER (w). */
AstWindow *window_named(Parse *p, Ident name)
{
    AstWindow *w = window_new(p, name, (AstList){ 0 }, (OrderList){ 0 }, (Frame){ 0 });
    w->named = true;
    return w;
}

AstWindow *window_end(AstWindow *window, const Token *begin, const Token *end)
{
    window->span = span_join(begin->span, end->span);
    return window;
}

/* ORDER BY (a, b) of a table argument. */
OrderList orders_of_row(Parse *p, AstOrder order)
{
    OrderList out = { 0 };
    AstList items = asts_of_row(p, order.expr);
    for (uint32_t i = 0; i < items.n; i++) {
        AstOrder one = { items.v[i], order.desc, order.nulls, items.v[i]->span };
        ARENA_PUSH(p->arena, out, one);
    }
    return out;
}
