/* Binder: names of columns, scopes, ambiguity, GROUP BY rules, time attributes, errors with their places. */
#include "tests/unit/plan_text.h"

static void output_names(void **state)
{
    (void)state;
    expect_schema("SELECT id, id AS x, v + 1, r.b, t.k FROM t;", "id INT, x INT, EXPR$2 INT, b STRING, k STRING");
    expect_schema("SELECT id AS x, v AS x, id + v AS x0 FROM t;", "x INT, x0 INT, x00 INT");
    expect_schema("SELECT plain.*, r.* FROM plain, (SELECT r FROM t) s;", "id INT, k STRING, v INT, a INT, b STRING");
    expect_schema("VALUES (1, 'a'), (2, 'bbb');", "EXPR$0 INT NOT NULL, EXPR$1 VARCHAR(3) NOT NULL");
    expect_schema("SELECT x FROM (VALUES (1, 2)) AS s (x, y);", "x INT NOT NULL");
    expect_schema("WITH q (a, b) AS (SELECT id, k FROM plain) SELECT b FROM q;", "b STRING");
}

static void literal_types(void **state)
{
    (void)state;
    expect_schema("SELECT -2147483648, 2147483648, 00.10, 1e3, 'ab', x'0a', TRUE;",
        "EXPR$0 INT NOT NULL, EXPR$1 BIGINT NOT NULL, EXPR$2 DECIMAL(4, 2) NOT NULL, EXPR$3 DOUBLE NOT NULL, EXPR$4 CHAR(2) NOT NULL, EXPR$5 BINARY(1) NOT NULL, EXPR$6 BOOLEAN NOT NULL");
    expect_schema("SELECT INTERVAL '1-2' YEAR TO MONTH, INTERVAL '2 3:4:5.6' DAY TO SECOND, DATE '2024-02-29', TIMESTAMP '2024-01-01 00:00:00.12';",
        "EXPR$0 INTERVAL MONTH NOT NULL, EXPR$1 INTERVAL SECOND(3) NOT NULL, EXPR$2 DATE NOT NULL, EXPR$3 TIMESTAMP(2) NOT NULL");
    expect_error("SELECT 9223372036854775808;", E_RANGE, "9223372036854775808");
    expect_error("SELECT INTERVAL '100' DAY;", E_INVALID, "INTERVAL '100' DAY");
    expect_error("SELECT INTERVAL '0:61' HOUR TO MINUTE;", E_INVALID, "INTERVAL '0:61' HOUR TO MINUTE");
    expect_error("SELECT DATE '2021-02-29';", E_INVALID, "DATE '2021-02-29'");
}

static void unknown_names(void **state)
{
    (void)state;
    expect_error("SELECT vv FROM plain;", E_NO_COLUMN, "vv");
    expect_error("SELECT V FROM plain;", E_NO_COLUMN, "V");
    expect_error("SELECT id FROM plane;", E_NO_TABLE, "plane");
    expect_error("SELECT x.id FROM plain;", E_NO_TABLE, "x");
    expect_error("SELECT plain.idd FROM plain;", E_NO_COLUMN, "idd");
    expect_error("SELECT r.nope FROM t;", E_NO_COLUMN, "nope");
    expect_error("SELECT UPPR(k) FROM plain;", E_NO_FUNCTION, "UPPR");
    expect_error("SELECT SUMM(v) FROM plain;", E_NO_FUNCTION, "SUMM");
    expect_error("INSERT INTO nope SELECT k, 1 FROM plain;", E_NO_TABLE, "nope");
    expect_error("INSERT INTO all_sink (k, m) SELECT k, 1 FROM plain;", E_NO_COLUMN, "m");
    expect_error("SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(tz), INTERVAL '1' MINUTE));", E_NO_COLUMN, "tz");
    expect_hint("SELECT idd FROM plain;", "Did you mean \"id\"?");
    expect_hint("SELECT id FROM plane;", "Did you mean \"plain\"?");
    expect_hint("SELECT UPPR(k) FROM plain;", "Did you mean UPPER?");
}

static void ambiguity(void **state)
{
    (void)state;
    expect_error("SELECT id FROM plain a JOIN plain b ON a.id = b.id;", E_AMBIGUOUS, "id");
    expect_error("SELECT * FROM (SELECT id, k, id FROM plain) s;", E_AMBIGUOUS, "*");
    expect_error("SELECT a.id FROM plain a JOIN t a ON TRUE;", E_DUP_TABLE, "t a");
    expect_schema("SELECT id, a.v FROM plain a JOIN plain b USING (id);", "id INT, v INT");
    expect_schema("SELECT * FROM plain a NATURAL JOIN (SELECT id, 1 AS one1 FROM ups) b;", "id INT, k STRING, v INT, one1 INT NOT NULL");
}

