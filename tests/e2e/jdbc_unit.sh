#!/usr/bin/env bash
# The jdbc connector's own tests against the private PostgreSQL (make test's unit step has none yet).
cd "$(dirname "$0")/../.."
exec build/unit/test_jdbc
