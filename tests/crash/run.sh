#!/usr/bin/env bash
# The proof: make crash-test N=200. A job is killed N times a pair of source and sink, and started again; then every number is counted at the sink.
#   run.sh [PAIR..]     N = kills a pair (200), SEED = the random choices of an earlier run, INTERVAL = between checkpoints (100ms),
#                   CRASH_KEEP = folder that gets what a failed pair left behind, every run's log included
# Each cycle hands some rows to the source, starts the job, and ends it in one of these ways, by turns:
#   start   kill -9 within the first milliseconds: while it connects, restores, claims its sinks
#   run     kill -9 within a second of its start
#   point   dies at a fault point (WEIR_FAULT=..=kill): in the middle of a checkpoint or of a commit
#   stop    SIGTERM, and in half of the cases kill -9 while it takes its last checkpoint
# Prints per pair: cycles, ways, rows, lost, doubled; closes with "N passed, N failed".
cd "$(dirname "$0")/../.."
export WEIR=${WEIR:-$PWD/build/weir}
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
cycles=${N:-200} seed=${SEED:-$((RANDOM << 15 | RANDOM))} passed=0 failed=0
ways=(run point start point run point stop point start run)

# The judge is judged first: it must see what is planted.
judge_judged() {
    local said
    build/crash/produce print 0 3000 | build/crash/judge rows 3000 > /dev/null || return 1
    said=$(build/crash/produce print 0 100 | sed -e 5d -e 7p -e '9s/,/,1/' | build/crash/judge rows 100) && return 1
    [ "$(tail -n 1 <<< "$said")" = "100 rows, 2 lost, 1 doubled, 1 wrong" ]
}

count() { tally[$1]=$((${tally[$1]:-0} + 1)); }
killed_where() { # what the log says about where it died
    local point; point=$(sed -n 's/.*killed at fault point \([^,]*\),.*/\1/p' "$dir/run.log")
    if [ -n "$point" ]; then count "at $point"
    elif job_said '"started '; then count 'running'
    else count 'starting'; fi
}

# Waits until the job ends by itself, or has run for MS. Bash would tell here that it was killed.
job_ends_within() {
    local i end
    for ((i = 0; i < 600; i++)); do
        if job_said '"started ' || ! job_runs; then break; fi
        sleep 0.05
    done
    end=$((${EPOCHREALTIME/./} + $1 * 1000))
    while job_runs && [ "${EPOCHREALTIME/./}" -lt $end ]; do sleep 0.01; done
} 2> /dev/null

way_start() { job_start; pick 0 90; sleep "$(seconds $picked)"; job_die; }
way_run() { job_start; job_started; pick 0 1200; sleep "$(seconds $picked)"; job_die; }
way_point() {
    local of="${p}_points"; local points=('*' '*' store.begin store.chunk store.commit ${!of}) nth      # '*': the n-th passage of any of them
    pick 0 $((${#points[@]} - 1)); local point=${points[$picked]}
    if [ "$point" = '*' ]; then pick 0 7; pick 1 $((1 << picked)); else pick 0 4; fi      # some are passed once a start, others at each commit
    nth=$((picked ? picked : 1))
    job_start "WEIR_FAULT=$point:$nth=kill"
    job_ends_within 1500
    job_die
}
way_stop() {
    job_start
    pick 0 3; [ $picked = 0 ] || job_started
    pick 0 1000; sleep "$(seconds $picked)"
    pick 0 1
    kill -TERM "$job" 2> /dev/null || true
    if [ $picked = 0 ]; then job_wait; return; fi
    pick 0 60; sleep "$(seconds $picked)"
    job_die
}

cycle() {
    pick 100 1500; pair_feed $picked
    pick 0 2; export FORK_ABOVE="16 mb"; [ $picked != 0 ] || FORK_ABOVE="0 b"       # state encoded by a forked process, however small
    "way_${ways[$(($1 % ${#ways[@]}))]}"
    case $ended in
    137) killed_where ;;
    0) count 'stopped cleanly' ;;
    1) job_said 'error 57014: cancelled' || job_fail "ended with exit code 1 in cycle $1"; count 'stopped while starting' ;;
    143) job_said . && job_fail "SIGTERM was not heeded in cycle $1"; count 'stopped before its first word' ;;
    *) job_fail "ended by itself with exit code $ended in cycle $1" ;;
    esac
}

run_pair() {
    local i start=$SECONDS
    # In this process: bash seeds every new one by itself. From the pair too: they must not all end in the same ways.
    RANDOM=$(((seed + $(cksum <<< "$1" | cut -d ' ' -f 1)) % 32768))
    declare -A tally=()
    top=$dir/$1                                  # what is removed at the end of this process
    pair_open "$1"
    for ((i = 1; i <= cycles; i++)); do cycle $i; done
    pair_feed_end
    counts=$(source_judge) || fail "$1: the source is not what was produced: $counts"
    job_start
    local rc=0
    pair_settle || rc=1
    job_stop
    # Once more: what a clean stop left behind must not be written again.
    job_start
    wait_for 20 job_said 'restored checkpoint' || job_fail "nothing was restored"
    job_stop
    counts=$("${p}_judge") || rc=1
    say "$1: $cycles cycles, $sent rows in $((SECONDS - start)) s"
    for way in "${!tally[@]}"; do say "    ${tally[$way]} x $way"; done | sort -k 2
    sed 's/^/    /' <<< "$counts"
    return $rc
}

judge_judged || { say "FAIL  the judge does not see what is planted"; exit 1; }
if [ -z "${WEIR_TEST_KAFKA:-}" ]; then
    services=$(mktemp -d "${TMPDIR:-/tmp}/weir-crash.XXXXXX")
    trap 'tests/lib/services.sh down "$services" > /dev/null 2>&1; cleanup; rm -rf "$services"' EXIT
    tests/lib/services.sh up "$services" kafka pg
    . "$services/env"
fi
say "seed $seed (replay: SEED=$seed)"
for one in ${*:-$all_pairs}; do
    # A process of its own: what a pair leaves behind when it fails ends with it. Not in a condition, where bash forgets set -e.
    (trap '[ $? = 0 ] || [ -z "${CRASH_KEEP:-}" ] || cp -r "$dir" "$CRASH_KEEP"; cleanup' EXIT; run_pair "$one") & pair_pid=$!
    rc=0; wait $pair_pid || rc=$?
    if [ $rc = 0 ]; then passed=$((passed + 1)); say "ok    $one"; else failed=$((failed + 1)); say "FAIL  $one (SEED=$seed)"; fi
done
say "$passed passed, $failed failed"
[ $failed = 0 ]
