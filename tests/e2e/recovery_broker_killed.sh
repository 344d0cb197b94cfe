#!/usr/bin/env bash
# The broker dies by SIGKILL under a running job that reads from it and writes to it and to a database: every row is there once, at both sinks.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
job_start
pair_feed 16000 4000
wait_for 30 pair_has 1000 || job_fail "no rows"
tests/lib/services.sh kill "$WEIR_TEST_SERVICES" kafka
tests/lib/services.sh start "$WEIR_TEST_SERVICES" kafka
pair_proven
