#!/usr/bin/env bash
# Runs the build steps of the Dockerfile without Docker: what COPY would bring (.dockerignore
# applied) into an empty folder, the build there, and the last stage's facts about the binary.
# Usage: scripts/test-dockerfile-steps.sh [--check]    --check compiles nothing, it only asks cargo
# whether the copied files are a whole package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

echo "docker: COPY . . (what .dockerignore lets through)"
while read -r pattern; do
    path=${pattern#!}
    [[ $pattern == !* && -e $path ]] || continue
    mkdir -p "$context/$(dirname "$path")"
    cp -R "$path" "$context/$(dirname "$path")/"
done <.dockerignore
(cd "$context" && find . -type f | wc -l | xargs echo "docker: files:")

if [[ ${1:-} == --check ]]; then
    cargo metadata --locked --no-deps --format-version 1 --manifest-path "$context/Cargo.toml" >/dev/null
    echo "docker: the copied files are a whole package"
    exit 0
fi

echo "docker: RUN cargo build --locked --profile dist --bin chancery"
CARGO_TARGET_DIR=$PWD/target/docker cargo build --locked --profile dist --bin chancery \
    --manifest-path "$context/Cargo.toml"
binary=target/docker/dist/chancery

echo "docker: the binary needs nothing that debian:bookworm-slim has not"
needed=$(ldd "$binary" | awk '{ print $1 }' | xargs -n1 basename | sort)
for library in $needed; do
    case $library in
        linux-vdso.so.* | libc.so.6 | libm.so.6 | libgcc_s.so.1 | ld-linux-*) ;;
        *) echo "docker: $library is not in the image" >&2; exit 1 ;;
    esac
done
"$binary" --version
echo "docker: all steps pass"
