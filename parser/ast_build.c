/* Nodes of expressions, types and names. */
#include "parser/ast_build.h"

#include "grammar.h"

Span span_join(Span a, Span b)
{
    if (a.len == 0) return b;
    if (b.len == 0 || b.pos + b.len < a.pos + a.len) return a;
    return (Span){ a.pos, b.pos + b.len - a.pos };
}

Span span_here(const Parse *p, Span begin)
{
    return p->pos > 1 ? span_join(begin, p->tokens[p->pos - 1].span) : begin;
}

/* ---- names, texts, types ---- */
Ident make_ident(const Token *t)
{
    return (Ident){ t->text, t->span, (t->flags & TOKEN_QUOTED) != 0 };
}

Path make_path(Parse *p, Ident first)
{
    Path path = { arena_copy(p->arena, &first, sizeof first), 1, first.span };
    return path;
}

Path path_add(Parse *p, Path path, Ident part)
{
    Ident *parts = ARENA_ARRAY(p->arena, Ident, path.n + 1);
    memcpy(parts, path.part, sizeof *parts * path.n);
    parts[path.n] = part;
    return (Path){ parts, path.n + 1, span_join(path.span, part.span) };
}

Str plain_text(Parse *p, const Token *t)
{
    if (t->flags & TOKEN_PREFIXED) {
        parse_fail(p, E_SYNTAX, t->span, "syntax error: a plain string is expected here");
        parse_hint(p, "Write it as 'text'.");
    }
    return t->text;
}

int32_t int_value(Parse *p, const Token *t)
{
    int64_t value = 0;
    if (!str_to_i64(t->text, &value) || value > INT32_MAX) {
        parse_fail(p, E_SYNTAX, t->span, "number " STR_FMT " is too large here", STR_ARG(t->text));
        return 0;
    }
    return (int32_t)value;
}

AstType *type_new(Parse *p, const char *name, Span span)
{
    AstType *type = ARENA_NEW(p->arena, AstType);
    *type = (AstType){ .span = span, .name = str_of(name), .arg = { -1, -1 } };
    return type;
}

AstType *type_of_word(Parse *p, const Token *t)
{
    AstType *type = type_new(p, "INT", t->span);
    if (t->kind != TK_INTEGER) type->name = str_upper(p->arena, t->text);
    return type;
}

AstType *type_len(AstType *type, Len len)
{
    type->arg[0] = len.n;
    type->arg[1] = len.scale;
    type->span = span_join(type->span, len.end);
    return type;
}

AstType *type_end(AstType *type, const Token *end, bool not_null, bool given)
{
    type->not_null = not_null;
    type->null_given = given;
    type->span = span_join(type->span, end->span);
    return type;
}

AstType *type_of_elem(Parse *p, const char *name, AstType *elem, Span begin, const Token *end)
{
    AstType *type = type_new(p, name, span_join(begin, end->span));
    type->elem = elem;
    return type;
}

AstType *type_of_fields(Parse *p, const char *name, const FieldList *fields, Span span)
{
    AstType *type = type_new(p, name, span);
    type->fields = fields->v;
    type->nfields = fields->n;
    return type;
}

AstType *type_user(Parse *p, const Path *name)
{
    AstType *type = type_new(p, "", name->span);
    StrBuf buf = { 0 };
    for (uint32_t i = 0; i < name->n; i++) {
        if (i) strbuf_addc(&buf, '.');
        strbuf_adds(&buf, name->part[i].name);
    }
    type->name = str_dup(p->arena, strbuf_str(&buf));
    type->user = true;
    type->path = *name;
    strbuf_free(&buf);
    return type;
}

AstType *type_interval(Parse *p, const Token *begin, const UnitRange *unit)
{
    AstType *type = type_new(p, "INTERVAL", span_join(begin->span, unit->span));
    type->unit_from = unit->from;
    type->unit_to = unit->to;
    type->arg[0] = unit->prec;
    type->arg[1] = unit->frac;
    return type;
}

Unit unit_of(Parse *p, const Token *t)
{
    Str name = str_upper(p->arena, t->text);
    if (name.ptr[name.len - 1] == 'S') name.len--;
    return (Unit){ name, t->span };
}

Unit symbol_of(Parse *p, const Token *t)
{
    if (t->flags & TOKEN_QUOTED) parse_fail(p, E_SYNTAX, t->span, "syntax error at \"" STR_FMT "\": a keyword is expected here", STR_ARG(t->text));
    return (Unit){ str_upper(p->arena, t->text), t->span };
}

