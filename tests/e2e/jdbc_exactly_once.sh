#!/usr/bin/env bash
# Exactly-once of the jdbc sink against the private PostgreSQL: fencing, lost answers, killed writers, a server that dies (make test's unit step has none yet).
cd "$(dirname "$0")/../.."
exec build/unit/test_jdbc_epoch
