//! Signed PDFs that were changed afterwards: what a signer saw may not look different, and honest
//! updates pass.

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};

use super::support::{name_of, seal_with, shared_pdfs, try_seal};
use crate::seal::support::PKI;
use chancery_testing::pdfs;

/// Why a document is refused, as a client reads it; none when it is sealed.
fn said(document: &[u8]) -> Option<String> {
    try_seal(document, &PadesProfile::default()).err().map(|refusal| refusal.to_string())
}

/// Sealed, then changed.
fn changed(original: &[u8], change: impl Fn(&PdfFile<'_>, &mut Increment<'_, '_>)) -> Vec<u8> {
    let mut sealed = seal_with(original, &PadesProfile::default(), &PKI.p256).unwrap().into_bytes();
    let update = {
        let file = PdfFile::open(&sealed, &PdfLimits::default()).unwrap();
        let mut increment = Increment::new(&file).unwrap();
        change(&file, &mut increment);
        increment.finish().unwrap().bytes
    };
    sealed.extend(update);
    sealed
}

fn drawn(text: &[u8]) -> Indirect {
    Indirect::Stream(Stream { dictionary: Dictionary::new(), data: text.to_vec() })
}

#[test]
fn what_was_replaced_is_named() {
    for (name, what) in [
        ("shadow-hide", "(Image) was replaced"),
        ("shadow-replace-font", "(Type1) was replaced"),
        ("shadow-hide-and-replace", "(a content stream) was replaced"),
        ("changed-later", "object 6 (a content stream) was replaced"),
        ("changed-later-after-certification", "object 6 (a content stream) was replaced"),
        ("changed-later-page", "the page in object 5 was removed"),
        ("changed-later-and-signed", "object 6 (a content stream) was replaced"),
    ] {
        let said = said(&pdfs::named(name).bytes).unwrap_or_default();
        assert!(said.contains(what), "{name}: {said}");
        assert!(said.contains("after the signature in 'Signature1'"), "{name}: {said}");
    }
}

#[test]
fn honest_updates_pass() {
    for pdf in pdfs::all() {
        let honest = pdf.name.starts_with("signed-")
            || ["certified-2", "certified-3", "certified-2-and-signed"].contains(&&*pdf.name);
        if honest {
            assert_eq!(said(&pdf.bytes), None, "{}", pdf.name);
        }
    }
}

#[test]
fn an_object_written_again_as_it_was_is_no_change() {
    let original = &pdfs::named("classic").bytes;
    let again = changed(original, |file, increment| {
        let page = file.page(1).unwrap();
        let contents = page.dictionary.get("Contents").unwrap().as_reference().unwrap();
        increment.set(contents, file.get(contents).unwrap());
    });
    assert_eq!(said(&again), None);
    let other = changed(original, |file, increment| {
        let page = file.page(1).unwrap();
        let contents = page.dictionary.get("Contents").unwrap().as_reference().unwrap();
        increment.set(contents, drawn(b"0 g"));
    });
    assert!(said(&other).unwrap().contains("was replaced"));
}

#[test]
fn a_reference_into_nothing_is_not_filled_later() {
    let original = &pdfs::named("classic").bytes;
    let missing = Reference { number: 4000, generation: 0 };
    let prepared = {
        let file = PdfFile::open(original, &PdfLimits::default()).unwrap();
        let page = file.page(2).unwrap();
        let mut dictionary = page.dictionary;
        let contents = dictionary.get("Contents").cloned().unwrap();
        dictionary.set("Contents", vec![contents, missing.into()].into());
        let mut increment = Increment::new(&file).unwrap();
        increment.set(page.reference, Indirect::Object(dictionary.into()));
        [original.as_slice(), &increment.finish().unwrap().bytes].concat()
    };
    assert_eq!(said(&prepared), None);
    let filled = changed(&prepared, |_, increment| increment.set(missing, drawn(b"0 g")));
    let said = said(&filled).unwrap();
    assert!(said.contains("object 4000 was referred to before and made"), "{said}");
}

/// A reference to what no object has means nothing, and goes on doing so: no seal gives its number to an object, in
/// tables, streams or packed objects, not in an encrypted file either.
#[test]
fn a_reference_into_nothing_means_nothing_after_seals_too() {
    for name in ["classic", "object-streams", "hybrid", "encrypted-object-streams"] {
        let original = &pdfs::named(name).bytes;
        let (prepared, missing) = {
            let file = PdfFile::open(original, &PdfLimits::default()).unwrap();
            let mut increment = Increment::new(&file).unwrap();
            // The next one may be that of a cross-reference stream.
            let first = increment.reserve().number + 2;
            let missing: Vec<Reference> =
                (first..first + 60).map(|number| Reference { number, generation: 0 }).collect();
            let page = file.page(1).unwrap();
            let mut dictionary = page.dictionary;
            let contents = dictionary.get("Contents").cloned().unwrap();
            let list = std::iter::once(contents).chain(missing.iter().map(|it| (*it).into()));
            dictionary.set("Contents", Object::Array(list.collect()));
            increment.set(page.reference, Indirect::Object(dictionary.into()));
            ([original.as_slice(), &increment.finish().unwrap().bytes].concat(), missing)
        };
        let mut sealed = prepared;
        for _ in 0..3 {
            sealed = seal_with(&sealed, &PadesProfile::default(), &PKI.p256)
                .unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
                .into_bytes();
            let file = PdfFile::open(&sealed, &PdfLimits::default()).unwrap();
            for missing in &missing {
                let found = file.get(*missing).unwrap();
                assert_eq!(found, Indirect::Object(Object::Null), "{name}: {missing:?}");
            }
        }
    }
}

/// A smaller Size makes objects missing, for readers that go by it.
#[test]
fn a_size_that_shrinks_hides_what_was_signed() {
    let original = &pdfs::named("classic").bytes;
    let sealed = changed(original, |_, increment| {
        increment.add(Indirect::Object(Object::Null));
    });
    assert_eq!(said(&sealed), None);
    let text = String::from_utf8_lossy(&sealed).into_owned();
    let size = text.rfind("/Size ").unwrap();
    let end = sealed.len() - (text.len() - size);
    let (head, tail) = sealed.split_at(end);
    let digits = tail[6..].iter().take_while(|it| it.is_ascii_digit()).count();
    let hidden = [head, format!("/Size {:0digits$}", 3).as_bytes(), &tail[6 + digits..]].concat();
    let said = said(&hidden).unwrap();
    assert!(said.contains("was put beyond the Size of the file"), "{said}");
}

/// Metadata may change, unless a page shows them.
#[test]
fn what_may_change_is_used_for_nothing_else() {
    let original = &pdfs::named("classic").bytes;
    for shown in [false, true] {
        let (prepared, metadata) = {
            let file = PdfFile::open(original, &PdfLimits::default()).unwrap();
            let mut increment = Increment::new(&file).unwrap();
            let metadata = increment.add(drawn(b"0 g"));
            let catalog = file.catalog().unwrap().with("Metadata", metadata);
            increment.set(file.root(), Indirect::Object(catalog.into()));
            if shown {
                let page = file.page(2).unwrap();
                let dictionary = page.dictionary.with("Contents", Object::Reference(metadata));
                increment.set(page.reference, Indirect::Object(dictionary.into()));
            }
            ([original.as_slice(), &increment.finish().unwrap().bytes].concat(), metadata)
        };
        let later = changed(&prepared, |_, increment| increment.set(metadata, drawn(b"1 g")));
        let said = said(&later);
        assert_eq!(said.is_some(), shown, "{said:?}");
    }
}

/// Decided for each, as `samples/README.md` of the shared samples says which are honest.
#[test]
fn shared_signed_samples() {
    let mut all_honest = 0;
    for path in shared_pdfs("signed-pdf") {
        let name = name_of(&path);
        let bytes = std::fs::read(&path).unwrap();
        let said = said(&bytes);
        println!("{name}: {said:?}");
        let honest = ["clienteafirma__2_signed_signed", "dss__DSS1376-rev_n"].contains(&&*name)
            || name.contains("signed-twice")
            || name.contains("lta");
        assert!(!honest || said.is_none(), "{name}: {said:?}");
        all_honest += usize::from(honest);
    }
    chancery_testing::judges::at_least(4, all_honest, "files with honest changes");
}
