//! Mail servers on pages: set, tested step by step and taken away, with passwords that nobody sees again, and for whom a
//! server of the house is out of reach.

use chancery::domain::audit::{AuditAction, AuditSubject};
use chancery::domain::client_service::ClientService;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::mail_servers;
use secrecy::ExposeSecret as _;

use super::client_services::{act_of, page};
use super::{House, Tab, between};
use crate::delivery::use_server;
use crate::support::client::{Answer, Client};
use crate::support::service::run;
use crate::support::smtp::{Script, SmtpServer};

const SECRET: &str = "correct horse 9";

async fn service_of(house: &House, client: &Client) -> ClientService {
    let found = house.service.app.reader.client_service_by_alias(&client.alias).await;
    found.unwrap().unwrap()
}

async fn set(tab: &mut Tab, path: &str, typed: &[(&str, &str)]) -> Answer {
    let act = act_of(&page(tab, path).await, "set");
    let mut fields = vec![("do", "set"), ("act", act.as_str()), ("from", "billing@acme.example")];
    for (name, value) in [("host", "127.0.0.1"), ("port", ""), ("security", "none")] {
        if !typed.iter().any(|(it, _)| *it == name) {
            fields.push((name, value));
        }
    }
    fields.extend(typed);
    tab.send(path, &fields).await
}

async fn password_of(house: &House, service: &ClientService) -> Option<String> {
    let server = mail_servers::server(&house.service.app, Some(service.id)).await.unwrap();
    let login = server.unwrap().account.login?;
    Some(login.password.expose_secret().to_owned())
}

#[test]
fn a_server_is_set_tested_and_taken_away_and_its_password_never_shown() {
    run(async {
        let (of_house, own) =
            (SmtpServer::start(Script::default()), SmtpServer::start(Script::default()));
        let house = House::with(|setup| use_server(&mut setup.config, &of_house)).await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/client-services/{}/mail-server", service.id);
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("over the server of the installation"), "{shown}");
        assert!(!shown.contains("value=\"take-away\""), "{shown}");

        for (typed, words) in [
            (&[("port", "0")][..], "from 1 to 65535"),
            (&[("port", "x")], "from 1 to 65535"),
            (&[("host", "a b")], "the name or the address"),
            (&[("security", "if possible")], "Nothing was done"),
            (&[("username", "acme")], "Type the password again"),
        ] {
            let answer = set(&mut tab, &path, typed).await;
            assert_eq!(answer.status, 422, "{typed:?}");
            assert!(answer.text().contains(words), "{typed:?}: {}", answer.text());
        }
        let port = own.port().to_string();
        let place = [("port", port.as_str())];
        let login = [("username", "acme"), ("mail-password", SECRET)];
        let answer = set(&mut tab, &path, &[&place[..], &login[..]].concat()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(password_of(&house, &service).await.as_deref(), Some(SECRET));
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("A password is set") && !shown.contains(SECRET), "{shown}");
        assert!(shown.contains("name=\"mail-password\" type=\"password\""), "{shown}");

        // It stays for the same server, and goes to no other one.
        let name = [("username", "acme"), ("from-name", "ACME billing")];
        assert_eq!(set(&mut tab, &path, &[&place[..], &name[..]].concat()).await.status, 303);
        assert_eq!(password_of(&house, &service).await.as_deref(), Some(SECRET));
        for (host, port, user) in [
            ("127.0.0.2", port.as_str(), "acme"),
            ("127.0.0.1", "26", "acme"),
            ("127.0.0.1", &port, "other"),
        ] {
            let typed = [("host", host), ("port", port), ("username", user)];
            let answer = set(&mut tab, &path, &typed).await;
            assert_eq!(answer.status, 422, "{typed:?}");
            assert!(answer.text().contains("Type the password again"), "{}", answer.text());
        }

        assert_eq!(set(&mut tab, &path, &place).await.status, 303);
        let act = act_of(&page(&mut tab, &path).await, "test");
        let to = [("do", "test"), ("act", act.as_str()), ("to", "ap@customer.example")];
        let answer = tab.send(&path, &to).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = between(answer.text(), "id=\"tested\">", "</ol>");
        assert!(said.contains("The server took the mail to ap@customer.example: "), "{said}");
        assert_eq!(said.matches(": passed").count(), 6, "{said}");
        assert_eq!(tab.send(&path, &to).await.status, 409);
        let customer = "ap@customer.example";
        assert_eq!((own.tries(customer), of_house.tries(customer)), (1, 0));

        let act = act_of(&page(&mut tab, &path).await, "take-away");
        let away = [("do", "take-away"), ("act", act.as_str())];
        for _ in 0..2 {
            let answer = tab.send(&path, &away).await;
            assert_eq!(answer.header("location"), format!("{path}?done=take-away"));
        }
        assert!(page(&mut tab, &path).await.contains("over the server of the installation"));
        let odd = [("do", "promote"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &odd).await.status, 422);

        let about = AuditSubject::ClientService(service.id);
        let entries = house.service.app.reader.audit_about(about, 20).await.unwrap();
        let many = |action: AuditAction| entries.iter().filter(|it| it.action == action).count();
        assert_eq!(many(AuditAction::MailServerSet), 3, "{entries:?}");
        assert_eq!(many(AuditAction::MailTested), 1, "{entries:?}");
        assert_eq!(many(AuditAction::MailServerTakenAway), 1, "{entries:?}");
        assert!(entries.iter().all(|entry| !entry.detail.contains(SECRET)), "{entries:?}");
        let told = format!("the installation's -> 127.0.0.1:{port} none");
        assert!(entries.iter().any(|it| it.detail.contains(&told)), "{entries:?}");
        house.service.stop().await;
    });
}

