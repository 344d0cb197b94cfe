#!/usr/bin/env bash
# The broker dies by SIGKILL under a running job that reads from it and writes to it and to a database. First the job goes on when it is back; then it is
# stopped meanwhile, which takes no longer for that. Every row is there once, at both sinks.
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
pair_feed_end
pair_settle || job_fail "$counts"
tests/lib/services.sh kill "$WEIR_TEST_SERVICES" kafka
start=$SECONDS
job_stop                                         # with 0: nothing is left to be written
[ $((SECONDS - start)) -lt 8 ] || job_fail "stopping took $((SECONDS - start)) s"
tests/lib/services.sh start "$WEIR_TEST_SERVICES" kafka
job_start
pair_proven
