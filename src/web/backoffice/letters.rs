//! The letters of a client service: which one counts in which language, and where it comes from.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds;
use super::frame::{Notice, OfficeFrame};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::ClientServiceId;
use crate::domain::language::Language;
use crate::letters::{LetterPageWords, Locale, filled, letter_page_words, page_words};
use crate::workflow::Error;
use crate::workflow::administration::letters::{self, LetterLine};
use crate::workflow::templates::{LetterOrigin, TemplateKind};

#[derive(Template)]
#[template(path = "backoffice/templates/letters.html")]
struct LettersPage {
    frame: OfficeFrame,
    words: &'static LetterPageWords,
    id: String,
    alias: String,
    rows: Vec<LetterRow>,
}

/// A letter in the list.
struct LetterRow {
    kind: &'static str,
    /// As an address has it.
    place: &'static str,
    language: &'static str,
    /// For who reads it aloud.
    code: &'static str,
    origin: String,
    note: String,
    set: String,
    by: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match letters_page(&visit, &who, id).await {
        Ok(page) => OfficeVisit::page(StatusCode::OK, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn letters_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
) -> Result<LettersPage, Error> {
    let app = &visit.web.app;
    let (service, lines) = letters::list(app, &who.seen(app).await?, id).await?;
    let people = deeds::people(app).await?;
    let words = letter_page_words(visit.language());
    let row = |line: &LetterLine| {
        let version = line.version.as_ref();
        let by = version.map(|it| match it.person {
            Some(id) => people.get(&id).cloned().unwrap_or_else(|| id.to_string()),
            None => visit.words().command_line.to_owned(),
        });
        LetterRow {
            kind: kind_word(words, line.kind),
            place: place_of(line.language),
            language: language_word(words, line.language),
            code: line.language.unwrap_or_else(|| visit.language()).as_str(),
            origin: origin_words(words, line.origin),
            note: version.map(|it| it.note.clone()).unwrap_or_default(),
            set: version.map(|it| Locale(visit.language()).time(it.created)).unwrap_or_default(),
            by: by.unwrap_or_default(),
        }
    };
    Ok(LettersPage {
        frame: visit.frame(),
        words,
        id: id.to_string(),
        alias: service.alias.as_str().to_owned(),
        rows: lines.iter().map(row).collect(),
    })
}

/// What addresses call the letter for every language that has none of its own.
pub(super) const EVERY: &str = "every";

/// A language as addresses have it.
pub(super) fn place_of(language: Option<Language>) -> &'static str {
    language.map_or(EVERY, Language::as_str)
}

/// What a letter's language is called.
pub(super) fn language_word(words: &LetterPageWords, language: Option<Language>) -> &'static str {
    language.map_or(words.every_language, |language| page_words(language).autonym)
}

/// What a kind of letter is called.
pub(super) const fn kind_word(words: &LetterPageWords, kind: TemplateKind) -> &'static str {
    let [notification] = words.kinds;
    match kind {
        TemplateKind::Notification => notification,
    }
}

/// Where a letter comes from, in words.
pub(super) fn origin_words(words: &LetterPageWords, origin: LetterOrigin) -> String {
    let of = |text: &str, number: u32| filled(text, &[("version", number.to_string())]);
    match origin {
        LetterOrigin::Language(number) => of(words.own_version, number),
        LetterOrigin::EveryLanguage(number) => of(words.general_version, number),
        LetterOrigin::System => words.of_system.to_owned(),
    }
}
