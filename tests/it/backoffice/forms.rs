//! Forms from elsewhere do nothing, and nothing leads elsewhere.

use chancery::domain::language::Language;
use chancery::domain::person::Theme;

use super::House;
use crate::support::client::Answer;
use crate::support::service::{ISSUER, run};

#[test]
fn a_form_from_elsewhere_does_nothing() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let mut other = ana.sign_in(&house, "192.0.2.9").await;
        other.get("/office/account").await;
        ana.tab.get("/office/account").await;
        let fields = [("do", "preferences"), ("theme", "dark"), ("language", "de")];
        let path = "/office/account";
        let mut foreign = ana.tab.clone();
        foreign.form.clone_from(&other.form);
        assert_ne!(foreign.form, ana.tab.form, "each session has its own");
        let mut without = ana.tab.clone();
        without.form.clear();
        let site = |site| ana.tab.posted(path, &fields).header("sec-fetch-site", site);
        let origin = |origin: &str| ana.tab.posted(path, &fields).header("origin", origin);
        for (what, request) in [
            (
                "another session's token",
                foreign.posted(path, &fields).header("sec-fetch-site", "same-origin"),
            ),
            ("no token", without.posted(path, &fields).header("sec-fetch-site", "same-origin")),
            ("another site", site("cross-site")),
            ("another host of ours", site("same-site")),
            ("typed by hand", site("none")),
            ("another origin", origin("https://evil.test")),
            ("a longer origin", origin(&format!("{ISSUER}.evil.test"))),
            ("no origin", origin("null")),
            ("nothing said", ana.tab.posted(path, &fields)),
            ("one right word of two", site("cross-site").header("origin", ISSUER)),
        ] {
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 403, "{what}");
        }
        let reader = &house.service.app.reader;
        let person = reader.person(ana.id).await.unwrap().unwrap();
        assert_eq!(person.theme, Theme::System);

        assert_eq!(Answer::of(origin(ISSUER)).await.status, 303, "an older browser");
        let person = reader.person(ana.id).await.unwrap().unwrap();
        assert_eq!(person.theme, Theme::Dark);
        let page = ana.tab.get("/office/account").await;
        assert!(page.text().contains("<html lang=\"de\" dir=\"ltr\" data-theme=\"dark\">"));

        // Who signs in has no session yet: a page of elsewhere signs nobody in.
        let stranger = house.tab("192.0.2.8");
        let fields = [("address", ana.address.as_str()), ("password", super::PASSWORD)];
        let request = stranger.posted("/office/sign-in", &fields);
        let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, ""));
        house.service.stop().await;
    });
}

/// Nothing is said to be saved that is not.
#[test]
fn what_a_page_never_sends_changes_nothing_and_is_not_said_to_be_saved() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        ana.tab.get("/office/account").await;
        for fields in [
            &[("do", "promote")][..],
            &[("do", "end"), ("session", "none")],
            &[("do", "preferences"), ("theme", "pink"), ("language", "de")],
            &[("do", "preferences"), ("theme", "dark"), ("language", "xx")],
        ] {
            let answer = ana.tab.send("/office/account", fields).await;
            assert_eq!(answer.status, 422, "{fields:?}: {}", answer.text());
            assert!(answer.text().contains("role=\"alert\""), "{}", answer.text());
        }
        let person = house.service.app.reader.person(ana.id).await.unwrap().unwrap();
        assert_eq!((person.theme, person.language), (Theme::System, Language::En));
        house.service.stop().await;
    });
}

#[test]
fn what_is_no_form_or_too_long_is_not_read() {
    run(async {
        let house = House::new().await;
        let mut tab = house.tab("192.0.2.8");
        let url = format!("{}/office/sign-in", house.service.base);
        let post = |kind: &str, body: Vec<u8>| {
            let request = super::STANDING.post(&url).header("sec-fetch-site", "same-origin");
            Answer::of(request.header("content-type", kind.to_owned()).body(body))
        };
        assert_eq!(post("application/json", b"{}".to_vec()).await.status, 415);
        assert_eq!(post("multipart/form-data; boundary=x", b"x".to_vec()).await.status, 415);
        let form = "application/x-www-form-urlencoded";
        assert_eq!(post(form, vec![b'a'; 64 * 1024 + 1]).await.status, 413);
        // Octets that are no text, names twice, no names.
        for body in [&b"address=%ff%00&password=\xff"[..], b"address=a&address=b", b"", b"&&==&"] {
            assert_eq!(post(form, body.to_vec()).await.status, 422);
        }
        let put = super::STANDING.put(&url).body("x");
        assert_eq!(Answer::of(put).await.status, 405);
        assert_eq!(tab.get("/office/sign-out").await.status, 405);
        house.service.stop().await;
    });
}

#[test]
fn signing_in_leads_nowhere_else() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        for (next, place) in [
            ("/people?find=a", "/office/people?find=a"),
            ("//evil.test", "/office"),
            ("https://evil.test/", "/office"),
            ("/\\evil.test", "/office"),
            ("/../r/x", "/office"),
            ("/%2E%2e/r/x", "/office"),
            ("/people\r\nset-cookie: a=b", "/office"),
            ("people", "/office"),
            ("", "/office"),
        ] {
            let mut tab = ana.sign_in(&house, "192.0.2.2").await;
            let next = crate::support::client::encode(next);
            let answer = tab.get(&format!("/office/sign-in?next={next}")).await;
            assert_eq!((answer.status, answer.header("location")), (303, place), "{next}");
        }
        house.service.stop().await;
    });
}

#[test]
fn without_tls_cookies_are_for_this_machine_alone() {
    run(async {
        let here = House::with(|setup| setup.issuer = "http://127.0.0.1:8080".to_owned()).await;
        let mut ana = here.administrator().await;
        let cookie = ana.tab.cookie.clone().unwrap();
        assert!(cookie.starts_with("chancery="), "{cookie}");
        assert_eq!(ana.tab.get("/office").await.status, 200);
        let elsewhere = House::with(|setup| setup.issuer = "http://seal.test".to_owned()).await;
        let page = elsewhere.tab("192.0.2.1").get("/office/sign-in").await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("https://"), "{}", page.text());
    });
}

/// What scripts/renew-htmx.sh fetched, and nobody changed.
#[test]
fn the_script_is_the_published_one() {
    let digest = chancery::pki::digest::sha256(chancery::web::backoffice::HTMX.as_bytes());
    assert_eq!(
        chancery::domain::text::hex(&digest),
        "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    );
    assert!(chancery::web::backoffice::HTMX.contains("version:\"2.0.11\""));
}
