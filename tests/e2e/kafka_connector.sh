#!/usr/bin/env bash
# The connector's own tests that need a real broker.
cd "$(dirname "$0")/../.."
[ -n "$WEIR_TEST_KAFKA" ] || { echo "no broker" >&2; exit 1; }
[ -x build/unit/test_kafka_real ] || make -s build/unit/test_kafka_real
exec build/unit/test_kafka_real
