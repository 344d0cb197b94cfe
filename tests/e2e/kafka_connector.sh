#!/usr/bin/env bash
# The connector's own tests again, with the ones that need a real broker (they are skipped without).
cd "$(dirname "$0")/../.."
[ -n "$WEIR_TEST_KAFKA" ] || { echo "no broker" >&2; exit 1; }
[ -x build/unit/test_kafka ] || make -s build/unit/test_kafka
exec build/unit/test_kafka
