#!/usr/bin/env bash
# Sets up the judges of make conformance: Debian packages (a JDK and Maven, through scripts/setup.sh,
# which says so), Python packages, and the Java programs of tests/peers, built into .tools/judges.
# Does nothing when all is there.
#
# New versions in tests/peers/dss/pom.xml or tests/peers/verapdf/pom.xml: run with RENEW=1, which writes
# jars.sha256 beside them anew instead of checking against it, and look at the difference.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
place=.tools/judges

build_jdk() {
    rm -rf "$place/jdk" && mkdir -p "$place/jdk" &&
        javac --release 17 -d "$place/jdk" tests/peers/JdkVerify.java
}

build_maven() { # $1: name, also of the folders; $2: its programs; $3: what Maven fetches
    local one name=$1 program=$2 what=$3 here=tests/peers/$1 pins=tests/peers/$1/jars.sha256
    rm -rf "${place:?}/$name" && mkdir -p "$place/$name/lib" "$place/$name/classes" || return 1
    echo "setup: fetching $what with Maven (once), log: $place/maven.log"
    mvn --quiet --batch-mode -f "$here/pom.xml" \
        "$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" -DincludeScope=runtime \
        -DoutputDirectory="$PWD/$place/$name/lib" >"$place/maven.log" 2>&1 ||
        { tail -n 20 "$place/maven.log" >&2; echo "setup: Maven could not fetch $what" >&2; return 1; }
    if [[ ${RENEW:-} == 1 ]]; then
        (cd "$place/$name/lib" && sha256sum -- *.jar) >"$pins" || return 1
    fi
    (cd "$place/$name/lib" && sha256sum --check --quiet --strict "$OLDPWD/$pins") ||
        { echo "setup: a jar is not the one that $pins names" >&2; return 1; }
    [[ $(find "$place/$name/lib" -name '*.jar' | wc -l) -eq $(wc -l <"$pins") ]] ||
        { echo "setup: Maven brought jars that $pins does not name" >&2; return 1; }
    for one in $program; do
        javac --release 17 -cp "$place/$name/lib/*" -d "$place/$name/classes" "$here/$one.java" || return 1
    done
}

build_dss() {
    # Bouncy Castle is among what it needs
    build_maven dss "DssValidate DssSeals BcEvidence DssEvidence" "EU DSS (25 MB)"
}

# Trusted lists and evidence records as others made them, in the test files of EU DSS.
build_samples() {
    local pins=$PWD/tests/peers/dss/samples.sha256 sum jar name
    rm -rf "$place/samples" && mkdir -p "$place/samples" || return 1
    echo "setup: fetching the test files of EU DSS with Maven (once, 14 MB), log: $place/maven.log"
    while read -r sum jar; do
        name=${jar%-6.4-tests.jar}
        mvn --quiet --batch-mode "$MAVEN_DEPENDENCY_PLUGIN:copy" -DoutputDirectory="$PWD/$place/samples" \
            -Dartifact="eu.europa.ec.joinup.sd-dss:$name:6.4:jar:tests" >"$place/maven.log" 2>&1 ||
            { tail -n 20 "$place/maven.log" >&2; echo "setup: Maven could not fetch $jar" >&2; return 1; }
        (cd "$place/samples" && echo "$sum  $jar" | sha256sum --check --quiet --strict) || return 1
        (cd "$place/samples" && mkdir "$name" && cd "$name" && jar --extract --file "../$jar") || return 1
        rm "$place/samples/$jar"
    done <"$pins"
}

build_verapdf() { build_maven verapdf VeraValidate "veraPDF (15 MB)"; }

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
build dss tests/peers/dss/{pom.xml,DssValidate.java,DssSeals.java,BcEvidence.java,DssEvidence.java,jars.sha256}
build samples tests/peers/dss/samples.sha256
build verapdf tests/peers/verapdf/{pom.xml,VeraValidate.java,jars.sha256}
