#!/usr/bin/env bash
# Jobs on a real PostgreSQL: append, upsert with retractions, a filtered scan back, a table that does not exist.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
schema=e2e_jdbc_$$
pg "CREATE SCHEMA $schema; CREATE TABLE $schema.totals (k text PRIMARY KEY, total bigint, largest numeric(10,2), seen timestamp(3));
    CREATE TABLE $schema.events (id int, k text, price numeric(10,2), moment timestamp(3), tags text[], ok bool)"
options="'connector' = 'jdbc', 'url' = '$WEIR_TEST_PG_URL', 'username' = 'weir', 'password' = 'none'"
cat > "$dir/tables.sql" <<S
CREATE TABLE events (id INT, k STRING, price DECIMAL(10, 2), moment TIMESTAMP(3), tags ARRAY<STRING>, ok BOOLEAN) WITH ($options, 'table-name' = '$schema.events');
CREATE TABLE totals (k STRING, total BIGINT, largest DECIMAL(10, 2), seen TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED) WITH ($options, 'table-name' = '$schema.totals');
S
cat "$dir/tables.sql" - > "$dir/append.sql" <<'S'
INSERT INTO events VALUES (1, 'a', 1.50, TIMESTAMP '2024-01-01 00:00:00.123', ARRAY['x', 'y "z"'], TRUE), (2, 'b', 2.25, TIMESTAMP '2024-01-01 00:00:01', CAST(NULL AS ARRAY<STRING>), FALSE),
  (3, 'a', 10.00, CAST(NULL AS TIMESTAMP(3)), ARRAY['q'], CAST(NULL AS BOOLEAN));
S
"$WEIR" run "$dir/append.sql"
same "$(pg "SELECT * FROM $schema.events ORDER BY id" | head -n 1)" '1|a|1.50|2024-01-01 00:00:00.123|{x,"y \"z\""}|t'
cat "$dir/tables.sql" - > "$dir/totals.sql" <<'S'
INSERT INTO totals SELECT k, COUNT(*), MAX(price), MAX(moment) FROM events GROUP BY k;
S
"$WEIR" run "$dir/totals.sql"
same "$(pg "SELECT * FROM $schema.totals ORDER BY k")" "$(printf 'a|2|10.00|2024-01-01 00:00:00.123\nb|1|2.25|2024-01-01 00:00:01')"
rows=$("$WEIR" run - <<S | grep -c 'y "z"' || true
$(cat "$dir/tables.sql")
SELECT id, tags FROM events WHERE price < 2 AND k = 'a' LIMIT 5;
S
)
same "$rows" 1
rc=0; "$WEIR" run - 2> "$dir/missing.log" <<S || rc=$?
CREATE TABLE missing (a INT) WITH ($options, 'table-name' = '$schema.missing');
INSERT INTO missing VALUES (1);
S
same $rc 1
grep -q "$schema.missing.* does not exist" "$dir/missing.log" || { cat "$dir/missing.log"; fail "the message does not name the table"; }
pg "DROP SCHEMA $schema CASCADE"
