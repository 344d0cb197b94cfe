#!/usr/bin/env bash
# The main job on real services: producer -> Kafka -> 60 s processing-time windows (shortened) -> PostgreSQL; SIGTERM ends it cleanly.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
topic=weather-$$ table=weather_$$
sed "s/'table-name' = 'weather'/'table-name' = '$table'/" sql/weather/job.sql > "$dir/job.sql"
sed "s/EXISTS weather/EXISTS $table/" sql/weather/schema.sql > "$dir/schema.sql"
pg "$(cat "$dir/schema.sql")"
export KAFKA=$WEIR_TEST_KAFKA TOPIC=$topic GROUP=g-$$ JDBC_URL=$WEIR_TEST_PG_URL DB_USER=weir DB_PASSWORD=none WINDOW_SECONDS=2
ROWS=5000 RATE=100000 "$WEIR" run sql/weather/producer.sql
same "$(topic_lines "$topic" | wc -l)" 5000
"$WEIR" run "$dir/job.sql" 2> "$dir/job.log" & job=$!
pids="$pids $job"
counted() { [ "$(pg "SELECT coalesce(sum(readings), 0) FROM $table")" = 5000 ]; }
wait_for 30 counted || { cat "$dir/job.log"; fail "only $(pg "SELECT sum(readings) FROM $table") of 5000 readings arrived"; }
same "$(pg "SELECT count(DISTINCT city) FROM $table")" 10
same "$(pg "SELECT count(*) FROM $table WHERE average_temperature NOT BETWEEN -10 AND 35")" 0
kill -TERM $job
rc=0; wait $job || rc=$?
same $rc 0
