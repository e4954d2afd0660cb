//! Connections are kept, shared, limited, and given up without costing a try.

use std::sync::Arc;
use std::time::Duration;

use chancery::domain::delivery::Verdict::{Accepted, Later};
use chancery::outbound::mail::{Account, AccountKey, Mailer, Timeouts};

use super::{KEY, account, address, letter};
use crate::support::smtp::{Act, Script, SmtpServer, Step};

async fn send(mailer: &Mailer, account: &Account, key: AccountKey, local: &str) -> bool {
    let message = letter("ap@customer.example").compose().unwrap();
    let to = address(&format!("{local}@customer.example"));
    mailer.send(account, key, &to, &message).await.verdict == Accepted
}

#[tokio::test]
async fn letters_share_a_connection_until_the_account_changes() {
    let server = SmtpServer::start(Script::default());
    let (mailer, account) = (Mailer::new(), account(&server));
    for local in ["a", "b", "c"] {
        assert!(send(&mailer, &account, KEY, local).await);
    }
    assert_eq!(server.connections(), 1);
    let changed = AccountKey { revision: 2, ..KEY };
    assert!(send(&mailer, &account, changed, "d").await);
    let connections: Vec<_> = server.accepted().iter().map(|mail| mail.connection).collect();
    assert_eq!(connections, [1, 1, 1, 2]);
    mailer.close().await;
    server.wait_for_quiet();
}

#[tokio::test]
async fn a_connection_the_relay_gave_up_costs_no_try() {
    let idle = Some(Duration::from_millis(100));
    let server = SmtpServer::start(Script { idle, ..Script::default() });
    let (mailer, account) = (Mailer::new(), account(&server));
    assert!(send(&mailer, &account, KEY, "a").await);
    server.wait_for_quiet();
    assert!(send(&mailer, &account, KEY, "b").await);
    assert_eq!(server.connections(), 2);

    // Relays that say goodbye at MAIL, or take only so many messages on a connection.
    let server = SmtpServer::start(Script::default());
    let account = Account { port: server.port(), ..account };
    for (step, said) in [
        (Step::Mail, "421 4.4.2 idle too long"),
        (Step::Mail, "452 4.3.2 too many messages"),
        (Step::Rset, "421 4.4.2 idle too long"),
    ] {
        let mailer = Mailer::new();
        server.set(|script| script.receiver("busy", Step::Rcpt, Act::say("450 4.2.0 busy")));
        assert!(!send(&mailer, &account, KEY, "busy").await);
        let before = server.connections();
        // From now on what is at hand is stale; the greeting of the next connection ends that.
        server.set(|script| script.at(step, Act::say(said)));
        let behave = async {
            while server.connections() == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.set(Script::behave);
        };
        server.set(|script| script.at(Step::Connect, Act::Wait(Duration::from_millis(200))));
        let (sent, ()) = tokio::join!(send(&mailer, &account, KEY, "c"), behave);
        assert!(sent, "{step:?} {said}");
        assert_eq!(server.connections(), before + 1);
    }
}

#[tokio::test]
async fn unused_connections_are_closed_in_time() {
    let server = SmtpServer::start(Script::default());
    let mut account = account(&server);
    account.timeouts = Timeouts { idle_ms: 100, ..Timeouts::default() };
    let mailer = Mailer::new();
    assert!(send(&mailer, &account, KEY, "a").await);
    // The server never closes: it is the mailer who does.
    let quiet = tokio::task::spawn_blocking(move || {
        server.wait_for_quiet();
        server.commands()
    });
    let commands = quiet.await.unwrap();
    assert_eq!(commands.last().unwrap().1, "QUIT");
}

#[tokio::test]
async fn an_account_has_only_so_many_connections() {
    let server = SmtpServer::start(Script::default());
    server.set(|script| script.at(Step::Data, Act::Wait(Duration::from_millis(50))));
    let account = Arc::new(Account { connections: 2, ..account(&server) });
    let mailer = Arc::new(Mailer::new());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (mailer, account) = (Arc::clone(&mailer), Arc::clone(&account));
        tasks.spawn(async move { send(&mailer, &account, KEY, &format!("r{number}")).await });
    }
    assert!(tasks.join_all().await.into_iter().all(|sent| sent));
    assert_eq!(server.connections(), 2);
    assert_eq!(server.accepted().len(), 8);
}

#[tokio::test]
async fn a_refused_message_leaves_the_connection_usable() {
    let server = SmtpServer::start(Script::default());
    server.set(|script| script.receiver("later", Step::Message, Act::say("451 4.7.1 later")));
    let (mailer, account) = (Mailer::new(), account(&server));
    let message = letter("ap@customer.example").compose().unwrap();
    let tried = mailer.send(&account, KEY, &address("later@customer.example"), &message).await;
    assert_eq!(tried.verdict, Later);
    assert!(send(&mailer, &account, KEY, "a").await);
    assert_eq!(server.connections(), 1);
}
