/* Regular joins: kinds, padding and its taking back, NULL keys, conditions, deletes (flink-rules 2.12-15 and the scalar subquery cases). */
#include "tests/unit/op_driver.h"

static Driver *join_of(PlanJoinKind type, uint32_t nkeys)
{
    Driver *d = driver_new(PLAN_JOIN, "k INT, v STRING", "k INT, v STRING, k2 INT, v2 STRING");
    d->node.ninputs = 2;
    d->input_nodes[0].changes = d->input_nodes[1].changes = CHANGES_ALL;
    d->node.u.join = (JoinConfig){ .kind = type, .left_keys = COLS(d, 0), .right_keys = COLS(d, 0), .nkeys = nkeys };
    return d;
}

static void inner(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_INNER, 1);
    driver_expect(d, "+I 1 | a\n+I <NULL> | n\n@1\n+I 1 | x\n+I <NULL> | m\n+I 2 | y\n@0\n-U 1 | a\n+U 1 | b\n+I 2 | c\n@1\n-D 1 | never seen\n-D 1 | x\n",
        "+I 1 | a | 1 | x\n-U 1 | a | 1 | x\n+U 1 | b | 1 | x\n+I 2 | c | 2 | y\n-D 1 | b | 1 | never seen\n-D 1 | b | 1 | x\n");
    d->node.u.join.null_safe = true;
    driver_expect(d, "+I <NULL> | n\n@1\n+I <NULL> | m\n", "+I <NULL> | n | <NULL> | m\n");
    driver_free(d);
}

static void left(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_LEFT, 1);
    driver_expect(d, "+I 1 | a\n+I <NULL> | n\n@1\n+I 1 | x\n+I 1 | y\n-U 1 | x\n+U 1 | z\n-D 1 | z\n-D 1 | y\n@0\n-D 1 | a\n",
        "+I 1 | a | <NULL> | <NULL>\n+I <NULL> | n | <NULL> | <NULL>\n-D 1 | a | <NULL> | <NULL>\n+I 1 | a | 1 | x\n+I 1 | a | 1 | y\n-U 1 | a | 1 | x\n+I 1 | a | 1 | z\n"
        "-D 1 | a | 1 | z\n-D 1 | a | 1 | y\n+I 1 | a | <NULL> | <NULL>\n-D 1 | a | <NULL> | <NULL>\n");
    driver_free(d);
}

/* The changelog of the case scalar_uncorrelated: no key. */
static void without_keys(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_LEFT, 0);
    driver_expect(d, "+I 1 | 5\n@1\n+I 3 | m\n-U 3 | m\n+U 6 | m\n@0\n+I 2 | 9\n",
        "+I 1 | 5 | <NULL> | <NULL>\n-D 1 | 5 | <NULL> | <NULL>\n+I 1 | 5 | 3 | m\n-U 1 | 5 | 3 | m\n+I 1 | 5 | <NULL> | <NULL>\n"
        "-D 1 | 5 | <NULL> | <NULL>\n+I 1 | 5 | 6 | m\n+I 2 | 9 | 6 | m\n");
    driver_free(d);
}

static void full_and_right(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_FULL, 1);
    driver_expect(d, "+I 1 | a\n@1\n+I 2 | y\n+I 1 | x\n@0\n-D 1 | a\n",
        "+I 1 | a | <NULL> | <NULL>\n+I <NULL> | <NULL> | 2 | y\n-D 1 | a | <NULL> | <NULL>\n+I 1 | a | 1 | x\n-D 1 | a | 1 | x\n+I <NULL> | <NULL> | 1 | x\n");
    d->node.u.join.kind = PLAN_JOIN_RIGHT;
    driver_expect(d, "+I 1 | a\n@1\n+I 2 | y\n+I 1 | x\n@0\n-D 1 | a\n", "+I <NULL> | <NULL> | 2 | y\n+I 1 | a | 1 | x\n-D 1 | a | 1 | x\n+I <NULL> | <NULL> | 1 | x\n");
    driver_free(d);
}

static void with_condition(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_LEFT, 1);
    Expr **args = ARENA_ARRAY(d->arena, Expr *, 2);
    args[0] = expr_column(d->arena, 1, type_string(true), (Span){ 0, 0 });
    args[1] = expr_column(d->arena, 3, type_string(true), (Span){ 0, 0 });
    Err err = { 0 };
    d->node.u.join.condition = expr_call(&d->ctx, STR("<"), args, 2, (Span){ 0, 0 }, &err);
    assert_non_null(d->node.u.join.condition);
    driver_expect(d, "+I 1 | b\n@1\n+I 1 | a\n+I 1 | c\n-D 1 | a\n-D 1 | c\n", "+I 1 | b | <NULL> | <NULL>\n-D 1 | b | <NULL> | <NULL>\n+I 1 | b | 1 | c\n-D 1 | b | 1 | c\n+I 1 | b | <NULL> | <NULL>\n");
    driver_free(d);
}

static void damaged(void **state)
{
    (void)state;
    Driver *d = join_of(PLAN_JOIN_INNER, 1);
    driver_damage(d, "+I 1 | a\n+I 2 | a text of more than twelve bytes\n");
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner), cmocka_unit_test(left), cmocka_unit_test(without_keys), cmocka_unit_test(full_and_right), cmocka_unit_test(with_condition),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests_name("op_join", tests, NULL, NULL);
}
