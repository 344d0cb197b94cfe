#!/usr/bin/env bash
# Kafka options on a real broker: startup and bounded modes, keys, metadata, headers, timestamps, upsert-kafka, bad records.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
export T=modes-$$ KAFKA=$WEIR_TEST_KAFKA
run() { "$WEIR" --format csv -q -c "SET 'execution.runtime-mode' = 'batch'; $1"; }
table() { # NAME EXTRA-OPTIONS
    echo "CREATE TABLE $1 (id INT, name STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', part INT METADATA FROM 'partition' VIRTUAL, off BIGINT METADATA FROM 'offset' VIRTUAL)
          WITH ('connector'='kafka','topic'='$T','properties.bootstrap.servers'='$KAFKA','properties.group.id'='g-$T','format'='json','scan.bounded.mode'='latest-offset'$2);"
}
# written with timestamps of our own
run "$(table w "") INSERT INTO w VALUES (1, 'a', TO_TIMESTAMP_LTZ(1000, 3)), (2, 'b', TO_TIMESTAMP_LTZ(2000, 3)), (3, 'c', TO_TIMESTAMP_LTZ(3000, 3)), (4, 'd', TO_TIMESTAMP_LTZ(4000, 3));"
same "$(topic_lines "$T" -f '%T %s\n' | head -n 1)" '1000 {"id":1,"name":"a"}'
earliest=",'scan.startup.mode'='earliest-offset'"
same "$(run "$(table r "$earliest") SELECT id, off FROM r ORDER BY id;" | tr '\n' ';')" 'id,off;1,0;2,1;3,2;4,3;'
same "$(run "$(table r ",'scan.startup.mode'='timestamp','scan.startup.timestamp-millis'='2500'") SELECT id FROM r ORDER BY id;" | tr '\n' ';')" 'id;3;4;'
same "$(run "$(table r ",'scan.startup.mode'='specific-offsets','scan.startup.specific-offsets'='partition:0,offset:1'") SELECT id FROM r ORDER BY id;" | tr '\n' ';')" 'id;2;3;4;'
same "$(run "$(table r "$earliest" | sed "s/'latest-offset'/'specific-offsets','scan.bounded.specific-offsets'='partition:0,offset:2'/") SELECT id FROM r ORDER BY id;" | tr '\n' ';')" 'id;1;2;'
rc=0; run "$(table r ",'scan.startup.mode'='group-offsets'" | sed "s/'g-/'fresh-/") SELECT id FROM r;" > "$dir/out" 2>&1 || rc=$?
[ $rc != 0 ] || fail "group-offsets without a committed offset must fail"
grep -q 'no committed offset' "$dir/out" || fail "$(cat "$dir/out")"
# a bad record fails with its place
echo 'not json' | kcat -b "$KAFKA" -P -t "$T"
rc=0; run "$(table r "$earliest") SELECT id FROM r;" > "$dir/out" 2>&1 || rc=$?
same $rc 1
grep -q "partition 0, offset 4" "$dir/out" || fail "$(cat "$dir/out")"
same "$(run "$(table r "$earliest,'json.ignore-parse-errors'='true'") SELECT COUNT(*) AS n FROM r;" | tr '\n' ';')" 'n;4;'
# keys and headers
keyed="CREATE TABLE k (k_id INT, name STRING, h MAP<STRING, BYTES> METADATA FROM 'headers') WITH ('connector'='kafka','topic'='$T-k','properties.bootstrap.servers'='$KAFKA','key.format'='json','key.fields'='k_id','key.fields-prefix'='k_',
       'value.format'='json','value.fields-include'='EXCEPT_KEY','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset');"
run "$keyed INSERT INTO k VALUES (7, 'x', MAP['trace', CAST('abc' AS BYTES)]);"
same "$(topic_lines "$T-k" -f '%k %s %h\n')" '{"id":7} {"name":"x"} trace=abc'
same "$(run "$keyed SELECT k_id, name, CAST(h['trace'] AS STRING) AS t FROM k;" | tr '\n' ';')" 'k_id,name,t;7,x,abc;'
# upsert-kafka: the last row of a key stands, a tombstone removes it
upsert="CREATE TABLE u (id INT, n BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='upsert-kafka','topic'='$T-u','properties.bootstrap.servers'='$KAFKA','key.format'='json','value.format'='json','scan.bounded.mode'='latest-offset');"
run "$upsert INSERT INTO u VALUES (1, 10), (2, 20), (1, 11);"
printf '{"id":2}|\n' | kcat -b "$KAFKA" -P -t "$T-u" -K'|' -Z
same "$("$WEIR" --format csv -q -c "$upsert SELECT id, n FROM u;" | tr '\n' ';')" 'op,id,n;+I,1,10;+I,2,20;-U,1,10;+U,1,11;-D,2,20;'
