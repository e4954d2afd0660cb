//! PDFs whose structure harms whoever reads it: sections, page trees, what stands around objects.

use std::io::Write as _;

use super::{HostileDocument, invisible};

pub(super) fn all() -> Vec<HostileDocument> {
    vec![pdf_overlapping_kids(200_000, 98)]
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
