#!/usr/bin/env bash
# Sets up the judges of make conformance: Debian packages (a JDK and Maven, through scripts/setup.sh,
# which says so), Python packages, and the two Java programs of tests/peers, built into .tools/judges.
# Does nothing when all is there.
#
# New versions in tests/peers/dss/pom.xml: run with RENEW=1, which writes tests/peers/dss/jars.sha256
# anew instead of checking against it, and look at the difference.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
place=.tools/judges
pins=tests/peers/dss/jars.sha256

build_jdk() {
    rm -rf "$place/jdk" && mkdir -p "$place/jdk" &&
        javac --release 17 -d "$place/jdk" tests/peers/JdkVerify.java
}

build_dss() {
    rm -rf "$place/dss" && mkdir -p "$place/dss/lib" "$place/dss/classes" || return 1
    echo "setup: fetching EU DSS with Maven (once; 20 MB), log: $place/maven.log"
    mvn --quiet --batch-mode -f tests/peers/dss/pom.xml \
        "$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" -DincludeScope=runtime \
        -DoutputDirectory="$PWD/$place/dss/lib" >"$place/maven.log" 2>&1 ||
        { tail -n 20 "$place/maven.log" >&2; echo "setup: Maven could not fetch EU DSS" >&2; return 1; }
    if [[ ${RENEW:-} == 1 ]]; then
        (cd "$place/dss/lib" && sha256sum -- *.jar) >"$pins" || return 1
    fi
    (cd "$place/dss/lib" && sha256sum --check --quiet --strict "$OLDPWD/$pins") ||
        { echo "setup: a jar is not the one that $pins names" >&2; return 1; }
    [[ $(find "$place/dss/lib" -name '*.jar' | wc -l) -eq $(wc -l <"$pins") ]] ||
        { echo "setup: Maven brought jars that $pins does not name" >&2; return 1; }
    javac --release 17 -cp "$place/dss/lib/*" -d "$place/dss/classes" tests/peers/dss/DssValidate.java
}

# Every step says "or return": inside build, called with ||, set -e is off.
build() { # $1: name; the rest: the files it is made of
    local name=$1 sum stamp=$place/$1.stamp
    shift
    sum=$(cat "$@" scripts/setup-judges.sh | sha256sum)
    [[ ${RENEW:-} != 1 && -f $stamp && $(<"$stamp") == "$sum" ]] && return 0
    echo "setup: building the judge $name into $place/$name"
    "build_$name" || return 1
    sum=$(cat "$@" scripts/setup-judges.sh | sha256sum)
    printf '%s\n' "$sum" >"$stamp"
}

scripts/setup.sh judges
mkdir -p "$place"
build jdk tests/peers/JdkVerify.java
build dss tests/peers/dss/pom.xml tests/peers/dss/DssValidate.java "$pins"
