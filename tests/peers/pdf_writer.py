"""Writes PDFs, right and wrong, byte by byte: what no library lets one choose is chosen here.

An object is bytes, or a dictionary of names to written values. The same calls give the same bytes.
"""

import hashlib
import re
import struct
import zlib

Body = bytes | dict[str, str]

A4 = "[0 0 595 842]"


def written(body: Body) -> bytes:
    if isinstance(body, bytes):
        return body
    return ("<< " + " ".join(f"{key} {value}" for key, value in body.items()) + " >>").encode()


def stream(content: bytes, packed: bool = False, **entries: str) -> bytes:
    """A stream object; entries without their slash."""
    if packed:
        content = zlib.compress(content, 9)
        entries["Filter"] = "/FlateDecode"
    named = "".join(f" /{key} {value}" for key, value in entries.items())
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(content), named.encode(), content)


class Pdf:
    """Objects by number, and the ways of writing them down."""

    def __init__(self, version: str = "1.7") -> None:
        self.version = version
        self.at: dict[int, Body] = {}
        self.trailer: dict[str, str] = {}
        self.catalog = self.tree = self.font = 0
        self.pages: list[int] = []

    def add(self, body: Body) -> int:
        number = max(self.at, default=0) + 1
        self.at[number] = body
        return number

    def put(self, **entries: str) -> None:
        """Entries of the catalog."""
        self.dictionary(self.catalog).update({f"/{key}": value for key, value in entries.items()})

    def dictionary(self, number: int) -> dict[str, str]:
        found = self.at[number]
        assert isinstance(found, dict)
        return found

    def page(self, index: int) -> dict[str, str]:
        return self.dictionary(self.pages[index])

    def head(self) -> bytes:
        return b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % self.version.encode()

    def ends(self, out: bytes) -> dict[str, str]:
        identity = hashlib.sha256(out).hexdigest()[:32]
        return {
            "/Size": str(max(self.at) + 1),
            "/Root": f"{self.catalog} 0 R",
            **self.trailer,
            "/ID": f"[<{identity}> <{identity}>]",
        }

    def placed(self, out: bytearray, numbers: list[int]) -> dict[int, int]:
        offsets = {}
        for number in numbers:
            offsets[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, written(self.at[number]))
        return offsets

    def classic(self) -> bytes:
        """With a cross-reference table."""
        out = bytearray(self.head())
        offsets = self.placed(out, sorted(self.at))
        start = len(out)
        out += table({0: b"0000000000 65535 f", **lines(offsets)})
        out += b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (written(self.ends(out)), start)
        return bytes(out)

    def streams(self, packed: bool) -> bytes:
        """With a cross-reference stream and, if packed, an object stream."""
        out = bytearray(self.head())
        within = self.packable() if packed else []
        offsets = self.placed(out, [number for number in sorted(self.at) if number not in within])
        entries = {0: (0, 0, 65535)} | {number: (1, at, 0) for number, at in offsets.items()}
        if within:
            holder = self.add(object_stream([(number, self.at[number]) for number in within]))
            entries[holder] = (1, self.placed(out, [holder])[holder], 0)
            entries |= {number: (2, holder, index) for index, number in enumerate(within)}
            del self.at[holder]
        number = max(entries) + 1
        start = len(out)
        entries[number] = (1, start, 0)
        trailer = self.ends(out) | {"/Size": str(number + 1)}
        out += b"%d 0 obj\n%s\nendobj\n" % (number, cross_reference_stream(entries, trailer))
        return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start

    def hybrid(self, sections: int = 2) -> bytes:
        """A table for old readers, and a stream for the objects that they do not see.

        In two sections, the stream in a newer one with an empty table, as programs write them; in one,
        where readers differ: hidden objects are free in the table, and some believe that.
        """
        out = bytearray(self.head())
        within = [number for number in self.packable() if number not in (self.catalog, self.tree, *self.pages)]
        offsets = self.placed(out, [number for number in sorted(self.at) if number not in within])
        holder, number = max(self.at) + 1, max(self.at) + 2
        held = object_stream([(one, self.at[one]) for one in within])
        offsets[holder] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (holder, held)
        offsets[number] = len(out)
        hidden = {one: (2, holder, index) for index, one in enumerate(within)}
        size = {"/Size": str(number + 1)}
        out += b"%d 0 obj\n%s\nendobj\n" % (number, cross_reference_stream(hidden, size))
        free = {0: b"0000000000 65535 f"} | {one: b"0000000000 00000 f" for one in within}
        start = len(out)
        out += table(free | lines(offsets))
        trailer = self.ends(out) | size
        if sections == 2:
            out += b"trailer\n%s\nstartxref\n0\n%%%%EOF\n" % written(trailer)
            trailer["/Prev"], start = str(start), len(out)
            out += table({})[:5] + b"0 0\n"
        trailer["/XRefStm"] = str(offsets[number])
        return bytes(out) + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (written(trailer), start)

    def packable(self) -> list[int]:
        return [one for one in sorted(self.at) if not written(self.at[one]).endswith(b"endstream")]


