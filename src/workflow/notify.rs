//! Notifications: who is told about an operation, again if somebody asks, and the links in the mails.
//! How a message is written and sent is not here.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Error, Thing};
use crate::app::{App, RandomFailed};
use crate::domain::alarm::Alarm;
use crate::domain::client_service::ClientService;
use crate::domain::delivery::{DeliveryStatus, MailAddress, standings};
use crate::domain::ids::{ClientServiceId, MessageId, OperationId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::language::Language;
use crate::domain::outbox::{Attempt, Message, MessageKind, Target};
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::domain::text::hex;
use crate::store::acts::Occasion;
use crate::store::outbox::{MailLimitReached, MailLimits, ResendCaps, ResendOccasion, Resent};

/// How often a lost race for ids is tried again.
const RACES: usize = 5;

/// Octets of a link's code that are kept: 128 bits cannot be guessed.
const CODE_LENGTH: usize = 16;

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Where.
    pub address: MailAddress,
    /// In which language, when it is known.
    pub language: Option<Language>,
}

/// What new messages have in common.
pub(super) struct About {
    pub(super) kind: MessageKind,
    pub(super) client_service: ClientServiceId,
    pub(super) operation: OperationId,
    pub(super) attach: bool,
}

/// Refuses more receivers than are allowed, and such as no mail of ours should go to.
pub(super) fn check_receivers(app: &App, receivers: &[Receiver]) -> Result<(), Refusal> {
    let (count, limit) = (receivers.len(), app.delivery.receivers);
    if count > limit {
        return Err(Refusal::TooManyReceivers { count, limit });
    }
    receivers.iter().try_for_each(|receiver| check_address(app, &receiver.address))
}

/// Refuses an address that only machines of the house know, unless the installation wants such.
pub(super) fn check_address(app: &App, address: &MailAddress) -> Result<(), Refusal> {
    if address.is_local() && !app.delivery.allow_local_receivers {
        return Err(Refusal::ReceiverLocal { address: address.as_str().to_owned() });
    }
    Ok(())
}

/// How many mails a client service may have sent.
pub(super) fn mail_limits(app: &App, service: &ClientService) -> MailLimits {
    match service.mails_per_day {
        Some(own) => MailLimits { all: own, domain: own },
        None => MailLimits {
            all: app.delivery.mails_per_day,
            domain: app.delivery.mails_per_domain_per_day,
        },
    }
}

/// Refuses mails that would be too many, and lets operators know.
pub(super) fn beyond_limit(
    app: &App,
    service: &ClientService,
    reached: MailLimitReached,
) -> Refusal {
    let now = app.now();
    let MailLimitReached { domain, limit, free } = reached;
    let client = service.alias.as_str();
    tracing::warn!(client_service = client, domain, limit, "mails refused: the limit of a day");
    let alarm =
        Alarm::MailsAtLimit { client: client.to_owned(), domain: domain.clone(), limit, free };
    app.excesses.note(format!("mails:{client}/limit"), alarm, Some(service.issuer), now);
    let what = if domain.is_empty() {
        "mails of this client service".to_owned()
    } else {
        format!("mails of this client service to {domain}")
    };
    let left_ms = free.unix_ms().saturating_sub(now.unix_ms()).max(0).unsigned_abs();
    Refusal::MailLimit {
        what,
        limit,
        free: free.to_rfc3339(),
        seconds: left_ms.div_ceil(1000).max(1),
    }
}

/// One message for each receiver, held until somebody lets it go. A mailbox named twice gets one.
pub(super) fn messages(
    app: &App,
    about: &About,
    receivers: &[Receiver],
    now: Instant,
) -> Result<Vec<Message>, RandomFailed> {
    let mut seen = HashSet::new();
    receivers
        .iter()
        .filter(|receiver| seen.insert(receiver.address.folded()))
        .zip(0_u32..)
        .map(|(receiver, position)| {
            let id = MessageId::from_i64(app.next_id());
            let address = receiver.address.clone();
            let target = Target::Mail { address, language: receiver.language };
            Ok(Message {
                client_service: Some(about.client_service),
                operation: Some(about.operation),
                position,
                attach: about.attach,
                mail_id: Some(mail_id(app)?),
                next: None,
                released: None,
                link_expires: Some(now.plus_ms(app.delivery.link_days.saturating_mul(DAY_MS))),
                ..Message::due(id, about.kind, target, now)
            })
        })
        .collect()
}

/// A fresh Message-ID (RFC 5322 3.6.4), without angle brackets.
pub(super) fn mail_id(app: &App) -> Result<String, RandomFailed> {
    let left = hex(&app.random.octets::<16>()?);
    let host = app.issuer.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let host = if host.is_empty() || !host.chars().all(plain) { "chancery.invalid" } else { host };
    Ok(format!("{left}@{host}"))
}

