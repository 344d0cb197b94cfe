#!/usr/bin/env bash
# The clock is set back by a day between two runs, and forward in the next: the newest checkpoint is the one that came last, not the one with the latest time.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
for offset in 0 -86400 3600; do
    job_start WEIR_CLOCK_OFFSET=$offset
    pair_feed 1500 5000
    wait_for 30 pair_has $((sent - 200)) || job_fail "no rows with the clock moved by $offset s"
    job_die
done
job_start
pair_proven
