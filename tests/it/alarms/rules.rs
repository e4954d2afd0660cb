//! When there is something to tell, by data and time alone.

use chancery::app::{AlarmsConfig, Circuit};
use chancery::domain::alarm::Alarm;
use chancery::domain::company::{Company, CompanyStatus};
use chancery::domain::ids::{ClientServiceId, CompanyId};
use chancery::domain::instant::Instant;
use chancery::domain::usage::{AccessGrant, UsageLimit};
use chancery::pki::calendar::AlgorithmEnd;
use chancery::store::alarms::Backlog;
use chancery::workflow::alarms::rules::{Seen, SeenCircuit, Standing, UsedCredential, standing};
use chancery::workflow::usage::CompanyUsage;

const DAY_MS: i64 = 86_400_000;
const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

fn config() -> AlarmsConfig {
    crate::support::service::Setup::new().config.alarms
}

/// Names of what stands, those to be told with a star.
fn names(seen: &Seen, at: Instant) -> Vec<String> {
    let mark = |it: &Standing| if it.alarm.is_some() { "*" } else { "" };
    standing(seen, &config(), at).iter().map(|it| format!("{}{}", it.name, mark(it))).collect()
}

fn days(days: i64) -> Instant {
    AT.plus_ms(days * DAY_MS)
}

fn credential(grant: Option<(AccessGrant, u64)>) -> Seen {
    let used = UsedCredential {
        alias: "acme".to_owned(),
        subject: "CN=ACME".to_owned(),
        not_after: AT,
        ending: None,
        grant,
        quarantined: None,
        companies: vec![CompanyId::from_i64(1)],
        client_services: vec![ClientServiceId::from_i64(2)],
    };
    Seen { credentials: vec![used], ..Seen::default() }
}

#[test]
fn a_key_in_quarantine_is_told_every_day() {
    let mut seen = credential(None);
    let early = days(-100);
    assert!(names(&seen, early).is_empty());
    seen.credentials[0].quarantined = Some(early);
    assert_eq!(names(&seen, early), ["key:acme/quarantined*"]);
    let told = standing(&seen, &config(), early).remove(0);
    assert_eq!(told.repeat_ms, Some(DAY_MS));
}

#[test]
fn certificates_end_in_steps() {
    let seen = credential(None);
    assert!(names(&seen, days(-60).plus_ms(-1)).is_empty());
    assert_eq!(names(&seen, days(-60)), ["credential:acme/60*"]);
    let late = ["credential:acme/14*", "credential:acme/30", "credential:acme/60"];
    assert_eq!(names(&seen, days(-12)), late, "who begins late is told the step reached");
    assert_eq!(names(&seen, AT)[0], "credential:acme/1*", "its last instant is valid");
    assert_eq!(names(&seen, AT.plus_ms(1))[0], "credential:acme/expired*");
    let told = &standing(&seen, &config(), days(-30))[0];
    let Some(Alarm::CredentialExpiring { days: 30, not_after: AT, .. }) = &told.alarm else {
        panic!("{told:?}")
    };
    assert_eq!((told.companies.len(), told.client_services.len()), (1, 1));
    let none = AlarmsConfig { expiry_days: Vec::new(), ..config() };
    let end = standing(&seen, &none, AT.plus_ms(1));
    assert_eq!(end.len(), 1, "the end itself is told whatever the steps are");
}

/// An algorithm that ends before the certificate does is told in the same steps.
#[test]
fn algorithms_end_in_steps() {
    let with = |until: Instant| {
        let mut seen = credential(None);
        let (what, source) = ("RSA-2048".to_owned(), "ETSI TS 119 312".to_owned());
        seen.credentials[0].ending = Some(AlgorithmEnd { what, until, source });
        move |at: Instant| {
            let mut names = names(&seen, at);
            names.retain(|name| name.starts_with("algorithm"));
            names
        }
    };
    let at = with(days(-100));
    assert!(at(days(-160).plus_ms(-1)).is_empty());
    assert_eq!(at(days(-160)), ["algorithm:acme/60*"]);
    assert_eq!(
        at(days(-107)),
        ["algorithm:acme/7*", "algorithm:acme/14", "algorithm:acme/30", "algorithm:acme/60"]
    );
    assert_eq!(at(days(-100).plus_ms(1))[0], "algorithm:acme/ended*");
    let later = with(days(1));
    assert!(later(AT).is_empty(), "the certificate ends before");
}

