"""Writes every sample of this folder, always with the same bytes.

Usage: samples/make.py          writes them
       samples/make.py --check  fails when a file on disk differs from what would be written

The companies, numbers and goods are invented; check digits and sums are right. Odd bytes (BOM,
CRLF, tabs) are made here because editors repair them silently.
"""

import base64
import hashlib
import pathlib
import sys
import zlib
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

HERE = pathlib.Path(__file__).parent
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES = {
    "cac": UBL + "CommonAggregateComponents-2",
    "cbc": UBL + "CommonBasicComponents-2",
    "ext": UBL + "CommonExtensionComponents-2",
}
SIGNATURE_NAMESPACES = {
    "sig": UBL + "CommonSignatureComponents-2",
    "sac": UBL + "SignatureAggregateComponents-2",
    "sbc": UBL + "SignatureBasicComponents-2",
}
ENVELOPED = "urn:oasis:names:specification:ubl:dsig:enveloped:xades"
EN16931 = "urn:cen.eu:en16931:2017"
PEPPOL = EN16931 + "#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
CIUS_PT = EN16931 + "#compliant#urn:feap.gov.pt:CIUS-PT:2.1.1"
BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


# --- numbers that add up ----------------------------------------------------------------------


def money(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def nif(first_eight: str) -> str:
    """A Portuguese tax number: eight digits and their check digit."""
    total = sum(int(digit) * weight for digit, weight in zip(first_eight, range(9, 1, -1)))
    check = 11 - total % 11
    return first_eight + str(0 if check >= 10 else check)


def gln(first_twelve: str) -> str:
    """A GS1 location number: twelve digits and their check digit."""
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(first_twelve))
    return first_twelve + str(-total % 10)


def iban(country: str, account: str) -> str:
    digits = "".join(str(int(letter, 36)) for letter in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02}{account}"


# --- the words of an invoice --------------------------------------------------------------------


@dataclass
class Party:
    name: str
    street: str
    city: str
    zone: str
    country: str
    tax_number: str
    endpoint: str
    contact: str


@dataclass
class Line:
    name: str
    quantity: str
    unit: str
    price: str
    rate: str
    description: str = ""
    code: str = ""

    @property
    def net(self) -> Decimal:
        return money(Decimal(self.quantity) * Decimal(self.price))


@dataclass
class Paper:
    number: str
    issued: str
    due: str
    supplier: Party
    customer: Party
    lines: list[Line]
    kind: str = "Invoice"
    customization: str = PEPPOL
    notes: list[str] = field(default_factory=list)
    order: str = ""
    corrects: tuple[str, str] | None = None
    account: str = ""
    terms: str = ""
    attachment: tuple[str, bytes] | None = None
    place: str = ""  # "", "empty" or "identified": the place for the signature

    def rates(self) -> dict[str, Decimal]:
        """Taxable amount per rate."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.rate] = sums.get(line.rate, Decimal(0)) + line.net
        return dict(sorted(sums.items(), key=lambda item: Decimal(item[0]), reverse=True))

    def tax(self, rate: str) -> Decimal:
        return money(self.rates()[rate] * Decimal(rate) / 100)


# --- writing ------------------------------------------------------------------------------------


class Writer:
    """Lines of XML, indented by two spaces."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def raw(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def leaf(self, name: str, value: object, /, **attributes: str) -> None:
        text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        listed = "".join(f' {key}="{attribute}"' for key, attribute in attributes.items())
        self.raw(f"<{name}{listed}>{text}</{name}>")

    def amount(self, name: str, value: Decimal) -> None:
        self.leaf(name, value, currencyID="EUR")

    def open(self, name: str) -> "Writer":
        self.raw(f"<{name}>")
        self.depth += 1
        self.closing = [*getattr(self, "closing", []), name]
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.depth -= 1
        self.raw(f"</{self.closing.pop()}>")


