//! What is done to many operations: what was counted, all of it, once, and nothing else.

use std::sync::Arc;

use chancery::domain::act::ActKind;
use chancery::domain::bulk::{Bulk, BulkKind, BulkState};
use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::document::SigningError;
use chancery::domain::ids::{BulkId, OperationId, PersonId};
use chancery::domain::listing::OperationFilter;
use chancery::domain::operation::OperationState;
use chancery::domain::outbox::MessageKind;
use chancery::domain::scope::ServiceSet;
use chancery::workflow::acts::{ActingPerson, draw};
use chancery::workflow::bulk::{approve, cancel, confirm, count, find, run_due};
use chancery::workflow::{Error, Thing};

use super::acts::{CLERK, OTHER, again};
use super::{House, Paper, Plan, on_both, some};

impl House {
    /// Somebody who does something a moment later.
    fn by<'a>(&self, person: PersonId, seen: &'a ServiceSet) -> ActingPerson<'a> {
        self.pass(1);
        ActingPerson { person, seen, act: draw(&self.app).unwrap() }
    }

    /// Operations of a client service whose mail was given up.
    async fn lost(&self, of: i64, many: i64) -> Vec<OperationId> {
        let mut ids = Vec::new();
        for _ in 0..many {
            let reference = format!("lost-{}", self.id());
            let plan =
                Plan::new(of, &reference, self.now()).to(&[&format!("{reference}@a.example")]);
            ids.push(self.record(&plan).await);
        }
        self.try_mails(|_| DeliveryStatus::SendingFailed).await;
        ids
    }

    async fn count(&self, kind: BulkKind, seen: &ServiceSet) -> Bulk {
        count(&self.app, self.by(CLERK, seen), kind, &OperationFilter::default()).await.unwrap()
    }

    /// How often each of some operations was sent again.
    async fn times(&self, operations: &[OperationId]) -> Vec<usize> {
        let mut times = Vec::new();
        for operation in operations {
            let told = self.told(*operation).await;
            times.push(told.iter().filter(|(_, kind, _)| *kind == MessageKind::Resend).count());
        }
        times
    }

    async fn state(&self, id: BulkId) -> Bulk {
        find(&self.app, self.by(CLERK, &ServiceSet::All), id).await.unwrap()
    }
}

#[test]
fn what_was_counted_is_done_and_what_came_later_is_not() {
    on_both(async |house| {
        let all = ServiceSet::All;
        let before = house.lost(1, 30).await;
        let fine = house.record(&Plan::new(1, "fine", house.now()).to(&["f@a.example"])).await;
        house.try_mails(|_| DeliveryStatus::Sent).await;
        // Nothing was sealed, so nothing was sent, and nothing is.
        let bad = Paper::failing(SigningError::Configuration, "xml-malformed");
        let failed = Plan::new(1, "failed", house.now()).papers(&[bad]).to(&["x@a.example"]);
        house.record(&failed.state(OperationState::ExecutionFailed)).await;
        house.pass(1000);
        let bulk = house.count(BulkKind::Resend, &all).await;
        assert_eq!((bulk.state, bulk.items, bulk.operations), (BulkState::Counted, 30, 30));
        house.pass(1000);
        let after = house.lost(1, 5).await;
        assert_eq!(run_due(&house.app).await.unwrap(), 0, "nobody wants it yet");
        let bulk = confirm(&house.app, house.by(CLERK, &all), bulk.id).await.unwrap();
        assert_eq!(bulk.state, BulkState::Running);
        // Two processes at once: one has it.
        let (one, two) = tokio::join!(run_due(&house.app), run_due(&house.app));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        let bulk = house.state(bulk.id).await;
        let end = (bulk.state, bulk.items, bulk.done, bulk.refused, bulk.left());
        assert_eq!(end, (BulkState::Done, 30, 30, 0, 0));
        assert_eq!(house.times(&before).await, [1; 30]);
        assert_eq!(house.times(&after).await, [0; 5]);
        assert_eq!(house.times(&[fine]).await, [0]);
        run_due(&house.app).await.unwrap();
        assert_eq!(house.times(&before).await, [1; 30]);
        let acts = house.app.reader.acts_of_bulk(bulk.id).await.unwrap();
        let acts: Vec<_> = acts.iter().map(|act| (act.kind, act.person)).collect();
        assert_eq!(acts, [(ActKind::BulkCounted, CLERK), (ActKind::BulkConfirmed, CLERK)]);
    });
}

