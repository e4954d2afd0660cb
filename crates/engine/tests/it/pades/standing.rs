//! What stands already stays right and is compared by its meaning; and the advice of refusals, followed.

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Object, Stream};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use serde_json::json;

use super::fields::{notes, two_pages, with_field};
use super::support::{SealedFiles, at, name_of, settings, try_seal};
use crate::pdf::support::{qpdf_changed, qpdf_plain};
use crate::seal::support::PKI;
use chancery_testing::pdf_judges::{pdfsig, qpdf_check};
use chancery_testing::pdfs;

/// Why a document is refused, as a client reads it; none when it is sealed.
fn said(document: &[u8], written: &serde_json::Value) -> Option<String> {
    try_seal(document, &settings(written)).err().map(|refusal| refusal.to_string())
}

/// Sealed, then changed.
fn changed(original: &[u8], change: impl Fn(&PdfFile<'_>, &mut Increment<'_, '_>)) -> Vec<u8> {
    let sealed = try_seal(original, &PadesProfile::default()).unwrap().into_bytes();
    let update = {
        let file = PdfFile::open(&sealed, &PdfLimits::default()).unwrap();
        let mut increment = Increment::new(&file).unwrap();
        change(&file, &mut increment);
        increment.finish().unwrap().bytes
    };
    [sealed, update].concat()
}

/// The first page of `classic` written again, with another entry.
fn rewritten(
    key: &str,
    value: impl Fn(&PdfFile<'_>, &mut Increment<'_, '_>, Object) -> Object,
) -> Vec<u8> {
    changed(&pdfs::named("classic").bytes, |file, increment| {
        let page = file.page(1).unwrap();
        let mut backwards = Dictionary::new();
        let entries: Vec<_> = page.dictionary.iter().collect();
        for (name, old) in entries.into_iter().rev() {
            backwards.push(name.clone(), old.clone());
        }
        let old = backwards.get(key).cloned().unwrap_or(Object::Null);
        let new = value(file, increment, old);
        backwards.set(key, new);
        increment.set(page.reference, Indirect::Object(backwards.into()));
    })
}

#[test]
fn what_means_the_same_is_no_change() {
    let none = json!({});
    let same = rewritten("Tabs", |_, _, old| old);
    assert_eq!(said(&same, &none), None, "in another order");
    let reals = rewritten("MediaBox", |file, _, old| {
        let numbers = file.resolve(&old).unwrap();
        let real = |number: &Object| {
            Object::Real(format!("{}.0", number.as_number().unwrap()).into_bytes())
        };
        Object::Array(numbers.as_array().unwrap_or_default().iter().map(real).collect())
    });
    assert_eq!(said(&reals, &none), None, "595.0");
    let renumbered = rewritten("Contents", |file, increment, old| {
        increment.add(file.get(old.as_reference().unwrap()).unwrap()).into()
    });
    assert_eq!(said(&renumbered, &none), None, "under a new number");
    let unpacked = rewritten("Contents", |file, increment, old| {
        let stream = file.stream(&old).unwrap().unwrap();
        let data = file.decode(&stream).unwrap();
        increment.add(Stream { dictionary: Dictionary::new(), data }).into()
    });
    assert_eq!(said(&unpacked, &none), None, "packed otherwise");
    let words = rewritten("Maker_Version", |_, _, _| Object::text("7.1"));
    assert_eq!(said(&words, &none), None, "a producer's own words");

    let mut files = SealedFiles::new();
    for (name, document) in [("order", same), ("renumbered", renumbered), ("unpacked", unpacked)] {
        let sealed = try_seal(&document, &PadesProfile::default()).unwrap();
        files.add(name, &document, sealed.bytes());
    }
    files.judge();
}

#[test]
fn what_means_something_else_is_one() {
    let none = json!({});
    let larger = rewritten("MediaBox", |_, _, _| {
        Object::Array([0, 0, 596, 843].map(Object::Integer).to_vec())
    });
    assert!(said(&larger, &none).unwrap().contains("MediaBox"));
    let other = rewritten("Contents", |_, increment, _| {
        increment.add(Stream { dictionary: Dictionary::new(), data: b"0 g".to_vec() }).into()
    });
    assert!(said(&other, &none).unwrap().contains("Contents"));
    let more = rewritten("Maker_Extra", |_, increment, _| {
        increment.add(Stream { dictionary: Dictionary::new(), data: b"0 g".to_vec() }).into()
    });
    assert!(said(&more, &none).unwrap().contains("Maker_Extra"));
    let nothing = rewritten("Contents", |_, _, _| Object::Null);
    assert!(said(&nothing, &none).unwrap().contains("Contents"));
}

/// What failed once, where the shared cases are.
#[test]
fn shared_cases() {
    let Some(shared) = crate::seal::support::shared() else { return };
    let folder = shared.join("cases/pdf");
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let mut files = SealedFiles::new();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let (name, bytes) = (name_of(&path), std::fs::read(&path).unwrap());
        let mut wanted = json!({});
        if name.starts_with("lock-") || name.starts_with("needappearances") {
            wanted = json!({ "field": "s", "visible": { "place": { "FIELD": "s" } } });
        }
        match try_seal(&bytes, &settings(&wanted)) {
            Ok(sealed) => {
                println!("{name}: sealed; {}", notes(&bytes, &wanted));
                if !name.starts_with("bytes-before") {
                    files.add(&name, &bytes, sealed.bytes());
                }
            }
            Err(refusal) => {
                println!("{name}: {refusal}");
                assert_eq!(name, "lock-bad-action", "{refusal}");
            }
        }
        if name.starts_with("bytes-before") {
            assert!(notes(&bytes, &wanted).contains("bytes stand before the header"), "{name}");
        }
    }
    files.judge();
}

#[test]
fn an_earlier_lock_is_told_with_advice_that_works() {
    let more =
        [(6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Buyer)/F 4/P 3 0 R/Rect[20 100 200 160]>>")];
    let locked = |lock: &str| {
        let seller = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4/P 3 0 R/Rect[20 20 200 80]\
             /Lock<</Type/SigFieldLock{lock}>>>>"
        );
        let objects = [&[(5, seller.as_str())], more.as_slice()].concat();
        let document = two_pages(
            "/AcroForm<</Fields[5 0 R 6 0 R]/SigFlags 1>>",
            "/Annots[5 0 R 6 0 R]",
            "",
            &objects,
        );
        try_seal(&document, &settings(&json!({ "field": "Seller" }))).unwrap().into_bytes()
    };
    let everything = locked("/Action/All");
    for wanted in [json!({}), json!({ "field": "Buyer" })] {
        let said = said(&everything, &wanted).unwrap();
        assert!(said.contains("locks every field") && said.contains("send the unsigned"), "{said}");
    }
    let but_one = locked("/Action/Exclude/Fields[(Buyer)]");
    let refusal = said(&but_one, &json!({})).unwrap();
    assert!(refusal.contains("a field that it leaves free: 'Buyer'"), "{refusal}");
    assert_eq!(said(&but_one, &json!({ "field": "Buyer" })), None);
    let one = locked("/Action/Include/Fields[(Buyer)]");
    let refusal = said(&one, &json!({ "field": "Buyer" })).unwrap();
    assert!(refusal.contains("name another field"), "{refusal}");
    assert_eq!(said(&one, &json!({ "field": "Other" })), None);
}

#[test]
fn a_lock_is_carried_over_as_it_is_or_refused() {
    let wanted = json!({ "field": "Seller" });
    let document = with_field("/Lock<</Type/SigFieldLock/Action/All/P 1>>", &[]);
    let sealed = try_seal(&document, &settings(&wanted)).unwrap().into_bytes();
    let text = String::from_utf8_lossy(&sealed[document.len()..]).into_owned();
    assert!(text.contains("/TransformMethod /FieldMDP"), "{text}");
    assert!(text.contains("/Action /All/P 1"), "{text}");
    let mut files = SealedFiles::new();
    files.add("lock", &document, &sealed);
    files.judge();
    // P 1 allows nothing afterwards.
    let refusal = said(&sealed, &json!({ "field": "Other" })).unwrap();
    assert!(refusal.contains("nothing may be changed"), "{refusal}");
    for (lock, what) in [
        ("/Action/Every", "the unknown lock /Action /Every"),
        ("", "a lock without /Action"),
        ("/Action/All/P 7", "a lock with an unknown /P"),
    ] {
        let document = with_field(&format!("/Lock<</Type/SigFieldLock{lock}>>"), &[]);
        let refusal = said(&document, &wanted).unwrap();
        assert!(refusal.contains(what), "{refusal}");
        assert_eq!(said(&document, &json!({ "field": "Other" })), None, "another field");
    }
}

#[test]
fn a_file_that_allows_filling_in_only_names_its_empty_field() {
    let options = ["--encrypt", "", "owner", "256", "--modify=form", "--"];
    let document = qpdf_changed(&with_field("", &[]), &options);
    let refusal = said(&document, &json!({})).unwrap();
    assert!(refusal.contains("name the field") && refusal.contains("'Seller'"), "{refusal}");
    assert_eq!(said(&document, &json!({ "field": "Seller" })), None);
    let without = qpdf_changed(&pdfs::named("classic").bytes, &options);
    assert!(said(&without, &json!({})).unwrap().contains("send a copy that allows it"));
}

/// The encryption dictionary with its filters as objects of their own (7.6.5).
#[test]
fn filters_of_encryption_may_be_objects_of_their_own() {
    let options = ["--encrypt", "", "owner", "256", "--", "--object-streams=disable"];
    let encrypted = qpdf_changed(&with_field("", &[]), &options);
    let with_filters = |change: &dyn Fn(&mut Increment<'_, '_>, Dictionary) -> Object| {
        let file = PdfFile::open(&encrypted, &PdfLimits::default()).unwrap();
        let place = file.trailer().get("Encrypt").unwrap().as_reference().unwrap();
        let Indirect::Object(Object::Dictionary(mut dictionary)) = file.get(place).unwrap() else {
            panic!("no dictionary")
        };
        let mut increment = Increment::new(&file).unwrap();
        let filters = dictionary.get("CF").unwrap().as_dictionary().unwrap().clone();
        let filters = change(&mut increment, filters);
        dictionary.set("CF", filters);
        increment.set(place, Indirect::Object(dictionary.into()));
        [encrypted.as_slice(), &increment.finish().unwrap().bytes].concat()
    };
    let own = |increment: &mut Increment<'_, '_>, mut filters: Dictionary| {
        let filter = filters.get("StdCF").cloned().unwrap();
        filters.set("StdCF", increment.add(Indirect::Object(filter)).into());
        filters
    };
    let wanted = json!({ "reason": "a reason to hide" });
    for (name, document) in [
        ("filter", with_filters(&|increment, filters| own(increment, filters).into())),
        (
            "filters",
            with_filters(&|increment, filters| {
                increment.add(Indirect::Object(filters.into())).into()
            }),
        ),
        (
            "both",
            with_filters(&|increment, filters| {
                let filters = own(increment, filters);
                increment.add(Indirect::Object(filters.into())).into()
            }),
        ),
    ] {
        let sealed = try_seal(&document, &settings(&wanted)).unwrap().into_bytes();
        let clear = |bytes: &[u8]| bytes.windows(16).any(|window| window == b"a reason to hide");
        assert!(!clear(&sealed), "{name}: nothing is written in the clear");
        assert!(clear(&qpdf_plain(&sealed)), "{name}: and qpdf reads it");
        // pyHanko reads no such file, sealed or not.
        let file = PKI.path("pdf");
        std::fs::write(&file, &sealed).unwrap();
        qpdf_check(&file).unwrap_or_else(|said| panic!("{name}: {said}"));
        let reports = pdfsig(&file);
        assert!(reports.iter().any(|report| report.valid && report.total), "{name}: {reports:?}");
    }
    for (what, document) in [
        ("none", with_filters(&|_, _| Dictionary::new().into())),
        ("not a dictionary", with_filters(&|_, _| Object::Integer(1))),
        (
            "a filter that is none",
            with_filters(&|_, mut filters| {
                filters.set("StdCF", Object::Integer(1));
                filters.into()
            }),
        ),
        (
            "without a method",
            with_filters(&|_, _| Dictionary::new().with("StdCF", Dictionary::new()).into()),
        ),
    ] {
        let refusal = said(&document, &wanted).unwrap_or_else(|| panic!("{what} is sealed"));
        assert!(refusal.contains("the crypt filter StdCF"), "{what}: {refusal}");
    }
}

#[test]
fn a_new_visible_field_of_an_accessible_file_is_told() {
    let xmp =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><pdfuaid:part>1</pdfuaid:part></rdf:RDF>";
    let metadata =
        format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{xmp}\nendstream", xmp.len());
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4/P 3 0 R/Rect[20 20 200 80]>>";
    let catalog = "/AcroForm<</Fields[5 0 R]/SigFlags 1>>/Metadata 6 0 R/MarkInfo<</Marked true>>";
    let document = two_pages(catalog, "/Annots[5 0 R]", "", &[(5, field), (6, &metadata)]);
    assert!(notes(&document, &at(1, 20.0, 100.0)).contains("PDF/UA"));
    let inside = json!({ "visible": { "place": { "FIELD": "Seller" } } });
    for quiet in [json!({}), json!({ "field": "Seller" }), inside] {
        assert_eq!(notes(&document, &quiet), "", "{quiet}");
    }
}

#[test]
fn a_form_whose_fields_are_drawn_by_readers() {
    let with_text = |appearance: &str| {
        let seller =
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4/P 3 0 R/Rect[20 20 200 80]>>";
        let text = format!(
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(A)/F 4/P 3 0 R/Rect[20 100 200 120]{appearance}>>"
        );
        let empty = "<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0>>\nstream\n\nendstream";
        two_pages(
            "/AcroForm<</Fields[5 0 R 6 0 R]/NeedAppearances true/SigFlags 1>>",
            "/Annots[5 0 R 6 0 R]",
            "",
            &[(5, seller), (6, &text), (7, empty)],
        )
    };
    let wanted = json!({ "visible": { "place": { "FIELD": "Seller" } } });
    let says = |bytes: &[u8]| {
        let file = PdfFile::open(bytes, &PdfLimits::default()).unwrap();
        let form = file.dictionary(&file.catalog().unwrap(), "AcroForm").unwrap().unwrap();
        form.get("NeedAppearances").cloned()
    };
    let mut files = SealedFiles::new();
    let drawn = with_text("/AP<</N 7 0 R>>");
    let sealed = try_seal(&drawn, &settings(&wanted)).unwrap().into_bytes();
    assert_eq!(says(&sealed), Some(Object::Boolean(false)), "every field has an appearance");
    assert_eq!(notes(&drawn, &wanted), "");
    files.add("drawn", &drawn, &sealed);
    let undrawn = with_text("");
    let sealed = try_seal(&undrawn, &settings(&wanted)).unwrap().into_bytes();
    assert_eq!(says(&sealed), Some(Object::Boolean(true)), "the text would be gone");
    assert!(notes(&undrawn, &wanted).contains("NeedAppearances"));
    files.add("undrawn", &undrawn, &sealed);
    files.judge();
}

/// A cross-reference stream whose own number is that of its `/Size`, as some programs write it.
#[test]
fn the_number_of_a_cross_reference_stream_is_not_given_again() {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut rows = vec![0, 0, 0, 0];
    for (number, body) in [
        (1, "<</Type/Catalog/Pages 2 0 R>>"),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>"),
        (3, "<</Type/Page/Parent 2 0 R/Resources<<>>>>"),
    ] {
        rows.extend([1, 0, u8::try_from(out.len()).unwrap(), 0]);
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let start = out.len();
    out.extend(b"4 0 obj\n<</Type/XRef/W[1 2 1]/Size 4/Root 1 0 R/Length 16>>\nstream\n");
    out.extend(rows);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
    let sealed = try_seal(&out, &PadesProfile::default()).unwrap().into_bytes();
    let again = b"\n4 0 obj";
    assert!(!sealed[out.len()..].windows(again.len()).any(|window| window == again));
    let mut files = SealedFiles::new();
    files.add("own number", &out, &sealed);
    files.judge();
}

#[test]
fn bytes_before_the_header_are_told_however_offsets_count() {
    for name in ["junk-before", "junk-before-counted"] {
        let said = notes(&pdfs::named(name).bytes, &json!({}));
        assert!(said.contains("stand before the header"), "{name}: {said}");
    }
}
