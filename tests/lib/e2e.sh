# Helpers of the end-to-end scripts; sourced. Needs $WEIR and the services' variables.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/weir-e2e.XXXXXX")
pids= top=$dir
export WEIR_STATE_DIR=$dir/state                 # a script that wants one start not to go on from another's checkpoints says --fresh
cleanup() { for p in $pids; do kill -9 "$p" 2>/dev/null || true; done; rm -rf "$top"; }
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
# wait_for SECONDS COMMAND..: until the command succeeds
wait_for() {
    local end=$((SECONDS + $1)); shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "waited too long for: $*" >&2; return 1; }
        sleep 0.1
    done
}
pg() { psql -h 127.0.0.1 -p "$WEIR_TEST_PG_PORT" -U weir -d weir -qAt -c "$1"; }
same() { [ "$1" = "$2" ] || fail "expected [$2], got [$1]"; }
topic_lines() { kcat -b "$WEIR_TEST_KAFKA" -C -t "$1" -e -q -o beginning "${@:2}"; }
