//! TLS and AUTH: what is good enough, and that nothing falls back to clear text.

use chancery::domain::delivery::Verdict::{Accepted, Relay};
use chancery::outbound::mail::{Account, Login, Mailer, Security};

use super::{account, impatient, try_once};
use crate::support::smtp::{Act, Identity, Script, SmtpServer, Step, Tls};

fn with_login(account: Account, password: &str) -> Account {
    let login = Login { username: "seller".to_owned(), password: password.to_owned().into() };
    Account { login: Some(login), ..account }
}

#[tokio::test]
async fn starttls_and_implicit_tls_protect_the_letter() {
    for (tls, security) in [
        (Tls::Starttls(Identity::Good), Security::Starttls),
        (Tls::Implicit(Identity::Good), Security::Implicit),
    ] {
        let server = SmtpServer::start(Script::with_tls(tls));
        let account = Account { security, ..account(&server) };
        let tried = try_once(&account, "ap@customer.example").await;
        assert_eq!(tried.verdict, Accepted, "{tls:?}: {tried:?}");
        assert!(server.wait_for(1)[0].tls);
    }
}

#[tokio::test]
async fn a_bad_certificate_closes_the_relay() {
    for (identity, said) in [
        (Identity::Expired, "expired"),
        (Identity::WrongName, "not valid for name"),
        (Identity::Untrusted, "UnknownIssuer"),
    ] {
        for (tls, security) in [
            (Tls::Starttls(identity), Security::Starttls),
            (Tls::Implicit(identity), Security::Implicit),
        ] {
            let server = SmtpServer::start(Script::with_tls(tls));
            let account = with_login(Account { security, ..account(&server) }, "canary");
            let tried = try_once(&account, "ap@customer.example").await;
            assert_eq!((tried.verdict, tried.phase), (Relay, "tls"), "{tls:?}: {}", tried.reply);
            assert!(tried.reply.contains(said), "{tls:?}: {}", tried.reply);
            let commands = server.commands();
            let only = |(_, command): &(usize, String)| {
                command.starts_with("EHLO") || command == "STARTTLS"
            };
            assert!(commands.iter().all(only), "{commands:?}");
        }
    }
}

#[tokio::test]
async fn tls_never_falls_back_to_clear_text() {
    for tls in [Tls::None, Tls::Stripped, Tls::Injected(Identity::Good)] {
        let server = SmtpServer::start(Script::with_tls(tls));
        let account =
            with_login(Account { security: Security::Starttls, ..impatient(&server) }, "canary");
        let tried = try_once(&account, "ap@customer.example").await;
        assert_eq!((tried.verdict, tried.phase), (Relay, "tls"), "{tls:?}: {}", tried.reply);
        let commands = server.commands();
        assert!(!commands.iter().any(|(_, c)| c.starts_with("AUTH") || c.starts_with("MAIL")));
    }
    let server = SmtpServer::start(Script::with_tls(Tls::Starttls(Identity::Good)));
    for act in [Act::say("454 4.7.0 not now"), Act::say("250 not now"), Act::Close] {
        server.set(|script| script.at(Step::Starttls, act.clone()));
        let account = Account { security: Security::Starttls, ..account(&server) };
        let tried = try_once(&account, "ap@customer.example").await;
        assert_eq!((tried.verdict, tried.phase), (Relay, "tls"), "{act:?}");
    }
    // Somebody who speaks no TLS where TLS is expected.
    let server = SmtpServer::start(Script::default());
    let account = Account { security: Security::Implicit, ..account(&server) };
    let tried = try_once(&account, "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.phase), (Relay, "tls"));
    assert!(server.accepted().is_empty());
}

#[tokio::test]
async fn auth_is_plain_or_login_and_only_inside_tls() {
    for mechanisms in ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"] {
        let server = SmtpServer::start(Script {
            login: Some(("seller".to_owned(), "pässword canary".to_owned())),
            mechanisms,
            ..Script::with_tls(Tls::Starttls(Identity::Good))
        });
        let account = Account { security: Security::Starttls, ..account(&server) };
        let good = with_login(account.clone(), "pässword canary");
        assert_eq!(try_once(&good, "ap@customer.example").await.verdict, Accepted, "{mechanisms}");
        assert_eq!(server.wait_for(1)[0].user.as_deref(), Some("seller"));
        assert!(!format!("{good:?}").contains("canary"));

        let tried = try_once(&with_login(account.clone(), "wrong"), "ap@customer.example").await;
        assert_eq!((tried.verdict, tried.phase), (Relay, "auth"));
        assert_eq!(tried.reply, "535 5.7.8 user or password is wrong");
        let tried = try_once(&account, "ap@customer.example").await;
        assert_eq!((tried.verdict, tried.phase), (Relay, "mail"));
    }
    let server = SmtpServer::start(Script {
        login: Some(("seller".to_owned(), "x".to_owned())),
        mechanisms: "CRAM-MD5",
        ..Script::default()
    });
    let tried = try_once(&with_login(account(&server), "x"), "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.phase), (Relay, "auth"));
    assert!(tried.reply.contains("CRAM-MD5"), "{}", tried.reply);
}

#[tokio::test]
async fn a_probe_goes_as_far_as_auth_and_sends_nothing() {
    let server = SmtpServer::start(Script {
        login: Some(("seller".to_owned(), "good".to_owned())),
        ..Script::with_tls(Tls::Starttls(Identity::Good))
    });
    let account = Account { security: Security::Starttls, ..account(&server) };
    let mailer = Mailer::new();
    assert_eq!(mailer.probe(&with_login(account.clone(), "good")).await, None);
    let refused = mailer.probe(&with_login(account, "bad")).await.unwrap();
    assert_eq!((refused.verdict, refused.phase), (Relay, "auth"));
    server.wait_for_quiet();
    assert!(!server.commands().iter().any(|(_, command)| command.starts_with("MAIL")));
}
