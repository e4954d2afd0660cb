//! What a visible signature looks like, and what a reader can copy out of it.

use chancery_engine::domain::refusal::PdfRefusal;
use chancery_engine::domain::visible::{Color, CoordinateOrigin, ImageSize, Points, VisibleFont};
use chancery_engine::seal::pades::appearance::{Appearance, Restrictions};
use chancery_engine::seal::pades::image::Image;
use chancery_engine::seal::pades::placement::Rotation;
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Stream};

use super::files::{self, PdfObjects, numbers};

const WHITE: Color = Color { red: 255, green: 255, blue: 255 };

fn appearance(text: &str) -> Appearance<'_> {
    Appearance {
        width: 155.0,
        height: 50.0,
        rotation: Rotation::None,
        text,
        font: font(11),
        background: None,
        image: None,
        image_size: ImageSize::Fit,
        restrictions: Restrictions::default(),
    }
}

fn draw(appearance: &Appearance<'_>) -> (PdfObjects, Stream) {
    let mut file = PdfObjects::default();
    let form = appearance.draw(&mut file).unwrap();
    (file, form)
}

/// On the page at 70, 100; checked with qpdf.
fn on_page(appearance: &Appearance<'_>, rotate: i64) -> Vec<u8> {
    let (file, form) = draw(appearance);
    let size = (appearance.width, appearance.height);
    let placement =
        files::view(rotate).place(1, CoordinateOrigin::BottomLeft, (30.0, 60.0), size).unwrap();
    assert_eq!(placement.rotation, appearance.rotation);
    let pdf = file.page(rotate, Some((placement, form)));
    files::check(&pdf);
    pdf
}

/// The text of the form, drawn by the page itself.
fn copied(appearance: &Appearance<'_>) -> (String, Vec<u8>) {
    let (mut file, form) = draw(appearance);
    let form = chancery_engine::seal::pades::ObjectSink::add(&mut file, Indirect::Stream(form));
    let contents =
        chancery_engine::seal::pades::ObjectSink::add(&mut file, files::stream(b"q /F Do Q"));
    let page = Dictionary::new()
        .with("Type", chancery_engine::seal::pdf::object::Object::name("Page"))
        .with("MediaBox", numbers(&[0.0, 0.0, 300.0, 200.0]))
        .with("Resources", Dictionary::new().with("XObject", Dictionary::new().with("F", form)))
        .with("Contents", contents);
    let pdf = file.finish(vec![page]);
    (files::ask("pdftotext", &["-raw", "FILE", "-"], &pdf), pdf)
}

fn font(size: i16) -> VisibleFont {
    VisibleFont { size: Points::new(size), color: Color::BLACK }
}

#[test]
fn text_of_many_languages_is_drawn_and_can_be_copied() {
    let text = "Zażółć gęślą jaźń\nΞεσκεπάζω την ψυχοφθόρα\nСъешь же ещё этих\n\
                Chữ ký số được xác thực\nŞıĞ Åß €";
    let drawn = Appearance { background: Some(WHITE), height: 90.0, ..appearance(text) };
    let (said, pdf) = copied(&drawn);
    assert_eq!(said.trim_end().trim_end_matches('\u{c}').trim_end(), text);
    let fonts = files::ask("pdffonts", &["FILE"], &pdf);
    let row: Vec<&str> = fonts.lines().nth(2).unwrap().split_whitespace().collect();
    assert_eq!(row[0].get(6..), Some("+NotoSans"), "{fonts}");
    assert_eq!(row[1..7], ["CID", "TrueType", "Identity-H", "yes", "yes", "yes"], "{fonts}");
    files::looks_like("languages", &on_page(&drawn, 0));
}

#[test]
fn decomposed_text_is_composed_and_controls_are_not_seen() {
    let (said, _) = copied(&appearance("Ze\u{301}\u{200b}\u{7}\ttab\u{2028}Tiê\u{301}ng"));
    assert_eq!(said.trim_end().trim_end_matches('\u{c}').trim_end(), "Zé tab\nTiếng");
}

#[test]
fn what_the_font_lacks_is_refused_by_number() {
    for (text, code) in [("שלום", 0x05E9), ("契約", 0x5951), ("مرحبا", 0x0645), ("ok 😀", 0x1F600)]
    {
        let refusal = appearance(text).draw(&mut PdfObjects::default()).unwrap_err();
        assert_eq!(refusal, PdfRefusal::CharacterMissing { code });
    }
}

#[test]
fn long_text_shrinks_and_too_long_text_is_refused() {
    let long = "A signature with a reason that somebody wrote without thinking of the small area \
                it has to fit into, Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";
    let drawn = Appearance { background: Some(WHITE), ..appearance(long) };
    let pdf = on_page(&drawn, 0);
    files::stays_inside(0, [30, 60, 185, 110], &pdf);
    files::looks_like("long", &pdf);
    let (said, _) = copied(&drawn);
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(letters(&said), letters(long));
    let longer = long.repeat(8);
    let refusal = appearance(&longer).draw(&mut PdfObjects::default()).unwrap_err();
    assert_eq!(refusal, PdfRefusal::TextTooLong { size: "4".to_owned() });
}

