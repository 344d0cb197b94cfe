#!/usr/bin/env bash
# Servers that stand still without closing a connection, as a network that stalls: first the database, then the broker, and the job killed meanwhile.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
resume() { for s in pg kafka; do tests/lib/services.sh resume "$WEIR_TEST_SERVICES" $s; done; }
trap 'resume; cleanup' EXIT
job_start
pair_feed 12000 3000
wait_for 30 pair_has 500 || job_fail "no rows"
tests/lib/services.sh pause "$WEIR_TEST_SERVICES" pg
sleep 2
tests/lib/services.sh resume "$WEIR_TEST_SERVICES" pg
wait_for 30 pair_has 4000 || job_fail "no rows after the database stood still"
tests/lib/services.sh pause "$WEIR_TEST_SERVICES" kafka
sleep 2
job_runs || job_fail "ended while the broker stood still"
tests/lib/services.sh resume "$WEIR_TEST_SERVICES" kafka
wait_for 30 pair_has 7000 || job_fail "no rows after the broker stood still"
tests/lib/services.sh pause "$WEIR_TEST_SERVICES" pg
sleep 0.3                                        # a commit is under way
job_die
job_start
sleep 0.5
tests/lib/services.sh resume "$WEIR_TEST_SERVICES" pg
pair_proven
