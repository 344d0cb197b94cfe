/* Expressions: syntax trees to typed ones. Names are resolved here, every type rule is engine/expr's.
 * A time attribute survives only in plain columns, PROCTIME() and the properties of windows. */
#include "parser/bind.h"
#include "engine/expr/agg.h"
#include "engine/expr/func.h"

bool refuse_clause(Err *err, Span span, const char *what, const char *hint)
{
    err_at(err, E_UNSUPPORTED, span, "%s not supported", what);
    return err_hint(err, "%s", hint);
}

bool refuse_null_type(const Expr *expr, Err *err)
{
    if (expr->type->kind != TYPE_NULL) return true;
    err_at(err, E_TYPE, expr->span, "illegal use of NULL: it has no type here");
    return err_hint(err, "Write CAST(NULL AS type).");
}

static Expr *without_attr(Binder *b, Expr *expr)
{
    if (!expr || expr->type->attr == ATTR_NONE) return expr;
    Expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->type = type_with_attr(b->arena, expr->type, ATTR_NONE);
    return copy;
}

static Expr *refuse(Err *err, Span span, const char *what, const char *hint)
{
    refuse_clause(err, span, what, hint);
    return NULL;
}

static Expr *call_named(Binder *b, const char *name, Expr **args, uint32_t n, Span span, Err *err)
{
    return without_attr(b, expr_call(&b->ctx, str_of(name), args, n, span, err));
}

static Expr *negate(Binder *b, Expr *expr, bool negated, Span span, Err *err)
{
    return !expr || !negated ? expr : call_named(b, "NOT", &expr, 1, span, err);
}

static Expr **bind_list(Binder *b, const ExprScope *es, const AstList *list, Err *err)
{
    Expr **args = ARENA_ARRAY(b->arena, Expr *, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) {
        args[i] = bind_expr(b, es, list->v[i], err);
        if (!args[i]) return NULL;
    }
    return args;
}

/* --- operators --- */

/* Names by which expr_call knows them. ORDER AstOp. */
static const char *const op_calls[OP_COUNT] = {
    [OP_PLUS] = "+", [OP_MINUS] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_MOD] = "%", [OP_CONCAT] = "||", [OP_NEG] = "NEGATE",
    [OP_EQ] = "=", [OP_NE] = "<>", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=", [OP_NOT] = "NOT",
    [OP_IS_NULL] = "IS NULL", [OP_IS_NOT_NULL] = "IS NOT NULL", [OP_IS_TRUE] = "IS TRUE", [OP_IS_NOT_TRUE] = "IS NOT TRUE",
    [OP_IS_FALSE] = "IS FALSE", [OP_IS_NOT_FALSE] = "IS NOT FALSE", [OP_IS_UNKNOWN] = "IS UNKNOWN", [OP_IS_NOT_UNKNOWN] = "IS NOT UNKNOWN",
    [OP_IS_DISTINCT] = "IS DISTINCT FROM", [OP_IS_NOT_DISTINCT] = "IS NOT DISTINCT FROM", [OP_LIKE] = "LIKE", [OP_SIMILAR] = "SIMILAR TO",
    [OP_IS_JSON_VALUE] = "IS JSON VALUE", [OP_IS_JSON_SCALAR] = "IS JSON SCALAR", [OP_IS_JSON_ARRAY] = "IS JSON ARRAY", [OP_IS_JSON_OBJECT] = "IS JSON OBJECT",
    [OP_OVERLAPS] = "OVERLAPS", [OP_CONTAINS] = "CONTAINS", [OP_PRECEDES] = "PRECEDES", [OP_SUCCEEDS] = "SUCCEEDS",
    [OP_IMMEDIATELY_PRECEDES] = "IMMEDIATELY PRECEDES", [OP_IMMEDIATELY_SUCCEEDS] = "IMMEDIATELY SUCCEEDS", [OP_PERIOD_EQUALS] = "EQUALS",
};

/* AND and OR of any length become one node. */
typedef struct ExprList { Expr **v; uint32_t n, cap; } ExprList;

static bool logical_terms(Binder *b, const ExprScope *es, const Ast *ast, AstOp op, ExprList *out, Err *err)
{
    if (ast->kind == AST_OP && ast->u.op.op == op) {
        for (uint32_t i = 0; i < ast->u.op.args.n; i++)
            if (!logical_terms(b, es, ast->u.op.args.v[i], op, out, err)) return false;
        return true;
    }
    Expr *term = bind_expr(b, es, ast, err);
    if (!term) return false;
    ARENA_PUSH(b->arena, *out, term);
    return true;
}

