#!/usr/bin/env bash
# The file system of the state directory is full: the job goes on, says so, holds its rows back, and catches up when there is room again. A start without
# room is refused, and changes nothing. A small tmpfs in a mount namespace of this script.
if [ -z "${WEIR_TEST_NAMESPACE:-}" ]; then
    export WEIR_TEST_NAMESPACE=1
    for flags in -m -rm; do if unshare $flags mount -t tmpfs none /mnt 2> /dev/null; then exec unshare $flags "$0"; fi; done
    echo "SKIPPED: no file system can be mounted here (unshare -m): a full state directory is not tested"
    exit 0
fi
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open pg-append
mkdir "$dir/state"
mount -t tmpfs -o size=1m none "$dir/state"
fill() { cat /dev/zero > "$dir/state/ballast" 2> /dev/null || true; }
job_start
pair_feed 1000
wait_for 30 pair_has 900 || job_fail "no rows"
fill
pair_feed 1000
wait_for 30 job_said 'a checkpoint failed' || job_fail "the full disk was not reported"
job_said 'full' || job_fail "no reason given"
job_runs || job_fail "ended"
job_die
job_start
{ wait_for 30 job_said 'full'; } 2> /dev/null || job_fail "the full disk was not reported at the start"
job_die
rm "$dir/state/ballast"
job_start
pair_feed 1000
wait_for 30 pair_has 2500 || job_fail "nothing goes on when there is room"
fill                                             # and once more, without a restart in between
pair_feed 1000
wait_for 30 job_said 'a checkpoint failed' || job_fail "the full disk was not reported"
rm "$dir/state/ballast"
pair_proven
umount "$dir/state"
