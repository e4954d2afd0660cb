//! Passkeys: added, used in place of password and code, removed; and every way in which one is none. The authenticator is
//! software; a browser's own is in `browser`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::audit::AuditAction;
use chancery::domain::person::{Rights, Role, Sight};
use serde_json::Value;

use super::{House, PASSWORD, Somebody, Tab, between, path_of};
use crate::support::authenticator::{Authenticator, MAY_BE_COPIED, VERIFIED};
use crate::support::client::Answer;
use crate::support::service::run;

const NEW: &str = "/office/account/passkeys/new";
const SIGN_IN: &str = "/office/sign-in";

/// What a page asks the browser: the options, and what its form carries.
struct Asked {
    options: Value,
    pending: String,
}

impl Asked {
    fn of(page: &Answer) -> Self {
        let options = between(page.text(), "data-options=\"", "\"");
        let options = options.replace("&#34;", "\"").replace("&quot;", "\"");
        Self {
            options: serde_json::from_str(&options).unwrap(),
            pending: between(page.text(), "name=\"pending\" value=\"", "\"").to_owned(),
        }
    }
}

async fn asked(tab: &mut Tab, path: &str) -> Asked {
    let page = tab.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.header("location"));
    Asked::of(&page)
}

async fn answer(tab: &mut Tab, path: &str, asked: &Asked, credential: &str) -> Answer {
    let path = format!("{path}/passkey");
    tab.send(&path, &[("pending", &asked.pending), ("credential", credential)]).await
}

/// Adds a passkey for who is signed in and showed it a moment ago.
async fn add(house: &House, tab: &mut Tab, name: &str) -> Authenticator {
    let mut phone = Authenticator::new(&house.service.app.issuer);
    register(tab, &mut phone, name).await;
    phone
}

async fn register(tab: &mut Tab, phone: &mut Authenticator, name: &str) {
    let asked = asked(tab, NEW).await;
    let credential = phone.create(&asked.options);
    let fields = [("pending", asked.pending.as_str()), ("credential", &credential), ("name", name)];
    let answer = tab.send(NEW, &fields).await;
    assert!([200, 303].contains(&answer.status), "{}", answer.text());
    // A form that comes twice adds one.
    let again = tab.send(NEW, &fields).await;
    assert_eq!(again.status, 303, "{}", again.text());
}

async fn signs_in(house: &House, phone: &mut Authenticator) -> Tab {
    let mut tab = house.tab("192.0.2.9");
    let asked = asked(&mut tab, "/office/sign-in?next=/account").await;
    assert_eq!(asked.options["userVerification"], "required");
    assert_eq!(asked.options["allowCredentials"], serde_json::json!([]), "nobody is named");
    let credential = phone.sign(&asked.options);
    let path = "/office/sign-in/passkey?next=/account";
    let fields = [("pending", asked.pending.as_str()), ("credential", &credential)];
    let answer = tab.send(path, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/office/account"));
    tab
}

async fn actions(house: &House, who: &Somebody) -> Vec<(AuditAction, String)> {
    let entries = house.service.app.reader.audit_of(who.id, 50).await.unwrap();
    entries.into_iter().map(|entry| (entry.action, entry.detail)).collect()
}

#[test]
fn a_passkey_stands_for_password_and_code_until_it_is_removed() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut phone = add(&house, &mut ana.tab, "Ana's phone").await;
        let account = ana.tab.get("/office/account").await;
        assert!(account.text().contains("Ana&#39;s phone"), "{}", account.text());
        assert!(account.text().contains("On one device") && account.text().contains("Never"));

        let mut tab = signs_in(&house, &mut phone).await;
        assert_eq!(tab.get("/office/people").await.status, 200, "no code is owed");
        // Before what is sensitive it will do too, and the session gets another token.
        house.pass(6 * 60_000);
        let place = tab.get("/office/people/invite").await;
        let place = place.header("location").to_owned();
        assert_eq!(place, "/office/prove?next=%2Fpeople%2Finvite");
        let asked = asked(&mut tab, &place).await;
        assert_eq!(asked.options["allowCredentials"][0]["id"], phone.id());
        let before = tab.cookie.clone();
        let credential = phone.sign(&asked.options);
        let proved = answer(&mut tab, "/office/prove", &asked, &credential).await;
        assert_eq!((proved.status, proved.header("location")), (303, "/office"));
        assert_ne!(tab.cookie, before);
        assert_eq!(tab.get("/office/people/invite").await.status, 200);

        // Removed, it is one that nobody has; the session in which it was removed goes on, others end.
        let account = tab.get("/office/account").await;
        let path = between(account.text(), "href=\"/office/account/passkeys/new\"", ">").len();
        assert_eq!(path, 0);
        let path = account.text().split("href=\"/office/account/passkeys/").nth(1).unwrap();
        let path = format!("/office/account/passkeys/{}", path.split('"').next().unwrap());
        assert_eq!(tab.get(&path).await.status, 200);
        assert_eq!(tab.send(&path, &[]).await.status, 422, "no page sends that");
        assert_eq!(tab.send(&path, &[("do", "remove")]).await.status, 303);
        assert_eq!(tab.get("/office/account").await.status, 200);
        assert_eq!(ana.tab.get("/office/account").await.status, 303, "another session");
        let mut other = house.tab("192.0.2.9");
        let asked = self::asked(&mut other, SIGN_IN).await;
        let credential = phone.sign(&asked.options);
        let refused = answer(&mut other, SIGN_IN, &asked, &credential).await;
        assert_eq!((refused.status, other.cookie.is_none()), (422, true));
        assert!(refused.text().contains("does not fit"), "{}", refused.text());

        let by = |action| (action, "by passkey: Ana's phone".to_owned());
        let all = actions(&house, &ana).await;
        for entry in [
            (AuditAction::PasskeyAdded, "Ana's phone".to_owned()),
            by(AuditAction::SignedIn),
            by(AuditAction::Proved),
            (AuditAction::PasskeyRemoved, "Ana's phone".to_owned()),
        ] {
            assert_eq!(all.iter().filter(|it| **it == entry).count(), 1, "{entry:?} in {all:?}");
        }
        house.service.stop().await;
    });
}