static Expr *bind_logical(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    ExprList terms = { 0 };
    if (!logical_terms(b, es, ast, ast->u.op.op, &terms, err)) return NULL;
    return expr_logical(&b->ctx, ast->u.op.op == OP_AND ? EXPR_AND : EXPR_OR, terms.v, terms.n, ast->span, err);
}

/* x = ANY (1, 2), x > ALL (..). */
static Expr *bind_quantified(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const AstList *args = &ast->u.op.args;
    Expr *value = bind_expr(b, es, args->v[0], err);
    if (!value) return NULL;
    if (args->n == 2 && args->v[1]->kind == AST_SUBQUERY) return bind_quantified_value(b, es, ast, op_calls[ast->u.op.op], value, err);
    const AstList rest = { args->v + 1, args->n - 1, args->n - 1 };
    const AstList *list = args->n == 2 && args->v[1]->kind == AST_ROW ? &args->v[1]->u.items.items : &rest;
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) {
        Expr *pair[2] = { value, bind_expr(b, es, list->v[i], err) };
        if (!pair[1]) return NULL;
        terms[i] = call_named(b, op_calls[ast->u.op.op], pair, 2, ast->span, err);
        if (!terms[i]) return NULL;
    }
    return expr_logical(&b->ctx, ast->u.op.quantified_all ? EXPR_AND : EXPR_OR, terms, list->n, ast->span, err);
}

/* -5 is one literal: the smallest INT has no positive form. -(-5) is 5. */
static Expr *bind_negative(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const Ast *arg = ast->u.op.args.v[0], *inner = arg;
    bool negative = true;
    for (; inner->kind == AST_OP && inner->u.op.op == OP_NEG; inner = inner->u.op.args.v[0]) negative = !negative;
    if (inner->kind == AST_LITERAL && inner->u.lit.kind >= LIT_INTEGER && inner->u.lit.kind <= LIT_DOUBLE) {
        Ast literal = *inner;
        literal.u.lit.negative = inner->u.lit.negative != negative;
        literal.span = ast->span;
        return bind_literal(b, &literal, err);
    }
    Expr *value = bind_expr(b, es, arg, err);
    return value ? call_named(b, "NEGATE", &value, 1, ast->span, err) : NULL;
}

static Expr *bind_op(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    AstOp op = ast->u.op.op;
    const AstList *list = &ast->u.op.args;
    if (op == OP_AND || op == OP_OR) return bind_logical(b, es, ast, err);
    if (op == OP_EXISTS) return bind_exists_value(b, es, ast, err);
    if (ast->u.op.quantified_all || ast->u.op.quantified_any) return bind_quantified(b, es, ast, err);
    if (op == OP_NEG) return bind_negative(b, es, ast, err);
    if (op == OP_POS) return bind_expr(b, es, list->v[0], err);
    if (!op_calls[op]) return refuse(err, ast->span, "this operator is", "Multisets have no operators: use ARRAY functions.");
    Expr **args = bind_list(b, es, list, err);
    if (!args) return NULL;
    return negate(b, call_named(b, op_calls[op], args, list->n, ast->span, err), ast->u.op.negated, ast->span, err);
}

/* --- CASE, IN, BETWEEN --- */

static Expr *case_condition(Binder *b, const ExprScope *es, Expr *operand, const Ast *when, Err *err)
{
    if (!operand) return bind_expr(b, es, when, err);
    bool any = when->kind == AST_CALL && when->u.call.name.n == 1 && str_is(when->u.call.name.part[0].name, "$WHEN_ANY");
    const AstList one = { (Ast *[]){ (Ast *)when }, 1, 1 }, *values = any ? &when->u.call.args : &one;
    Expr **terms = ARENA_ARRAY(b->arena, Expr *, values->n);
    for (uint32_t i = 0; i < values->n; i++) {
        Expr *pair[2] = { operand, bind_expr(b, es, values->v[i], err) };
        if (!pair[1]) return NULL;
        terms[i] = call_named(b, "=", pair, 2, values->v[i]->span, err);
        if (!terms[i]) return NULL;
    }
    return expr_logical(&b->ctx, EXPR_OR, terms, values->n, when->span, err);
}

