#!/usr/bin/env bash
# A row that leaves a query by a lone -U (its join partner has gone, a filter no longer passes it) leaves an upsert table too.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
tables="CREATE TABLE l (id INT, k INT) WITH ('connector'='datagen','rows-per-second'='4','number-of-rows'='2','fields.id.min'='1','fields.id.max'='1','fields.k.kind'='sequence','fields.k.start'='1','fields.k.end'='2');
CREATE TABLE s (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='jdbc','url'='jdbc:sqlite:$dir/DB','table-name'='s');"
run() { "$WEIR" run -q --log-format text - <<< "${tables/DB/$1} $2"; }
left() { sqlite3 "$dir/$1" 'SELECT count(*) FROM s'; }
run join.db "INSERT INTO s SELECT a.id, r.name FROM (SELECT id, MAX(k) AS k FROM l GROUP BY id) AS a JOIN (VALUES (1, 'one')) AS r (k, name) ON a.k = r.k;"
same "$(left join.db)" 0
run filter.db "INSERT INTO s SELECT a.id, 'n' FROM (SELECT id, MAX(k) AS k FROM l GROUP BY id) AS a WHERE a.k < 2;"
same "$(left filter.db)" 0
run none.db "SET 'table.exec.sink.upsert-materialize' = 'NONE'; INSERT INTO s SELECT a.id, 'n' FROM (SELECT id, MAX(k) AS k FROM l GROUP BY id) AS a WHERE a.k < 2;"
same "$(left none.db)" 0
run stays.db "INSERT INTO s SELECT a.id, r.name FROM (SELECT id, MAX(k) AS k FROM l GROUP BY id) AS a JOIN (VALUES (1, 'one'), (2, 'two')) AS r (k, name) ON a.k = r.k;"
same "$(sqlite3 "$dir/stays.db" 'SELECT id, name FROM s')" '1|two'