#[test]
fn whoever_has_a_passkey_needs_no_app() {
    run(async {
        let house = House::new().await;
        let invited = house.invite(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let mut tab = house.tab("192.0.2.1");
        tab.accept(&path_of(&invited.link), PASSWORD).await;
        let page = tab.get("/office/account/app").await;
        assert!(page.text().contains(NEW), "there is another way: {}", page.text());
        let mut phone = Authenticator::new(&house.service.app.issuer);
        let asked = asked(&mut tab, NEW).await;
        let credential = phone.create(&asked.options);
        let fields =
            |name| [("pending", &*asked.pending), ("credential", &*credential), ("name", name)];
        let long = "x".repeat(61);
        for name in ["", " ", long.as_str()] {
            let page = tab.send(NEW, &fields(name)).await;
            assert!(page.text().contains("A name is needed"), "{}", page.text());
        }
        let page = tab.send(NEW, &fields("key")).await;
        let codes: Vec<&str> = page.text().split("<li><code>").skip(1).collect();
        assert_eq!(codes.len(), 10, "recovery codes, as there were none: {}", page.text());
        let code = codes[0].split('<').next().unwrap();
        assert_eq!(tab.get("/office").await.status, 200);

        // A password alone does not open the account now; a passkey or a recovery code is the second step.
        let address = invited.person.address.as_str();
        let mut second = house.tab("192.0.2.2");
        assert_eq!(second.sign_in(address, PASSWORD).await, "/office/second-step");
        let asked = self::asked(&mut second, "/office/second-step").await;
        let credential = phone.sign(&asked.options);
        let done = answer(&mut second, "/office/second-step", &asked, &credential).await;
        assert_eq!((done.status, done.header("location")), (303, "/office"));
        let mut third = house.tab("192.0.2.3");
        third.sign_in(address, PASSWORD).await;
        assert_eq!(third.send("/office/second-step", &[("code", code)]).await.status, 303);

        // The only second step of somebody who needs one stays.
        let account = tab.get("/office/account").await;
        let path = account.text().split("href=\"/office/account/passkeys/").nth(1).unwrap();
        let path = format!("/office/account/passkeys/{}", path.split('"').next().unwrap());
        tab.get(&path).await;
        let kept = tab.send(&path, &[("do", "remove")]).await;
        assert_eq!(kept.status, 422);
        assert!(kept.text().contains("only second step"), "{}", kept.text());
        signs_in(&house, &mut phone).await;
        house.service.stop().await;
    });
}

#[test]
fn an_answer_is_good_once_in_the_browser_that_was_asked_and_for_ten_minutes() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut phone = add(&house, &mut ana.tab, "phone").await;
        let mut tab = house.tab("192.0.2.9");
        let asked = asked(&mut tab, SIGN_IN).await;
        let credential = phone.sign(&asked.options);

        // Somebody who has seen it has another browser.
        let mut thief = house.tab("192.0.2.66");
        assert_eq!(answer(&mut thief, SIGN_IN, &asked, &credential).await.status, 422);
        self::asked(&mut thief, SIGN_IN).await;
        assert_eq!(answer(&mut thief, SIGN_IN, &asked, &credential).await.status, 422);
        // Nor is it good for what it was not asked for.
        let mut half = house.tab("192.0.2.10");
        half.sign_in(&ana.address, PASSWORD).await;
        let other = answer(&mut half, "/office/second-step", &asked, &credential).await;
        assert_eq!(other.status, 422);
        let mut twin = tab.clone();
        assert_eq!(answer(&mut tab, SIGN_IN, &asked, &credential).await.status, 303);
        assert_eq!(answer(&mut twin, SIGN_IN, &asked, &credential).await.status, 422, "replayed");

        // One that does not count is good once as well.
        let mut still = Authenticator::new(&house.service.app.issuer);
        still.counter = 0;
        register(&mut ana.tab, &mut still, "does not count").await;
        signs_in(&house, &mut still).await;
        signs_in(&house, &mut still).await;
        let asked = self::asked(&mut twin, SIGN_IN).await;
        let credential = still.sign(&asked.options);
        let mut copy = twin.clone();
        assert_eq!(answer(&mut copy, SIGN_IN, &asked, &credential).await.status, 303);
        assert_eq!(answer(&mut twin, SIGN_IN, &asked, &credential).await.status, 422, "replayed");

        let asked = self::asked(&mut twin, SIGN_IN).await;
        let late = phone.sign(&asked.options);
        house.pass(10 * 60_000);
        assert_eq!(answer(&mut twin, SIGN_IN, &asked, &late).await.status, 422, "too late");
        house.service.stop().await;
    });
}

