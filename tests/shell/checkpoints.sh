#!/usr/bin/env bash
# Checkpoints on disk as a user sees them: names, going on after SIGTERM and kill -9, --fresh, a changed query, damage, two processes, the list.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
export WEIR_LOG_TEXT=1
code() { local rc=0; "$@" > "$dir/out" 2> "$dir/err" || rc=$?; echo $rc; }
says() { grep -qF -- "$1" "$dir/err" || fail "stderr lacks [$1]: $(cat "$dir/err")"; }
silent() { ! grep -qF -- "$1" "$dir/err" || fail "stderr has [$1]: $(cat "$dir/err")"; }

# job N FILE: sequence N.. to files, endless; $2 = the query
job() {
    cat > "$dir/job.sql" <<S
SET 'execution.checkpointing.interval' = '50 ms';
CREATE TABLE g (id BIGINT, k INT) WITH ('connector'='datagen','rows-per-second'='5000','fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='100000000','fields.k.min'='0','fields.k.max'='3');
CREATE TABLE o (id BIGINT, k BIGINT) WITH ('connector'='filesystem','path'='$dir/rows','format'='csv');
CREATE TABLE n (k INT, c BIGINT) WITH ('connector'='blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO o SELECT id, k FROM g;
$1
END;
S
}
start() { "$WEIR" run "$dir/job.sql" "$@" > "$dir/out" 2> "$dir/err" & pid=$!; pids="$pids $pid"; }
finish() { kill "-$1" $pid; wait $pid 2> /dev/null || true; }
visible() { cat "$dir"/rows/part-* 2> /dev/null | wc -l; }
more_than() { [ "$(visible)" -gt "$1" ]; }
# 1..n, each once
exact() { cat "$dir"/rows/part-* | cut -d, -f1 | sort -n | awk '$1 != NR { print "row " NR " is " $1; exit 1 } END { if (NR == 0) exit 1 }' || fail "rows are lost or doubled"; }

job "INSERT INTO n SELECT k, COUNT(*) FROM g GROUP BY k;"
start; wait_for 20 more_than 100; finish TERM; silent 'restored'
exact; seen=$(visible)
for signal in KILL TERM KILL; do
    start; wait_for 20 more_than "$seen"; finish $signal; says 'job: restored checkpoint'
    exact; seen=$(visible)
done

# the list; each operator's state
same "$(code "$WEIR" checkpoints --format csv)" 0
same "$(grep -c '^job,[0-9]' "$dir/out")" 2
same "$(code "$WEIR" checkpoints job)" 0; grep -q 'GroupAggregate' "$dir/out" || fail "no state of operators: $(cat "$dir/out")"
same "$(code "$WEIR" checkpoints nosuch)" 1; says 'has no checkpoints'

# a second process
start; wait_for 20 more_than "$seen"
same "$(code "$WEIR" run "$dir/job.sql")" 1; says 'is running already'; says "process $pid"
finish TERM; exact; seen=$(visible)

# a changed query: named before and at the start, allowed, then the rest goes on
job "INSERT INTO n SELECT k, MAX(id) FROM g GROUP BY k;"
same "$(code "$WEIR" check "$dir/job.sql" --state)" 1; says 'GroupAggregate'; says 'would be dropped'
same "$(code "$WEIR" run "$dir/job.sql")" 1; says 'the query has changed'; says 'GroupAggregate'; says '--allow-non-restored-state'
start --allow-non-restored-state; wait_for 20 more_than "$seen"; finish TERM; exact; seen=$(visible)
same "$(code "$WEIR" check "$dir/job.sql" --state)" 0; says 'all of its state is carried over'

# a damaged one: told, and the one before it is used (its files are there already: a file sink that ran further refuses nothing but its own rows)
newest=$(sqlite3 "$WEIR_STATE_DIR/job/checkpoints.db" 'SELECT max(id) FROM checkpoints')
sqlite3 "$WEIR_STATE_DIR/job/checkpoints.db" "UPDATE chunks SET bytes = zeroblob(length(bytes)) WHERE seq >> 24 = $newest"
same "$(code "$WEIR" checkpoints)" 1; says 'is damaged'; grep -q "$newest (damaged)" "$dir/out" || fail "the list hides the damage"
sqlite3 "$WEIR_STATE_DIR/job/checkpoints.db" "UPDATE chunks SET bytes = zeroblob(length(bytes))"
same "$(code "$WEIR" run "$dir/job.sql")" 1; says 'trying the one before'; says '--fresh'

# --fresh starts over
rm -rf "$dir/rows"; start --fresh; wait_for 20 more_than 100; finish TERM; silent 'restored'; exact

# a bounded job leaves nothing; names of the jobs of one file
cat > "$dir/two.sql" <<S
CREATE TABLE g (id BIGINT) WITH ('connector'='datagen','number-of-rows'='10');
CREATE TABLE e (id BIGINT) WITH ('connector'='datagen','rows-per-second'='10');
CREATE TABLE b (id BIGINT) WITH ('connector'='blackhole');
INSERT INTO b SELECT * FROM g;
INSERT INTO b SELECT * FROM e;
SET 'pipeline.name' = 'my job/1';
INSERT INTO b SELECT * FROM e;
S
"$WEIR" run "$dir/two.sql" 2> "$dir/err" & pid=$!; pids="$pids $pid"
wait_for 20 test -e "$WEIR_STATE_DIR/two-2/checkpoints.db"; wait_for 20 test ! -e "$WEIR_STATE_DIR/two"
finish TERM
ls "$WEIR_STATE_DIR" | grep -q '^my_job_1-' || fail "a name with odd characters: $(ls "$WEIR_STATE_DIR")"
# nowhere to write
same "$(HOME=/nonexistent WEIR_STATE_DIR=/proc/none code "$WEIR" run "$dir/two.sql")" 1; says '--state-dir'

# another INSERT in front: the first job of the file does not take the checkpoint of what was the first before
head_sql="SET 'execution.checkpointing.interval' = '50 ms';
CREATE TABLE g (id BIGINT) WITH ('connector'='datagen','rows-per-second'='2000','fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='100000000');
CREATE TABLE a (id BIGINT) WITH ('connector'='jdbc','url'='jdbc:sqlite:$dir/a.db','table-name'='a','sink.delivery-guarantee'='exactly-once');
CREATE TABLE p (id BIGINT) WITH ('connector'='blackhole');"
in_a() { sqlite3 "$dir/a.db" "$1" 2> /dev/null || true; }
a_more_than() { [ "$(in_a 'SELECT count(*) FROM a')" -gt "$1" ] 2> /dev/null; }
printf '%s\nINSERT INTO a SELECT id FROM g;\n' "$head_sql" > "$dir/job.sql"
start --fresh; wait_for 20 a_more_than 100; finish KILL
printf '%s\nINSERT INTO p SELECT id FROM g;\nINSERT INTO a SELECT id FROM g;\n' "$head_sql" > "$dir/job.sql"
same "$(code "$WEIR" run "$dir/job.sql")" 1; says 'the query has changed'; says 'Sink(table=[a])'

# the same file name in another folder: told
printf '%s\nINSERT INTO a SELECT id FROM g;\n' "$head_sql" > "$dir/job.sql"
mkdir "$dir/other"; cp "$dir/job.sql" "$dir/other/job.sql"
seen=$(in_a 'SELECT count(*) FROM a')
"$WEIR" run "$dir/other/job.sql" 2> "$dir/err" & pid=$!; pids="$pids $pid"
wait_for 20 a_more_than "$seen"; finish TERM
says "come from $dir/job.sql"
same "$(in_a 'SELECT count(*) = count(DISTINCT id) AND count(*) = max(id) FROM a')" 1

# a target that was set back while the job was stopped is not written on to
in_a 'DELETE FROM weir_epochs'
same "$(code "$WEIR" run "$dir/job.sql")" 1; says 'has been set back'

# said by check, before anything runs
cat > "$dir/zero.sql" <<S
SET 'execution.checkpointing.interval' = '0';
CREATE TABLE g (id BIGINT) WITH ('connector'='datagen');
CREATE TABLE a (id BIGINT) WITH ('connector'='jdbc','url'='jdbc:sqlite:$dir/a.db','table-name'='a','sink.delivery-guarantee'='exactly-once');
INSERT INTO a SELECT id FROM g;
S
same "$(code "$WEIR" check "$dir/zero.sql")" 3; says 'needs checkpoints'
same "$(code "$WEIR" -c "SET 'restart-strategy.exponential-delay.backoff-multiplier' = '-3';")" 3; says 'out of range'
same "$(code "$WEIR" -c "SET 'execution.checkpointing.num-retained' = '0';")" 3; says 'It takes 1 to'
