//! Operators hear of it when signing in fails again and again.

use chancery::store::alarms::RaisedAlarm;
use chancery::workflow::alarms::Watcher;
use serde_json::{Value, json};

use super::House;
use crate::support::service::run;

#[test]
fn operators_hear_of_tries_to_sign_in_that_fail() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let mut watcher = Watcher::default();
        let mut standing = async || {
            watcher.look(&house.service.app).await.unwrap();
            let all = house.service.app.reader.alarms().await.unwrap();
            let stands =
                |alarm: &RaisedAlarm| alarm.cleared.is_none() && alarm.name.starts_with("sign-in");
            all.into_iter().filter(stands).collect::<Vec<_>>()
        };
        let guess = async |address: &str, from: &str| {
            let mut tab = house.tab(from);
            tab.sign_in(address, "not the password 1").await
        };
        for number in 1..10 {
            assert_eq!(guess(&ana.address, &format!("192.0.2.{number}")).await, "422");
        }
        assert!(standing().await.is_empty());
        assert_eq!(guess(&ana.address, "2001:db8::4711").await, "422");
        let told = standing().await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].name, format!("sign-in:{}/failing", ana.id));
        let content: Value = serde_json::from_str(&told[0].content).unwrap();
        // Of the sixth version a network counts as one address, as everywhere.
        let facts = (&content["failures"], &content["who"], &content["address"]);
        assert_eq!(facts, (&json!(10), &json!(ana.address), &json!("2001:db8::")));

        // What somebody who is nobody calls himself is in no letter.
        for number in 0..50 {
            assert_eq!(
                guess(&format!("nobody-{number}@acme.example"), "198.51.100.1").await,
                "422"
            );
            house.pass(10_000);
        }
        let told = standing().await;
        assert_eq!(told[0].name, "sign-in/failing");
        let content: Value = serde_json::from_str(&told[0].content).unwrap();
        assert_eq!((&content["failures"], &content["who"]), (&json!(50), &json!("198.51.100.1")));
        house.service.stop().await;
    });
}