static void aliases(void **state)
{
    (void)state;
    expect_error("SELECT v + 1 AS x FROM plain WHERE x > 1;", E_NO_COLUMN, "x");
    expect_error("SELECT v + 1 AS x, COUNT(*) FROM plain GROUP BY x;", E_NO_COLUMN, "x");
    expect_error("SELECT k, COUNT(*) AS c FROM plain GROUP BY k HAVING c > 1;", E_NO_COLUMN, "c");
    expect_error("SELECT v + 1 AS x, x + 1 FROM plain;", E_NO_COLUMN, "x");
    expect_schema("SET 'execution.runtime-mode'='batch'; SELECT v + 1 AS x FROM plain ORDER BY x * 2, id;", "x INT");
    expect_error("SET 'execution.runtime-mode'='batch'; SELECT v FROM plain ORDER BY 2;", E_INVALID, "2");
    expect_error("SET 'execution.runtime-mode'='batch'; SELECT DISTINCT v FROM plain ORDER BY id;", E_INVALID, "id");
}

static void grouping_rules(void **state)
{
    (void)state;
    expect_error("SELECT id, COUNT(*) FROM plain GROUP BY k;", E_GROUPING, "id");
    expect_error("SELECT id FROM plain HAVING COUNT(*) > 1;", E_GROUPING, "id");
    expect_error("SELECT * FROM plain GROUP BY k;", E_GROUPING, "*");
    expect_error("SELECT SUM(COUNT(*)) FROM plain;", E_GROUPING, "COUNT(*)");
    expect_error("SELECT id FROM plain WHERE COUNT(*) > 1;", E_GROUPING, "COUNT(*)");
    expect_error("SELECT GROUPING(k) FROM plain;", E_GROUPING, "GROUPING(k)");
    expect_schema("SELECT UPPER(k) || 'x', SUM(v), COUNT(*), GROUPING(UPPER(k)) FROM plain GROUP BY UPPER(k);", "EXPR$0 STRING, EXPR$1 INT, EXPR$2 BIGINT NOT NULL, EXPR$3 BIGINT NOT NULL");
    expect_schema("SELECT CASE WHEN v > 1 THEN 'a' ELSE 'b' END AS c, COUNT(*) FROM plain GROUP BY CASE WHEN v > 1 THEN 'a' ELSE 'b' END;", "c CHAR(1) NOT NULL, EXPR$1 BIGINT NOT NULL");
    expect_schema("SELECT one1, COUNT(*) FROM (SELECT 1 AS one1, v FROM plain) GROUP BY GROUPING SETS ((one1), ());", "one1 INT, EXPR$1 BIGINT NOT NULL");
}

static void time_attributes(void **state)
{
    (void)state;
    expect_schema("SELECT ts, p, ts + INTERVAL '1' SECOND, CAST(ts AS TIMESTAMP(3)), COALESCE(ts, ts) FROM t;",
        "ts TIMESTAMP(3) *ROWTIME*, p TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*, EXPR$2 TIMESTAMP(3), EXPR$3 TIMESTAMP(3), EXPR$4 TIMESTAMP(3)");
    expect_schema("SELECT window_start, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time;",
        "window_start TIMESTAMP(3) NOT NULL, window_time TIMESTAMP(3) NOT NULL *ROWTIME*");
    expect_schema("SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) AS s, TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE) AS w FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);",
        "s TIMESTAMP(3) NOT NULL, w TIMESTAMP(3) *ROWTIME*");
    expect_schema("SELECT ts FROM t GROUP BY ts;", "ts TIMESTAMP(3)");
    expect_schema("SET 'execution.runtime-mode'='batch'; SELECT ts FROM t;", "ts TIMESTAMP(3)");
    expect_error("SELECT COUNT(*) FROM (SELECT CAST(ts AS TIMESTAMP(3)) AS c FROM t) GROUP BY TUMBLE(c, INTERVAL '1' MINUTE);", E_TYPE, "c");
}

static void window_arguments(void **state)
{
    (void)state;
    expect_error("SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MONTH);", E_TYPE, "INTERVAL '1' MONTH");
    expect_error("SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' MINUTE));", E_INVALID, "INTERVAL '1' MINUTE");
    expect_error("SELECT * FROM TABLE(TUMBLE(SIZE => INTERVAL '1' MINUTE, DATA => TABLE t, TIMECOL => DESCRIPTOR(ts)));", E_INVALID, "SIZE => INTERVAL '1' MINUTE");
    expect_error("SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);", E_GROUPING, "TUMBLE_START(ts, INTERVAL '2' MINUTE)");
    expect_error("SELECT window_start, SUM(v) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;", E_INVALID,
        "SELECT window_start, SUM(v) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end");
}

