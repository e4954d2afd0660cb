//! The search box.

use chancery::domain::ids::{DocumentId, OperationId};
use chancery::domain::scope::ServiceSet;
use chancery::domain::text::hex;
use chancery::store::search::Matched;
use chancery::workflow::search::{Hits, search};

use super::{Dice, House, Paper, Plan, on_both, original_of, sealed_of, some};

impl House {
    async fn find(&self, seen: &ServiceSet, typed: &str) -> Hits {
        search(&self.app, seen, typed).await.unwrap()
    }

    /// By what, and which operations, are found by somebody who sees everything.
    async fn found(&self, typed: &str) -> Vec<(Matched, OperationId)> {
        let hits = self.find(&ServiceSet::All, typed).await.hits;
        hits.into_iter().map(|hit| (hit.by, hit.operation.id)).collect()
    }

    async fn documents_of(&self, operation: OperationId) -> Vec<DocumentId> {
        let all = self.app.reader.documents(operation).await.unwrap();
        all.into_iter().map(|(document, _)| document.id).collect()
    }
}

#[test]
fn whatever_it_is_the_name_of_it_is_found() {
    on_both(async |house| {
        let at = house.now();
        let papers = [Paper::named("Rechnung März.pdf"), Paper::named("100%_sure.xml")];
        let plan = Plan::new(1, "INV-2026/0017", at).papers(&papers).to(&["Ap@Customer.example"]);
        let one = house.record(&plan).await;
        let other = house.record(&Plan::new(4, "inv-other", at)).await;
        let documents = house.documents_of(one).await;

        let by = |matched| vec![(matched, one)];
        assert_eq!(house.found("INV-2026/0017/1").await, by(Matched::DocumentReference));
        assert_eq!(
            house.found("INV-2026/0017").await,
            [
                (Matched::RequestReference, one),
                (Matched::DocumentReference, one),
                (Matched::DocumentReference, one)
            ]
        );
        assert_eq!(house.found(" INV-2026 ").await.len(), 3, "by its beginning");
        assert_eq!(house.found("Rechnung März.pdf").await, by(Matched::DocumentName));
        assert_eq!(house.found("Rechnung M").await, by(Matched::DocumentName));
        assert_eq!(house.found("aP@cUSTOMER.example").await, by(Matched::Receiver));
        assert_eq!(house.found("ap@").await, by(Matched::Receiver));
        assert_eq!(house.found(&one.to_string()).await, by(Matched::OperationId));
        assert_eq!(house.found(&documents[1].to_string()).await, by(Matched::DocumentId));
        for (digest, matched) in [
            (sealed_of(documents[0]), Matched::SealedSha256),
            (original_of(documents[0]), Matched::OriginalSha256),
        ] {
            let text = hex(&digest);
            let found = house.find(&ServiceSet::All, &text.to_uppercase()).await.hits;
            let found: Vec<_> = found.iter().map(|hit| (hit.by, hit.document)).collect();
            assert_eq!(found, [(matched, Some(documents[0]))]);
        }
        // Nothing of a digest but its beginning: both are found.
        let both = house.found(&hex(&sealed_of(documents[0]))[..16]).await;
        let both: Vec<_> = both.into_iter().map(|(by, _)| by).collect();
        assert_eq!(both, [Matched::OriginalSha256, Matched::SealedSha256]);
        // As it is read out on the telephone.
        assert_eq!(house.found("inv-2026/0017/1").await, by(Matched::DocumentReference));
        assert_eq!(house.found("INV-OTHER").await[0], (Matched::RequestReference, other));

        // Signs that SQL gives a meaning to have none.
        assert_eq!(house.found("100%_").await, by(Matched::DocumentName));
        for nothing in ["%", "_", "INV%", "100_", "' OR 1=1 --", "NV-2026", "\u{0}", "", "  "] {
            assert_eq!(house.found(nothing).await, [], "{nothing:?}");
        }
        assert_eq!(house.found(&"x".repeat(10_000)).await, []);
        assert_eq!(house.found("99999999999999999999").await, []);
    });
}

#[test]
fn what_is_meant_exactly_stands_first_and_the_newest_before_older_ones() {
    on_both(async |house| {
        let at = house.now();
        let longer = house.record(&Plan::new(1, "A-10", at.plus_ms(9))).await;
        let exact = house.record(&Plan::new(1, "A-1", at)).await;
        let newer = house.record(&Plan::new(2, "A-1", at.plus_ms(5))).await;
        let hits = house.find(&ServiceSet::All, "A-1").await.hits;
        let requests = hits.iter().filter(|hit| hit.by == Matched::RequestReference);
        let requests: Vec<_> = requests.map(|hit| (hit.operation.id, hit.exact)).collect();
        assert_eq!(requests, [(newer, true), (exact, true), (longer, false)]);
        assert_eq!(hits[0].text, "A-1");
    });
}

