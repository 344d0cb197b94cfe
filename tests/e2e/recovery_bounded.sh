#!/usr/bin/env bash
# A job whose input ends, killed at one fault point after the other, each run getting a little further, until one ends by itself: every row is there once,
# and nothing of the job is left behind.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair=bounded p=pg_append tag=crash_bounded_$$ sent=30000
WEIR_STATE_DIR=$dir/state
mkdir "$dir/in"
for i in 0 1 2; do build/crash/produce print $((i * 10000)) $(((i + 1) * 10000)) > "$dir/in/$i.csv"; done
pg "CREATE TABLE $tag (n bigint, k bigint, ts bigint, note text)"
{
    job_settings
    echo "CREATE TABLE src ($rows_columns) WITH ('connector' = 'filesystem', 'path' = '$dir/in', 'format' = 'csv');
CREATE TABLE sink ($rows_columns) WITH ($(pg_sink "$tag"));
INSERT INTO sink $rows_query"
} > "$dir/job.sql"
RANDOM=${SEED:-$$} runs=0 ended=137
for ((n = 1; ended == 137; n += picked)); do
    job_start "WEIR_FAULT=*:$n=kill"
    job_wait
    runs=$((runs + 1))
    pick 1 7
done
[ "$ended" = 0 ] || job_fail "ended with exit code $ended after $runs runs"
[ $runs -gt 5 ] || fail "only $runs runs: the points were not met"
counts=$(pg_append_judge) || fail "$counts"
[ ! -e "$dir/state/$tag" ] || fail "left behind: $(ls "$dir/state/$tag")"
