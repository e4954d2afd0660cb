//! Alarms: looked for again and again, told once for every step, cleared when they are over. Several
//! services over one database tell together as one would.

pub mod rules;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use self::rules::{Seen, SeenCircuit, Standing, UsedCredential};
use super::{Error, clock, mail_servers, notify, preservation, test_authorities, usage};
use crate::app::{App, Away};
use crate::domain::alarm::Alarm;
use crate::domain::client_service::{ClientService, ClientServiceStatus};
use crate::domain::company::Company;
use crate::domain::credential::CredentialStatus;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::{EventId, MessageId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{Message, MessageKind, Target};
use crate::domain::sources::sources;
use crate::domain::webhook::EventKind;
use crate::pki::certificate::Chain;
use crate::pki::path::ends_first;
use crate::pki::public_key::PublicKey;
use crate::store::alarms::{Backlog, NewAlarm};
use crate::store::events::Event;

/// What will be the case so soon is not cleared: the clocks of replicas differ a little.
const CLEAR_MARGIN_MS: i64 = 10 * 60 * 1000;

/// Looks until `stop` changes. Errors are logged and the next look comes in time.
pub async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis(app.alarms.check_ms.max(10));
    let mut watcher = Watcher::default();
    loop {
        if let Err(error) = watcher.look(&app).await {
            tracing::error!(error = %sources(&error), "alarms could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Looks, and remembers what only this process knows.
#[derive(Default)]
pub struct Watcher {
    looked: bool,
    /// What stood for us alone at the last look: mail servers that were closed, our clock, excesses. Whether
    /// it still does is not for other processes to say.
    ours: BTreeSet<String>,
}

impl Watcher {
    /// Tells what is to be told and clears what is over. Returns how many alarms this call raised.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`]; what was told until then is told.
    pub async fn look(&mut self, app: &App) -> Result<usize, Error> {
        let now = app.now();
        let companies = app.reader.companies().await?;
        let seen = see(app).await?;
        let were_ours = self.note_ours(&seen);
        let known = app.reader.alarms().await?;
        let mut raised = 0;
        for standing in rules::standing(&seen, &app.alarms, now) {
            let Some(alarm) = &standing.alarm else { continue };
            let stands = known.iter().find(|it| it.name == standing.name && it.cleared.is_none());
            let due = standing.repeat_ms.map(|repeat_ms| now.plus_ms(-repeat_ms));
            let told = stands.and_then(|it| it.told);
            let nobody = stands.is_some() && receivers(app, &standing, &companies).is_empty();
            // The database decides; what it would certainly refuse is not asked.
            if nobody || told.is_some_and(|told| due.is_none_or(|due| told > due)) {
                continue;
            }
            raised += usize::from(tell(app, &standing, alarm, &companies, now).await?);
        }
        let later = rules::standing(&seen, &app.alarms, now.plus_ms(CLEAR_MARGIN_MS));
        for alarm in known.iter().filter(|it| it.cleared.is_none()) {
            let ours = !rules::is_of_process(&alarm.name) || were_ours.contains(&alarm.name);
            let ours = ours || !self.looked;
            if ours && !later.iter().any(|standing| standing.name == alarm.name) {
                app.store.clear_alarm(&alarm.name, (now, app.steady_now())).await?;
                tracing::info!(alarm = %alarm.name, "over");
            }
        }
        self.looked = true;
        Ok(raised)
    }

    /// Logs what closed since the last look; returns what stood for us alone then.
    fn note_ours(&mut self, seen: &Seen) -> BTreeSet<String> {
        let mut ours: BTreeSet<String> =
            seen.excesses.iter().map(|(name, _)| name.clone()).collect();
        for SeenCircuit { client_service, circuit, .. } in &seen.circuits {
            let name = rules::circuit_name(client_service.as_ref());
            if !self.ours.contains(&name) {
                tracing::warn!(alarm = %name, since = %circuit.since.to_rfc3339(),
                    reply = %circuit.words, "a mail server refuses everybody");
            }
            ours.insert(name);
        }
        ours.extend(seen.authorities.iter().map(|(name, _)| rules::authority_name(name)));
        ours.extend(seen.sources.iter().map(|(address, _)| rules::source_name(address)));
        ours.extend(seen.for_tests.iter().map(|what| rules::for_tests_name(what)));
        ours.extend(seen.clock_ms.map(|_| rules::CLOCK.to_owned()));
        std::mem::replace(&mut self.ours, ours)
    }
}

/// Raises an alarm with its mails and events, unless somebody else did.
async fn tell(
    app: &App,
    standing: &Standing,
    alarm: &Alarm,
    companies: &[Company],
    now: Instant,
) -> Result<bool, Error> {
    let content = serde_json::to_string(alarm).map_err(|error| Error::Internal(error.into()))?;
    let mut messages = Vec::new();
    for ((address, language), position) in receivers(app, standing, companies).into_iter().zip(0..)
    {
        let id = MessageId::from_i64(app.next_id());
        let target = Target::Mail { address, language: Some(language) };
        messages.push(Message {
            position,
            content: Some(content.clone()),
            mail_id: Some(notify::mail_id(app)?),
            created: now,
            ..Message::due(id, MessageKind::Alarm, target, app.steady_now())
        });
    }
    let new = NewAlarm {
        name: &standing.name,
        content: &content,
        cleared_before: standing.seen_since,
        quiet_since: now.plus_ms(-app.alarms.quiet_ms),
        told_before: standing.repeat_ms.map(|repeat_ms| now.plus_ms(-repeat_ms)),
    };
    let events = events(app, standing, alarm, now);
    if !app.store.raise_alarm(&new, &messages, &events, now).await? {
        return Ok(false);
    }
    tracing::warn!(alarm = %standing.name, content = %content, receivers = messages.len(), "alarm");
    app.outbox_bell.notify_one();
    Ok(true)
}

/// Who is told, each once: the operators, and those who answer for the companies it is about.
fn receivers(
    app: &App,
    standing: &Standing,
    companies: &[Company],
) -> Vec<(MailAddress, Language)> {
    let operators = app.alarms.receivers.iter().map(|address| (address, app.alarms.language));
    let responsible = companies
        .iter()
        .filter(|company| standing.companies.contains(&company.id))
        .filter_map(|company| {
            Some((company.email.as_ref()?, company.language.unwrap_or(app.alarms.language)))
        });
    let mut seen = BTreeSet::new();
    operators
        .chain(responsible)
        .filter(|(address, _)| seen.insert(address.folded()))
        .map(|(address, language)| (address.clone(), language))
        .collect()
}

/// What webhooks are told of the end of a credential.
fn events(app: &App, standing: &Standing, alarm: &Alarm, now: Instant) -> Vec<Event> {
    let (alias, subject, not_after, days) = match alarm {
        Alarm::CredentialExpiring { alias, subject, not_after, days } => {
            (alias, subject, not_after, *days)
        }
        Alarm::CredentialExpired { alias, subject, not_after } => (alias, subject, not_after, 0),
        _ => return Vec::new(),
    };
    let content = json!({
        "alias": alias, "subject": subject, "notAfter": not_after.to_rfc3339(), "days": days,
    });
    let event = |client_service| Event {
        id: EventId::from_i64(app.next_id()),
        client_service,
        kind: EventKind::CredentialExpiring,
        operation: None,
        document: None,
        message: None,
        content: Some(content.to_string()),
        created: now,
    };
    standing.client_services.iter().copied().map(event).collect()
}

/// Reads everything that alarms are decided from.
async fn see(app: &App) -> Result<Seen, Error> {
    let services = app.reader.client_services().await?;
    let owner = |id| {
        let service = services.iter().find(|service| service.id == id)?;
        Some((service.alias.as_str().to_owned(), service.issuer))
    };
    let circuits = app.circuits.all().into_iter().map(|(way, circuit)| {
        let client_service = way.and_then(owner);
        let account =
            mail_servers::account_name(client_service.as_ref().map(|(alias, _)| alias.as_str()));
        SeenCircuit { account, client_service, circuit }
    });
    let authorities = app
        .authorities
        .all()
        .filter_map(|authority| Some((authority.tsa.name().to_owned(), authority.away()?)));
    Ok(Seen {
        circuits: circuits.collect(),
        authorities: authorities.collect(),
        sources: sources_away(app),
        for_tests: if app.is_for_this_machine {
            Vec::new()
        } else {
            test_authorities::found(app).await?
        },
        credentials: credentials(app, &services).await?,
        usage: usage::by_company(app).await?,
        excesses: app.excesses.all(app.now()),
        backlog: by_our_clock(app, app.reports.backlog().await?),
        overdue: preservation::overdue(app).await?,
        clock_ms: clock::too_far_apart(app).await?.or_else(|| app.steady.jumped_ms()),
    })
}

/// Where nothing of use is told of certificates.
fn sources_away(app: &App) -> Vec<(String, Away)> {
    let all = app.evidence.all().into_iter();
    all.filter_map(|source| Some((source.place.url.clone(), source.available.away()?))).collect()
}

/// Times at which messages are due are of the clock that replicas agree on; alarms are decided, and read, by ours.
fn by_our_clock(app: &App, backlog: Backlog) -> Backlog {
    let ahead_ms = app.now().unix_ms().saturating_sub(app.steady_now().unix_ms());
    let oldest_message = backlog.oldest_message.map(|oldest| oldest.plus_ms(ahead_ms));
    Backlog { oldest_message, ..backlog }
}

/// The credentials that active client services seal with. An old one after its renewal is no reason
/// for alarm.
async fn credentials(app: &App, services: &[ClientService]) -> Result<Vec<UsedCredential>, Error> {
    let grants = app.reports.access_grants().await?;
    let quarantined = app.reader.quarantined_keys().await?;
    let mut all = Vec::new();
    for credential in app.reader.credentials().await? {
        let users: Vec<&ClientService> = services
            .iter()
            .filter(|service| {
                service.credential == Some(credential.id)
                    && service.status == ClientServiceStatus::Active
            })
            .collect();
        if users.is_empty() || credential.status != CredentialStatus::Active {
            continue;
        }
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice));
        let Ok(chain) = chain else { continue };
        let grant = match grants.iter().find(|(id, _)| *id == credential.id) {
            None => None,
            Some((id, grant)) => {
                Some((*grant, app.reports.sealed_with_credential(*id, grant.granted).await?))
            }
        };
        let mut companies: Vec<_> = users.iter().map(|service| service.issuer).collect();
        companies.sort_unstable();
        companies.dedup();
        all.push(UsedCredential {
            alias: credential.alias,
            subject: ends_first(&chain).subject(),
            not_after: ends_first(&chain).not_after(),
            ending: app.calendar.chain(&chain, chain.signing().default_signature()),
            grant,
            quarantined: quarantined
                .iter()
                .find(|it| it.key == PublicKey::of(chain.signing()).fingerprint())
                .map(|it| it.since),
            companies,
            client_services: users.iter().map(|service| service.id).collect(),
        });
    }
    Ok(all)
}
