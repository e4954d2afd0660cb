"""Evaluates XPath 1.0 with libxml2.

Standard input: {"documents": [text, ...], "namespaces": {...}, "expressions": [text, ...]}.
Standard output: for each document a list with the value of each expression at its root.
"""

import json
import math
import sys

from lxml import etree


def node(value):
    if isinstance(value, tuple):
        return ["namespace", value[0] or "", value[1]]
    if isinstance(value, str):
        if value.is_attribute:
            name = value.attrname
            return ["attribute", name.rpartition("}")[2], str(value)]
        return ["text", "", str(value)]
    if isinstance(value, etree._Comment):
        return ["comment", "", value.text]
    if isinstance(value, etree._ProcessingInstruction):
        return ["instruction", value.target, value.text or ""]
    return ["element", etree.QName(value).localname, value.xpath("string()")]


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def evaluate(tree, expression, namespaces):
    try:
        value = tree.xpath(expression, namespaces=namespaces)
    except etree.XPathError as error:
        return {"error": str(error)}
    if isinstance(value, bool):
        return {"boolean": value}
    if isinstance(value, float):
        return {"number": number(value)}
    if isinstance(value, str):
        return {"text": str(value)}
    return {"nodes": [node(item) for item in value]}


asked = json.load(sys.stdin)
answers = []
for document in asked["documents"]:
    tree = etree.ElementTree(etree.fromstring(document.encode()))
    answers.append([evaluate(tree, it, asked["namespaces"]) for it in asked["expressions"]])
json.dump(answers, sys.stdout)
