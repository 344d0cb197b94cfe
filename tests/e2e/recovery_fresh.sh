#!/usr/bin/env bash
# --fresh forgets the checkpoints of a job that has written already, and begins a chain of its own: killed before it has written anything, it still goes on.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
sed -i "s/'earliest-offset'/'latest-offset'/" "$dir/job.sql"
job_start
wait_for 30 job_stored || job_fail "no checkpoint"
pair_feed 1000
wait_for 30 pair_has 1000 || job_fail "no rows"
job_die
job_flags=--fresh
job_start
job_started                                      # the old ones are gone
wait_for 30 job_stored || job_fail "no checkpoint"
job_die
job_flags=
job_start
wait_for 30 job_said 'restored checkpoint' || job_fail "nothing was restored"
pair_feed 1000
counts=
wait_for 30 pair_has 2000 || job_fail "nothing goes on"
job_stop
counts=$(pg_append_judge) || fail "$counts"
