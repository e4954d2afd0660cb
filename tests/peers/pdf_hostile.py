"""PDFs that want the reader's memory, stack or time: bombs, loops, depths and false claims.

None may cost more than a moment. Where a reader that looks only at what it needs may seal them, the
expectation is `either`. The program that makes the rest is make_pdfs.py.
"""

import zlib

from make_pdfs import LINES, Made, either, invoice, refuse, text, two_fields
from pdf_writer import Pdf, lines, object_stream, stream, table, update

ZEROS = 256 << 20
DEPTH = 100_000


def zeros(size: int = ZEROS, times: int = 1) -> bytes:
    """So many zeros, deflated, and deflated again."""
    packer, packed = zlib.compressobj(9), []
    for _ in range(size >> 20):
        packed.append(packer.compress(bytes(1 << 20)))
    out = b"".join([*packed, packer.flush()])
    for _ in range(times - 1):
        out = zlib.compress(out, 9)
    return out


def hostile() -> list[Made]:
    return [*bombs(), *loops(), *depths(), *claims(), *cut()]


# --- bombs ----------------------------------------------------------------------------------------


def bombs() -> list[Made]:
    too_much = refuse("pdf-too-much-data", "pdf-damaged", "pdf-too-many-objects", "pdf-too-expensive")
    packed = zeros()
    twice = zlib.compress(packed, 9)
    return [
        Made("bomb-object-stream", in_object_stream(packed, "/FlateDecode"), too_much),
        Made("bomb-object-stream-twice", in_object_stream(twice, "[/FlateDecode /FlateDecode]"), too_much),
        Made("bomb-xref-stream", in_xref_stream(packed, ""), too_much),
        Made("bomb-xref-stream-predictor", in_xref_stream(
            packed, " /DecodeParms << /Predictor 12 /Columns 2147483647 >>"), too_much),
        Made("bomb-contents", in_contents(packed), either("pdf-too-much-data")),
        Made("bomb-filters", in_object_stream(b"x", "[" + "/FlateDecode " * 50_000 + "]"), either()),
    ]  # fmt: skip


def in_object_stream(packed: bytes, filters: str) -> bytes:
    """The catalog lies in an object stream that unpacks to zeros."""
    pdf = invoice()
    body = stream(packed, Type="/ObjStm", N="1", First="6", Filter=filters)
    pdf.at[8] = body
    whole = pdf.classic()
    start = whole.rindex(b"xref\n0 ")
    entries = {8: (1, whole.index(b"8 0 obj"), 0), 1: (2, 8, 0)}
    for number in range(2, 8):
        entries[number] = (1, whole.index(b"%d 0 obj" % number), 0)
    return with_xref_stream(whole[:start], entries, {"/Root": "1 0 R"})


def with_xref_stream(body: bytes, entries: dict[int, tuple[int, int, int]], trailer: dict[str, str]) -> bytes:
    from pdf_writer import cross_reference_stream

    number = max(entries) + 1
    entries[number] = (1, len(body), 0)
    held = cross_reference_stream(entries, trailer | {"/Size": str(number + 1)})
    return body + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, held, len(body))


def in_xref_stream(packed: bytes, parameters: str) -> bytes:
    body = invoice().classic()
    body = body[: body.rindex(b"xref\n0 ")]
    held = b"<< /Type /XRef /W [1 4 2] /Size 40000000 /Root 1 0 R /Filter /FlateDecode%s /Length %d >>" % (
        parameters.encode(), len(packed),
    )  # fmt: skip
    return body + b"9 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        held, packed, len(body),
    )  # fmt: skip


def in_contents(packed: bytes) -> bytes:
    pdf = invoice()
    pdf.at[4] = stream(packed, Filter="/FlateDecode")
    return pdf.classic()


# --- loops ----------------------------------------------------------------------------------------