static void views(void **state)
{
    (void)state;
    expect_schema("CREATE VIEW w (x, y) AS SELECT id, k FROM plain; SELECT y, x FROM w;", "y STRING, x INT");
    expect_error("CREATE VIEW w AS SELECT id FROM plain; DROP TABLE plain; SELECT id FROM w;", E_NO_TABLE, "w");
    expect_error("CREATE VIEW w AS SELECT id FROM plain; SELECT k FROM w;", E_NO_COLUMN, "k");
    expect_error("WITH a AS (SELECT id FROM b), b AS (SELECT id FROM plain) SELECT * FROM a;", E_NO_TABLE, "b");
    expect_schema("WITH plain AS (SELECT 1 AS x) SELECT * FROM plain;", "x INT NOT NULL");
}

static void inserts(void **state)
{
    (void)state;
    expect_error("INSERT INTO all_sink SELECT k FROM plain;", E_TYPE, "SELECT k FROM plain");
    expect_error("INSERT INTO all_sink SELECT id, v FROM plain;", E_TYPE, "SELECT id, v FROM plain");
    expect_error("INSERT INTO all_sink (k, k) SELECT k, k FROM plain;", E_DUP_COLUMN, "k");
    expect_error("INSERT INTO keyed (n) SELECT v FROM plain;", E_NOT_NULL, "keyed");
    expect_error("INSERT INTO all_sink VALUES ('a', NULL);", E_TYPE, "NULL");
    expect_schema("INSERT INTO all_sink (n) SELECT v FROM plain;", "k STRING, n BIGINT");
}

static void subqueries(void **state)
{
    (void)state;
    expect_schema("SELECT id, (SELECT MAX(v) FROM ups) AS m, (SELECT COUNT(*) FROM ups WHERE ups.id = plain.id) AS c FROM plain;", "id INT, m INT, c BIGINT");
    expect_error("SELECT (SELECT id, k FROM ups) FROM plain;", E_INVALID, "(SELECT id, k FROM ups)");
    expect_error("SELECT (SELECT MAX(v) FROM ups WHERE ups.id > plain.id) FROM plain;", E_UNSUPPORTED, "ups.id > plain.id");
    expect_error("SELECT (SELECT SUM(x) FROM UNNEST(t.arr) AS e (x)) FROM t;", E_UNSUPPORTED, "t.arr");
    expect_error("SELECT (SELECT SUM(ups.v + plain.v) FROM ups) FROM plain;", E_UNSUPPORTED, "plain.v");
    expect_error("SELECT (SELECT MAX(a.v) FROM ups a JOIN ups b ON a.id = b.id AND a.v = plain.v) FROM plain;", E_UNSUPPORTED, "a.id = b.id AND a.v = plain.v");
    expect_schema("SELECT id FROM plain WHERE EXISTS (SELECT 1 FROM ups WHERE ups.id = plain.id) AND k IN (SELECT k FROM ups) AND v > 1;", "id INT");
    expect_schema("SELECT id FROM plain WHERE NOT EXISTS (SELECT * FROM ups WHERE ups.id = plain.id);", "id INT");
    expect_schema("SELECT id FROM plain WHERE v NOT IN (SELECT v FROM ups);", "id INT");
    expect_schema("SELECT id FROM plain WHERE v > 1 OR v IN (SELECT v FROM ups) OR v > ALL (SELECT v FROM ups);", "id INT");
    expect_error("SELECT id FROM plain WHERE (id, v) NOT IN (SELECT id, v FROM ups);", E_UNSUPPORTED, "(id, v) NOT IN (SELECT id, v FROM ups)");
    expect_error("SELECT EXISTS (SELECT 1 FROM ups WHERE ups.id = plain.id) FROM plain;", E_UNSUPPORTED, "EXISTS (SELECT 1 FROM ups WHERE ups.id = plain.id)");
    expect_error("SELECT v > ANY (SELECT id, v FROM ups) FROM plain;", E_TYPE, "v > ANY (SELECT id, v FROM ups)");
    expect_error("SELECT id FROM plain WHERE v IN (SELECT id, v FROM ups);", E_TYPE, "v IN (SELECT id, v FROM ups)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_names), cmocka_unit_test(literal_types), cmocka_unit_test(unknown_names), cmocka_unit_test(ambiguity), cmocka_unit_test(aliases),
        cmocka_unit_test(grouping_rules), cmocka_unit_test(time_attributes), cmocka_unit_test(window_arguments), cmocka_unit_test(views), cmocka_unit_test(inserts),
        cmocka_unit_test(subqueries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
