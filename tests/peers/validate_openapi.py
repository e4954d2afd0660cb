"""Judges an OpenAPI document: validate_openapi.py openapi.json

Valid by the OpenAPI specification (openapi-spec-validator), and free of what linters complain about and
generators stumble over: references to nothing, schemas that nobody uses, examples that are not of their
schema, members that are required and not there, operations without an id, a summary or tags."""

import json
import re
import sys

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = ("get", "put", "post", "delete", "patch")


def walk(value, path=""):
    yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from walk(member, f"{path}/{name}")
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from walk(member, f"{path}/{position}")


def faults(document):
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    schemas = document["components"]["schemas"]
    used = set()
    for path, value in walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            name = value["$ref"].rsplit("/", 1)[-1]
            used.add(name)
            if name not in schemas:
                yield f"{path}: {value['$ref']} is not there"
        if isinstance(value, dict) and isinstance(value.get("mapping"), dict):
            used.update(ref.rsplit("/", 1)[-1] for ref in value["mapping"].values())
        if isinstance(value, dict) and isinstance(value.get("required"), list):
            properties = value.get("properties", {})
            for name in value["required"]:
                if name not in properties:
                    yield f"{path}: {name} is required and not described"
        if path.endswith("/description") and isinstance(value, str) and re.search(r"\[`|::", value):
            yield f"{path}: a word of the source: {value}"
    for name in schemas:
        if name not in used:
            yield f"components/schemas/{name} is not used"
    for kind in ("paths", "webhooks"):
        for path, item in document[kind].items():
            for method in METHODS:
                call = item.get(method)
                if call is None:
                    continue
                for member in ("operationId", "summary", "tags", "responses", "security"):
                    if member not in call:
                        yield f"{method} {path} has no {member}"
                if kind == "paths" and not any(status.startswith("4") for status in call["responses"]):
                    yield f"{method} {path} cannot fail"
    bundle = {"components": document["components"]}
    for path, value in walk(document):
        if not isinstance(value, dict) or "example" not in value:
            continue
        schema = value.get("schema", value if "type" in value else None)
        if schema is None:
            continue
        schema = {key: member for key, member in schema.items() if key != "example"} | bundle
        try:
            jsonschema.Draft202012Validator(schema).validate(value["example"])
        except jsonschema.ValidationError as error:
            yield f"{path}/example: {error.message}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(faults(json.load(file)))
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
