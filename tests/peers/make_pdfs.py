"""Makes the PDFs that the engine is tried on: invoices of two pages written in every way, and damaged,
encrypted, signed and hostile ones. All are our own.

Usage: make_pdfs.py FOLDER            all, and index.tsv that says what is to become of each
       make_pdfs.py --samples FOLDER  the base handful kept in samples/pdf, always with the same bytes
       make_pdfs.py --check FOLDER    fails when a file there is not what --samples would write

Lines of index.tsv: name, expectation, PDF/A flavour or "-". Expectations: `seal`; `refuse:CODE|CODE`,
one of these reasons; `either:CODE|CODE`, sealed or refused for one of these; `either:`, for any
reason, but quickly and without a crash. Needs qpdf and, for the signed ones, pyHanko; --samples and
--check need neither.
"""

import pathlib
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from pdf_writer import (
    A4,
    Pdf,
    colour_profile,
    dotted_font,
    lines,
    metadata,
    stream,
    table,
    update,
)

SEAL = "seal"
DAMAGED = ("pdf-damaged", "pdf-truncated")


def refuse(*codes: str) -> str:
    return "refuse:" + "|".join(codes)


def either(*codes: str) -> str:
    return "either:" + "|".join(codes)


@dataclass
class Made:
    name: str
    content: bytes
    expectation: str = SEAL
    flavour: str = "-"


# --- the invoice ----------------------------------------------------------------------------------

LINES = [
    "INVOICE 2026/00042",
    "ATELIER DO TEJO LDA - NIF 509123457",
    "BILLED TO BOREAL OFFICE SUPPLIES - 2026-11-20",
    "PAPER A4 80 G   20   4.50   90.00",
    "INK BLACK        2  35.00   70.00",
]
TOTAL = ["TOTAL BEFORE TAX 160.00", "TAX 23.00 - 36.80", "TO PAY 196.80 EUR"]


def text(written: list[str], top: int = 760) -> bytes:
    shown = "\n".join(f"({line}) Tj T*" for line in written)
    return f"BT /F1 11 Tf 18 TL 56 {top} Td\n{shown}\nET\n".encode()


def invoice(version: str = "1.7", contents: list[bytes] | None = None, dotted: bool = False) -> Pdf:
    pdf = Pdf(version)
    pdf.catalog, pdf.tree = pdf.add({"/Type": "/Catalog"}), pdf.add({"/Type": "/Pages"})
    if dotted:
        pdf.font = dotted_font(pdf)
    else:
        pdf.font = pdf.add({
            "/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica",
            "/Encoding": "/WinAnsiEncoding",
        })  # fmt: skip
    pdf.put(Pages=f"{pdf.tree} 0 R")
    for content in contents if contents is not None else [text(LINES), text(TOTAL)]:
        add_page(pdf, content)
    return pdf


def add_page(pdf: Pdf, content: bytes) -> None:
    drawn = pdf.add(stream(content))
    pdf.pages.append(
        pdf.add({
            "/Type": "/Page", "/Parent": f"{pdf.tree} 0 R", "/MediaBox": A4,
            "/Resources": f"<< /Font << /F1 {pdf.font} 0 R >> >>", "/Contents": f"{drawn} 0 R",
        })  # fmt: skip
    )
    kids = " ".join(f"{one} 0 R" for one in pdf.pages)
    pdf.dictionary(pdf.tree).update({"/Kids": f"[{kids}]", "/Count": str(len(pdf.pages))})


