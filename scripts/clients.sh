#!/usr/bin/env bash
# Clients that generators make of the API's descriptions, Sign'Stash's and ours, against a running service;
# Spectral, a linter of the latter; and schemathesis for CLIENTS_SECONDS (60). Needs a JVM;
# scripts/setup-clients.sh sets all up.
# Arguments go to the test binary: `make clients ARGS="signstash"` runs those with that name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh test
scripts/setup-clients.sh
SOFTHSM2_CONF=$(scripts/softhsm-conf.sh)
export SOFTHSM2_CONF
[[ $# -gt 0 ]] || set -- clients
cargo test --locked --test it -- --ignored --nocapture "$@"
