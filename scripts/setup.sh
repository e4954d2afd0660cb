#!/usr/bin/env bash
# Installs what is missing for: demo, test, lint, bench, judges, clients (any of them as arguments; none means
# demo, test and lint). judges are those of make conformance, clients those of make clients; both need a JVM.
# Quick when nothing is missing. Says what it does; changes nothing outside the repository except
# Debian packages, and those only as root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

RUST_MINIMUM=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

say() { printf 'setup: %s\n' "$*"; }
complain() { printf 'setup: %s\n' "$*" >&2; }

wants() { # is group $1 among those asked for?
    local group
    for group in "${groups[@]}"; do [[ $group == "$1" ]] && return 0; done
    return 1
}

# --- what a machine must have before we start ------------------------------------------------

need_toolchain() {
    local missing=0 version
    if ! command -v cargo >/dev/null; then
        complain "Rust is missing. Install a stable toolchain, $RUST_MINIMUM or newer: https://rustup.rs"
        missing=1
    else
        version=$(cargo --version | cut -d' ' -f2)
        if [[ $(printf '%s\n%s\n' "$RUST_MINIMUM" "${version%%-*}" | sort -V | head -1) != "$RUST_MINIMUM" ]]; then
            complain "Rust $version is too old, $RUST_MINIMUM or newer is needed: rustup update stable"
            missing=1
        fi
    fi
    if ! command -v cc >/dev/null; then
        complain "a C compiler is missing (aws-lc and SQLite are built from source): apt-get install build-essential"
        missing=1
    fi
    return "$missing"
}

# --- Debian packages ---------------------------------------------------------------------------

