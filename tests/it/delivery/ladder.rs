//! When a mail is tried again, and when not. Days pass on a clock of the test's own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chancery::domain::delivery::DeliveryStatus::{Pending, SendingError, SendingFailed, Sent};

use sqlx::{Connection as _, SqliteConnection};

use super::{DAY, HOUR, House, MINUTE, address};
use crate::support::service::run;
use crate::support::smtp::{Act, Greylist, Script, Step};

fn about(wait: i64, nominal: i64) -> bool {
    (nominal * 8 / 10..=nominal * 12 / 10).contains(&wait)
}

/// Three retries, as Sign'Stash promises, then it is over; every try is kept with the server's words.
#[test]
fn compat_gives_up_after_three_retries() {
    run(async {
        let house = House::new().await;
        house.smtp.set(|script| script.receiver("busy", Step::Rcpt, Act::say("451 4.3.2 later")));
        let operation = house.operation(&["busy@customer.example"], false).await;
        assert_eq!(house.status(operation).await, Pending);
        house.deliver().await;
        for (tries, nominal) in [(1, 5 * MINUTE), (2, 30 * MINUTE), (3, 4 * HOUR)] {
            let mail = house.mail(operation).await;
            assert_eq!((mail.status, mail.tries), (SendingError, tries));
            let wait = house.deliver_next(operation).await;
            assert!(about(wait, nominal), "try {tries} waited {wait} ms");
        }
        let mail = house.mail(operation).await;
        assert_eq!((mail.status, mail.next), (SendingFailed, None));
        let attempts = house.attempts(operation).await;
        assert_eq!(attempts.len(), 4);
        for attempt in &attempts {
            assert_eq!(attempt.verdict.as_deref(), Some("LATER"));
            assert_eq!(attempt.phase.as_deref(), Some("rcpt"));
            assert!(attempt.reply.as_deref().unwrap().contains("451 4.3.2 later"), "{attempt:?}");
        }
        assert_eq!(house.smtp.tries("busy@customer.example"), 4);
        house.pass(30 * DAY);
        house.deliver().await;
        assert_eq!(house.smtp.tries("busy@customer.example"), 4, "it is over");
    });
}

/// The other ladder lasts for days, and a mailbox that comes back on the last of them gets its mail.
#[test]
fn standard_lasts_for_days() {
    run(async {
        let change = |config: &mut chancery::config::Config| {
            "standard".clone_into(&mut config.delivery.mail_ladder);
        };
        let house = House::with(Script::default(), change).await;
        house.smtp.set(|script| script.at(Step::Rcpt, Act::say("452 4.2.2 mailbox full")));
        let operation = house.operation(&["full@customer.example"], false).await;
        let begin = house.now();
        house.deliver().await;
        for _ in 0..8 {
            house.deliver_next(operation).await;
        }
        assert_eq!(house.status(operation).await, SendingError);
        house.smtp.set(Script::behave);
        house.deliver_next(operation).await;
        assert_eq!(house.status(operation).await, Sent);
        let days = (house.now() - begin) / DAY;
        assert!((3..=5).contains(&days), "{days} days");
    });
}

/// Greylisting of five minutes is survived by the default ladder.
#[test]
fn greylisting_is_survived() {
    run(async {
        let house = House::new().await;
        let clock = Arc::clone(&house.clock);
        let time = Arc::new(move || clock.load(Ordering::Relaxed));
        house.smtp.set(|script| script.greylist = Some(Greylist::After(5 * MINUTE, time)));
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        assert_eq!(house.status(operation).await, SendingError);
        let mut tries = 1;
        while house.status(operation).await != Sent {
            house.deliver_next(operation).await;
            tries += 1;
        }
        assert!(tries <= 3, "{tries} tries");
        assert_eq!(house.smtp.accepted().len(), 1);
    });
}

/// A refusal of one receiver is final for this one and nobody else.
#[test]
fn a_refused_receiver_is_alone() {
    run(async {
        let house = House::new().await;
        let codes = [
            "550 5.1.1 unknown",
            "551 5.1.6 moved",
            "552 5.2.2 full",
            "553 5.1.3 name",
            "554 5.7.1 no",
        ];
        let mut receivers: Vec<String> = Vec::new();
        for (number, code) in codes.iter().enumerate() {
            let local = format!("bad{number}");
            house.smtp.set(|script| script.receiver(&local, Step::Rcpt, Act::say(code)));
            receivers.push(format!("{local}@customer.example"));
            receivers.push(format!("good{number}@customer.example"));
        }
        house.smtp.set(|script| script.receiver("good0", Step::Rcpt, Act::say("251 forwarded")));
        let receivers: Vec<&str> = receivers.iter().map(String::as_str).collect();
        let operation = house.operation(&receivers, false).await;
        while house.mails(operation).await.iter().any(|mail| mail.status == Pending) {
            house.deliver().await;
            house.pass(1000);
        }
        for mail in house.mails(operation).await {
            let good = address(&mail).starts_with("good");
            let expected = if good { Sent } else { SendingFailed };
            assert_eq!(mail.status, expected, "{} {:?}", address(&mail), mail.last_reply);
        }
        assert_eq!(house.smtp.accepted().len(), codes.len());
        // One transaction for each receiver, one Message-ID for each.
        let accepted = house.smtp.accepted();
        assert!(accepted.iter().all(|mail| mail.to.len() == 1));
        let ids: std::collections::BTreeSet<_> =
            accepted.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
        assert_eq!(ids.len(), codes.len());
    });
}

