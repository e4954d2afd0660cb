#!/usr/bin/env bash
# Makes the copy of htmx in src/web/backoffice/vendor anew, from the npm tarball of the pinned version, whose
# integrity is checked: scripts/renew-htmx.sh. With --check it only compares what is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=2.0.11
integrity=sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==
kept=src/web/backoffice/vendor/htmx-$version.min.js

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "htmx.org@$version" >/dev/null
tarball=$folder/htmx.org-$version.tgz
found=sha512-$(openssl dgst -sha512 -binary "$tarball" | base64 -w 0)
if [[ $found != "$integrity" ]]; then
    echo "renew: the tarball of htmx.org $version is $found, not $integrity" >&2
    exit 1
fi
tar -xzf "$tarball" -C "$folder" package/dist/htmx.min.js
if [[ ${1:-} == --check ]]; then
    cmp "$folder/package/dist/htmx.min.js" "$kept"
else
    install -m 0644 "$folder/package/dist/htmx.min.js" "$kept"
fi
echo "renew: $kept is that of htmx.org $version"
