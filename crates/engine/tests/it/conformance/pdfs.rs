//! PDFs of every kind, sealed in every way, before every judge of PDFs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::Profile;
use serde_json::{Value, json};

use super::court::Tally;
use super::pdf_court::{self, JUDGES, PdfCase};
use super::report;
use super::sealing::TestAuthority;
use crate::pades::support::{at, name_of, settings, shared_pdfs};
use chancery_testing::pdfs::{self, Expectation, TestPdf};

/// What a judge is known to get wrong about a document, however it is sealed, and why.
const KNOWN: [(&str, &str, &str); 25] = [
    ("pyHanko", "encrypted-aes-256-r5", "it does not derive the key of revision 5"),
    ("pyHanko", "contents-emptied", "an earlier signature is empty, and it reads them all"),
    ("pyHanko", "certified-2", CERTIFIED),
    ("pyHanko", "certified-2-and-signed", CERTIFIED),
    ("pyHanko", "certified-3", CERTIFIED),
    ("pyHanko", "junk-before", JUNK),
    ("pyHanko", "junk-before-counted", JUNK),
    ("pyHanko", "qpdf__leading-junk", JUNK),
    ("EU DSS", "junk-before", JUNK),
    ("EU DSS", "junk-before-counted", JUNK),
    ("EU DSS", "qpdf__leading-junk", JUNK),
    ("mupdf verifies", "junk-before", "it counts the byte range from the header"),
    ("mupdf verifies", "junk-before-counted", "it counts the byte range from the header"),
    ("mupdf verifies", "qpdf__leading-junk", "it counts the byte range from the header"),
    ("mupdf verifies", "classic, RSA_PSS_SHA256", PSS),
    ("mupdf verifies", "xref-stream, RSA_PSS_SHA256", PSS),
    ("mupdf verifies", "encrypted-aes-256-r6, RSA_PSS_SHA256", PSS),
    ("mupdf verifies", "pdfa-2b, RSA_PSS_SHA256", PSS),
    ("mupdf verifies", "classic, RSA_PSS_SHA384", PSS),
    ("mupdf verifies", "xref-stream, RSA_PSS_SHA384", PSS),
    ("mupdf verifies", "encrypted-aes-256-r6, RSA_PSS_SHA384", PSS),
    ("mupdf verifies", "pdfa-2b, RSA_PSS_SHA384", PSS),
    ("EU DSS", "pyHanko__minimal-two-fields", OVERLAP),
    ("EU DSS", "pyHanko__minimal-two-fields-signed-twice", OVERLAP),
    ("EU DSS", "pyHanko__pades-lta-dss-indirect-arrs-test", OVERLAP),
];

const JUNK: &str = "it opens no file with something before the header";
const CERTIFIED: &str = "its default policy: no new visible field after a certification";
const PSS: &str = "it does not verify RSASSA-PSS";
const OVERLAP: &str = "right: the place of this test lies on a field that is there";

/// Sealed PDFs of one run.
struct Docket {
    authority: TestAuthority,
    cases: Vec<PdfCase>,
    refused: BTreeSet<String>,
}

impl Docket {
    fn new() -> Self {
        Self { authority: TestAuthority::new(), cases: Vec::new(), refused: BTreeSet::new() }
    }

    /// Seals once for each of the settings and keys, one after the other, and keeps the last file.
    fn add(
        &mut self,
        kind: &'static str,
        document: &str,
        original: &[u8],
        steps: &[(&Value, &str)],
    ) -> Result<(), Refusal> {
        let mut bytes = original.to_vec();
        for (written, key) in steps {
            let profile = Profile::Pades(Box::new(settings(written)));
            let sealed = self.authority.seal_bytes(&bytes, &profile, key)?;
            assert!(sealed.starts_with(&bytes), "{document}: the first bytes are the document's");
            bytes = sealed;
        }
        let write = |path: &str, bytes: &[u8]| {
            let path = self.authority.path(path);
            fs::write(&path, bytes).unwrap();
            path
        };
        let original = write(&format!("original-{document}.pdf"), original);
        let sealed = write(&format!("sealed-{:03}-{document}.pdf", self.cases.len()), &bytes);
        let document = document.to_owned();
        self.cases.push(PdfCase { document, kind, original, sealed, ours: steps.len() });
        Ok(())
    }

