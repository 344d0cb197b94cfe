#!/usr/bin/env bash
# All tests of weir: `make test`. Each step is a program that exits 0; the closing line counts test programs and cases together.
# WEIR_TEST_ONLY="unit conformance" runs just those steps; WEIR_TEST_KEEP=1 keeps the servers' folder.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 failures=
out=$(mktemp -d "${TMPDIR:-/tmp}/weir-test.XXXXXX"); chmod 755 "$out"
weir=$PWD/build/weir
export WEIR=$weir

finish() {
    [ -d "$out/services" ] && tests/lib/services.sh down "$out/services" > /dev/null 2>&1
    [ -n "${WEIR_TEST_KEEP:-}" ] || rm -rf "$out"
}
trap finish EXIT
wants() { [ -z "${WEIR_TEST_ONLY:-}" ] || [[ " $WEIR_TEST_ONLY " == *" $1 "* ]]; }
note() { printf '%s\n' "== $1"; }
# One test program: its output is shown only when it fails.
step() { # NAME COMMAND..
    local name=$1 log="$out/log" start=$SECONDS; shift
    export WEIR_STATE_DIR=$out/state/$name       # no step goes on from another's checkpoints
    if "$@" > "$log" 2>&1; then
        passed=$((passed + 1)); printf 'ok    %s (%d s)\n' "$name" $((SECONDS - start)); grep '^SKIPPED' "$log" | sed 's/^/    /'
    else
        failed=$((failed + 1)); failures="$failures $name"; printf 'FAIL  %s\n' "$name"; tail -n 60 "$log" | sed 's/^/    /'
    fi
}
# A `weir test` run: its own closing line is added to the count.
cases() { # NAME ARGS..
    local name=$1 log="$out/log" start=$SECONDS line; shift
    "$weir" test "$@" > "$log" 2>&1; local rc=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        failed=$((failed + 1)); failures="$failures $name"; printf 'FAIL  %s (exit %d, no closing count)\n' "$name" $rc; tail -n 40 "$log" | sed 's/^/    /'; return
    fi
    passed=$((passed + $(echo "$line" | sed -E 's/^([0-9]+) passed.*/\1/')))
    local bad; bad=$(echo "$line" | sed -E 's/^[0-9]+ passed, ([0-9]+) failed.*/\1/')
    if [ $rc != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    failed=$((failed + bad))
    if [ "$bad" = 0 ]; then printf 'ok    %s: %s (%d s)\n' "$name" "$line" $((SECONDS - start))
    else failures="$failures $name"; printf 'FAIL  %s: %s\n' "$name" "$line"; grep -E '^FAIL|^passes' "$log" | head -n 60 | sed 's/^/    /'; fi
}

# The crash campaign: its closing line is added to the count.
crash() { # COMMAND..
    local log="$out/log" line rc=0
    N=10 "$@" > "$log" 2>&1 || rc=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    if [ -n "$line" ]; then
        passed=$((passed + ${line%% passed*})); line=${line##*passed, }; failed=$((failed + ${line%% failed*}))
        grep -E '^(seed|ok|FAIL)|: [0-9]+ cycles| lost, ' "$log"
    fi
    [ $rc = 0 ] && return
    [ -n "$line" ] || failed=$((failed + 1))
    failures="$failures crash"; tail -n 60 "$log" | sed 's/^/    /'
}

current_page() { build/docs/"$1" | diff docs/"$1".md - || { echo "docs/$1.md is not up to date: make docs"; return 1; }; }
if wants lint; then note "source rules"; step lint tests/lint.sh; for page in functions settings; do step "docs/$page.md is current" current_page $page; done; fi
if wants unit; then
    note "unit tests"
    for t in build/unit/test_*; do [ -x "$t" ] && [ -f "$t" ] && step "$(basename "$t")" "$t"; done
fi
if wants conformance; then
    note "judged against a real Flink's answers (tests/conformance)"
    expect="--expect tests/conformance/expected.txt"
    cases "streaming cases" $expect tests/conformance/query
    cases "streaming cases, 1 row a batch, restored at every step" $expect --batch-rows 1 --restore-every-step tests/conformance/query
    cases "streaming cases, 3 rows a batch" $expect --batch-rows 3 tests/conformance/query
    cases "expressions" $expect tests/conformance/expr
    cases "statements" $expect tests/conformance/statements
    cases "further queries" tests/sql/queries
    cases "further queries, 1 row a batch, restored at every step" --batch-rows 1 --restore-every-step tests/sql/queries
fi
if wants golden; then note "golden SQL"; for t in tests/sql/*.sh; do [ -e "$t" ] && step "$(basename "$t")" "$t"; done; fi
if wants fuzz; then note "fuzzing, a few seconds each"; for t in build/fuzz/*; do [ -x "$t" ] && [ -f "$t" ] && step "$(basename "$t")" "$t"; done; fi
if wants sim; then note "simulated jobs: failures and crashes anywhere"; step sim tests/sim/run.sh; fi
if wants fault; then note "every call that can fail, made to fail"; step fault tests/fault/run.sh; fi
if wants shell; then note "command line and shell"; for t in tests/shell/*.sh; do [ -e "$t" ] && step "$(basename "$t")" "$t"; done; fi
if wants e2e; then
    note "real services: Apache Kafka, PostgreSQL"
    if tests/lib/services.sh up "$out/services" kafka pg > "$out/up.log" 2>&1; then
        set -a; . "$out/services/env"; set +a
        export WEIR_TEST_SERVICES=$out/services
        for t in tests/e2e/*.sh; do [ -e "$t" ] && step "$(basename "$t")" "$t"; done
        note "killed and started again, 10 times a pair (make crash-test: 200)"
        crash tests/crash/run.sh
    else
        failed=$((failed + 1)); failures="$failures services"; echo "FAIL  services do not start"; tail -n 30 "$out/up.log" | sed 's/^/    /'
    fi
fi
[ -n "$failures" ] && echo "failed:$failures"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