UnitRange unit_range(Parse *p, Unit from, Len len, const Unit *to, Len frac)
{
    static const char *const order[] = { "DAY", "HOUR", "MINUTE", "SECOND" };
    UnitRange range = { from.name, STR_NULL, len.n, len.scale, span_join(span_join(from.span, len.end), frac.end) };
    if (len.scale >= 0 && !str_is(from.name, "SECOND")) parse_fail(p, E_SYNTAX, len.end, "only SECOND takes two precisions");
    if (!to) return range;
    int a = -1, b = -1;
    for (int i = 0; i < 4; i++) {
        if (str_is(from.name, order[i])) a = i;
        if (str_is(to->name, order[i])) b = i;
    }
    bool months = str_is(from.name, "YEAR") && str_is(to->name, "MONTH");
    if (!months && (a < 0 || b <= a)) {
        parse_fail(p, E_SYNTAX, to->span, "an interval cannot go from " STR_FMT " to " STR_FMT, STR_ARG(from.name), STR_ARG(to->name));
        parse_hint(p, "Use YEAR TO MONTH, or two of DAY, HOUR, MINUTE, SECOND in this order.");
    }
    range.to = to->name;
    range.span = span_join(range.span, to->span);
    if (frac.n >= 0) { range.frac = frac.n; range.span = span_join(range.span, frac.end); }
    return range;
}

/* ---- lists ---- */
AstList asts_add(Parse *p, AstList list, Ast *a)
{
    ARENA_PUSH(p->arena, list, a);
    return list;
}

AstList asts_one(Parse *p, Ast *a) { return asts_add(p, (AstList){ 0 }, a); }
AstList asts_two(Parse *p, Ast *a, Ast *b) { return asts_add(p, asts_one(p, a), b); }

AstList asts_join(Parse *p, AstList a, AstList b)
{
    for (uint32_t i = 0; i < b.n; i++) a = asts_add(p, a, b.v[i]);
    return a;
}

AstList asts_front(Parse *p, Ast *a, AstList rest) { return asts_join(p, asts_one(p, a), rest); }

AstList asts_of_row(Parse *p, Ast *a)
{
    return a->kind == AST_ROW && !a->u.items.explicit_row ? a->u.items.items : asts_one(p, a);
}

AstList asts_symbols(Parse *p, const char *word, const char *value, const Token *at)
{
    return asts_two(p, ast_symbol(p, str_of(word), at->span), ast_symbol(p, str_of(value), at->span));
}

/* ---- leaves ---- */
Ast *ast_new(Parse *p, AstKind kind, Span span)
{
    Ast *a = ARENA_NEW(p->arena, Ast);
    a->kind = kind;
    a->span = span;
    return a;
}

Ast *ast_symbol(Parse *p, Str word, Span span)
{
    Ast *a = ast_new(p, AST_SYMBOL, span);
    a->u.symbol = word;
    return a;
}

Ast *lit_new(Parse *p, LitKind kind, Str text, Span span)
{
    Ast *a = ast_new(p, AST_LITERAL, span);
    a->u.lit.kind = kind;
    a->u.lit.text = text;
    a->u.lit.unit_prec = a->u.lit.unit_frac = -1;
    return a;
}

Ast *lit_of(Parse *p, const Token *t)
{
    switch (t->kind) {
    case TK_INTEGER_LITERAL: return lit_new(p, LIT_INTEGER, t->text, t->span);
    case TK_DECIMAL_LITERAL: return lit_new(p, LIT_DECIMAL, t->text, t->span);
    case TK_DOUBLE_LITERAL: return lit_new(p, LIT_DOUBLE, t->text, t->span);
    case TK_TRUE: return lit_new(p, LIT_TRUE, STR_NULL, t->span);
    case TK_FALSE: return lit_new(p, LIT_FALSE, STR_NULL, t->span);
    case TK_UNKNOWN: return lit_new(p, LIT_UNKNOWN, STR_NULL, t->span);
    case TK_DEFAULT: return lit_new(p, LIT_DEFAULT, STR_NULL, t->span);
    case TK_DATE: return lit_new(p, LIT_DATE, STR_NULL, t->span);
    case TK_TIME: return lit_new(p, LIT_TIME, STR_NULL, t->span);
    case TK_TIMESTAMP: return lit_new(p, LIT_TIMESTAMP, STR_NULL, t->span);
    }
    return lit_new(p, LIT_NULL, STR_NULL, t->span);
}

Ast *lit_string(Parse *p, const Token *t)
{
    return lit_new(p, t->flags & TOKEN_BINARY ? LIT_BINARY : LIT_STRING, t->text, t->span);
}

