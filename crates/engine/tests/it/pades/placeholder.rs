//! Words on pages: wherever they are, however they are cut; and pages that are made to hurt.

use std::rc::Rc;

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::domain::visible::{ImageSize, Points, VisibleFont};
use chancery_engine::seal::pades::ObjectSink as _;
use chancery_engine::seal::pades::appearance::{Appearance, Restrictions};
use chancery_engine::seal::pades::placeholder::{FoundWord, Objects, PageContent, find};
use chancery_engine::seal::pades::placement::Rotation;
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Object, Reference, Stream};
use chancery_testing::cost;

use super::files::{PdfObjects, numbers, stream};

fn helvetica() -> Dictionary {
    Dictionary::new()
        .with("Type", Object::name("Font"))
        .with("Subtype", Object::name("Type1"))
        .with("BaseFont", Object::name("Helvetica"))
        .with("Encoding", Object::name("WinAnsiEncoding"))
}

fn page(file: &mut PdfObjects, contents: &[u8], font: Dictionary) -> PageContent {
    let font = file.add(Indirect::Object(font.into()));
    let contents = file.add(stream(contents));
    let resources = Dictionary::new().with("Font", Dictionary::new().with("F1", font));
    PageContent { contents: contents.into(), resources: Rc::new(resources.into()) }
}

fn search(contents: &str, word: &str) -> Result<FoundWord, PdfRefusal> {
    let mut file = PdfObjects::default();
    let page = page(&mut file, contents.as_bytes(), helvetica());
    find(&[page], word, &file)
}

fn lower_left(contents: &str) -> (f64, f64) {
    let [x, y, _, _] = search(contents, "SIGN").unwrap().rectangle;
    (x.round(), y.round())
}

#[test]
fn a_word_is_found_however_it_is_written() {
    for contents in [
        "BT /F1 12 Tf 70 100 Td (SIGN) Tj ET",
        "BT /F1 12 Tf 1 0 0 1 70 100 Tm [(SI) -20 (GN)] TJ ET",
        "BT /F1 12 Tf 70 100 Td (S) Tj (I) Tj (GN) Tj ET",
        "BT /F1 12 Tf 70 100 Td 3 Tr (SIGN) Tj ET",
        "BT /F1 12 Tf 1 g 70 100 Td <5349474E> Tj ET",
        "q 2 0 0 2 20 40 cm BT /F1 6 Tf 25 30 Td (SIGN) Tj ET Q",
        "BT /F1 12 Tf 15 TL 70 115 Td () Tj (SIGN) ' ET",
        "BT /F1 12 Tf 15 TL 70 115 Td 0 0 (SIGN) \" ET",
        "0 0 10 10 re W n BT /F1 12 Tf 70 100 Td (SIGN) Tj ET",
        "BT /F1 12 Tf 70 100 Td (SIGN) Tj ET BT /F1 12 Tf 70 50 Td (SIGN) Tj ET",
        "BT /F1 12 Tf 10 100 Td (ASSIGN) Tj 60 0 Td (SIGN, please) Tj ET",
        "Q Q q BT /F1 12 Tf 70 100 Td (SIGN) Tj",
    ] {
        assert_eq!(lower_left(contents), (70.0, 100.0), "{contents}");
    }
    // Letter by letter, with the letters out of order.
    let shuffled = "BT /F1 12 Tf 1 0 0 1 90.7 100 Tm (N) Tj 1 0 0 1 78 100 Tm (I) Tj \
                    1 0 0 1 70 100 Tm (S) Tj 1 0 0 1 81.3 100 Tm (G) Tj ET";
    assert_eq!(lower_left(shuffled), (70.0, 100.0));
}

#[test]
fn images_in_the_contents_hide_no_word() {
    let word = "BT /F1 12 Tf 70 100 Td (SIGN) Tj ET";
    for contents in [
        format!("q BI /W 2 /H 2 /BPC 8 ID \u{1}EI \u{2} (EI\u{3} EI Q {word}"),
        format!("{word} BI /W 1 ID x"),
        format!("BI /W 1 ID x EI EI {word}"),
        format!("BI /W 1 ID xEI\n{word}"),
        format!("(BI ID) Tj {word}"),
    ] {
        assert_eq!(lower_left(&contents), (70.0, 100.0), "{contents}");
    }
    assert!(search(&format!("BI /W 1 ID {word} EI"), "SIGN").is_err(), "data are no text");
    search("BT /F1 12 Tf 70 100 Td (BI report #1) Tj ET", "BI report #1").unwrap();
}

