#!/usr/bin/env bash
# make bench: expressions and the two rates of the README beside their yardsticks. Starts a private Kafka broker and fills a topic.
# BENCH_ROWS = messages in the topic.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d); chmod 755 "$dir"
trap 'tests/lib/services.sh down "$dir" > /dev/null 2>&1; rm -rf "$dir"' EXIT
rows=${BENCH_ROWS:-3000000}
cp build/weir "$dir/stripped"; strip "$dir/stripped"
printf 'binary                 %7.1f MB stripped\n' "$(($(stat -c %s "$dir/stripped") / 10000))e-2"
build/bench/bench_start build/weir
build/bench/bench_expr
tests/lib/services.sh up "$dir" kafka
. "$dir/env"
KAFKA=$WEIR_TEST_KAFKA TOPIC=bench ROWS=$rows RATE=2000000000 build/weir run -q sql/weather/producer.sql
build/bench/bench_rates build/weir "$WEIR_TEST_KAFKA" bench "$rows"
# 100 k keys, enough rows for several checkpoints
ckpt_rows=$((rows * 4))
build/weir -q -c "CREATE TABLE g (k INT, v DOUBLE) WITH ('connector'='datagen','rows-per-second'='2000000000','number-of-rows'='$ckpt_rows','fields.k.min'='1','fields.k.max'='100000');
  CREATE TABLE t (k INT, v DOUBLE) WITH ('connector'='kafka','topic'='keys','properties.bootstrap.servers'='$WEIR_TEST_KAFKA','format'='json'); SET 'table.dml-sync'='true'; INSERT INTO t SELECT * FROM g;"
mkdir -p build/bench-state; rm -rf build/bench-state/*
build/bench/bench_ckpt build/weir build/bench-state "$WEIR_TEST_KAFKA" keys "$ckpt_rows"
rm -rf build/bench-state
