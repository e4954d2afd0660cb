//! The profiles that come with the engine, and what a request lays over them.

use chancery_engine::domain::level::Level;
use chancery_engine::seal::catalogue::{Catalogue, lay_over};
use chancery_engine::seal::extend::{check_long_term, check_place};
use serde_json::{Map, Value, json};

#[test]
fn every_built_in_profile_can_be_read() {
    let catalogue = Catalogue::built_in();
    assert!(catalogue.is_ok(), "{}", catalogue.err().map(|e| e.to_string()).unwrap_or_default());
}

/// What a profile says of its levels is what the engine can do with it: no more, and all of it where it is silent but
/// for what its own settings keep it from.
#[test]
fn a_profile_names_no_level_that_its_seals_cannot_have() {
    let catalogue = Catalogue::built_in().unwrap();
    for (name, entry) in catalogue.entries() {
        for format in entry.formats() {
            let profile = catalogue.profile(format, Some(name), &Map::new()).unwrap();
            for level in Level::ALL {
                let can = match level {
                    Level::B => Ok(()),
                    Level::T => check_place(&profile),
                    Level::Lt | Level::Lta => check_long_term(&profile),
                };
                let may = entry.check_level(name, level);
                assert!(can.is_ok() || may.is_err(), "{name} is not for level {level}: {can:?}");
            }
        }
    }
    let wrong = ("own", "title = \"Own\"\nsources = []\nlevels = [\"XL\"]\n");
    let said = Catalogue::with([wrong].into_iter()).err().unwrap().to_string();
    assert!(said.contains("there is no level XL"), "{said}");
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
