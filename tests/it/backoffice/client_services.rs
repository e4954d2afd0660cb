//! Client services on pages: found from the box, looked at, given a new secret that is shown once, suspended; and for
//! whom there are none.

use chancery::domain::audit::{Actor, AuditAction, AuditSubject};
use chancery::domain::client_service::ClientService;
use chancery::domain::person::{Rights, Role, Sight};

use super::{House, Tab, between};
use crate::support::client::{Client, token};
use crate::support::service::run;

const HOUR: i64 = 60 * 60 * 1000;

async fn service_of(house: &House, client: &Client) -> ClientService {
    let found = house.service.app.reader.client_service_by_alias(&client.alias).await;
    found.unwrap().unwrap()
}

pub(super) async fn page(tab: &mut Tab, path: &str) -> String {
    let answer = tab.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

/// The number that was drawn for the form that does something.
pub(super) fn act_of(page: &str, does: &str) -> String {
    let before = page.split(&format!("name=\"do\" value=\"{does}\"")).next().unwrap();
    let (_, rest) = before.rsplit_once("name=\"act\" value=\"").expect(page);
    rest.split('"').next().unwrap().to_owned()
}

pub(super) async fn works(house: &House, alias: &str, secret: &str) -> bool {
    token(&house.service.base, alias, secret).await.status == 200
}

/// From the box in three steps: what is typed, the hit, the form.
#[test]
fn a_secret_is_made_shown_once_and_the_one_before_ends_when_it_was_chosen() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut ana = house.administrator().await;
        let path = format!("/office/client-services/{}", service.id);
        let part = client.alias[2..].to_uppercase();
        let found = page(&mut ana.tab, &format!("/office?find={part}")).await;
        assert!(found.contains(&format!("<a href=\"{path}\">{}</a>", client.alias)), "{found}");
        let shown = page(&mut ana.tab, &path).await;
        assert!(shown.contains("good until there is another"), "{shown}");
        let act = act_of(&shown, "secret");
        let fields = [("do", "secret"), ("overlap", "24"), ("act", act.as_str())];
        let answer = ana.tab.send(&path, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        let second = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
        assert!(second.starts_with("chancery_cs_"), "{second}");
        assert!(works(&house, &client.alias, &client.secret).await);
        assert!(works(&house, &client.alias, &second).await);

        // The same form once more makes none, and shows none.
        let again = ana.tab.send(&path, &fields).await;
        assert_eq!(again.status, 409, "{}", again.text());
        assert!(again.text().contains("This form was sent before"), "{}", again.text());
        assert!(!again.text().contains("chancery_cs_"), "{}", again.text());
        let lives = house.service.app.reader.secret_lives(service.id, service.created).await;
        assert_eq!(lives.unwrap().len(), 2);
        let shown = page(&mut ana.tab, &path).await;
        assert!(shown.contains("; ends ") && !shown.contains(&second), "{shown}");
        assert!(shown.contains("Made a new secret") && shown.contains("Ana Sousa"), "{shown}");

        house.pass(24 * HOUR - 1000);
        assert!(works(&house, &client.alias, &client.secret).await);
        house.pass(1000);
        assert!(!works(&house, &client.alias, &client.secret).await, "it ended");
        assert!(works(&house, &client.alias, &second).await);

        let mut tab = ana.sign_in(&house, "192.0.2.9").await;
        let act = act_of(&page(&mut tab, &path).await, "secret");
        let wrong = [("do", "secret"), ("overlap", "2"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &wrong).await.status, 422);
        let at_once = [("do", "secret"), ("overlap", "0"), ("act", act.as_str())];
        let answer = tab.send(&path, &at_once).await;
        let third = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
        assert!(!works(&house, &client.alias, &second).await, "it ended at once");
        assert!(works(&house, &client.alias, &third).await);

        let about = AuditSubject::ClientService(service.id);
        let entries = house.service.app.reader.audit_about(about, 9).await.unwrap();
        assert_eq!(entries.len(), 2, "{entries:?}");
        for entry in &entries {
            assert_eq!(entry.action, AuditAction::ServiceSecretMade);
            assert_eq!((entry.actor, entry.person), (Actor::Person(ana.id), ana.id));
            assert!(!entry.detail.contains("chancery_cs_"), "{}", entry.detail);
        }
        assert_eq!(entries[1].address.as_deref(), Some("192.0.2.1"));
        house.service.stop().await;
    });
}

