//! How long somebody stays, what a token is good for, and what has to be shown again.

use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::people::{self as persons, Doer};

use super::{House, PASSWORD, between};
use crate::support::service::run;

const MINUTE: i64 = 60_000;

#[test]
fn a_session_ends_by_idling_and_after_its_time() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let mut idle = ana.sign_in(&house, "192.0.2.2").await;
        let mut busy = ana.sign_in(&house, "192.0.2.3").await;
        house.pass(15 * MINUTE - 1000);
        assert_eq!(busy.get("/office").await.status, 200);
        house.pass(2000);
        let answer = idle.get("/office").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office/sign-in"));
        // Whoever goes on stays, until the day is over.
        let mut over = 15 * MINUTE + 1000;
        while over < 8 * 60 * MINUTE - 10 * MINUTE {
            house.pass(10 * MINUTE);
            over += 10 * MINUTE;
            assert_eq!(busy.get("/office").await.status, 200, "after {over} ms");
        }
        house.pass(10 * MINUTE);
        assert_eq!(busy.get("/office").await.status, 303);
        // A clock that was set back opens nothing either.
        house.pass(-24 * 60 * MINUTE);
        assert_eq!(busy.get("/office").await.status, 303);
        house.service.stop().await;
    });
}

#[test]
fn every_step_makes_a_new_token_and_ends_the_one_before() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        // A token that somebody else put into the browser becomes nobody's.
        let mut tab = house.tab("192.0.2.2");
        let planted = "__Host-chancery=planted-by-somebody-else".to_owned();
        tab.cookie = Some(planted.clone());
        assert_eq!(tab.sign_in(&ana.address, PASSWORD).await, "/office/second-step");
        let half = tab.cookie.clone().unwrap();
        assert_ne!(half, planted);
        let code = ana.next_code(&house);
        assert_eq!(tab.send("/office/second-step", &[("code", &code)]).await.status, 303);
        let whole = tab.cookie.clone().unwrap();
        assert_ne!(whole, half);

        house.pass(6 * MINUTE);
        let answer = tab.get("/office/people/invite").await;
        let place = "/office/prove?next=%2Fpeople%2Finvite";
        assert_eq!((answer.status, answer.header("location")), (303, place));
        tab.get(place).await;
        for (password, code) in
            [("not the password 1", ana.next_code(&house)), (PASSWORD, "1".into())]
        {
            let answer = tab.send(place, &[("password", password), ("code", &code)]).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (422, ""));
        }
        let code = ana.next_code(&house);
        let answer = tab.send(place, &[("password", PASSWORD), ("code", &code)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office/people/invite"));
        let proved = tab.cookie.clone().unwrap();
        assert_ne!(proved, whole);
        assert_eq!(tab.get("/office/people/invite").await.status, 200);

        for old in [planted, half, whole] {
            let mut thief = house.tab("192.0.2.2");
            thief.cookie = Some(old);
            assert!(thief.get("/office").await.header("location").starts_with("/office/sign-in"));
        }
        // Showing again who one is makes no session longer.
        let ends = house.service.app.reader.sessions_of(ana.id).await.unwrap();
        assert!(ends.iter().all(|it| it.ends == it.created.plus_ms(8 * 60 * MINUTE)), "{ends:?}");

        tab.get("/office").await;
        let answer = tab.send("/office/sign-out", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office/sign-in"));
        assert_eq!(tab.cookie, None);
        tab.cookie = Some(proved);
        assert_eq!(tab.get("/office").await.status, 303, "signed out is signed out");
        house.service.stop().await;
    });
}

