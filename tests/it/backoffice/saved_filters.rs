//! Choices of operations that a person keeps.

use chancery::workflow::people::filters::MOST_FILTERS;

use super::House;
use crate::support::service::run;

#[test]
fn a_choice_is_kept_found_again_and_forgotten() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut rui = house.administrator().await;
        let choice = "state=EXECUTION_FAILED&error=lint-failed";
        let list = format!("/office/operations?{choice}");
        let before = ana.tab.get(&list).await;
        assert!(before.text().contains("Keep this choice"), "{}", before.text());
        let plain = ana.tab.get("/office/operations").await;
        assert!(!plain.text().contains("Keep this choice"), "everything is no choice");
        let keep = [("do", "keep"), ("choice", choice), ("name", " <b>Broken</b> rules ")];
        let answer = ana.tab.send("/office/operations", &keep).await;
        assert_eq!((answer.status, answer.header("location")), (303, list.as_str()));
        // It stands on the list whatever is chosen, and is marked on its own.
        let name = "&#60;b&#62;Broken&#60;/b&#62; rules";
        let plain = ana.tab.get("/office/operations").await;
        let link = format!("href=\"{}\">{name}</a>", list.replace('&', "&#38;"));
        assert!(plain.text().contains(&link), "{}", plain.text());
        let own = ana.tab.get(&list).await;
        assert!(own.text().contains(&format!("aria-current=\"true\">{name}</a>")));
        assert!(!own.text().contains("Keep this choice") && own.text().contains("Forget"));
        // Nobody else has it.
        assert!(!rui.tab.get("/office/operations").await.text().contains("Broken"));
        let answer = rui.tab.send("/office/operations", &[("do", "forget"), keep[2]]).await;
        assert_eq!(answer.status, 303);
        assert!(ana.tab.get(&list).await.text().contains("Broken"));
        let forget = [("do", "forget"), ("choice", choice), ("name", "<b>Broken</b> rules")];
        assert_eq!(ana.tab.send("/office/operations", &forget).await.status, 303);
        assert!(!ana.tab.get(&list).await.text().contains("Broken"));
        let audit = ana.tab.get(&format!("/office/people/{}", ana.id)).await;
        for deed in ["filter kept", "filter forgotten"] {
            assert!(audit.text().contains(deed), "{deed}: {}", audit.text());
        }
        house.service.stop().await;
    });
}

#[test]
fn a_choice_without_a_name_or_one_too_many_is_not_kept() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let choice = ("choice", "error=lint-failed");
        ana.tab.get("/office/operations").await;
        for name in [" ", &"a".repeat(61), "a\u{7}b"] {
            let keep = [("do", "keep"), choice, ("name", name)];
            let answer = ana.tab.send("/office/operations", &keep).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text().contains("1 to 60 characters"), "{}", answer.text());
        }
        for number in 0..MOST_FILTERS {
            let name = format!("kept {number}");
            let keep = [("do", "keep"), choice, ("name", name.as_str())];
            assert_eq!(ana.tab.send("/office/operations", &keep).await.status, 303);
        }
        // One of a name that there is takes its place.
        let again = [("do", "keep"), ("choice", "state=EXECUTED"), ("name", "kept 3")];
        assert_eq!(ana.tab.send("/office/operations", &again).await.status, 303);
        let more = [("do", "keep"), choice, ("name", "one more")];
        let answer = ana.tab.send("/office/operations", &more).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("You keep 30 already"), "{}", answer.text());
        let broken = [("do", "keep"), ("choice", "nonsense=1"), ("name", "x")];
        assert_eq!(ana.tab.send("/office/operations", &broken).await.status, 303);
        let other = ana.tab.send("/office/operations", &[("do", "burn"), choice]).await;
        assert_eq!(other.status, 422);
        house.service.stop().await;
    });
}