#[test]
fn whoever_suspends_says_why_and_so_does_whoever_takes_it_back() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/client-services/{}", service.id);
        let act = act_of(&page(&mut tab, &path).await, "suspend");
        let silent = [("do", "suspend"), ("reason", "  "), ("act", act.as_str())];
        let answer = tab.send(&path, &silent).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("A reason is needed"), "{}", answer.text());
        assert!(works(&house, &client.alias, &client.secret).await);

        let fields =
            [("do", "suspend"), ("reason", "its <b>laptop</b> was lost"), ("act", act.as_str())];
        for _ in 0..2 {
            let answer = tab.send(&path, &fields).await;
            assert_eq!(answer.header("location"), format!("{path}?done=suspend"));
        }
        assert!(!works(&house, &client.alias, &client.secret).await);
        let shown = page(&mut tab, &format!("{path}?done=suspend")).await;
        assert!(shown.contains("It is suspended."), "{shown}");
        assert!(shown.contains("its &#60;b&#62;laptop&#60;/b&#62; was lost"), "{shown}");
        let list = page(&mut tab, "/office/client-services?state=SUSPENDED").await;
        assert!(list.contains(&client.alias), "{list}");
        let list = page(&mut tab, "/office/client-services?state=ACTIVE").await;
        assert!(!list.contains(&client.alias), "{list}");

        let act = act_of(&shown, "reactivate");
        let fields = [("do", "reactivate"), ("reason", "it was found"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &fields).await.status, 303);
        assert!(works(&house, &client.alias, &client.secret).await);
        // What was sent twice counts once: an old form does not suspend it again.
        let about = AuditSubject::ClientService(service.id);
        let entries = house.service.app.reader.audit_about(about, 9).await.unwrap();
        assert_eq!(entries.len(), 2, "{entries:?}");
        house.service.stop().await;
    });
}

#[test]
fn a_client_service_that_somebody_does_not_see_does_not_exist() {
    run(async {
        let house = House::new().await;
        let (own, other) = (house.service.client().await, house.service.client().await);
        let (mine, theirs) = (service_of(&house, &own).await, service_of(&house, &other).await);
        let sight = Sight::Of { companies: Vec::new(), client_services: vec![mine.id] };
        let mut tab = house.somebody(Role::Issuer, Rights::Operator, sight.clone()).await.tab;
        let shown = page(&mut tab, &format!("/office/client-services/{}", mine.id)).await;
        let act = act_of(&shown, "secret");
        let list = page(&mut tab, "/office/client-services").await;
        assert!(list.contains(&own.alias) && !list.contains(&other.alias), "{list}");
        let found = page(&mut tab, &format!("/office?find={}", other.alias)).await;
        assert!(found.contains("Nothing of what you see"), "{found}");

        let path = format!("/office/client-services/{}", theirs.id);
        let unknown = tab.get("/office/client-services/77").await;
        let hidden = tab.get(&path).await;
        assert_eq!((hidden.status, unknown.status), (404, 404));
        assert_eq!(hidden.text(), unknown.text(), "nobody learns which there are");
        for fields in [
            &[("do", "secret"), ("overlap", "0"), ("act", act.as_str())][..],
            &[("do", "suspend"), ("reason", "a reason"), ("act", act.as_str())],
            &[("do", "nothing")],
        ] {
            assert_eq!(tab.send(&path, fields).await.status, 404, "{fields:?}");
        }
        assert!(works(&house, &other.alias, &other.secret).await);

        // Who only looks sees how it stands, and no form.
        let mut viewer = house.somebody(Role::Issuer, Rights::Viewer, sight).await.tab;
        let path = format!("/office/client-services/{}", mine.id);
        let shown = page(&mut viewer, &path).await;
        assert!(shown.contains("Level of seals"), "{shown}");
        assert!(!shown.contains("name=\"act\""), "{shown}");
        let fields = [("do", "secret"), ("overlap", "0"), ("act", act.as_str())];
        assert_eq!(viewer.send(&path, &fields).await.status, 404);
        assert!(works(&house, &own.alias, &own.secret).await);
        house.service.stop().await;
    });
}
