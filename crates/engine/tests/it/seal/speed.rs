//! Cost grows with the length of the document and no faster. Absolute figures are `make bench`'s.

use std::time::Instant;

use chancery_engine::domain::xades::SignatureLocation;

use super::support::*;

fn invoice_of(lines: usize) -> String {
    let line = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode=\"EA\">2\
        </cbc:InvoicedQuantity><cbc:Note>Something that was sold &amp; delivered</cbc:Note>\
        </cac:InvoiceLine>\n";
    INVOICE.replace("</Invoice>", &(line.repeat(lines) + "</Invoice>"))
}

#[test]
fn cost_is_linear() {
    let time = |document: &str| {
        let best = (0..3).map(|_| {
            let start = Instant::now();
            try_prepare(document.as_bytes(), SignatureLocation::default()).unwrap();
            start.elapsed()
        });
        best.min().unwrap_or_default()
    };
    let (small, large) = (invoice_of(500), invoice_of(5000));
    let (small_time, large_time) = (time(&small), time(&large));
    println!("{} bytes {small_time:?}, {} bytes {large_time:?}", small.len(), large.len());
    assert!(large_time < small_time * 40, "{small_time:?} became {large_time:?}");
}
