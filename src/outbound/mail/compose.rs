//! A letter becomes the bytes of an Internet message (RFC 5322, MIME). The same letter gives the same
//! bytes: a repeated try carries what the first one carried. All of it is 7-bit, so that it passes
//! any relay, except a receiver's address that is not ASCII itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, Message, MessageBuilder, MultiPart, SinglePart};

use crate::domain::delivery::MailAddress;
use crate::domain::instant::Instant;
use crate::domain::text::hex;

/// Most characters of a subject.
const MOST_SUBJECT: usize = 300;

/// Most characters of a display name.
const MOST_NAME: usize = 150;

/// Most characters of a file name: what a document's name may have, and what a seal adds to it.
const MOST_FILE_NAME: usize = 300;

/// Octets of a name in one encoded word, which has at most 75 characters (RFC 2047 2).
const OCTETS_IN_WORD: usize = 42;

/// A file that goes with a letter.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// As the receiver will see it; directories and control characters are taken out.
    pub file_name: String,
    /// As `application/xml`; what is no media type becomes `application/octet-stream`.
    pub content_type: String,
    /// Its content.
    pub bytes: Arc<Vec<u8>>,
}

/// A letter to one receiver.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Sender.
    pub from: MailAddress,
    /// Display name of the sender; may be empty.
    pub from_name: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<MailAddress>,
    /// Receiver.
    pub to: MailAddress,
    /// Display name of the receiver; may be empty.
    pub to_name: String,
    /// Subject.
    pub subject: String,
    /// Plain text, always there.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
    /// `left@right`, without brackets; the same on every try.
    pub message_id: String,
    /// When it was written; the same on every try.
    pub date: Instant,
    /// Name of the list for filters (RFC 2919), as `invoices.seller.example`; may be empty.
    pub list_id: String,
    /// Language tag of subject and text (RFC 5646); may be empty.
    pub language: String,
}

impl Letter {
    /// The message. No value can begin a header of its own: control characters become blanks.
    ///
    /// # Errors
    /// What about an address or the Message-ID cannot be written.
    pub fn compose(&self) -> Result<Vec<u8>, String> {
        let mut builder = Message::builder()
            .from(Mailbox::new(name(&self.from_name), mailbox(&self.from)?))
            .to(Mailbox::new(name(&self.to_name), mailbox(&self.to)?));
        let to = mailbox(&self.to)?.to_string();
        if !to.is_ascii() {
            // No encoded word may stand in an address: it stays as it is (RFC 6532 3.2), and the relay must
            // know SMTPUTF8.
            let header = HeaderName::new_from_ascii_str("To");
            let value = HeaderValue::dangerous_new_pre_encoded(header, to.clone(), to);
            builder = builder.raw_header(value);
        }
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(Mailbox::new(None, mailbox(reply_to)?));
        }
        let seconds = u64::try_from(self.date.unix_ms().div_euclid(1_000)).unwrap_or_default();
        builder = builder
            .subject(clean(&self.subject, MOST_SUBJECT))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}>", self.checked_message_id()?)));
        builder = raw(builder, "Auto-Submitted", "auto-generated");
        builder = raw(builder, "X-Auto-Response-Suppress", "All");
        if !self.list_id.is_empty() {
            builder = raw(builder, "List-Id", &format!("<{}>", token(&self.list_id)));
        }
        if !self.language.is_empty() {
            builder = raw(builder, "Content-Language", &token(&self.language));
        }
        let message = match (&self.html, self.attachments.is_empty()) {
            (None, true) => builder.singlepart(readable(ContentType::TEXT_PLAIN, &self.text)),
            (Some(html), true) => builder.multipart(self.alternative(html)),
            (html, false) => {
                let mixed = MultiPart::mixed().boundary(self.boundary("mixed"));
                let mixed = match html {
                    Some(html) => mixed.multipart(self.alternative(html)),
                    None => mixed.singlepart(readable(ContentType::TEXT_PLAIN, &self.text)),
                };
                let parts = self.attachments.iter().map(Attachment::part);
                builder.multipart(parts.fold(mixed, MultiPart::singlepart))
            }
        };
        message.map(|message| message.formatted()).map_err(|error| error.to_string())
    }

    fn alternative(&self, html: &str) -> MultiPart {
        MultiPart::alternative()
            .boundary(self.boundary("alternative"))
            .singlepart(readable(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(readable(ContentType::TEXT_HTML, html))
    }

    /// `=_` stands in no part: quoted-printable and base64 cannot write it (RFC 2045 6.7).
    fn boundary(&self, of: &str) -> String {
        let named = format!("{of} {}", self.message_id);
        let digest = digest::digest(&digest::SHA256, named.as_bytes());
        format!("=_{}", hex(digest.as_ref().get(..16).unwrap_or_default()))
    }

    fn checked_message_id(&self) -> Result<&str, String> {
        let id = self.message_id.as_str();
        let plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"".contains(c);
        let parts = id.split('@').filter(|part| !part.is_empty()).count();
        if parts == 2 && id.matches('@').count() == 1 && id.chars().all(plain) && id.len() <= 200 {
            Ok(id)
        } else {
            Err(format!("Message-ID {id:?} is not left@right in plain ASCII"))
        }
    }
}

impl Attachment {
    fn part(&self) -> SinglePart {
        let file_name = clean(&self.file_name, MOST_FILE_NAME).replace(['/', '\\'], "_");
        let bytes = self.bytes.as_ref().clone();
        let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64)
            .unwrap_or_else(Body::new);
        SinglePart::builder()
            .header(NamedType::new(&self.content_type, &file_name))
            .header(ContentDisposition::attachment(&file_name))
            .body(body)
    }
}

