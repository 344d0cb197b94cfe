#!/usr/bin/env bash
# Two processes, one state directory: the second is refused, whatever it was to do; the first does not notice. After a kill -9 the folder is free again.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open pg-append
job_start
pair_feed 2000
wait_for 30 pair_has 100 || job_fail "no rows"
for flag in '' --fresh; do
    rc=0
    # shellcheck disable=SC2086 -- no flag, no word
    "$WEIR" run $flag "$dir/job.sql" > "$dir/second.log" 2>&1 || rc=$?
    [ $rc != 0 ] || fail "a second process was let in"
    grep -q "is running already.*held by process $job" "$dir/second.log" || { cat "$dir/second.log"; fail "no reason given"; }
done
"$WEIR" checkpoints > "$dir/list" 2>&1 || { cat "$dir/list"; fail "the checkpoints of a running job cannot be listed"; }
grep -q "$tag" "$dir/list" || { cat "$dir/list"; fail "the running job is not listed"; }
job_runs || job_fail "ended"
job_die
job_start
pair_proven
