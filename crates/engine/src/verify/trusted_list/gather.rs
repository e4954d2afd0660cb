//! All lists that are there put together: which are used, and why the others are not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::check_signature;
use super::fault::ListFault;
use super::lotl::{file_name, follow};
use super::read::{TrustedList, read};
use super::services::{TrustedServices, UsedList};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::seal::Limits;

/// A file that may be a list.
#[derive(Clone, Debug)]
pub struct ListFile {
    /// Its name without folders: pivots are known by the last part of their addresses.
    pub name: String,
    pub octets: Vec<u8>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListStanding {
    pub file: String,
    pub territory: Option<String>,
    pub sequence: Option<u64>,
    pub issued: Option<String>,
    pub next_update: Option<String>,
    /// Whether it counts.
    pub used: ListUse,
    /// Why it does not, or what should be known.
    pub reason: Option<String>,
}

/// Whether a list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListUse {
    /// It says who may sign other lists, or which services are trusted.
    Used,
    /// The same, and a newer one should be there.
    Expired,
    /// There is a newer one, or it was needed as a pivot only.
    Superseded,
    Refused,
}

/// All lists put together.
#[derive(Clone, Debug, Default)]
pub struct GatheredLists {
    pub services: TrustedServices,
    /// In the order of the files.
    pub standings: Vec<ListStanding>,
    /// Addresses of the lists that the list of the lists names: territory and address.
    pub locations: Vec<(String, String)>,
}

/// Reads lists, follows the list of the lists, and takes what is signed by whom it names; without a list of lists,
/// what the signers themselves signed. Of several of one territory the latest counts whose signature holds. What is
/// not a list, not signed or signed by others is refused, and said.
#[must_use]
pub fn gather(
    files: &[ListFile],
    signers: &[Certificate],
    at: Instant,
    limits: &Limits,
) -> GatheredLists {
    let mut standings: Vec<ListStanding> = files.iter().map(|file| unread(&file.name)).collect();
    let mut lists: Vec<(usize, TrustedList)> = Vec::new();
    for ((index, file), standing) in files.iter().enumerate().zip(&mut standings) {
        match read(&file.octets, limits) {
            Ok(list) => {
                standing.territory = Some(list.territory.clone());
                standing.sequence = Some(list.sequence);
                standing.issued = Some(list.issued.to_rfc3339());
                standing.next_update = list.next_update.map(Instant::to_rfc3339);
                lists.push((index, list));
            }
            Err(fault) => standing.reason = Some(fault.to_string()),
        }
    }
    // the latest first
    lists.sort_by_key(|(index, list)| (std::cmp::Reverse(list.sequence), *index));
    let mut gathering = Gathering { files, signers, at, limits, standings };
    let (of_lists, of_services): (Vec<_>, Vec<_>) =
        lists.into_iter().partition(|(_, list)| list.is_list_of_lists());
    let head = gathering.head(of_lists);
    let mut used: BTreeMap<String, UsedList> = BTreeMap::new();
    for (index, list) in of_services {
        if used.contains_key(&list.territory) {
            gathering.say(index, ListUse::Superseded, "there is a later one");
            continue;
        }
        match gathering.national(index, &list, head.as_ref()) {
            Ok(until) => {
                used.insert(list.territory.clone(), UsedList { list, until });
            }
            Err(fault) => gathering.refuse(index, &fault),
        }
    }
    let locations = head.as_ref().map(national_pointers).unwrap_or_default();
    GatheredLists {
        services: TrustedServices::new(used.into_values().collect()),
        standings: gathering.standings,
        locations,
    }
}

fn unread(name: &str) -> ListStanding {
    ListStanding {
        file: name.to_owned(),
        territory: None,
        sequence: None,
        issued: None,
        next_update: None,
        used: ListUse::Refused,
        reason: None,
    }
}

/// Where the lists of member states and of the states of the EEA are: territory and address. Those of third countries
/// are read by other rules.
#[must_use]
pub fn national_pointers(head: &TrustedList) -> Vec<(String, String)> {
    let national = head.pointers.iter().filter(|pointer| is_national(&pointer.kind));
    let national = national.filter(|pointer| pointer.is_xml);
    national.map(|pointer| (pointer.territory.clone(), pointer.location.clone())).collect()
}