/// `Content-Type` with a `name`: readers that do not know `filename*` of Content-Disposition (RFC 2231)
/// look here, and know encoded words (RFC 2047).
#[derive(Clone)]
struct NamedType(HeaderValue);

impl NamedType {
    fn new(content_type: &str, name: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let token = |part: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
            !part.is_empty() && part.len() < 128 && part.chars().all(plain)
        };
        let known = essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
        let essence = if known { essence } else { "application/octet-stream" };
        let raw = format!("{essence}; name=\"{name}\"");
        let plain = |c: char| (c.is_ascii_graphic() && !"\"\\".contains(c)) || c == ' ';
        let encoded = if name.chars().all(plain) && name.len() <= 60 {
            format!("{essence};\r\n name=\"{name}\"")
        } else {
            format!("{essence};\r\n name=\"{}\"", encoded_words(name).join("\r\n "))
        };
        Self(HeaderValue::dangerous_new_pre_encoded(Self::name(), raw, encoded))
    }
}

impl Header for NamedType {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Type")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(text, ""))
    }

    fn display(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A text as encoded words, none of which ends within a character (RFC 2047 5).
fn encoded_words(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for character in text.chars() {
        match parts.last_mut() {
            Some(part) if part.len() + character.len_utf8() <= OCTETS_IN_WORD => {
                part.push(character);
            }
            _ => parts.push(character.to_string()),
        }
    }
    parts.iter().map(|part| format!("=?utf-8?B?{}?=", STANDARD.encode(part))).collect()
}

/// An address as commands and headers write it, its domain in A-labels (RFC 5890).
///
/// # Errors
/// What is wrong with it.
pub(super) fn mailbox(address: &MailAddress) -> Result<Address, String> {
    let wrong = || format!("{address} cannot be written as an address");
    let checked = MailAddress::parse(address.as_str()).ok_or_else(wrong)?;
    let (local, domain) = checked.as_str().rsplit_once('@').ok_or_else(wrong)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
    Address::new(local, domain).map_err(|_| wrong())
}

/// Text that people read: quoted-printable always, so that lines are short and no boundary fits in.
fn readable(content_type: ContentType, text: &str) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .unwrap_or_else(Body::new);
    SinglePart::builder().content_type(content_type).body(body)
}

fn raw(builder: MessageBuilder, header: &'static str, value: &str) -> MessageBuilder {
    let header = HeaderName::new_from_ascii_str(header);
    builder.raw_header(HeaderValue::new(header, value.to_owned()))
}

fn name(text: &str) -> Option<String> {
    Some(clean(text, MOST_NAME)).filter(|text| !text.is_empty())
}

/// One line of at most so many characters, in which no reader finds an encoded word (RFC 2047) that we
/// did not make.
fn clean(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() || "\u{2028}\u{2029}".contains(c) { ' ' } else { c };
    let line: String = text.trim().chars().map(plain).take(most).collect();
    line.trim().replace("=?", "= ?")
}

/// What may stand in a List-Id or a language tag.
fn token(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(200).collect()
}
