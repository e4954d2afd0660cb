"""Recomputes evidence records in XML (RFC 6283) with lxml and asn1crypto: each is valid by the schema, and each of its
timestamps is over what it has to be over. Signatures and trust are the business of others.

Usage: verify_evidence_xml.py @LIST; of each line a record and, behind a tab, the file that it is over. One line per record: path, OK or
INVALID, what is wrong.
"""

import base64
import copy
import hashlib
import io
import pathlib
import sys

from asn1crypto import cms, tsp
from lxml import etree

ERS = "{urn:ietf:params:xml:ns:ers}"
DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
WITH_COMMENTS = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
SCHEMA = etree.XMLSchema(etree.parse(pathlib.Path(__file__).with_name("rfc6283_ers.xsd")))


def canonical(element: etree._Element) -> bytes:
    # of an element within its document lxml writes xmlns="" where a default namespace comes from above
    out = io.BytesIO()
    etree.ElementTree(copy.deepcopy(element)).write_c14n(out, with_comments=True)
    return out.getvalue()


def ordered(parent: etree._Element, name: str) -> list[etree._Element]:
    return sorted(parent.findall(f"{ERS}{name}"), key=lambda one: int(one.get("Order")))


def of_data(data: bytes) -> bytes:
    """What of data is digested: the canonical form of XML."""
    try:
        tree = etree.parse(io.BytesIO(data), etree.XMLParser(no_network=True, resolve_entities=False))
    except etree.XMLSyntaxError:
        return data
    out = io.BytesIO()
    tree.write_c14n(out, with_comments=True)
    return out.getvalue()


def check(record: etree._ElementTree, data: bytes) -> str | None:
    if not SCHEMA.validate(record):
        return f"schema: {SCHEMA.error_log[0].message}"
    (sequence,) = record.getroot().findall(f"{ERS}ArchiveTimeStampSequence")
    for number, chain in enumerate(ordered(sequence, "ArchiveTimeStampChain"), start=1):
        name = DIGESTS[chain.find(f"{ERS}DigestMethod").get("Algorithm")]
        assert chain.find(f"{ERS}CanonicalizationMethod").get("Algorithm") == WITH_COMMENTS

        def digest(octets: bytes) -> bytes:
            return hashlib.new(name, octets).digest()

        wanted = [digest(of_data(data))]
        if number > 1:
            earlier = copy.deepcopy(record).getroot().find(f"{ERS}ArchiveTimeStampSequence")
            for one in ordered(earlier, "ArchiveTimeStampChain")[number - 1:]:
                assert one.tail is None, "records of ours have no white space"
                earlier.remove(one)
            wanted.append(digest(canonical(earlier)))
        for at, stamp in enumerate(ordered(chain, "ArchiveTimeStamp"), start=1):
            place = f"timestamp {at} of chain {number}"
            lists = [
                [base64.b64decode(value.text) for value in one.findall(f"{ERS}DigestValue")]
                for one in ordered(stamp.find(f"{ERS}HashTree"), "Sequence")
            ]
            if sorted(lists[0]) != sorted(wanted):
                return f"the first list of {place} is another one"
            reached: list[bytes] = []
            for values in lists:
                values = sorted(values + reached)
                reached = values if len(values) == 1 else [digest(b"".join(values))]
            time_stamp = stamp.find(f"{ERS}TimeStamp")
            token = base64.b64decode(time_stamp.find(f"{ERS}TimeStampToken").text)
            content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
            imprint = tsp.TSTInfo.load(content.contents)["message_imprint"]
            if imprint["hash_algorithm"]["algorithm"].native != name:
                return f"the imprint of {place} is of another digest"
            if imprint["hashed_message"].native != reached[0]:
                return f"{place} is over something else"
            wanted = [digest(canonical(time_stamp))]
    return None


def main() -> None:
    refused = False
    for line in pathlib.Path(sys.argv[1][1:]).read_text().splitlines():
        path, data = line.split("\t")
        try:
            wrong = check(etree.parse(path), pathlib.Path(data).read_bytes())
        except etree.XMLSyntaxError as error:
            wrong = str(error)
        refused |= wrong is not None
        print("\t".join([path, "INVALID" if wrong else "OK", wrong or ""]))
    sys.exit(refused)


main()
