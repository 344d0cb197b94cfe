#!/usr/bin/env bash
# Every fault point of the database and Kafka clients against real servers (tests/fault/run.sh).
cd "$(dirname "$0")/../.."
# A consumer group first: librdkafka 2.0.2 crashes when it is asked for a group's offsets while a new broker still loads its coordinator.
timeout 60 kcat -b "$WEIR_TEST_KAFKA" -G "faults-$$" -e -q "faults-$$" > /dev/null 2>&1 || true
exec tests/fault/run.sh postgres kafka
