#!/usr/bin/env bash
# Files through whole jobs: partitions written and read back, metadata, csv and json, INSERT OVERWRITE, a watched directory, a bad record.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
run() { "$WEIR" -q --format csv -D execution.runtime-mode=batch -D table.dml-sync=true run "$@"; }
table="CREATE TABLE f (s STRING, v INT, price DECIMAL(10, 2), d STRING) PARTITIONED BY (d) WITH ('connector' = 'filesystem', 'path' = 'file://$dir/f', 'format' = 'csv', 'csv.null-literal' = 'NULL',
  'sink.partition-commit.policy.kind' = 'success-file');"
same "$(run - <<S
$table
INSERT INTO f VALUES ('a', 1, 1.50, 'x'), ('b, "c"', 2, 100.00, 'x y'), ('d', 3, CAST(NULL AS DECIMAL(10, 2)), '');
INSERT INTO f PARTITION (d = 'z') VALUES ('static', 4, 0.1);
SELECT * FROM f ORDER BY v;
S
)" "$(printf 's,v,price,d\na,1,1.50,x\n"b, ""c""",2,100.00,x y\nd,3,,\nstatic,4,0.10,z')"
same "$(cat "$dir/f/d=x y/"part-*)" '"b, ""c""",2,1E+2'
same "$(find "$dir/f" -name _SUCCESS | wc -l)" 4
same "$(find "$dir/f" -name '.*' -type f | wc -l)" 0
same "$(run - <<S
$table
INSERT OVERWRITE f PARTITION (d = 'z') VALUES ('new', 5, 1.0);
INSERT OVERWRITE f VALUES ('other', 6, 2.0, 'x');
SELECT s, d FROM f ORDER BY v;
S
)" "$(printf 's,d\n"b, ""c""",x y\nd,\nnew,z\nother,x')"
# metadata, json
mkdir "$dir/j"
printf '{"a":1}\n{"a":2}\n' > "$dir/j/one.json"
same "$(run - <<S
CREATE TABLE j (a INT, name STRING METADATA FROM 'file.name', size BIGINT METADATA FROM 'file.size') WITH ('connector' = 'filesystem', 'path' = '$dir/j', 'format' = 'json');
SELECT a, name, size FROM j ORDER BY a DESC LIMIT 1;
S
)" "$(printf 'a,name,size\n2,one.json,16')"
# new files are found while the job runs; SIGTERM ends it
cat > "$dir/watch.sql" <<S
CREATE TABLE j (a INT) WITH ('connector' = 'filesystem', 'path' = '$dir/j', 'format' = 'json', 'source.monitor-interval' = '100 ms');
CREATE TABLE o (a INT) WITH ('connector' = 'filesystem', 'path' = '$dir/o', 'format' = 'json');
SET 'execution.checkpointing.interval' = '200 ms';
INSERT INTO o SELECT a FROM j;
S
"$WEIR" run "$dir/watch.sql" 2> "$dir/watch.log" & job=$!
pids="$pids $job"
lines() { [ "$(cat "$dir"/o/part-* | wc -l)" = "$1" ]; }
wait_for 20 lines 2 || { cat "$dir/watch.log"; fail "the first file did not arrive"; }
printf '{"a":3}\n' > "$dir/j/.two"; mv "$dir/j/.two" "$dir/j/two.json"
wait_for 20 lines 3 || { cat "$dir/watch.log"; fail "the new file was not found"; }
kill -TERM $job; rc=0; wait $job || rc=$?
same $rc 0
same "$(cat "$dir"/o/part-* | sort | tr -d '\n')" '{"a":1}{"a":2}{"a":3}'
# a bad record names its file and place
printf '1\nx\n' > "$dir/bad.csv"
rc=0; run - > "$dir/out" 2> "$dir/err" <<S || rc=$?
CREATE TABLE b (a INT) WITH ('connector' = 'filesystem', 'path' = '$dir/bad.csv', 'format' = 'csv');
SELECT * FROM b;
S
same $rc 1
grep -q 'bad.csv.* at byte 2' "$dir/err" || { cat "$dir/err"; fail "the place of the bad record is missing"; }