/// A server of the house would be asked by whoever names it, and quoted.
#[test]
fn only_an_administrator_names_a_server_of_the_house() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let house = House::new().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let sight = Sight::Of { companies: vec![service.issuer], client_services: Vec::new() };
        let mut rui = house.somebody(Role::Partner, Rights::Operator, sight).await.tab;
        let path = format!("/office/client-services/{}/mail-server", service.id);
        let port = smtp.port().to_string();
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "localhost",
            "LOCALHOST.",
            "::1",
            "a.localhost",
        ] {
            let answer = set(&mut rui, &path, &[("host", host), ("port", &port)]).await;
            assert_eq!(answer.status, 422, "{host}");
            assert!(answer.text().contains("not on the public internet"), "{host}");
        }
        // What no text tells is told by where it leads.
        for host in ["127.1", "0x7f000001", "2130706433"] {
            let answer = set(&mut rui, &path, &[("host", host), ("port", &port)]).await;
            assert_eq!(answer.status, 303, "{host}: {}", answer.text());
            let act = act_of(&page(&mut rui, &path).await, "test");
            let to = [("do", "test"), ("act", act.as_str()), ("to", "ap@customer.example")];
            let answer = rui.send(&path, &to).await;
            let said = between(answer.text(), "id=\"tested\">", "</div>");
            assert!(said.contains("was not taken, at step connect"), "{said}");
            assert!(!said.contains("127.0.0.1"), "nobody learns where it leads: {said}");
        }
        assert!(smtp.commands().is_empty(), "{:?}", smtp.commands());
        // What an administrator set stays as long as it is the same server.
        let mut ana = house.administrator().await.tab;
        assert_eq!(set(&mut ana, &path, &[("port", &port)]).await.status, 303);
        let renamed = [("port", port.as_str()), ("from-name", "ACME")];
        assert_eq!(set(&mut rui, &path, &renamed).await.status, 303);
        let act = act_of(&page(&mut rui, &path).await, "test");
        let local = [("do", "test"), ("act", act.as_str()), ("to", "root@localhost")];
        assert_eq!(rui.send(&path, &local).await.status, 422, "a mailbox of the house");
        let to = [("do", "test"), ("act", act.as_str()), ("to", "ap@customer.example")];
        let answer = rui.send(&path, &to).await;
        assert!(answer.text().contains("The server took the mail"), "{}", answer.text());
        assert_eq!(rui.get("/office/settings/mail").await.status, 404);
        house.service.stop().await;
    });
}

#[test]
fn the_server_of_the_installation_is_shown_and_tested() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let house = House::with(|setup| use_server(&mut setup.config, &smtp)).await;
        let ana = house.administrator().await;
        let mut tab = ana.tab.clone();
        let path = "/office/settings/mail";
        let shown = page(&mut tab, path).await;
        assert!(shown.contains(&format!("127.0.0.1:{}", smtp.port())), "{shown}");
        assert!(shown.contains("Nothing against it"), "{shown}");
        let act = act_of(&shown, "test");
        let to = [("do", "test"), ("act", act.as_str()), ("to", "ops@acme.example")];
        let answer = tab.send(path, &to).await;
        assert!(answer.text().contains("The server took the mail to ops@acme.example"));
        let entries = house.service.app.reader.audit_of(ana.id, 50).await.unwrap();
        let tested = entries.iter().find(|it| it.action == AuditAction::MailTested).unwrap();
        assert_eq!(tested.detail, "the installation: to ops@acme.example");
        assert_eq!(tab.send(path, &[("do", "set"), ("act", act.as_str())]).await.status, 422);
        // Not more than some in an hour.
        let mut statuses = Vec::new();
        for _ in 0..20 {
            let act = act_of(&page(&mut tab, path).await, "test");
            let to = [("do", "test"), ("act", act.as_str()), ("to", "ops@acme.example")];
            statuses.push(tab.send(path, &to).await.status);
        }
        assert_eq!(statuses.pop(), Some(429));
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        assert_eq!(smtp.tries("ops@acme.example"), 20);
        house.service.stop().await;
    });
}
