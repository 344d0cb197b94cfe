#!/usr/bin/env bash
# The simulation finds nothing in weir, and finds every planted mistake: a checker that cannot fail checks nothing.
# WEIR_SIM_SECONDS: how long the first takes (10). A mistake must be found within a minute; it takes a second or two.
set -u
cd "$(dirname "$0")/../.."
sim=build/sim/sim
$sim --seconds "${WEIR_SIM_SECONDS:-10}" || exit 1
for plant in $($sim --list-plants); do
    if $sim --plant "$plant" --seconds 60 > /dev/null 2>&1; then echo "planted mistake not found: $plant"; exit 1; fi
    echo "found: $plant"
done