def loops() -> list[Made]:
    circle = refuse("pdf-circle", "pdf-damaged", "pdf-too-deep", "pdf-too-expensive")
    # the circle is not on the way, or the objects are found without it
    perhaps = circle.replace("refuse", "either")
    plain = invoice().classic()
    start = plain.rindex(b"xref\n0 ")
    itself = plain.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)
    second = update(plain, {9: b"null"})
    both = second.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev 99999", 1)
    at = [place for place in range(len(both)) if both.startswith(b"xref\n", place)]
    both = both.replace(b"/Prev 99999", b"/Prev %05d" % at[1])

    kids = invoice()
    kids.dictionary(kids.tree)["/Kids"] = f"[5 0 R {kids.tree} 0 R 7 0 R]"
    parents = invoice()
    parents.dictionary(parents.tree)["/Parent"] = f"{parents.tree} 0 R"
    del parents.page(0)["/MediaBox"], parents.page(1)["/MediaBox"]
    references = invoice()
    references.at[20], references.at[21] = b"21 0 R", b"20 0 R"
    references.put(AcroForm="20 0 R")
    length = invoice()
    length.at[4] = b"<< /Length 4 0 R >>\nstream\n%s\nendstream" % text(LINES)
    fields = two_fields()
    first = max(fields.at) - 1
    fields.dictionary(first)["/Kids"] = f"[{first} 0 R]"
    fields.dictionary(first)["/Parent"] = f"{first} 0 R"
    within = Pdf("1.7")
    within.at = {1: {"/Type": "/Catalog", "/Pages": "2 0 R"}, 2: {"/Type": "/Pages", "/Kids": "[]", "/Count": "0"}}
    body = within.head() + b"3 0 obj\n%s\nendobj\n" % object_stream(list(within.at.items()))
    own_holder = with_xref_stream(body, {1: (2, 3, 0), 2: (2, 3, 1), 3: (2, 3, 0)}, {"/Root": "1 0 R"})
    return [
        Made("loop-prev-itself", itself, circle),
        Made("loop-prev-two", both, perhaps),
        Made("loop-page-tree", kids.classic(), perhaps),
        Made("loop-page-parents", parents.classic(), either("pdf-circle", "pdf-damaged", "pdf-too-deep")),
        Made("loop-references", references.classic(), circle),
        Made("loop-length", length.classic(), either("pdf-circle", "pdf-damaged")),
        Made("loop-fields", fields.classic(), circle),
        Made("loop-object-stream-in-itself", own_holder, f"{perhaps}|pdf-no-pages"),
        Made("prev-chain-long", long_chain(), either()),
        Made("reference-chain-long", reference_chain(), either()),
    ]


def long_chain() -> bytes:
    """20 000 sections, each a few bytes."""
    out = bytearray(invoice().classic())
    start = out.rindex(b"xref\n0 ")
    for _ in range(20_000):
        here = len(out)
        out += b"xref\n0 0\ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d >>\n" % start
        start = here
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def reference_chain() -> bytes:
    pdf = invoice()
    for number in range(100, 100 + DEPTH):
        pdf.at[number] = b"%d 0 R" % (number + 1)
    pdf.at[100 + DEPTH] = b"<< /Fields [] >>"
    pdf.put(AcroForm="100 0 R")
    return pdf.classic()


# --- depths ---------------------------------------------------------------------------------------


def depths() -> list[Made]:
    too_deep = refuse("pdf-too-deep", "pdf-damaged", "pdf-too-expensive")
    made = []
    for name, opened, closed in [
        ("arrays", b"[" * DEPTH, b"]" * DEPTH),
        ("dictionaries", b"<</A" * DEPTH, b">>" * DEPTH),
        ("arrays-open", b"[" * DEPTH, b""),
        ("strings", b"(" * DEPTH, b")" * DEPTH),
    ]:
        pdf = invoice()
        deep = pdf.add(opened + closed)
        pdf.put(AcroForm=f"<< /Fields {deep} 0 R >>")
        expected = too_deep if name != "strings" else either("pdf-too-deep", "pdf-damaged")
        made.append(Made(f"deep-{name}", pdf.classic(), expected))
    trailer = invoice()
    trailer.trailer["/Info"] = "[" * DEPTH + "]" * DEPTH
    return [
        *made,
        Made("deep-trailer", trailer.classic(), too_deep),
        Made("deep-page-tree", deep_pages(), either("pdf-too-deep", "pdf-damaged")),
        Made("deep-field-tree", deep_fields(), either("pdf-too-deep", "pdf-damaged")),
    ]


def deep_pages() -> bytes:
    pdf = invoice()
    levels = 20_000
    for number in range(100, 100 + levels):
        kid = number + 1 if number < 99 + levels else 5
        pdf.at[number] = b"<< /Type /Pages /Count 1 /Parent %d 0 R /Kids [%d 0 R] >>" % (
            max(2, number - 1), kid,
        )  # fmt: skip
    pdf.dictionary(pdf.tree).update({"/Kids": "[100 0 R]", "/Count": "1"})
    return pdf.classic()


