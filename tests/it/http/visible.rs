//! Visible signatures over HTTP.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::ids::OperationId;
use chancery::domain::visible::CoordinateOrigin;
use serde_json::{Value, json};

use crate::support::client::{Client, all_sealed, document, request, sealed};
use crate::support::judges::repository;
use crate::support::service::{on_shared, unique};

#[test]
fn an_image_may_be_as_large_as_documented() {
    // What does not compress, in 90 kB: a photographed signature.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let pixels: Vec<u8> = (0..200 * 150 * 3).map(|_| noise()).collect();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 200, 150);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    assert!(png.len() > 80_000);
    let pdf = std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap();
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("photo");
        let mut document = document(&mark, &pdf);
        document["documentRequest"]["contentType"] = json!("application/pdf");
        document["signatureInfo"] = json!({
            "signatureType": "PAdES",
            "visibleSignatureInfo": {
                "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100",
                "imageType": "IMAGE_PNG", "imageValue": STANDARD.encode(&png),
            },
        });
        let answer = client.sign(&request(&mark, vec![document])).await.good();
        all_sealed(&answer);
        assert!(sealed(&answer, 0).len() > pdf.len() + 80_000, "the image is in it");
    });
}

#[test]
fn an_image_beyond_its_limit_is_refused_alone_and_kept_nowhere() {
    let pdf = std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap();
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("poster");
        let documents = [2_000_000, 100].map(|octets| {
            let mut document = document(&format!("{mark}/{octets}"), &pdf);
            document["documentRequest"]["contentType"] = json!("application/pdf");
            document["signatureInfo"] = json!({
                "signatureType": "PAdES",
                "visibleSignatureInfo": {
                    "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100",
                    "imageType": "IMAGE_PNG", "imageValue": "A".repeat(octets),
                },
            });
            document
        });
        let answer = client.sign(&request(&mark, documents)).await.good();
        let reason = |at: usize| answer["documentList"][at]["signErrorReason"].clone();
        assert_eq!(
            (reason(0), reason(1)),
            (json!("pdf-image-too-large"), json!("pdf-image-unreadable"))
        );
        let id = OperationId::from_i64(answer["id"].as_i64().unwrap());
        let kept = service.app.reader.documents_length(id).await.unwrap();
        assert!(kept < 10_000, "{kept} octets are kept");
    });
}

#[test]
fn a_visible_signature_is_read_as_clients_spell_it() {
    let pdf = std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap();
    let taken = [
        ("locationValue", " PAGE = 1 , X = 70.5px , y=100 pt "),
        ("locationValue", "page=-1,x=0,y=0"),
        ("area", "width=155.5px, height=50px"),
        ("font", "color=#abc"),
        ("areaBackgroundColor", " Transparent "),
        ("coordinateOrigin", "bottom_left"),
        ("imageSize", "Fit"),
    ];
    let refused = [
        ("locationValue", "page=0,x=1,y=1", "pdf-page-missing"),
        ("locationValue", "page=1,x=NaN,y=1", "member-invalid"),
        ("locationValue", "page=1,x=inf,y=1", "member-invalid"),
        ("locationValue", "page=99999999999,x=1,y=1", "member-invalid"),
        ("locationValue", "page=-2147483648,x=1,y=1", "pdf-page-missing"),
        ("locationValue", "page=1,x=1e300,y=1", "setting-invalid"),
        ("locationValue", "page=1,x=70,5,y=1", "member-invalid"),
        ("area", "width=0,height=50", "setting-conflict"),
        ("area", "width=-5,height=50", "setting-conflict"),
        ("font", "size=0", "member-invalid"),
        ("font", "size=-1", "member-invalid"),
        ("coordinateOrigin", "middle", "member-invalid"),
        ("imageSize", "half", "member-invalid"),
    ];
    let all: Vec<_> = taken.iter().map(|(member, value)| (*member, *value, "")).collect();
    let all = [all, refused.to_vec()].concat();
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("spelled");
        let documents = all.iter().enumerate().map(|(at, (member, value, _))| {
            let mut document = document(&format!("{mark}/{at}"), &pdf);
            document["documentRequest"]["contentType"] = json!("application/pdf");
            document["signatureInfo"] = json!({
                "signatureType": "PAdES",
                "visibleSignatureInfo": {
                    "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100",
                },
            });
            document["signatureInfo"]["visibleSignatureInfo"][member] = json!(value);
            document
        });
        let answer = client.sign(&request(&mark, documents.collect::<Vec<_>>())).await.good();
        for (at, (member, value, reason)) in all.iter().enumerate() {
            let document = &answer["documentList"][at];
            let got = document["signErrorReason"].as_str().unwrap_or_default();
            assert_eq!(got, *reason, "{member} {value}: {}", document["signErrorDetail"]);
        }
    });
}

