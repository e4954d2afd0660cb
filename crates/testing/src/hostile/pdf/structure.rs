//! PDFs whose structure harms whoever reads it: sections, page trees, what stands around objects.

use std::io::Write as _;

use super::{Body, HostileDocument, deflate, invisible, page, references, written};

pub(super) fn all() -> Vec<HostileDocument> {
    vec![
        pdf_overlapping_kids(200_000, 98),
        pdf_hidden(60_000, 200_000),
        pdf_hidden_one_by_one(60_000, 60_000),
        pdf_room_behind(1_000_000, 30_000),
    ]
}

/// So many levels of the page tree with as many kids each. Every node begins inside a comment of the one
/// above it, so that the kids stand there once.
pub fn pdf_overlapping_kids(kids: usize, levels: u32) -> HostileDocument {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = vec![(1, out.len())];
    out.extend(b"1 0 obj\n<</Type/Catalog/Pages 10 0 R>>\nendobj\n");
    for level in 10..10 + levels {
        places.push((level, out.len()));
        write!(out, "{level} 0 obj <</Type/Pages/Kids[{} 0 R %", level + 1).unwrap();
    }
    write!(out, "\n{}]>>\nendobj\n", "9 0 R ".repeat(kids)).unwrap();
    places.push((10 + levels, out.len()));
    write!(out, "{} 0 obj\n<</Type/Page>>\nendobj\n", 10 + levels).unwrap();
    let at = out.len();
    out.extend(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in places {
        write!(out, "{number} 1\n{place:010} 00000 n \n").unwrap();
    }
    let size = 11 + levels;
    write!(out, "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").unwrap();
    invisible("levels of pages that share the bytes of their kids", out)
}

/// A table with so many free entries, and a stream that hides these objects in these runs.
fn hybrid(name: &'static str, free: usize, index: &str, rows: usize) -> HostileDocument {
    let mut objects = page("", "");
    let data = deflate(&[0, 0, 0].repeat(rows));
    let stream = format!("/Type/XRef/W[1 1 1]/Index[{index}]/Size 9/Root 1 0 R/Filter/FlateDecode");
    objects.push((5, Body::Stream(stream, data)));
    let out = written(&objects, "");
    let text = String::from_utf8_lossy(&out).into_owned();
    let find = |wanted: &str| out.windows(wanted.len()).position(|it| it == wanted.as_bytes());
    let (at, table) = (find("5 0 obj").unwrap(), find("\nxref\n").unwrap() + 1);
    let behind = &text[text.rfind("xref\n0 1\n").unwrap() + 9..];
    let behind = behind.replace("/Root", &format!("/XRefStm {at}/Root"));
    let mut document = out[..table].to_vec();
    let rows = "0000000000 65535 f \n".repeat(free);
    write!(document, "xref\n1000 {free}\n{rows}0 1\n{behind}").unwrap();
    invisible(name, document)
}

/// So many free entries, and a stream with so many empty runs.
pub fn pdf_hidden(free: usize, runs: usize) -> HostileDocument {
    hybrid("free entries and empty runs", free, &"0 0 ".repeat(runs), 0)
}

/// So many free entries, and a stream with so many runs of one entry.
pub fn pdf_hidden_one_by_one(free: usize, runs: usize) -> HostileDocument {
    hybrid("free entries and short runs", free, &"9 1 ".repeat(runs), runs)
}

/// A page with so many blanks before its end, of which the tree has so many.
pub fn pdf_room_behind(blanks: usize, kids: usize) -> HostileDocument {
    let kids = references(std::iter::repeat_n(3, kids));
    let behind = " \n".repeat(blanks / 2);
    let objects = [
        (1, Body::Plain("<</Type/Catalog/Pages 2 0 R>>".to_owned())),
        (2, Body::Plain(format!("<</Type/Pages/Kids[{kids}]/MediaBox[0 0 595 842]>>"))),
        (3, Body::Plain(format!("<</Type/Page/Parent 2 0 R>>{behind}"))),
    ];
    let settings = serde_json::json!({ "activeContent": "REFUSE" });
    let document = written(&objects, "");
    HostileDocument { settings, ..invisible("a page with much room behind it", document) }
}
