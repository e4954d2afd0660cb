//! The back office in Chromium, by keyboard alone, judged by axe-core.

use serde_json::{Value, json};

use super::sets::lost;
use super::{House, PASSWORD};
use crate::support::browser::{assert_accessible, walk};
use crate::support::service::run;
use crate::webhooks::receiver::Receiver;

/// Demands that a page that was looked at says something.
#[track_caller]
fn says(seen: &[Value], name: &str, words: &str) {
    let page = seen.iter().find(|page| page["name"] == name).unwrap();
    let text = page["text"].as_str().unwrap();
    assert!(text.contains(words), "{words} in {text}");
}

/// The steps of somebody who signs in on the way to a page, and what comes then.
pub(super) fn signed_in(page: &str, address: &str, code: &str, then: Value) -> Value {
    let begin = json!([
        ["open", page],
        ["type", address],
        ["press", "Tab"],
        ["type", PASSWORD],
        ["go", "Enter"],
        ["type", code],
        ["go", "Enter"],
    ]);
    let (Value::Array(mut steps), Value::Array(then)) = (begin, then) else { unreachable!() };
    steps.extend(then);
    steps.into()
}

#[test]
fn signing_in_inviting_and_signing_out_go_by_keyboard() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let base = &house.service.base;
        let at_office_people_find_ana = format!("{base}/office/people?find=ana");
        let at_office = format!("{base}/office");
        let at_office_people = format!("{base}/office/people");
        let at_office_account_recovery_codes = format!("{base}/office/account/recovery-codes");
        let at_office_account_password = format!("{base}/office/account/password");
        let at_office_nothing = format!("{base}/office/nothing");
        let steps: [(&str, &str); 63] = [
            ("open", &at_office_people_find_ana),
            ("look", "sign-in"),
            // The first field has the focus already.
            ("type", &ana.address),
            ("press", "Tab"),
            ("type", "not the password 1"),
            ("go", "Enter"),
            ("look", "sign-in-wrong"),
            ("to", "#password"),
            ("type", PASSWORD),
            ("go", "Enter"),
            ("look", "second-step"),
            ("type", &code),
            ("go", "Enter"),
            // Where one wanted to go in the first place.
            ("look", "people"),
            // The script puts what is found in place while one types.
            ("to", "#find"),
            ("type", "-nobody-like-that"),
            ("wait", "#people > p"),
            ("open", &at_office),
            ("look", "search"),
            // Past the menu in one step.
            ("open", &at_office_people),
            ("to", ".skip"),
            ("press", "Enter"),
            ("wait", "#content:focus"),
            ("to", "a.action"),
            ("go", "Enter"),
            ("look", "invite"),
            ("type", "rui@acme.example"),
            ("to", "#name"),
            ("type", "Rui Costa"),
            ("to", "#role"),
            ("press", "ArrowDown"),
            ("to", "main button"),
            ("go", "Enter"),
            ("look", "invited"),
            ("to", "header a[href$='/account']"),
            ("go", "Enter"),
            ("look", "account"),
            ("to", "#theme"),
            ("press", "ArrowDown"),
            ("press", "ArrowDown"),
            ("to", "main button"),
            ("go", "Enter"),
            ("look", "account-dark"),
            ("to", "a[href$='/account/app']"),
            ("go", "Enter"),
            ("look", "app"),
            ("open", &at_office_account_recovery_codes),
            ("look", "codes-before"),
            ("to", "main button"),
            ("go", "Enter"),
            ("look", "codes"),
            ("open", &at_office_account_password),
            ("look", "password"),
            ("open", &at_office_people),
            ("to", "tbody a"),
            ("go", "Enter"),
            ("look", "person"),
            ("open", &at_office_nothing),
            ("look", "unknown"),
            ("open", &at_office),
            ("to", "header button"),
            ("go", "Enter"),
            ("look", "signed-out"),
        ];
        let steps = json!(&steps[..]);
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&without_status(&seen)), 16 * 3);
        assert_walked(&seen, base);
        let people = house.service.app.reader.people().await.unwrap();
        assert!(people.iter().any(|person| person.name == "Rui Costa"));
        house.service.stop().await;
    });
}