/// Records mails about a finished operation again, to its receivers or to others. When this returns
/// they are on disk and on their way. Returns how many.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] when nothing is sealed, the contents are gone, or the caps
/// are reached.
pub async fn resend(
    app: &App,
    scope: Scope,
    operation: OperationId,
    receivers: &[Receiver],
    attach: bool,
) -> Result<usize, Error> {
    let on = ResendOccasion::default();
    match resend_on(app, scope, (operation, receivers, attach), on).await? {
        AskedAgain::Queued(count) => Ok(count),
        // Without an occasion nothing was before, and nothing is in the way.
        AskedAgain::Before | AskedAgain::Stopped | AskedAgain::Overtaken => Ok(0),
    }
}

/// What became of a wish to send again on an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedAgain {
    /// So many mails are on their way.
    Queued(usize),
    /// It was done before.
    Before,
    /// Its set is not done any more.
    Stopped,
    /// A later mail to the receiver was asked for meanwhile, or one was received.
    Overtaken,
}

/// As [`resend`], with what is recorded of the occasion.
///
/// # Errors
/// As [`resend`].
pub(super) async fn resend_on(
    app: &App,
    scope: Scope,
    (operation, receivers, attach): (OperationId, &[Receiver], bool),
    on: ResendOccasion<'_>,
) -> Result<AskedAgain, Error> {
    let found =
        app.reader.operation(scope, operation).await?.ok_or(Error::NotFound(Thing::Operation))?;
    if receivers.is_empty() {
        return Err(Refusal::NoReceivers.into());
    }
    check_receivers(app, receivers)?;
    if !found.state.is_final() {
        return Err(Refusal::OperationUnfinished.into());
    }
    let (sealed, _) = app.reader.document_counts(operation).await?;
    if sealed == 0 {
        return Err(Refusal::NothingSealed.into());
    }
    let count = usize::try_from(sealed).unwrap_or(usize::MAX);
    if attach && app.contents.kept(operation).await?.len() < count {
        return Err(Refusal::ContentsGone.into());
    }
    let now = app.now();
    let about = About {
        kind: MessageKind::Resend,
        client_service: found.client_service,
        operation,
        attach,
    };
    let service = app.reader.client_service(found.client_service).await?;
    let service = service.ok_or(Error::NotFound(Thing::ClientService))?;
    let caps = ResendCaps {
        since: now.plus_ms(-DAY_MS),
        of_operation: app.delivery.resend_per_operation,
        to_receiver: app.delivery.resend_per_receiver,
        mails: mail_limits(app, &service),
    };
    let receivers = speaking_as_before(app, operation, receivers).await?;
    for _ in 0..RACES {
        let mut messages = messages(app, &about, &receivers, now)?;
        let due = app.steady_now();
        for message in &mut messages {
            message.next = Some(due);
            message.released = Some(due);
        }
        let about = (operation, service.id);
        let on = ResendOccasion { steady: Some(due), ..on };
        let what = match app.store.enqueue_again(about, &messages, caps, on, now).await {
            Ok(Resent::Queued) => {
                app.outbox_bell.notify_one();
                let count = messages.len();
                tracing::info!(%operation, messages = count, attach, "asked for again");
                return Ok(AskedAgain::Queued(count));
            }
            Ok(Resent::Before) => return Ok(AskedAgain::Before),
            Ok(Resent::Stopped) => return Ok(AskedAgain::Stopped),
            Ok(Resent::Overtaken) => return Ok(AskedAgain::Overtaken),
            Ok(Resent::OperationCap) => "this operation".to_owned(),
            Ok(Resent::ReceiverCap(address)) => address.to_string(),
            Ok(Resent::MailLimit(reached)) => {
                return Err(beyond_limit(app, &service, reached).into());
            }
            Err(crate::store::Error::Exists { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        return Err(Refusal::ResendLimit { what }.into());
    }
    Err(Error::Busy)
}

/// Receivers whose language nobody said, with the one an earlier mail about the operation was to
/// them.
async fn speaking_as_before(
    app: &App,
    operation: OperationId,
    receivers: &[Receiver],
) -> Result<Vec<Receiver>, Error> {
    let before = app.reader.mails_of(operation).await?;
    let known = |address: &MailAddress| {
        before.iter().rev().find_map(|message| match &message.target {
            Target::Mail { address: told, language } if told.folded() == address.folded() => {
                *language
            }
            _ => None,
        })
    };
    let with_language = |receiver: &Receiver| Receiver {
        address: receiver.address.clone(),
        language: receiver.language.or_else(|| known(&receiver.address)),
    };
    Ok(receivers.iter().map(with_language).collect())
}

/// The mails about an operation with every try.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation within the scope.
pub async fn history(
    app: &App,
    scope: Scope,
    operation: OperationId,
) -> Result<Vec<(Message, Vec<Attempt>)>, Error> {
    app.reader.operation(scope, operation).await?.ok_or(Error::NotFound(Thing::Operation))?;
    let mut history = Vec::new();
    for message in app.reader.mails_of(operation).await? {
        let attempts = app.reader.attempts_of(message.id).await?;
        history.push((message, attempts));
    }
    Ok(history)
}

/// One line for each receiver of an operation, in the order they were named first: received, if one of
/// the mails to them was, else as the newest one stands.
#[must_use]
pub fn receivers(messages: &[Message]) -> Vec<(MailAddress, DeliveryStatus)> {
    standings(messages.iter().filter_map(|message| match &message.target {
        Target::Mail { address, .. } => Some((address.clone(), message.status)),
        Target::Webhook { .. } => None,
    }))
}

/// Closes the links in the mails about an operation, or in one of them. Returns how many were open.
///
/// # Errors
/// [`Error::NotFound`] when there is no such operation within the scope.
pub async fn revoke_links(
    app: &App,
    scope: Scope,
    operation: OperationId,
    only: Option<MessageId>,
) -> Result<u64, Error> {
    app.reader.operation(scope, operation).await?.ok_or(Error::NotFound(Thing::Operation))?;
    let times = (app.now(), app.steady_now());
    let closed = app.store.revoke_links(operation, only, times, Occasion::default()).await?;
    Ok(closed.unwrap_or_default())
}

/// The address of the page a receiver opens: the message's number and a code that only this
/// installation can make. `None` for a message that has no link.
#[must_use]
pub fn link(app: &App, message: &Message) -> Option<String> {
    Some(format!("{}/r/{}", app.issuer, link_token(app, message)?))
}

/// The last segment of that address.
fn link_token(app: &App, message: &Message) -> Option<String> {
    let expires = message.link_expires?;
    let number = URL_SAFE_NO_PAD.encode(message.id.as_i64().to_be_bytes());
    let code = app.link_key.hmac_sha256(&signed(message.id, expires));
    Some(format!("{number}.{}", URL_SAFE_NO_PAD.encode(code.get(..CODE_LENGTH)?)))
}

/// What somebody says about a message, without the code of its link: a mail server may repeat the letter.
#[must_use]
pub(super) fn without_code(app: &App, message: &Message, words: &str) -> String {
    let Some(token) = link_token(app, message) else { return words.to_owned() };
    let Some((number, code)) = token.split_once('.') else { return words.to_owned() };
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '%' | '=');
    let mut told = String::with_capacity(words.len());
    let words = words.replace(code, "…");
    let mut rest = words.as_str();
    // Cut or spelt otherwise, it still follows its number.
    while let Some((before, after)) = rest.split_once(number) {
        told.push_str(before);
        told.push('…');
        rest = after.trim_start_matches(belongs);
    }
    told.push_str(rest);
    told
}

/// What the code of a link is over.
fn signed(message: MessageId, expires: Instant) -> Vec<u8> {
    [message.as_i64().to_be_bytes(), expires.unix_ms().to_be_bytes()].concat()
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedLink {
    /// Its message.
    Message(Box<Message>),
    /// It was good once; the message it belongs to.
    Expired(Box<Message>),
}

/// Finds the message behind the last segment of a link's address.
///
/// # Errors
/// [`Error::NotFound`] for a code we did not make and for a link that was revoked: the two look the
/// same.
pub async fn open_link(app: &App, token: &str) -> Result<OpenedLink, Error> {
    let (number, _) = token.split_once('.').ok_or(Error::NotFound(Thing::Link))?;
    let octets = URL_SAFE_NO_PAD.decode(number).ok().and_then(|octets| octets.try_into().ok());
    let id = MessageId::from_i64(i64::from_be_bytes(octets.ok_or(Error::NotFound(Thing::Link))?));
    let message = app.reader.message(id).await?.ok_or(Error::NotFound(Thing::Link))?;
    let good = link_token(app, &message).ok_or(Error::NotFound(Thing::Link))?;
    if !bool::from(subtle::ConstantTimeEq::ct_eq(good.as_bytes(), token.as_bytes())) {
        return Err(Error::NotFound(Thing::Link));
    }
    match message.link_expires {
        _ if message.link_revoked.is_some() => Err(Error::NotFound(Thing::Link)),
        Some(expires) if app.now() < expires => Ok(OpenedLink::Message(Box::new(message))),
        _ => Ok(OpenedLink::Expired(Box::new(message))),
    }
}