#[test]
fn grants_end_by_time_and_by_count() {
    let grant = AccessGrant { granted: days(-400), expires: days(-300), signatures: 1000 };
    let at = |now: Instant, used: u64| {
        let mut names = names(&credential(Some((grant, used))), now);
        names.retain(|name| name.starts_with("grant"));
        names
    };
    assert!(at(days(-307).plus_ms(-1), 899).is_empty());
    assert_eq!(at(days(-307), 0), ["grant:acme/ending*"]);
    assert_eq!(at(days(-350), 900), ["grant:acme/used*"]);
    assert_eq!(at(days(-350), 1000), ["grant:acme/ended*", "grant:acme/used"]);
    assert_eq!(at(days(-300), 0), ["grant:acme/ended*", "grant:acme/ending"]);
    let daily = standing(&credential(Some((grant, 950))), &config(), days(-301));
    assert!(daily.iter().all(|it| it.repeat_ms == Some(DAY_MS)), "{daily:?}");
}

#[test]
fn limits_are_near_exceeded_and_over() {
    let company = Company {
        id: CompanyId::from_i64(1),
        name: "ACME".to_owned(),
        vat_number: "505767457".to_owned(),
        country_code: "PRT".to_owned(),
        status: CompanyStatus::Active,
        language: None,
        email: None,
        created: AT,
    };
    let limit = UsageLimit { documents: 1000, from: AT, until: days(100) };
    let at = |now: Instant, used: u64| {
        let usage = vec![CompanyUsage { company: company.clone(), used, limit: Some(limit) }];
        let seen = Seen { usage, ..Seen::default() };
        let short = |name: String| name.replace("usage:PRT.505767457/", "");
        names(&seen, now).into_iter().map(short).collect::<Vec<_>>()
    };
    assert!(at(days(79), 799).is_empty());
    assert_eq!(at(days(1), 800), ["documents*"]);
    assert_eq!(at(days(1), 1000), ["documents*"], "what was subscribed to may be used");
    assert_eq!(at(days(1), 1001), ["exceeded*", "documents"]);
    assert_eq!(at(days(80), 0), ["period*"]);
    let usage = vec![CompanyUsage { company: company.clone(), used: 7, limit: Some(limit) }];
    let near = standing(&Seen { usage, ..Seen::default() }, &config(), days(80)).remove(0).alarm;
    let until = limit.until;
    let company_name = company.name.clone();
    assert_eq!(
        near,
        Some(Alarm::PeriodNear {
            company: company_name,
            percent: 80,
            used: 7,
            limit: 1000,
            period_end: until,
        }),
        "of the time, not of the documents"
    );
    assert_eq!(at(days(101), 0), ["ended*", "period"]);
}

#[test]
fn what_waits_or_is_closed_is_told_after_a_while() {
    let minutes = |minutes: i64| AT.plus_ms(minutes * 60_000);
    let backlog = Backlog {
        messages: 3,
        oldest_message: Some(AT),
        operations: 2,
        oldest_operation: Some(minutes(1)),
        crashing: 0,
    };
    let circuit = Circuit {
        revision: 0,
        since: AT,
        rests_until: AT,
        failures: 1,
        words: "535 5.7.8 no".to_owned(),
    };
    let own = SeenCircuit {
        account: "shop".to_owned(),
        client_service: Some(("shop".to_owned(), CompanyId::from_i64(1))),
        circuit: circuit.clone(),
    };
    let house = SeenCircuit { account: "https://a.test".to_owned(), client_service: None, circuit };
    let seen = Seen { backlog, circuits: vec![house, own], ..Seen::default() };
    assert!(names(&seen, minutes(4)).is_empty());
    assert_eq!(names(&seen, minutes(5)), ["smtp/closed*", "smtp:shop/closed*"]);
    assert_eq!(names(&seen, minutes(15))[2..], ["queue/messages*"]);
    assert_eq!(names(&seen, minutes(16))[2..], ["queue/messages*", "queue/operations*"]);
    let seen = Seen { backlog: Backlog { crashing: 1, ..Backlog::default() }, ..Seen::default() };
    assert_eq!(names(&seen, minutes(0)), ["queue/crashes*"]);
}
