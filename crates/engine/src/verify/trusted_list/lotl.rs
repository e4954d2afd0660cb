//! The list of the lists, and its pivots: each names who signs the next one, so that whoever trusts a certificate
//! that was published once follows every change of keys since (Commission's pivot mechanism, TS 119 615, 4.1).

use super::check::check_signature;
use super::fault::ListFault;
use super::read::{TrustedList, read};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::seal::Limits;

/// Pivots that are followed at most: there were five in as many years.
pub const MAX_PIVOTS: usize = 32;

/// Reads a list of lists that is signed by one of the signers, or by one that a pivot names whose own signature
/// leads back to them. Pivots are asked for by address, the newest first, and only as many as are needed.
///
/// # Errors
/// [`ListFault`]; [`ListFault::PivotNeeded`] when one that decides is not there.
pub fn follow(
    file: &[u8],
    pivot: &dyn Fn(&str) -> Option<Vec<u8>>,
    signers: &[Certificate],
    at: Instant,
    limits: &Limits,
) -> Result<TrustedList, ListFault> {
    let list = read(file, limits)?;
    let signed = check_signature(file, &list, signers, at, limits);
    let Err(ListFault::Foreign(who)) = signed else { return signed.map(|()| list) };
    let pivots: Vec<String> = list.links.iter().filter(|link| is_pivot(link)).cloned().collect();
    if pivots.is_empty() {
        return Err(ListFault::Foreign(who));
    }
    if pivots.len() > MAX_PIVOTS {
        return Err(ListFault::TooManyPivots(MAX_PIVOTS));
    }
    // back to the newest one that is signed by a signer, then on again
    let mut later: Vec<(Vec<u8>, TrustedList)> = vec![(file.to_vec(), list)];
    for address in pivots {
        let octets = pivot(&address).ok_or_else(|| ListFault::PivotNeeded(address.clone()))?;
        // a pivot is among its own links
        if octets == file {
            continue;
        }
        let read = read(&octets, limits)?;
        match check_signature(&octets, &read, signers, at, limits) {
            Ok(()) => return on_from(&address, read, later, at, limits),
            Err(ListFault::Foreign(_)) => later.push((octets, read)),
            Err(fault) => return Err(fault),
        }
    }
    Err(ListFault::Foreign(who))
}

/// From a pivot that is believed to the list itself; `later` has the list first.
fn on_from(
    address: &str,
    pivot: TrustedList,
    later: Vec<(Vec<u8>, TrustedList)>,
    at: Instant,
    limits: &Limits,
) -> Result<TrustedList, ListFault> {
    let mut believed = pivot;
    for (octets, list) in later.into_iter().rev() {
        let signers = signers_of_itself(&believed);
        if signers.is_empty() {
            return Err(ListFault::PivotSilent(address.to_owned()));
        }
        check_signature(&octets, &list, &signers, at, limits)?;
        believed = list;
    }
    Ok(believed)
}

/// Who signs the next list of lists, as this one says: by its pointer to itself.
fn signers_of_itself(list: &TrustedList) -> Vec<Certificate> {
    let own = list.pointers.iter().filter(|pointer| {
        pointer.is_xml && pointer.kind == list.kind && pointer.territory == list.territory
    });
    own.flat_map(|pointer| pointer.signers.iter().cloned()).collect()
}

/// Pivots are the links to lists for machines.
fn is_pivot(link: &str) -> bool {
    let name = file_name(link);
    name.len() > 4 && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".xml"))
}

/// The last part of an address: how a file with what is there is called on disk.
#[must_use]
pub fn file_name(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}