#[test]
fn words_end_where_letters_do() {
    let text = |text: &str| format!("BT /F1 12 Tf 70 100 Td ({text}) Tj ET");
    for missing in ["SIGNATURE", "ASSIGN", "S I G N", "sign", "SIG"] {
        let refusal = search(&text(missing), "SIGN").unwrap_err();
        assert_eq!(refusal, PdfRefusal::PlaceholderMissing { word: "SIGN".to_owned() });
    }
    for there in ["[SIGN]", "a SIGN.", "#SIGN#"] {
        search(&text(there), "SIGN").unwrap();
    }
    search(&text("{{sign here}}x"), "{{sign here}}").unwrap();
    assert!(search("", "SIGN").is_err());
    assert!(search(&text("SIGN"), "  ").is_err());
}

#[test]
fn a_word_is_found_in_forms_and_on_later_pages() {
    let mut file = PdfObjects::default();
    let font = file.add(Indirect::Object(helvetica().into()));
    let fonts = Dictionary::new().with("Font", Dictionary::new().with("F1", font));
    let form = Stream {
        dictionary: Dictionary::new()
            .with("Subtype", Object::name("Form"))
            .with("BBox", numbers(&[0.0, 0.0, 9.0, 9.0]))
            .with("Matrix", numbers(&[1.0, 0.0, 0.0, 1.0, 20.0, 30.0]))
            .with("Resources", fonts),
        data: b"BT /F1 12 Tf 50 70 Td (SIGN) Tj ET".to_vec(),
    };
    let form = file.add(Indirect::Stream(form));
    let parts = [file.add(stream(b"q 1 0 0 1")), file.add(stream(b"0 0 cm /X Do Q"))];
    let last = PageContent {
        contents: Object::Array(parts.map(Object::from).to_vec()),
        resources: Rc::new(
            Dictionary::new().with("XObject", Dictionary::new().with("X", form)).into(),
        ),
    };
    let mut pages: Vec<PageContent> =
        (0..9).map(|_| page(&mut file, b"BT /F1 9 Tf (else) Tj ET", helvetica())).collect();
    pages.push(last);
    let found = find(&pages, "SIGN", &file).unwrap();
    assert_eq!(found.page, 9);
    assert_eq!((found.rectangle[0].round(), found.rectangle[1].round()), (70.0, 100.0));
}

#[test]
fn a_word_in_an_embedded_subset_is_found() {
    let mut file = PdfObjects::default();
    let appearance = Appearance {
        width: 200.0,
        height: 30.0,
        rotation: Rotation::None,
        text: "Подпись ΥΠΟΓΡΑΦΗ",
        font: VisibleFont { size: Points::new(11), ..VisibleFont::default() },
        background: None,
        image: None,
        image_size: ImageSize::Natural,
        restrictions: Restrictions::default(),
    };
    let form = appearance.draw(&mut file).unwrap();
    let form = file.add(Indirect::Stream(form));
    let contents = file.add(stream(b"/X Do"));
    let page = PageContent {
        contents: contents.into(),
        resources: Rc::new(
            Dictionary::new().with("XObject", Dictionary::new().with("X", form)).into(),
        ),
    };
    let found = find(&[page], "ΥΠΟΓΡΑΦΗ", &file).unwrap();
    assert!((50.0..80.0).contains(&found.rectangle[0]), "{found:?}");
}

/// Refused or not found, but soon.
fn bounded(pages: &[PageContent], file: &PdfObjects) -> PdfRefusal {
    cost::at_most(1000, "a search", || find(pages, "SIGN", file).unwrap_err())
}

