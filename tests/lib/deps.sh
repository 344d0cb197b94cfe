#!/usr/bin/env bash
# deps.sh build | test: installs the Debian packages that building, or testing, needs and that are missing. Root or sudo.
set -eu
build="gcc make pkg-config lemon librdkafka-dev libpq-dev libsqlite3-dev libedit-dev libutf8proc-dev libpcre2-dev
       libxxhash-dev libzstd-dev libgmp-dev libssl-dev tzdata"
test="$build libcmocka-dev libjansson-dev clang postgresql default-jre-headless maven kcat sqlite3 tmux bats procps"
case ${1:-build} in
build) want=$build ;;
test) want=$test ;;
*) echo "usage: deps.sh build|test" >&2; exit 2 ;;
esac
missing=
for p in $want; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing" >&2
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || { echo "missing packages:$missing
Install them as root (apt-get install$missing), or install sudo." >&2; exit 1; }
    sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 -- word splitting wanted
{ $sudo apt-get update && $sudo apt-get install -y --no-install-recommends $missing; } > "$log" 2>&1 ||
    { tail -n 30 "$log" >&2; echo "installing packages failed" >&2; exit 1; }
rm -f "$log"
