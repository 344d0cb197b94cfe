#!/usr/bin/env bash
# A row that an expression fails on ends the job with an error that shows the expression in the statement, where it stands if a view or a table
# holds it, and where the row was read.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
export WEIR_LOG_TEXT=1
n=0
# fails WANT: stdin is a job file whose last statement fails while it runs; WANT is the error from its first line on
fails() {
    local rc=0
    n=$((n + 1))
    sed "s|DIR|$dir|g" > "$dir/job.sql"
    (cd "$dir" && "$WEIR" run -q --format csv job.sql > out 2> err) || rc=$?
    same $rc 1
    sed -n '/job.sql:/,$p' "$dir/err" | sed "s|$dir|DIR|g; s|.*job.sql:|job.sql:|" > "$dir/got"
    echo "$1" > "$dir/want"
    diff -u "$dir/want" "$dir/got" >&2 || fail "case $n"
}
case $WEIR in /*) ;; *) WEIR=$PWD/$WEIR ;; esac
printf '4,12,a\n2,xx,b\n"1","5","two\nlines"\n0,7,c\n' > "$dir/t.csv"
table="CREATE TABLE t (a INT, s STRING, w STRING, half AS 10 / a) WITH ('connector'='filesystem','path'='DIR/t.csv','format'='csv');"

# in a select list, behind a filter that leaves rows out
fails 'job.sql:2:21: error 22P02: text "xx" cannot be read as INT
  2 | SELECT a, ABS(1) +  CAST(s AS INT) AS n FROM t WHERE a < 4;
    |                     ^~~~~~~~~~~~~~
DETAIL: The row was read from file "DIR/t.csv", line 2.
HINT: TRY_CAST gives NULL instead.' <<< "$table
SELECT a, ABS(1) +  CAST(s AS INT) AS n FROM t WHERE a < 4;"

# in the filter, in the second line of a statement; a record of two lines counts as two
fails 'job.sql:4:8: error 22012: division by zero
  4 |  WHERE 8 / a > 1;
    |        ^~~~~
DETAIL: The row was read from file "DIR/t.csv", line 5.' <<< "$table
SELECT w
  FROM t
 WHERE 8 / a > 1;"

# in a computed column: the statement names the table
fails 'job.sql:2:18: error 22012: division by zero
  2 | SELECT half FROM t;
    |                  ^
DETAIL: It stands in column "half" of table "t": 10 / `a`
  The row was read from file "DIR/t.csv", line 5.' <<< "$table
SELECT half FROM t;"

# in a statement set
fails 'job.sql:4:77: error 22012: division by zero
  4 | EXECUTE STATEMENT SET BEGIN INSERT INTO p SELECT q FROM v1 UNION ALL SELECT 100 / a FROM t; END;
    |                                                                             ^~~~~~~
DETAIL: The row was read from file "DIR/t.csv", line 5.' <<< "$table
CREATE VIEW v1 AS SELECT 1 AS q FROM t;
CREATE TABLE p (q INT) WITH ('connector'='blackhole');
EXECUTE STATEMENT SET BEGIN INSERT INTO p SELECT q FROM v1 UNION ALL SELECT 100 / a FROM t; END;"
# in a view over a view
fails 'job.sql:4:15: error 22P02: text "xx" cannot be read as BIGINT
  4 | SELECT n FROM v2 WHERE n > 0;
    |               ^~
DETAIL: It stands in view "v1": CAST(`t`.`s` AS BIGINT)
  The row was read from file "DIR/t.csv", line 2.
HINT: TRY_CAST gives NULL instead.' <<< "$table
CREATE VIEW v1 AS SELECT a, CAST(s AS BIGINT) AS n FROM t;
CREATE VIEW v2 AS SELECT n FROM v1;
SELECT n FROM v2 WHERE n > 0;"

# in a computed column of a table that a view reads; in an INSERT that runs as a job
fails 'job.sql:4:29: error 22012: division by zero
  4 | INSERT INTO p SELECT h FROM v;
    |                             ^
DETAIL: It stands in column "half" of table "t": 10 / `a`
  The row was read from file "DIR/t.csv", line 5.' <<< "$table
CREATE VIEW v AS SELECT half + 1 AS h FROM t;
CREATE TABLE p (q INT) WITH ('connector'='blackhole');
INSERT INTO p SELECT h FROM v;"

# NULL where a column of the sink wants a value
fails 'job.sql:3:13: error 23502: column "q" is NOT NULL, but a NULL value is to be written into it
  3 | INSERT INTO p SELECT TRY_CAST(s AS INT) FROM t;
    |             ^
DETAIL: Sink table: default_catalog.default_database.p.
  The row was read from file "DIR/t.csv", line 2.
HINT: Filter such rows out, or SET '"'table.exec.sink.not-null-enforcer' = 'DROP'"'.' <<< "$table
CREATE TABLE p (q INT NOT NULL) WITH ('connector'='blackhole');
INSERT INTO p SELECT TRY_CAST(s AS INT) FROM t;"

# of a topic: partition and offset
fails 'job.sql:5:8: error 22P02: text "x" cannot be read as DOUBLE
  5 | SELECT CAST(s AS DOUBLE) FROM k;
    |        ^~~~~~~~~~~~~~~~~
DETAIL: The row was read from topic "row_errors", partition 0, offset 2.
HINT: TRY_CAST gives NULL instead.' <<< "SET 'table.dml-sync' = 'true';
CREATE TABLE k (s STRING) WITH ('connector'='kafka','topic'='row_errors','properties.bootstrap.servers'='embedded','format'='json','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset','sink.partitioner'='fixed');
INSERT INTO k VALUES ('1'), ('2'), ('x'), ('4');
-- and now
SELECT CAST(s AS DOUBLE) FROM k;"

# behind an aggregate no row of the source is to blame
fails 'job.sql:2:8: error 22012: division by zero
  2 | SELECT 1 / MIN(a) FROM t GROUP BY w HAVING MIN(a) < 1;
    |        ^~~~~~~~~~' <<< "$table
SELECT 1 / MIN(a) FROM t GROUP BY w HAVING MIN(a) < 1;"
