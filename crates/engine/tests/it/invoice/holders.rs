//! Files that hold an invoice: PDF, CMS, XML signatures around it.

use chancery_engine::invoice::InvoiceProblem;
use chancery_testing::judges::{at_least, corpus_files};
use serde_json::json;

use super::support::{first, said, sample, whole};
use crate::seal::support::*;
use crate::verify::cms::sealed as cms_sealed;

/// A PDF of no page with files attached.
fn pdf(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |pdf: &mut Vec<u8>, text: &[u8]| {
        offsets.push(pdf.len());
        pdf.extend_from_slice(format!("{} 0 obj\n", offsets.len()).as_bytes());
        pdf.extend_from_slice(text);
        pdf.extend_from_slice(b"\nendobj\n");
    };
    let names: Vec<String> =
        (0..files.len()).map(|at| format!("({at}) {} 0 R", 3 + 2 * at)).collect();
    let names = names.join(" ");
    let catalog = format!(
        "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Kids [ << /Names [ {names}] \
         >> ] >> >> >>"
    );
    object(&mut pdf, catalog.as_bytes());
    object(&mut pdf, b"<< /Type /Pages /Kids [] /Count 0 >>");
    for (at, (name, octets)) in files.iter().enumerate() {
        let stream = 4 + 2 * at;
        let text = format!("<< /Type /Filespec /F ({name}) /EF << /F {stream} 0 R >> >>");
        object(&mut pdf, text.as_bytes());
        let mut text = format!("<< /Length {} >>\nstream\n", octets.len()).into_bytes();
        text.extend_from_slice(octets);
        text.extend_from_slice(b"\nendstream");
        object(&mut pdf, &text);
    }
    let start = pdf.len();
    let count = offsets.len() + 1;
    pdf.extend_from_slice(format!("xref\n0 {count}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        pdf.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    pdf.extend_from_slice(trailer.as_bytes());
    pdf
}

#[test]
fn the_invoice_in_a_pdf_is_read_by_its_name() {
    let cii = sample("readable/cii.xml");
    let (cii, other): (&[u8], &[u8]) = (&cii, b"<note/>");
    let invoice = whole(&pdf(&[("note.xml", other), ("Factur-X.xml", cii)])).unwrap();
    assert_eq!(invoice.file.as_deref(), Some("Factur-X.xml"));
    assert_eq!(said(&invoice), said(&whole(cii).unwrap()));
    assert_eq!(whole(&pdf(&[("re.xml", cii), ("a.txt", other)])).unwrap().file.unwrap(), "re.xml");
    // of several nobody says which it is
    for files in [&[("a.xml", cii), ("b.xml", other)][..], &[], &[("a.xml", other)]] {
        assert!(matches!(whole(&pdf(files)), Err(InvoiceProblem::NoInvoice)));
    }
}

/// With `../shared/samples`; passes without.
#[test]
fn invoices_in_pdfs_of_others_are_read() {
    let mut read = 0;
    for file in corpus_files("pdf", "pdf").into_iter().chain(corpus_files("signed-pdf", "pdf")) {
        match whole(&std::fs::read(&file).unwrap()) {
            Ok(invoice) => {
                read += 1;
                assert!(invoice.file.is_some() && first(&invoice, "BT-1").is_some());
            }
            Err(problem) => {
                assert!(matches!(problem, InvoiceProblem::NoInvoice), "{file:?}: {problem:?}");
            }
        }
    }
    at_least(4, read, "invoices in PDF were read");
}

#[test]
fn what_a_signature_is_around_is_read() {
    let document = sample("readable/fatturapa-lot.xml");
    let inside = whole(&document).unwrap();
    let p7m = cms_sealed(&document, &PKI.p256, &json!({}));
    assert_eq!(said(&whole(&p7m).unwrap()), said(&inside));
    let detached = cms_sealed(&document, &PKI.p256, &json!({ "packaging": "DETACHED" }));
    assert!(matches!(whole(&detached), Err(InvoiceProblem::NoInvoice)));

    let text = String::from_utf8(document).unwrap();
    let text = text.split_once("?>").unwrap().1;
    let ds = "http://www.w3.org/2000/09/xmldsig#";
    let around = |objects: &str| format!("<d:Signature xmlns:d=\"{ds}\">{objects}</d:Signature>");
    let one = around(&format!("<d:Object>{text}</d:Object>"));
    assert_eq!(said(&whole(one.as_bytes()).unwrap()), said(&inside));
    let two = around(&format!("<d:Object>{text}</d:Object><d:Object>{text}</d:Object>"));
    assert!(matches!(whole(two.as_bytes()), Err(InvoiceProblem::NoInvoice)));
    // no deeper than that: who hides one is not shown one
    let deep = around(&format!("<d:Object><a>{text}</a></d:Object>"));
    assert!(matches!(whole(deep.as_bytes()), Err(InvoiceProblem::NoInvoice)));
}

#[test]
fn the_document_of_a_container_is_read() {
    use chancery_engine::domain::instant::Instant;
    use chancery_engine::seal::Packer;
    let cii = sample("readable/cii.xml");
    let cii: &[u8] = &cii;
    let pack = |files: &[(&str, &[u8])]| {
        let mut zip = Packer::new(Instant::from_unix_ms(1_795_342_761_000), 0);
        zip.store("mimetype", b"application/vnd.etsi.asic-e+zip");
        for (name, octets) in files {
            zip.store(name, octets);
        }
        zip.store("META-INF/signatures001.xml", b"<a/>");
        zip.finish()
    };
    let invoice = whole(&pack(&[("re.xml", cii), ("terms.txt", b"30".as_slice())])).unwrap();
    assert_eq!(invoice.file.as_deref(), Some("re.xml"));
    assert_eq!(said(&invoice), said(&whole(cii).unwrap()));
    let two = pack(&[("a.xml", cii), ("b.xml", cii)]);
    assert!(matches!(whole(&two), Err(InvoiceProblem::NoInvoice)));
}