/// What is done to many operations, the audit record and usage, by keyboard alone.
#[test]
fn sets_the_audit_record_and_usage_go_by_keyboard() {
    run(async {
        let house = House::with(|setup| {
            setup.issuer = "http://127.0.0.1".to_owned();
            setup.delivers = false;
        })
        .await;
        let client = house.service.client().await;
        lost(&house, &client, 2).await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let base = &house.service.base;
        let chosen = format!("{base}/office/operations?delivery=SENDING_FAILED");
        let at = ["sets", "dashboard", "usage", "audit"].map(|it| format!("{base}/office/{it}"));
        let first = format!("{base}/office");
        let steps: [(&str, &str); 34] = [
            ("open", &chosen),
            ("type", &ana.address),
            ("press", "Tab"),
            ("type", PASSWORD),
            ("go", "Enter"),
            ("type", &code),
            ("go", "Enter"),
            ("look", "operations"),
            ("to", "button[aria-describedby='resend-hint']"),
            ("go", "Enter"),
            ("look", "set-counted"),
            ("to", "#confirm"),
            ("go", "Enter"),
            ("wait", "#set progress"),
            ("look", "set-running"),
            ("to", "#cancel"),
            ("go", "Enter"),
            ("look", "set-cancelled"),
            ("open", &at[0]),
            ("look", "sets"),
            ("open", &at[1]),
            ("look", "dashboard"),
            ("open", &at[2]),
            ("look", "usage"),
            ("open", &at[3]),
            ("look", "audit"),
            ("to", "#head"),
            ("press", "Tab"),
            ("go", "Enter"),
            ("look", "chain"),
            ("open", &first),
            // The box gets the focus when the page is drawn.
            ("wait", "#find:focus"),
            ("to", "dd a"),
            ("look", "first"),
        ];
        let steps = json!(&steps[..]);
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 10 * 3);
        for (name, words) in [
            ("operations", "Act on all of these"),
            ("set-counted", "Mails that are sent again"),
            ("set-running", "Running"),
            ("set-cancelled", "Cancelled"),
            ("chain", "The chain is whole."),
        ] {
            let page = seen.iter().find(|page| page["name"] == name).unwrap();
            assert!(page["text"].as_str().unwrap().contains(words), "{words} in {page}");
        }
        house.service.stop().await;
    });
}

/// What pages on the way say, in which colours, and that they ask for nothing of elsewhere.
fn assert_walked(seen: &[Value], base: &str) {
    let text = |name: &str| {
        let page = seen.iter().find(|page| page["name"] == name).unwrap();
        page["text"].as_str().unwrap().to_owned()
    };
    for (name, words) in [
        ("sign-in-wrong", "does not match"),
        ("people", "Ana Sousa"),
        ("invited", "Hand this link over yourself"),
        ("codes", "not shown again"),
        ("account-dark", "It is saved"),
        ("signed-out", "Sign in"),
    ] {
        assert!(text(name).contains(words), "{words} in {}", text(name));
    }
    // Whoever chose dark colours has them whatever the system says.
    let grounds = |name: &str| -> Vec<String> {
        let pages = seen.iter().filter(|page| page["name"] == name);
        pages.map(|page| page["background"].to_string()).collect()
    };
    let (system, dark) = (grounds("account"), grounds("account-dark"));
    assert!(system[0] != system[1] && dark.iter().all(|it| *it == system[1]), "{dark:?}");
    for page in seen {
        for request in page["requests"].as_array().unwrap() {
            assert!(request.as_str().unwrap().starts_with(base), "{request}");
        }
    }
}

