//! Formats that take files as they are: PAdES, CAdES and ASiC-E, key excluded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::cades::{CadesPackaging, CadesProfile};
use chancery::domain::pades::PadesProfile;
use chancery::domain::xades::{Packaging, XadesProfile};
use chancery::seal::Profile;
use serde_json::{Value, json};

use super::engine::{Sealing, Spent};
use chancery_testing::long_pdf::{LOGO, PAGE, PLACEHOLDER, Structure, long_pdf};

/// A picture of 200 by 80, as a company has one for its seal, in base64.
fn picture() -> String {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 200, 80);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> =
        (0..80_u8).flat_map(|y| (0..200_u8).flat_map(move |x| [x, y, x & y])).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    STANDARD.encode(file)
}

fn pades(settings: Value) -> Profile {
    let settings: PadesProfile = serde_json::from_value(settings).unwrap();
    Profile::Pades(Box::new(settings))
}

fn visible(over: &Value) -> Profile {
    let mut visible = json!({ "place": { "COORDINATE": { "page": -1, "x": 40, "y": 40 } } });
    let settings = visible.as_object_mut().unwrap();
    settings.extend(over.as_object().unwrap().clone());
    pades(json!({ "visible": visible }))
}

fn cades(packaging: CadesPackaging) -> Profile {
    Profile::Cades(Box::new(CadesProfile { packaging, ..CadesProfile::default() }))
}

fn asic() -> Profile {
    let packaging = Packaging::AsicE;
    Profile::Xades(Box::new(XadesProfile { packaging, ..XadesProfile::default() }))
}

fn print(name: &str, length: usize, spent: Spent) {
    println!("  {name:32} {length:>8} bytes {:8.1} us, median {:8.1}", spent.least, spent.median);
}

/// Every kind of seal on documents of the usual length.
pub(crate) async fn kinds(rsa: &Sealing, invoice: &[u8]) {
    println!("\nPDF and files: us a document, key excluded, best of many, and median");
    for (name, structure) in [("classic", Structure::Table), ("object streams", Structure::Streams)]
    {
        let document = long_pdf(structure, 3, LOGO);
        let image = json!({ "image": { "kind": "PNG", "content": picture() } });
        let placeholder = json!({ "place": { "PLACEHOLDER": PLACEHOLDER } });
        let [invisible] = rsa.time(&document, [pades(json!({}))], 2000).await;
        print(&format!("PDF, {name}, invisible"), document.len(), invisible);
        let check = rsa.check(&document, &pades(json!({})), 1000).await;
        print(&format!("PDF, {name}, check"), document.len(), check);
        let profiles = [visible(&json!({})), visible(&image), visible(&placeholder)];
        let times = rsa.time(&document, profiles, 300).await;
        for (kind, spent) in ["text", "text and image", "at a placeholder"].into_iter().zip(times) {
            print(&format!("PDF, {name}, {kind}"), document.len(), spent);
        }
    }
    let document = invoice.get(..20_000).unwrap_or(invoice);
    let profiles = [
        cades(CadesPackaging::Attached),
        cades(CadesPackaging::Detached),
        cades(CadesPackaging::AsicE),
        asic(),
    ];
    let names = ["CAdES attached", "CAdES detached", "ASiC-E with CAdES", "ASiC-E with XAdES"];
    for (name, profile) in names.iter().zip(&profiles) {
        let check = rsa.check(document, profile, 1000).await;
        print(&format!("{name}, check"), document.len(), check);
    }
    for (name, spent) in names.into_iter().zip(rsa.time(document, profiles, 1000).await) {
        print(name, document.len(), spent);
    }
}

/// Long PDFs: time a megabyte should stay what it is.
pub(crate) async fn lengths(rsa: &Sealing) {
    println!("\nLong PDFs: ms, best of some, ms a MB, and that as a ratio to the shortest");
    let placeholder = json!({ "place": { "PLACEHOLDER": PLACEHOLDER } });
    let settings = [
        ("invisible", pades(json!({}))),
        ("text on the last page", visible(&json!({}))),
        ("at a placeholder", visible(&placeholder)),
    ];
    for (structure_name, structure) in
        [("classic", Structure::Table), ("object streams", Structure::Streams)]
    {
        for (name, profile) in &settings {
            for picture in [false, true] {
                // Who writes thousands of pages is told that the search takes too long.
                if !picture && name.contains("placeholder") {
                    continue;
                }
                let mut first = None;
                for megabytes in [1, 5, 20] {
                    let bytes = megabytes * 1_000_000;
                    let document = if picture {
                        long_pdf(structure, 3, bytes - 3 * PAGE)
                    } else {
                        long_pdf(structure, bytes / PAGE, LOGO)
                    };
                    let [spent] = rsa.time(&document, [profile.clone()], 10).await;
                    let ms = spent.least / 1e3;
                    let each = ms / document.len() as f64 * 1e6;
                    let ratio = each / *first.get_or_insert(each);
                    let kind = if picture { "one picture" } else { "many pages" };
                    let name = format!("{structure_name}, {kind}, {name}");
                    println!("  {name:56} {megabytes:3} MB {ms:8.2} ms {each:8.2} {ratio:5.2}");
                }
            }
        }
    }
}
