#!/usr/bin/env bash
# The demo behind `make demo`: a whole pipeline on embedded defaults, then what stands in the table.
set -eu
weir=${1:-build/weir}
db=$(mktemp -d)/demo.db
trap 'rm -rf "$(dirname "$db")"' EXIT
echo "generator -> embedded Kafka topic -> event-time window -> SQLite and the screen   (sql/demo.sql)"
DEMO_DB=$db "$weir" run --log-format text sql/demo.sql
echo
echo "In the SQLite table now:"
"$weir" -c "SET 'execution.runtime-mode' = 'batch';
CREATE TABLE averages (window_end TIMESTAMP(3), city STRING, average DOUBLE, readings BIGINT)
WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:$db', 'table-name' = 'averages');
SELECT city, COUNT(*) AS windows, SUM(readings) AS readings, ROUND(SUM(average * readings) / SUM(readings), 2) AS average FROM averages GROUP BY city ORDER BY city;"
cat <<T

Try next:
  $weir                       a prompt: SHOW FUNCTIONS; SELECT 1 + 1; \\? for help
  $weir explain sql/demo.sql  the plans behind it
  $weir run sql/weather/producer.sql sql/weather/job.sql   the weather pipeline, in one process
T
