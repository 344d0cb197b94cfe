#!/usr/bin/env bash
# make bench: the two rates of the README beside their yardsticks. Starts a private Kafka broker and fills a topic.
# BENCH_ROWS = messages in the topic.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d); chmod 755 "$dir"
trap 'tests/lib/services.sh down "$dir" > /dev/null 2>&1; rm -rf "$dir"' EXIT
rows=${BENCH_ROWS:-3000000}
cp build/weir "$dir/stripped"; strip "$dir/stripped"
printf 'binary                 %7.1f MB stripped\n' "$(($(stat -c %s "$dir/stripped") / 10000))e-2"
build/bench/bench_start build/weir
tests/lib/services.sh up "$dir" kafka
. "$dir/env"
KAFKA=$WEIR_TEST_KAFKA TOPIC=bench ROWS=$rows RATE=2000000000 build/weir run -q sql/weather/producer.sql
build/bench/bench_rates build/weir "$WEIR_TEST_KAFKA" bench "$rows"
