//! The way to a relay up to the first MAIL: TCP, greeting, EHLO, TLS, AUTH. Whatever goes wrong here
//! closes the relay for everybody and says nothing about a receiver.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr as _;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::Line;
use crate::domain::delivery::{Tried, Verdict};
use crate::outbound::address::is_public;
use crate::outbound::mail::account::{Account, Login, Security};
use crate::outbound::mail::dialogue::{Dialogue, Trouble};
use crate::outbound::mail::reply::Reply;

/// Most addresses of a relay that are tried.
const MOST_ADDRESSES: usize = 4;

/// Most challenges of one AUTH; LOGIN has two.
const MOST_CHALLENGES: usize = 3;

impl Line {
    /// Connects, protects and logs in as the account says.
    pub(super) async fn connect(
        account: &Account,
        connector: &Result<TlsConnector, String>,
    ) -> Result<Self, Tried> {
        let wait_ms = account.timeouts.command_ms;
        let connector = || connector.as_ref().map_err(|said| relay("tls", said));
        let stream = tcp(account).await.map_err(|said| relay("connect", &said))?;
        let id = client_id(account, &stream)?;
        let mut dialogue = Dialogue::over(stream);
        if account.security == Security::Implicit {
            dialogue = protect(dialogue, connector()?, account).await?;
        }
        let greeting =
            dialogue.listen(wait_ms).await.map_err(|trouble| lost("connect", trouble))?;
        if greeting.code != 220 {
            return Err(relay("connect", &greeting.text()));
        }
        let mut hello = ehlo(&mut dialogue, &id, wait_ms).await?;
        if account.security == Security::Starttls {
            if hello.keyword("STARTTLS").is_none() {
                let said = "the relay offers no STARTTLS, and mail is not sent in clear text";
                return Err(relay("tls", said));
            }
            let ready = dialogue.ask(&Starttls.to_string(), wait_ms).await;
            let ready = ready.map_err(|trouble| lost("tls", trouble))?;
            if ready.code != 220 {
                return Err(relay("tls", &ready.text()));
            }
            dialogue = protect(dialogue, connector()?, account).await?;
            // What was offered in clear text is forgotten (RFC 3207 4.2).
            hello = ehlo(&mut dialogue, &id, wait_ms).await?;
        }
        if let Some(login) = &account.login {
            if account.security == Security::None && !account.is_here() {
                let said = "a password is not sent in clear text: use STARTTLS or implicit TLS";
                return Err(relay("auth", said));
            }
            log_in(&mut dialogue, login, &hello, wait_ms).await?;
        }
        Ok(Self { dialogue, hello, used: false, clean: true })
    }
}

fn relay(phase: &'static str, said: &str) -> Tried {
    Tried::new(Verdict::Relay, phase, said)
}

fn lost(phase: &'static str, trouble: Trouble) -> Tried {
    relay(phase, &trouble.into_text())
}

/// Tries the relay's addresses one after the other, each for its share of the time.
async fn tcp(account: &Account) -> Result<TcpStream, String> {
    let Account { host, port, .. } = account;
    let wait = Duration::from_millis(account.timeouts.connect_ms);
    let found = timeout(wait, tokio::net::lookup_host((host.as_str(), *port))).await;
    let found = found.map_err(|_| format!("no address of {host} found in {wait:?}"))?;
    let found = found.map_err(|error| format!("no address of {host}: {error}"))?;
    let mut addresses: Vec<SocketAddr> = found.take(MOST_ADDRESSES).collect();
    if account.public_only {
        addresses.retain(|address| is_public(address.ip()));
        if addresses.is_empty() {
            // Neither which nor where: that would tell the names of the house.
            return Err(format!("{host} leads to no address on the public internet"));
        }
    }
    let share = wait / u32::try_from(addresses.len()).unwrap_or(1).max(1);
    let mut said = format!("{host} has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A command waits for its answer; it must not wait for company too.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => said = format!("{address}: {error}"),
            Err(_) => said = format!("{address}: no connection within {share:?}"),
        }
    }
    Err(said)
}

fn client_id(account: &Account, stream: &TcpStream) -> Result<ClientId, Tried> {
    let name = &account.ehlo_name;
    if name.is_empty() {
        return Ok(match stream.local_addr().map(|address| address.ip()) {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::default(),
        });
    }
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "-.[]:".contains(c)) {
        return Ok(ClientId::Domain(name.clone()));
    }
    Err(relay("ehlo", &format!("ehlo_name {name:?} is no host name")))
}

async fn ehlo(dialogue: &mut Dialogue, id: &ClientId, wait_ms: u64) -> Result<Reply, Tried> {
    let hello = dialogue.ask(&Ehlo::new(id.clone()).to_string(), wait_ms).await;
    let hello = hello.map_err(|trouble| lost("ehlo", trouble))?;
    if hello.is_done() { Ok(hello) } else { Err(relay("ehlo", &hello.text())) }
}

async fn protect(
    dialogue: Dialogue,
    connector: &TlsConnector,
    account: &Account,
) -> Result<Dialogue, Tried> {
    let protected = dialogue.protect(connector, &account.host, account.timeouts.command_ms).await;
    protected.map_err(|trouble| lost("tls", trouble))
}

/// AUTH PLAIN or LOGIN (RFC 4954), whichever is offered, in this order.
async fn log_in(
    dialogue: &mut Dialogue,
    login: &Login,
    hello: &Reply,
    wait_ms: u64,
) -> Result<(), Tried> {
    let offered = hello.keyword("AUTH").unwrap_or_default();
    let offers =
        |name: &str| offered.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(name));
    let mechanism = if offers("PLAIN") {
        Mechanism::Plain
    } else if offers("LOGIN") {
        Mechanism::Login
    } else {
        return Err(relay("auth", &format!("AUTH PLAIN or LOGIN is needed, offered: {offered:?}")));
    };
    let odd = |error: lettre::transport::smtp::Error| relay("auth", &error.to_string());
    let password = login.password.expose_secret().to_owned();
    let credentials = Credentials::new(login.username.clone(), password);
    let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(odd)?;
    for _ in 0..=MOST_CHALLENGES {
        let text = Zeroizing::new(command.to_string());
        let reply = dialogue.ask(&text, wait_ms).await.map_err(|trouble| lost("auth", trouble))?;
        match (reply.code, mechanism) {
            (235, _) => return Ok(()),
            (334, Mechanism::Login) => {}
            _ => return Err(relay("auth", &reply.text())),
        }
        let challenge = format!("334 {}\r\n", reply.lines.first().map_or("", String::as_str));
        let challenge = Response::from_str(&challenge).map_err(odd)?;
        command =
            Auth::new_from_response(mechanism, credentials.clone(), &challenge).map_err(odd)?;
    }
    Err(relay("auth", "the relay does not stop asking"))
}
