//! Raising and clearing, on both databases.

use chancery::domain::alarm::Alarm;
use chancery::domain::delivery::{DeliveryStatus, MailAddress, Tried, Verdict};
use chancery::domain::ids::{CompanyId, CredentialId, EventId, MessageId};
use chancery::domain::instant::Instant;
use chancery::domain::outbox::{Message, MessageKind, Next, Target};
use chancery::domain::usage::{AccessGrant, UsageLimit};
use chancery::store::Store;
use chancery::store::alarms::{IS_OVER, NewAlarm};

use crate::store::{company, issuer, sqlite, store};
use crate::support::outbox::lease_due_mails;
use crate::support::postgres::Postgres;

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);
const HOUR_MS: i64 = 3_600_000;

fn message(number: i64) -> Message {
    let address = MailAddress::parse("night@example.com").unwrap();
    Message {
        id: MessageId::from_i64(number),
        kind: MessageKind::Alarm,
        client_service: None,
        operation: None,
        target: Target::Mail { address, language: None },
        position: 0,
        attach: false,
        links_only: false,
        content: Some("{}".to_owned()),
        mail_id: None,
        status: DeliveryStatus::Pending,
        tries: 0,
        next: Some(AT),
        created: AT,
        released: Some(AT),
        ended: None,
        last_reply: None,
        link_expires: None,
        link_revoked: None,
        opened: None,
    }
}

fn alarm(name: &str, at: Instant) -> NewAlarm<'_> {
    NewAlarm {
        name,
        content: "{}",
        cleared_before: None,
        quiet_since: at.plus_ms(-HOUR_MS),
        told_before: None,
    }
}

async fn one_of_many_raises(store: &Store) {
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=8 {
        let store = store.clone();
        tasks.spawn(async move {
            store.raise_alarm(&alarm("race", AT), &[message(number)], &[], AT).await.unwrap()
        });
    }
    let raised = tasks.join_all().await.into_iter().filter(|raised| *raised).count();
    assert_eq!(raised, 1);
    let backlog = store.reports().backlog().await.unwrap();
    assert_eq!((backlog.messages, backlog.oldest_message), (1, Some(AT)), "those of who raised");
    assert_eq!((backlog.operations, backlog.oldest_operation), (0, None));
}

async fn cleared_alarms_come_back(store: &Store) {
    let mut number = 100;
    let mut raise = async |new: &NewAlarm<'_>, told: bool, now: Instant| {
        number += 1;
        let messages = if told { vec![message(number)] } else { Vec::new() };
        store.raise_alarm(new, &messages, &[], now).await.unwrap()
    };
    assert!(raise(&alarm("back", AT), true, AT).await);
    let later = AT.plus_ms(HOUR_MS);
    assert!(!raise(&alarm("back", later), true, later).await, "it stands");
    store.clear_alarm("back", (later, later)).await.unwrap();
    let of = |name: &'static str| async move {
        let all = store.reader().alarms().await.unwrap();
        all.into_iter().find(|alarm| alarm.name == name).unwrap()
    };
    assert_eq!(of("back").await.cleared, Some(later));
    let early = AT.plus_ms(HOUR_MS - 1);
    assert!(!raise(&alarm("back", early), true, early).await, "it was told just now");
    let seen = NewAlarm { cleared_before: Some(later), ..alarm("back", later) };
    assert!(!raise(&seen, true, later).await, "what was seen before it was cleared is old");
    let now = later.plus_ms(1);
    assert!(raise(&alarm("back", now), true, now).await);
    let back = of("back").await;
    assert_eq!((back.raised, back.told, back.cleared), (now, Some(now), None));

    // Nobody to tell, then somebody.
    assert!(raise(&alarm("quiet", AT), false, AT).await);
    assert_eq!(of("quiet").await.told, None);
    assert!(!raise(&alarm("quiet", later), false, later).await);
    assert!(raise(&alarm("quiet", later), true, later).await);
    let quiet = of("quiet").await;
    assert_eq!((quiet.raised, quiet.told), (AT, Some(later)));

    // Every hour as long as it stands.
    let hourly = |now: Instant| NewAlarm {
        told_before: Some(now.plus_ms(-HOUR_MS)),
        ..alarm("hourly", now)
    };
    assert!(raise(&hourly(AT), true, AT).await);
    assert!(!raise(&hourly(early), true, early).await);
    assert!(raise(&hourly(later), true, later).await);
    assert!(!raise(&hourly(later), true, later).await);
}

