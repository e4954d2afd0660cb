#!/usr/bin/env bash
# Takes the pictures of the back office in docs/images, in Chromium, from a demo of its own. They are taken when pages
# change; nothing compares them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh demo test
cargo build --locked --quiet
folder=$(mktemp -d)
"${CARGO_TARGET_DIR:-target}/debug/chancery" demo --keep --port 0 --directory "$folder/demo" --samples samples \
    >"$folder/said" 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null; wait "$demo" 2>/dev/null || true; rm -rf "$folder"' EXIT
until grep -q "stays at" "$folder/said"; do
    kill -0 "$demo" 2>/dev/null || { cat "$folder/said" >&2; exit 1; }
    sleep 0.2
done

mkdir -p docs/images
jq --arg images "$PWD/docs/images" '
    .backoffice_url as $office | .operator as $operator |
    [
        ["open", $office], ["type", $operator.address], ["to", "#password"],
        ["type", $operator.password], ["go", "Enter"],
        ["picture", "\($images)/office-first-page.png"],
        ["to", "#find"], ["type", "faturas@cliente.example"], ["go", "Enter"],
        ["picture", "\($images)/office-found.png"],
        ["to", "main table a"], ["go", "Enter"],
        ["picture", "\($images)/office-operation.png"],
        ["scheme", "dark"], ["open", "\($office)/operations?lang=de"],
        ["picture", "\($images)/office-operations-dark.png"]
    ]' "$folder/demo/demo.json" | .venv/bin/python tests/peers/walk.py >/dev/null
ls -l docs/images
