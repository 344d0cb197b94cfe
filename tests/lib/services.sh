#!/usr/bin/env bash
# Private servers for tests and benches, on free ports of 127.0.0.1, with all their data in one folder.
#   services.sh up DIR [kafka] [pg]   starts them, writes DIR/env (export lines: WEIR_TEST_KAFKA, WEIR_TEST_PG_PORT, ...)
#   services.sh down DIR              stops what up started
#   services.sh stop|start DIR kafka|pg    for tests that take a server away and bring it back (same port, same data)
#   services.sh kill DIR kafka|pg          by SIGKILL, all its processes; start brings it back
#   services.sh pause|resume DIR kafka|pg  a server that takes connections and does not answer
# Needs: java and maven (kafka), postgresql (pg). Jars are kept in ${WEIR_TEST_CACHE:-~/.cache/weir-test}.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${WEIR_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir-test}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { # a port nobody answers on, outside the range the kernel hands out to clients
    local p
    for _ in $(seq 1 200); do p=$((10000 + RANDOM % 20000)); answers "$p" || { echo "$p"; return; }; done
    echo "no free port" >&2; return 1
}
wait_port() { # PORT SECONDS LOG
    local end=$((SECONDS + $2))
    until answers "$1"; do
        [ $SECONDS -lt $end ] || { echo "no answer on port $1 after $2 s" >&2; tail -n 20 "$3" >&2; return 1; }
        sleep 0.1
    done
}
as_server_user() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

kafka_jars() {
    [ -e "$cache/kafka-4.3.0/done" ] && return
    mkdir -p "$cache/kafka-4.3.0"
    mvn -q -B -f "$here/../pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/kafka-4.3.0" -DincludeScope=runtime >&2
    touch "$cache/kafka-4.3.0/done"
}
java_kafka() { java "-Xmx${KAFKA_HEAP:-700m}" -XX:+UseSerialGC -cp "$cache/kafka-4.3.0/*" "$@"; }

prepare_kafka() { # DIR
    kafka_jars
    local port controller
    port=$(free_port); controller=$(free_port)
    cat > "$1/kafka.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$1/kafka-data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.partitions=1
P
    java_kafka kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$1/kafka.properties" > "$1/kafka-format.log" 2>&1
    echo "$port" > "$1/kafka.port"
    echo "export WEIR_TEST_KAFKA=127.0.0.1:$port" >> "$1/env"
}
start_kafka() {
    (java_kafka kafka.Kafka "$1/kafka.properties" > "$1/kafka.log" 2>&1 & echo $! > "$1/kafka.pid")
    wait_port "$(cat "$1/kafka.port")" 60 "$1/kafka.log"
}
# The subshell's pid is the function's; the JVM is its child.
stop_kafka() { pkill -TERM -P "$(cat "$1/kafka.pid")" 2>/dev/null || kill "$(cat "$1/kafka.pid")" 2>/dev/null || true
    local end=$((SECONDS + 30)); while answers "$(cat "$1/kafka.port")" && [ $SECONDS -lt $end ]; do sleep 0.1; done; }

pids_kafka() { pgrep -P "$(cat "$1/kafka.pid")" || cat "$1/kafka.pid"; }

pg_bin() { local b; b=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1); echo "$b"; }
prepare_pg() {
    local port; port=$(free_port)
    mkdir -p "$1/pg"
    if [ "$(id -u)" = 0 ]; then chown postgres "$1/pg"; chmod 755 "$1"; fi
    as_server_user "$(pg_bin)/initdb" -D "$1/pg" -A trust -U weir > "$1/pg-init.log" 2>&1
    echo "$port" > "$1/pg.port"
    echo "export WEIR_TEST_PG_PORT=$port WEIR_TEST_PG_URL=jdbc:postgresql://127.0.0.1:$port/weir" >> "$1/env"
}
start_pg() {
    local port; port=$(cat "$1/pg.port")
    as_server_user "$(pg_bin)/pg_ctl" -D "$1/pg" -o "-p $port -k '' -c listen_addresses=127.0.0.1 -c fsync=off" -l "$1/pg/log" -w -t 60 start > /dev/null
    psql -h 127.0.0.1 -p "$port" -U weir -d postgres -qAtc 'SELECT 1 FROM pg_database WHERE datname = $$weir$$' | grep -q 1 ||
        psql -h 127.0.0.1 -p "$port" -U weir -d postgres -qc 'CREATE DATABASE weir'
}
stop_pg() { as_server_user "$(pg_bin)/pg_ctl" -D "$1/pg" -m "${2:-fast}" -w stop > /dev/null 2>&1 || true; }
pids_pg() { local p; p=$(head -n 1 "$1/pg/postmaster.pid"); echo "$p"; pgrep -P "$p" || true; }

kill_server() { # DIR kafka|pg
    local p pids; pids=$("pids_$2" "$1")
    # shellcheck disable=SC2086 -- one word each
    kill -KILL $pids
    for p in $pids; do while kill -0 "$p" 2> /dev/null; do sleep 0.05; done; done
}
# The parent first: it must not tend to children that stand still.
signal_server() { local p; for p in $("pids_$3" "$2"); do kill "-$1" "$p" 2> /dev/null || true; done; }

command=$1; dir=$2; shift 2
mkdir -p "$dir"; dir=$(cd "$dir" && pwd)
case $command in
up)   for s in "${@:-kafka}"; do "prepare_$s" "$dir"; "start_$s" "$dir"; done ;;
down) [ -e "$dir/kafka.pid" ] && stop_kafka "$dir"; [ -e "$dir/pg.port" ] && stop_pg "$dir"; true ;;
stop) "stop_$1" "$dir" "${2:-}" ;;
start) "start_$1" "$dir" ;;
kill) kill_server "$dir" "$1" ;;
pause) signal_server STOP "$dir" "$1" ;;
resume) signal_server CONT "$dir" "$1" ;;
*)    echo "usage: services.sh up|down|stop|start|kill|pause|resume DIR [kafka] [pg]" >&2; exit 2 ;;
esac