def write(paper: Paper) -> str:
    out = Writer()
    root = paper.kind
    out.raw('<?xml version="1.0" encoding="UTF-8"?>')
    declared = "".join(
        f'\n{" " * (len(root) + 2)}xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items()
    )
    out.raw(f'<{root} xmlns="{UBL}{root}-2"{declared}>')
    out.depth = 1
    if paper.place:
        write_place(out, paper)
    out.leaf("cbc:UBLVersionID", "2.1")
    out.leaf("cbc:CustomizationID", paper.customization)
    out.leaf("cbc:ProfileID", BILLING)
    out.leaf("cbc:ID", paper.number)
    out.leaf("cbc:IssueDate", paper.issued)
    if root == "Invoice":
        out.leaf("cbc:DueDate", paper.due)
        out.leaf("cbc:InvoiceTypeCode", "380")
    else:
        out.leaf("cbc:CreditNoteTypeCode", "381")
    for note in paper.notes:
        out.leaf("cbc:Note", note)
    out.leaf("cbc:DocumentCurrencyCode", "EUR")
    out.leaf("cbc:BuyerReference", "0150-KTR-17")
    if paper.order:
        with out.open("cac:OrderReference"):
            out.leaf("cbc:ID", paper.order)
    if paper.corrects:
        with out.open("cac:BillingReference"), out.open("cac:InvoiceDocumentReference"):
            out.leaf("cbc:ID", paper.corrects[0])
            out.leaf("cbc:IssueDate", paper.corrects[1])
    if paper.attachment:
        write_attachment(out, *paper.attachment)
    if paper.place:
        with out.open("cac:Signature"):
            out.leaf("cbc:ID", f"urn:oasis:names:specification:ubl:signature:{root}")
            out.leaf("cbc:SignatureMethod", ENVELOPED)
            with out.open("cac:SignatoryParty"), out.open("cac:PartyName"):
                out.leaf("cbc:Name", paper.supplier.name)
    write_party(out, "cac:AccountingSupplierParty", paper.supplier)
    write_party(out, "cac:AccountingCustomerParty", paper.customer)
    with out.open("cac:Delivery"):
        out.leaf("cbc:ActualDeliveryDate", paper.issued)
    if paper.account:
        with out.open("cac:PaymentMeans"):
            out.leaf("cbc:PaymentMeansCode", "30", name="Credit transfer")
            out.leaf("cbc:PaymentID", paper.number)
            with out.open("cac:PayeeFinancialAccount"):
                out.leaf("cbc:ID", paper.account)
                out.leaf("cbc:Name", paper.supplier.name)
    if paper.terms:
        with out.open("cac:PaymentTerms"):
            out.leaf("cbc:Note", paper.terms)
    write_totals(out, paper)
    for position, line in enumerate(paper.lines, 1):
        write_line(out, paper, position, line)
    out.depth = 0
    out.raw(f"</{root}>")
    return "\n".join(out.lines) + "\n"


def write_place(out: Writer, paper: Paper) -> None:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SIGNATURE_NAMESPACES.items())
    with out.open("ext:UBLExtensions"), out.open("ext:UBLExtension"):
        out.leaf("ext:ExtensionURI", ENVELOPED)
        with out.open("ext:ExtensionContent"):
            out.raw(f"<sig:UBLDocumentSignatures {declared}>")
            out.depth += 1
            if paper.place == "empty":
                out.raw("<sac:SignatureInformation/>")
            else:
                with out.open("sac:SignatureInformation"):
                    out.leaf("cbc:ID", "urn:oasis:names:specification:ubl:signature:1")
                    out.leaf(
                        "sbc:ReferencedSignatureID",
                        f"urn:oasis:names:specification:ubl:signature:{paper.kind}",
                    )
            out.depth -= 1
            out.raw("</sig:UBLDocumentSignatures>")


def write_attachment(out: Writer, name: str, content: bytes) -> None:
    with out.open("cac:AdditionalDocumentReference"):
        out.leaf("cbc:ID", "ANNEX-1")
        out.leaf("cbc:DocumentDescription", "Meter readings behind the quantities")
        with out.open("cac:Attachment"):
            text = base64.encodebytes(content).decode().strip()
            out.raw(
                f'<cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="{name}">'
                f"{text}</cbc:EmbeddedDocumentBinaryObject>"
            )


