//! Name constraints (RFC 5280, 4.2.1.10): which names an authority may certify.

use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use super::name;
use crate::domain::text::hex;

/// The constraints of one authority.
pub(super) struct Constraints<'a> {
    permitted: &'a [GeneralSubtree],
    excluded: &'a [GeneralSubtree],
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

impl<'a> Constraints<'a> {
    pub(super) fn new(constraints: &'a NameConstraints) -> Self {
        Self {
            permitted: constraints.permitted_subtrees.as_deref().unwrap_or_default(),
            excluded: constraints.excluded_subtrees.as_deref().unwrap_or_default(),
        }
    }

    /// # Errors
    /// The name that is not allowed, for people.
    pub(super) fn check(&self, names: &[GeneralName]) -> Result<(), String> {
        for name in names {
            let among = |trees: &[GeneralSubtree]| -> Vec<Match> {
                trees.iter().map(|tree| compare(&tree.base, name)).collect()
            };
            let (permitted, excluded) = (among(self.permitted), among(self.excluded));
            let concerned = permitted.iter().any(|one| *one != Match::OtherForm);
            let forbidden = (concerned && !permitted.contains(&Match::Inside))
                || excluded.iter().any(|one| matches!(one, Match::Inside | Match::Unknown));
            if forbidden {
                return Err(shown(name));
            }
        }
        Ok(())
    }
}

fn compare(constraint: &GeneralName, name: &GeneralName) -> Match {
    use GeneralName::{DirectoryName, DnsName, IpAddress, Rfc822Name, UniformResourceIdentifier};
    let inside = |inside: bool| if inside { Match::Inside } else { Match::Outside };
    match (constraint, name) {
        (DirectoryName(tree), DirectoryName(name)) => inside(under(tree, name)),
        (DnsName(tree), DnsName(host)) => inside(host_under(tree.as_str(), host.as_str(), true)),
        (Rfc822Name(tree), Rfc822Name(mail)) => inside(mail_under(tree.as_str(), mail.as_str())),
        (UniformResourceIdentifier(tree), UniformResourceIdentifier(uri)) => {
            // A URI without a host can be held against no constraint, so it is outside of each.
            inside(host(uri.as_str()).is_some_and(|it| host_under(tree.as_str(), it, false)))
        }
        (IpAddress(tree), IpAddress(address)) => {
            inside(address_under(tree.as_bytes(), address.as_bytes()))
        }
        _ if std::mem::discriminant(constraint) == std::mem::discriminant(name) => Match::Unknown,
        _ => Match::OtherForm,
    }
}

/// Whether a name begins with the parts of another.
fn under(tree: &Name, name: &Name) -> bool {
    tree.len() <= name.len()
        && tree.iter_rdn().zip(name.iter_rdn()).all(|(one, other)| name::same_part(one, other))
}

/// A leading dot stands for hosts below only; without it `dns` allows the host itself and those below,
/// while other forms mean this host alone.
fn host_under(tree: &str, host: &str, below: bool) -> bool {
    let (tree, host) = (tree.to_ascii_lowercase(), host.to_ascii_lowercase());
    let host = host.trim_end_matches('.');
    if tree.is_empty() {
        return true;
    }
    match tree.strip_prefix('.') {
        Some(_) => host.len() > tree.len() && host.ends_with(&tree),
        None => host == tree || (below && host.ends_with(&format!(".{tree}"))),
    }
}

fn mail_under(tree: &str, mail: &str) -> bool {
    let Some((local, host)) = mail.rsplit_once('@') else { return false };
    match tree.rsplit_once('@') {
        Some((wanted, at)) => local == wanted && host.eq_ignore_ascii_case(at),
        None => host_under(tree, host, false),
    }
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
