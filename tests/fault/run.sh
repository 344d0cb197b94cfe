#!/usr/bin/env bash
# Every fault point of the source (fault_hit("..") and its kin: none can be forgotten), in small jobs that reach files, databases, brokers and
# checkpoints: the n-th passage fails, for n = 1, 2, .. until a run injects nothing. Each run must end by itself: with exit code 0 and the right
# answer, or with exit code 1 to 3 and a message; started again without faults it must then come to the right answer.
# Arguments: [JOB..] of those below; --list prints the points. Two jobs run beside each other. postgres and kafka want the services (tests/e2e/faults.sh).
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
WEIR=${WEIR:-$PWD/build/weir}
points=$(grep -rhoE '(fault_hit|fs_fault|[a-z_]*(injected|fails))\([^"()]*"[a-z_]+[.][a-z_.]+"' engine connectors --include=*.c | sed 's/.*"\(.*\)"/\1/' | sort -u)
[ "${1:-}" = --list ] && { echo "$points"; exit; }
# Passages: each of the first ones, then ever fewer. A point that a job passes a thousand times is failed ten times.
passages="1 2 3 5 8 16 40 100 300 1000"
common="SET 'execution.checkpointing.interval' = '1 ms'; SET 'restart-strategy.type' = 'none'; SET 'weir.checkpoint-fork-above' = '0 b'; SET 'table.local-time-zone' = 'Europe/Berlin';"

# --- jobs: NAME_job prints the file, NAME_answer what the target holds, NAME_wanted what it should ---

make_files() { # three of 40 lines each
    mkdir -p "$dir/in"
    for f in 1 2 3; do for i in $(seq 40); do echo "$((f * 100 + i)),k$((i % 3)),$i"; done > "$dir/in/f$f.csv"; done
}
files="CREATE TABLE src (id INT, k STRING, n INT) WITH ('connector' = 'filesystem', 'path' = '$dir/in', 'format' = 'csv');"

