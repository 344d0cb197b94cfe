#!/usr/bin/env bash
# The main job without any service: producer and job in one process, embedded broker, SQLite. SIGTERM ends it cleanly, no reading is lost.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
export JDBC_URL=jdbc:sqlite:$dir/weather.db WINDOW_SECONDS=1 ROWS=20000 RATE=20000
"$WEIR" run sql/weather/producer.sql sql/weather/job.sql 2> "$dir/log" & job=$!
pids="$pids $job"
counted() { [ "$(sqlite3 "$dir/weather.db" 'SELECT sum(readings) FROM weather' 2>/dev/null)" = 20000 ]; }
wait_for 30 counted || { cat "$dir/log"; fail "only $(sqlite3 "$dir/weather.db" 'SELECT sum(readings) FROM weather') of 20000 readings arrived"; }
same "$(sqlite3 "$dir/weather.db" 'SELECT count(DISTINCT city) FROM weather')" 10
same "$(sqlite3 "$dir/weather.db" 'SELECT count(*) FROM weather WHERE average_temperature NOT BETWEEN -10 AND 35')" 0
kill -TERM $job; rc=0; wait $job || rc=$?
[ $rc = 0 ] || { cat "$dir/log"; fail "exit code $rc"; }
