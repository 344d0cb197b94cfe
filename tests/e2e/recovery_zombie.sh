#!/usr/bin/env bash
# A process that was thought dead. One is killed while its transaction waits for a lock in the database, and the next starts before that is decided.
# Another stands still while a copy of its state directory goes on elsewhere; when it wakes up it must not write any more.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open two-sinks
job_start
pair_feed 16000 2000
wait_for 30 pair_has 500 || job_fail "no rows"
mkfifo "$dir/lock"
psql -h 127.0.0.1 -p "$WEIR_TEST_PG_PORT" -U weir -d weir -qAt < "$dir/lock" > "$dir/locked" & locker=$!
pids="$pids $locker"
exec 7> "$dir/lock"
echo "BEGIN; LOCK TABLE $tag; SELECT 'locked';" >&7
wait_for 10 grep -q locked "$dir/locked"
waiting() { [ "$(pg "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '$tag'::regclass")" -ge 1 ]; }
wait_for 10 waiting || job_fail "nothing waits for the lock"
job_die
job_start
sleep 0.5
echo "COMMIT;" >&7
exec 7>&-
wait_for 30 pair_has 16000 || job_fail "nothing goes on after the lock"

# The one that stands still.
kill -STOP "$job"
old=$job
cp -r "$dir/state" "$dir/state2"
mv "$dir/run.log" "$dir/old.log"
WEIR_STATE_DIR=$dir/state2
job_start
pair_feed 3000 3000
wait_for 30 pair_has 18500 || job_fail "the copy does not go on"
kill -CONT "$old"
pair_feed 2000 3000
rc=0; wait "$old" || rc=$?
[ $rc = 1 ] || { cat "$dir/old.log"; fail "the old process ended with $rc"; }
pair_proven