#[test]
fn text_is_as_large_as_asked_when_it_fits() {
    let drawn = |font| {
        let (file, form) = draw(&Appearance { font, ..appearance("Seal") });
        let data =
            chancery_engine::seal::pades::placeholder::Objects::decode(&file, &form).unwrap();
        String::from_utf8(data).unwrap()
    };
    let content = |size| drawn(font(size));
    assert!(drawn(VisibleFont::default()).contains("/Text 10 Tf"));
    assert!(content(11).contains("/Text 11 Tf"));
    assert!(content(3).contains("/Text 3 Tf"));
    assert!(!content(90).contains("/Text 90 Tf"));
}

#[test]
fn a_turned_page_shows_it_upright() {
    for (rotate, rotation) in
        [(90, Rotation::Quarter), (180, Rotation::Half), (270, Rotation::ThreeQuarters)]
    {
        let drawn = Appearance {
            rotation,
            width: 120.0,
            background: Some(WHITE),
            ..appearance("Upright on a page turned by 90, 180, 270")
        };
        let pdf = on_page(&drawn, rotate);
        files::stays_inside(rotate, [30, 60, 150, 110], &pdf);
        files::looks_like(&format!("rotated-{rotate}"), &pdf);
    }
}

#[test]
fn image_and_text_share_the_area() {
    let image = super::images::ring();
    let image = Image::read(&image, Restrictions::default(), None).unwrap();
    let drawn =
        Appearance { image: Some(&image), ..appearance("Digitally signed by\nSamples Seal") };
    let pdf = on_page(&drawn, 0);
    files::stays_inside(0, [30, 60, 185, 110], &pdf);
    files::looks_like("ring-and-text", &pdf);
    let red = Color { red: 200, green: 30, blue: 30 };
    let alone = Appearance { text: "", background: Some(red), image: Some(&image), ..drawn };
    let pdf = on_page(&alone, 0);
    files::looks_like("ring", &pdf);
    // The middle of the ring is transparent.
    assert_eq!(files::show(&pdf).at(107, 85), [200, 30, 30]);
}

#[test]
fn an_image_has_its_natural_size_and_is_made_smaller_to_fit() {
    let image = Image::read(&super::images::ring(), Restrictions::default(), None).unwrap();
    let matrix = |width, height, text, image_size| {
        let drawn =
            Appearance { width, height, image: Some(&image), image_size, ..appearance(text) };
        let (file, form) = draw(&drawn);
        let data =
            chancery_engine::seal::pades::placeholder::Objects::decode(&file, &form).unwrap();
        let content = String::from_utf8(data).unwrap();
        content.lines().find(|line| line.ends_with(" cm")).unwrap().to_owned()
    };
    let natural = ImageSize::Natural;
    // 64 by 64 pixels: at the left of text, in the middle without it.
    assert_eq!(matrix(300.0, 200.0, "Seal", natural), "64 0 0 64 3 68 cm");
    assert_eq!(matrix(300.0, 200.0, "", natural), "64 0 0 64 118 68 cm");
    assert_eq!(matrix(155.0, 50.0, "Seal", natural), "50 0 0 50 3 0 cm");
    assert_eq!(matrix(100.0, 80.0, "Seal", natural), "50 0 0 50 0 15 cm");
    assert_eq!(matrix(40.0, 90.0, "", natural), "40 0 0 40 0 25 cm");
    assert_eq!(matrix(300.0, 200.0, "", ImageSize::Fit), "194 0 0 194 53 3 cm");
}

#[test]
fn pdf_a_gets_neither_masks_nor_colours_of_the_device() {
    let green = Color { red: 0, green: 120, blue: 60 };
    let file = super::images::ring();
    let image = Image::read(&file, Restrictions::PDF_A, Some(green)).unwrap();
    let drawn = Appearance {
        image: Some(&image),
        background: Some(green),
        restrictions: Restrictions::PDF_A,
        ..appearance("Archived")
    };
    let (file, form) = draw(&drawn);
    let mut all = Vec::new();
    Indirect::Stream(form.clone()).write(&mut all);
    let content = chancery_engine::seal::pades::placeholder::Objects::decode(&file, &form).unwrap();
    all.extend(content);
    for object in &file.objects {
        object.write(&mut all);
    }
    let all = String::from_utf8_lossy(&all);
    for forbidden in ["/SMask", "/DeviceRGB", "/DeviceGray", "/DeviceCMYK", " rg\n", " g\n"] {
        assert!(!all.contains(forbidden), "{forbidden}");
    }
    assert!(all.contains("/CalRGB") && all.contains("/CIDSet"));
    let pdf = on_page(&drawn, 0);
    let [red, green, blue] = files::show(&pdf).at(55, 85);
    // The middle of the ring, as near to the background as calibrated colours come.
    assert!(red < 30 && green.abs_diff(120) < 20 && blue.abs_diff(60) < 20, "{red} {green} {blue}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bytes = || {
        let (file, form) = draw(&appearance("Same"));
        (file.objects, form)
    };
    assert_eq!(bytes(), bytes());
    let (file, _) = draw(&appearance("Same"));
    let size: usize = file
        .objects
        .iter()
        .map(|object| {
            let mut out = Vec::new();
            object.write(&mut out);
            out.len()
        })
        .sum();
    assert!(size < 8_000, "{size} bytes for four letters");
}

#[test]
fn an_empty_appearance_is_drawn_too() {
    let (file, form) = draw(&appearance(" \n\t\n"));
    assert!(file.objects.is_empty() && !form.data.is_empty());
}