#[test]
fn a_failed_operation_and_the_one_that_took_its_reference_are_both_found() {
    on_both(async |house| {
        use chancery::domain::document::SigningError;
        use chancery::domain::operation::OperationState;
        let at = house.now();
        let bad = Paper::failing(SigningError::Configuration, "xml-malformed");
        let plan = Plan::new(1, "R-1", at).papers(&[bad]).state(OperationState::ExecutionFailed);
        let failed = house.record(&plan).await;
        let sealed = house.record(&Plan::new(1, "R-1", at.plus_ms(1))).await;
        for seen in [ServiceSet::All, some(&[1]), some(&[1, 4])] {
            let hits = house.find(&seen, "R-1").await.hits;
            let found: Vec<_> = hits
                .iter()
                .filter(|hit| hit.by == Matched::RequestReference)
                .map(|hit| hit.operation.id)
                .collect();
            assert_eq!(found, [sealed, failed], "{seen:?}");
        }
    });
}

#[test]
fn many_are_not_all_shown_and_that_is_said() {
    on_both(async |house| {
        let at = house.now();
        for number in 0..30 {
            let plan = Plan::new(1, &format!("MANY-{number:02}"), at.plus_ms(number));
            house.record(&plan.to(&["ap@many.example"])).await;
        }
        for typed in ["MANY-", "invoice.xml", "ap@many.example"] {
            let hits = house.find(&ServiceSet::All, typed).await;
            assert!(hits.more, "{typed}");
            assert!((1..=50).contains(&hits.hits.len()), "{typed}");
        }
        // To a mailbox the newest are shown.
        let hits = house.find(&some(&[1]), "ap@many.example").await.hits;
        let shown: Vec<_> =
            hits.iter().map(|hit| hit.operation.external_reference.as_str()).collect();
        assert_eq!(shown[0], "MANY-29");
        assert_eq!(shown.len(), 10);
        let few = house.find(&ServiceSet::All, "MANY-07").await;
        assert!(!few.more && few.hits.len() == 2, "{few:?}");
    });
}

/// What others have does not hide one's own, however much it is.
#[test]
fn ones_own_is_found_behind_much_that_others_have() {
    on_both(async |house| {
        let at = house.now();
        for number in 0..600 {
            let mut plan = Plan::new(1, &format!("2026-{number:04}"), at);
            plan.papers.clear();
            house.record(&plan).await;
        }
        let own = house.record(&Plan::new(2, "2026-9999", at)).await;
        let hits = house.find(&some(&[2]), "2026-").await;
        let found: Vec<_> = hits.hits.iter().map(|hit| (hit.by, hit.operation.id)).collect();
        assert_eq!(found, [(Matched::RequestReference, own), (Matched::DocumentReference, own)]);
        assert!(!hits.more);
        assert_eq!(house.find(&some(&[3]), "2026-").await.hits, []);
    });
}

#[test]
fn nothing_outside_of_what_may_be_seen_is_found() {
    on_both(async |house| {
        let at = house.now();
        let mut all = Vec::new();
        for number in 0..25 {
            let of = 1 + number % 5;
            let plan = Plan::new(of, &format!("S-{number}"), at).to(&["ap@shared.example"]);
            let operation = house.record(&plan).await;
            all.push((of, operation, house.documents_of(operation).await[0]));
        }
        let mut dice = Dice(7);
        for _ in 0..40 {
            let seen = dice.sight();
            let (of, operation, document) = dice.one(&all);
            let typed = [
                operation.to_string(),
                document.to_string(),
                hex(&sealed_of(document)),
                hex(&original_of(document)),
                "S-".to_owned(),
                "ap@shared.example".to_owned(),
                "invoice.xml".to_owned(),
            ];
            for text in &typed {
                let hits = house.find(&seen, text).await.hits;
                assert!(hits.iter().all(|hit| seen.holds(hit.operation.client_service)), "{text}");
            }
            let is_seen = seen.holds(super::service(of));
            for text in &typed[..4] {
                let hits = house.find(&seen, text).await;
                assert_eq!(!hits.hits.is_empty(), is_seen, "{text} by {seen:?}");
                if !is_seen {
                    assert!(!hits.more, "nor is it told that there is something");
                }
            }
        }
    });
}
