//! One try of a mail: over the server of its client service, or the installation's.

use super::letters::{Composed, compose, compose_given};
use super::tries::{fault, given_up_at, next_step, record};
use crate::app::{App, Closed};
use crate::domain::delivery::{MailAddress, Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EventId, MessageId};
use crate::domain::language::Language;
use crate::domain::outbox::{Message, MessageKind, MessageLease, Next, Target};
use crate::letters::Rendered;
use crate::store::outbox::REVOKED;
use crate::workflow::{Error, notify};

/// How soon a mail is looked at again that has no server to go to.
const NO_SERVER_MS: i64 = 5 * 60 * 1000;

/// Tries a leased mail once and records what came of it.
///
/// # Errors
/// Those of the store; the lease runs out then, and the mail is tried again.
pub(super) async fn deliver(
    app: &App,
    lease: MessageLease,
    message: &Message,
    (address, language): (&MailAddress, Option<Language>),
    account: Option<ClientServiceId>,
) -> Result<(), Error> {
    let event = EventId::from_i64(app.random_id()?);
    if message.link_revoked.is_some() {
        return Ok(app.store.give_up(lease, REVOKED, event, app.steady_now()).await?);
    }
    let composed = match compose(app, message, address, language).await {
        Ok(composed) => composed,
        Err(error) => {
            let tried = fault(lease, &error).ok_or(error)?;
            if app.store.begin_attempts(&[lease], app.steady_now()).await?.is_empty() {
                return Ok(());
            }
            let next = step(app, message, &tried, false)?;
            return record(app, lease, &tried, &next, event).await;
        }
    };
    let (server, bytes, attached) = match composed {
        Composed::Ready { server, bytes, attached } => (server, bytes, attached),
        Composed::NoServer(words) => {
            let now = app.steady_now();
            if now >= given_up_at(app, message) {
                return Ok(app.store.give_up(lease, &words, event, now).await?);
            }
            tracing::warn!(message = %lease.message, %words, "a mail waits");
            return Ok(app
                .store
                .put_back(&[lease], now.plus_ms(NO_SERVER_MS), Some(&words))
                .await?);
        }
        Composed::Never(words) => {
            tracing::warn!(message = %lease.message, %words, "a mail cannot be written");
            return Ok(app.store.give_up(lease, &words, event, app.steady_now()).await?);
        }
    };
    if app.store.begin_attempts(&[lease], app.steady_now()).await?.is_empty() {
        return Ok(());
    }
    let mut tried = app.mail.mailer.send(&server.account, server.key, address, &bytes).await;
    tried.reply = notify::without_code(app, message, &tried.reply);
    let now = app.steady_now();
    let next = if tried.verdict == Verdict::Relay {
        let rest = (app.delivery.rest_ms, app.delivery.rest_at_most_ms);
        let closed = Closed { account, revision: server.key.revision };
        let circuit = app.circuits.found_closed(closed, now, rest, &tried.reply);
        tracing::warn!(server = %server.account.host, phase = tried.phase, reply = %tried.reply,
            failures = circuit.failures, "the mail server refuses everybody");
        if now >= given_up_at(app, message) {
            Next::Failed
        } else {
            Next::Again { at: circuit.rests_until, counted: false, links_only: false }
        }
    } else {
        app.circuits.close(account);
        step(app, message, &tried, attached)?
    };
    tracing::info!(message = %lease.message, verdict = tried.verdict.as_str(), phase = tried.phase,
        reply = %tried.reply, "a mail was tried");
    record(app, lease, &tried, &next, event).await
}

/// What becomes of a mail by the ladder.
fn step(app: &App, message: &Message, tried: &Tried, attached: bool) -> Result<Next, Error> {
    let (ladder, now) = (app.delivery.mail_ladder(), app.steady_now());
    let random = u16::from_be_bytes(app.random.octets()?);
    Ok(next_step(&ladder, message.tries, tried, attached, now, random))
}

/// Makes one try of a test mail at once and says how it went; nothing is tried again. `None`: no
/// server is set up.
///
/// # Errors
/// [`Error::NotFound`] when there is no such client service; [`Error::Refused`] when it asks for a mail to a
/// local address.
pub async fn test(
    app: &App,
    client_service: Option<ClientServiceId>,
    to: &MailAddress,
    language: Language,
) -> Result<Option<Tried>, Error> {
    let message = test_message(app, client_service, to, language)?;
    let composed = compose(app, &message, to, Some(language)).await?;
    tried_once(app, composed, to).await
}

/// Makes one try of a letter that is given, as a mail of a client service, at once and says how it went; nothing is tried
/// again. `None`: no server is set up.
///
/// # Errors
/// As [`test()`].
pub async fn test_letter(
    app: &App,
    client_service: ClientServiceId,
    to: &MailAddress,
    (letter, from_name, language): (Rendered, String, Language),
) -> Result<Option<Tried>, Error> {
    let message = test_message(app, Some(client_service), to, language)?;
    let composed = compose_given(app, &message, to, (letter, from_name, language)).await?;
    tried_once(app, composed, to).await
}

fn test_message(
    app: &App,
    client_service: Option<ClientServiceId>,
    to: &MailAddress,
    language: Language,
) -> Result<Message, Error> {
    if client_service.is_some() {
        notify::check_address(app, to)?;
    }
    let id = MessageId::from_i64(app.next_id());
    let target = Target::Mail { address: to.clone(), language: Some(language) };
    Ok(Message {
        client_service,
        mail_id: Some(notify::mail_id(app)?),
        ..Message::due(id, MessageKind::Test, target, app.now())
    })
}

async fn tried_once(
    app: &App,
    composed: Composed,
    to: &MailAddress,
) -> Result<Option<Tried>, Error> {
    match composed {
        Composed::Ready { server, bytes, .. } => {
            Ok(Some(app.mail.mailer.send(&server.account, server.key, to, &bytes).await))
        }
        Composed::NoServer(_) => Ok(None),
        Composed::Never(words) => Ok(Some(Tried::new(Verdict::Never, "compose", &words))),
    }
}
