#!/usr/bin/env bash
# The prompt in a real terminal (tmux): statements over several lines, backslash commands, completion, Ctrl-C, leaving.
cd "$(dirname "$0")/../.."
. tests/lib/e2e.sh
command -v tmux > /dev/null || fail "tmux is missing"
socket=weir-$$
export XDG_STATE_HOME=$dir/state
trap 'tmux -L $socket kill-server 2>/dev/null || true; cleanup' EXIT
tmux -L $socket new-session -d -x 120 -y 50 "$WEIR"
screen() { tmux -L $socket capture-pane -p -S -200; }
shows() { screen | grep -qF -- "$1"; }
type() { # a final ';' would end tmux's own command
    case $1 in *\;) tmux -L $socket send-keys -l -- "${1%;}"; tmux -L $socket send-keys -l '\;' ;; *) tmux -L $socket send-keys -l -- "$1" ;; esac
}
enter() { tmux -L $socket send-keys Enter; }
expect() { wait_for 10 shows "$1" || { screen; fail "the screen lacks [$1]"; }; }
expect 'weir>'
type "SET 'execution.runtime-mode' = 'batch';"; enter
type "SELECT 40 +"; enter
expect '...'
type "2 AS answer;"; enter
expect 'answer'; expect '42'
type "CREATE TABLE numbers (zap_count INT) WITH ('connector'='datagen','number-of-rows'='2');"; enter
type '\dt'; enter
expect 'numbers'
type '\d numbers'; enter
expect 'zap_count'
type "SELECT zap_"; tmux -L $socket send-keys Tab
expect 'SELECT zap_count'
tmux -L $socket send-keys C-c
type 'SELECT 1x FROM nowhere;'; enter
expect '^'
type "RESET;"; enter
type "CREATE TABLE endless (v INT) WITH ('connector'='datagen','rows-per-second'='10');"; enter
type "SELECT v FROM endless;"; enter
expect '+I'
tmux -L $socket send-keys C-c
expect 'Query terminated'
type "\\timing"; enter
expect 'Timing is on'
type '\q'; enter
wait_for 10 sh -c "! tmux -L $socket list-sessions" || fail "\\q does not leave"
[ "$(stat -c %a "$dir/state/weir/history")" = 600 ] || fail "history is not private"