/// Who may sign the list of a state, as the list of the lists says.
fn signers_of(head: &TrustedList, territory: &str) -> Result<Vec<Certificate>, ListFault> {
    let own = head.pointers.iter().filter(|pointer| {
        pointer.is_xml && is_national(&pointer.kind) && pointer.territory == territory
    });
    let signers: Vec<Certificate> =
        own.clone().flat_map(|pointer| pointer.signers.iter().cloned()).collect();
    match own.flat_map(|pointer| &pointer.useless_signers).next() {
        Some(reason) if signers.is_empty() => Err(ListFault::UselessSigners(reason.clone())),
        _ => Ok(signers),
    }
}

/// Reads the list of a state that was fetched from where a list of lists says, when it is signed by whom that names.
///
/// # Errors
/// [`ListFault`].
pub fn national(
    file: &[u8],
    head: &TrustedList,
    territory: &str,
    at: Instant,
    limits: &Limits,
) -> Result<TrustedList, ListFault> {
    let list = read(file, limits)?;
    if list.territory != territory {
        return Err(ListFault::Territory(list.territory));
    }
    check_signature(file, &list, &signers_of(head, territory)?, at, limits)?;
    Ok(list)
}

/// TS 119 612, D.4: a list of one state, within the rules of the European Union.
fn is_national(kind: &str) -> bool {
    kind.ends_with("/TSLType/EUgeneric")
}

struct Gathering<'a> {
    files: &'a [ListFile],
    signers: &'a [Certificate],
    at: Instant,
    limits: &'a Limits,
    standings: Vec<ListStanding>,
}

impl Gathering<'_> {
    fn say(&mut self, index: usize, used: ListUse, reason: impl Into<String>) {
        if let Some(standing) = self.standings.get_mut(index) {
            standing.used = used;
            standing.reason = Some(reason.into());
        }
    }

    /// Says that a list counts, with when it has expired.
    fn say_used(&mut self, index: usize, until: Option<Instant>) {
        let expired = until.filter(|until| *until < self.at);
        if let Some(standing) = self.standings.get_mut(index) {
            standing.used = if expired.is_some() { ListUse::Expired } else { ListUse::Used };
            standing.reason = expired.map(|until| {
                format!(
                    "a newer one was due on {}: after that it begins no trust",
                    until.to_rfc3339()
                )
            });
        }
    }

    /// The list of the lists: the latest that holds.
    fn head(&mut self, of_lists: Vec<(usize, TrustedList)>) -> Option<TrustedList> {
        let files = self.files;
        let pivot = |address: &str| {
            let name = file_name(address);
            files.iter().find(|file| file.name == name).map(|file| file.octets.clone())
        };
        let mut head: Option<TrustedList> = None;
        for (index, _) in of_lists {
            if head.is_some() {
                self.say(index, ListUse::Superseded, "a pivot, or an earlier list of the lists");
                continue;
            }
            let Some(file) = files.get(index) else { continue };
            match follow(&file.octets, &pivot, self.signers, self.at, self.limits) {
                Ok(list) => {
                    self.say_used(index, list.next_update);
                    head = Some(list);
                }
                Err(fault) => self.refuse(index, &fault),
            }
        }
        head
    }

    fn refuse(&mut self, index: usize, fault: &ListFault) {
        self.say(index, ListUse::Refused, fault.to_string());
    }

    /// Until when a national list counts.
    fn national(
        &mut self,
        index: usize,
        list: &TrustedList,
        head: Option<&TrustedList>,
    ) -> Result<Option<Instant>, ListFault> {
        let signers: Vec<Certificate> = match head {
            Some(head) => signers_of(head, &list.territory)?,
            None => self.signers.to_vec(),
        };
        let file = self.files.get(index).ok_or(ListFault::NoList)?;
        check_signature(&file.octets, list, &signers, self.at, self.limits)?;
        // who may sign it is known only as long as the list of the lists says it
        let ends = [list.next_update, head.and_then(|head| head.next_update)];
        let until = ends.into_iter().flatten().min();
        self.say_used(index, until);
        Ok(until)
    }
}
