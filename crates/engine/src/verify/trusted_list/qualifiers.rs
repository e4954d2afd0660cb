//! Qualifiers (TS 119 612, 5.5.9.2): what a list says of some certificates of a service, by what they say
//! themselves.

use der::asn1::ObjectIdentifier;
use roxmltree::Node;

use super::parts::{EXTENSION, text};
use crate::pki::statements::CertificateStatements;
use crate::seal::reading::{XADES_NAMESPACE, child};
use crate::seal::xml::is_element;

/// Lists of criteria inside each other.
const MAX_DEPTH: usize = 8;
/// Criteria of one list, and qualifications of one state.
const MAX_CRITERIA: usize = 500;

/// Qualifiers, and which certificates have them.
#[derive(Clone, Debug)]
pub(super) struct Qualification {
    /// The last part of each URI.
    pub(super) qualifiers: Vec<String>,
    criteria: Criterion,
}

impl Qualification {
    /// Whether a certificate has the qualifiers; none when a criterion is not understood and decides.
    pub(super) fn is_of(&self, certificate: &CertificateStatements) -> Option<bool> {
        self.criteria.holds(certificate)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assert {
    All,
    AtLeastOne,
    None,
}

/// One criterion.
#[derive(Clone, Debug)]
enum Criterion {
    /// Bits of the key usage, and whether they are set.
    KeyUsage(Vec<(String, bool)>),
    /// All of the policies.
    Policies(Vec<ObjectIdentifier>),
    /// All of the purposes.
    Purposes(Vec<ObjectIdentifier>),
    /// All of the kinds of attributes in the subject.
    SubjectAttributes(Vec<ObjectIdentifier>),
    List(Assert, Vec<Self>),
    NotUnderstood,
}

impl Criterion {
    fn holds(&self, certificate: &CertificateStatements) -> Option<bool> {
        match self {
            Self::KeyUsage(bits) => {
                let usage = certificate.key_usage.as_ref();
                let is_set = |bit: &str| usage.is_some_and(|usage| usage.contains(bit));
                Some(bits.iter().all(|(bit, wanted)| is_set(bit) == *wanted))
            }
            Self::Policies(all) => Some(all.iter().all(|it| certificate.policies.contains(it))),
            Self::Purposes(all) => Some(all.iter().all(|it| certificate.purposes.contains(it))),
            Self::SubjectAttributes(all) => {
                Some(all.iter().all(|it| certificate.subject_attributes.contains(it)))
            }
            Self::NotUnderstood => None,
            Self::List(assert, inside) => {
                let mut unknown = false;
                for criterion in inside {
                    match (criterion.holds(certificate), assert) {
                        (None, _) => unknown = true,
                        (Some(true), Assert::AtLeastOne) => return Some(true),
                        (Some(false), Assert::All) | (Some(true), Assert::None) => {
                            return Some(false);
                        }
                        _ => {}
                    }
                }
                (!unknown).then_some(*assert != Assert::AtLeastOne)
            }
        }
    }
}

/// The qualifications of a state. What is not understood stays as something that nobody knows.
pub(super) fn read_qualifications(qualifications: Node<'_, '_>) -> Vec<Qualification> {
    let all = qualifications
        .children()
        .filter(|node| is_element(*node, (EXTENSION, "QualificationElement")));
    all.take(MAX_CRITERIA).map(of_element).collect()
}

fn of_element(element: Node<'_, '_>) -> Qualification {
    let qualifiers = child(element, EXTENSION, "Qualifiers");
    let uris = qualifiers
        .into_iter()
        .flat_map(|all| all.children())
        .filter(|node| is_element(*node, (EXTENSION, "Qualifier")))
        .filter_map(|node| node.attribute("uri"));
    let last = |uri: &str| uri.trim().rsplit('/').next().unwrap_or_default().to_owned();
    let criteria = child(element, EXTENSION, "CriteriaList");
    Qualification {
        qualifiers: uris.take(MAX_CRITERIA).map(last).collect(),
        criteria: criteria.map_or(Criterion::NotUnderstood, |list| of_list(list, 0)),
    }
}

fn of_list(list: Node<'_, '_>, depth: usize) -> Criterion {
    let assert = match list.attribute("assert") {
        Some("all") | None => Assert::All,
        Some("atLeastOne") => Assert::AtLeastOne,
        Some("none") => Assert::None,
        Some(_) => return Criterion::NotUnderstood,
    };
    if depth >= MAX_DEPTH {
        return Criterion::NotUnderstood;
    }
    let mut inside = Vec::new();
    for node in list.children().filter(Node::is_element).take(MAX_CRITERIA) {
        let name = node.tag_name();
        match (name.namespace(), name.name()) {
            (Some(EXTENSION), "KeyUsage") => inside.push(of_key_usage(node)),
            (Some(EXTENSION), "PolicySet") => {
                inside.push(of_identifiers(node, "PolicyIdentifier", Criterion::Policies));
            }
            (Some(EXTENSION), "CriteriaList") => inside.push(of_list(node, depth + 1)),
            (Some(EXTENSION), "Description") => {}
            (Some(EXTENSION), "otherCriteriaList") => {
                inside.extend(node.children().filter(Node::is_element).map(of_other));
            }
            _ => inside.push(Criterion::NotUnderstood),
        }
    }
    // a list of nothing would be true of every certificate
    if inside.is_empty() { Criterion::NotUnderstood } else { Criterion::List(assert, inside) }
}

fn of_key_usage(node: Node<'_, '_>) -> Criterion {
    let bits = node.children().filter(Node::is_element).map(|bit| {
        let wanted = match text(bit).as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return None,
        };
        // one name is written otherwise in lists than in RFC 5280, 4.2.1.3 (TS 119 612, 5.5.9.2.2.1)
        let name = match bit.attribute("name")? {
            "crlSign" => "cRLSign",
            name => name,
        };
        Some((name.to_owned(), wanted))
    });
    bits.collect::<Option<Vec<_>>>().map_or(Criterion::NotUnderstood, Criterion::KeyUsage)
}

/// Criteria that were added later (TS 119 612, 5.5.9.2.2.3).
fn of_other(node: Node<'_, '_>) -> Criterion {
    match node.tag_name().name() {
        "ExtendedKeyUsage" => of_identifiers(node, "KeyPurposeId", Criterion::Purposes),
        "CertSubjectDNAttribute" => {
            of_identifiers(node, "AttributeOID", Criterion::SubjectAttributes)
        }
        _ => Criterion::NotUnderstood,
    }
}

fn of_identifiers(
    node: Node<'_, '_>,
    name: &str,
    make: fn(Vec<ObjectIdentifier>) -> Criterion,
) -> Criterion {
    let all = node.children().filter(Node::is_element).map(|one| {
        if one.tag_name().name() != name {
            return None;
        }
        let written = text(child(one, XADES_NAMESPACE, "Identifier")?);
        written.strip_prefix("urn:oid:").unwrap_or(&written).parse().ok()
    });
    match all.collect::<Option<Vec<_>>>() {
        Some(all) if !all.is_empty() => make(all),
        _ => Criterion::NotUnderstood,
    }
}
