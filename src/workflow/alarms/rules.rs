//! When there is something to tell: decided from what was seen and the time, and nothing else.

use crate::app::{AlarmsConfig, Away, Circuit, Excess};
use crate::domain::alarm::Alarm;
use crate::domain::ids::{ClientServiceId, CompanyId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::usage::{AccessGrant, percent};
use crate::pki::calendar::AlgorithmEnd;
use crate::store::alarms::Backlog;
use crate::workflow::preservation::Overdue;
use crate::workflow::usage::CompanyUsage;

/// A permission to use a credential is told about from this many days before its end.
const GRANT_DAYS: i64 = 7;

/// And above this part of its signatures.
const GRANT_PERCENT: u64 = 90;

/// A limit is told about from this part of it.
const USAGE_PERCENT: u64 = 80;

/// Everything that alarms are decided from.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Credentials that active client services seal with.
    pub credentials: Vec<UsedCredential>,
    /// Companies with a limit and without.
    pub usage: Vec<CompanyUsage>,
    /// Mail servers that refuse everybody.
    pub circuits: Vec<SeenCircuit>,
    /// Time-stamp authorities that give no tokens, by name.
    pub authorities: Vec<(String, Away)>,
    /// Addresses where nothing of use is told of certificates.
    pub sources: Vec<(String, Away)>,
    /// What is of a test authority where it should not be: credentials and settings.
    pub for_tests: Vec<String>,
    /// What somebody does too much of, by the name of its alarm.
    pub excesses: Vec<(String, Excess)>,
    /// What waits.
    pub backlog: Backlog,
    /// What of preservation is overdue.
    pub overdue: Overdue,
    /// Milliseconds by which this machine's clock jumped or is too far from the database's.
    pub clock_ms: Option<i64>,
}

/// A credential in use.
#[derive(Clone, Debug)]
pub struct UsedCredential {
    /// Operator's name for it.
    pub alias: String,
    /// Of the certificate of its path that ends first.
    pub subject: String,
    /// Of the same.
    pub not_after: Instant,
    /// What ends first of the algorithms and keys that its seals stand on.
    pub ending: Option<AlgorithmEnd>,
    /// The authority's permission and how many signatures were made since; `None` where no authority
    /// asks for one.
    pub grant: Option<(AccessGrant, u64)>,
    /// Since when its key is in quarantine.
    pub quarantined: Option<Instant>,
    /// Whose client services use it.
    pub companies: Vec<CompanyId>,
    /// Which do.
    pub client_services: Vec<ClientServiceId>,
}

/// A mail server that refuses everybody.
#[derive(Clone, Debug)]
pub struct SeenCircuit {
    /// What the letter calls it.
    pub account: String,
    /// Alias of the client service whose server it is, and its company; `None` for the installation's.
    pub client_service: Option<(String, CompanyId)>,
    /// Since when, and why.
    pub circuit: Circuit,
}

/// Something that is the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is about and the step, such as `credential:acme-2026/30`.
    pub name: String,
    /// What to tell; `None` for a step that a later one has overtaken.
    pub alarm: Option<Alarm>,
    /// Tell it every so many milliseconds as long as it stands; `None`: once.
    pub repeat_ms: Option<i64>,
    /// Since when, where that is known to this process only.
    pub seen_since: Option<Instant>,
    /// Companies that are told beside the installation's operators.
    pub companies: Vec<CompanyId>,
    /// Client services whose webhooks are told.
    pub client_services: Vec<ClientServiceId>,
}

impl Standing {
    fn new(name: String, alarm: Option<Alarm>, companies: &[CompanyId]) -> Self {
        Self {
            name,
            alarm,
            repeat_ms: None,
            seen_since: None,
            companies: companies.to_vec(),
            client_services: Vec::new(),
        }
    }

    fn daily(self) -> Self {
        Self { repeat_ms: Some(DAY_MS), ..self }
    }
}

