//! The profiles that come with the engine, and what a request lays over them.

use chancery_engine::seal::catalogue::{Catalogue, lay_over};
use serde_json::{Map, Value, json};

#[test]
fn every_built_in_profile_can_be_read() {
    let catalogue = Catalogue::built_in();
    assert!(catalogue.is_ok(), "{}", catalogue.err().map(|e| e.to_string()).unwrap_or_default());
}

#[test]
fn a_location_takes_the_place_of_another() {
    let map = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
    let mut under = map(json!({ "signatureLocation": { "xpath": "/*", "index": 1 } }));
    lay_over(&mut under, &map(json!({ "signatureLocation": { "path": "/a", "index": null } })));
    assert_eq!(Value::Object(under), json!({ "signatureLocation": { "path": "/a" } }));
}

#[test]
fn null_says_nothing() {
    let map = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
    let mut under = map(json!({ "a": { "b": 1, "c": 2 }, "d": [1] }));
    lay_over(&mut under, &map(json!({ "a": { "b": null, "c": 3 }, "d": null, "e": null })));
    assert_eq!(Value::Object(under), json!({ "a": { "b": 1, "c": 3 }, "d": [1] }));
}
