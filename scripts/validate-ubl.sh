#!/usr/bin/env bash
# Validates UBL 2.1 documents, sealed or not, against the official schemas, without network.
# Usage: scripts/validate-ubl.sh FILE...    one line per file on stderr, exit code 1 when one fails.
# The schema is chosen by the local name of the root element; ds:Signature and xades:* inside
# ext:ExtensionContent are validated strictly (see xsd/README.md).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -gt 0 ]] || { echo "usage: $0 FILE..." >&2; exit 2; }
[[ -f $root/xsd/official/.stamp ]] || "$root/scripts/setup-xsd.sh" >&2

export XML_CATALOG_FILES=$root/xsd/catalog.xml
declare -A files_of=()
failed=0
for file in "$@"; do
    kind=$(xmllint --nonet --huge --xpath 'local-name(/*)' "$file") || { failed=1; continue; }
    if [[ -f $root/xsd/official/ubl-2.1/maindoc/UBL-$kind-2.1.xsd ]]; then
        files_of[$kind]+=$file$'\n'
    else
        echo "$file: no UBL 2.1 schema for root element $kind" >&2
        failed=1
    fi
done
for kind in "${!files_of[@]}"; do # one process per schema: it takes longer to read than a document
    mapfile -t files <<<"${files_of[$kind]%$'\n'}"
    xmllint --nonet --noout --huge --schema "$root/xsd/official/ubl-2.1/maindoc/UBL-$kind-2.1.xsd" \
        "${files[@]}" || failed=1
done
exit "$failed"
