//! Visible signatures over HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::client::{all_sealed, document, request, sealed};
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
fn a_visible_signature_is_read_as_clients_spell_it() {
    let pdf = std::fs::read(repository().join("samples/pdf/invoice.pdf")).unwrap();
    let taken = [
        ("locationValue", " PAGE = 1 , X = 70.5px , y=100 pt "),
        ("locationValue", "page=-1,x=0,y=0"),
        ("area", "width=155.5px, height=50px"),
        ("font", "color=#abc"),
        ("areaBackgroundColor", " Transparent "),
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