static Expr *bind_case(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    uint32_t n = ast->u.kase.when.n;
    Expr *operand = ast->u.kase.operand ? bind_expr(b, es, ast->u.kase.operand, err) : NULL;
    if (ast->u.kase.operand && !operand) return NULL;
    Expr **conds = ARENA_ARRAY(b->arena, Expr *, n + 1), **thens = ARENA_ARRAY(b->arena, Expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        conds[i] = case_condition(b, es, operand, ast->u.kase.when.v[i], err);
        thens[i] = conds[i] ? bind_expr(b, es, ast->u.kase.then.v[i], err) : NULL;
        if (!thens[i]) return NULL;
    }
    Expr *otherwise = ast->u.kase.otherwise ? bind_expr(b, es, ast->u.kase.otherwise, err) : NULL;
    if (ast->u.kase.otherwise && !otherwise) return NULL;
    return without_attr(b, expr_case(&b->ctx, conds, thens, n, otherwise, ast->span, err));
}

static Expr *bind_in(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    if (ast->u.in.query) return bind_in_value(b, es, ast, err);
    Expr *value = bind_expr(b, es, ast->u.in.expr, err);
    if (!value) return NULL;
    Expr **list = bind_list(b, es, &ast->u.in.list, err);
    return list ? expr_in(&b->ctx, value, list, ast->u.in.list.n, ast->u.in.negated, ast->span, err) : NULL;
}

static Expr *between(Binder *b, Expr *value, Expr *low, Expr *high, Span span, Err *err)
{
    Expr *first[2] = { value, low }, *second[2] = { value, high };
    Expr *terms[2];
    terms[0] = call_named(b, ">=", first, 2, span, err);
    terms[1] = terms[0] ? call_named(b, "<=", second, 2, span, err) : NULL;
    return terms[1] ? expr_logical(&b->ctx, EXPR_AND, terms, 2, span, err) : NULL;
}

static Expr *bind_between(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Expr *value = bind_expr(b, es, ast->u.between.expr, err);
    Expr *low = value ? bind_expr(b, es, ast->u.between.low, err) : NULL;
    Expr *high = low ? bind_expr(b, es, ast->u.between.high, err) : NULL;
    if (!high) return NULL;
    Expr *result = between(b, value, low, high, ast->span, err);
    if (result && ast->u.between.symmetric) {
        Expr *terms[2] = { result, between(b, value, high, low, ast->span, err) };
        result = terms[1] ? expr_logical(&b->ctx, EXPR_OR, terms, 2, ast->span, err) : NULL;
    }
    return negate(b, result, ast->u.between.negated, ast->span, err);
}

/* --- calls --- */

static Expr *session_function(Binder *b, Str name, uint32_t nargs, Span span)
{
    if (nargs || !str_iis(name, "CURRENT_DATABASE")) return NULL;
    return expr_const(b->arena, type_string(false), datum_str(b->arena, catalog_current_database(b->env->catalog)), span);
}

static Expr *user_function(Binder *b, const Ast *ast, Err *err)
{
    const Path *name = &ast->u.call.name;
    if (name->n > 3) return NULL;
    const FunctionDef *def = catalog_find_function(b->env->catalog, binder_qualify(b, name));
    if (!def) return NULL;
    err_at(err, E_UNSUPPORTED, ast->span, "function \"" STR_FMT "\" is the class " STR_FMT ", which weir cannot load", STR_ARG(def->name), STR_ARG(def->class_name));
    err_hint(err, "weir runs no JVM code: write it with built-in functions.");
    return NULL;
}

static Expr *bind_call(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const Path *path = &ast->u.call.name;
    Str name = path->part[path->n - 1].name;
    const FuncDef *func = path->n == 1 ? func_find(name) : NULL;
    if (ast->u.call.over) return bind_over(b, es, ast, err);
    if (path->n == 1 && is_window_function(name) && !func) {
        err_at(err, E_INVALID, ast->span, "window function " STR_FMT " can stand only in GROUP BY, or in FROM as a table function", STR_ARG(name));
        err_hint(err, "SELECT " STR_FMT "_START(..) gives the window's start.", STR_ARG(name));
        return NULL;
    }
    if (path->n == 1 && is_group_window_property(name)) return bind_window_property(b, es, ast, err);
    if (path->n == 1 && (str_iis(name, "GROUPING") || str_iis(name, "GROUPING_ID") || str_iis(name, "GROUP_ID"))) return bind_grouping_call(b, es, ast, err);
    if (path->n == 1 && is_aggregate_name(name) && !func) return bind_aggregate(b, es, ast, err);
    if (!func && user_function(b, ast, err)) return NULL;
    if (err->set) return NULL;
    Expr *session = session_function(b, name, ast->u.call.args.n, ast->span);
    if (session) return session;
    if (ast->u.call.distinct || ast->u.call.star || ast->u.call.filter) {
        err_at(err, E_INVALID, ast->span, "function " STR_FMT " takes no DISTINCT, * or FILTER: it is no aggregate", STR_ARG(name));
        return NULL;
    }
    /* Unknown names are told before their arguments. */
    if (!func) return expr_call(&b->ctx, name, NULL, 0, path->span, err);
    Expr **args = bind_list(b, es, &ast->u.call.args, err);
    if (!args) return NULL;
    Expr *expr = expr_call(&b->ctx, name, args, ast->u.call.args.n, ast->span, err);
    return str_iis(name, "PROCTIME") ? expr : without_attr(b, expr);
}