def write_party(out: Writer, role: str, party: Party) -> None:
    with out.open(role), out.open("cac:Party"):
        out.leaf("cbc:EndpointID", party.endpoint, schemeID="0088")
        with out.open("cac:PartyName"):
            out.leaf("cbc:Name", party.name)
        with out.open("cac:PostalAddress"):
            out.leaf("cbc:StreetName", party.street)
            out.leaf("cbc:CityName", party.city)
            out.leaf("cbc:PostalZone", party.zone)
            with out.open("cac:Country"):
                out.leaf("cbc:IdentificationCode", party.country)
        with out.open("cac:PartyTaxScheme"):
            out.leaf("cbc:CompanyID", party.country + party.tax_number)
            with out.open("cac:TaxScheme"):
                out.leaf("cbc:ID", "VAT")
        with out.open("cac:PartyLegalEntity"):
            out.leaf("cbc:RegistrationName", party.name)
            out.leaf("cbc:CompanyID", party.tax_number)
        with out.open("cac:Contact"):
            out.leaf("cbc:ElectronicMail", party.contact)


def write_totals(out: Writer, paper: Paper) -> None:
    net = sum((line.net for line in paper.lines), Decimal(0))
    tax = sum((paper.tax(rate) for rate in paper.rates()), Decimal(0))
    assert net == sum(paper.rates().values())
    with out.open("cac:TaxTotal"):
        out.amount("cbc:TaxAmount", tax)
        for rate, taxable in paper.rates().items():
            with out.open("cac:TaxSubtotal"):
                out.amount("cbc:TaxableAmount", taxable)
                out.amount("cbc:TaxAmount", paper.tax(rate))
                write_tax_category(out, "cac:TaxCategory", rate)
    with out.open("cac:LegalMonetaryTotal"):
        out.amount("cbc:LineExtensionAmount", net)
        out.amount("cbc:TaxExclusiveAmount", net)
        out.amount("cbc:TaxInclusiveAmount", net + tax)
        out.amount("cbc:PayableAmount", net + tax)


def write_tax_category(out: Writer, name: str, rate: str) -> None:
    with out.open(name):
        out.leaf("cbc:ID", "S")
        out.leaf("cbc:Percent", rate)
        with out.open("cac:TaxScheme"):
            out.leaf("cbc:ID", "VAT")


def write_line(out: Writer, paper: Paper, position: int, line: Line) -> None:
    quantity = "cbc:InvoicedQuantity" if paper.kind == "Invoice" else "cbc:CreditedQuantity"
    with out.open(f"cac:{paper.kind}Line"):
        out.leaf("cbc:ID", position)
        out.leaf(quantity, line.quantity, unitCode=line.unit)
        out.amount("cbc:LineExtensionAmount", line.net)
        with out.open("cac:Item"):
            if line.description:
                out.leaf("cbc:Description", line.description)
            out.leaf("cbc:Name", line.name)
            if line.code:
                with out.open("cac:SellersItemIdentification"):
                    out.leaf("cbc:ID", line.code)
            write_tax_category(out, "cac:ClassifiedTaxCategory", line.rate)
        with out.open("cac:Price"):
            out.amount("cbc:PriceAmount", Decimal(line.price))


# --- companies and goods --------------------------------------------------------------------------

CERAMICS = Party(
    "Cerâmica do Vale, Lda.", "Rua das Olarias 12", "Caldas da Rainha", "2500-141", "PT",
    nif("50912347"), gln("560123456701"), "contas@ceramicadovale.example",
)
HOTEL = Party(
    "Hotel Marés & Filhos, S.A.", "Avenida da Liberdade 200", "Lisboa", "1250-147", "PT",
    nif("51087762"), gln("560123456702"), "faturas@hotelmares.example",
)
TOOLS = Party(
    "Norrland Verktyg AB", "Järnvägsgatan 4", "Umeå", "903 30", "SE",
    "556987214301", gln("735001234501"), "ekonomi@norrlandverktyg.example",
)
SHIPYARD = Party(
    "Estaleiros Atlântico, S.A.", "Doca de Alcântara 7", "Lisboa", "1350-352", "PT",
    nif("50344981"), gln("560123456703"), "compras@estaleirosatlantico.example",
)
ENERGY = Party(
    "Luz Clara Energia, S.A.", "Praça do Comércio 3", "Porto", "4000-322", "PT",
    nif("50711230"), gln("560123456704"), "apoio@luzclara.example",
)

