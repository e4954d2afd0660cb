#!/usr/bin/env bash
# Makes the pinned copy of the RustSec advisories anew, which `make lint` reads where the network has
# none: scripts/renew-advisories.sh [FILE [CLONE]], FILE being scripts/advisories.jsonl when it is not
# said. Without a CLONE of the database it fetches one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

file=${1:-scripts/advisories.jsonl}
clone=${2:-}
new=$(mktemp)
trap 'rm -rf "$new" "${fetched:-}"' EXIT
if [[ -z $clone ]]; then
    clone=$(mktemp -d)
    fetched=$clone
    git clone --quiet --depth 1 https://github.com/RustSec/advisory-db "$clone"
fi
python3 scripts/advisories.py make "$clone" >"$new"
python3 scripts/advisories.py check "$new" || echo "renew: the new advisories speak of Cargo.lock, see above"
install -m 0644 "$new" "$file"
echo "renew: $(($(wc -l <"$file") - 1)) advisories in $file"
