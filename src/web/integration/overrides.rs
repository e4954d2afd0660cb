//! `advancedSignatureInfo` as it is meant: spelled differently it is the same request.

use serde_json::{Map, Value};

/// Settings whose object only has members of its own to say: an empty one says nothing. An empty
/// policy is the implied one, and an empty location the usual place, so they are not here.
const GROUPS: [&str; 13] = [
    "reference",
    "keyInfoReference",
    "signedPropertiesReference",
    "keyInfo",
    "signingCertificate",
    "nameStyle",
    "dataObjectFormat",
    "ids",
    "prefixes",
    "ubl",
    "visible",
    "area",
    "font",
];

/// Maps that are the same when they are empty and when they are not there.
const MAPS: [&str; 2] = ["keywords", "namespaces"];

/// Some clients nest the object in itself.
const NESTED: &str = "advancedSignatureInfo";

/// What settings say, without what says nothing. An object nested in itself is merged with the
/// members beside it, and says the last word.
pub(super) fn said(settings: Map<String, Value>) -> Map<String, Value> {
    let mut settings = members(settings);
    match settings.remove(NESTED) {
        None => settings,
        Some(Value::Object(inner)) => {
            merge(&mut settings, said(inner));
            settings
        }
        Some(other) => {
            settings.insert(NESTED.to_owned(), other);
            settings
        }
    }
}

fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Object(under)), Value::Object(over))
                if GROUPS.contains(&name.as_str()) =>
            {
                merge(under, over);
            }
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

fn members(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, member)| (name, value(member)))
        .filter(|(name, value)| !says_nothing(name, value))
        .collect()
}

fn value(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(members(object)),
        Value::Array(items) => Value::Array(items.into_iter().map(self::value).collect()),
        other => other,
    }
}

fn says_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => {
            object.is_empty() && (GROUPS.contains(&name) || MAPS.contains(&name))
        }
        _ => false,
    }
}
