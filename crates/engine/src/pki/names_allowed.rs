//! Name constraints (RFC 5280, 4.2.1.10): which names an authority may certify.

use std::mem::{Discriminant, discriminant};

use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

use super::folded_name::FoldedName;
use super::step_budget::{Spent, StepBudget};
use crate::domain::text::hex;

/// The constraints of one authority, ready to be held against many names.
pub(super) struct Constraints {
    permitted: Vec<Tree>,
    excluded: Vec<Tree>,
}

/// A name, or where a tree of names begins, in the form in which they are compared.
enum Comparable {
    Directory(FoldedName),
    /// In lower case.
    Host(String),
    /// The host in lower case; no local part where a constraint is about hosts.
    Mail(Option<String>, String),
    /// The host in lower case, where it has one.
    Uri(Option<String>),
    Address(Vec<u8>),
    Other,
}

struct Tree {
    form: Discriminant<GeneralName>,
    base: Comparable,
}

/// A name that may be constrained.
pub(super) struct ConstrainedName {
    form: Discriminant<GeneralName>,
    name: Comparable,
    /// Steps that one comparison with it costs.
    cost: usize,
    shown: String,
}

/// How a constraint and a name go together.
#[derive(PartialEq, Eq)]
enum Match {
    /// They are names of different forms.
    OtherForm,
    Inside,
    Outside,
    /// Of a form that is not understood: to be refused (RFC 5280, 4.2.1.10).
    Unknown,
}

/// Why a name is not allowed, or not known to be.
pub(super) enum NotAllowed {
    Name(String),
    Spent,
}

impl From<Spent> for NotAllowed {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

impl Constraints {
    pub(super) fn of(constraints: &NameConstraints) -> Self {
        let trees = |trees: Option<&[GeneralSubtree]>| {
            trees.unwrap_or_default().iter().map(Tree::of).collect()
        };
        Self {
            permitted: trees(constraints.permitted_subtrees.as_deref()),
            excluded: trees(constraints.excluded_subtrees.as_deref()),
        }
    }

    /// # Errors
    /// The first name that is not allowed, for people.
    pub(super) fn check(
        &self,
        names: &[ConstrainedName],
        budget: &StepBudget,
    ) -> Result<(), NotAllowed> {
        for name in names {
            budget.spend((self.permitted.len() + self.excluded.len()) * name.cost)?;
            let concerned = self.permitted.iter().any(|tree| tree.form == name.form);
            let inside = self.permitted.iter().any(|tree| tree.compare(name) == Match::Inside);
            let mut excluded = self.excluded.iter().map(|tree| tree.compare(name));
            if (concerned && !inside)
                || excluded.any(|one| matches!(one, Match::Inside | Match::Unknown))
            {
                return Err(NotAllowed::Name(name.shown.clone()));
            }
        }
        Ok(())
    }
}

impl Tree {
    fn of(tree: &GeneralSubtree) -> Self {
        let form = discriminant(&tree.base);
        // RFC 5280, 4.2.1.10: minimum is 0 and maximum is absent; others are not understood.
        let base = if tree.minimum == 0 && tree.maximum.is_none() {
            match &tree.base {
                GeneralName::UniformResourceIdentifier(host) => {
                    Comparable::Uri(Some(host.as_str().to_ascii_lowercase()))
                }
                GeneralName::Rfc822Name(mail) => match mail.as_str().rsplit_once('@') {
                    Some((local, host)) => {
                        Comparable::Mail(Some(local.to_owned()), host.to_ascii_lowercase())
                    }
                    None => Comparable::Mail(None, mail.as_str().to_ascii_lowercase()),
                },
                base => Comparable::of(base),
            }
        } else {
            Comparable::Other
        };
        Self { form, base }
    }

    fn compare(&self, name: &ConstrainedName) -> Match {
        if self.form != name.form {
            return Match::OtherForm;
        }
        let inside = match (&self.base, &name.name) {
            (Comparable::Directory(tree), Comparable::Directory(name)) => name.is_under(tree),
            (Comparable::Host(tree), Comparable::Host(host)) => host_under(tree, host, true),
            (Comparable::Mail(wanted, at), Comparable::Mail(local, host)) => match wanted {
                Some(_) => wanted == local && host == at,
                None => local.is_some() && host_under(at, host, false),
            },
            // A URI without a host can be held against no constraint, so it is outside of each.
            (Comparable::Uri(Some(tree)), Comparable::Uri(host)) => {
                host.as_ref().is_some_and(|host| host_under(tree, host, false))
            }
            (Comparable::Address(tree), Comparable::Address(address)) => {
                address_under(tree, address)
            }
            _ => return Match::Unknown,
        };
        if inside { Match::Inside } else { Match::Outside }
    }
}

impl ConstrainedName {
    pub(super) fn of(name: &GeneralName) -> Self {
        let comparable = Comparable::of(name);
        let cost = 1 + comparable.length() / 64;
        Self { form: discriminant(name), name: comparable, cost, shown: shown(name) }
    }
}

impl Comparable {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::DirectoryName(name) => Self::Directory(FoldedName::of(name)),
            GeneralName::DnsName(host) => {
                let host = host.as_str().to_ascii_lowercase();
                Self::Host(host.trim_end_matches('.').to_owned())
            }
            GeneralName::Rfc822Name(mail) => match mail.as_str().rsplit_once('@') {
                Some((local, host)) => {
                    let host = host.to_ascii_lowercase();
                    Self::Mail(Some(local.to_owned()), host.trim_end_matches('.').to_owned())
                }
                None => Self::Mail(None, String::new()),
            },
            GeneralName::UniformResourceIdentifier(uri) => {
                let host = host(uri.as_str()).map(str::to_ascii_lowercase);
                Self::Uri(host.map(|host| host.trim_end_matches('.').to_owned()))
            }
            GeneralName::IpAddress(octets) => Self::Address(octets.as_bytes().to_vec()),
            _ => Self::Other,
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Directory(name) => name.length(),
            Self::Host(text) | Self::Uri(Some(text)) => text.len(),
            Self::Mail(local, host) => local.as_ref().map_or(0, String::len) + host.len(),
            Self::Address(octets) => octets.len(),
            Self::Uri(None) | Self::Other => 0,
        }
    }
}

/// A leading dot stands for hosts below only; without it `dns` allows the host itself and those below,
/// while other forms mean this host alone.
fn host_under(tree: &str, host: &str, below: bool) -> bool {
    if tree.is_empty() {
        return true;
    }
    if tree.starts_with('.') {
        return host.len() > tree.len() && host.ends_with(tree);
    }
    let rest = host.strip_suffix(tree);
    rest.is_some_and(|rest| rest.is_empty() || (below && rest.ends_with('.')))
}

fn host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?;
    (!host.is_empty() && !host.starts_with('[')).then_some(host)
}

/// An address and a mask of the same length.
fn address_under(tree: &[u8], address: &[u8]) -> bool {
    let (network, mask) = tree.split_at(tree.len() / 2);
    address.len() == network.len()
        && mask.len() == network.len()
        && address
            .iter()
            .zip(network)
            .zip(mask)
            .all(|((address, network), mask)| address & mask == network & mask)
}

fn shown(name: &GeneralName) -> String {
    match name {
        GeneralName::DirectoryName(name) => name.to_string(),
        GeneralName::DnsName(text)
        | GeneralName::Rfc822Name(text)
        | GeneralName::UniformResourceIdentifier(text) => text.as_str().to_owned(),
        GeneralName::IpAddress(octets) => match octets.as_bytes() {
            [a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
            octets => hex(octets),
        },
        _ => "of an unknown form".to_owned(),
    }
}
