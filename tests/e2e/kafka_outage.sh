#!/usr/bin/env bash
# The broker is stopped while one job writes a topic and another copies it: every row arrives once, the log says what happened.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
rows=20000 from=outage-$$ to=outage-copy-$$
topic() { # NAME TOPIC
    echo "CREATE TABLE $1 (id BIGINT) WITH ('connector' = 'kafka', 'topic' = '$2', 'properties.bootstrap.servers' = '$WEIR_TEST_KAFKA', 'format' = 'json',
      'scan.startup.mode' = 'earliest-offset', 'properties.reconnect.backoff.max.ms' = '500');"
}
{ echo "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '2000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '$rows');"
  topic filled "$from"; echo "INSERT INTO filled SELECT id FROM numbers;"; } > "$dir/fill.sql"
{ topic filled "$from"; topic copied "$to"; echo "INSERT INTO copied SELECT id FROM filled;"; } > "$dir/copy.sql"
echo '{"id":0}' | kcat -b "$WEIR_TEST_KAFKA" -P -t "$to"     # kcat is slow to read a topic that does not exist
"$WEIR" run "$dir/fill.sql" 2> "$dir/fill.log" & fill=$!
"$WEIR" run "$dir/copy.sql" 2> "$dir/copy.log" & copy=$!
pids="$pids $fill $copy"
copied() { topic_lines "$to" 2>/dev/null | wc -l; }
some() { [ "$(timeout 5 kcat -b "$WEIR_TEST_KAFKA" -C -t "$to" -q -o beginning -c 1000 | wc -l)" = 1000 ]; }   # without -e: the end is never reached while rows come
all() { [ "$(copied)" -gt $rows ]; }
wait_for 30 some || { cat "$dir"/*.log; fail "no rows"; }
tests/lib/services.sh stop "$WEIR_TEST_SERVICES" kafka
for log in fill copy; do wait_for 20 grep -q 'no broker can be reached' "$dir/$log.log" || { cat "$dir/$log.log"; fail "the outage was not reported by $log"; }; done
tests/lib/services.sh start "$WEIR_TEST_SERVICES" kafka
rc=0; wait $fill || rc=$?
[ $rc = 0 ] || { cat "$dir/fill.log"; fail "exit code $rc"; }
wait_for 60 all || { cat "$dir/copy.log"; fail "only $(copied) of $rows rows were copied"; }
kill -TERM $copy
rc=0; wait $copy || rc=$?
[ $rc = 0 ] || { cat "$dir/copy.log"; fail "exit code $rc of the copy"; }
same "$(topic_lines "$to" | sort -u | wc -l) $(copied)" "$((rows + 1)) $((rows + 1))"
grep -q 'writing again' "$dir/fill.log" || { cat "$dir/fill.log"; fail "the return was not reported"; }
