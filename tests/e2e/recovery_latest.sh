#!/usr/bin/env bash
# 'latest-offset' is where the first start began, not where the next one does: rows that come while the job is away are read, from partitions that
# were empty until then too.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open pg-append
sed -i "s/'earliest-offset'/'latest-offset'/" "$dir/job.sql"
job_start
wait_for 30 job_stored || job_fail "no checkpoint"
job_die
pair_feed 1000
pair_fed
job_start
pair_proven
