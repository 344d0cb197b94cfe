#!/usr/bin/env bash
# Damaged checkpoints. The newest one: the reason is told and the one before is used, or, where the sink holds the rows of the newest already, the job
# refuses to write them twice. None left: refused. Any byte of the file flipped: the job goes on rightly or says why not.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
. tests/crash/lib.sh
. tests/crash/pairs.sh
pair_open pg-append
db=$dir/state/$tag/checkpoints.db
store() { sqlite3 "$db" "$1"; }
newest() { store 'SELECT max(id) FROM checkpoints'; }
spoil() { store "UPDATE chunks SET bytes = zeroblob(length(bytes)) WHERE seq >> 24 = $1"; }
epoch_held() { pg "SELECT epoch FROM weir_epochs WHERE key LIKE '$tag/%'"; }
refused() { # PATTERN
    job_start
    job_wait
    [ "$ended" != 0 ] || job_fail "not refused"
    job_said "$1" || job_fail "refused, but not for the reason wanted: $1"
}
job_start
pair_feed 500
wait_for 30 pair_has 500 || job_fail "no rows"
job_stop                                         # its last checkpoint holds no rows for the sink
spoil "$(newest)"
job_start
pair_feed 500
wait_for 30 job_said "checkpoint .* is damaged.*trying the one before" || job_fail "the damage was not told"
wait_for 30 pair_has 1000 || job_fail "nothing goes on from the checkpoint before"
job_stop

# The sink holds the newest checkpoint's rows.
for try in $(seq 1 50); do
    job_start
    pair_feed 3000 3000
    wait_for 30 pair_has $((sent - 2500)) || job_fail "no rows"
    job_die
    pair_fed
    [ "$(newest)" = "$(epoch_held)" ] && break
done
[ "$(newest)" = "$(epoch_held)" ] || fail "no kill met a committed checkpoint in $try tries"
cp "$db" "$dir/good.db"
before=$(pg "SELECT count(*) FROM $tag")
spoil "$(newest)"
refused 'would be written twice'
same "$(pg "SELECT count(*) FROM $tag")" "$before"
store 'UPDATE chunks SET bytes = zeroblob(length(bytes))'
refused 'No checkpoint can be read'
cp "$dir/good.db" "$db"
head -c 100 /dev/urandom | dd of="$db" conv=notrunc status=none
refused 'cannot .* the checkpoints'
cp "$dir/good.db" "$db"
job_start
pair_settle || job_fail "$counts"
job_stop

# One byte anywhere.
cp "$db" "$dir/good.db"
size=$(stat -c %s "$db")
RANDOM=${SEED:-$$}; echo "seed $RANDOM"
for _ in $(seq 1 12); do
    cp "$dir/good.db" "$db"
    pick 0 $((size - 1)); at=$picked
    byte=$(od -An -tu1 -j $at -N 1 "$db")
    pick 1 255
    printf "\\x$(printf %02x $((byte ^ picked)))" | dd of="$db" bs=1 seek=$at conv=notrunc status=none
    job_start
    over() { job_said 'restored checkpoint' || ! job_runs; }
    wait_for 20 over || job_fail "byte $at: neither restored nor refused"
    if job_runs; then job_stop; else job_wait; [ "$ended" != 0 ] && job_said 'error' || job_fail "byte $at: exit code $ended"; fi
    counts=$(pg_append_judge) || job_fail "byte $at ^ $picked: $counts"
done
cp "$dir/good.db" "$db"
job_start
pair_feed 500
pair_proven

# Files tell by their numbers which checkpoint they came with.
dir=${dir%/*}
pair_open kafka-files
db=$dir/state/$tag/checkpoints.db
settled() { job_said 'would be written twice' || job_said 'restored checkpoint'; }
for try in $(seq 1 50); do
    job_start
    pair_feed 3000 3000
    wait_for 30 pair_has $((sent - 2500)) || job_fail "no rows"
    job_die
    pair_fed
    cp "$db" "$dir/good.db"
    spoil "$(newest)"
    job_start
    wait_for 20 settled || job_fail "neither refused nor restored"
    job_said 'would be written twice' && break
    job_die                                      # the newest one had no rows, or had not shown them: the one before will do
done
job_said 'would be written twice' || fail "no kill met a committed checkpoint in $try tries"
job_wait
[ "$ended" != 0 ] || job_fail "not refused"
cp "$dir/good.db" "$db"
job_start
pair_proven