def qpdf(content: bytes, *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        before, after = pathlib.Path(folder, "before.pdf"), pathlib.Path(folder, "after.pdf")
        before.write_bytes(content)
        subprocess.run(["qpdf", *options, before, after], check=True, capture_output=True)
        return after.read_bytes()


# --- how a file is written ------------------------------------------------------------------------


def structure() -> list[Made]:
    plain = invoice().classic()
    once = update(plain, {4: stream(text(["CORRECTED", *LINES]))})
    twice = update(once, {6: stream(text(["CORRECTED", *TOTAL]))})
    sparse = invoice()
    sparse.at[3_000_000] = {"/Far": "true"}
    indirect = invoice()
    length = indirect.add(b"%d" % len(text(LINES)))
    body = indirect.at[4]
    assert isinstance(body, bytes)
    indirect.at[4] = body.replace(b"/Length %d" % len(text(LINES)), b"/Length %d 0 R" % length)
    remarks = plain.replace(b"endobj\n", b"endobj % a remark >> ( endobj\n")
    return [
        Made("classic", plain),
        Made("version-1.3", invoice("1.3").classic()),
        Made("version-2.0", invoice("2.0").streams(packed=True)),
        Made("xref-stream", invoice().streams(packed=False)),
        Made("object-streams", invoice().streams(packed=True)),
        Made("hybrid", invoice().hybrid()),
        Made("hybrid-one-section", invoice().hybrid(sections=1), either(*DAMAGED)),
        Made("linearized", qpdf(plain, "--linearize", "--deterministic-id")),
        Made("linearized-streams", qpdf(
            plain, "--linearize", "--object-streams=generate", "--deterministic-id")),
        Made("updated-once", once),
        Made("updated-twice", twice),
        Made("sparse-numbers", sparse.classic()),
        Made("length-elsewhere", indirect.classic()),
        Made("remarks", relocated(remarks)),
        Made("names-escaped", escaped()),
        Made("info-utf16", with_info().classic()),
        Made("pages-60", invoice(contents=[text([f"PAGE {n}", *LINES]) for n in range(1, 61)]).classic()),
        Made("big", big()),
    ]  # fmt: skip


def escaped() -> bytes:
    pdf = invoice()
    pdf.dictionary(pdf.font)["/BaseFont"] = "/Helv#65tica"
    pdf.put(Type="/C#61talog", PieceInfo="<</A#20B(\\(nested \\) and (deep)\\))/C<4 1 4>>>")
    return pdf.classic()


def with_info() -> Pdf:
    pdf = invoice()
    title = "Factura n.º 42 – Ação".encode("utf-16-be").hex().upper()
    number = pdf.add({"/Title": f"<FEFF{title}>", "/CreationDate": "(D:20261120093000+00'00')"})
    pdf.trailer["/Info"] = f"{number} 0 R"
    return pdf


def big() -> bytes:
    """12 MB, most of them an image that is never to be read."""
    pdf = invoice()
    noise = random.Random(42).randbytes(12_000_000)
    image = pdf.add(
        stream(noise, Type="/XObject", Subtype="/Image", Width="4000", Height="1000",
               ColorSpace="/DeviceRGB", BitsPerComponent="8")
    )  # fmt: skip
    pdf.page(0)["/Resources"] = f"<< /Font << /F1 {pdf.font} 0 R >> /XObject << /I {image} 0 R >> >>"
    return pdf.classic()


def relocated(content: bytes, end: bytes = b" \n") -> bytes:
    """Bytes whose objects have moved, with a table that knows it."""
    start = content[: content.index(b"trailer")].rindex(b"xref")
    found = re.finditer(rb"(?:^|[\r\n])(\d+) 0 obj\b", content[:start])
    offsets = {int(one[1]): one.start(1) for one in found}
    trailer = content[content.index(b"trailer") : content.rindex(b"startxref")]
    new = table({0: b"0000000000 65535 f", **lines(offsets)}, end)
    return content[:start] + new + trailer + b"startxref\n%d\n%%%%EOF\n" % start


# --- encryption -----------------------------------------------------------------------------------


def encrypted() -> list[Made]:
    plain, form = invoice().classic(), two_fields().classic()

    def lock(content: bytes, user: str, bits: str, *options: str) -> bytes:
        return qpdf(content, "--allow-weak-crypto", "--encrypt", user, "owner", bits, *options, "--")

    nothing = ["--modify=none", "--annotate=n", "--form=n"]
    only_forms = ["--modify=form"]
    return [
        Made("encrypted-rc4-40", lock(plain, "", "40")),
        Made("encrypted-rc4-128", lock(plain, "", "128", "--use-aes=n")),
        Made("encrypted-aes-128", lock(plain, "", "128", "--use-aes=y")),
        Made("encrypted-aes-128-cleartext-metadata", lock(
            with_metadata().classic(), "", "128", "--use-aes=y", "--cleartext-metadata")),
        Made("encrypted-aes-256-r5", lock(plain, "", "256", "--force-R5")),
        Made("encrypted-aes-256-r6", lock(plain, "", "256")),
        Made("encrypted-object-streams", lock(invoice().streams(packed=True), "", "256")),
        Made("encrypted-form", lock(form, "", "256")),
        Made("encrypted-no-changes", lock(plain, "", "256", *nothing), refuse("pdf-forbidden")),
        Made("encrypted-no-changes-rc4", lock(plain, "", "128", "--use-aes=n", *nothing),
             refuse("pdf-forbidden")),
        Made("encrypted-only-forms", lock(form, "", "128", "--use-aes=y", *only_forms),
             either("pdf-forbidden")),
        Made("encrypted-only-forms-no-field", lock(plain, "", "128", "--use-aes=y", *only_forms),
             either("pdf-forbidden")),
        Made("password-rc4-128", lock(plain, "user", "128", "--use-aes=n"), refuse("pdf-password-needed")),
        Made("password-aes-256", lock(plain, "user", "256"), refuse("pdf-password-needed")),
    ]  # fmt: skip


def with_metadata() -> Pdf:
    pdf = invoice()
    number = pdf.add(stream(metadata(2), Type="/Metadata", Subtype="/XML"))
    pdf.put(Metadata=f"{number} 0 R")
    return pdf


# --- forms and fields -----------------------------------------------------------------------------


def widget(page: int, name: str, box: str = "[56 100 256 160]", **entries: str) -> dict[str, str]:
    named = {"/T": f"({name})"} if name else {}
    more = {f"/{key}": value for key, value in entries.items()}
    return {
        "/Type": "/Annot", "/Subtype": "/Widget", "/Rect": box, "/F": "4", "/P": f"{page} 0 R",
        "/FT": "/Sig", **named, **more,
    }  # fmt: skip


def two_fields() -> Pdf:
    pdf = invoice()
    seller = pdf.add(widget(pdf.pages[0], "Seller"))
    buyer = pdf.add(widget(pdf.pages[1], "Buyer", "[300 100 500 160]"))
    pdf.page(0)["/Annots"], pdf.page(1)["/Annots"] = f"[{seller} 0 R]", f"[{buyer} 0 R]"
    pdf.put(AcroForm=f"<< /Fields [{seller} 0 R {buyer} 0 R] /SigFlags 1 >>")
    return pdf


def with_field(name: str, kind: str, **entries: str) -> Pdf:
    """A form with one field, of which the AcroForm has more entries."""
    pdf = invoice()
    field = pdf.add(widget(pdf.pages[0], name, FT=f"/{kind}"))
    pdf.page(0)["/Annots"] = f"[{field} 0 R]"
    more = "".join(f" /{key} {value}" for key, value in entries.items())
    pdf.put(AcroForm=f"<< /Fields [{field} 0 R]{more} >>")
    return pdf


def forms() -> list[Made]:
    indirect = two_fields()
    form = indirect.add(indirect.dictionary(indirect.catalog)["/AcroForm"].encode())
    indirect.put(AcroForm=f"{form} 0 R")

    tree = invoice()
    parent = tree.add({"/T": "(Signatures)", "/FT": "/Sig"})
    kids = [tree.add(widget(tree.pages[index], name, Parent=f"{parent} 0 R"))
            for index, name in enumerate(["Seller", "Buyer"])]  # fmt: skip
    for index, kid in enumerate(kids):
        del tree.dictionary(kid)["/FT"]
        tree.page(index)["/Annots"] = f"[{kid} 0 R]"
    tree.dictionary(parent)["/Kids"] = "[" + " ".join(f"{kid} 0 R" for kid in kids) + "]"
    tree.put(AcroForm=f"<< /Fields [{parent} 0 R] >>")

    apart = invoice()
    field = apart.add({"/T": "(Seller)", "/FT": "/Sig"})
    drawn = apart.add(widget(apart.pages[0], "", Parent=f"{field} 0 R"))
    apart.dictionary(field)["/Kids"] = f"[{drawn} 0 R]"
    apart.page(0)["/Annots"] = f"[{drawn} 0 R]"
    apart.put(AcroForm=f"<< /Fields [{field} 0 R] >>")

    elsewhere = invoice()
    link = elsewhere.add(b"<< /Type /Annot /Subtype /Link /Rect [56 700 200 720] /Border [0 0 0] >>")
    listed = elsewhere.add(f"[{link} 0 R]".encode())
    elsewhere.page(0)["/Annots"] = f"{listed} 0 R"

    shared = invoice()
    link = shared.add(b"<< /Type /Annot /Subtype /Link /Rect [56 700 200 720] /Border [0 0 0] >>")
    listed = shared.add(f"[{link} 0 R]".encode())
    shared.page(0)["/Annots"] = shared.page(1)["/Annots"] = f"{listed} 0 R"

    fields_apart = two_fields()
    fields = fields_apart.add(b"[%s]" % " ".join(
        f"{one} 0 R" for one in range(max(fields_apart.at) - 1, max(fields_apart.at) + 1)).encode())
    fields_apart.put(AcroForm=f"<< /Fields {fields} 0 R >>")

    packet = invoice()
    form = packet.add(stream(b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"/>'))
    packet.put(AcroForm=f"<< /Fields [] /XFA {form} 0 R >>")
    return [
        Made("form-two-fields", two_fields().classic()),
        Made("form-two-fields-packed", two_fields().streams(packed=True)),
        Made("form-indirect", indirect.classic()),
        Made("form-indirect-packed", indirect.streams(packed=True)),
        Made("form-fields-indirect", fields_apart.classic()),
        Made("form-field-tree", tree.classic()),
        Made("form-field-and-widget-apart", apart.classic()),
        Made("form-need-appearances", with_field("Remark", "Tx", NeedAppearances="true").classic()),
        Made("form-text-field", with_field("Remark", "Tx", DA="(/F1 0 Tf 0 g)").classic()),
        Made("form-name-taken", with_field("Signature1", "Tx").classic()),
        Made("form-invisible-field", invisible().classic()),
        Made("annots-indirect", elsewhere.classic()),
        Made("annots-indirect-packed", elsewhere.streams(packed=True)),
        Made("annots-shared", shared.classic()),
        Made("xfa", packet.classic(), refuse("pdf-xfa")),
    ]


def invisible() -> Pdf:
    pdf = with_field("Seller", "Sig")
    pdf.dictionary(max(pdf.at))["/Rect"] = "[0 0 0 0]"
    return pdf


# --- pages ----------------------------------------------------------------------------------------


def pages() -> list[Made]:
    made = []
    for angle in ("90", "180", "270", "-90", "450"):
        pdf = invoice()
        pdf.page(0)["/Rotate"] = pdf.page(1)["/Rotate"] = angle
        made.append(Made(f"rotated-{angle.replace('-', 'minus-')}", pdf.classic()))
    for name, entries in {
        "cropped": {"/CropBox": "[50 100 545 800]"},
        "crop-box-outside": {"/CropBox": "[-100 -100 900 1000]"},
        "origin-moved": {"/MediaBox": "[-200 300 395 1142]"},
        "box-reversed": {"/MediaBox": "[595 842 0 0]"},
        "box-real-numbers": {"/MediaBox": "[0.0 -.5 595.276 +841.89]"},
        "user-unit": {"/UserUnit": "2.5", "/MediaBox": "[0 0 238 337]"},
        "landscape": {"/MediaBox": "[0 0 842 595]"},
        "tiny-page": {"/MediaBox": "[0 0 20 20]"},
    }.items():
        pdf = invoice()
        pdf.page(0).update(entries)
        pdf.page(1).update(entries)
        made.append(Made(name, pdf.classic()))
    return [
        *made,
        Made("tree-deep", deep_tree().classic()),
        Made("tree-deep-packed", deep_tree().streams(packed=True)),
        Made("contents-array", contents_array().classic()),
        Made("contents-unbalanced", invoice(
            contents=[b"q 0.5 0 0 0.5 100 100 cm\n" + text(LINES), text(TOTAL)]).classic()),
        Made("contents-none", empty_page().classic()),
        Made("count-wrong", wrong_count().classic(), either("pdf-damaged")),
        Made("no-pages", invoice(contents=[]).classic(), refuse("pdf-no-pages", "pdf-damaged")),
        Made("no-kids", no_kids().classic(), refuse("pdf-no-pages")),
    ]  # fmt: skip


def deep_tree() -> Pdf:
    """Three levels; box, turn and resources are inherited."""
    pdf = invoice()
    upper = pdf.add({"/Type": "/Pages", "/Parent": f"{pdf.tree} 0 R", "/Count": "2", "/Rotate": "90"})
    lower = pdf.add({"/Type": "/Pages", "/Parent": f"{upper} 0 R", "/Count": "2"})
    for index in range(2):
        page = pdf.page(index)
        resources = page.pop("/Resources")
        del page["/MediaBox"]
        page["/Parent"] = f"{lower} 0 R"
        pdf.dictionary(lower)["/Resources"] = resources
    pdf.dictionary(lower)["/Kids"] = pdf.dictionary(pdf.tree)["/Kids"]
    pdf.dictionary(upper)["/Kids"] = f"[{lower} 0 R]"
    pdf.dictionary(pdf.tree).update({"/Kids": f"[{upper} 0 R]", "/MediaBox": "[0 0 612 792]"})
    return pdf


def contents_array() -> Pdf:
    pdf = invoice()
    more = pdf.add(stream(text(["COPY"], 400)))
    listed = pdf.add(f"[4 0 R {more} 0 R]".encode())
    pdf.page(0)["/Contents"] = f"{listed} 0 R"
    return pdf


def empty_page() -> Pdf:
    pdf = invoice()
    for index in range(2):
        del pdf.page(index)["/Contents"], pdf.page(index)["/Resources"]
    return pdf


def wrong_count() -> Pdf:
    pdf = invoice()
    pdf.dictionary(pdf.tree)["/Count"] = "7"
    return pdf


def no_kids() -> Pdf:
    pdf = invoice()
    pdf.dictionary(pdf.tree).update({"/Kids": "[]", "/Count": "0"})
    return pdf


# --- damage that is met in the wild ---------------------------------------------------------------


def damaged() -> list[Made]:
    plain = invoice().classic()
    junk = b"\n\nHTTP/1.1 200 OK\nContent-Type: application/pdf\n\n"
    start = int(plain[plain.rindex(b"startxref") :].split()[1])

    def starting(at: int) -> bytes:
        return plain.replace(b"startxref\n%d" % start, b"startxref\n%d" % at)

    # in streams no line ends, so that their lengths stay; a stream begins with LF or CR LF, never CR
    even = invoice(contents=[text(one).replace(b"\n", b" ") for one in (LINES, TOTAL)]).classic()
    crs = re.sub(rb"(>>\r)stream\r", rb"\1stream\r\n", even.replace(b"\n", b"\r"))
    cr = relocated(crs, b" \r")
    head, tail = cr[: cr.index(b"xref\n")], cr[cr.index(b"xref\n") :]
    cr = head + tail.replace(b"\n", b"\r")
    crlf = relocated(even.replace(b"\n", b"\r\n"), b"\r\n")
    body = plain[:start]
    wrong = body + plain[start:].replace(b"\n00000000", b"\n00000001")
    return [
        Made("junk-before-counted", relocated(junk + plain), either(*DAMAGED)),
        Made("junk-before", junk + plain, either(*DAMAGED)),
        Made("junk-after", plain + b"<!-- served in 3 ms -->\n"),
        Made("junk-after-long", plain + b"\0" * 3000, either(*DAMAGED)),
        Made("lines-cr", cr),
        Made("lines-crlf", crlf),
        Made("no-end-of-line-at-end", plain.rstrip(b"\n")),
        Made("no-eof-mark", plain[: plain.rindex(b"%%EOF")], either(*DAMAGED)),
        Made("startxref-off-by-one", starting(start + 1), either(*DAMAGED)),
        Made("startxref-wrong", starting(17), either(*DAMAGED)),
        Made("startxref-beyond", starting(99_999_999), either(*DAMAGED)),
        Made("offsets-wrong", wrong, either(*DAMAGED)),
        Made("table-from-one", plain.replace(b"xref\n0 ", b"xref\n1 "), either(*DAMAGED)),
        Made("size-too-small", plain.replace(b"/Size 8", b"/Size 3"), either(*DAMAGED)),
        Made("length-wrong", plain.replace(b"/Length 2", b"/Length 9", 1), either(*DAMAGED)),
        Made("no-catalog", plain.replace(b"/Root 1 0 R", b"/Root 9 0 R"), refuse("pdf-damaged")),
        Made("catalog-is-a-page", plain.replace(b"/Root 1 0 R", b"/Root 5 0 R"),
             refuse("pdf-damaged", "pdf-no-pages")),
        Made("truncated-in-table", plain[: start + 30], refuse(*DAMAGED)),
        Made("truncated-in-page", plain[:400], refuse(*DAMAGED)),
        Made("header-only", plain[:9], refuse(*DAMAGED)),
        Made("header-late", b"x" * 1100 + plain, refuse("pdf-none")),
        Made("header-none", plain[9:], refuse("pdf-none")),
        Made("empty", b"", refuse("pdf-none")),
    ]  # fmt: skip


# --- what runs ------------------------------------------------------------------------------------


def active() -> list[Made]:
    """The profile says whether these are refused (pdf-active-content); by default they are sealed."""
    script = "<< /S /JavaScript /JS (app.alert\\('hello'\\)) >>"
    made = []
    for name, entries in {
        "active-javascript": {"OpenAction": script},
        "active-javascript-name": {"Names": f"<< /JavaScript << /Names [(start) {script}] >> >>"},
        "active-launch": {"OpenAction": "<< /S /Launch /F (calc.exe) >>"},
        "active-after-signing": {"AA": f"<< /WP {script} >>"},
    }.items():
        pdf = invoice()
        pdf.put(**entries)
        made.append(Made(name, pdf.classic()))
    sent = invoice()
    link = sent.add(widget(sent.pages[0], "Send", FT="/Btn", A="<< /S /SubmitForm /F (https://a.example/) >>"))
    sent.page(0)["/Annots"] = f"[{link} 0 R]"
    sent.put(AcroForm=f"<< /Fields [{link} 0 R] >>")
    return [*made, Made("active-submit", sent.classic())]


# --- PDF/A ----------------------------------------------------------------------------------------


def archivable(part: int, packed: bool = False) -> bytes:
    pdf = invoice("1.4" if part == 1 else "1.7", dotted=True)
    described = pdf.add(stream(metadata(part), Type="/Metadata", Subtype="/XML"))
    profile = pdf.add(stream(colour_profile(), N="3"))
    intent = (
        "<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) "
        f"/Info (RGB, gamma 2.2) /DestOutputProfile {profile} 0 R >>"
    )
    pdf.put(Metadata=f"{described} 0 R", OutputIntents=f"[{intent}]")
    if part == 3:  # with the invoice as data
        data = pdf.add(stream(b"<Invoice/>\n", Type="/EmbeddedFile", Subtype="/text#2Fxml",
                              Params="<< /ModDate (D:20261120093000Z) >>"))  # fmt: skip
        file = pdf.add(
            f"<< /Type /Filespec /F (invoice.xml) /UF (invoice.xml) /AFRelationship /Alternative "
            f"/EF << /F {data} 0 R /UF {data} 0 R >> /Desc (the invoice) >>".encode()
        )
        pdf.put(AF=f"[{file} 0 R]", Names=f"<< /EmbeddedFiles << /Names [(invoice.xml) {file} 0 R] >> >>")
    return pdf.streams(packed=True) if packed else pdf.classic()


def archives() -> list[Made]:
    return [
        Made("pdfa-1b", archivable(1), flavour="1b"),
        Made("pdfa-2b", archivable(2), flavour="2b"),
        Made("pdfa-2b-packed", archivable(2, packed=True), flavour="2b"),
        Made("pdfa-3b", archivable(3), flavour="3b"),
    ]


# --- a place named in the text --------------------------------------------------------------------


def placeholders() -> list[Made]:
    """`{{seal}}` at (300, 200), whole and in pieces."""
    pieces = b"BT /F1 11 Tf 300 200 Td [({) -20 ({se) 15 (al}})] TJ ET\n"
    moved = b"BT /F1 11 Tf 300 200 Td ({{s) Tj (eal) Tj (}}) Tj ET\n"
    placed = b"q 1 0 0 1 200 150 cm BT /F1 11 Tf 1 0 0 1 100 50 Tm <7B7B7365616C7D7D> Tj ET Q\n"
    made = []
    for name, content in {
        "placeholder": b"BT /F1 11 Tf 300 200 Td ({{seal}}) Tj ET\n",
        "placeholder-pieces": pieces,
        "placeholder-several-shows": moved,
        "placeholder-moved": placed,
    }.items():
        made.append(Made(name, invoice(contents=[text(LINES), text(TOTAL) + content]).classic()))
    turned = invoice(contents=[text(LINES), text(TOTAL) + pieces])
    turned.page(1)["/Rotate"] = "90"
    return [
        *made,
        Made("placeholder-rotated-page", turned.classic()),
        Made("placeholder-composite-font", composite_font().classic()),
        Made("placeholder-composite-font-packed", composite_font().streams(packed=True)),
        Made("placeholder-in-form", placeholder_in_form().classic()),
        Made("placeholder-subset-font", subset_font().classic()),
    ]


def mapping(codes: dict[str, int], width: int) -> bytes:
    mapped = "\n".join(f"<{code:0{width}X}> <{ord(letter):04X}>" for letter, code in codes.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        f"1 begincodespacerange <{'00' * (width // 2)}> <{'FF' * (width // 2)}> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{mapped}\nendbfchar\nendcmap end end"
    ).encode()


def second_font(pdf: Pdf, font: int) -> None:
    pdf.page(1)["/Resources"] = f"<< /Font << /F1 {pdf.font} 0 R /F2 {font} 0 R >> >>"


def composite_font() -> Pdf:
    """Two bytes a letter, numbered at random: only ToUnicode knows them."""
    codes = {letter: 3 + 7 * index for index, letter in enumerate("aels{}")}
    shown = "".join(f"{codes[letter]:04X}" for letter in "{{seal}}")
    drawn = f"BT /F2 11 Tf 300 200 Td [<{shown[:8]}> -30 <{shown[8:]}>] TJ ET\n".encode()
    pdf = invoice(contents=[text(LINES), text(TOTAL) + drawn])
    known = pdf.add(stream(mapping(codes, 4), packed=True))
    described = pdf.add(
        b"<< /Type /FontDescriptor /FontName /AAAAAA+Own /Flags 4 /FontBBox [0 -200 1000 900] "
        b"/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>"
    )
    kid = pdf.add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Own /FontDescriptor {described} 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 "
        "/W [3 [556] 10 17 500] /CIDToGIDMap /Identity >>".encode()
    )
    second_font(pdf, pdf.add({
        "/Type": "/Font", "/Subtype": "/Type0", "/BaseFont": "/AAAAAA+Own",
        "/Encoding": "/Identity-H", "/DescendantFonts": f"[{kid} 0 R]", "/ToUnicode": f"{known} 0 R",
    }))  # fmt: skip
    return pdf


def subset_font() -> Pdf:
    """One byte a letter by a list of differences."""
    drawn = b"BT /F2 11 Tf 300 200 Td (\\001\\001\\002\\003\\004\\005\\006\\006) Tj ET\n"
    pdf = invoice(contents=[text(LINES), text(TOTAL) + drawn])
    second_font(pdf, pdf.add({
        "/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica",
        "/Encoding": "<< /Type /Encoding /Differences [1 /braceleft /s /e /a /l /braceright] >>",
        "/FirstChar": "1", "/LastChar": "6", "/Widths": "[334 500 556 556 222 334]",
    }))  # fmt: skip
    return pdf


def placeholder_in_form() -> Pdf:
    pdf = invoice(contents=[text(LINES), text(TOTAL) + b"q 1 0 0 1 250 150 cm /X1 Do Q\n"])
    drawn = stream(
        b"BT /F1 11 Tf 50 50 Td ({{seal}}) Tj ET", Type="/XObject", Subtype="/Form",
        BBox="[0 0 200 100]", Resources=f"<< /Font << /F1 {pdf.font} 0 R >> >>",
    )  # fmt: skip
    form = pdf.add(drawn)
    pdf.page(1)["/Resources"] = f"<< /Font << /F1 {pdf.font} 0 R >> /XObject << /X1 {form} 0 R >> >>"
    return pdf


# --- all of them ----------------------------------------------------------------------------------


def samples() -> dict[str, bytes]:
    """What is kept in samples/pdf."""
    return {
        "invoice.pdf": invoice().classic(),
        "invoice-form.pdf": two_fields().classic(),
        "invoice-placeholder.pdf": next(
            one.content for one in placeholders() if one.name == "placeholder-pieces"
        ),
        "invoice-pdfa-1b.pdf": archivable(1),
        "invoice-pdfa-2b.pdf": archivable(2),
        "invoice-pdfa-3b.pdf": archivable(3),
    }


def everything() -> list[Made]:
    import pdf_hostile
    import pdf_signed

    groups: list[Callable[[], list[Made]]] = [
        structure, encrypted, forms, pages, damaged, active, archives, placeholders,
        pdf_signed.signed, pdf_hostile.hostile,
    ]  # fmt: skip
    return [made for group in groups for made in group()]


def main() -> None:
    match sys.argv[1:]:
        case [("--samples" | "--check") as what, folder]:
            wrong = 0
            for name, content in samples().items():
                file = pathlib.Path(folder, name)
                if what == "--samples":
                    file.write_bytes(content)
                elif not file.exists() or file.read_bytes() != content:
                    print(f"{file} is not what tests/peers/make_pdfs.py --samples writes")
                    wrong = 1
            sys.exit(wrong)
        case [folder] if not folder.startswith("-"):
            index, names = [], set()
            for made in everything():
                pathlib.Path(folder, f"{made.name}.pdf").write_bytes(made.content)
                index.append(f"{made.name}\t{made.expectation}\t{made.flavour}\n")
                names.add(made.name)
            if len(names) != len(index):
                sys.exit("a name twice")
            pathlib.Path(folder, "index.tsv").write_text("".join(index))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