/// Everything that is the case at an instant.
#[must_use]
pub fn standing(seen: &Seen, config: &AlarmsConfig, at: Instant) -> Vec<Standing> {
    let mut all = Vec::new();
    for used in &seen.credentials {
        all.extend(expiry(used, &config.expiry_days, at));
        all.extend(algorithm(used, &config.expiry_days, at));
        all.extend(grant(used, at));
        all.extend(quarantined(used));
    }
    for company in &seen.usage {
        all.extend(usage(company, at));
    }
    all.extend(seen.circuits.iter().filter_map(|it| circuit(it, config.circuit_ms, at)));
    let away = |(name, away): &(String, Away)| authority(name, away, config.circuit_ms, at);
    all.extend(seen.authorities.iter().filter_map(away));
    let away = |(address, away): &(String, Away)| source(address, away, config.circuit_ms, at);
    all.extend(seen.sources.iter().filter_map(away));
    all.extend(seen.for_tests.iter().map(|what| for_tests(what)));
    all.extend(seen.excesses.iter().map(|(name, excess)| {
        let companies: Vec<CompanyId> = excess.company.into_iter().collect();
        let standing = Standing::new(name.clone(), Some(excess.alarm.clone()), &companies);
        Standing { seen_since: Some(excess.since), ..standing }
    }));
    all.extend(messages(&seen.backlog, config.queue_age_ms, at));
    all.extend(operations(&seen.backlog, config.operation_age_ms, at));
    all.extend(crashes(&seen.backlog));
    all.extend(preservation(&seen.overdue));
    all.extend(seen.clock_ms.map(clock));
    all
}

/// The steps of a certificate's end. Only the last one reached is told: who starts to look late is not
/// told what was to be told before.
fn expiry(used: &UsedCredential, steps: &[u32], at: Instant) -> Vec<Standing> {
    let UsedCredential { alias, subject, not_after, .. } = used;
    let expired = at > *not_after;
    let steps = reached(steps, *not_after, at);
    let (alias, subject, not_after) = (alias.clone(), subject.clone(), *not_after);
    let last = if expired {
        Some(Alarm::CredentialExpired { alias, subject, not_after })
    } else {
        let days = day_of(not_after).saturating_sub(day_of(at));
        let days = u32::try_from(days).unwrap_or_default();
        Some(Alarm::CredentialExpiring { alias, subject, not_after, days })
    };
    let names = expired
        .then(|| "expired".to_owned())
        .into_iter()
        .chain(steps.iter().map(ToString::to_string))
        .map(|step| format!("credential:{}/{step}", used.alias));
    names
        .zip(std::iter::once(last).chain(std::iter::repeat(None)))
        .map(|(name, alarm)| Standing {
            client_services: used.client_services.clone(),
            ..Standing::new(name, alarm, &used.companies)
        })
        .collect()
}

/// The steps of an algorithm's end, where it comes before that of the certificate.
fn algorithm(used: &UsedCredential, steps: &[u32], at: Instant) -> Vec<Standing> {
    let Some(ending) = used.ending.as_ref().filter(|ending| ending.until < used.not_after) else {
        return Vec::new();
    };
    let AlgorithmEnd { what, until, source } = ending;
    let (alias, what, source) = (used.alias.clone(), what.clone(), source.clone());
    let ended = at > *until;
    let last = if ended {
        Alarm::AlgorithmEnded { alias, what, source, until: *until }
    } else {
        let days = day_of(*until).saturating_sub(day_of(at));
        let days = u32::try_from(days).unwrap_or_default();
        Alarm::AlgorithmEnding { alias, what, source, until: *until, days }
    };
    let names = ended.then(|| "ended".to_owned()).into_iter();
    names
        .chain(reached(steps, *until, at).iter().map(ToString::to_string))
        .map(|step| format!("algorithm:{}/{step}", used.alias))
        .zip(std::iter::once(Some(last)).chain(std::iter::repeat(None)))
        .map(|(name, alarm)| Standing::new(name, alarm, &used.companies))
        .collect()
}

