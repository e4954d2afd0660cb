//! The second step: codes of an app, recovery codes, each once.

use chancery::domain::audit::AuditAction;

use super::{House, PASSWORD, between, code_of};
use crate::support::service::run;

/// RFC 6238, appendix B: the secret is `12345678901234567890`, the codes are cut to six digits.
#[test]
fn codes_are_those_of_the_standard() {
    let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
        assert_eq!(code_of(key, seconds * 1000), code);
    }
}

#[test]
fn a_code_is_taken_once() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let set_up_with = ana.code(&house);
        let mut tab = house.tab("192.0.2.3");
        assert_eq!(tab.sign_in(&ana.address, PASSWORD).await, "/office/second-step");
        // Without the second step nothing is open.
        for path in ["/office", "/office/account", "/office/people", "/office/account/app"] {
            let answer = tab.get(path).await;
            assert!(answer.header("location").starts_with("/office/second-step"), "{path}");
        }
        tab.get("/office/second-step").await;
        let send = async |tab: &mut super::Tab, code: &str| {
            tab.send("/office/second-step", &[("code", code)]).await.status
        };
        assert_eq!(send(&mut tab, &set_up_with).await, 422, "it set the app up");
        let code = ana.next_code(&house);
        let mut other = house.tab("192.0.2.4");
        assert_eq!(other.sign_in(&ana.address, PASSWORD).await, "/office/second-step");
        assert_eq!(send(&mut tab, &format!(" {} {} ", &code[..3], &code[3..])).await, 303);
        assert_eq!(send(&mut other, &code).await, 422, "somebody watched it");
        // A later one was taken, so that an earlier one of the window is not any more.
        assert_eq!(send(&mut other, &set_up_with).await, 422);
        house.pass(90_000);
        assert_eq!(send(&mut other, &code).await, 422, "it is of the past");
        assert_eq!(send(&mut other, &ana.code(&house)).await, 303);
        house.service.stop().await;
    });
}

#[test]
fn who_guesses_at_codes_waits() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let mut tab = house.tab("192.0.2.3");
        tab.sign_in(&ana.address, PASSWORD).await;
        for _ in 0..5 {
            let answer = tab.send("/office/second-step", &[("code", "000000")]).await;
            assert_eq!(answer.status, 422);
        }
        let code = ana.code(&house);
        let answer = tab.send("/office/second-step", &[("code", &code)]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
        // The right password again does not make guesses free.
        let mut again = house.tab("192.0.2.3");
        again.sign_in(&ana.address, PASSWORD).await;
        let answer = again.send("/office/second-step", &[("code", "000000")]).await;
        assert_eq!(answer.status, 429);
        ana.sign_in(&house, "192.0.2.4").await;
        house.service.stop().await;
    });
}

#[test]
fn a_recovery_code_is_good_once_and_until_there_are_new_ones() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let app = &house.service.app;
        let codes = ana.codes.clone();
        let sign_in = async |code: &str| {
            let mut tab = house.tab("192.0.2.3");
            assert_eq!(tab.sign_in(&ana.address, PASSWORD).await, "/office/second-step");
            tab.send("/office/second-step", &[("code", code)]).await.status
        };
        assert_eq!(sign_in(&codes[0]).await, 303);
        assert_eq!(sign_in(&codes[0]).await, 422);
        assert_eq!(sign_in(&codes[1].to_uppercase().replace('-', " ")).await, 303);
        let used = app.reader.audit_of(ana.id, 50).await.unwrap();
        let used = used.iter().filter(|it| it.action == AuditAction::RecoveryCodeUsed).count();
        assert_eq!(used, 2);
        let page = ana.tab.get("/office/account").await;
        assert!(page.text().contains("Codes that are left: 8."), "{}", page.text());

        // Who set up an app a moment ago need not show it again.
        assert_eq!(ana.tab.get("/office/account/recovery-codes").await.status, 200);
        let page = ana.tab.send("/office/account/recovery-codes", &[]).await;
        let new = between(page.text(), "<li><code>", "</code>").to_owned();
        let again = ana.tab.get("/office/account/recovery-codes").await;
        assert!(!again.text().contains(&new), "they are shown once");
        assert_eq!(sign_in(&codes[2]).await, 422);
        assert_eq!(sign_in(&new).await, 303);
        house.service.stop().await;
    });
}

#[test]
fn secrets_of_apps_and_codes_are_not_in_the_database_as_they_are() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        ana.tab.get("/office").await;
        let token = ana.tab.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
        let kept = house.service.app.reader.person_credentials(ana.id).await.unwrap();
        assert_eq!(kept.len(), 12);
        let file = house.service.database.strip_prefix("sqlite://").unwrap();
        let mut octets = Vec::new();
        for file in [file.to_owned(), format!("{file}-wal")] {
            octets.extend(std::fs::read(file).unwrap());
        }
        let has = |text: &str| octets.windows(text.len()).any(|at| at == text.as_bytes());
        assert!(has(&ana.address) && has("$argon2id$v=19$m=8,t=1,p=1$"), "this is the database");
        let bare = ana.codes[0].replace('-', "");
        for secret in [&token, PASSWORD, &ana.key, &ana.codes[0], &bare, &bare.to_uppercase()] {
            assert!(!has(secret), "{secret} is in the database");
        }
        house.service.stop().await;
    });
}
