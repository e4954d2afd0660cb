//! From the invitation to the first screen, and who is not let in.

use chancery::domain::audit::AuditAction;
use chancery::domain::person::{PersonStatus, Rights, Role, Sight};
use chancery::workflow::people::passwords::{PasswordProblem, judge_for};
use chancery::workflow::people::{self as persons, Doer};

use super::{House, PASSWORD, between, path_of};
use crate::support::service::run;

#[test]
fn an_invitation_leads_to_the_first_screen_once() {
    run(async {
        let house = House::new().await;
        let reader = &house.service.app.reader;
        let invited = house.invite(Role::Administrator, Rights::Operator, Sight::Everything).await;
        let path = path_of(&invited.link);
        let mut tab = house.tab("192.0.2.1");

        // Looking uses nothing, and nothing is set by it.
        for _ in 0..2 {
            let page = tab.get(&path).await;
            assert_eq!((page.status, page.header("set-cookie")), (200, ""));
            assert!(page.text().contains(invited.person.address.as_str()), "{}", page.text());
        }
        let german = tab.get(&format!("{path}?lang=de")).await;
        assert!(german.text().contains("<html lang=\"de\""), "{}", german.text());

        for (new, again, words) in [
            ("short", "short", "At least 12"),
            ("ana.acme.example", "ana.acme.example", "little more than your name"),
            ("Password123456", "Password123456", "too easy to guess"),
            (PASSWORD, "something else 7", "differ"),
        ] {
            let page = tab.send(&path, &[("new", new), ("again", again)]).await;
            assert_eq!(page.status, 422);
            assert!(page.text().contains(words), "{words} in {}", page.text());
            assert!(!page.text().contains(new), "a password is shown");
        }
        let answer = tab.send(&path, &[("new", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office"));
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-chancery="), "{cookie}");
        for part in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        let person = reader.person(invited.person.id).await.unwrap().unwrap();
        assert_eq!(person.status, PersonStatus::Active);

        // Nothing is open before there is an app.
        for path in ["/office", "/office/people", "/office/account"] {
            let answer = tab.get(path).await;
            let place = answer.header("location");
            assert_eq!((answer.status, place), (303, "/office/account/app"), "{path}");
        }
        // The link is spent, and looks as one that never was.
        let mut other = house.tab("192.0.2.2");
        let spent = other.get(&path).await;
        let never = other.get(&path.replace("invitation/", "invitation/AAAA")).await;
        assert_eq!((spent.status, never.status), (404, 404));
        assert_eq!(spent.without_request_id(), never.without_request_id());
        let spent = other.send(&path, &[("new", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(spent.status, 404);
        house.service.stop().await;
    });
}

#[test]
fn pages_are_for_their_reader_alone() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let page = ana.tab.get("/office").await;
        assert_eq!(page.status, 200);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-type", "text/html; charset=utf-8"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"));
        assert!(policy.contains("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        for unwanted in ["<script>", "style=", "onclick", "javascript:"] {
            assert!(!page.text().contains(unwanted), "{unwanted} in {}", page.text());
        }
        let sheet = ana.tab.get("/office/style.css").await;
        assert_eq!((sheet.status, sheet.header("content-type")), (200, "text/css; charset=utf-8"));
        let script = ana.tab.get("/office/htmx.js").await;
        assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");

        // Whoever is not signed in is led to where it can be done, and back.
        let mut stranger = house.tab("192.0.2.9");
        let answer = stranger.get("/office/people?find=ana").await;
        let place = "/office/sign-in?next=%2Fpeople%3Ffind%3Dana";
        assert_eq!((answer.status, answer.header("location")), (303, place));
        let page = stranger.get(place).await;
        assert!(
            page.text().contains("?lang=de&#38;next=%2Fpeople%3Ffind%3Dana"),
            "{}",
            page.text()
        );
        assert_eq!(stranger.get("/office/nothing").await.status, 404);
        house.service.stop().await;
    });
}

#[test]
fn nothing_tells_why_somebody_is_not_let_in() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let gone = house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        persons::disable(&house.service.app, gone.id, &Doer::command()).await.unwrap();
        let new = house.invite(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let mut told = Vec::new();
        for (address, password) in [
            (ana.address.as_str(), "not the password 1"),
            (&gone.address, PASSWORD),
            (new.person.address.as_str(), PASSWORD),
            ("nobody@acme.example", PASSWORD),
            ("no address", PASSWORD),
        ] {
            let fields = [("address", address), ("password", password)];
            let mut tab = house.tab("192.0.2.7");
            let answer = tab.send("/office/sign-in", &fields).await;
            assert_eq!((answer.status, &tab.cookie), (422, &None), "{address}");
            // What is asked of passkeys is never the same.
            let passkey = between(answer.text(), "<form class=\"narrow instead\"", "</form>");
            told.push(answer.without_request_id().replace(address, "").replace(passkey, ""));
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:#?}");
        // Any case of the address will do for the right person.
        let mut tab = house.tab("192.0.2.8");
        assert_eq!(tab.sign_in(&ana.address.to_uppercase(), PASSWORD).await, "/office/second-step");
        house.service.stop().await;
    });
}

#[test]
fn who_guesses_waits_and_nobody_is_locked_out_by_others() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let fields = |password| [("address", ana.address.as_str()), ("password", password)];
        let (here, there) = ("192.0.2.50", "192.0.2.51");
        for _ in 0..5 {
            let answer =
                house.tab(here).send("/office/sign-in", &fields("guess guess guess")).await;
            assert_eq!(answer.status, 422);
        }
        for wait in ["1", "2", "4"] {
            for password in ["guess guess guess", PASSWORD] {
                let answer = house.tab(here).send("/office/sign-in", &fields(password)).await;
                assert_eq!((answer.status, answer.header("retry-after")), (429, wait));
            }
            assert_eq!(
                house.tab(there).sign_in(&ana.address, PASSWORD).await,
                "/office/second-step"
            );
            house.pass(wait.parse::<i64>().unwrap() * 1000);
            let answer =
                house.tab(here).send("/office/sign-in", &fields("guess guess guess")).await;
            assert_eq!(answer.status, 422);
        }
        house.pass(15 * 60_000);
        assert_eq!(house.tab(here).sign_in(&ana.address, PASSWORD).await, "/office/second-step");

        let failed = house.service.app.reader.audit_of(ana.id, 50).await.unwrap();
        let failed: Vec<_> =
            failed.iter().filter(|entry| entry.action == AuditAction::SignInFailed).collect();
        assert_eq!(failed.len(), 1, "a burst is told once: {failed:?}");
        assert_eq!(failed[0].address.as_deref(), Some(here));
        house.service.stop().await;
    });
}

