#!/usr/bin/env bash
# PostgreSQL is stopped while a job writes to it and comes back: every row arrives, the log says what happened.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
table=outage_$$
pg "CREATE TABLE $table (id bigint PRIMARY KEY, v double precision)"
cat > "$dir/job.sql" <<S
CREATE TABLE numbers (id BIGINT, v DOUBLE) WITH ('connector' = 'datagen', 'rows-per-second' = '2000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '12000');
CREATE TABLE sink (id BIGINT, v DOUBLE, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = '$WEIR_TEST_PG_URL', 'table-name' = '$table', 'username' = 'weir',
  'password' = 'none', 'sink.buffer-flush.interval' = '100 ms');
INSERT INTO sink SELECT id, v FROM numbers;
S
"$WEIR" run "$dir/job.sql" 2> "$dir/job.log" & job=$!
pids="$pids $job"
some() { [ "$(pg "SELECT count(*) FROM $table")" -gt 1000 ]; }
wait_for 30 some || { cat "$dir/job.log"; fail "no rows"; }
tests/lib/services.sh stop "$WEIR_TEST_SERVICES" pg immediate
wait_for 20 grep -q 'is away' "$dir/job.log" || { cat "$dir/job.log"; fail "the outage was not reported"; }
tests/lib/services.sh start "$WEIR_TEST_SERVICES" pg
rc=0; wait $job || rc=$?
[ $rc = 0 ] || { cat "$dir/job.log"; fail "exit code $rc"; }
same "$(pg "SELECT count(*), min(id), max(id) FROM $table")" "12000|1|12000"
grep -q 'answers again' "$dir/job.log" || { cat "$dir/job.log"; fail "the return was not reported"; }
pg "DROP TABLE $table"