/// What is told of a sign-in that must not be one.
type Bend = fn(&mut Authenticator);

#[test]
fn what_is_not_signed_here_by_its_owner_opens_nothing() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut phone = add(&house, &mut ana.tab, "phone").await;
        let mut rui = house.administrator().await;
        let mut other = add(&house, &mut rui.tab, "other").await;
        let (right, user) = (phone.origin.clone(), phone.user.clone());
        let bends: [(&str, Bend); 6] = [
            ("the origin of elsewhere", |it| it.origin = "https://elsewhere.example".to_owned()),
            ("an origin without TLS", |it| it.origin = it.origin.replace("https:", "http:")),
            ("the key of another service", |it| it.service = "elsewhere.example".to_owned()),
            ("nobody showed who it is", |it| it.flags &= !VERIFIED),
            ("it may be copied now", |it| it.flags |= MAY_BE_COPIED),
            ("it is another person's", |it| it.user = vec![7; 32]),
        ];
        for (number, (what, bend)) in bends.into_iter().enumerate() {
            let (service, flags) = (phone.service.clone(), phone.flags);
            bend(&mut phone);
            let mut tab = house.tab(&format!("192.0.2.{}", 100 + number));
            let asked = asked(&mut tab, SIGN_IN).await;
            let credential = phone.sign(&asked.options);
            let refused = answer(&mut tab, SIGN_IN, &asked, &credential).await;
            assert_eq!((refused.status, tab.cookie.is_none()), (422, true), "{what}");
            (phone.origin, phone.service, phone.user) = (right.clone(), service, user.clone());
            phone.flags = flags;
        }
        // What is changed after it was signed, and what is no answer at all.
        let mut tab = house.tab("192.0.2.110");
        let asked = asked(&mut tab, SIGN_IN).await;
        let credential: Value = serde_json::from_str(&phone.sign(&asked.options)).unwrap();
        for (place, with) in [
            ("/response/signature", "AAAA"),
            ("/response/authenticatorData", "AAAA"),
            ("/response/clientDataJSON", "e30"),
            ("/rawId", "AAAA"),
        ] {
            let mut changed = credential.clone();
            *changed.pointer_mut(place).unwrap() = with.into();
            let mut tab = tab.clone();
            let refused = answer(&mut tab, SIGN_IN, &asked, &changed.to_string()).await;
            assert!([422, 429].contains(&refused.status), "{place}");
        }
        for nothing in ["", "{}", "[1]"] {
            let refused = answer(&mut tab.clone(), SIGN_IN, &asked, nothing).await;
            assert!([422, 429].contains(&refused.status), "{nothing}");
        }

        // Where somebody is known, another one's passkey is none: as the second step, and before what is sensitive.
        let mut half = house.tab("192.0.2.120");
        half.sign_in(&ana.address, PASSWORD).await;
        let asked = self::asked(&mut half, "/office/second-step").await;
        let credential = other.sign(&asked.options);
        let refused = answer(&mut half, "/office/second-step", &asked, &credential).await;
        assert_eq!(refused.status, 422);
        let asked = self::asked(&mut ana.tab, "/office/prove").await;
        let credential = other.sign(&asked.options);
        assert_eq!(answer(&mut ana.tab, "/office/prove", &asked, &credential).await.status, 422);
        // The same key cannot be somebody else's too.
        let asked = self::asked(&mut rui.tab, NEW).await;
        let credential = phone.create(&asked.options);
        let fields = [("pending", &*asked.pending), ("credential", &*credential), ("name", "x")];
        let refused = rui.tab.send(NEW, &fields).await;
        assert!(refused.text().contains("has this passkey already"), "{}", refused.text());
        // Whoever is disabled stays out.
        let doer = chancery::workflow::people::Doer::command();
        chancery::workflow::people::disable(&house.service.app, rui.id, &doer).await.unwrap();
        let mut tab = house.tab("192.0.2.130");
        let asked = self::asked(&mut tab, SIGN_IN).await;
        let credential = other.sign(&asked.options);
        assert_eq!(answer(&mut tab, SIGN_IN, &asked, &credential).await.status, 422);
        house.service.stop().await;
    });
}

