//! The mail door: what every answer of a relay is taken for, what letters look like, and that a real
//! relay takes them.

mod compose;
mod connecting;
mod dialogue;
mod dkim;
mod hostile;
mod pool;
mod relay;
mod reply;
mod settings;
mod verdicts;

use chancery::domain::delivery::{MailAddress, Tried};
use chancery::domain::instant::Instant;
use chancery::outbound::mail::{Account, AccountKey, Letter, Mailer, Security, Timeouts};

use crate::support::smtp::{CERTIFICATES, SmtpServer};

const KEY: AccountKey = AccountKey { id: 1, revision: 1 };

fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).unwrap()
}

/// An account at the scripted server, in clear text.
fn account(server: &SmtpServer) -> Account {
    let from = address("invoices@seller.example");
    let mut account = Account::new("localhost", server.port(), Security::None, from);
    account.ca_pem = Some(CERTIFICATES.ca_pem.as_bytes().into());
    account
}

/// One that loses patience soon: for servers that do not answer.
fn impatient(server: &SmtpServer) -> Account {
    let timeouts = Timeouts {
        connect_ms: 2_000,
        command_ms: 400,
        write_ms: 400,
        data_ms: 400,
        ..Timeouts::default()
    };
    Account { timeouts, ..account(server) }
}

fn letter(to: &str) -> Letter {
    Letter {
        from: address("invoices@seller.example"),
        from_name: "Seller".to_owned(),
        reply_to: None,
        to: address(to),
        to_name: String::new(),
        subject: "Your invoice".to_owned(),
        text: "Hello\n.\nis attached".to_owned(),
        html: None,
        attachments: Vec::new(),
        message_id: "0001.a@seller.example".to_owned(),
        date: Instant::from_unix_ms(1_795_342_761_648),
        list_id: String::new(),
        language: "en".to_owned(),
    }
}

/// One try to bring a letter, on a connection of its own.
async fn try_once(account: &Account, to: &str) -> Tried {
    let message = letter("ap@customer.example").compose().unwrap();
    Mailer::new().send(account, KEY, &address(to), &message).await
}
