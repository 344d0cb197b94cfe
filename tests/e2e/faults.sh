#!/usr/bin/env bash
# Every fault point of the database and Kafka clients against real servers (tests/fault/run.sh). Run first after the broker's start it also sees what
# only a new broker does: a group's coordinator that is not there yet (librdkafka 2.0.2 crashed on it).
exec "$(dirname "$0")/../fault/run.sh" postgres kafka
