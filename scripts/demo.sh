#!/usr/bin/env bash
# The demo. KEEP=1 keeps the service in the foreground until Ctrl-C, PORT=n chooses its port.
# Built with the dev profile on purpose: its dependencies are optimised (Cargo.toml), it is the
# quickest from a clean clone, and `make test` finds its target folder warm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh demo
echo "demo: building (minutes on a clean clone, seconds afterwards)"
cargo build --locked

# PIN, client secret, key files, mails with documents: for whoever runs this alone
umask 077
mkdir -p demo
chmod -R go= demo

arguments=(--directory demo --samples samples)
case ${KEEP:-} in '' | 0 | no | false) keep= ;; *) keep=1 arguments+=(--keep) ;; esac
if [[ -n ${PORT:-} ]]; then arguments+=(--port "$PORT"); fi
chancery=${CARGO_TARGET_DIR:-target}/debug/chancery
[[ -z $keep ]] || exec "$chancery" demo "${arguments[@]}"
"$chancery" demo "${arguments[@]}"

open=$(find demo ! -type l -perm /077 | head -5)
[[ -z $open ]] || { printf 'demo: others can read\n%s\n' "$open" >&2; exit 1; }
