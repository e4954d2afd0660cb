//! Transforms as `ds:Transforms`, in canonical form but for namespace declarations.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{BASE64, ENVELOPED, EXCLUSIVE, XPATH, XPATH_FILTER2};
use crate::domain::profile::CanonicalizationMethod;
use crate::domain::transform::{Filter, FilterOperation, Transform};
use crate::pki::algorithm::canonicalization_uri;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::sink::{write_attribute_value, write_text};

/// Writes `ds:Transforms` with the prefix that is bound to the namespace of XML Signature there,
/// empty for the default namespace. What the expressions' prefixes mean is declared at each.
#[must_use]
pub fn write_transforms(transforms: &[Transform], ds_prefix: &str) -> String {
    let colon = if ds_prefix.is_empty() { "" } else { ":" };
    let ds = format!("{ds_prefix}{colon}");
    let mut text = format!("<{ds}Transforms>");
    for transform in transforms {
        let _ = write!(text, "<{ds}Transform Algorithm=\"{}\">", uri(transform));
        match transform {
            Transform::Enveloped | Transform::Base64 => {}
            Transform::Canonical { canonicalization, inclusive_prefixes } => {
                let exclusive = canonicalization.method == CanonicalizationMethod::Exclusive;
                if exclusive && !inclusive_prefixes.is_empty() {
                    let list = attribute(&inclusive_prefixes.join(" "));
                    let _ = write!(
                        text,
                        "<ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"{list}\">\
                         </ec:InclusiveNamespaces>"
                    );
                }
            }
            Transform::XPath { xpath, namespaces } => {
                write_xpath(&mut text, (ds_prefix, DS_NAMESPACE, false), "", xpath, namespaces);
            }
            Transform::XPathFilter2 { filters } => {
                for Filter { operation, xpath, namespaces } in filters {
                    let operation = match operation {
                        FilterOperation::Intersect => " Filter=\"intersect\"",
                        FilterOperation::Subtract => " Filter=\"subtract\"",
                        FilterOperation::Union => " Filter=\"union\"",
                    };
                    let name = ("dsig-xpath", XPATH_FILTER2, true);
                    write_xpath(&mut text, name, operation, xpath, namespaces);
                }
            }
        }
        let _ = write!(text, "</{ds}Transform>");
    }
    let _ = write!(text, "</{ds}Transforms>");
    text
}

const fn uri(transform: &Transform) -> &'static str {
    match transform {
        Transform::Enveloped => ENVELOPED,
        Transform::Base64 => BASE64,
        Transform::Canonical { canonicalization, .. } => canonicalization_uri(*canonicalization),
        Transform::XPath { .. } => XPATH,
        Transform::XPathFilter2 { .. } => XPATH_FILTER2,
    }
}

/// Writes an expression. Its element has the given prefix, which is declared when it must be, unless
/// the expression means something else by it.
fn write_xpath(
    text: &mut String,
    (prefix, namespace, declares): (&str, &str, bool),
    operation: &str,
    xpath: &str,
    namespaces: &BTreeMap<String, String>,
) {
    let mut bindings = namespaces.clone();
    // The prefix xml is always bound, and there is no empty one in expressions.
    bindings.retain(|prefix, _| !matches!(&**prefix, "" | "xml" | "xmlns"));
    let mut prefix = prefix.to_owned();
    let taken = bindings.get(&prefix).is_some_and(|meant| meant != namespace);
    while taken && bindings.contains_key(&prefix) {
        prefix.push('_');
    }
    if (declares || taken) && !prefix.is_empty() {
        bindings.insert(prefix.clone(), namespace.to_owned());
    }
    let name = if prefix.is_empty() { "XPath".to_owned() } else { format!("{prefix}:XPath") };
    let _ = write!(text, "<{name}");
    for (prefix, namespace) in &bindings {
        let _ = write!(text, " xmlns:{prefix}=\"{}\"", attribute(namespace));
    }
    let mut content = Vec::new();
    write_text(xpath, &mut content);
    let content = String::from_utf8_lossy(&content);
    let _ = write!(text, "{operation}>{content}</{name}>");
}

fn attribute(value: &str) -> String {
    let mut octets = Vec::new();
    write_attribute_value(value, &mut octets);
    String::from_utf8_lossy(&octets).into_owned()
}
