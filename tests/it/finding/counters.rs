//! The first page: its numbers are those that counting everything gives.

use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::document::SigningError;
use chancery::domain::instant::DAY_MS;
use chancery::domain::language::Language;
use chancery::domain::listing::BoundedCount;
use chancery::domain::operation::OperationState;
use chancery::domain::scope::ServiceSet;
use chancery::store::alarms::NewAlarm;
use chancery::store::today::EndedOnDay;
use chancery::workflow::first_page;

use super::{Dice, Paper, Plan, on_both, some};

/// What is recorded, counted one by one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    ended: EndedOnDay,
    pending: u64,
    retrying: u64,
    mails: u64,
    given_up: u64,
}

#[test]
fn numbers_are_those_of_a_full_count() {
    on_both(async |house| {
        let mut dice = Dice(99);
        let mut all: Vec<(Plan, bool, DeliveryStatus)> = Vec::new();
        for day in 0..2 {
            for number in 0..60 {
                let of = 1 + i64::try_from(dice.below(5)).unwrap();
                let state = dice.one(&[
                    OperationState::Executed,
                    OperationState::Executed,
                    OperationState::ExecutionFailed,
                    OperationState::ExecutionError,
                    OperationState::PendingExecution,
                ]);
                let bad = Paper::failing(SigningError::Configuration, "xml-malformed");
                let papers = match state {
                    OperationState::ExecutionFailed => vec![bad.clone(), bad],
                    _ => vec![Paper::named("a.xml"), bad, Paper::named("b.xml")],
                };
                let plan = Plan::new(of, &format!("{day}-{number}"), house.now()).papers(&papers);
                let plan = plan.to(&["a@a.example"]).state(state);
                let standing = dice.one(&[
                    DeliveryStatus::Sent,
                    DeliveryStatus::SendingError,
                    DeliveryStatus::SendingFailed,
                ]);
                house.record(&plan).await;
                house.try_mails(|_| standing).await;
                all.push((plan, day == 1, standing));
            }
            if day == 0 {
                house.pass(DAY_MS);
                // Mails that waited are due again, and are tried.
                house.try_mails(|_| DeliveryStatus::Sent).await;
                for (plan, _, standing) in &mut all {
                    let executed = plan.state == OperationState::Executed;
                    if executed && *standing == DeliveryStatus::SendingError {
                        *standing = DeliveryStatus::Sent;
                    }
                }
            }
        }
        for seen in [ServiceSet::All, some(&[1]), some(&[2, 3, 5]), some(&[])] {
            let page = first_page::read(&house.app, &seen, Language::En).await.unwrap();
            let mut wanted = Counted::default();
            for (plan, today, standing) in &all {
                if !seen.holds(super::service(plan.service)) {
                    continue;
                }
                let failed = plan.papers.iter().filter(|it| it.failed.is_some()).count() as u64;
                match plan.state {
                    OperationState::PendingExecution => wanted.pending += 1,
                    OperationState::ExecutionError => wanted.retrying += 1,
                    state if *today => {
                        let executed = u64::from(state == OperationState::Executed);
                        wanted.ended.executed += executed;
                        wanted.ended.execution_failed += 1 - executed;
                        wanted.ended.sealed += plan.papers.len() as u64 - failed;
                        wanted.ended.unsealed += failed;
                    }
                    _ => {}
                }
                if plan.state == OperationState::Executed {
                    wanted.mails += u64::from(*standing == DeliveryStatus::SendingError);
                }
                if plan.state == OperationState::Executed && *today {
                    wanted.given_up += u64::from(*standing == DeliveryStatus::SendingFailed);
                }
                // What seals nothing tells nobody; its mails were never to be sent.
                if plan.state == OperationState::ExecutionFailed && *today {
                    wanted.given_up += 1;
                }
            }
            let exactly = |tally| match tally {
                BoundedCount::Exactly(many) => many,
                BoundedCount::AtLeast(_) => panic!("{tally:?}"),
            };
            let found = Counted {
                ended: page.ended,
                pending: exactly(page.waiting.pending),
                retrying: exactly(page.waiting.retrying),
                mails: exactly(page.waiting.mails),
                given_up: exactly(page.waiting.mails_given_up),
            };
            assert_eq!(found, wanted, "{seen:?}");
            assert!(wanted.pending > 3 || seen != ServiceSet::All, "{wanted:?}");
            let oldest = all.iter().find(|(plan, ..)| {
                !plan.state.is_final() && seen.holds(super::service(plan.service))
            });
            let oldest_ms =
                oldest.map(|(plan, ..)| house.now().unix_ms() - plan.accepted.unix_ms());
            assert_eq!(page.oldest_operation_ms, oldest_ms);
        }
    });
}

#[test]
fn the_age_of_what_waits_and_what_is_wrong_are_told() {
    on_both(async |house| {
        let read = async |seen: &ServiceSet| {
            first_page::read(&house.app, seen, Language::De).await.unwrap()
        };
        let page = read(&ServiceSet::All).await;
        assert_eq!((page.oldest_operation_ms, page.oldest_mail_ms), (None, None));
        assert_eq!(page.ended, EndedOnDay::default());
        house.record(&Plan::new(1, "a", house.now()).to(&["a@a.example"])).await;
        let pending = OperationState::PendingExecution;
        house.record(&Plan::new(2, "b", house.now()).state(pending)).await;
        house.pass(90_000);
        let content = "{\"alarm\":\"credential-expiring\",\"alias\":\"seal\",\"subject\":\"CN=A\",\
                       \"notAfter\":1795342761000,\"days\":7}";
        let alarm = NewAlarm {
            name: "credential:seal/7",
            content,
            cleared_before: None,
            quiet_since: house.now(),
            told_before: None,
        };
        assert!(house.app.store.raise_alarm(&alarm, &[], &[], house.now()).await.unwrap());
        let page = read(&ServiceSet::All).await;
        assert_eq!((page.oldest_operation_ms, page.oldest_mail_ms), (Some(90_000), Some(90_000)));
        let [alarm] = &page.alarms[..] else { panic!("one alarm stands") };
        let letter = alarm.letter.as_ref().unwrap();
        assert!(letter.subject.contains("seal"), "{}", letter.subject);
        let page = read(&some(&[2])).await;
        assert_eq!((page.oldest_operation_ms, page.oldest_mail_ms), (Some(90_000), None));
        assert!(page.alarms.is_empty(), "they are of the whole house");
        let times = (house.now(), house.app.steady_now());
        house.app.store.clear_alarm("credential:seal/7", times).await.unwrap();
        assert!(read(&ServiceSet::All).await.alarms.is_empty());
    });
}
