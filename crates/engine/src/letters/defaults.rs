//! The system's own letters: one layout for all, filled with the words of a language.

use super::template::TemplateSource;
use super::words::words;
use crate::domain::language::Language;

const FRAME: &str = include_str!("layout/frame.html");
const NOTIFICATION_HTML: &str = include_str!("layout/notification.html");
const NOTIFICATION_TEXT: &str = include_str!("layout/notification.txt");

/// The template of a notification where a client service has none of its own.
#[must_use]
pub fn notification(language: Language) -> TemplateSource {
    let words = &words(language).notification;
    let fill = |layout: &str| {
        filled(
            layout,
            &[
                ("intro", words.intro),
                ("reference", words.reference),
                ("description", words.description),
                ("colon", words.colon),
                ("documents", words.documents),
                ("sealed", words.sealed),
                ("more", words.more),
                ("attached", words.attached),
                ("too_large", words.too_large),
                ("link", words.link),
                ("expires", words.expires),
                ("footer", words.footer),
            ],
        )
    };
    TemplateSource {
        subject: words.subject.to_owned(),
        text: fill(NOTIFICATION_TEXT),
        html: framed(
            language,
            words.subject,
            words.heading,
            &fill(NOTIFICATION_HTML),
            words.footer,
        ),
    }
}

/// A page of HTML around a body; everything given is HTML already.
pub(super) fn framed(
    language: Language,
    title: &str,
    heading: &str,
    body: &str,
    footer: &str,
) -> String {
    filled(
        FRAME,
        &[
            ("language", language.as_str()),
            ("title", title),
            ("heading", heading),
            ("body", body.trim_end()),
            ("footer", footer),
        ],
    )
}

/// The layout with each `[[name]]` replaced; what is put in is not looked at again.
fn filled(layout: &str, parts: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(layout.len() * 2);
    let mut rest = layout;
    while let Some((before, after)) = rest.split_once("[[") {
        text.push_str(before);
        let Some((name, after)) = after.split_once("]]") else {
            text.push_str("[[");
            rest = after;
            continue;
        };
        let part = parts.iter().find(|(known, _)| *known == name);
        text.push_str(part.map(|(_, part)| *part).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}