# rows into files, hidden until their checkpoint is durable: each exactly once
files_job() { echo "$common $files CREATE TABLE dst (id INT, n INT, k STRING) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = '$1/out', 'format' = 'csv', 'sink.partition-commit.policy.kind' = 'success-file');
    INSERT INTO dst SELECT id, n, k FROM src WHERE n > 1;"; }
files_answer() { find "$1/out" -name 'part-*' -exec cat {} + 2> /dev/null | sort; }
files_wanted() { awk -F, '$3 > 1 { print $1 "," $3 }' "$dir"/in/*.csv | sort; }

# a group by key into a table with a key: the same however often it is written
groups_job() { echo "$common $files CREATE TABLE dst (k STRING, c BIGINT, s INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:$1/t.db', 'table-name' = 'dst');
    INSERT INTO dst SELECT k, COUNT(*), SUM(n) FROM src GROUP BY k;"; }
groups_answer() { sqlite3 "$1/t.db" 'SELECT * FROM dst ORDER BY k' 2> /dev/null; }
groups_wanted() { awk -F, '{ c[$2]++; s[$2] += $3 } END { for (k in c) print k "|" c[k] "|" s[k] }' "$dir"/in/*.csv | sort; }

# generated rows, over several epochs, into a table without a key: each exactly once
epochs_job() { echo "$common CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '300', 'rows-per-second' = '12000');
    CREATE TABLE dst (id BIGINT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:$1/t.db', 'table-name' = 'dst', 'sink.delivery-guarantee' = 'exactly-once');
    INSERT INTO dst SELECT id FROM src;"; }
epochs_answer() { sqlite3 "$1/t.db" 'SELECT count(*), count(DISTINCT id), sum(id) FROM dst' 2> /dev/null; }
epochs_wanted() { echo '300|300|45150'; }

# generator -> topic of the broker within -> table with a key. The topic ends with the process: a start begins anew.
topic_job() {
    local kafka="'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json'"
    echo "$common SET 'table.dml-sync' = 'true'; CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100');
    CREATE TABLE topic_out (id BIGINT) WITH ('connector' = 'kafka', $kafka); INSERT INTO topic_out SELECT id FROM src;
    CREATE TABLE topic_in (id BIGINT) WITH ('connector' = 'kafka', $kafka, 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
    CREATE TABLE dst (id BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:$1/t.db', 'table-name' = 'dst'); INSERT INTO dst SELECT id FROM topic_in;"
}
topic_answer() { epochs_answer "$1"; }
topic_wanted() { echo '100|100|5050'; }

# the same into PostgreSQL: answers that are lost, connections that break
pg_dst() { echo "dst_$(basename "$1")_$$"; }
postgres_points() { echo "$points" | grep '^jdbc'; }
postgres_job() {
    pg "DROP TABLE IF EXISTS $(pg_dst "$1"); CREATE TABLE $(pg_dst "$1") (id BIGINT)" 2> /dev/null
    epochs_job "$1" | sed "s#jdbc:sqlite:[^']*#jdbc:postgresql://127.0.0.1:$WEIR_TEST_PG_PORT/weir', 'username' = 'weir', 'password' = 'weir#; s#'table-name' = 'dst'#'table-name' = '$(pg_dst "$1")'#"
}
postgres_answer() { pg "SELECT count(*), count(DISTINCT id), sum(id) FROM $(pg_dst "$1")"; }
postgres_wanted() { epochs_wanted; }

# and into a topic, by transactions
kafka_points() { echo "$points" | grep '^kafka'; }
kafka_passages="1 2"
kafka_job() {
    echo "faults-$$-$RANDOM$RANDOM" > "$1/topic"
    epochs_job "$1" | sed "s#'connector' = 'jdbc'.*'table-name' = 'dst'#'connector' = 'kafka', 'topic' = '$(cat "$1/topic")', 'properties.bootstrap.servers' = '$WEIR_TEST_KAFKA', 'format' = 'csv'#"
}
kafka_answer() { topic_lines "$(cat "$1/topic")" -X isolation.level=read_committed 2> /dev/null | awk '{ n++; s += $1; seen[$1] = 1 } END { for (k in seen) d++; print n "|" d "|" s }'; }
kafka_wanted() { epochs_wanted; }

# --- one run ---

# run_job JOB FOLDER FAULT: exit code in $rc, output in FOLDER/log
run_job() {
    rc=0
    WEIR_FAULT=$3 WEIR_STATE_DIR=$2/state timeout 30 "$WEIR" run "$2/job.sql" > "$2/log" 2>&1 || rc=$?
}
broken() { echo "$job, $fault: $1"; cat "$at/log"; exit 1; }

# All points through one job; those that it never passes cost one run each.
all_points() { # JOB
    local job=$1 at=$dir/$1 fault point n runs=0 injected=0 wanted rc own="${1}_passages" some=$points
    wanted=$("${job}_wanted")
    if declare -F "${job}_points" > /dev/null; then some=$("${job}_points"); fi
    for point in $some; do
        for n in ${!own:-$passages}; do
            fault=$point:$n
            rm -rf "$at"; mkdir -p "$at"
            "${job}_job" "$at" > "$at/job.sql"
            run_job "$job" "$at" "$fault"
            runs=$((runs + 1))
            [ $rc -le 3 ] || broken "exit code $rc"             # 2: the job file cannot be read, 3: a statement is refused (the zone files)
            grep -qE 'Sanitizer|runtime error:|Assertion' "$at/log" && broken "not clean"
            local hit; hit=$(grep -c '^WEIR_FAULT:' "$at/log" || true)
            if [ $rc != 0 ]; then
                [ "$hit" -gt 0 ] || broken "failed without a fault"
                grep -v '^WEIR_FAULT:' "$at/log" | grep -qi 'error' || broken "failed without a message"
                cp "$at/log" "$at/first.log"
                run_job "$job" "$at" ""
                [ $rc = 0 ] || { cat "$at/first.log"; broken "the start after it fails too, exit code $rc"; }
            fi
            [ "$("${job}_answer" "$at")" = "$wanted" ] || { [ -e "$at/first.log" ] && cat "$at/first.log"; "${job}_answer" "$at"; broken "wrong answer"; }
            [ "$hit" -gt 0 ] || break
            injected=$((injected + 1))
        done
    done
    echo "$job: $runs runs, $injected of them with a failure"
}

make_files
jobs=${*:-files groups epochs topic}
bad=0
finish_one() { wait "${pids_of[0]}" || bad=1; cat "$dir/${names[0]}.out"; pids_of=("${pids_of[@]:1}"); names=("${names[@]:1}"); }
pids_of=() names=()
for job in $jobs; do
    [ ${#names[@]} -lt 2 ] || finish_one
    all_points "$job" > "$dir/$job.out" 2>&1 & pids_of+=($!); names+=("$job"); pids="$pids $!"
done
while [ ${#names[@]} -gt 0 ]; do finish_one; done
exit $bad
