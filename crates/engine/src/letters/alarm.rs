//! Letters that are not for clients to change: the test of a mail account, and what operators are
//! told before or when something stops.

use super::defaults::framed;
use super::locale::Locale;
use super::template::{Rendered, escaped, one_line};
use super::words::{LetterWords, words};
use crate::domain::alarm::Alarm;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::usage::percent;

/// A mail that proves an account can send.
#[derive(Clone, Debug)]
pub struct TestMail {
    /// What the account is called: the alias of a client service, or the system's.
    pub account: String,
    pub sent: Instant,
}

/// Names in braces and what stands for them.
type Facts = Vec<(&'static str, String)>;

/// The letter of a test.
#[must_use]
pub fn test_mail(language: Language, test: &TestMail) -> Rendered {
    let facts = vec![("account", test.account.clone()), ("date", Locale(language).time(test.sent))];
    let LetterWords { subject, paragraphs } = words(language).test;
    letter(language, subject, paragraphs, &facts)
}

/// The letter of an alarm.
#[must_use]
pub fn alarm(language: Language, alarm: &Alarm) -> Rendered {
    let locale = Locale(language);
    let words = &words(language).alarm;
    let (letter_words, facts): (&LetterWords, Facts) = match alarm {
        Alarm::CredentialExpiring { alias, subject, not_after, days } => {
            let [today, tomorrow, later] = words.expiring;
            let headline = match days {
                0 => today,
                1 => tomorrow,
                _ => later,
            };
            let mut facts = certificate(locale, alias, subject, *not_after);
            facts.push(("days", locale.number(u64::from(*days))));
            return letter(language, headline, words.expiring_text, &facts);
        }
        Alarm::CredentialExpired { alias, subject, not_after } => {
            (&words.expired, certificate(locale, alias, subject, *not_after))
        }
        Alarm::AlgorithmEnding { alias, what, source, until, days } => {
            let mut facts = algorithm(locale, alias, what, source, *until);
            facts.push(("days", locale.number(u64::from(*days))));
            (&words.algorithm_ending, facts)
        }
        Alarm::AlgorithmEnded { alias, what, source, until } => {
            (&words.algorithm_ended, algorithm(locale, alias, what, source, *until))
        }
        Alarm::GrantEnding { alias, ends } => {
            (&words.grant_ending, vec![("alias", alias.clone()), ("date", locale.day(*ends))])
        }
        Alarm::GrantEnded { alias, ends } => {
            (&words.grant_ended, vec![("alias", alias.clone()), ("date", locale.day(*ends))])
        }
        Alarm::GrantUsed { alias, percent } => {
            (&words.grant_used, vec![("alias", alias.clone()), ("percent", percent.to_string())])
        }
        Alarm::KeyQuarantined { alias, since } => {
            (&words.key_quarantined, vec![("alias", alias.clone()), ("date", locale.time(*since))])
        }
        Alarm::UsageNear { company, used, limit, period_end } => {
            (&words.usage_near, usage(locale, company, (*used, *limit), *period_end))
        }
        Alarm::PeriodNear { company, percent, used, limit, period_end } => {
            let mut facts = usage(locale, company, (*used, *limit), *period_end);
            // Of the time, not of the documents.
            facts.retain(|(name, _)| *name != "percent");
            facts.push(("percent", percent.to_string()));
            (&words.period_near, facts)
        }
        Alarm::UsageExceeded { company, used, limit, period_end } => {
            (&words.usage_exceeded, usage(locale, company, (*used, *limit), *period_end))
        }
        Alarm::UsageEnded { company, used, limit, period_end } => {
            (&words.usage_ended, usage(locale, company, (*used, *limit), *period_end))
        }
        Alarm::MailClosed { account, since, last_words } => {
            (&words.mail_closed, silent(locale, ("account", account), *since, last_words))
        }
        Alarm::AuthorityAway { name, since, last_words } => {
            (&words.authority_away, silent(locale, ("name", name), *since, last_words))
        }
        Alarm::SourceAway { address, since, last_words } => {
            (&words.source_away, silent(locale, ("name", address), *since, last_words))
        }
        Alarm::CredentialRevoked { alias, since, last_words } => {
            (&words.credential_revoked, silent(locale, ("alias", alias), *since, last_words))
        }
        Alarm::TestAuthority { what } => (&words.test_authority, vec![("what", what.clone())]),
        Alarm::MailsAtLimit { client, domain, limit, free } => (
            &words.mails_at_limit,
            vec![
                ("client", client.clone()),
                ("what", format!("@{}", if domain.is_empty() { "*" } else { domain })),
                ("limit", locale.number(u64::from(*limit))),
                ("date", locale.time(*free)),
            ],
        ),
        Alarm::LoginsFailing { who, failures, since, address } => {
            (&words.logins_failing, failing(locale, (who, *failures), *since, address))
        }
        Alarm::SignInsFailing { who, failures, since, address } => {
            (&words.sign_ins_failing, failing(locale, (who, *failures), *since, address))
        }
        Alarm::SealsWithheld { alias, since, last_words } => {
            (&words.seals_withheld, silent(locale, ("alias", alias), *since, last_words))
        }
        Alarm::QueueOld { oldest, waiting } => (&words.queue_old, late(locale, *oldest, *waiting)),
        Alarm::OperationsOld { oldest, waiting } => {
            (&words.operations_old, late(locale, *oldest, *waiting))
        }
        Alarm::EvidenceOverdue { oldest } => (&words.evidence_overdue, dated(locale, *oldest)),
        Alarm::RenewalOverdue { ends } => (&words.renewal_overdue, dated(locale, *ends)),
        Alarm::OperationsCrash { waiting } => {
            (&words.operations_crash, vec![("waiting", locale.number(*waiting))])
        }
        Alarm::ClockWrong { seconds } => {
            (&words.clock_wrong, vec![("seconds", locale.number(*seconds))])
        }
    };
    letter(language, letter_words.subject, letter_words.paragraphs, &facts)
}

/// Somebody is not let in again and again: since when, and from where the last time.
fn failing(locale: Locale, (who, failures): (&str, u64), since: Instant, address: &str) -> Facts {
    vec![
        ("who", who.to_owned()),
        ("failures", locale.number(failures)),
        ("date", locale.time(since)),
        ("address", address.to_owned()),
    ]
}

/// Somebody does not do what is wanted: since when, and what was heard last.
fn silent(locale: Locale, (who, name): (&'static str, &str), since: Instant, words: &str) -> Facts {
    vec![(who, name.to_owned()), ("date", locale.time(since)), ("words", words.to_owned())]
}

fn dated(locale: Locale, at: Instant) -> Facts {
    vec![("date", locale.time(at))]
}

/// Something waits for too long.
fn late(locale: Locale, oldest: Instant, waiting: u64) -> Facts {
    vec![("date", locale.time(oldest)), ("waiting", locale.number(waiting))]
}

fn certificate(locale: Locale, alias: &str, subject: &str, not_after: Instant) -> Facts {
    vec![
        ("alias", alias.to_owned()),
        ("subject", subject.to_owned()),
        ("date", locale.time(not_after)),
    ]
}

fn algorithm(locale: Locale, alias: &str, what: &str, source: &str, until: Instant) -> Facts {
    vec![
        ("alias", alias.to_owned()),
        ("what", what.to_owned()),
        ("source", source.to_owned()),
        ("date", locale.day(until)),
    ]
}

fn usage(locale: Locale, company: &str, (used, limit): (u64, u64), period_end: Instant) -> Facts {
    vec![
        ("company", company.to_owned()),
        ("used", locale.number(used)),
        ("limit", locale.number(limit)),
        ("percent", percent(used, limit).to_string()),
        ("date", locale.day(period_end)),
    ]
}

fn letter(language: Language, subject: &str, paragraphs: &[&str], facts: &Facts) -> Rendered {
    let subject = one_line(&filled(subject, facts));
    let footer = words(language).footer_alarm;
    let told: Vec<String> =
        paragraphs.iter().map(|paragraph| plain(&filled(paragraph, facts))).collect();
    let text = format!("{}\n\n-- \n{footer}\n", told.join("\n\n"));
    let body: Vec<String> = told
        .iter()
        .map(|paragraph| format!("<p style=\"margin: 0 0 16px;\">{}</p>", escaped(paragraph)))
        .collect();
    let title = escaped(&subject);
    let html = framed(language, &title, &title, &body.join("\n"), &escaped(footer));
    Rendered { subject, text, html }
}

/// A server's words may hold anything.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The words with each `{name}` replaced; what is put in is not looked at again.
#[must_use]
pub fn filled(words: &str, facts: &[(&'static str, String)]) -> String {
    let mut text = String::with_capacity(words.len() * 2);
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        let fact = facts.iter().find(|(known, _)| *known == name);
        text.push_str(fact.map(|(_, fact)| fact.as_str()).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}