/* 'a' <line break> 'b' is one string. */
Ast *lit_continued(Parse *p, Ast *first, const Token *next)
{
    bool odd = (next[-1].flags & TOKEN_PREFIXED) && !(next[-1].flags & TOKEN_BINARY);
    if (odd || next->flags & TOKEN_PREFIXED) parse_fail(p, E_SYNTAX, next->span, "syntax error at a second string");
    else if (!(next->flags & TOKEN_LINE_START)) {
        parse_fail(p, E_INVALID, next->span, "a string is continued on the same line");
        parse_hint(p, "Join strings with ||, or begin the next part on a new line.");
    }
    first->u.lit.text = str_printf(p->arena, STR_FMT STR_FMT, STR_ARG(first->u.lit.text), STR_ARG(next->text));
    first->span = span_join(first->span, next->span);
    return first;
}

/* {d '..'}, {t '..'}, {ts '..'} */
Ast *lit_braces(Parse *p, const Token *begin, const Token *word, const Token *text, const Token *end)
{
    LitKind kind = str_iis(word->text, "d") ? LIT_DATE : str_iis(word->text, "t") ? LIT_TIME : LIT_TIMESTAMP;
    if (kind == LIT_TIMESTAMP && !str_iis(word->text, "ts")) parse_fail(p, E_SYNTAX, word->span, "syntax error at \"" STR_FMT "\", expected d, t, ts or fn", STR_ARG(word->text));
    return lit_new(p, kind, plain_text(p, text), span_join(begin->span, end->span));
}

/* ---- names, fields, constructors ---- */
Ast *ast_name(Parse *p, const Token *t)
{
    Ast *a = ast_new(p, AST_NAME, t->span);
    a->u.name = make_path(p, make_ident(t));
    return a;
}

Ast *ast_dot(Parse *p, Ast *base, const Token *field)
{
    if (base->kind == AST_NAME && !base->parens) {
        base->u.name = path_add(p, base->u.name, make_ident(field));
        base->span = base->u.name.span;
        return base;
    }
    Ast *a = ast_new(p, AST_FIELD, span_join(base->span, field->span));
    a->u.field.base = base;
    a->u.field.field = make_ident(field);
    return a;
}

Ast *ast_index(Parse *p, Ast *base, Ast *index, const Token *end)
{
    Ast *a = ast_new(p, AST_INDEX, span_join(base->span, end->span));
    a->u.index.base = base;
    a->u.index.index = index;
    return a;
}

Ast *ast_paren(Parse *p, Ast *inner, const Token *begin, const Token *end)
{
    (void)p;
    inner->parens = true;
    inner->span = span_join(begin->span, end->span);
    return inner;
}

Ast *ast_row(Parse *p, AstList items, bool explicit_row, Span begin, Span end)
{
    Ast *a = ast_new(p, AST_ROW, span_join(begin, end));
    a->u.items.items = items;
    a->u.items.explicit_row = explicit_row;
    return a;
}

Ast *row_of(Parse *p, Ast *a)
{
    return a->kind == AST_ROW ? a : ast_row(p, asts_one(p, a), false, a->span, a->span);
}

Ast *ast_items(Parse *p, AstKind kind, AstList items, const Token *begin, const Token *end)
{
    Ast *a = ast_new(p, kind, span_join(begin->span, end->span));
    a->u.items.items = items;
    return a;
}

Ast *ast_subquery(Parse *p, AstQuery *query, Span begin, Span end)
{
    Ast *a = ast_new(p, AST_SUBQUERY, span_join(begin, end));
    a->u.sub.query = query;
    return a;
}

static Str range_text(Parse *p, const UnitRange *unit)
{
    return unit->to.len ? str_printf(p->arena, STR_FMT " TO " STR_FMT, STR_ARG(unit->from), STR_ARG(unit->to)) : unit->from;
}

Ast *ast_difference(Parse *p, Ast *expr, const Token *begin, const UnitRange *unit)
{
    Ast *a = ast_new(p, AST_INTERVAL_OF, span_join(begin->span, unit->span));
    if (expr->kind != AST_OP || expr->u.op.op != OP_MINUS) {
        parse_fail(p, E_SYNTAX, unit->span, "syntax error at \"" STR_FMT "\": only a difference (a - b) takes a unit", STR_ARG(unit->from));
    }
    a->u.interval_of.expr = expr;
    a->u.interval_of.unit = range_text(p, unit);
    a->u.interval_of.difference = true;
    return a;
}