/// A page of that size with a word on it, at 72, 300 from its lower left corner.
fn page(width: f64, height: f64) -> Vec<u8> {
    let content = "BT /F 12 Tf 72 300 Td (#seal#) Tj ET";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R\
             /Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
        ),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut pdf = "%PDF-1.7\n".to_owned();
    let mut table = "xref\n0 5\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        writeln!(table, "{:010} 00000 n ", pdf.len()).unwrap();
        writeln!(pdf, "{number} 0 obj\n{object}\nendobj").unwrap();
    }
    let start = pdf.len();
    writeln!(pdf, "{table}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{start}\n%%EOF").unwrap();
    pdf.into_bytes()
}

/// The sealed page, of one that is as high as Sign'Stash's own samples.
async fn on_page(client: &Client, visible: &Value) -> String {
    let mark = unique("placed");
    let mut document = document(&mark, page(595.27563, 841.88977));
    document["documentRequest"]["contentType"] = json!("application/pdf");
    document["signatureInfo"] =
        json!({ "signatureType": "PAdES", "visibleSignatureInfo": visible });
    let answer = client.sign(&request(&mark, vec![document])).await.good();
    all_sealed(&answer);
    String::from_utf8_lossy(&sealed(&answer, 0)).into_owned()
}

/// The rectangle of the only annotation.
fn rectangle(pdf: &str) -> [f64; 4] {
    let (_, behind) = pdf.split_once("/Rect").unwrap();
    let (inside, _) = behind.split_once('[').unwrap().1.split_once(']').unwrap();
    let numbers: Vec<f64> = inside.split_whitespace().map(|it| it.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

fn near(is: [f64; 4], expected: [f64; 4]) {
    let far = is.iter().zip(expected).any(|(is, expected)| (is - expected).abs() > 0.001);
    assert!(!far, "{is:?} is not {expected:?}");
}

#[test]
fn a_visible_signature_lies_where_sign_stash_puts_it_unless_told_otherwise() {
    let at = |more: Value| {
        let mut visible = json!({
            "locationType": "COORDINATE", "locationValue": "page=1,x=100,y=500",
            "area": "width=300,height=200",
        });
        visible.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        visible
    };
    let word = json!({
        "locationType": "PLACEHOLDER", "locationValue": "#seal#", "area": "width=100,height=40",
    });
    let standing = json!({ "coordinateOrigin": "BOTTOM_LEFT" });
    on_shared(async |service| {
        let client = service.client().await;
        let placed = async |visible: &Value| rectangle(&on_page(&client, visible).await);
        // What Sign'Stash made of this very request.
        near(placed(&at(json!({}))).await, [100.0, 141.88977, 400.0, 341.88977]);
        near(placed(&at(standing.clone())).await, [100.0, 500.0, 400.0, 700.0]);
        near(placed(&word).await, [72.0, 260.0, 172.0, 300.0]);

        // A client service can be set to the old way; a request still says the last word.
        let client = service.client_placing_from(CoordinateOrigin::BottomLeft).await;
        let placed = async |visible: &Value| rectangle(&on_page(&client, visible).await);
        near(placed(&at(json!({}))).await, [100.0, 500.0, 400.0, 700.0]);
        near(placed(&word).await, [72.0, 300.0, 172.0, 340.0]);
        let hanging = json!({ "coordinateOrigin": "TOP_LEFT" });
        near(placed(&at(hanging)).await, [100.0, 141.88977, 400.0, 341.88977]);
    });
}
