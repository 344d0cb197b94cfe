#!/usr/bin/env bash
# The exactly-once sink's own tests on a real broker: writers that are killed, two writers, a broker that is killed.
cd "$(dirname "$0")/../.."
[ -n "$WEIR_TEST_KAFKA" ] && [ -n "$WEIR_TEST_SERVICES" ] || { echo "no broker" >&2; exit 1; }
[ -x build/unit/test_kafka_txn ] || make -s build/unit/test_kafka_txn
exec build/unit/test_kafka_txn