/* INTERVAL '1' DAY and INTERVAL 1 DAY are literals, INTERVAL col DAY is computed. */
Ast *ast_interval(Parse *p, const Token *begin, int sign, Ast *amount, const UnitRange *unit)
{
    Span span = span_join(begin->span, unit->span);
    bool text = amount->kind == AST_LITERAL && amount->u.lit.kind == LIT_STRING, number = amount->kind == AST_LITERAL && amount->u.lit.kind == LIT_INTEGER;
    if (text || number) {
        if (str_trim(amount->u.lit.text).len == 0) parse_fail(p, E_SYNTAX, amount->span, "an interval is empty");
        Ast *a = lit_new(p, LIT_INTERVAL, amount->u.lit.text, span);
        a->u.lit.unit_from = unit->from;
        a->u.lit.unit_to = unit->to;
        a->u.lit.unit_prec = unit->prec;
        a->u.lit.unit_frac = unit->frac;
        a->u.lit.negative = sign < 0;
        return a;
    }
    if (amount->kind != AST_NAME && amount->kind != AST_LITERAL && !amount->parens && begin[1].kind != TK_LP) {
        parse_fail(p, E_SYNTAX, amount->span, "syntax error: INTERVAL takes a string, a number, a column or parentheses");
        parse_hint(p, "Write INTERVAL (expression) " STR_FMT ".", STR_ARG(unit->from));
    }
    Ast *a = ast_new(p, AST_INTERVAL_OF, span);
    a->u.interval_of.expr = sign < 0 ? op1(p, OP_NEG, amount->span, amount) : amount;
    a->u.interval_of.unit = range_text(p, unit);
    return a;
}

/* ---- operators ---- */
static Ast *op_new(Parse *p, AstOp op, AstList args, Span span)
{
    Ast *a = ast_new(p, AST_OP, span);
    a->u.op.op = op;
    a->u.op.args = args;
    return a;
}

AstOp op_of(const Token *t)
{
    switch (t->kind) {
    case TK_EQ: return OP_EQ;
    case TK_NE: return OP_NE;
    case TK_LT: return OP_LT;
    case TK_LE: return OP_LE;
    case TK_GT: return OP_GT;
    case TK_GE: return OP_GE;
    case TK_PLUS: return OP_PLUS;
    case TK_SUB: return OP_MINUS;
    case TK_STAR: return OP_MUL;
    case TK_SLASH: return OP_DIV;
    case TK_MODULO: return OP_MOD;
    case TK_CONCAT: return OP_CONCAT;
    case TK_OVERLAPS: return OP_OVERLAPS;
    case TK_CONTAINS: return OP_CONTAINS;
    case TK_EQUALS: return OP_PERIOD_EQUALS;
    case TK_PRECEDES: return OP_PRECEDES;
    }
    return OP_SUCCEEDS;
}

AstOp op_is(const Token *what, bool negated)
{
    switch (what->kind) {
    case TK_TRUE: return negated ? OP_IS_NOT_TRUE : OP_IS_TRUE;
    case TK_FALSE: return negated ? OP_IS_NOT_FALSE : OP_IS_FALSE;
    case TK_UNKNOWN: return negated ? OP_IS_NOT_UNKNOWN : OP_IS_UNKNOWN;
    }
    return negated ? OP_IS_NOT_NULL : OP_IS_NULL;
}

Ast *op1(Parse *p, AstOp op, Span at, Ast *a) { return op_new(p, op, asts_one(p, a), span_join(at, a->span)); }
Ast *op2(Parse *p, AstOp op, Ast *a, Ast *b) { return op_new(p, op, asts_two(p, a, b), span_join(a->span, b->span)); }
Ast *op_post(Parse *p, AstOp op, Ast *a, const Token *end) { return op_new(p, op, asts_one(p, a), span_join(a->span, end->span)); }
Ast *op_negated(Parse *p, Ast *a) { return op_new(p, OP_NOT, asts_one(p, a), a->span); }

Ast *op_like(Parse *p, AstOp op, Ast *a, bool negated, Ast *pattern, Ast *escape)
{
    Ast *like = op2(p, op, a, pattern);
    if (escape) {
        like->u.op.args = asts_add(p, like->u.op.args, escape);
        like->span = span_join(like->span, escape->span);
    }
    like->u.op.negated = negated;
    return like;
}

Ast *op_multiset(Parse *p, AstOp op, Ast *a, int quantifier, Ast *b)
{
    Ast *out = op2(p, op, a, b);
    out->u.op.quantified_all = quantifier == 1;
    return out;
}

Ast *op_quantified(Parse *p, AstOp op, Ast *a, Ast *set, bool all, const Token *end)
{
    Ast *out = op_new(p, op, asts_two(p, a, set), span_join(a->span, end->span));
    out->u.op.quantified_all = all;
    out->u.op.quantified_any = !all;
    return out;
}