def lines(offsets: dict[int, int]) -> dict[int, bytes]:
    return {number: b"%010d 00000 n" % at for number, at in offsets.items()}


def table(entries: dict[int, bytes], end: bytes = b" \n") -> bytes:
    """A cross-reference table; a subsection for each run of numbers."""
    out = b"xref\n"
    for run in runs(sorted(entries)):
        out += b"%d %d\n" % (run[0], len(run)) + b"".join(entries[one] + end for one in run)
    return out


def runs(numbers: list[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def object_stream(held: list[tuple[int, Body]], packed: bool = True) -> bytes:
    bodies = [written(body) for _, body in held]
    places = [sum(len(one) + 1 for one in bodies[:index]) for index in range(len(bodies))]
    head = " ".join(f"{number} {at}" for (number, _), at in zip(held, places)).encode() + b"\n"
    content = head + b"\n".join(bodies)
    return stream(content, packed, Type="/ObjStm", N=str(len(held)), First=str(len(head)))


def cross_reference_stream(
    entries: dict[int, tuple[int, int, int]], trailer: dict[str, str]
) -> bytes:
    found = runs(sorted(entries))
    index = " ".join(f"{run[0]} {len(run)}" for run in found)
    rows = b"".join(struct.pack(">BIH", *entries[one]) for run in found for one in run)
    named = {key.removeprefix("/"): value for key, value in trailer.items()}
    return stream(rows, True, Type="/XRef", W="[1 4 2]", Index=f"[{index}]", **named)


def update(before: bytes, objects: dict[int, Body], **trailer: str) -> bytes:
    """An incremental update with a table; new entries of the trailer replace those of before."""
    start = int(re.findall(rb"startxref\s+(\d+)", before)[-1])
    ends = re.findall(rb"/(Size|Root|ID|Info|Encrypt)\s*(\[[^]]*\]|\d+ \d+ R|\d+)", before)
    named = {f"/{key.decode()}": value.decode() for key, value in ends}
    named["/Size"] = str(max(int(named["/Size"]), *(number + 1 for number in objects)))
    named |= {f"/{key}": value for key, value in trailer.items()} | {"/Prev": str(start)}
    out = bytearray(before if before.endswith(b"\n") else before + b"\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, written(body))
    start = len(out)
    out += table(lines(offsets))
    return bytes(out) + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (written(named), start)


# --- a font and a colour space of our own, for PDF/A ----------------------------------------------

# Five columns of seven dots a letter, lowest bit on top.
LETTERS = {
    " ": (0, 0, 0, 0, 0), ".": (0, 96, 96, 0, 0), "-": (8, 8, 8, 8, 8), "/": (32, 16, 8, 4, 2),
    "0": (62, 81, 73, 69, 62), "1": (0, 66, 127, 64, 0), "2": (66, 97, 81, 73, 70),
    "3": (33, 65, 69, 75, 49), "4": (24, 20, 18, 127, 16), "5": (39, 69, 69, 69, 57),
    "6": (60, 74, 73, 73, 48), "7": (1, 113, 9, 5, 3), "8": (54, 73, 73, 73, 54),
    "9": (6, 73, 73, 41, 30), "A": (126, 17, 17, 17, 126), "B": (127, 73, 73, 73, 54),
    "C": (62, 65, 65, 65, 34), "D": (127, 65, 65, 34, 28), "E": (127, 73, 73, 73, 65),
    "F": (127, 9, 9, 9, 1), "G": (62, 65, 73, 73, 122), "I": (0, 65, 127, 65, 0),
    "L": (127, 64, 64, 64, 64), "N": (127, 4, 8, 16, 127), "O": (62, 65, 65, 65, 62),
    "P": (127, 9, 9, 9, 6), "R": (127, 9, 25, 41, 70), "S": (70, 73, 73, 73, 49),
    "T": (1, 1, 127, 1, 1), "U": (63, 64, 64, 64, 63), "V": (31, 32, 64, 32, 31),
    "X": (99, 20, 8, 20, 99), "H": (127, 8, 8, 8, 127), "J": (32, 64, 65, 63, 1),
    "K": (127, 8, 20, 34, 65), "M": (127, 2, 12, 2, 127), "Q": (62, 65, 81, 33, 94),
    "W": (63, 64, 56, 64, 63), "Y": (7, 8, 112, 8, 7), "Z": (97, 81, 73, 69, 67),
}  # fmt: skip


def dotted_font(pdf: Pdf) -> int:
    """A Type 3 font: its letters are drawings, so that nothing has to be embedded."""
    names, procedures = [], {}
    for letter, columns in LETTERS.items():
        name = f"c{ord(letter)}"
        dots = [
            f"{100 * x} {100 * (6 - y)} 90 90 re"
            for x, column in enumerate(columns)
            for y in range(7)
            if column >> y & 1
        ]
        drawn = "600 0 0 0 500 700 d1\n" + "\n".join(dots) + ("\nf" if dots else "")
        procedures[f"/{name}"] = f"{pdf.add(stream(drawn.encode()))} 0 R"
        names.append(f"{ord(letter)} /{name}")
    codes = [ord(letter) for letter in LETTERS]
    widths = " ".join("600" if code in codes else "0" for code in range(min(codes), max(codes) + 1))
    return pdf.add({
        "/Type": "/Font", "/Subtype": "/Type3", "/FontBBox": "[0 0 500 700]",
        "/FontMatrix": "[0.001 0 0 0.001 0 0]", "/CharProcs": written(procedures).decode(),
        "/Encoding": f"<< /Type /Encoding /Differences [{' '.join(names)}] >>",
        "/FirstChar": str(min(codes)), "/LastChar": str(max(codes)), "/Widths": f"[{widths}]",
        "/Resources": "<< >>",
    })  # fmt: skip


def colour_profile() -> bytes:
    """An ICC 2.1 display profile with the primaries of sRGB and gamma 2.2."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def text(value: bytes) -> bytes:
        return b"desc\0\0\0\0" + struct.pack(">I", len(value) + 1) + value + b"\0" + bytes(78)

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563)
    tags = {
        b"desc": text(b"RGB, gamma 2.2"), b"cprt": b"text\0\0\0\0public domain\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249),
        b"rXYZ": b"XYZ \0\0\0\0" + fixed(0.4361, 0.2225, 0.0139),
        b"gXYZ": b"XYZ \0\0\0\0" + fixed(0.3851, 0.7169, 0.0971),
        b"bXYZ": b"XYZ \0\0\0\0" + fixed(0.1431, 0.0606, 0.7139),
        b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma,
    }  # fmt: skip
    at, directory, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        directory += name + struct.pack(">II", at + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return head + bytes(128 - len(head)) + directory + body


def metadata(part: int) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        f"<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()
