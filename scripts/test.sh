#!/usr/bin/env bash
# Every test. Arguments go to the test binaries: `make test ARGS="tidy"` runs those with that name.
# The optional corpus is taken from CHANCERY_SHARED, else from ../shared beside the repository.
# At the end it names the ten slowest; target/test-times.txt has the time of each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh test
SOFTHSM2_CONF=$(scripts/softhsm-conf.sh)
export SOFTHSM2_CONF
if [[ $# -eq 0 ]]; then
    echo "test: the foreign judges accept what is good and refuse what is not"
    .venv/bin/python tests/peers/selftest.py
    .venv/bin/python tests/peers/selftest_pades.py
fi
python3 scripts/run-tests.py "$@"