PLATES = [
    Line("Prato raso 27 cm", "120", "C62", "4.35", "23", "Grés vidrado, branco", "PR-27-B"),
    Line("Tigela 14 cm", "80", "C62", "3.10", "23", "Grés vidrado, azul", "TG-14-A"),
    Line("Livro de receitas da região", "12", "C62", "14.15", "6", "", "LV-001"),
]
SCREWS = [
    Line(
        f"Hexagon screw M{size}x{length}, stainless A4", str(quantity), "C62",
        f"{Decimal(size * length) / 400 + Decimal('0.035'):.3f}", "25",
        f"DIN 933, property class 70, box of {quantity // 10}", f"HX-{size:02}-{length:03}",
    )
    for size, length, quantity in [
        (size, length, 100 + 50 * ((size + length) % 7))
        for size in (5, 6, 8, 10, 12) for length in (20, 35, 50, 80, 120)
    ]
]
PLACE_LINES = [Line("Consultoria em processos de faturação", "16", "HUR", "62.50", "23")]


def readings() -> bytes:
    """Some 150 KB of meter readings that look measured and never change."""
    rows = ["meter;hour;kwh"]
    for hour in range(7300):
        noise = hashlib.sha256(f"reading {hour}".encode()).digest()[0]
        rows.append(f"PT0002000012345678AB;{hour:05};{2 + noise / 100:.2f}")
    return ("\r\n".join(rows) + "\r\n").encode()[:150_000]


# --- the cases -------------------------------------------------------------------------------------


def cius_pt(**changes: object) -> Paper:
    arguments: dict[str, object] = {
        "number": "FT 2026A/1187", "issued": "2026-09-14", "due": "2026-10-14",
        "supplier": CERAMICS, "customer": HOTEL, "lines": PLATES, "customization": CIUS_PT,
        "notes": ["ATCUD:JFK7X2MD-1187", "Processado por programa certificado n.º 9999/AT"],
        "order": "NE-2026/0442", "account": iban("PT", "003506510000012345678"),
        "terms": "Pagamento a 30 dias da data da fatura",
    }
    return Paper(**{**arguments, **changes})  # type: ignore[arg-type]


def peppol_25_lines() -> Paper:
    return Paper(
        "SE-2026-30417", "2026-08-31", "2026-09-30", TOOLS, SHIPYARD, SCREWS,
        notes=["Goods remain our property until paid in full."], order="EA-77120",
        account=iban("SE", "50000000058398257466"), terms="30 days net",
    )


def credit_note(**changes: object) -> Paper:
    lines = [Line("Prato raso 27 cm", "6", "C62", "4.35", "23", "Partidos no transporte", "PR-27-B")]
    return cius_pt(
        number="NC 2026A/52", issued="2026-09-21", due="", kind="CreditNote", lines=lines,
        notes=["ATCUD:JFN3V9QK-52"], corrects=("FT 2026A/1187", "2026-09-14"), account="", terms="",
        **changes,
    )


def consulting(number: str, **changes: object) -> Paper:
    return cius_pt(
        number=number, issued="2026-07-01", due="2026-07-31", supplier=ENERGY, customer=SHIPYARD,
        lines=PLACE_LINES, notes=["ATCUD:B7TT4WQP-" + number.split("/")[1]], order="", terms="",
        account="", **changes,
    )


def minimal() -> str:
    return f"""<Invoice xmlns="{UBL}Invoice-2" xmlns:a="{NAMESPACES['cac']}" xmlns:b="{NAMESPACES['cbc']}">\
<b:ID>1</b:ID><b:IssueDate>2026-01-01</b:IssueDate>\
<a:AccountingSupplierParty/><a:AccountingCustomerParty/>\
<a:LegalMonetaryTotal><b:PayableAmount currencyID="EUR">1.00</b:PayableAmount></a:LegalMonetaryTotal>\
<a:InvoiceLine><b:ID>1</b:ID><b:LineExtensionAmount currencyID="EUR">1.00</b:LineExtensionAmount>\
<a:Item/></a:InvoiceLine></Invoice>"""