/// Others do what they do while a set is counted and done: nobody gets two mails, and each of the set has an end.
#[test]
fn each_of_it_ends_as_done_or_refused_whatever_others_do_meanwhile() {
    on_both(async |house| {
        let all = ServiceSet::All;
        let lost = house.lost(1, 60).await;
        house.pass(1000);
        let bulk = house.count(BulkKind::Resend, &all).await;
        house.pass(1000);
        // A second clerk counted the same, and a third was quicker with some.
        let twice = house.count(BulkKind::Resend, &all).await;
        assert_eq!((bulk.items, twice.items), (60, 60));
        for operation in &lost[..7] {
            let to = house.told(*operation).await[0].0.clone();
            again(&house, *operation, &to).await;
        }
        for id in [bulk.id, twice.id] {
            confirm(&house.app, house.by(CLERK, &all), id).await.unwrap();
        }
        let work = || run_due(&house.app);
        let (one, two, three) = tokio::join!(work(), work(), work());
        assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 2);
        assert_eq!(house.times(&lost).await, [1; 60]);
        let (bulk, twice) = (house.state(bulk.id).await, house.state(twice.id).await);
        for it in [&bulk, &twice] {
            assert_eq!((it.state, it.done + it.refused), (BulkState::Done, 60), "{it:?}");
        }
        assert_eq!(bulk.done + twice.done, 53);
        let refused = house.app.reader.refused_items(bulk.id, 0, 100).await.unwrap();
        assert_eq!(refused.len() as u64, bulk.refused);
        assert!(refused.iter().all(|it| it.words.contains("meanwhile")), "{refused:?}");
    });
}

#[test]
fn nothing_more_is_done_when_it_is_cancelled() {
    on_both(async |house| {
        let all = ServiceSet::All;
        let lost = house.lost(1, 50).await;
        house.pass(1000);
        let bulk = house.count(BulkKind::Resend, &all).await;
        confirm(&house.app, house.by(CLERK, &all), bulk.id).await.unwrap();
        let work = tokio::spawn({
            let app = house.app.clone();
            async move { run_due(&app).await.unwrap() }
        });
        while house.state(bulk.id).await.done < 3 {
            tokio::task::yield_now().await;
        }
        let cancelled = cancel(&house.app, house.by(OTHER, &all), bulk.id).await.unwrap();
        let sent = house.times(&lost).await.iter().sum::<usize>() as u64;
        work.await.unwrap();
        let bulk = house.state(bulk.id).await;
        // If the work was quicker it had ended before.
        let end = if sent == 50 { BulkState::Done } else { BulkState::Cancelled };
        assert!(bulk.state == end || bulk.state == BulkState::Cancelled, "{bulk:?}");
        assert_eq!((bulk.done, bulk.done), (sent, cancelled.done));
        assert_eq!(house.times(&lost).await.iter().sum::<usize>() as u64, sent);
        let counted = house.count(BulkKind::Resend, &all).await;
        cancel(&house.app, house.by(CLERK, &all), counted.id).await.unwrap();
        let late = confirm(&house.app, house.by(CLERK, &all), counted.id).await.unwrap();
        assert_eq!(late.state, BulkState::Cancelled);
        assert_eq!(run_due(&house.app).await.unwrap(), 0);
    });
}

#[test]
fn much_needs_a_second_person() {
    on_both(async |house| {
        let all = ServiceSet::All;
        let lost = house.lost(4, 101).await;
        house.pass(1000);
        let bulk = house.count(BulkKind::Resend, &all).await;
        let id = bulk.id;
        let by = |person| house.by(person, &all);
        let not_mine = confirm(&house.app, by(OTHER), id).await;
        assert!(matches!(not_mine, Err(Error::Refused(_))), "{not_mine:?}");
        let early = approve(&house.app, by(OTHER), id).await.unwrap();
        assert_eq!(early.state, BulkState::Counted, "its owner does not want it yet");
        let proposed = confirm(&house.app, by(CLERK), id).await.unwrap();
        assert_eq!(proposed.state, BulkState::Proposed);
        assert_eq!(run_due(&house.app).await.unwrap(), 0);
        let own = approve(&house.app, by(CLERK), id).await;
        assert!(matches!(own, Err(Error::Refused(_))), "{own:?}");
        for seen in [some(&[1]), some(&[5])] {
            let blind = approve(&house.app, house.by(OTHER, &seen), id).await;
            assert!(matches!(blind, Err(Error::NotFound(Thing::Bulk))), "{blind:?}");
        }
        assert_eq!(house.times(&lost).await, [0; 101]);
        let agreed = approve(&house.app, house.by(OTHER, &some(&[4])), id).await.unwrap();
        assert_eq!((agreed.state, agreed.approved_by), (BulkState::Running, Some(OTHER)));
        assert_eq!(run_due(&house.app).await.unwrap(), 1);
        assert_eq!(house.times(&lost).await, [1; 101]);
        let acts = house.app.reader.acts_of_bulk(id).await.unwrap();
        assert_eq!(
            acts.last().map(|act| (act.kind, act.person)),
            Some((ActKind::BulkApproved, OTHER))
        );
    });
}