/// Taken over without a word: the second mail is the first one, to the byte.
#[test]
fn an_ambiguous_try_is_repeated_with_the_same_bytes() {
    run(async {
        let house = House::new().await;
        house.smtp.set(|script| script.receiver("ap", Step::Message, Act::TakeThenReset));
        let operation = house.operation(&["ap@customer.example"], true).await;
        house.deliver().await;
        assert_eq!(house.status(operation).await, SendingError);
        house.smtp.set(Script::behave);
        house.deliver_next(operation).await;
        assert_eq!(house.status(operation).await, Sent);
        let ambiguous: Vec<bool> =
            house.attempts(operation).await.iter().map(|attempt| attempt.ambiguous).collect();
        assert_eq!(ambiguous, [true, false]);
        let accepted = house.smtp.accepted();
        assert_eq!(accepted.len(), 2);
        assert_eq!(
            String::from_utf8_lossy(&accepted[0].message),
            String::from_utf8_lossy(&accepted[1].message)
        );
    });
}

/// Attached documents that are too large for the way become links, at once and uncounted; without
/// them there is nothing to leave out.
#[test]
fn what_is_too_large_becomes_links() {
    run(async {
        let house = House::new().await;
        house.smtp.set(|script| script.at(Step::Message, Act::say("552 5.3.4 too large")));
        let operation = house.operation(&["ap@customer.example"], true).await;
        house.deliver().await;
        let mail = house.mail(operation).await;
        assert_eq!((mail.status, mail.tries, mail.links_only), (SendingError, 0, true));
        house.smtp.set(Script::behave);
        house.deliver().await;
        assert_eq!(house.status(operation).await, Sent);
        let accepted = house.smtp.accepted();
        let text = String::from_utf8_lossy(&accepted[0].message).into_owned();
        assert!(!text.contains("Content-Disposition: attachment"), "{text}");
        assert!(text.contains("/r/"), "{text}");

        house.smtp.set(|script| script.at(Step::Message, Act::say("552 5.3.4 too large")));
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        assert_eq!(house.status(operation).await, SendingFailed);
    });
}

/// Above the limit of the installation documents are not even tried as attachments.
#[test]
fn large_documents_are_linked() {
    run(async {
        let change =
            |config: &mut chancery::config::Config| config.delivery.attachment_limit_bytes = 1000;
        let house = House::with(Script::default(), change).await;
        let operation = house.operation(&["ap@customer.example"], true).await;
        house.deliver().await;
        assert_eq!(house.status(operation).await, Sent);
        let accepted = house.smtp.accepted();
        let text = String::from_utf8_lossy(&accepted[0].message).into_owned();
        assert!(!text.contains("Content-Disposition: attachment"), "{text}");
    });
}

/// What this service cannot write is tried by the ladder too, and given up: nothing is taken up again for ever. What
/// it cannot even read holds up nobody else.
#[test]
fn faults_of_ours_end_too() {
    run(async {
        let house = House::new().await;
        let broken = house.operation(&["ap@customer.example"], false).await;
        let strange = house.operation(&["ap@customer.example"], false).await;
        let sound = house.operation(&["ap@customer.example"], false).await;
        let mut database = SqliteConnection::connect(&house.service.database).await.unwrap();
        for sql in [
            format!("UPDATE document SET state = 'MOLTEN' WHERE operation_id = {broken}"),
            format!("UPDATE message SET kind = 'PARCEL' WHERE operation_id = {strange}"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
        }
        house.deliver().await;
        assert_eq!(house.status(sound).await, Sent);
        for tries in 1..=3 {
            let mail = house.mail(broken).await;
            assert_eq!((mail.status, mail.tries), (SendingError, tries));
            let words = mail.last_reply.unwrap();
            assert!(words.contains("could not write") && !words.contains("MOLTEN"), "{words}");
            house.deliver_next(broken).await;
        }
        assert_eq!(house.status(broken).await, SendingFailed);
        let attempts = house.attempts(broken).await;
        assert_eq!(attempts.len(), 4);
        assert!(attempts.iter().all(|it| it.phase.as_deref() == Some("compose")), "{attempts:?}");
        assert_eq!(house.smtp.accepted().len(), 1);
    });
}
