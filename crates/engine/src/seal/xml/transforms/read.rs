//! `ds:Transforms` of an existing signature (XMLDSIG 4.4.3.4).

use std::collections::BTreeMap;

use roxmltree::Node;

use super::{
    BASE64, ENVELOPED, EXCLUSIVE, MAX_FILTERS, MAX_TRANSFORMS, XPATH, XPATH_FILTER2, XSLT,
    impossible, shorten,
};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::domain::refusal::Refusal;
use crate::domain::transform::{Filter, FilterOperation, Transform};
use crate::pki::algorithm::canonicalization_uri;
use crate::seal::xml::DS_NAMESPACE;

/// Reads the transforms of a reference.
///
/// # Errors
/// [`Refusal::TransformImpossible`] for XSLT, for algorithms that are not known, and for parameters
/// that are missing or wrong.
pub fn read_transforms(transforms: Node<'_, '_>) -> Result<Vec<Transform>, Refusal> {
    let elements: Vec<_> = transforms.children().filter(Node::is_element).collect();
    if elements.len() > MAX_TRANSFORMS {
        return Err(impossible(format!("there are more than {MAX_TRANSFORMS}")));
    }
    elements.into_iter().map(read).collect()
}

fn read(transform: Node<'_, '_>) -> Result<Transform, Refusal> {
    if !transform.has_tag_name((DS_NAMESPACE, "Transform")) {
        return Err(impossible("ds:Transforms has a child that is no ds:Transform"));
    }
    let algorithm = transform.attribute("Algorithm").unwrap_or_default();
    match algorithm {
        ENVELOPED => Ok(Transform::Enveloped),
        BASE64 => Ok(Transform::Base64),
        XPATH => {
            let mut expressions =
                transform.children().filter(|it| it.has_tag_name((DS_NAMESPACE, "XPath")));
            match (expressions.next(), expressions.next()) {
                (Some(xpath), None) => {
                    Ok(Transform::XPath { xpath: text(xpath), namespaces: namespaces(xpath) })
                }
                _ => Err(impossible("an XPath transform must have one ds:XPath")),
            }
        }
        XPATH_FILTER2 => {
            let filters: Vec<Filter> = transform
                .children()
                .filter(|child| child.has_tag_name((XPATH_FILTER2, "XPath")))
                .take(MAX_FILTERS + 1)
                .map(read_filter)
                .collect::<Result<_, _>>()?;
            if filters.is_empty() {
                return Err(impossible("an XPath Filter 2.0 transform has no XPath"));
            }
            if filters.len() > MAX_FILTERS {
                let reason = format!("an XPath Filter 2.0 transform has more than {MAX_FILTERS}");
                return Err(impossible(reason + " XPaths"));
            }
            Ok(Transform::XPathFilter2 { filters })
        }
        XSLT => Err(impossible("XSLT is never executed here")),
        _ => {
            let (canonicalization, inclusive_prefixes) = read_method(transform)?;
            Ok(Transform::Canonical { canonicalization, inclusive_prefixes })
        }
    }
}

fn read_filter(xpath: Node<'_, '_>) -> Result<Filter, Refusal> {
    let operation = match xpath.attribute("Filter").unwrap_or_default() {
        "intersect" => FilterOperation::Intersect,
        "subtract" => FilterOperation::Subtract,
        "union" => FilterOperation::Union,
        other => {
            return Err(impossible(format!("the filter '{}' is not known", shorten(other))));
        }
    };
    Ok(Filter { operation, xpath: text(xpath), namespaces: namespaces(xpath) })
}

/// Reads a canonicalization with its `PrefixList`, as `ds:CanonicalizationMethod` and `ds:Transform` have
/// it.
///
/// # Errors
/// [`Refusal::TransformImpossible`] for one that is not known.
pub fn read_method(element: Node<'_, '_>) -> Result<(Canonicalization, Vec<String>), Refusal> {
    use CanonicalizationMethod::{Exclusive, Inclusive, Inclusive11};
    let algorithm = element.attribute("Algorithm").unwrap_or_default();
    let canonicalization = [Exclusive, Inclusive, Inclusive11]
        .into_iter()
        .flat_map(|method| {
            [false, true].map(|with_comments| Canonicalization { method, with_comments })
        })
        .find(|known| canonicalization_uri(*known) == algorithm)
        .ok_or_else(|| {
            impossible(format!("the algorithm '{}' is not known", shorten(algorithm)))
        })?;
    let list = element
        .children()
        .find(|child| child.has_tag_name((EXCLUSIVE, "InclusiveNamespaces")))
        .and_then(|child| child.attribute("PrefixList"))
        .unwrap_or_default();
    let inclusive_prefixes = if canonicalization.method == Exclusive {
        list.split_ascii_whitespace().map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    Ok((canonicalization, inclusive_prefixes))
}

/// The string-value of an element that holds an expression.
fn text(element: Node<'_, '_>) -> String {
    element.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// The prefixes in scope of an expression that it may use; the default namespace means nothing in XPath.
fn namespaces(element: Node<'_, '_>) -> BTreeMap<String, String> {
    let text = text(element);
    element
        .namespaces()
        .filter(|binding| binding.name().is_some_and(|prefix| text.contains(prefix)))
        .filter_map(|binding| Some((binding.name()?.to_owned(), binding.uri().to_owned())))
        .collect()
}
