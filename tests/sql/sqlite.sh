#!/usr/bin/env bash
# SQLite through whole jobs: a changelog becomes a table, read back with filters; two sinks into one file; errors.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
db="'connector' = 'jdbc', 'url' = 'jdbc:sqlite:$dir/t.db'"
run() { "$WEIR" -q --format csv -D table.dml-sync=true run "$@"; }
cat > "$dir/tables.sql" <<S
CREATE TABLE orders (id INT, who STRING, amount DECIMAL(10, 2), at_time TIMESTAMP(3)) WITH ($db, 'table-name' = 'orders');
CREATE TABLE totals (who STRING, n BIGINT, total DECIMAL(38, 2), PRIMARY KEY (who) NOT ENFORCED) WITH ($db, 'table-name' = 'totals');
CREATE TABLE seen (who STRING, last_time TIMESTAMP(3), PRIMARY KEY (who) NOT ENFORCED) WITH ($db, 'table-name' = 'seen');
S
run "$dir/tables.sql" - <<'S'
INSERT INTO orders VALUES (1, 'ann', 10.50, TIMESTAMP '2024-01-01 10:00:00.5'), (2, 'bob', 1.00, TIMESTAMP '2024-01-01 11:00:00'), (3, 'ann', 0.25, TIMESTAMP '2024-01-02 00:00:00');
EXECUTE STATEMENT SET BEGIN
INSERT INTO totals SELECT who, COUNT(*), SUM(amount) FROM orders GROUP BY who;
INSERT INTO seen SELECT who, MAX(at_time) FROM orders GROUP BY who;
END;
S
same "$(sqlite3 "$dir/t.db" 'SELECT * FROM totals ORDER BY who')" "$(printf 'ann|2|10.75\nbob|1|1.00')"
same "$(sqlite3 "$dir/t.db" 'SELECT * FROM seen ORDER BY who')" "$(printf 'ann|2024-01-02 00:00:00\nbob|2024-01-01 11:00:00')"
same "$(sqlite3 "$dir/t.db" 'SELECT at_time FROM orders WHERE id = 1')" '2024-01-01 10:00:00.500'
same "$(run -D execution.runtime-mode=batch "$dir/tables.sql" - <<'S'
SELECT id, amount FROM orders WHERE who = 'ann' AND amount > 1;
SELECT o.who FROM orders AS o WHERE o.who LIKE 'B%' OR o.id = 3;
S
)" "$(printf 'id,amount\n1,10.50\nwho\nann')"
# the table is there without the key that the job declares
sqlite3 "$dir/t.db" 'CREATE TABLE plain (who TEXT, n INT)'
rc=0; run - > "$dir/out" 2> "$dir/err" <<S || rc=$?
CREATE TABLE plain (who STRING, n INT, PRIMARY KEY (who) NOT ENFORCED) WITH ($db, 'table-name' = 'plain');
INSERT INTO plain VALUES ('a', 1);
S
same $rc 1
grep -q 'without a PRIMARY KEY' "$dir/err" || { cat "$dir/err"; fail "no hint about the key"; }
