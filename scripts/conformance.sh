#!/usr/bin/env bash
# Seals everything there is to seal in every way there is, and asks all foreign judges about it.
# Needs more than the ordinary tests: a JVM, EU DSS, national rules; scripts/setup-judges.sh sets
# them up. What the judges said is left in target/conformance.
# Arguments go to the test binary: `make conformance ARGS="dss"` runs those with that name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh test
scripts/setup-judges.sh
SOFTHSM2_CONF=$(scripts/softhsm-conf.sh)
export SOFTHSM2_CONF
out=target/conformance
rm -rf "$out"
mkdir -p "$out"

if [[ $# -eq 0 ]]; then
    echo "conformance: the foreign judges accept what is good and refuse what is not"
    .venv/bin/python tests/peers/selftest_conformance.py | tee "$out/judges.txt"
    .venv/bin/python tests/peers/selftest_pades.py --java | tee -a "$out/judges.txt"
    set -- conformance
fi
# stdout is kept too: what the tests print is the report
CHANCERY_CONFORMANCE=1 cargo test --locked --workspace --test engine -- --ignored --nocapture "$@" | tee "$out/tests.txt"
# what the service makes of answers that it asked for itself
CHANCERY_CONFORMANCE=1 cargo test --locked --workspace --test it -- --ignored --nocapture "$@" | tee -a "$out/tests.txt"
echo "conformance: reports are in $out"