/// From the search box: what is typed, the hit, the form.
#[test]
fn a_secret_is_rotated_and_a_client_service_suspended_in_three_steps() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let client = house.service.client().await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &office,
            &ana.address,
            &code,
            json!([
                // The box has the focus.
                ["type", client.alias],
                ["go", "Enter"],
                ["look", "found"],
                ["to", "#found a[href*='/client-services/']"],
                ["go", "Enter"],
                ["look", "client-service"],
                ["to", "#overlap"],
                ["press", "ArrowDown"],
                ["press", "Tab"],
                ["go", "Enter"],
                ["look", "secret"],
                ["open", office],
                ["type", client.alias],
                ["go", "Enter"],
                ["to", "#found a[href*='/client-services/']"],
                ["go", "Enter"],
                ["to", "#reason"],
                ["type", "a laptop was lost"],
                ["go", "Enter"],
                ["look", "suspended"],
                ["to", "header a[href$='/client-services']"],
                ["go", "Enter"],
                ["look", "client-services"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 5 * 3);
        for (name, words) in [
            ("secret", "chancery_cs_"),
            ("suspended", "It is suspended"),
            ("suspended", "a laptop was lost"),
            ("client-services", "Suspended"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

/// From the search box: what is typed, the hit, the letter; where it is written it is looked at.
#[test]
fn a_letter_is_edited_and_looked_at_in_three_steps() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let client = house.service.client().await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &office,
            &ana.address,
            &code,
            json!([
                ["type", client.alias],
                ["go", "Enter"],
                ["to", "#found a[href*='/client-services/']"],
                ["go", "Enter"],
                ["to", "a[href$='/letters/en']"],
                ["go", "Enter"],
                // The subject has the focus; what is typed is seen without another step.
                ["wait", "iframe[srcdoc*='ACME Corporation']"],
                ["look", "letter"],
                ["to", "#text"],
                ["type", "{{ issuer.nme }}"],
                ["wait", "#mistakes-text li"],
                ["look", "mistakes"],
                ["to", "#html"],
                ["to", "#look"],
                ["go", "Enter"],
                ["look", "looked"],
                ["open", format!("{office}/client-services")],
                ["to", "tbody a"],
                ["go", "Enter"],
                ["to", "a[href$='/letters']"],
                ["go", "Enter"],
                ["look", "letters"],
                ["open", format!("{office}/client-services")],
                ["to", "tbody a"],
                ["go", "Enter"],
                ["to", "a[href$='/mail-server']"],
                ["go", "Enter"],
                ["look", "mail-server"],
                ["to", "a[href$='/settings/mail']"],
                ["go", "Enter"],
                ["look", "mail"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 6 * 3);
        for (name, words) in [
            ("mistakes", "issuer.nme"),
            ("mistakes", "no preview while"),
            ("looked", "no preview while"),
            ("letters", "Every other language"),
            ("mail-server", "Set the server"),
            ("mail", "Mail server of the installation"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

#[test]
fn companies_and_credentials_are_for_everybody_to_read() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let client = house.service.client().await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &office,
            &ana.address,
            &code,
            json!([
                ["to", "header a[href$='/companies']"],
                ["go", "Enter"],
                ["look", "companies"],
                ["to", "tbody a"],
                ["go", "Enter"],
                ["look", "company"],
                ["to", "a[href$='/new-client-service']"],
                ["go", "Enter"],
                ["look", "new-client-service"],
                ["to", "#alias"],
                ["type", format!("{}-2", client.alias)],
                ["go", "Enter"],
                ["look", "made"],
                ["to", "header a[href$='/credentials']"],
                ["go", "Enter"],
                ["look", "credentials"],
                ["to", "tbody a"],
                ["go", "Enter"],
                ["look", "credential"],
                ["to", "#subject"],
                ["go", "Enter"],
                ["look", "request"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 7 * 3);
        for (name, words) in [
            ("company", "ACME Corporation"),
            ("made", "chancery_cs_"),
            ("credential", "CN=Seal EC"),
            ("request", "BEGIN CERTIFICATE REQUEST"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

/// From the page of a client service: a webhook with its secret, a test, and what became of it in the log.
#[test]
fn a_webhook_is_added_and_its_log_read_by_keyboard() {
    run(async {
        let house = super::webhooks::house().await;
        let client = house.service.client().await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let receiver = Receiver::answering(&[], &json!([{"body": "thank you"}]));
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &office,
            &ana.address,
            &code,
            json!([
                ["type", client.alias],
                ["go", "Enter"],
                ["to", "#found a[href*='/client-services/']"],
                ["go", "Enter"],
                ["to", "#webhooks"],
                ["go", "Enter"],
                ["look", "webhooks"],
                ["to", "#url"],
                ["type", receiver.url()],
                ["to", "#description"],
                ["type", "the ERP"],
                ["go", "Enter"],
                ["look", "secret"],
                ["to", "main a.action"],
                ["go", "Enter"],
                ["to", "#test"],
                ["go", "Enter"],
                ["look", "tested"],
                ["to", "#outcome"],
                ["press", "ArrowDown"],
                ["press", "Tab"],
                ["go", "Enter"],
                ["look", "log"],
                ["to", "#count"],
                ["go", "Enter"],
                ["wait", "#counted"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 4 * 3);
        for (name, words) in [
            ("webhooks", "None yet"),
            ("secret", "whsec_"),
            ("tested", "thank you"),
            ("log", "webhook.test"),
            ("log", "Taken over"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

/// A first credential: one person makes the key and proposes what came back, another one activates it.
#[test]
fn a_first_credential_is_imported_by_two_people_by_keyboard() {
    run(async {
        let (house, _folder) = super::imports::house().await;
        let (ana, eva) = (house.administrator().await, house.administrator().await);
        let office = format!("{}/office", house.service.base);
        let made = signed_in(
            &office,
            &ana.address,
            &ana.next_code(&house),
            json!([
                ["to", "header a[href$='/credentials']"],
                ["go", "Enter"],
                ["to", "main a.action"],
                ["go", "Enter"],
                ["look", "keys"],
                ["to", "#kind"],
                ["press", "ArrowDown"],
                ["press", "ArrowDown"],
                ["press", "Tab"],
                ["type", "acme"],
                ["go", "Enter"],
                ["to", "#cn"],
                ["type", "ACME Seal"],
                ["go", "Enter"],
                ["look", "request"],
            ]),
        );
        let mut seen = tokio::task::spawn_blocking(move || walk(&made)).await.unwrap();
        let keys = house.service.app.keyring.list("files").await.unwrap();
        let key = format!("{office}/keys/files/{}", keys[0].id);
        let chain = super::imports::issued(&house, "acme", "CN=ACME Seal").await;
        let proposed = signed_in(
            &key,
            &ana.address,
            &ana.next_code(&house),
            json!([
                ["to", "#name"],
                ["type", "acme-first"],
                ["to", "#pem"],
                ["type", super::imports::pem(&chain)],
                ["press", "Tab"],
                ["go", "Enter"],
                ["look", "proposed"],
            ]),
        );
        seen.extend(tokio::task::spawn_blocking(move || walk(&proposed)).await.unwrap());
        let activated = signed_in(
            &format!("{office}/credentials"),
            &eva.address,
            &eva.next_code(&house),
            json!([
                ["look", "waiting"],
                ["to", "main a[href*='/imports/']"],
                ["go", "Enter"],
                ["look", "import"],
                ["to", "button[value='confirm']"],
                ["go", "Enter"],
                ["look", "activated"],
                ["to", "main a.action"],
                ["go", "Enter"],
                ["look", "credential"],
            ]),
        );
        seen.extend(tokio::task::spawn_blocking(move || walk(&activated)).await.unwrap());
        assert_eq!(assert_accessible(&seen), 7 * 3);
        for (name, words) in [
            ("request", "BEGIN CERTIFICATE REQUEST"),
            ("proposed", "Somebody else has to confirm it"),
            ("waiting", "acme-first"),
            ("import", "CN=ACME Seal"),
            ("activated", "It is a credential now"),
            ("credential", "Active"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

#[test]
fn settings_and_the_calendar_of_algorithms_are_for_everybody_to_read() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        house.service.client().await;
        let ana = house.administrator().await;
        let office = format!("{}/office", house.service.base);
        let steps = signed_in(
            &office,
            &ana.address,
            &ana.next_code(&house),
            json!([
                ["to", "header a[href$='/settings']"],
                ["go", "Enter"],
                ["look", "settings"],
                ["to", "#algorithms"],
                ["go", "Enter"],
                ["look", "algorithms"],
            ]),
        );
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&seen), 2 * 3);
        for (name, words) in [
            ("settings", "web.listen"),
            ("settings", "Running since"),
            ("algorithms", "RSA below 3000 bits"),
        ] {
            says(&seen, name, words);
        }
        house.service.stop().await;
    });
}

#[test]
fn everything_works_without_scripts() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://127.0.0.1".to_owned()).await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let base = &house.service.base;
        let steps = json!([
            ["script", false],
            ["open", format!("{base}/office/people/invite")],
            ["type", ana.address],
            ["press", "Tab"],
            ["type", PASSWORD],
            ["go", "Enter"],
            ["type", code],
            ["go", "Enter"],
            ["type", "rui@acme.example"],
            ["to", "#name"],
            ["type", "Rui Costa"],
            ["to", "#role"],
            ["press", "ArrowDown"],
            ["to", "main button"],
            ["go", "Enter"],
            ["open", format!("{base}/office/people")],
            ["to", "#find"],
            ["type", "rui"],
            ["go", "Enter"],
            ["wait", "tbody a"],
        ]);
        tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        let people = house.service.app.reader.people().await.unwrap();
        assert!(people.iter().any(|person| person.name == "Rui Costa"));
        house.service.stop().await;
    });
}

/// What a browser says of a page that answers with an error is that it is one.
fn without_status(seen: &[Value]) -> Vec<Value> {
    let mut seen = seen.to_vec();
    for page in &mut seen {
        let complaints = page["complaints"].as_array_mut().unwrap();
        complaints.retain(|text| !text.as_str().unwrap().contains("responded with a status of 4"));
    }
    seen
}

/// A passkey of the browser's own device: made, used in place of password and code, before what is sensitive, removed.
#[test]
fn a_passkey_of_the_browser_signs_in_by_keyboard_until_it_is_removed() {
    run(async {
        let house = House::with(|setup| setup.issuer = "http://localhost".to_owned()).await;
        let ana = house.administrator().await;
        let code = ana.next_code(&house);
        let (_, at) = house.service.base.split_once("://").unwrap();
        let base = "http://localhost/office";
        let then = json!([
            ["look", "new"],
            ["to", "#name"],
            ["type", "Laptop of Ana"],
            ["to", "main button"],
            ["go", "Enter"],
            ["look", "account"],
            ["to", "header button"],
            ["go", "Enter"],
            ["look", "sign-in"],
            ["to", "form[data-passkey] button"],
            ["go", "Enter"],
            ["wait", "a[href$='/people']"],
            ["open", format!("{base}/prove?next=/people/invite")],
            ["look", "prove"],
            ["to", "form[data-passkey] button"],
            ["go", "Enter"],
            ["look", "invite"],
            ["open", format!("{base}/account")],
            ["to", "tbody a[href*='/account/passkeys/']"],
            ["go", "Enter"],
            ["look", "removal"],
            ["to", "main button"],
            ["go", "Enter"],
            ["to", "header button"],
            ["go", "Enter"],
            ["to", "form[data-passkey] button"],
            ["go", "Enter"],
            ["look", "refused"],
        ]);
        let mut steps = json!([["host", format!("localhost {at}")], ["passkeys", true]]);
        let page = format!("{base}/account/passkeys/new");
        let signed_in = signed_in(&page, &ana.address, &code, then);
        steps.as_array_mut().unwrap().extend(signed_in.as_array().unwrap().iter().cloned());
        let seen = tokio::task::spawn_blocking(move || walk(&steps)).await.unwrap();
        assert_eq!(assert_accessible(&without_status(&seen)), 7 * 3);
        says(&seen, "account", "Laptop of Ana");
        says(&seen, "sign-in", "Use a passkey");
        says(&seen, "prove", "Use a passkey");
        says(&seen, "invite", "Invite somebody");
        says(&seen, "removal", "Laptop of Ana signs in no more");
        says(&seen, "refused", "This passkey does not fit");
        let entries = house.service.app.reader.audit_of(ana.id, 50).await.unwrap();
        let by: Vec<_> = entries.iter().filter(|it| it.detail.starts_with("by passkey")).collect();
        assert_eq!(by.len(), 2, "{by:?}");
        house.service.stop().await;
    });
}
