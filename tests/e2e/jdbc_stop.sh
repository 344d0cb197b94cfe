#!/usr/bin/env bash
# SIGTERM ends a job whose database never answered, at once and as a failure that says why.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
cat > "$dir/job.sql" <<'S'
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
CREATE TABLE sink (id BIGINT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/none', 'table-name' = 'none');
INSERT INTO sink SELECT id FROM numbers;
S
"$WEIR" run "$dir/job.sql" 2> "$dir/job.log" & job=$!
pids="$pids $job"
wait_for 20 grep -q 'is away' "$dir/job.log" || { cat "$dir/job.log"; fail "the missing server was not reported"; }
kill -TERM $job
start=$SECONDS rc=0
wait $job || rc=$?
same $rc 1
[ $((SECONDS - start)) -lt 5 ] || fail "it took $((SECONDS - start)) s"
grep -q 'cancelled while the database was away' "$dir/job.log" || { cat "$dir/job.log"; fail "no reason given"; }