#[test]
fn what_waits_is_tried_again_together() {
    on_both(async |house| {
        let state = OperationState::ExecutionError;
        let mut waiting = Vec::new();
        for number in 0..6 {
            let plan = Plan::new(1 + number % 2, &format!("w-{number}"), house.now());
            waiting.push(house.record(&plan.state(state)).await);
        }
        let unsent = house.record(&Plan::new(1, "m", house.now()).to(&["a@a.example"])).await;
        house.try_mails(|_| DeliveryStatus::SendingError).await;
        let seen = some(&[1]);
        let bulk = house.count(BulkKind::Retry, &seen).await;
        assert_eq!((bulk.items, bulk.operations), (4, 4));
        confirm(&house.app, house.by(CLERK, &seen), bulk.id).await.unwrap();
        run_due(&house.app).await.unwrap();
        let done = house.state(bulk.id).await;
        assert_eq!((done.state, done.done, done.refused), (BulkState::Done, 4, 0));
        let scope = chancery::domain::scope::Scope::Installation;
        for (at, id) in waiting.iter().enumerate() {
            let operation = house.app.reader.operation(scope, *id).await.unwrap().unwrap();
            let due = operation.next_try.unwrap() <= house.app.steady_now();
            assert_eq!(due, at % 2 == 0, "only those of the client service that is seen");
        }
        assert!(house.mails(unsent).await[0].next.unwrap() <= house.app.steady_now());
        // By now nothing waits for its time: the same again has nothing to do.
        let again = house.count(BulkKind::Retry, &seen).await;
        confirm(&house.app, house.by(CLERK, &seen), again.id).await.unwrap();
        run_due(&house.app).await.unwrap();
        let again = house.state(again.id).await;
        assert_eq!((again.done, again.refused), (0, again.items));
    });
}

#[test]
fn a_set_is_of_what_may_be_seen_and_seen_by_who_sees_all_of_it() {
    on_both(async |house| {
        house.lost(1, 3).await;
        house.lost(4, 2).await;
        house.pass(1000);
        let (own, both) = (some(&[1]), some(&[1, 4]));
        assert_eq!(house.count(BulkKind::Resend, &own).await.items, 3);
        assert_eq!(house.count(BulkKind::Resend, &some(&[2])).await.items, 0);
        let wide = house.count(BulkKind::Resend, &both).await;
        assert_eq!(wide.items, 5);
        let seen_by = async |person, seen: &ServiceSet| {
            let sets = house.app.reader.bulks((person, seen), 10).await.unwrap();
            sets.into_iter().map(|bulk| bulk.items).collect::<Vec<_>>()
        };
        assert_eq!(seen_by(OTHER, &ServiceSet::All).await, [5, 0, 3]);
        assert_eq!(seen_by(OTHER, &both).await, [5, 3]);
        assert_eq!(seen_by(OTHER, &own).await, [3]);
        assert_eq!(seen_by(OTHER, &some(&[4])).await, [0; 0]);
        for seen in [&own, &some(&[])] {
            let missing = find(&house.app, house.by(OTHER, seen), wide.id).await;
            assert!(matches!(missing, Err(Error::NotFound(Thing::Bulk))), "{missing:?}");
            let missing = cancel(&house.app, house.by(OTHER, seen), wide.id).await;
            assert!(matches!(missing, Err(Error::NotFound(Thing::Bulk))), "{missing:?}");
        }
        // Who sees less by now does less.
        let less = confirm(&house.app, house.by(CLERK, &own), wide.id).await;
        assert!(matches!(less, Err(Error::NotFound(Thing::Bulk))), "{less:?}");
    });
}

#[test]
fn the_button_counts_once_and_too_much_is_refused() {
    on_both(async |mut house| {
        let all = ServiceSet::All;
        house.lost(1, 4).await;
        house.pass(1000);
        let filter = OperationFilter::default();
        Arc::get_mut(&mut house.app).unwrap().bulk.most = 3;
        let much = count(&house.app, house.by(CLERK, &all), BulkKind::Resend, &filter).await;
        assert!(matches!(much, Err(Error::Refused(_))), "{much:?}");
        Arc::get_mut(&mut house.app).unwrap().bulk.most = 4;
        house.pass(1);
        let doer = house.by(CLERK, &all);
        let once = || count(&house.app, doer, BulkKind::Resend, &filter);
        let first = once().await.unwrap();
        assert_eq!(once().await.unwrap(), first);
        let sets = house.app.reader.bulks((CLERK, &all), 10).await.unwrap();
        let states: Vec<_> = sets.iter().map(|bulk| bulk.state).collect();
        assert_eq!(states, [BulkState::Counted, BulkState::Cancelled]);
        // What is on its way is not sent again beside that.
        for standing in [DeliveryStatus::Pending, DeliveryStatus::SendingError] {
            let filter = OperationFilter { standing: Some(standing), ..OperationFilter::default() };
            let none = count(&house.app, house.by(CLERK, &all), BulkKind::Resend, &filter).await;
            assert_eq!(none.unwrap().items, 0);
        }
    });
}