/// The steps before an end that are reached, the last one first.
fn reached(steps: &[u32], end: Instant, at: Instant) -> Vec<u32> {
    let reached = |days: &u32| at >= end.plus_ms(-i64::from(*days).saturating_mul(DAY_MS));
    let mut steps: Vec<u32> = steps.iter().copied().filter(reached).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The authority's permission: every day of its last week, every day when little of its count is left,
/// and once when it is over.
fn grant(used: &UsedCredential, at: Instant) -> Vec<Standing> {
    let Some((grant, signatures)) = used.grant else { return Vec::new() };
    let alias = || used.alias.clone();
    let standing = |step: &str, alarm| {
        Standing::new(format!("grant:{}/{step}", used.alias), alarm, &used.companies)
    };
    let ends = grant.expires;
    let over = at >= ends || signatures >= grant.signatures;
    let mut all = Vec::new();
    if over {
        all.push(standing("ended", Some(Alarm::GrantEnded { alias: alias(), ends })));
    }
    if at >= ends.plus_ms(-GRANT_DAYS * DAY_MS) {
        let alarm = (!over).then(|| Alarm::GrantEnding { alias: alias(), ends });
        all.push(standing("ending", alarm).daily());
    }
    let percent = percent(signatures, grant.signatures);
    if percent >= GRANT_PERCENT {
        let percent = u8::try_from(percent).unwrap_or(u8::MAX);
        let alarm = (!over).then(|| Alarm::GrantUsed { alias: alias(), percent });
        all.push(standing("used", alarm).daily());
    }
    all
}

/// A key that is not used until somebody releases it: told daily.
fn quarantined(used: &UsedCredential) -> Option<Standing> {
    let alarm = Alarm::KeyQuarantined { alias: used.alias.clone(), since: used.quarantined? };
    let name = format!("key:{}/quarantined", used.alias);
    Some(Standing::new(name, Some(alarm), &used.companies).daily())
}

/// What a company subscribed to: near its end by documents or by time, exceeded, or over.
fn usage(company: &CompanyUsage, at: Instant) -> Vec<Standing> {
    let CompanyUsage { company, used, limit: Some(limit) } = company else { return Vec::new() };
    let standing = |step: &str, alarm| {
        let name = format!("usage:{}.{}/{step}", company.country_code, company.vat_number);
        Standing::new(name, alarm, &[company.id])
    };
    let (name, used, most, period_end) =
        (|| company.name.clone(), *used, limit.documents, limit.until);
    let mut all = Vec::new();
    let exceeded = used > most;
    if exceeded {
        let alarm = Alarm::UsageExceeded { company: name(), used, limit: most, period_end };
        all.push(standing("exceeded", Some(alarm)));
    }
    if percent(used, most) >= USAGE_PERCENT {
        let near = || Alarm::UsageNear { company: name(), used, limit: most, period_end };
        all.push(standing("documents", (!exceeded).then(near)));
    }
    let (gone, whole) = (elapsed(limit.from, at), elapsed(limit.from, limit.until));
    let over = at > limit.until;
    if over {
        let alarm = Alarm::UsageEnded { company: name(), used, limit: most, period_end };
        all.push(standing("ended", Some(alarm)));
    }
    let percent = percent(gone, whole);
    if percent >= USAGE_PERCENT {
        let percent = u8::try_from(percent).unwrap_or(u8::MAX);
        let company = name();
        let near = || Alarm::PeriodNear { company, percent, used, limit: most, period_end };
        all.push(standing("period", (!over).then(near)));
    }
    all
}

fn circuit(seen: &SeenCircuit, patience_ms: i64, at: Instant) -> Option<Standing> {
    let Circuit { since, words, .. } = &seen.circuit;
    if at < since.plus_ms(patience_ms) {
        return None;
    }
    let owner = seen.client_service.as_ref();
    let company: Vec<CompanyId> = owner.iter().map(|(_, company)| *company).collect();
    let account = seen.account.clone();
    let alarm = Alarm::MailClosed { account, since: *since, last_words: words.clone() };
    let standing = Standing::new(circuit_name(owner), Some(alarm), &company);
    Some(Standing { seen_since: Some(*since), ..standing })
}

fn authority(name: &str, away: &Away, patience_ms: i64, at: Instant) -> Option<Standing> {
    if at < away.since.plus_ms(patience_ms) {
        return None;
    }
    let (since, last_words) = (away.since, away.words.clone());
    let alarm = Alarm::AuthorityAway { name: name.to_owned(), since, last_words };
    let standing = Standing::new(authority_name(name), Some(alarm), &[]);
    Some(Standing { seen_since: Some(since), ..standing })
}

fn source(address: &str, away: &Away, patience_ms: i64, at: Instant) -> Option<Standing> {
    if at < away.since.plus_ms(patience_ms) {
        return None;
    }
    let (since, last_words) = (away.since, away.words.clone());
    let alarm = Alarm::SourceAway { address: address.to_owned(), since, last_words };
    let standing = Standing::new(source_name(address), Some(alarm), &[]);
    Some(Standing { seen_since: Some(since), ..standing })
}

/// Something of a test authority where others rely on it: told daily.
fn for_tests(what: &str) -> Standing {
    let alarm = Alarm::TestAuthority { what: what.to_owned() };
    Standing::new(for_tests_name(what), Some(alarm), &[]).daily()
}

/// How the alarm about something of a test authority is called.
pub(super) fn for_tests_name(what: &str) -> String {
    format!("test-authority:{what}")
}

/// How the alarm about an address is called where something is told of certificates.
pub(super) fn source_name(address: &str) -> String {
    format!("revocation:{address}/away")
}

/// How the alarm about a time-stamp authority is called.
pub(super) fn authority_name(name: &str) -> String {
    format!("timestamp:{name}/away")
}

/// Whether an alarm is about what one process knows alone: only that one says when it is over.
pub(super) fn is_of_process(name: &str) -> bool {
    [
        "smtp",
        "test-authority:",
        "timestamp:",
        "revocation:",
        "mails:",
        "login",
        "sign-in",
        "seals:",
        "revoked:",
        CLOCK,
    ]
    .iter()
    .any(|beginning| name.starts_with(beginning))
}

/// How the alarm about a mail server is called.
pub(super) fn circuit_name(owner: Option<&(String, CompanyId)>) -> String {
    owner.map_or_else(|| "smtp/closed".to_owned(), |(alias, _)| format!("smtp:{alias}/closed"))
}

fn messages(backlog: &Backlog, age_ms: i64, at: Instant) -> Option<Standing> {
    let oldest = backlog.oldest_message.filter(|oldest| at >= oldest.plus_ms(age_ms))?;
    let alarm = Alarm::QueueOld { oldest, waiting: backlog.messages };
    Some(Standing::new("queue/messages".to_owned(), Some(alarm), &[]))
}

fn operations(backlog: &Backlog, age_ms: i64, at: Instant) -> Option<Standing> {
    let oldest = backlog.oldest_operation.filter(|oldest| at >= oldest.plus_ms(age_ms))?;
    let alarm = Alarm::OperationsOld { oldest, waiting: backlog.operations };
    Some(Standing::new("queue/operations".to_owned(), Some(alarm), &[]))
}

/// Preserved documents without evidence, and evidence that is not renewed: told daily.
fn preservation(overdue: &Overdue) -> Vec<Standing> {
    let evidence = overdue.evidence.map(|oldest| {
        let alarm = Alarm::EvidenceOverdue { oldest };
        Standing::new("preservation/evidence".to_owned(), Some(alarm), &[]).daily()
    });
    let renewal = overdue.renewal.map(|ends| {
        let alarm = Alarm::RenewalOverdue { ends };
        Standing::new("preservation/renewal".to_owned(), Some(alarm), &[]).daily()
    });
    evidence.into_iter().chain(renewal).collect()
}

/// Operations at which processes end again and again.
fn crashes(backlog: &Backlog) -> Option<Standing> {
    let alarm = Alarm::OperationsCrash { waiting: backlog.crashing };
    let standing = || Standing::new("queue/crashes".to_owned(), Some(alarm), &[]);
    (backlog.crashing > 0).then(standing)
}

/// How the alarm about the machine's clock is called.
pub(super) const CLOCK: &str = "clock/wrong";

fn clock(by_ms: i64) -> Standing {
    let alarm = Alarm::ClockWrong { seconds: by_ms.unsigned_abs() / 1000 };
    Standing::new(CLOCK.to_owned(), Some(alarm), &[])
}

/// Days since 1970, UTC.
const fn day_of(at: Instant) -> i64 {
    at.unix_ms().div_euclid(DAY_MS)
}

fn elapsed(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.unix_ms().saturating_sub(from.unix_ms())).unwrap_or_default()
}
