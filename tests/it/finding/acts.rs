//! What a person does to one operation, once, and with a record of who did it.

use chancery::domain::act::ActKind;
use chancery::domain::delivery::{DeliveryStatus, MailAddress};
use chancery::domain::ids::{ActId, OperationId, PersonId};
use chancery::domain::language::Language;
use chancery::domain::listing::OperationFilter;
use chancery::domain::operation::OperationState;
use chancery::domain::outbox::MessageKind;
use chancery::domain::scope::ServiceSet;
use chancery::store::outbox::Hastened;
use chancery::workflow::acts::{Acted, ActingPerson, SendAgain, draw, resend, retry, revoke_links};
use chancery::workflow::{Error, Thing};

use super::{House, Plan, on_both, some};

pub(super) const CLERK: PersonId = PersonId::from_i64(71);
pub(super) const OTHER: PersonId = PersonId::from_i64(72);

pub(super) fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).unwrap()
}

/// Sends a mail to a receiver again.
pub(super) async fn again(house: &House, operation: OperationId, to: &str) {
    let doer = house.doer(&ServiceSet::All);
    let done = resend(&house.app, doer, operation, &[SendAgain::To(address(to))], false).await;
    assert_eq!(done.unwrap(), Acted::Done(1));
}

impl House {
    pub(super) fn doer<'a>(&self, seen: &'a ServiceSet) -> ActingPerson<'a> {
        ActingPerson { person: CLERK, seen, act: draw(&self.app).unwrap() }
    }

    async fn acts(&self, operation: OperationId) -> Vec<(ActKind, PersonId)> {
        let all = self.app.reader.acts_of(operation).await.unwrap();
        all.into_iter().map(|act| (act.kind, act.person)).collect()
    }
}

fn is_missing<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::NotFound(Thing::Operation)))
}

#[test]
fn a_mail_is_sent_again_once_however_often_the_button_is_pressed() {
    on_both(async |house| {
        let plan = Plan::new(1, "R", house.now()).to(&["ap@a.example", "it@a.example"]);
        let operation = house.record(&plan).await;
        house.try_mails(|_| DeliveryStatus::Sent).await;
        house.pass(1000);
        let seen = some(&[1]);
        let doer = house.doer(&seen);
        let wish = [
            SendAgain::To(address("AP@a.example")),
            SendAgain::Added { to: address("new@b.example"), language: Some(Language::De) },
        ];
        let press = || resend(&house.app, doer, operation, &wish, false);
        let (one, two, three) = tokio::join!(press(), press(), press());
        let results = [one.unwrap(), two.unwrap(), three.unwrap()];
        assert_eq!(results.iter().filter(|it| **it == Acted::Done(2)).count(), 1, "{results:?}");
        assert_eq!(results.iter().filter(|it| **it == Acted::Before).count(), 2);
        let again: Vec<_> = house.told(operation).await.split_off(2);
        let again: Vec<_> = again.iter().map(|(to, kind, _)| (to.as_str(), *kind)).collect();
        assert_eq!(
            again,
            [("AP@a.example", MessageKind::Resend), ("new@b.example", MessageKind::Resend)]
        );
        assert_eq!(house.acts(operation).await, [(ActKind::Resent, CLERK)]);
        let act = &house.app.reader.acts_of(operation).await.unwrap()[0];
        assert!(act.content.contains("new@b.example"), "{}", act.content);
    });
}

#[test]
fn a_corrected_address_gets_the_mail_and_the_wrong_one_nothing_more() {
    on_both(async |house| {
        let plan = Plan::new(1, "R", house.now()).to(&["typo@a.example", "fine@a.example"]);
        let operation = house.record(&plan).await;
        house
            .try_mails(|to| match to {
                "typo@a.example" => DeliveryStatus::SendingError,
                _ => DeliveryStatus::Sent,
            })
            .await;
        house.pass(1);
        let seen = ServiceSet::All;
        let wish = [SendAgain::Corrected {
            from: address("Typo@a.example"),
            to: address("right@a.example"),
        }];
        let done = resend(&house.app, house.doer(&seen), operation, &wish, false).await.unwrap();
        assert_eq!(done, Acted::Done(1));
        let mails = house.mails(operation).await;
        let told: Vec<_> = mails
            .iter()
            .map(|mail| (mail.status, mail.link_revoked.is_some(), mail.next.is_some()))
            .collect();
        assert_eq!(
            told,
            [
                (DeliveryStatus::SendingFailed, true, false),
                (DeliveryStatus::Sent, false, false),
                (DeliveryStatus::Pending, false, true),
            ]
        );
        // Whoever was never written to has nothing to correct, and is no receiver.
        for wish in [
            SendAgain::To(address("stranger@a.example")),
            SendAgain::Corrected {
                from: address("stranger@a.example"),
                to: address("x@a.example"),
            },
        ] {
            let refused = resend(&house.app, house.doer(&seen), operation, &[wish], false).await;
            assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        }
        assert_eq!(house.mails(operation).await.len(), 3);
        assert_eq!(house.acts(operation).await.len(), 1, "what was refused was not done");
    });
}

