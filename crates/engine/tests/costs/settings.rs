//! Settings as long as they may be, of what takes most memory for its length.

use chancery_engine::domain::cades::CadesProfile;
use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::seal::catalogue::Catalogue;
use serde_json::Value;

/// Octets that a client may send of them (`advancedSignatureInfo`).
const LONGEST: usize = 65_536;

/// Each with a name, in the text that a client sends.
pub(crate) fn texts() -> Vec<(&'static str, String)> {
    let many = |begin: &str, one: &str, end: &str| {
        let times = (LONGEST - begin.len() - end.len()) / (one.len() + 1);
        format!("{begin}{}{end}", vec![one; times].join(","))
    };
    let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let names: Vec<String> = (0..6000).map(|number| format!("\"{number:x}\":0")).collect();
    let near: Vec<String> =
        (0..2500).map(|number| format!("\"signatureTyp{number:x}\":0")).collect();
    vec![
        ("settings of unknown names", format!("{{{}}}", names.join(","))),
        ("settings of names that look like others", format!("{{{}}}", near.join(","))),
        ("settings with empty lists", many("{\"a\":[", "[]", "]}")),
        ("settings with empty objects", many("{\"a\":[", "{}", "]}")),
        ("settings with roles", many("{\"claimedRoles\":[", "\"\"", "]}")),
        ("settings with empty transforms", many("{\"signatureTransform\":[", "{}", "]}")),
        (
            "settings with transforms",
            many("{\"signatureTransform\":[", "{\"xpath\":\"not(a)\"}", "]}"),
        ),
        ("settings with a kind many times", many("{\"referenceOrder\":[", "\"DOCUMENT\"", "]}")),
        ("settings with one long name", format!("{{\"{}\":0}}", "a".repeat(LONGEST - 6))),
        ("settings within each other", deep(120)),
    ]
}

/// What each format says of them.
pub(crate) fn read(catalogue: &Catalogue, text: &str) -> String {
    assert!(text.len() <= LONGEST, "{} octets", text.len());
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return error.to_string(),
    };
    let Value::Object(settings) = &value else { panic!("settings are an object") };
    let xades = catalogue.settings(None, settings).err();
    let pades = serde_json::from_value::<PadesProfile>(value.clone()).err();
    let cades = serde_json::from_value::<CadesProfile>(value.clone()).err();
    let xades = xades.map_or_else(String::new, |refusal| refusal.to_string());
    format!("{xades}; {}; {}", pades.is_none(), cades.is_none())
}
