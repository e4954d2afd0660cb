//! PDF files written here for the structure that they have.

use std::fmt::Write as _;

/// Objects of a file with one page, from number 1 on; the catalog is the first.
pub(super) const ONE_PAGE: [&str; 4] = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
    "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>",
    "<</Length 8>>\nstream\n0 0 m  n\nendstream",
];

/// A file being written, and where its objects lie.
pub(crate) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) offsets: Vec<(u32, usize)>,
}

impl Made {
    pub(super) fn new(version: &str) -> Self {
        Self { bytes: format!("%PDF-{version}\n").into_bytes(), offsets: Vec::new() }
    }

    /// The objects from this number on.
    pub(super) fn objects(mut self, first: u32, bodies: &[&str]) -> Self {
        for (number, body) in (first..).zip(bodies) {
            self = self.object(number, body.as_bytes());
        }
        self
    }

    pub(super) fn object(mut self, number: u32, body: &[u8]) -> Self {
        self.offsets.push((number, self.bytes.len()));
        self.bytes.extend(format!("{number} 0 obj\n").bytes());
        self.bytes.extend(body);
        self.bytes.extend(b"\nendobj\n");
        self
    }

    pub(super) fn stream(self, number: u32, dictionary: &str, data: &[u8]) -> Self {
        let head = format!("<<{dictionary}/Length {}>>\nstream\n", data.len());
        self.object(number, &[head.as_bytes(), data, b"\nendstream"].concat())
    }

    /// Ends with a table of all objects, one subsection each, and this in the trailer.
    pub(super) fn table(self, trailer: &str) -> Vec<u8> {
        self.table_of(trailer, "{offset:010} 00000 n \n", |_, offset| offset)
    }

    /// As [`Self::table`]; `row` is how rows are written, `place` what they say.
    pub(super) fn table_of(
        mut self,
        trailer: &str,
        row: &str,
        place: impl Fn(u32, usize) -> usize,
    ) -> Vec<u8> {
        let at = self.bytes.len();
        let free = row.replace("{offset:010} 00000 n", "0000000000 65535 f");
        let mut text = format!("xref\n0 1\n{free}");
        for (number, offset) in &self.offsets {
            let offset = format!("{:010}", place(*number, *offset));
            write!(text, "{number} 1\n{}", row.replace("{offset:010}", &offset)).unwrap();
        }
        let size = self.offsets.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
        write!(text, "trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n")
            .unwrap();
        self.bytes.extend(text.bytes());
        self.bytes
    }

    /// Ends with a cross-reference stream whose fields have these widths and which is the object
    /// `number`; `within` are (number, container, index) of objects in streams.
    pub(super) fn xref_stream(
        mut self,
        number: u32,
        widths: [usize; 3],
        within: &[(u32, u32, u32)],
    ) -> Vec<u8> {
        let at = self.bytes.len();
        self.offsets.push((number, at));
        let mut rows: Vec<(u32, [u64; 3])> =
            self.offsets.iter().map(|(number, at)| (*number, [1, *at as u64, 0])).collect();
        rows.extend(
            within.iter().map(|(it, stream, at)| (*it, [2, (*stream).into(), (*at).into()])),
        );
        rows.sort_unstable();
        let mut index = String::new();
        let mut data = Vec::new();
        for (number, fields) in &rows {
            write!(index, "{number} 1 ").unwrap();
            for (field, width) in fields.iter().zip(widths) {
                data.extend(&field.to_be_bytes()[8 - width..]);
            }
        }
        let [kind, second, third] = widths;
        let size = rows.last().unwrap().0 + 1;
        let dictionary =
            format!("/Type/XRef/W[{kind} {second} {third}]/Index[{index}]/Size {size}/Root 1 0 R");
        self = self.stream(number, &dictionary, &data);
        self.bytes.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
        self.bytes
    }
}

/// A file with one page and a table.
pub(crate) fn simple() -> Vec<u8> {
    Made::new("1.4").objects(1, &ONE_PAGE).table("")
}

/// The page tree in two object streams, of which the second extends the first, and the catalog is
/// said to be in the second although it is in the first.
pub(crate) fn extended() -> Vec<u8> {
    let [catalog, pages, page, contents] = ONE_PAGE;
    let first = format!("1 0 {catalog}");
    let second = format!("2 0 3 {} {pages} {page}", pages.len() + 1);
    let place = second.find("<<").unwrap();
    Made::new("1.5")
        .object(4, contents.as_bytes())
        .stream(5, "/Type/ObjStm/N 1/First 4", first.as_bytes())
        .stream(6, &format!("/Type/ObjStm/N 2/First {place}/Extends 5 0 R"), second.as_bytes())
        .xref_stream(7, [1, 2, 1], &[(1, 6, 0), (2, 6, 0), (3, 6, 1)])
}

/// A table that hides the page tree, which its cross-reference stream shows (7.5.8.4).
pub(crate) fn hybrid() -> Vec<u8> {
    let [catalog, pages, page, contents] = ONE_PAGE;
    let packed = format!("2 0 3 {} {pages} {page}", pages.len() + 1);
    let place = packed.find("<<").unwrap();
    let mut made = Made::new("1.4").object(1, catalog.as_bytes()).object(4, contents.as_bytes());
    made = made.stream(5, &format!("/Type/ObjStm/N 2/First {place}"), packed.as_bytes());
    let at = made.bytes.len();
    made = made.stream(6, "/Type/XRef/W[1 1 1]/Index[2 2]/Size 7/Root 1 0 R", &[2, 5, 0, 2, 5, 1]);
    made.table(&format!("/XRefStm {at}"))
}

/// All readable kinds, also as first inputs of the fuzzers.
pub(crate) fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("table", simple()),
        ("stream", Made::new("1.5").objects(1, &ONE_PAGE).xref_stream(5, [1, 2, 0], &[])),
        (
            "stream without kinds",
            Made::new("1.5").objects(1, &ONE_PAGE).xref_stream(5, [0, 3, 0], &[]),
        ),
        (
            "stream with wide fields",
            Made::new("1.5").objects(1, &ONE_PAGE).xref_stream(9, [2, 8, 3], &[]),
        ),
        ("object streams", extended()),
        ("hybrid", hybrid()),
    ]
}
