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
LIST_WITHOUT_CORPUS=$(mktemp)
export LIST_WITHOUT_CORPUS
failed=0
python3 scripts/run-tests.py "$@" || failed=$?
without=$(sort -u "$LIST_WITHOUT_CORPUS" | wc -l)
rm -f "$LIST_WITHOUT_CORPUS"
if [[ $without -gt 0 ]]; then
    echo "test: $without tests tried our own samples only, as there is no larger corpus (CHANCERY_SHARED)"
fi
exit "$failed"