/* --- the rest --- */

static Expr *bind_name(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const Path *path = &ast->u.name;
    Err missing = { 0 };
    Expr *column = scope_column(b, es->scope, path, &missing);
    if (column) return column;
    /* PI and the like work without parentheses where no column has the name. */
    const FuncDef *func = path->n == 1 && !path->part[0].quoted && missing.code == E_NO_COLUMN ? func_find(path->part[0].name) : NULL;
    if (func && (func->flags & FN_BARE || str_is(str_of(func->name), "PI"))) return without_attr(b, expr_call(&b->ctx, path->part[0].name, NULL, 0, ast->span, err));
    *err = missing;
    return NULL;
}

static Expr *bind_items(Binder *b, const ExprScope *es, const Ast *ast, const char *name, Err *err)
{
    Expr **args = bind_list(b, es, &ast->u.items.items, err);
    return args ? call_named(b, name, args, ast->u.items.items.n, ast->span, err) : NULL;
}

static Expr *bind_field(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Expr *base = bind_expr(b, es, ast->u.field.base, err);
    if (!base) return NULL;
    if (base->type->kind != TYPE_ROW) {
        err_at(err, E_TYPE, ast->span, "field \"" STR_FMT "\" is taken from a value that is no ROW", STR_ARG(ast->u.field.field.name));
        return NULL;
    }
    Str name = ast->u.field.field.name;
    Expr *args[2] = { base, expr_const(b->arena, type_sized(b->arena, TYPE_CHAR, name.len, false), datum_str(b->arena, name), ast->u.field.field.span) };
    return call_named(b, "FIELD", args, 2, ast->span, err);
}

static Expr *bind_index(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Expr *args[2];
    args[0] = bind_expr(b, es, ast->u.index.base, err);
    args[1] = args[0] ? bind_expr(b, es, ast->u.index.index, err) : NULL;
    return args[1] ? call_named(b, "ITEM", args, 2, ast->span, err) : NULL;
}

/* A literal with any signs before it. */
static bool is_number(const Ast *ast)
{
    while (ast->kind == AST_OP && (ast->u.op.op == OP_NEG || ast->u.op.op == OP_POS)) ast = ast->u.op.args.v[0];
    return ast->kind == AST_LITERAL;
}

/* CAST(x AS INT ARRAY): elements are NOT NULL, other than in a column's type (measured on Flink). */
static const AstType *cast_target(Binder *b, const AstType *type)
{
    if (!type->postfix) return type;
    AstType *copy = arena_copy(b->arena, type, sizeof *type);
    copy->elem = arena_copy(b->arena, cast_target(b, type->elem), sizeof *type);
    copy->elem->not_null = true;
    return copy;
}

static Expr *bind_cast(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Expr *value = bind_expr(b, es, ast->u.cast.expr, err);
    const Type *type = value ? bind_type(b->arena, cast_target(b, ast->u.cast.type), err) : NULL;
    if (!type) return NULL;
    /* CAST(-1.5 AS INTERVAL MINUTE) counts minutes; a number that is no literal is taken in the interval's own unit, milliseconds or months. */
    bool one_unit = ast->u.cast.type->unit_from.len && !ast->u.cast.type->unit_to.len, decimal = value->type->kind == TYPE_DECIMAL && !ast->u.cast.try_cast;
    bool interval = type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND;
    if (interval && one_unit && is_number(ast->u.cast.expr) && (decimal || type_is_integer(value->type))) {
        Expr *args[2] = { expr_symbol(b->arena, ast->u.cast.type->unit_from, ast->span), value };
        return call_named(b, "INTERVAL_OF", args, 2, ast->span, err);
    }
    return without_attr(b, expr_cast(&b->ctx, value, type, ast->u.cast.try_cast, ast->span, err));
}

