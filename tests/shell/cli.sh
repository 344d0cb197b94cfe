#!/usr/bin/env bash
# Flags, exit codes, output modes, where things are printed.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
export WEIR_LOG_TEXT=1
code() { local rc=0; "$@" > "$dir/out" 2> "$dir/err" || rc=$?; echo $rc; }
says() { grep -qF -- "$1" "$dir/err" || fail "stderr lacks [$1]: $(cat "$dir/err")"; }

same "$(code "$WEIR" --help)" 0; grep -q 'Examples' "$dir/out"
same "$(code "$WEIR" --version)" 0; grep -q '^weir ' "$dir/out"
same "$(code "$WEIR" --frmat json)" 2; says 'Did you mean --format'
same "$(code "$WEIR" chekc x.sql)" 2; says 'Did you mean weir check'
same "$(code "$WEIR" run)" 2; says 'needs a file'
same "$(code "$WEIR" run "$dir/none.sql")" 2; says 'none.sql'
# exit codes of SQL
same "$(code "$WEIR" -c "SELEC 1;")" 3; says 'SELEC'
same "$(code "$WEIR" -c "SELECT nope FROM (VALUES (1)) AS t(note);")" 3; says '42703'; says 'note'
same "$(code "$WEIR" -c "SET 'execution.runtime-mode'='batch'; SELECT CAST(x AS INT) FROM (VALUES ('1'), ('x')) AS t(x);")" 1
same "$(code "$WEIR" -c 'SELECT ${NOT_SET_ANYWHERE};')" 2; says 'NOT_SET_ANYWHERE'
# rows on stdout, the rest on stderr
same "$(code "$WEIR" --format csv -c "SET 'execution.runtime-mode'='batch'; SELECT 1 AS a, 'x,y' AS b, CAST(NULL AS INT) AS c;")" 0
same "$(cat "$dir/out")" $'a,b,c\n1,"x,y",'
same "$("$WEIR" -q --format json -c "SET 'execution.runtime-mode'='batch'; SELECT 1 AS a, 'q\"' AS b, ARRAY[1,2] AS c, TRUE AS d;")" '[{"a":1,"b":"q\"","c":[1,2],"d":true}]'
same "$("$WEIR" -q --format jsonlines -c "SET 'execution.runtime-mode'='batch'; SELECT x FROM (VALUES (1),(2)) AS t(x) ORDER BY x;")" $'{"x":1}\n{"x":2}'
same "$("$WEIR" -q --format markdown -c "SET 'execution.runtime-mode'='batch'; SELECT 'a' AS s, 1 AS n;")" $'| s | n |\n|---|--:|\n| a | 1 |'
# variables, stdin, several inputs, init file
same "$(echo "SET 'execution.runtime-mode'='batch'; SELECT '\${WHO:-nobody}' AS w" | "$WEIR" run -q --format csv -)" $'w\nnobody'
same "$(echo "SET 'execution.runtime-mode'='batch'; SELECT '\${WHO}' AS w;" | WHO=me "$WEIR" -q --format csv run -)" $'w\nme'
same "$(echo "SELECT '\${WHO}' AS w;" | "$WEIR" -q --format csv -D WHO=flag -D execution.runtime-mode=batch run -)" $'w\nflag'
echo "CREATE TABLE t (a INT) WITH ('connector'='datagen','number-of-rows'='3');" > "$dir/init.sql"
same "$("$WEIR" -q --format csv -i "$dir/init.sql" -c "SET 'execution.runtime-mode'='batch'; SELECT COUNT(*) AS n FROM t;")" $'n\n3'
# check needs no broker, reports every bad statement
cat > "$dir/two.sql" <<'S'
CREATE TABLE k (a INT) WITH ('connector'='kafka','topic'='t','properties.bootstrap.servers'='nowhere:1','format'='json','scan.startup.mode'='earliest-offset');
SELECT b FROM k;
SELECT FROM;
SELECT COUNTT(a) FROM k;
S
same "$(code "$WEIR" check "$dir/two.sql")" 3
says 'two.sql:2:8'; says 'two.sql:3:'; says 'two.sql:4:8'
# check needs no environment either
same "$(code "$WEIR" check - <<< "CREATE TABLE v (a INT) WITH ('connector'='datagen','number-of-rows'='3', 'fields.a.kind'='random'); SELECT '\${UNSET_HERE}' FROM v;")" 0
# secrets stay out
same "$(code "$WEIR" -c "CREATE TABLE s (a INT) WITH ('connector'='jdbc','url'='jdbc:postgresql://h/d','table-name'='t','username'='u','password'='hunter2', 'nonsense'='1'); SELECT * FROM s;")" 3
! grep -q hunter2 "$dir/err" || fail "the password shows"
same "$(code "$WEIR" -c "CREATE TABLE a (a INT) WITH ('connector'='jdbc','password'=SEKRET);")" 3
! grep -q SEKRET "$dir/err" || fail "a password without quotes shows"
same "$(code "$WEIR" -c "SET 'x.url'='jdbc:postgresql://u:SEKRET@h/x'; SET;")" 0
! grep -q SEKRET "$dir/out" "$dir/err" || fail "SET shows a password"
# rows that cannot be written are an error; a reader that has gone is none
rc=0; "$WEIR" -q -c "SELECT 1;" > /dev/full 2> "$dir/err" || rc=$?
same $rc 1; says 'cannot be written'
# records left out are counted
printf '{"a":1}\nbroken\n' > "$dir/bad.json"
same "$(code "$WEIR" --format csv -c "CREATE TABLE f (a INT) WITH ('connector'='filesystem','path'='$dir/bad.json','format'='json','json.ignore-parse-errors'='true'); SELECT * FROM f;")" 0
says 'could not be read: 1'
# LIMIT is the end of a query over an endless table, with a filter and with two inputs too
endless="CREATE TABLE g (a INT) WITH ('connector'='datagen','rows-per-second'='1000');"
same "$(timeout 20 "$WEIR" -q --format csv -c "$endless SELECT 1 AS n FROM g WHERE a > 0 LIMIT 3;")" $'op,n\n+I,1\n+I,1\n+I,1'
same "$(timeout 20 "$WEIR" -q --format csv -c "$endless SELECT 1 AS n FROM (SELECT a FROM g WHERE a > 0 LIMIT 2) UNION ALL SELECT 1 FROM (SELECT a FROM g WHERE a < 0 LIMIT 1);")" $'op,n\n+I,1\n+I,1\n+I,1'
# a job to its end, SIGTERM
same "$(code "$WEIR" run - <<< "CREATE TABLE g (a INT) WITH ('connector'='datagen','number-of-rows'='5'); CREATE TABLE p (a INT) WITH ('connector'='print'); INSERT INTO p SELECT 1 FROM g;")" 0
same "$(grep -c '^+I\[1\]$' "$dir/out")" 5
"$WEIR" run - > "$dir/endless" 2> "$dir/err" <<< "CREATE TABLE g (a INT) WITH ('connector'='datagen','rows-per-second'='100'); CREATE TABLE p (a INT) WITH ('connector'='print'); INSERT INTO p SELECT 1 FROM g;" & job=$!
pids="$pids $job"
wait_for 10 grep -q '+I' "$dir/endless"
# two signals close together, as timeout(1) sends them, are one request
kill -TERM $job; sleep 0.01; kill -TERM $job || true; rc=0; wait $job || rc=$?
same $rc 0
# so does an INSERT that is waited for: what its sink holds is written
"$WEIR" run - 2> "$dir/err" <<< "SET 'table.dml-sync' = 'true'; CREATE TABLE g (a INT) WITH ('connector'='datagen','rows-per-second'='100');
CREATE TABLE f (a INT) WITH ('connector'='filesystem','format'='csv','path'='$dir/files'); INSERT INTO f SELECT 1 FROM g;" & job=$!
pids="$pids $job"
in_progress() { ls "$dir"/files/.part-*.inprogress; }
wait_for 10 in_progress > /dev/null 2>&1
kill -TERM $job; rc=0; wait $job || rc=$?
same $rc 0
grep -q '^1$' "$dir"/files/part-* || fail "the rows were lost"
# a job that fails beside an endless one is told of at once
"$WEIR" run - > "$dir/endless" 2> "$dir/err" <<< "CREATE TABLE g (a INT, s STRING) WITH ('connector'='datagen','rows-per-second'='100'); CREATE TABLE b (a INT) WITH ('connector'='blackhole');
INSERT INTO b SELECT a FROM g; INSERT INTO b SELECT CAST(s AS INT) FROM g;" & job=$!
pids="$pids $job"
wait_for 10 grep -q 'failed, the others go on: .*cannot be read as INT' "$dir/err"
kill -TERM $job; rc=0; wait $job || rc=$?
same $rc 1
