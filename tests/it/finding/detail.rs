//! One operation, as who looks at it sees it.

use chancery::domain::act::ActKind;
use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::document::SigningError;
use chancery::domain::ids::OperationId;
use chancery::domain::operation::OperationState;
use chancery::workflow::detail::{self, Happened};
use chancery::workflow::{Error, Thing};

use super::acts::again;
use super::{Paper, Plan, on_both, original_of, some};

#[test]
fn what_happened_is_told_in_its_order_with_the_time_between() {
    on_both(async |house| {
        let bad = Paper::failing(SigningError::Configuration, "xml-malformed");
        let good = Paper { profile: Some("facturae-3.2.2"), ..Paper::named("a.xml") };
        let plan = Plan::new(1, "D", house.now()).papers(&[good, bad]).to(&["a@a.example"]);
        let new = house.opened(&plan).await;
        let id = new.operation.id;
        house.pass(2500);
        house.end(&new, &plan).await;
        house.pass(500);
        house.try_mails(|_| DeliveryStatus::SendingFailed).await;
        house.pass(60_000);
        again(&house, id, "a@a.example").await;
        house.pass(1000);
        house.try_mails(|_| DeliveryStatus::Received).await;
        let sheet = detail::read(&house.app, &some(&[1]), id, 0).await.unwrap();
        assert_eq!(
            (sheet.operation.state, sheet.sealed, sheet.failed),
            (OperationState::Executed, 1, 1)
        );
        let told: Vec<(i64, String)> = sheet
            .timeline
            .iter()
            .map(|moment| {
                let what = match &moment.what {
                    Happened::Tried { number, verdict, .. } => {
                        format!("try {number} {}", verdict.as_deref().unwrap_or("-"))
                    }
                    Happened::Did(act) => act.kind.as_str().to_owned(),
                    Happened::Finished { state } => state.as_str().to_owned(),
                    Happened::Accepted => "accepted".to_owned(),
                    Happened::AskedAgain { .. } => "asked again".to_owned(),
                    Happened::Opened { .. } => "opened".to_owned(),
                    other => panic!("{other:?}"),
                };
                (moment.after_ms, what)
            })
            .collect();
        let told: Vec<(i64, &str)> = told.iter().map(|(ms, what)| (*ms, what.as_str())).collect();
        assert_eq!(
            told,
            [
                (0, "accepted"),
                (2500, "EXECUTED"),
                (500, "try 1 NEVER"),
                (60_000, "asked again"),
                (0, ActKind::Resent.as_str()),
                (1000, "try 1 ACCEPTED"),
                (0, "opened"),
            ]
        );
        let [receiver] = &sheet.receivers[..] else { panic!("one receiver") };
        assert_eq!((receiver.standing, receiver.mails.len()), (DeliveryStatus::Received, 2));
        let words = receiver.mails[0].1[0].reply.as_deref();
        assert_eq!(words, Some("550 5.1.1 words of the server"));
        let [first, second] = &sheet.documents[..] else { panic!("two documents") };
        assert_eq!(first.known.profile.as_deref(), Some("facturae-3.2.2"));
        assert_eq!(first.known.format.as_deref(), Some("XAdES"));
        assert_eq!(first.known.original_sha256, Some(original_of(first.known.document.id)));
        assert_eq!(second.known.document.position, 1);
        assert!(!first.has_sealed && !first.known.preserved, "nothing of it is kept here");
    });
}

#[test]
fn an_operation_that_waits_says_why_and_many_documents_come_some_at_a_time() {
    on_both(async |house| {
        let papers: Vec<Paper> = (0..230).map(|at| Paper::named(&format!("{at}.xml"))).collect();
        let state = OperationState::ExecutionError;
        let id = house.record(&Plan::new(1, "W", house.now()).papers(&papers).state(state)).await;
        let (mut from, mut names) = (Some(0), Vec::new());
        while let Some(position) = from {
            let sheet = detail::read(&house.app, &some(&[1]), id, position).await.unwrap();
            assert_eq!(sheet.last_error.as_deref(), Some("the key did not answer"));
            assert!(sheet.documents.len() <= 100);
            names.extend(sheet.documents.into_iter().map(|it| it.known.document.name));
            from = sheet.more_documents;
        }
        let all: Vec<&str> = papers.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, all);
    });
}

#[test]
fn what_may_not_be_seen_looks_like_what_does_not_exist() {
    on_both(async |house| {
        let id = house.record(&Plan::new(1, "S", house.now())).await;
        for (seen, id) in
            [(some(&[2]), id), (some(&[]), id), (some(&[1]), OperationId::from_i64(1))]
        {
            let missing = detail::read(&house.app, &seen, id, 0).await;
            assert!(matches!(missing, Err(Error::NotFound(Thing::Operation))));
        }
    });
}