#[test]
fn what_waits_is_tried_at_once() {
    on_both(async |house| {
        let state = OperationState::ExecutionError;
        let waiting = house.record(&Plan::new(1, "W", house.now()).state(state)).await;
        let plan = Plan::new(1, "M", house.now()).to(&["a@a.example", "b@a.example"]);
        let unsent = house.record(&plan).await;
        house
            .try_mails(|to| match to {
                "a@a.example" => DeliveryStatus::SendingError,
                _ => DeliveryStatus::Sent,
            })
            .await;
        let seen = some(&[1]);
        let doer = house.doer(&seen);
        let done = retry(&house.app, doer, waiting).await.unwrap();
        assert_eq!(done, Acted::Done(Hastened { operation: true, mails: 0 }));
        assert_eq!(retry(&house.app, doer, waiting).await.unwrap(), Acted::Before);
        let nothing = retry(&house.app, house.doer(&seen), waiting).await.unwrap();
        assert_eq!(nothing, Acted::Done(Hastened::default()), "it is due already");
        let steady = house.app.steady_now();
        let operation = house
            .app
            .reader
            .operation(chancery::domain::scope::Scope::Installation, waiting)
            .await
            .unwrap()
            .unwrap();
        assert!(operation.next_try.unwrap() <= steady);
        let done = retry(&house.app, house.doer(&seen), unsent).await.unwrap();
        assert_eq!(done, Acted::Done(Hastened { operation: false, mails: 1 }));
        house.try_mails(|_| DeliveryStatus::Sent).await;
        let told = house.told(unsent).await;
        assert!(told.iter().all(|(_, _, status)| *status == DeliveryStatus::Sent), "{told:?}");
        assert_eq!(house.acts(unsent).await, [(ActKind::Retried, CLERK)]);
    });
}

#[test]
fn links_are_closed_once() {
    on_both(async |house| {
        let plan = Plan::new(1, "L", house.now()).to(&["a@a.example", "b@a.example"]);
        let operation = house.record(&plan).await;
        house.try_mails(|_| DeliveryStatus::Sent).await;
        let seen = some(&[1]);
        let mails = house.mails(operation).await;
        let one = revoke_links(&house.app, house.doer(&seen), operation, Some(mails[1].id)).await;
        assert_eq!(one.unwrap(), Acted::Done(1));
        let doer = house.doer(&seen);
        assert_eq!(revoke_links(&house.app, doer, operation, None).await.unwrap(), Acted::Done(1));
        assert_eq!(revoke_links(&house.app, doer, operation, None).await.unwrap(), Acted::Before);
        assert!(house.mails(operation).await.iter().all(|mail| mail.link_revoked.is_some()));
        assert_eq!(house.acts(operation).await, [(ActKind::LinksRevoked, CLERK); 2]);
        let other = house.record(&Plan::new(1, "O", house.now())).await;
        let foreign = revoke_links(&house.app, house.doer(&seen), other, Some(mails[0].id)).await;
        assert!(matches!(foreign, Err(Error::NotFound(Thing::Link))), "{foreign:?}");
    });
}

#[test]
fn what_may_not_be_seen_is_not_touched() {
    on_both(async |house| {
        let plan = Plan::new(1, "S", house.now()).to(&["a@a.example"]);
        let operation = house.record(&plan).await;
        let before = house.mails(operation).await;
        for seen in [some(&[2, 3]), some(&[])] {
            let doer = house.doer(&seen);
            let wish = [SendAgain::To(address("a@a.example"))];
            assert!(is_missing(&resend(&house.app, doer, operation, &wish, false).await));
            assert!(is_missing(&retry(&house.app, doer, operation).await));
            assert!(is_missing(&revoke_links(&house.app, doer, operation, None).await));
            let nobody = OperationId::from_i64(1);
            assert!(is_missing(&retry(&house.app, doer, nobody).await));
        }
        assert_eq!(house.mails(operation).await, before);
        assert_eq!(house.acts(operation).await, []);
        assert_eq!(house.app.reader.act(ActId::from_i64(1)).await.unwrap(), None);
    });
}

#[test]
fn a_receiver_who_was_told_after_all_is_not_in_the_list_of_those_who_were_not() {
    on_both(async |house| {
        let plan = Plan::new(1, "told", house.now()).to(&["ap@a.example"]);
        let operation = house.record(&plan).await;
        let standing = async |standing| {
            let filter = OperationFilter { standing: Some(standing), ..OperationFilter::default() };
            house.walk(&ServiceSet::All, &filter, 10).await
        };
        house.try_mails(|_| DeliveryStatus::SendingFailed).await;
        assert_eq!(standing(DeliveryStatus::SendingFailed).await, [operation]);
        house.pass(1000);
        again(&house, operation, "ap@a.example").await;
        assert_eq!(standing(DeliveryStatus::SendingFailed).await, []);
        assert_eq!(standing(DeliveryStatus::Pending).await, [operation]);
        house.try_mails(|_| DeliveryStatus::Sent).await;
        assert_eq!(standing(DeliveryStatus::Sent).await, [operation]);
        assert_eq!(standing(DeliveryStatus::SendingFailed).await, []);
    });
}