#[test]
fn people_see_where_they_are_signed_in_and_end_it() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let mut here = ana.sign_in(&house, "192.0.2.2").await;
        let mut there = ana.sign_in(&house, "192.0.2.3").await;
        let page = here.get("/office/account").await;
        for wanted in ["192.0.2.2", "192.0.2.3", "This one", "Tab"] {
            assert!(page.text().contains(wanted), "{wanted} in {}", page.text());
        }
        let id = between(page.text(), "name=\"session\" value=\"", "\"").to_owned();
        let end = [("do", "end"), ("session", id.as_str())];
        assert_eq!(here.send("/office/account", &end).await.status, 303);
        // The newest is listed first: the other one of the two.
        assert_eq!(there.get("/office").await.status, 303);
        let mut again = ana.sign_in(&house, "192.0.2.4").await;
        assert_eq!(here.send("/office/account", &[("do", "end-others")]).await.status, 303);
        assert_eq!(again.get("/office").await.status, 303);
        assert_eq!(here.get("/office").await.status, 200);

        // Nobody ends what is another's.
        let other = house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let theirs = house.service.app.reader.sessions_of(other.id).await.unwrap();
        let id = theirs[0].id.to_string();
        here.send("/office/account", &[("do", "end"), ("session", &id)]).await;
        let left = house.service.app.reader.sessions_of(other.id).await.unwrap();
        assert_eq!(left, theirs);
        house.service.stop().await;
    });
}

#[test]
fn another_password_ends_the_other_sessions() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let mut here = ana.sign_in(&house, "192.0.2.2").await;
        let mut there = ana.sign_in(&house, "192.0.2.3").await;
        here.get("/office/account/password").await;
        let path = "/office/account/password";
        let next = "another window plum 8";
        for (current, new, again, words) in [
            ("wrong password 12", next, next, "current password is not right"),
            (PASSWORD, "short", "short", "At least 12"),
            (PASSWORD, next, PASSWORD, "differ"),
        ] {
            let fields = [("current", current), ("new", new), ("again", again)];
            let answer = here.send(path, &fields).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text().contains(words), "{words} in {}", answer.text());
        }
        let fields = [("current", PASSWORD), ("new", next), ("again", next)];
        assert_eq!(here.send(path, &fields).await.status, 303);
        assert_eq!(here.get("/office").await.status, 200);
        assert_eq!(there.get("/office").await.status, 303);
        assert_eq!(house.tab("192.0.2.5").sign_in(&ana.address, PASSWORD).await, "422");
        let place = house.tab("192.0.2.5").sign_in(&ana.address, next).await;
        assert_eq!(place, "/office/second-step");
        house.service.stop().await;
    });
}

#[test]
fn who_is_disabled_is_out_at_once() {
    run(async {
        let house = House::new().await;
        let mut eva = house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let app = &house.service.app;
        assert_eq!(eva.tab.get("/office/people").await.status, 200);
        persons::disable(app, eva.id, &Doer::command()).await.unwrap();
        assert_eq!(eva.tab.get("/office/people").await.status, 303);
        persons::enable(app, eva.id, &Doer::command()).await.unwrap();
        assert_eq!(eva.tab.get("/office/people").await.status, 303, "the session is over");
        eva.sign_in(&house, "192.0.2.3").await;
        let invited = persons::reset(app, eva.id, &Doer::command()).await.unwrap();
        assert_eq!(house.tab("192.0.2.4").sign_in(&eva.address, PASSWORD).await, "422");
        let mut tab = house.tab("192.0.2.4");
        tab.accept(&super::path_of(&invited.link), "yet another plum tree").await;
        let answer = tab.get("/office").await;
        assert_eq!(answer.header("location"), "/office/account/app", "the app is gone too");
        // An invitation that another one took the place of opens nothing.
        let first = house.invite(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let second = persons::reset(app, first.person.id, &Doer::command()).await.unwrap();
        assert_eq!(tab.get(&super::path_of(&first.link)).await.status, 404);
        assert_eq!(tab.get(&super::path_of(&second.link)).await.status, 200);
        house.pass(72 * 60 * MINUTE);
        assert_eq!(tab.get(&super::path_of(&second.link)).await.status, 404);
        house.service.stop().await;
    });
}

#[test]
fn sessions_that_have_ended_are_forgotten() {
    run(async {
        let house = House::new().await;
        let ana = house.administrator().await;
        let reader = &house.service.app.reader;
        assert_eq!(reader.sessions_of(ana.id).await.unwrap().len(), 1);
        house.pass(9 * 60 * MINUTE);
        let gone = async {
            while !reader.sessions_of(ana.id).await.unwrap().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(crate::support::client::PATIENCE, gone).await.unwrap();
        house.service.stop().await;
    });
}
