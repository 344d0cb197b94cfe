# A job under kill -9, again and again; sourced by run.sh and by the scenarios. Needs tests/lib/e2e.sh before it.
#   pair_open PAIR              names, tables, job file; $dir is the pair's folder from then on
#   job_start [ENV=VALUE..]     starts the job, with the flags in $job_flags; $job is its pid, $dir/run.log what it says
#   job_die                     kill -9; job_stop: SIGTERM, exit 0 wanted
#   pair_feed, pair_feed_end    rows for the source; $sent counts them
#   pair_settle                 waits until the sink is right or does not change any more
interval=${INTERVAL:-100ms}
export WEIR_STATE_DIR=
job_flags= kept=0

pick() { picked=$(($1 + (RANDOM << 15 | RANDOM) % ($2 - $1 + 1))); }       # LO HI -> $picked
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }              # of milliseconds
say() { printf '%s\n' "$*"; }

pair_open() {
    pair=$1 p=${1//-/_}
    dir=$dir/$1
    mkdir "$dir"
    tag=crash_${p}_$$
    sent=0 fed=
    WEIR_STATE_DIR=$dir/state
    if [ "$pair" != files ]; then broker topic; fi
    "${p}_sql" > "$dir/job.sql"
}
pair_feed() { # ROWS [PER_SECOND]: in the background; one feed after the other, so that rows keep their order
    pair_fed
    local from=$sent
    sent=$((sent + $1))
    if [ "$pair" = files ]; then files_feed "$from" $sent & else kafka_fed "$from" $sent "${2:-}" & fi
    fed=$!
}
pair_fed() { if [ -n "$fed" ]; then wait "$fed" || fail "$pair: the producer failed"; fi; fed=; }
pair_feed_end() { pair_fed; if [ "$pair" != files ]; then broker close $sent; fi; }

job_start() {
    [ -z "${CRASH_KEEP:-}" ] || [ ! -e "$dir/run.log" ] || mv "$dir/run.log" "$dir/run-$((++kept)).log"
    : > "$dir/run.log"                           # here, not when the child gets to it: nobody must read what the last one said
    # shellcheck disable=SC2086 -- one word each
    env "$@" "$WEIR" run $job_flags "$dir/job.sql" > "$dir/run.log" 2>&1 & job=$!
    pids="$pids $job"
}
job_runs() { kill -0 "$job" 2> /dev/null; }
job_wait() { local rc=0; { wait "$job" || rc=$?; } 2> /dev/null; pids=${pids/ $job/}; ended=$rc; }   # its exit code -> $ended
job_die() { kill -KILL "$job" 2> /dev/null || true; job_wait; }
job_fail() { cat "$dir/run.log" >&2; fail "$pair: $*"; }
job_started() { wait_for 30 job_said '"started ' || job_fail "did not start"; }
job_stop() {
    job_started
    kill -TERM "$job" 2> /dev/null || true
    job_wait
    [ "$ended" = 0 ] || job_fail "stopped with exit code $ended"
}
job_said() { grep -q "$1" "$dir/run.log"; }

# Until the judge is content, or nothing has changed for STALL seconds while the job runs. The last counts are in $counts.
pair_settle() {
    local before='' since=$SECONDS
    until counts=$("${p}_judge" 2>&1); do
        job_runs || { job_wait; job_fail "ended by itself with exit code $ended"; }
        [ "$counts" = "$before" ] || { before=$counts since=$SECONDS; }
        [ $((SECONDS - since)) -lt "${STALL:-15}" ] || return 1
        sleep 0.2
    done
}
# Some checkpoint is on disk.
job_stored() { "$WEIR" checkpoints 2> /dev/null | grep -q "^| $tag *| *[0-9]"; }
# The sink (the first of two) shows at least N rows.
pair_has() { [ "$("${p}_judge" 2> /dev/null | sed -n '/ rows, /{s/ .*//p;q}')" -ge "$1" ]; }
# Everything has arrived, once; the job ends by SIGTERM with 0; the next run finds nothing left to do.
pair_proven() {
    pair_feed_end
    pair_settle || job_fail "$counts"
    job_stop
    job_start
    wait_for 20 job_said 'restored checkpoint' || job_fail "nothing was restored"
    job_stop
    counts=$("${p}_judge") || job_fail "after one more start: $counts"
}
