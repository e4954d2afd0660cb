#!/usr/bin/env bash
# Writes the SoftHSM configuration of this repository and prints its path: tokens of tests live in
# .tools/tokens, never among the machine's own.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$root/.tools/tokens"
configuration=$root/.tools/softhsm2.conf
wanted="directories.tokendir = $root/.tools/tokens
objectstore.backend = file
log.level = ERROR"
[[ -f $configuration && $(<"$configuration") == "$wanted" ]] || printf '%s\n' "$wanted" >"$configuration"
printf '%s\n' "$configuration"