#[test]
fn hostile_pages_come_to_an_end() {
    let contents = |contents: &[u8]| {
        let mut file = PdfObjects::default();
        let page = page(&mut file, contents, helvetica());
        bounded(&[page], &file)
    };
    let too_expensive = |refusal: &PdfRefusal| matches!(refusal, PdfRefusal::TooExpensive { .. });
    assert!(too_expensive(&contents(&b"n ".repeat(6_000_000))));
    assert!(matches!(contents(&b"q ".repeat(2_000)), PdfRefusal::TooDeep { .. }));
    for images in ["BI /W 1 ID x EI ", "BI ID x EI EI ", "BI ", "BI ID EI", "(BI ID x EI "] {
        let missing = PdfRefusal::PlaceholderMissing { word: "SIGN".to_owned() };
        assert_eq!(contents(&images.as_bytes().repeat(60_000)), missing, "{images}");
    }
    for nested in [b"[".as_slice(), b"<<", b"(", b"<</A ", b"/"] {
        contents(&nested.repeat(300_000));
    }
    let text = [b"BT /F1 1 Tf ".to_vec(), b"(xxxxxxxxxxxxxxxxxxxxx) Tj ".repeat(50_000)].concat();
    assert!(too_expensive(&contents(&text)));
}

#[test]
fn forms_that_draw_each_other_come_to_an_end() {
    let mut file = PdfObjects::default();
    // Thirty forms, each of which draws the next one twice; the last draws the first.
    for number in 1..=30 {
        let next = Reference { number: number % 30 + 1, generation: 0 };
        let inner = Dictionary::new().with("X", next);
        file.add(Indirect::Stream(Stream {
            dictionary: Dictionary::new()
                .with("Subtype", Object::name("Form"))
                .with("Resources", Dictionary::new().with("XObject", inner)),
            data: b"/X Do /X Do".to_vec(),
        }));
    }
    let first = Reference { number: 1, generation: 0 };
    let contents = file.add(stream(b"/X Do"));
    let page = PageContent {
        contents: contents.into(),
        resources: Rc::new(
            Dictionary::new().with("XObject", Dictionary::new().with("X", first)).into(),
        ),
    };
    bounded(&[page], &file);
}

#[test]
fn fonts_that_name_more_than_there_is_come_to_an_end() {
    let widths = |entries: &[(&str, Object)]| {
        let mut font = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("CIDFontType2"))
            .with("BaseFont", Object::name("X"));
        for (name, value) in entries {
            font.set(name, value.clone());
        }
        Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("Type0"))
            .with("BaseFont", Object::name("X"))
            .with("Encoding", Object::name("Identity-H"))
            .with("DescendantFonts", vec![Object::Dictionary(font)])
    };
    let range = vec![Object::Integer(0), Object::Integer(4_294_967_295), Object::Integer(500)];
    let vertical = [range.clone(), vec![Object::Integer(1); 2]].concat();
    let simple = helvetica()
        .with("FirstChar", Object::Integer(4_000_000_000))
        .with("LastChar", Object::Integer(4_000_000_001))
        .with("Widths", vec![Object::Integer(1)]);
    for font in [widths(&[("W", range.into())]), widths(&[("W2", vertical.into())]), simple] {
        let mut file = PdfObjects::default();
        let page = page(&mut file, b"BT /F1 9 Tf (other) Tj ET", font);
        bounded(&[page], &file);
    }
}

/// Whoever reads the document may refuse to go on; that is no data that cannot be unpacked.
#[test]
fn what_the_reader_refuses_is_not_passed_over() {
    struct Refusing(PdfObjects, PdfRefusal);
    impl Objects for Refusing {
        fn get(&self, reference: Reference) -> Result<Option<Indirect>, PdfRefusal> {
            self.0.get(reference)
        }

        fn decode(&self, _: &Stream) -> Result<Vec<u8>, PdfRefusal> {
            Err(self.1.clone())
        }
    }
    let found = |refusal: PdfRefusal| {
        let mut file = PdfObjects::default();
        let page = page(&mut file, b"BT /F1 12 Tf (SIGN) Tj ET", helvetica());
        find(&[page], "SIGN", &Refusing(file, refusal)).unwrap_err().code()
    };
    let what = String::new;
    assert_eq!(found(PdfRefusal::Damaged { what: what() }), "pdf-placeholder-missing");
    assert_eq!(found(PdfRefusal::TimeUsedUp { limit_ms: 1 }), "time-used-up");
    assert_eq!(found(PdfRefusal::TooMuchMemory { limit: 1 }), "pdf-too-much-memory");
    assert_eq!(found(PdfRefusal::Circle { what: what() }), "pdf-circle");
}