#[test]
fn a_counter_that_goes_back_is_refused_and_told() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut phone = add(&house, &mut ana.tab, "phone").await;
        signs_in(&house, &mut phone).await;
        signs_in(&house, &mut phone).await;
        assert_eq!(phone.counter, 3);
        // A copy that was made before.
        phone.counter = 1;
        let mut tab = house.tab("192.0.2.9");
        let asked = asked(&mut tab, SIGN_IN).await;
        let credential = phone.sign(&asked.options);
        assert_eq!(answer(&mut tab, SIGN_IN, &asked, &credential).await.status, 422);
        let told = async || {
            let all = actions(&house, &ana).await;
            let refused = all.into_iter().filter(|(it, _)| *it == AuditAction::PasskeyRefused);
            refused.map(|(_, detail)| detail).collect::<Vec<_>>()
        };
        let words = "its counter went from 3 to 2: it may have been copied";
        assert_eq!(told().await, [words]);
        // Whoever does not have the key has nothing told.
        let mut forged: Value = serde_json::from_str(&credential).unwrap();
        forged["response"]["signature"] = "AAAA".into();
        let forged = forged.to_string();
        assert_eq!(answer(&mut tab, SIGN_IN, &asked, &forged).await.status, 422);
        assert_eq!(told().await.len(), 1);
        // The one that went on goes on.
        phone.counter = 3;
        signs_in(&house, &mut phone).await;
        house.service.stop().await;
    });
}

#[test]
fn where_the_address_is_a_number_there_are_none() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let mut ana = house.administrator().await;
        let page = ana.tab.get("/office/account").await;
        assert!(page.text().contains("need a host name"), "{}", page.text());
        let page = ana.tab.get(NEW).await;
        assert_eq!((page.status, page.text().contains("data-passkey")), (200, false));
        let page = house.tab("192.0.2.9").get(SIGN_IN).await;
        assert_eq!((page.status, page.text().contains("data-passkey")), (200, false));
        let answer = ana.tab.send(NEW, &[("name", "x"), ("credential", "{}")]).await;
        assert_eq!(answer.status, 422);
        house.service.stop().await;
    });
}

/// Browsers run the script that is ours, or none.
#[test]
fn the_script_is_the_one_that_pages_demand() {
    run(async {
        let house = House::new().await;
        let mut tab = house.tab("192.0.2.9");
        let page = tab.get(SIGN_IN).await;
        let demanded = between(page.text(), "/office/passkeys.js\" integrity=\"sha384-", "\"");
        let script = tab.get("/office/passkeys.js").await;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, &script.body);
        assert_eq!(demanded, STANDARD.encode(digest));
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with("__Host-chancery-browser="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(tab.get(SIGN_IN).await.header("set-cookie"), "", "it is known by then");
        house.service.stop().await;
    });
}