    /// As [`Self::add`]; nobody may refuse it.
    fn must(&mut self, kind: &'static str, pdf: &TestPdf, steps: &[(&Value, &str)]) {
        self.add(kind, &pdf.name, &pdf.bytes, steps)
            .unwrap_or_else(|refusal| panic!("{}: {steps:?}: {refusal}", pdf.name));
    }

    fn everything(&mut self) {
        let (invisible, corner, end) = (json!({}), at(1, 20.0, 20.0), at(-1, 10.0, 10.0));
        for (kind, written) in
            [("generated, invisible", &invisible), ("generated, visible", &corner)]
        {
            for (turn, pdf) in pdfs::all().iter().filter(|pdf| !is_hostile(pdf)).enumerate() {
                let key = ["p256", "rsa"][turn % 2];
                if let Err(refusal) = self.add(kind, &pdf.name, &pdf.bytes, &[(written, key)]) {
                    // The codes of refusals are asked about in crates/engine/tests/it/pades/sealing.rs.
                    let expected = !matches!(pdf.expectation, Expectation::Seal);
                    let small = refusal.code() == "pdf-area-outside";
                    assert!(expected || small, "{kind}: {}: {refusal}", pdf.name);
                }
            }
        }
        for (kind, written) in [("shared, invisible", &invisible), ("shared, visible", &end)] {
            for path in ["pdf", "signed-pdf"].into_iter().flat_map(shared_pdfs) {
                let name = name_of(&path);
                if let Err(refusal) =
                    self.add(kind, &name, &fs::read(&path).unwrap(), &[(written, "rsa")])
                {
                    self.refused.insert(format!("{name}: {}: {refusal}", refusal.code()));
                }
            }
        }
        self.algorithms();
        self.certifications();
        self.places();
        self.several();
    }

    fn algorithms(&mut self) {
        for (algorithm, key) in [
            ("RSA_SHA256", "rsa2048"),
            ("RSA_SHA512", "rsa"),
            ("RSA_PSS_SHA256", "rsa"),
            ("RSA_PSS_SHA384", "rsa2048"),
            ("ECDSA_SHA256", "p256"),
            ("ECDSA_SHA384", "p384"),
            ("ECDSA_SHA512", "p384"),
        ] {
            let written = json!({ "signatureAlgorithm": algorithm });
            for name in ["classic", "xref-stream", "encrypted-aes-256-r6", "pdfa-2b"] {
                let pdf = pdfs::named(name);
                let document = format!("{name}, {algorithm}");
                self.add("algorithms", &document, &pdf.bytes, &[(&written, key)])
                    .unwrap_or_else(|refusal| panic!("{document}: {refusal}"));
            }
        }
    }

    fn certifications(&mut self) {
        for certification in ["NO_CHANGES", "FORM_FILLING", "ANNOTATIONS"] {
            let mut written = at(1, 40.0, 40.0);
            written["certification"] = json!(certification);
            for name in ["classic", "object-streams", "pdfa-3b"] {
                let plain = json!({ "certification": certification });
                self.must("certifications", pdfs::named(name), &[(&plain, "rsa")]);
                self.must("certifications", pdfs::named(name), &[(&written, "p256")]);
            }
        }
        let written = json!({ "certification": "FORM_FILLING" });
        let steps = [(&written, "rsa"), (&json!({}), "p256")];
        self.must("certifications", pdfs::named("form-two-fields"), &steps);
    }

