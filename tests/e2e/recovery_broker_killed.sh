#!/usr/bin/env bash
# The broker dies by SIGKILL under a running job that reads from it and writes to it and to a database, twice; every row is there once, at both sinks.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
job_start
pair_feed 16000 4000
for seen in 1000 6000; do
    wait_for 30 pair_has $seen || job_fail "no rows"
    tests/lib/services.sh kill "$WEIR_TEST_SERVICES" kafka
    tests/lib/services.sh start "$WEIR_TEST_SERVICES" kafka
done
pair_proven