#[test]
fn long_passwords_are_taken_and_those_that_are_guessed_first_are_not() {
    let about = ["João Silva-Matos", "joao.matos@acme-trading.example", "https://seal.test"];
    let judge = |password: &str| judge_for(password, &about);
    for good in [
        PASSWORD,
        "correct horse battery staple",
        "ünïcödé wörds cöunt",
        "joao likes green apples",
        &"ab cd ef gh ".repeat(10),
    ] {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
    for (password, problem) in [
        ("elevenchars", PasswordProblem::Short),
        ("ﬃﬃﬃ", PasswordProblem::Short),
        (&"x y ".repeat(40), PasswordProblem::Long),
        ("JoaoMatos2026", PasswordProblem::Personal),
        ("acme-trading.example", PasswordProblem::Personal),
        ("matos-silva-1", PasswordProblem::Personal),
        ("passwordpassword", PasswordProblem::Simple),
        ("Qwertyuiop1234", PasswordProblem::Simple),
        ("Fatura-2026-Fatura", PasswordProblem::Simple),
        ("aaaaaaaaaaaaaaaa", PasswordProblem::Simple),
        ("ghijklmnopqrstuv", PasswordProblem::Simple),
        ("zyxwvutsrqponmlk", PasswordProblem::Simple),
    ] {
        assert_eq!(judge(password), Err(problem), "{password}");
    }
}
