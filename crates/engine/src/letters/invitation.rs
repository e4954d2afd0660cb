//! The letter that brings somebody the link by which a password is set.

use super::alarm::{filled, plain};
use super::defaults::framed;
use super::locale::Locale;
use super::template::{Rendered, escaped, one_line};
use super::words::words;
use crate::domain::instant::Instant;
use crate::domain::language::Language;

/// Somebody is invited to the back office.
#[derive(Clone, Debug)]
pub struct InvitationLetter {
    pub name: String,
    /// By which the person signs in.
    pub address: String,
    /// Opens the invitation.
    pub link: String,
    pub expires: Instant,
}

/// The letter of an invitation.
#[must_use]
pub fn invitation(language: Language, letter: &InvitationLetter) -> Rendered {
    let words = words(language);
    let facts = [
        ("name", letter.name.clone()),
        ("address", letter.address.clone()),
        ("date", Locale(language).time(letter.expires)),
    ];
    let told = |paragraph: &str| plain(&filled(paragraph, &facts));
    let invitation = &words.invitation;
    let subject = one_line(&told(invitation.subject));
    let (before, behind) = (told(invitation.before), told(invitation.behind));
    let text = format!(
        "{before}\n\n{}:\n{}\n\n{behind}\n\n-- \n{}\n",
        invitation.link, letter.link, words.footer_alarm
    );
    let paragraph = |html: &str| format!("<p style=\"margin: 0 0 16px;\">{html}</p>");
    let link = format!("<a href=\"{}\">{}</a>", escaped(&letter.link), escaped(invitation.link));
    let body = [paragraph(&escaped(&before)), paragraph(&link), paragraph(&escaped(&behind))];
    let title = escaped(&subject);
    let html = framed(language, &title, &title, &body.join("\n"), &escaped(words.footer_alarm));
    Rendered { subject, text, html }
}
