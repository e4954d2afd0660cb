#!/usr/bin/env bash
# How fast: the engine without the key, the token's raw signatures, the service over HTTP.
# Builds with optimisation first; that takes minutes on a clean clone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh bench
target=$PWD/${CARGO_TARGET_DIR:-target}
folder=$target/tmp/bench
mkdir -p "$target/tmp"
# references are used up by every run, so each begins with a folder of its own
rm -rf "$folder"
cargo bench --locked --bench speed --no-run
binary=$(find "$target/release" -maxdepth 1 -name chancery -type f)
"$binary" demo --directory "$folder" --samples samples >"$target/tmp/bench-demo.log" ||
    { cat "$target/tmp/bench-demo.log"; exit 1; }
SOFTHSM2_CONF=$folder/softhsm2.conf cargo bench --locked --bench speed -- "$@"
