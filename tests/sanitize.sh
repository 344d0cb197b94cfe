#!/usr/bin/env bash
# Unit tests, streaming cases, expressions and statements under a sanitizer build: sanitize.sh build/asan | build/tsan.
# TSan runs what has threads: jobs and sessions; not Kafka, as librdkafka starts its threads by C11's thrd_create, which TSan does not follow. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
b=$1
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { # NAME COMMAND..
    local name=$1; shift
    if "$@" > "$log" 2>&1 && ! grep -qE 'ERROR: AddressSanitizer|LeakSanitizer|runtime error:|WARNING: ThreadSanitizer' "$log"; then passed=$((passed + 1)); echo "ok    $name"
    else failed=$((failed + 1)); echo "FAIL  $name"; grep -vE '^\[ ' "$log" | tail -n 40 | sed 's/^/    /'; fi
}
# libraries that were not built for TSan look like races of their own
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} TSAN_OPTIONS=${TSAN_OPTIONS:-"suppressions=$PWD/tests/tsan.supp history_size=4"}
case $b in
*tsan) units="test_job test_runner test_session test_log test_clock test_sqlite"; cases="tests/conformance/query/time/tumble tests/conformance/query/rel/agg" ;;
*) units=$(cd "$b/unit" && ls | grep -E '^test_[a-z_0-9]+$'); cases="tests/conformance/query tests/conformance/expr tests/conformance/statements" ;;
esac
for t in $units; do [ -x "$b/unit/$t" ] && run "$t" "$b/unit/$t"; done
for c in $cases; do run "$c" "$b/weir" test --expect tests/conformance/expected.txt "$c"; done
for c in $cases; do case $c in */query*) run "$c, restored at every step" "$b/weir" test --expect tests/conformance/expected.txt --batch-rows 1 --restore-every-step "$c" ;; esac; done
several_jobs() { # four jobs and a query at once, metrics read while they run
    local db; db=$(mktemp -u)
    "$b/weir" run --progress always --log-format text - <<S
CREATE TABLE g (a INT, v DOUBLE) WITH ('connector'='datagen','rows-per-second'='2000','number-of-rows'='3000');
CREATE TABLE p (a INT, n BIGINT) WITH ('connector'='print');
CREATE TABLE d (a INT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector'='jdbc','url'='jdbc:sqlite:$db','table-name'='d','sink.buffer-flush.interval'='50ms');
CREATE TABLE b (a INT, n BIGINT) WITH ('connector'='blackhole');
INSERT INTO d SELECT a, COUNT(*) FROM g GROUP BY a;
INSERT INTO b SELECT a, CAST(1 AS BIGINT) FROM g;
EXECUTE STATEMENT SET BEGIN INSERT INTO b SELECT a, CAST(2 AS BIGINT) FROM g; INSERT INTO p SELECT a, CAST(3 AS BIGINT) FROM g WHERE a < 0; END;
SELECT COUNT(*) FROM g;
S
    local rc=$?
    rm -f "$db"*
    return $rc
}
run "several jobs in one process" several_jobs
case $b in *tsan) ;; *) run "generator, embedded broker and SQLite" env DEMO_DB="$(mktemp -u)" "$b/weir" run sql/demo.sql ;; esac
case $b in *tsan) ;; *) run "every call that can fail" env WEIR="$PWD/$b/weir" tests/fault/run.sh files groups epochs ;; esac
[ -x "$b/sim/sim" ] && run "simulated jobs" "$b/sim/sim" --seconds 20
echo "$passed passed, $failed failed"
[ $failed = 0 ]
