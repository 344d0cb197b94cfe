#!/usr/bin/env bash
# Exactly-once to Kafka. First the sink's own tests: writers that are killed, two writers, a broker that is killed. Then a whole job, killed again and
# again while another one fills its source: readers of committed rows see each row once, and the source's group stands where the rows do.
cd "$(dirname "$0")/../.."
[ -n "$WEIR_TEST_KAFKA" ] && [ -n "$WEIR_TEST_SERVICES" ] || { echo "no broker" >&2; exit 1; }
[ -x build/unit/test_kafka_txn ] || make -s build/unit/test_kafka_txn
build/unit/test_kafka_txn || exit 1

. tests/lib/e2e.sh
kills=8 from=once-$$ to=once-copy-$$
export WEIR_STATE_DIR=$dir/state
topic() { # NAME TOPIC MORE
    echo "CREATE TABLE $1 (id BIGINT) WITH ('connector' = 'kafka', 'topic' = '$2', 'properties.bootstrap.servers' = '$WEIR_TEST_KAFKA', 'format' = 'json', $3);"
}
{ echo "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');"
  topic filled "$from" "'sink.delivery-guarantee' = 'at-least-once'"; echo "INSERT INTO filled SELECT id FROM numbers;"; } > "$dir/fill.sql"
{ echo "SET 'execution.checkpointing.interval' = '100 ms';"
  topic filled "$from" "'scan.startup.mode' = 'earliest-offset', 'properties.group.id' = '$to'"
  topic copied "$to" "'sink.delivery-guarantee' = 'exactly-once'"; echo "INSERT INTO copied SELECT id FROM filled;"; } > "$dir/copy.sql"
committed() { topic_lines "$to" -X isolation.level=read_committed 2>/dev/null | wc -l; }
end_offset() { kcat -b "$WEIR_TEST_KAFKA" -Q -t "$to:0:-1" | sed 's/.*offset //'; }      # counting rows that keep coming has no end
grown() { [ "$(end_offset)" -gt "$(($1 + 200))" ]; }
more_than() { [ "$(committed)" -gt "$1" ]; }
echo '{"id":0}' | kcat -b "$WEIR_TEST_KAFKA" -P -t "$to"     # kcat is slow to read a topic that does not exist
"$WEIR" run "$dir/fill.sql" 2> "$dir/fill.log" & fill=$!
pids="$pids $fill"
for kill in $(seq $kills); do
    before=$(end_offset)
    "$WEIR" run "$dir/copy.sql" 2>> "$dir/copy.log" & copy=$!
    pids="$pids $copy"
    wait_for 60 grown "$before" || { tail -n 40 "$dir/copy.log"; fail "no rows after start $kill"; }
    sleep "0.0$((RANDOM % 10))"              # anywhere between two checkpoints
    kill -9 $copy; wait $copy 2>/dev/null || true
done
kill -TERM $fill
rc=0; wait $fill || rc=$?
[ $rc = 0 ] || { cat "$dir/fill.log"; fail "exit code $rc of the filling job"; }
rows=$(topic_lines "$from" | wc -l)
"$WEIR" run "$dir/copy.sql" 2>> "$dir/copy.log" & copy=$!
pids="$pids $copy"
wait_for 60 more_than "$((rows - 1))" || { tail -n 40 "$dir/copy.log"; fail "only $(committed) of $rows rows were committed"; }
kill -TERM $copy
rc=0; wait $copy || rc=$?
[ $rc = 0 ] || { tail -n 40 "$dir/copy.log"; fail "exit code $rc"; }
same "$(topic_lines "$to" -X isolation.level=read_committed | sort -u | wc -l) $(committed)" "$((rows + 1)) $((rows + 1))"
# one that starts at the group's offsets finds nothing left
sed "s/'earliest-offset'/'group-offsets', 'scan.bounded.mode' = 'latest-offset'/; s/'exactly-once'/'at-least-once'/; s/INSERT INTO copied SELECT id FROM filled/INSERT INTO copied SELECT -id FROM filled/" \
    "$dir/copy.sql" > "$dir/rest.sql"
"$WEIR" run "$dir/rest.sql" 2> "$dir/rest.log" || { cat "$dir/rest.log"; fail "reading on at the group's offsets"; }
same "$(committed)" "$((rows + 1))"
