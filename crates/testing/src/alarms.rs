//! An alarm of every kind, for letters and pages that tell them.

use chancery_engine::domain::alarm::Alarm;
use chancery_engine::domain::instant::Instant;

/// When they happen.
pub const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

/// Every alarm.
pub fn alarms() -> Vec<Alarm> {
    let (alias, subject) = ("seal <1>".to_owned(), "CN=Sample e-Seal".to_owned());
    let company = "Sample & Sons".to_owned();
    let expiring = |days| Alarm::CredentialExpiring {
        alias: alias.clone(),
        subject: subject.clone(),
        not_after: AT,
        days,
    };
    vec![
        expiring(0),
        expiring(1),
        expiring(30),
        Alarm::CredentialExpired { alias: alias.clone(), subject, not_after: AT },
        Alarm::AlgorithmEnding {
            alias: alias.clone(),
            what: "RSA-2048".to_owned(),
            source: "ETSI TS 119 312".to_owned(),
            until: AT,
            days: 30,
        },
        Alarm::AlgorithmEnded {
            alias: alias.clone(),
            what: "RSA-2048".to_owned(),
            source: "ETSI TS 119 312".to_owned(),
            until: AT,
        },
        Alarm::GrantEnding { alias: alias.clone(), ends: AT },
        Alarm::GrantEnded { alias: alias.clone(), ends: AT },
        Alarm::GrantUsed { alias: alias.clone(), percent: 91 },
        Alarm::KeyQuarantined { alias, since: AT },
        Alarm::UsageNear { company: company.clone(), used: 4000, limit: 5000, period_end: AT },
        Alarm::PeriodNear {
            company: company.clone(),
            percent: 81,
            used: 4000,
            limit: 5000,
            period_end: AT,
        },
        Alarm::UsageExceeded { company: company.clone(), used: 5001, limit: 5000, period_end: AT },
        Alarm::UsageEnded { company, used: 4000, limit: 5000, period_end: AT },
        Alarm::MailClosed {
            account: "system".into(),
            since: AT,
            last_words: "535 5.7.8 no\r\nsuch {user}".into(),
        },
        Alarm::AuthorityAway {
            name: "second <1>".into(),
            since: AT,
            last_words: "it answered HTTP 503".into(),
        },
        Alarm::EvidenceOverdue { oldest: AT },
        Alarm::RenewalOverdue { ends: AT },
        Alarm::SourceAway {
            address: "http://ocsp.example/<1>".into(),
            since: AT,
            last_words: "it answered HTTP 503".into(),
        },
        Alarm::CredentialRevoked {
            alias: "seal <1>".into(),
            since: AT,
            last_words: "CN=Seal {user} was revoked on 2026-11-01".into(),
        },
        Alarm::TestAuthority { what: "credential seal <1>".into() },
        Alarm::MailsAtLimit {
            client: "shop <1>".into(),
            domain: "customer.example".into(),
            limit: 5000,
            free: AT,
        },
        Alarm::LoginsFailing {
            who: "shop <1>".into(),
            failures: 5000,
            since: AT,
            address: "2001:db8::".into(),
        },
        Alarm::SignInsFailing {
            who: "ana <1>".into(),
            failures: 5000,
            since: AT,
            address: "2001:db8::".into(),
        },
        Alarm::SealsWithheld {
            alias: "seal <1>".into(),
            since: AT,
            last_words: "it does not cover {user}".into(),
        },
        Alarm::QueueOld { oldest: AT, waiting: 12_345 },
        Alarm::OperationsOld { oldest: AT, waiting: 12_345 },
        Alarm::OperationsCrash { waiting: 12_345 },
        Alarm::ClockWrong { seconds: 12_345 },
    ]
}
