//! Trusted lists kept up to date: read from their folder at the start and again and again, and fetched before that
//! where an address is given. What does not hold is not kept, so that the last good list of everybody stays; a list
//! never goes back to an earlier issue.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::{App, HeldLists, TrustedLists};
use crate::domain::instant::Instant;
use crate::domain::sources::sources;
use crate::outbound::trusted_lists::{self as on_disk, ListDoor};
use crate::seal::Limits;
use crate::verify::trusted_list::{
    ListFault, ListFile, MAX_PIVOTS, TrustedList, file_name, follow, gather, national,
    national_pointers,
};

/// Reads the folder. Without one that can be read, what was read last stays.
pub async fn load(app: &Arc<App>) {
    let Some(lists) = &app.trusted_lists else { return };
    let (house, at) = (Arc::clone(app), app.now());
    let read = tokio::task::spawn_blocking(move || {
        let lists = house.trusted_lists.as_ref()?;
        match files(lists) {
            Ok(files) => Some(gather(&files, &lists.signers, at, &Limits::default())),
            Err(error) => {
                tracing::error!(error = %sources(&error), "trusted lists cannot be read");
                None
            }
        }
    });
    let Ok(Some(gathered)) = read.await else { return };
    let mut held = HeldLists::clone(&lists.held());
    held.services = Some(Arc::new(gathered.services));
    held.standings = gathered.standings;
    held.read_at = Some(at);
    if held.is_troubled() {
        for standing in held.standings.iter().filter(|standing| standing.reason.is_some()) {
            tracing::warn!(file = %standing.file, reason = ?standing.reason, "a trusted list");
        }
    }
    lists.hold(held);
}

/// Looks at the lists until `stop` changes.
pub(super) async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let Some(lists) = &app.trusted_lists else { return };
    let period = Duration::from_millis(lists.config.refresh_ms.max(1000));
    loop {
        let look = async {
            refresh(&app).await;
            tokio::time::sleep(period).await;
        };
        tokio::select! {
            () = look => {}
            _ = stop.changed() => return,
        }
    }
}

/// Fetches, where an address is given, and reads the folder again.
pub async fn refresh(app: &Arc<App>) {
    if let Some((lists, door)) =
        app.trusted_lists.as_ref().and_then(|lists| Some((lists, lists.door.as_ref()?)))
    {
        fetch(app, lists, door).await;
    }
    load(app).await;
}

fn files(lists: &TrustedLists) -> Result<Vec<ListFile>, on_disk::ListsOnDiskFault> {
    let read = on_disk::read(std::slice::from_ref(lists.folder()))?;
    Ok(read.into_iter().map(|(name, octets)| ListFile { name, octets }).collect())
}

/// Fetches the list of the lists, its pivots, and the lists that it names; keeps what holds.
async fn fetch(app: &Arc<App>, lists: &TrustedLists, door: &ListDoor) {
    let mut troubles = Vec::new();
    match head(app, lists, door).await {
        Ok(head) => {
            for (territory, address) in national_pointers(&head) {
                let wanted = &lists.config.territories;
                if !wanted.is_empty() && !wanted.contains(&territory) {
                    continue;
                }
                if let Err(reason) =
                    state(app, lists, door, (&head, territory.as_str(), address.as_str())).await
                {
                    tracing::warn!(%territory, %address, %reason, "a trusted list was not fetched");
                    troubles.push((territory, reason));
                }
            }
        }
        Err(reason) => {
            tracing::warn!(address = %lists.config.lotl, %reason,
                "the list of the trusted lists was not fetched");
            troubles.push(("EU".to_owned(), reason));
        }
    }
    let mut held = HeldLists::clone(&lists.held());
    if troubles.is_empty() {
        held.fetched_at = Some(app.now());
    }
    held.troubles = troubles;
    lists.hold(held);
}

/// The list of the lists as it is now, kept with its pivots.
async fn head(
    app: &Arc<App>,
    lists: &TrustedLists,
    door: &ListDoor,
) -> Result<Arc<TrustedList>, String> {
    let address = &lists.config.lotl;
    let octets = door.fetch(address).await.map_err(|error| sources(&error))?;
    let octets = Arc::new(octets);
    let mut pivots: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let head = loop {
        let (file, known, house) = (Arc::clone(&octets), pivots.clone(), Arc::clone(app));
        let at = app.now();
        let followed = blocking(move || {
            let signers = house.trusted_lists.as_ref().map(|lists| lists.signers.as_slice());
            let pivot = |address: &str| known.get(address).cloned();
            follow(&file, &pivot, signers.unwrap_or_default(), at, &Limits::default())
        });
        match followed.await? {
            Ok(head) => break head,
            Err(ListFault::PivotNeeded(address)) if pivots.len() < MAX_PIVOTS => {
                let pivot = door.fetch(&address).await;
                let pivot = pivot.map_err(|error| format!("{address}: {}", sources(&error)))?;
                pivots.insert(address, pivot);
            }
            Err(fault) => return Err(fault.to_string()),
        }
    };
    not_earlier(lists, file_name(address), &head)?;
    for (pivot, octets) in &pivots {
        keep(lists, file_name(pivot), octets)?;
    }
    keep(lists, file_name(address), &octets)?;
    Ok(Arc::new(head))
}

/// The list of one state.
async fn state(
    app: &Arc<App>,
    lists: &TrustedLists,
    door: &ListDoor,
    (head, territory, address): (&Arc<TrustedList>, &str, &str),
) -> Result<(), String> {
    let octets = door.fetch(address).await.map_err(|error| sources(&error))?;
    let octets = Arc::new(octets);
    let (head, whose, at) = (Arc::clone(head), territory.to_owned(), app.now());
    let file = Arc::clone(&octets);
    let checked = blocking(move || national(&file, &head, &whose, at, &Limits::default()));
    let list = checked.await?.map_err(|fault| fault.to_string())?;
    let name = format!("tl-{territory}.xml");
    not_earlier(lists, &name, &list)?;
    keep(lists, &name, &octets)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|_| "the engine panicked over it".to_owned())
}

/// Whoever sends an earlier issue would have revoked services trusted again.
fn not_earlier(lists: &TrustedLists, name: &str, list: &TrustedList) -> Result<(), String> {
    let held = lists.held();
    let kept = held.standings.iter().find(|standing| standing.file == name);
    match kept.and_then(|standing| standing.sequence) {
        Some(sequence) if list.sequence < sequence => {
            Err(format!("it is number {}, and number {sequence} is kept already", list.sequence))
        }
        _ => Ok(()),
    }
}

/// Names come from others: they are letters, digits, `.`, `-` and `_`, and end in `.xml`.
fn keep(lists: &TrustedLists, name: &str, octets: &[u8]) -> Result<(), String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let is_xml = Path::new(name).extension().is_some_and(|end| end == "xml");
    if !is_xml || name.starts_with('.') || name.len() > 100 || !name.chars().all(plain) {
        return Err(format!("it cannot be kept under the name {name:?}"));
    }
    on_disk::keep(lists.folder(), name, octets)
        .map_err(|error| format!("{name} cannot be kept in {}: {error}", lists.folder().display()))
}

/// How old what is kept is, in seconds.
#[must_use]
pub fn age_seconds(at: Option<Instant>, now: Instant) -> Option<i64> {
    at.map(|at| now.unix_ms().saturating_sub(at.unix_ms()).max(0) / 1000)
}
