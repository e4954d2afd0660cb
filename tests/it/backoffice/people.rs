//! Who manages people: what is entered, what nobody can enter, and what is told of it.

use chancery::domain::audit::{Actor, AuditAction};
use chancery::domain::language::Language;
use chancery::domain::person::{PersonStatus, Rights, Role, Sight};
use chancery::workflow::people::{self as persons, Doer, PersonProblem};

use super::{House, Somebody, between, path_of};
use crate::delivery::use_server;
use crate::support::service::run;
use crate::support::smtp::{Script, SmtpServer};

/// Invites somebody by the form.
async fn invite(ana: &mut Somebody, fields: &[(&str, &str)]) -> crate::support::client::Answer {
    assert_eq!(ana.tab.get("/office/people/invite").await.status, 200);
    ana.tab.send("/office/people/invite", fields).await
}

#[test]
fn people_are_invited_changed_and_disabled_and_all_of_it_is_recorded() {
    run(async {
        let house = House::new().await;
        let reader = &house.service.app.reader;
        let client = house.service.client().await;
        let service = reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let mut ana = house.administrator().await;
        let (company, given) = (service.issuer.to_string(), service.id.to_string());

        let common = [("name", "Rui Costa"), ("language", "pt"), ("rights", "OPERATOR")];
        let with = |more: &[(&'static str, &'static str)]| [&common[..], more].concat();
        for (fields, words) in [
            (with(&[("address", "no address"), ("role", "AUDITOR")]), "no mail address"),
            (with(&[("address", "rui@acme.example"), ("role", "ISSUER")]), "at least one company"),
            (
                with(&[("address", "rui@acme.example"), ("role", "ISSUER"), ("company", "77")]),
                "at least one company",
            ),
            (vec![("address", "rui@acme.example"), ("role", "AUDITOR")], "A name is needed"),
        ] {
            let answer = invite(&mut ana, &fields).await;
            assert_eq!(answer.status, 422, "{fields:?}");
            assert!(answer.text().contains(words), "{words} in {}", answer.text());
        }
        assert_eq!(reader.people().await.unwrap().len(), 1);

        let fields = [
            ("address", "Rui@acme.example"),
            ("name", "Rui Costa"),
            ("language", "pt"),
            ("role", "ISSUER"),
            ("rights", "OPERATOR"),
            ("company", &company),
            ("service", &given),
            ("service", "12345"),
        ];
        let answer = invite(&mut ana, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let link = between(answer.text(), "<code id=\"link\">", "</code>").to_owned();
        let again = invite(&mut ana, &fields).await;
        assert!(again.text().contains("is here already"), "{}", again.text());

        let rui = reader.people().await.unwrap().into_iter().find(|it| it.name == "Rui Costa");
        let rui = rui.unwrap();
        assert_eq!(
            (rui.role, rui.rights, rui.status),
            (Role::Issuer, Rights::Operator, PersonStatus::Invited)
        );
        assert_eq!(rui.language, Language::Pt);
        let sight =
            Sight::Of { companies: vec![service.issuer], client_services: vec![service.id] };
        assert_eq!(rui.sight, sight);
        let mut tab = house.tab("192.0.2.5");
        let page = tab.get(&path_of(&link)).await;
        assert!(page.text().contains("<html lang=\"pt\""), "in the language of who was invited");

        let path = format!("/office/people/{}", rui.id);
        let page = ana.tab.get(&path).await;
        assert!(page.text().contains("ACME Corporation") && page.text().contains(&client.alias));
        let change = [
            ("do", "change"),
            ("name", "Rui M. Costa"),
            ("language", "de"),
            ("role", "AUDITOR"),
            ("rights", "OPERATOR"),
        ];
        assert_eq!(ana.tab.send(&path, &change).await.status, 303);
        let changed = reader.person(rui.id).await.unwrap().unwrap();
        assert_eq!((changed.role, changed.sight), (Role::Auditor, Sight::Everything));
        assert_eq!(changed.rights, Rights::Viewer, "an auditor changes nothing");
        let unknown = ana.tab.send(&path, &[("do", "promote")]).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text());
        assert_eq!(ana.tab.send(&path, &[("do", "disable")]).await.status, 303);
        assert_eq!(tab.get(&path_of(&link)).await.status, 404);
        assert_eq!(ana.tab.send(&path, &[("do", "enable")]).await.status, 303);
        let status = reader.person(rui.id).await.unwrap().unwrap().status;
        assert_eq!(status, PersonStatus::Invited, "no password was set");
        let answer = ana.tab.send(&path, &[("do", "reset")]).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("/office/invitation/"), "{}", answer.text());

        let entries = reader.audit_of(rui.id, 50).await.unwrap();
        let told: Vec<_> = entries.iter().rev().map(|entry| entry.action).collect();
        let expected = [
            AuditAction::PersonInvited,
            AuditAction::PersonChanged,
            AuditAction::PersonDisabled,
            AuditAction::PersonEnabled,
            AuditAction::PersonReset,
        ];
        // All at one instant of the clock: their order is not told by it.
        assert_eq!(told.len(), expected.len());
        for action in expected {
            let entry = entries.iter().find(|entry| entry.action == action).unwrap();
            assert_eq!(entry.actor, Actor::Person(ana.id));
            assert_eq!(entry.address.as_deref(), Some("192.0.2.1"));
        }
        let page = ana.tab.get(&path).await;
        assert!(page.text().contains("Rui M. Costa &#60;Rui@acme.example&#62;"), "{}", page.text());
        house.service.stop().await;
    });
}

