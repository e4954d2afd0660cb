#!/bin/sh
# Writes a SoftHSM configuration that keeps its tokens in the ignored folder .tools, and prints its
# path:   SOFTHSM2_CONF=$(scripts/softhsm-conf.sh) cargo test
# Tokens of earlier test runs are removed after a day, because SoftHSM opens every one it finds.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tokens=$root/.tools/tokens
mkdir -p "$tokens"
chmod 700 "$tokens"
find "$tokens" -mindepth 1 -maxdepth 1 -type d -mmin +1440 -exec rm -rf {} +
cat > "$root/.tools/softhsm2.conf.$$" <<CONF
directories.tokendir = $tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
CONF
# In one step: another run may be reading it.
mv "$root/.tools/softhsm2.conf.$$" "$root/.tools/softhsm2.conf"
echo "$root/.tools/softhsm2.conf"
