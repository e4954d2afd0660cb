#!/usr/bin/env bash
# Attacks a service of its own over loopback. Without arguments a table, each attack by itself; with words,
# only those in whose name one of them is; `soak SECONDS`: all of them in random order for so long. Builds
# with optimisation first, which takes minutes on a clean clone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh bench
target=$PWD/${CARGO_TARGET_DIR:-target}
folder=$target/tmp/attack
mkdir -p "$target/tmp"
# references are used up by every run, so each begins with a folder of its own
rm -rf "$folder"
cargo bench --locked --bench attack --no-run
binary=$(find "$target/release" -maxdepth 1 -name chancery -type f)
"$binary" demo --directory "$folder" --samples samples >"$target/tmp/attack-demo.log" ||
    { cat "$target/tmp/attack-demo.log"; exit 1; }
log=$target/tmp/attack-service.log
held=0
SOFTHSM2_CONF=$folder/softhsm2.conf cargo bench --locked --bench attack -- "$@" 2>"$log" || held=$?
if ((held)); then echo "attack: a bound does not hold; the service's log is in $log" >&2; fi
exit "$held"