#[test]
fn somebody_who_manages_people_remains() {
    run(async {
        let house = House::new().await;
        let app = &house.service.app;
        let mut ana = house.administrator().await;
        let path = format!("/office/people/{}", ana.id);
        let answer = ana.tab.send(&path, &[("do", "disable")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("Others change your role"), "{}", answer.text());
        // Two who disable each other at the same moment: one of them stays.
        let eva = house.administrator().await;
        let doer = |id| Doer { actor: Actor::Person(id), address: None };
        let (doers, reader) = ((doer(ana.id), doer(eva.id)), &app.reader);
        let (first, second) = tokio::join!(
            persons::disable(app, eva.id, &doers.0),
            persons::disable(app, ana.id, &doers.1)
        );
        let last = [first, second].into_iter().filter(Result::is_err).collect::<Vec<_>>();
        assert!(matches!(&last[..], [Err(PersonProblem::Last)]), "{last:?}");
        let people = reader.people().await.unwrap();
        assert_eq!(people.iter().filter(|person| person.manages()).count(), 1);
        house.service.stop().await;
    });
}

#[test]
fn names_and_addresses_run_nothing() {
    run(async {
        let house = House::new().await;
        let mut ana = house.administrator().await;
        let hostile = [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "{{ 7 * 7 }}{% include 'x' %}",
            "&lt;b&gt; &amp; <b>",
        ];
        for (number, name) in hostile.iter().enumerate() {
            let address = format!("x{number}'+<@acme.example");
            let good = format!("x{number}'+y@acme.example");
            let name: &str = name;
            let fields = |address| [("address", address), ("name", name), ("role", "AUDITOR")];
            let refused = invite(&mut ana, &fields(address.as_str())).await;
            assert_eq!(refused.status, 422);
            harmless(refused.text());
            let answer = invite(&mut ana, &fields(good.as_str())).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            harmless(answer.text());
        }
        let find = crate::support::client::encode("\"><script>alert(1)</script>");
        let people = house.service.app.reader.people().await.unwrap();
        let mut paths: Vec<String> =
            people.iter().map(|person| format!("/office/people/{}", person.id)).collect();
        paths.extend(["/office/people".to_owned(), format!("/office/people?find={find}")]);
        paths.extend([format!("/office?find={find}"), format!("/office/account?saved={find}")]);
        for path in paths {
            let page = ana.tab.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            harmless(page.text());
        }
        let control = invite(
            &mut ana,
            &[("address", "a@acme.example"), ("name", "a\u{7}b"), ("role", "AUDITOR")],
        );
        assert_eq!(control.await.status, 422);
        house.service.stop().await;
    });
}

fn harmless(page: &str) {
    for unwanted in ["<script>alert", "<img", "<b>", "onmouseover='", "onerror=alert(1)>", ">49<"] {
        assert!(!page.contains(unwanted), "{unwanted} in {page}");
    }
}

#[test]
fn an_invitation_goes_out_in_the_language_of_its_reader() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let house = House::with(|setup| {
            use_server(&mut setup.config, &smtp);
            setup.config.delivery.poll_ms = 20;
        })
        .await;
        let mut ana = house.administrator().await;
        let fields = [
            ("address", "jean@acme.example"),
            ("name", "Jean <i>Petit</i>"),
            ("language", "fr"),
            ("role", "AUDITOR"),
        ];
        let answer = invite(&mut ana, &fields).await;
        assert!(answer.text().contains("A mail with the link goes to jean@acme.example"));
        assert!(
            !answer.text().contains("/office/invitation/"),
            "who invites does not need the link"
        );
        let mail = smtp.wait_for_mail_to("jean@acme.example");
        assert_eq!(mail.header("subject").unwrap(), "Votre compte Chancery");
        let text = String::from_utf8_lossy(&mail.message).replace("=\r\n", "");
        assert!(text.contains("/office/invitation/"), "{text}");
        assert!(text.contains("Jean &lt;i&gt;Petit"), "{text}");
        let code = text.split("/office/invitation/").nth(1).unwrap();
        let code: String =
            code.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        let mut tab = house.tab("192.0.2.5");
        tab.accept(&format!("/office/invitation/{code}"), super::PASSWORD).await;
        house.service.stop().await;
    });
}
