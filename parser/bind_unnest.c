/* UNNEST: a collection as rows, by itself or for each row of what stands before it in FROM (tests/conformance). */
#include "parser/bind.h"

/* Columns of one element: fields of a row, KEY and VALUE of a map, else one. */
static bool element_columns(Binder *b, const Type *type, bool outer, Span span, Schema *out, Err *err)
{
    Field pair[2];
    const Field *fields = NULL;
    uint32_t n = 0;
    if (type->kind == TYPE_MAP) {
        pair[0] = (Field){ .name = STR("KEY"), .type = type->key };
        pair[1] = (Field){ .name = STR("VALUE"), .type = type->elem };
        fields = pair, n = 2;
    } else if (type->kind == TYPE_ARRAY || type->kind == TYPE_MULTISET) {
        if (type->elem->kind == TYPE_ROW) fields = type->elem->fields, n = type->elem->nfields;
        else pair[0] = (Field){ .name = STR("EXPR$0"), .type = type->elem }, fields = pair, n = 1;
    } else {
        err_at(err, E_TYPE, span, "UNNEST needs an ARRAY, MAP or MULTISET, but it is given " STR_FMT, STR_ARG(type_text(b->arena, type)));
        return false;
    }
    Schema *schema = schema_new(b->arena, n + 1);
    for (uint32_t i = 0; i < n; i++) *schema_col(schema, i) = (Column){ fields[i].name, outer ? type_with_null(b->arena, fields[i].type, true) : fields[i].type };
    schema->n = n;
    *out = *schema;
    return true;
}

bool bind_unnest(Binder *b, const AstFrom *from, const Relation *left, bool outer, const Ast *on, Relation *out, Err *err)
{
    Relation base = { 0 };
    if (left) base = *left;
    else base.node = plan_one_row(b, from->span);
    if (from->unnest.n != 1) return refuse_clause(err, from->span, "UNNEST of several collections is", "Unnest them one after the other.");
    if (outer && !on) return err_at(err, E_INVALID, from->span, "the join has no condition"), err_hint(err, "Write LEFT JOIN UNNEST(..) ON TRUE.");
    const ExprScope es = { .scope = &base.scope, .clause = "UNNEST" };
    Expr *collection = bind_expr(b, &es, from->unnest.v[0], err);
    if (collection) collection = expr_fold(&b->ctx, collection, err);
    if (collection && reads_outer(collection)) return refuse_clause(err, collection->span, "UNNEST of a column of the outer query is", "Write FROM t CROSS JOIN UNNEST(t.column) and GROUP BY the key.");
    Schema elements;
    if (!collection || !element_columns(b, collection->type, outer, from->span, &elements, err)) return false;
    if (from->ordinality) *schema_col(&elements, elements.n++) = (Column){ STR("ORDINALITY"), type_simple(TYPE_INT, outer) };
    const Schema *in = base.node->schema;
    Schema *schema = schema_new(b->arena, in->n + elements.n);
    memcpy((Column *)schema->cols, in->cols, sizeof *in->cols * in->n);
    memcpy((Column *)schema->cols + in->n, elements.cols, sizeof *in->cols * elements.n);
    PlanNode *node = plan_node(b->plan, PLAN_UNNEST, &base.node, 1, schema, from->span);
    node->u.unnest = (UnnestConfig){ .collection = collection, .ordinality = from->ordinality, .outer = outer };
    *out = (Relation){ .node = node, .scope = base.scope };
    ScopeTable *table = scope_add(b, &out->scope, from->alias.name, &elements, in->n);
    if (!rename_columns(b, table, &from->alias_cols, from->alias.span, err)) return false;
    if (!on) return true;
    const ExprScope condition = { .scope = &out->scope, .clause = "ON clause" };
    Expr *expr = bind_condition(b, &condition, on, err);
    if (expr && reads_outer(expr)) return refuse_clause(err, expr->span, "a column of the outer query in ON is", "Use it in WHERE, compared by =.");
    if (expr) expr = expr_fold(&b->ctx, expr, err);
    if (!expr) return false;
    bool always = expr->kind == EXPR_CONST && !expr->value.null && expr->value.v.b;
    if (!always) node->u.unnest.condition = expr;
    return true;
}
