#!/usr/bin/env bash
# Removes what the build and the demo left. Tools stay: they are slow to get and never change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo clean
rm -rf demo .tools/tokens .tools/softhsm2.conf
