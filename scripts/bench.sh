#!/usr/bin/env bash
# How fast: the token's raw signatures, the engine without the key, the service over HTTP.
# Arguments go to the bench.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh bench
SOFTHSM2_CONF=$(scripts/softhsm-conf.sh)
export SOFTHSM2_CONF
cargo bench --locked -- "$@"
