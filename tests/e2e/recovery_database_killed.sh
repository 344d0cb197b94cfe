#!/usr/bin/env bash
# PostgreSQL dies by SIGKILL, all its processes, while a job writes to it every 100 ms, twice; every row is there once.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open pg-append
job_start
pair_feed 12000 4000
for seen in 1000 5000; do
    wait_for 30 pair_has $seen || job_fail "no rows"
    tests/lib/services.sh kill "$WEIR_TEST_SERVICES" pg
    sleep 0.5                                    # some commits are tried meanwhile
    tests/lib/services.sh start "$WEIR_TEST_SERVICES" pg
done
pair_proven