    fn places(&mut self) {
        let kind = "fields, words, images";
        let image = crate::pades::images::ring();
        let image = base64::engine::general_purpose::STANDARD.encode(image);
        let said = json!({
            "reason": "Fatura nº 12 – çift imza", "location": "Lisboa", "contact": "+351 21",
            "name": "Ana", "field": "Fatura",
        });
        let with_image = |place: Value| {
            json!({
                "visible": {
                    "place": place,
                    "background": "#EEF2FF",
                    "image": { "kind": "PNG", "content": image },
                },
                "reason": "Fatura",
            })
        };
        let (filled, seller) = (json!({ "field": "Seller" }), json!({ "FIELD": "Seller" }));
        for name in ["form-two-fields", "form-two-fields-packed", "signed-one-field-of-two"] {
            let field = if name.starts_with("signed") { "Buyer" } else { "Seller" };
            let (filled, shown) = if field == "Seller" {
                (filled.clone(), with_image(seller.clone()))
            } else {
                (json!({ "field": field }), with_image(json!({ "FIELD": field })))
            };
            self.must(kind, pdfs::named(name), &[(&filled, "p256")]);
            self.must(kind, pdfs::named(name), &[(&shown, "rsa")]);
        }
        let word = with_image(json!({ "PLACEHOLDER": "{{seal}}" }));
        for name in ["placeholder", "placeholder-pieces", "placeholder-rotated-page"] {
            self.must(kind, pdfs::named(name), &[(&word, "rsa")]);
        }
        let corner = with_image(json!({ "COORDINATE": { "page": 1, "x": 30, "y": 30 } }));
        for name in
            ["pdfa-1b", "pdfa-2b", "pdfa-2b-packed", "pdfa-3b", "encrypted-aes-128", "hybrid"]
        {
            self.must(kind, pdfs::named(name), &[(&corner, "p256")]);
            self.must(kind, pdfs::named(name), &[(&said, "rsa")]);
        }
    }

    fn several(&mut self) {
        for name in ["classic", "xref-stream", "hybrid", "pdfa-2b", "encrypted-aes-256-r6"] {
            let (one, two, three) = (at(1, 30.0, 30.0), at(1, 30.0, 90.0), json!({}));
            let steps = [(&one, "p256"), (&two, "rsa"), (&three, "p256")];
            self.must("three times", pdfs::named(name), &steps);
        }
    }
}

/// Made to wear readers out: some judges take minutes and gigabytes. Those that are sealed are judged
/// in crates/engine/tests/it/pades/sealing.rs.
fn is_hostile(pdf: &TestPdf) -> bool {
    let starts =
        ["bomb-", "loop-", "deep-", "claim-", "prev-", "reference-", "fields-60000", "spaces-"];
    starts.iter().any(|start| pdf.name.starts_with(start))
}

/// What the judges know that is no fault of the file.
fn known(judge: &str, document: &str) -> Option<&'static str> {
    KNOWN.iter().find(|it| it.0 == judge && it.1 == document).map(|it| it.2)
}

/// Every PDF that may be sealed, invisible and visible; every algorithm, certification, fields, words,
/// images, and several seals: each judge accepts each file but for what is known of it.
#[test]
#[ignore = "needs judges in Java: make conformance"]
fn conformance_of_sealed_pdfs() {
    let mut docket = Docket::new();
    docket.everything();
    let (mut text, mut complaints) = (report::head(&["PDFs"], &JUDGES), String::new());
    let mut excused = BTreeSet::new();
    let tallies = pdf_court::all(&docket.authority, &docket.cases);
    for cases in docket.cases.chunk_by(|one, next| one.kind == next.kind) {
        let kind = cases[0].kind;
        let files: Vec<&Path> = cases.iter().map(|case| case.sealed.as_path()).collect();
        let tallies: Vec<Tally> = tallies.iter().map(|tally| tally.of(&files)).collect();
        text.push_str(&report::row(&[kind], &JUDGES, &tallies));
        for tally in &tallies {
            for (file, said) in tally.refused() {
                let document = document_of(cases, file);
                match known(tally.judge, document) {
                    Some(why) => {
                        excused.insert(format!("{}: {document}: {why}", tally.judge));
                    }
                    None => {
                        let _ = writeln!(complaints, "{kind}: {}: {document}: {said}", tally.judge);
                    }
                }
            }
        }
    }
    let list = |title: &str, lines: &BTreeSet<String>| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if lines.is_empty() {
            String::new()
        } else {
            format!("\n{title}:\n\n- {}\n", lines.join("\n- "))
        }
    };
    text.push_str(&list("Known of judges", &excused));
    text.push_str(&list("Shared samples that are refused", &docket.refused));
    report::write("PDFs before judges", &text);
    assert!(complaints.is_empty(), "{complaints}");
}

fn document_of<'a>(cases: &'a [PdfCase], file: &Path) -> &'a str {
    let case = cases.iter().find(|case| case.sealed == file);
    &case.expect("a judge speaks of a file it was asked about").document
}