def attribute_space() -> str:
    text = write(consulting("FT 2026E/301"))
    located = (
        '\n         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f'\n         xsi:schemaLocation="{UBL}Invoice-2'
        "\n\t\t\thttp://docs.oasis-open.org/ubl/os-UBL-2.1/xsd/maindoc/UBL-Invoice-2.1.xsd\""
    )
    end = text.index(">", text.index("<Invoice"))
    text = text[:end] + located + text[end:]
    text = text.replace(
        "<cbc:InvoiceTypeCode>",
        "<cbc:InvoiceTypeCode\n      listAgencyName=\"United\tNations\n Economic  Commission\"\n"
        "\t  listName='written&#9;as&#x9;references,&#xA;kept: \"&lt;&amp;>\"'>",
    )
    assert text.count("schemeID=\"0088\"") == 2
    return text.replace('schemeID="0088"', "schemeID  =\t'0088'\n\t\t", 1)


def cdata_comments_instructions() -> bytes:
    text = write(consulting("FT 2026E/302"))
    text = text.replace(
        "<Invoice ",
        "<?chancery-sample before the root,\r\n  on two lines?>\n"
        "<!-- A comment before the root.\r\n     Its second line. -->\n<Invoice ",
    )
    text = text.replace(
        "<cbc:Note>ATCUD:",
        "<cbc:Note><![CDATA[Condições <gerais> & \"especiais\":\r\n1. entrega\r\n]]>"
        "&#13;&#10;a]]&gt;b <![CDATA[]]]]><![CDATA[>]]><![CDATA[]]></cbc:Note>\n"
        "  <!-- between\r\n elements --><?print page-break=\"no\"\r\n?>\n"
        "  <cbc:Note>AT<!-- in the\r\nmiddle of a text -->CUD<?x?>:",
    )
    text = text.replace("<cac:TaxTotal>", "<!----><cac:TaxTotal><?y  z ?>")
    text += "<?chancery-sample after the root\r\n?>\n<!-- after\r\nthe root, & no line end -->"
    return text.encode()


def unusual_prefixes() -> str:
    text = write(consulting("FT 2026E/303", place="empty"))
    text = text.replace(f'<Invoice xmlns="', '<õ.1-_:Invoice xmlns:õ.1-_="')
    text = text.replace("</Invoice>", "</õ.1-_:Invoice>")
    for old, new in [("cac", "_"), ("ext", "DS"), ("sig", "cbc9"), ("sac", "xades"), ("sbc", "c.b")]:
        for before in ("<", "</", " xmlns:"):
            separator = "=" if before == " xmlns:" else ":"
            text = text.replace(f"{before}{old}{separator}", f"{before}{new}{separator}")
    # basic components without a prefix: the default namespace is not that of the root
    text = text.replace(" xmlns:cbc=", " xmlns=").replace("<cbc:", "<").replace("</cbc:", "</")
    # the same prefix means something else for a while, and an unused one is declared twice
    text = text.replace(
        "<_:TaxTotal>",
        f"<_:TaxTotal xmlns:ds='urn:example:not-xmldsig' xmlns:DS='urn:example:shadow'>",
    )
    return text.replace("<_:LegalMonetaryTotal>", "<_:LegalMonetaryTotal xmlns:ds='urn:example:again'>")


# --- PDF ------------------------------------------------------------------------------------------


def page_text(paper: Paper) -> bytes:
    """The content stream of one A4 page."""
    net = sum((line.net for line in paper.lines), Decimal(0))
    tax = sum((paper.tax(rate) for rate in paper.rates()), Decimal(0))
    rows = [(18, f"Fatura {paper.number}"), (10, paper.supplier.name), (10, paper.customer.name)]
    rows += [(10, f"{line.quantity} x {line.name}: {line.net} EUR") for line in paper.lines]
    rows += [(10, f"IVA: {tax} EUR"), (12, f"Total: {net + tax} EUR")]
    out, height = [], 780
    for size, text in rows:
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        out.append(f"BT /F1 {size} Tf 60 {height} Td ({escaped}) Tj ET")
        height -= 2 * size
    return "\n".join(out).encode("cp1252")