softhsm_module() {
    local path
    for path in /usr/lib/softhsm /usr/lib/*/softhsm /usr/lib64/softhsm /usr/local/lib/softhsm; do
        [[ -e $path/libsofthsm2.so ]] && return 0
    done
    return 1
}

knows_java_17() { # a stub named javac that asks for a JDK fails here
    javac --release 17 -version >/dev/null 2>&1
}

is_there() { # is what Debian package $1 brings already on the machine, wherever it came from?
    case $1 in
        softhsm2) command -v softhsm2-util >/dev/null && softhsm_module ;;
        opensc) command -v pkcs11-tool >/dev/null ;;
        libxml2-utils) command -v xmllint >/dev/null ;;
        postgresql) command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ;;
        openjdk-17-jdk-headless) knows_java_17 ;;
        maven) command -v mvn >/dev/null ;;
        postfix) command -v postconf >/dev/null ;;
        mupdf-tools) command -v mutool >/dev/null ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        poppler-utils) command -v pdfsig >/dev/null && command -v pdftoppm >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

what_for() {
    case $1 in
        softhsm2) echo "a PKCS#11 token in software" ;;
        openssl) echo "judges timestamps and CMS signatures" ;;
        unzip) echo "looks into ASiC containers" ;;
        opensc) echo "pkcs11-tool and pkcs11-spy, witnesses of what a token is asked" ;;
        xmlsec1) echo "an independent verifier of XML signatures" ;;
        libxml2-utils) echo "xmllint, the schema judge" ;;
        postgresql) echo "the other database; tests run a server of their own" ;;
        python3-venv) echo "the environment of the Python judges" ;;
        curl | jq) echo "requests by hand, as in the README" ;;
        strace) echo "kills the service at a chosen step, in the crash tests" ;;
        openjdk-17-jdk-headless) echo "the judges in Java: EU DSS, veraPDF and the JDK's own engine" ;;
        maven) echo "fetches EU DSS and veraPDF" ;;
        shellcheck) echo "lint of shell scripts" ;;
        qpdf) echo "check of PDFs, and the maker of odd ones for the tests" ;;
        poppler-utils) echo "pdfsig, a judge of PDF signatures, and pdftoppm, which shows what a PDF shows" ;;
        chromium) echo "opens the receiver's page and the mails as a reader does" ;;
        postfix) echo "a real mail relay for the tests; they run one of their own in a temporary folder" ;;
        mupdf-tools) echo "mutool, a reader of PDFs that repairs nothing unseen" ;;
    esac
}

install_packages() { # $@: packages; installs those that are missing, true when all are there
    local package missing=()
    for package in "$@"; do is_there "$package" || missing+=("$package"); done
    [[ ${#missing[@]} -eq 0 ]] && return 0
    for package in "${missing[@]}"; do say "missing: $package ($(what_for "$package"))"; done
    if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
        say "installing with apt-get: ${missing[*]}"
        # runlevel 1: a package's service (PostgreSQL) is not started where sysvinit would start it
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        # the lists of a fresh machine are empty, those of an old one name versions that are gone
        apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
            { apt-get update -qq >/dev/null 2>&1 || true
              apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || true; }
    fi
    local left=()
    for package in "${missing[@]}"; do is_there "$package" || left+=("$package"); done
    [[ ${#left[@]} -eq 0 ]] && return 0
    complain "still missing: ${left[*]}. Install with: sudo apt-get install ${left[*]}"
    return 1
}

# --- Python judges, in the repository's own environment ----------------------------------------

install_python() { # $1: requirements file with hashes; the rest: options of pip install
    local requirements=$1 stamp sum
    shift
    stamp=.venv/.$(basename "$requirements").sha256
    sum=$(sha256sum <"$requirements")
    [[ -f $stamp && $(<"$stamp") == "$sum" ]] && return 0
    install_packages python3-venv || return 1
    if [[ ! -x .venv/bin/python ]]; then
        say "making .venv for the Python judges"
        python3 -m venv .venv || return 1
    fi
    say "installing $requirements into .venv (pinned, hashes checked)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary :all: "$@" -r "$requirements" || { complain "could not install $requirements"; return 1; }
    printf '%s\n' "$sum" >"$stamp"
}

# --- groups ------------------------------------------------------------------------------------

groups=("$@")
[[ ${#groups[@]} -eq 0 ]] && groups=(demo test lint)
for group in "${groups[@]}"; do
    case $group in
        demo | test | lint | bench | judges | clients) ;;
        *) complain "unknown group $group; use demo, test, lint, bench, judges, clients"; exit 2 ;;
    esac
done

failed=0
need_toolchain || failed=1
if wants demo; then
    install_packages xmlsec1 poppler-utils openssl unzip || failed=1
    install_packages softhsm2 ||
        complain "without softhsm2 the demo runs on the software key instead of a PKCS#11 token"
fi
if wants bench; then
    install_packages softhsm2 ||
        complain "without softhsm2 the bench measures the software key only"
fi
if wants test; then
    install_packages softhsm2 opensc xmlsec1 libxml2-utils strace postgresql qpdf poppler-utils \
        mupdf-tools chromium postfix curl jq || failed=1
    install_python tests/peers/requirements.txt || failed=1
    install_python tests/peers/requirements-webhooks.txt || failed=1
    install_python tests/peers/requirements-browser.txt --no-deps || failed=1
    install_python tests/peers/requirements-openapi.txt || failed=1
    { install_python tests/peers/requirements-build.txt &&
        install_python tests/peers/requirements-mail.txt --no-deps --no-build-isolation \
            --no-binary dkimpy; } || failed=1
    scripts/setup-xsd.sh || failed=1
fi
if wants judges; then
    install_packages openjdk-17-jdk-headless maven xmlsec1 || failed=1
    install_python tests/peers/requirements.txt || failed=1
    install_python tests/peers/requirements-conformance.txt --no-deps || failed=1
    scripts/setup-xsd.sh || failed=1
fi
if wants clients; then
    install_packages openjdk-17-jdk-headless maven || failed=1
    install_python tests/peers/requirements.txt || failed=1
    install_python tests/peers/requirements-openapi.txt || failed=1
    install_python tests/peers/requirements-clients.txt || failed=1
fi
if wants lint; then
    install_packages libxml2-utils shellcheck qpdf || failed=1
    install_python scripts/requirements-lint.txt || failed=1
fi
[[ $failed -eq 0 ]] || { complain "not complete, see above"; exit 1; }
say "ready for: ${groups[*]}"
