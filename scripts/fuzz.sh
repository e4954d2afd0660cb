#!/usr/bin/env bash
# Fuzzes the readers of strangers' bytes: every target (or those named) for FUZZ_SECONDS, 60 by default, with
# changed seeds on the stable toolchain. FUZZER=cargo-fuzz runs the same bodies under libFuzzer, which is
# told what was reached and finds more; it needs a nightly toolchain, and some 20 minutes for its first build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PWD/.tools/bin:$PATH

CARGO_FUZZ_VERSION=0.13.2
seconds=${FUZZ_SECONDS:-60}
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || targets=(sealing insertion source location transforms settings pdf pades cms \
    images fonts certificates timestamps schema strangers verify texts crl ocsp evidence trusted_lists archives invoices \
    cost multipart)

# One target on the stable toolchain; cost looks for what costs most for its length, multipart asks a service.
run() {
    if [[ $1 == multipart ]]; then
        SOFTHSM2_CONF=$(scripts/softhsm-conf.sh) FUZZ_SECONDS=$seconds \
            cargo test --locked --quiet --workspace --test it http::changed_forms -- --nocapture
        return
    fi
    local test=seal::fuzz::bodies
    [[ $1 != cost ]] || test=seal::costly
    FUZZ_SECONDS=$seconds FUZZ_TARGET=$1 \
        cargo test --locked --quiet --workspace --test engine "$test" -- --nocapture
}

has_nightly() { cargo +nightly --version >/dev/null 2>&1; }

has_cargo_fuzz() {
    [[ $(cargo-fuzz --version 2>/dev/null) == "cargo-fuzz $CARGO_FUZZ_VERSION" ]] && return 0
    echo "fuzz: installing cargo-fuzz $CARGO_FUZZ_VERSION into .tools"
    cargo install cargo-fuzz --locked --quiet --version "$CARGO_FUZZ_VERSION" --root .tools
}

if [[ ${FUZZER:-} == cargo-fuzz ]] && ! has_nightly; then
    echo "fuzz: FUZZER=cargo-fuzz needs a nightly toolchain: rustup toolchain install nightly"
    exit 1
fi
if [[ ${FUZZER:-} != cargo-fuzz ]] || ! has_cargo_fuzz; then
    # libFuzzer's targets are built by nobody else; its runtime is C++.
    if command -v c++ >/dev/null; then
        cargo check --locked --quiet --manifest-path fuzz/Cargo.toml
    fi
    for target in "${targets[@]}"; do
        run "$target"
    done
    echo "fuzz: nothing found"
    exit
fi

FUZZ_CORPUS=$PWD/fuzz/corpus cargo test --locked --quiet --workspace --test engine seal::fuzz::seeds
failed=()
for target in "${targets[@]}"; do
    if [[ $target == cost || $target == multipart ]]; then
        run "$target" || failed+=("$target")
        continue
    fi
    printf '== %s, %s seconds\n' "$target" "$seconds"
    cargo +nightly fuzz run --sanitizer "${FUZZ_SANITIZER:-none}" "$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=20000 -print_final_stats=1 \
        2>fuzz/corpus/"$target".log || failed+=("$target")
    grep -E '^(stat::|SUMMARY|Done|==)|panicked' fuzz/corpus/"$target".log || true
done
if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'fuzz: FAILED: %s (fuzz/corpus/*.log; inputs in fuzz/artifacts)\n' "${failed[*]}"
    exit 1
fi
echo "fuzz: nothing found"