Ast *ast_between(Parse *p, Ast *a, bool negated, bool symmetric, Ast *low, Ast *high)
{
    Ast *out = ast_new(p, AST_BETWEEN, span_join(a->span, high->span));
    out->u.between.expr = a;
    out->u.between.low = low;
    out->u.between.high = high;
    out->u.between.negated = negated;
    out->u.between.symmetric = symmetric;
    return out;
}

Ast *ast_in(Parse *p, Ast *a, bool negated, AstList list, AstQuery *query, const Token *end)
{
    Ast *out = ast_new(p, AST_IN, span_join(a->span, end->span));
    out->u.in.expr = a;
    out->u.in.list = list;
    out->u.in.query = query;
    out->u.in.negated = negated;
    return out;
}

void case_add(Parse *p, CaseParts *parts, AstList when, Ast *then)
{
    Ast *condition = when.v[0];
    if (when.n > 1) {
        condition = ast_new(p, AST_CALL, span_join(when.v[0]->span, when.v[when.n - 1]->span));
        condition->u.call.name = make_path(p, (Ident){ STR("$WHEN_ANY"), condition->span, false });
        condition->u.call.args = when;
    }
    parts->when = asts_add(p, parts->when, condition);
    parts->then = asts_add(p, parts->then, then);
}

Ast *ast_case(Parse *p, const Token *begin, Ast *operand, const CaseParts *parts, Ast *otherwise, const Token *end)
{
    Ast *a = ast_new(p, AST_CASE, span_join(begin->span, end->span));
    a->u.kase.operand = operand;
    a->u.kase.when = parts->when;
    a->u.kase.then = parts->then;
    a->u.kase.otherwise = otherwise;
    return a;
}

Ast *ast_cast(Parse *p, Ast *expr, AstType *type, bool try_cast, Span span)
{
    Ast *a = ast_new(p, AST_CAST, span);
    a->u.cast.expr = expr;
    a->u.cast.type = type;
    a->u.cast.try_cast = try_cast;
    return a;
}

/* ---- arguments ---- */
Ast *ast_named(Parse *p, Ident name, Ast *value)
{
    Ast *a = ast_new(p, AST_NAMED_ARG, span_join(name.span, value->span));
    a->u.named.name = name;
    a->u.named.value = value;
    return a;
}

Ast *ast_table_arg(Parse *p, const Token *begin, const Path *table, AstList partition, OrderList order)
{
    Ast *a = ast_new(p, AST_TABLE_ARG, span_here(p, begin->span));
    a->u.table_arg.table = *table;
    a->u.table_arg.partition = partition;
    a->u.table_arg.order = order;
    return a;
}

/* (SELECT ..) PARTITION BY k */
Ast *ast_table_query(Parse *p, const Token *begin, AstQuery *query, Ast *partition, OrderList order, const Token *end)
{
    Path none = { NULL, 0, { 0, 0 } };
    (void)end;
    Ast *a = ast_table_arg(p, begin, &none, asts_of_row(p, partition), order);
    a->u.table_arg.query = query;
    return a;
}

Ast *ast_descriptor(Parse *p, const Token *begin, const PathList *names, const Token *end)
{
    Ast *a = ast_new(p, AST_DESCRIPTOR, span_join(begin->span, end->span));
    if (names->n == 0) parse_fail(p, E_INVALID, a->span, "DESCRIPTOR names no column");
    for (uint32_t i = 0; i < names->n; i++) {
        if (names->v[i].n > 1) parse_fail(p, E_INVALID, names->v[i].span, "DESCRIPTOR takes a column's plain name");
        ARENA_PUSH(p->arena, a->u.descriptor, names->v[i].part[0]);
    }
    return a;
}

Ast *interval_only(Parse *p, Ast *a, const char *what)
{
    if (a->kind != AST_INTERVAL_OF && !(a->kind == AST_LITERAL && a->u.lit.kind == LIT_INTERVAL)) {
        parse_fail(p, E_SYNTAX, a->span, "%s takes an interval", what);
        parse_hint(p, "For example INTERVAL '1' HOUR.");
    }
    return a;
}

Ast *ast_model_arg(Parse *p, const Token *begin, const Path *name)
{
    Ast *column = ast_new(p, AST_NAME, name->span);
    column->u.name = *name;
    Ast *a = ast_new(p, AST_CALL, span_join(begin->span, name->span));
    a->u.call.name = make_path(p, (Ident){ STR("$MODEL"), begin->span, false });
    a->u.call.args = asts_one(p, column);
    return a;
}