def pdf_objects(pages: list[bytes]) -> dict[int, bytes]:
    """Catalog, page tree, font, then a page and its contents per page."""
    first = 4
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Lang (pt-PT) >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    for index, content in enumerate(pages):
        number = first + 2 * index
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
        objects[number + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return objects


def pdf_head(version: str, objects: dict[int, bytes]) -> tuple[bytearray, dict[int, int]]:
    out, offsets = bytearray(f"%PDF-{version}\n%\xe2\xe3\xcf\xd3\n".encode("latin-1")), {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return out, offsets


def pdf_classic(paper: Paper) -> bytes:
    """PDF 1.4 with a cross-reference table."""
    out, offsets = pdf_head("1.4", pdf_objects([page_text(paper)]))
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    for number in sorted(offsets):
        out += b"%010d 00000 n \n" % offsets[number]
    identity = hashlib.sha256(out).hexdigest()[:32]
    out += f"trailer\n<< /Size {len(offsets) + 1} /Root 1 0 R /ID [<{identity}> <{identity}>] >>\n".encode()
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def pdf_stream(papers: list[Paper]) -> bytes:
    """PDF 1.7 with a cross-reference stream and one page per paper."""
    out, offsets = pdf_head("1.7", pdf_objects([page_text(paper) for paper in papers]))
    start, number = len(out), len(offsets) + 1
    offsets[number] = start
    table = b"\x00\x00\x00\x00\xff" + b"".join(
        b"\x01" + offsets[key].to_bytes(3, "big") + b"\x00" for key in sorted(offsets)
    )
    packed = zlib.compress(table, 9)
    identity = hashlib.sha256(out).hexdigest()[:32]
    head = (
        f"<< /Type /XRef /Size {number + 1} /W [1 3 1] /Root 1 0 R /Filter /FlateDecode "
        f"/ID [<{identity}> <{identity}>] /Length {len(packed)} >>"
    ).encode()
    out += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, head, packed)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def cases() -> dict[str, bytes]:
    attachment = cius_pt(
        number="FT 2026L/90017", supplier=ENERGY, customer=SHIPYARD, order="", notes=[],
        lines=[Line("Eletricidade, ponta e cheias", "48211.5", "KWH", "0.1437", "23"),
               Line("Contribuição audiovisual", "1", "C62", "2.85", "6")],
        attachment=("leituras-2026-08.csv", readings()),
    )
    crlf = write(cius_pt(number="FT 2026A/1188")).replace("\n", "\r\n")
    texts: dict[str, str | bytes] = {
        "invoice-minimal/input.xml": minimal(),
        "invoice-cius-pt/input.xml": write(cius_pt()),
        "invoice-peppol-25-lines/input.xml": write(peppol_25_lines()),
        "credit-note/input.xml": write(credit_note()),
        "invoice-signature-place/input.xml": write(consulting("FT 2026E/300", place="empty")),
        "credit-note-signature-place/input.xml": write(credit_note(place="empty")),
        "invoice-signature-place-id/input.xml": write(consulting("FT 2026E/304", place="identified")),
        "invoice-crlf-bom/input.xml": b"\xef\xbb\xbf" + crlf.encode(),
        "invoice-attribute-space/input.xml": attribute_space(),
        "invoice-cdata-comments-pi/input.xml": cdata_comments_instructions(),
        "invoice-unusual-prefixes/input.xml": unusual_prefixes(),
        "invoice-attachment/input.xml": write(attachment),
        "pdf-one-page/input.pdf": pdf_classic(cius_pt()),
        "pdf-two-pages/input.pdf": pdf_stream([cius_pt(), consulting("FT 2026E/300")]),
    }
    return {k: v.encode() if isinstance(v, str) else v for k, v in texts.items()}


def main() -> None:
    wrong = []
    for name, content in cases().items():
        path = HERE / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_bytes() != content:
                wrong.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    if wrong:
        sys.exit("samples: not what make.py writes: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