def deep_fields() -> bytes:
    pdf = invoice()
    levels = 20_000
    for number in range(100, 100 + levels):
        pdf.at[number] = b"<< /T (a) /Parent %d 0 R /Kids [%d 0 R] >>" % (number - 1, number + 1)
    pdf.at[100 + levels] = b"<< /T (a) /FT /Sig /Parent %d 0 R >>" % (99 + levels)
    pdf.put(AcroForm="<< /Fields [100 0 R] >>")
    return pdf.classic()


# --- false claims ---------------------------------------------------------------------------------


def claims() -> list[Made]:
    # the claim may be read over: the objects are found without it
    any_reason = either("pdf-damaged", "pdf-truncated", "pdf-too-many-objects", "pdf-too-much-data",
                        "pdf-too-expensive")  # fmt: skip
    plain = invoice().classic()
    start = plain.rindex(b"xref\n0 ")
    body = plain[:start]
    row = b"<< /Type /XRef /W [%s] /Size %d /Index [0 %d] /Root 1 0 R /Length %d >>\nstream\n%s\nendstream"

    def claiming(widths: bytes, size: int, rows: bytes) -> bytes:
        held = row % (widths, size, size, len(rows), rows)
        return body + b"9 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (held, start)

    many = two_fields()
    for number in range(1000, 61_000):
        many.at[number] = b"<< /T (f%d) /FT /Sig >>" % number
    every = " ".join(f"{number} 0 R" for number in range(1000, 61_000))
    many.put(AcroForm=f"<< /Fields [{every}] >>")
    count = invoice()
    count.dictionary(count.tree)["/Count"] = "2147483647"
    boxed = invoice()
    boxed.page(0)["/MediaBox"] = f"[0 0 1{'0' * 400} -1{'0' * 400}]"
    numbers = {number: b"%010d 00000 n" % 15 for number in range(1, 100_000)}
    wide = body + table({0: b"0000000000 65535 f"} | lines({})) + b"trailer\n<< /Root 1 0 R >>\n"
    return [
        Made("claim-table-10-million", plain.replace(b"xref\n0 8", b"xref\n0 10000000"), any_reason),
        Made("claim-table-overflow", plain.replace(b"xref\n0 8", b"xref\n18446744073709551615 8"), any_reason),
        Made("claim-stream-10-million", claiming(b"1 4 2", 10_000_000, b"\0" * 70), any_reason),
        Made("claim-stream-no-width", claiming(b"0 0 0", 2_000_000_000, b""), any_reason),
        Made("claim-stream-wide", claiming(b"1 8 8", 8, b"\1" + b"\xff" * 135), any_reason),
        Made("claim-stream-width-overflow", claiming(b"1 99999999999999999999 2", 8, b"\1" * 70), any_reason),
        Made("claim-size", plain.replace(b"/Size 8", b"/Size 99999999999999999999"),
             either("pdf-damaged", "pdf-too-many-objects")),
        Made("claim-pages", count.classic(), either("pdf-damaged")),
        Made("claim-length", plain.replace(b"/Length 2", b"/Length 99999999999", 1), either()),
        Made("claim-box", boxed.classic(), either()),
        Made("claim-first", in_object_stream(zlib.compress(b"1 0 <<>>"), "/FlateDecode").replace(
            b"/First 6", b"/First 9"), refuse("pdf-damaged", "pdf-no-pages")),
        Made("fields-60000", many.classic(), either("pdf-too-many-objects", "pdf-too-expensive")),
        Made("same-offset-100000", body + table(
            {0: b"0000000000 65535 f"} | numbers) + b"trailer\n<< /Size 100000 /Root 1 0 R >>\n"
            b"startxref\n%d\n%%%%EOF\n" % start, either("pdf-damaged", "pdf-no-pages")),
        Made("trailer-without-size", wide + b"startxref\n%d\n%%%%EOF\n" % start,
             either("pdf-damaged", "pdf-no-pages")),
        Made("spaces-10-million", plain.replace(b"trailer", b" " * 10_000_000 + b"trailer"), either()),
    ]  # fmt: skip


def cut() -> list[Made]:
    """Cut at each tenth; what was there when it was last saved may do."""
    whole = update(invoice().classic(), {9: b"null"})
    packed = invoice().streams(packed=True)
    return [
        Made(f"cut-{name}-{tenth}0", content[: len(content) * tenth // 10], either("pdf-truncated", "pdf-damaged"))
        for name, content in [("updated", whole), ("packed", packed)]
        for tenth in range(1, 10)
    ]  # fmt: skip