static Expr *bind_interval_of(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    const Ast *inner = ast->u.interval_of.expr;
    Str text = ast->u.interval_of.unit;
    int64_t blank = str_find(text, STR(" "), 0);             /* DAY TO SECOND counts what DAY does: the whole distance */
    Expr *unit = expr_symbol(b->arena, blank < 0 ? text : str_sub(text, 0, (uint32_t)blank), ast->span);
    if (inner->kind == AST_OP && inner->u.op.op == OP_MINUS) {
        Expr *args[3] = { unit, bind_expr(b, es, inner->u.op.args.v[0], err), NULL };
        args[2] = args[1] ? bind_expr(b, es, inner->u.op.args.v[1], err) : NULL;
        if (!args[2]) return NULL;
        if (type_is_datetime(args[1]->type)) return call_named(b, "MINUS_DATE", args, 3, ast->span, err);
    }
    Expr *args[2] = { unit, bind_expr(b, es, inner, err) };
    if (!args[1]) return NULL;
    if (!type_is_integer(args[1]->type)) {
        err_at(err, E_TYPE, inner->span, "the amount of an INTERVAL must be a whole number");
        return NULL;
    }
    return call_named(b, "INTERVAL_OF", args, 2, ast->span, err);
}

Expr *bind_expr(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    enum { DEPTH_MAX = 2000 };
    if (b->depth > DEPTH_MAX) {
        err_at(err, E_INVALID, ast->span, "the expression is nested too deeply");
        return NULL;
    }
    b->depth++;
    Expr *expr = NULL;
    switch (ast->kind) {
    case AST_LITERAL: expr = bind_literal(b, ast, err); break;
    case AST_NAME: expr = bind_name(b, es, ast, err); break;
    case AST_OP: expr = bind_op(b, es, ast, err); break;
    case AST_CALL: expr = bind_call(b, es, ast, err); break;
    case AST_CASE: expr = bind_case(b, es, ast, err); break;
    case AST_CAST: expr = bind_cast(b, es, ast, err); break;
    case AST_IN: expr = bind_in(b, es, ast, err); break;
    case AST_BETWEEN: expr = bind_between(b, es, ast, err); break;
    case AST_ROW: expr = bind_items(b, es, ast, "ROW", err); break;
    case AST_ARRAY: expr = bind_items(b, es, ast, "ARRAY", err); break;
    case AST_MAP: expr = bind_items(b, es, ast, "MAP", err); break;
    case AST_INDEX: expr = bind_index(b, es, ast, err); break;
    case AST_FIELD: expr = bind_field(b, es, ast, err); break;
    case AST_SYMBOL: expr = expr_symbol(b->arena, ast->u.symbol, ast->span); break;
    case AST_INTERVAL_OF: expr = bind_interval_of(b, es, ast, err); break;
    case AST_SUBQUERY: expr = bind_scalar(b, es, ast, err); break;
    case AST_QUERY_ARRAY: expr = refuse(err, ast->span, "ARRAY(subquery) is", "Collect the values with ARRAY_AGG in a query of their own."); break;
    case AST_STAR: err_at(err, E_INVALID, ast->span, "* cannot stand within an expression"); break;
    case AST_NAMED_ARG: expr = refuse(err, ast->span, "named arguments of this function are", "Give the arguments in order."); break;
    case AST_DESCRIPTOR: case AST_TABLE_ARG: err_at(err, E_INVALID, ast->span, "DESCRIPTOR and TABLE can stand only among the arguments of a table function"); break;
    }
    b->depth--;
    if (expr) expr_set_origin(expr, b->origin);
    return expr;
}

Expr *bind_condition(Binder *b, const ExprScope *es, const Ast *ast, Err *err)
{
    Expr *expr = bind_expr(b, es, ast, err);
    if (!expr) return NULL;
    if (expr->type->kind == TYPE_NULL) return expr_const(b->arena, type_simple(TYPE_BOOLEAN, true), datum_null(), expr->span);
    if (expr->type->kind == TYPE_BOOLEAN) return expr;
    err_at(err, E_TYPE, ast->span, "%s must be a condition, but it is " STR_FMT, es->clause, STR_ARG(type_text(b->arena, expr->type)));
    return NULL;
}