async fn what_is_over_is_not_told(store: &Store) {
    let raise = async |name: &str, numbers: [i64; 2]| {
        let messages = numbers.map(message);
        assert!(store.raise_alarm(&alarm(name, AT), &messages, &[], AT).await.unwrap());
    };
    raise("over", [901, 902]).await;
    raise("still", [903, 904]).await;
    let until = AT.plus_ms(60_000);
    let leased = lease_due_mails(store, (AT, until)).await;
    let (on_its_way, _) = *leased.iter().find(|(_, it)| it.id.as_i64() == 901).unwrap();
    store.begin_attempts(&[on_its_way], AT).await.unwrap();
    store.clear_alarm("over", (AT.plus_ms(1), AT.plus_ms(1))).await.unwrap();

    let state = async |number: i64| {
        let message = store.reader().message(MessageId::from_i64(number)).await.unwrap().unwrap();
        (message.status, message.next, message.last_reply)
    };
    assert_eq!(state(901).await, (DeliveryStatus::Pending, Some(until), None), "it is being sent");
    let over = (DeliveryStatus::SendingFailed, None, Some(IS_OVER.to_owned()));
    assert_eq!(state(902).await, over);
    assert_eq!(state(903).await, (DeliveryStatus::Pending, Some(until), None));
    let taken = Tried::new(Verdict::Accepted, "message", "250 ok");
    let event = EventId::from_i64(1);
    store.record_try(on_its_way, &taken, &Next::Sent, event, AT.plus_ms(2)).await.unwrap();
    assert_eq!(state(901).await.0, DeliveryStatus::Sent);
}

async fn limits_and_grants_are_kept(store: &Store) {
    company(store, &issuer(1)).await;
    let company = CompanyId::from_i64(1);
    let limit = UsageLimit { documents: 9, from: AT, until: AT.plus_ms(HOUR_MS) };
    store.set_usage_limit(company, Some(&limit)).await.unwrap();
    let limit = UsageLimit { documents: u64::MAX, ..limit };
    store.set_usage_limit(company, Some(&limit)).await.unwrap();
    let kept = store.reports().usage_limits().await.unwrap();
    assert_eq!(kept[0].1.documents, i64::MAX.unsigned_abs(), "as many as fit");
    assert_eq!((kept.len(), kept[0].1.until), (1, limit.until));
    store.set_usage_limit(company, None).await.unwrap();
    assert!(store.reports().usage_limits().await.unwrap().is_empty());
    let grant = AccessGrant { granted: AT, expires: limit.until, signatures: 3 };
    let nobody = store.set_access_grant(CredentialId::from_i64(5), &grant, None).await;
    assert!(nobody.is_err(), "a grant is of a credential");
    assert_eq!(store.reports().sealed_of_company(company, AT, limit.until).await.unwrap(), 0);
    assert!(store.reports().sealed_by_day().await.unwrap().is_empty());
}

async fn on(url: String) {
    let store = store(url).await;
    one_of_many_raises(&store).await;
    cleared_alarms_come_back(&store).await;
    what_is_over_is_not_told(&store).await;
    limits_and_grants_are_kept(&store).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let (_folder, url) = sqlite();
    on(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let server = Postgres::start();
    on(server.url()).await;
}

/// What an alarm says survives its way through the database.
#[test]
fn alarms_are_json() {
    let alarm =
        Alarm::UsageNear { company: "ACME, Lda".to_owned(), used: 8, limit: 10, period_end: AT };
    let json = serde_json::to_value(&alarm).unwrap();
    assert_eq!(json["alarm"], "usage-near");
    assert_eq!(json["periodEnd"], AT.unix_ms());
    assert_eq!(serde_json::from_value::<Alarm>(json).unwrap(), alarm);
}
