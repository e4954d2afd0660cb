//! Help: what the keys do, and what every error means to somebody who did not write the program that met it.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Notice, OfficeFrame};
use super::visit::OfficeVisit;
use crate::domain::error_topic::ErrorTopic;
use crate::domain::language::Language;
use crate::letters::{HelpWords, filled, help_words, office_words, operation_words, topic_words};

#[derive(Template)]
#[template(path = "backoffice/templates/help.html")]
struct HelpPage {
    frame: OfficeFrame,
    words: &'static HelpWords,
    topics: Vec<TopicView>,
}

#[derive(Template)]
#[template(path = "backoffice/templates/error.html")]
struct ErrorPage {
    frame: OfficeFrame,
    words: &'static HelpWords,
    reason: &'static str,
    topic: TopicView,
}

/// Errors that one does the same about.
struct TopicView {
    title: &'static str,
    meaning: &'static str,
    todo: String,
    reasons: &'static [&'static str],
}

impl TopicView {
    fn of(language: Language, topic: ErrorTopic) -> Self {
        let words = topic_words(language, topic);
        let credentials = office_words(language).credentials.to_owned();
        let retry = operation_words(language).retry.to_owned();
        Self {
            title: words.title,
            meaning: words.meaning,
            todo: filled(words.todo, &[("credentials", credentials), ("retry", retry)]),
            reasons: topic.reasons(),
        }
    }
}

pub(super) async fn page(Extension(visit): Extension<OfficeVisit>) -> Response {
    let language = visit.language();
    let page = HelpPage {
        frame: visit.frame(),
        words: help_words(language),
        topics: ErrorTopic::ALL.map(|topic| TopicView::of(language, topic)).into(),
    };
    OfficeVisit::page(StatusCode::OK, &page)
}

pub(super) async fn error_page(
    Extension(visit): Extension<OfficeVisit>,
    Path(name): Path<String>,
) -> Response {
    let topic = ErrorTopic::of(&name);
    let known = topic.and_then(|topic| {
        let reason = topic.reasons().iter().find(|reason| **reason == name)?;
        Some((topic, *reason))
    });
    let Some((topic, reason)) = known else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let language = visit.language();
    let page = ErrorPage {
        frame: visit.frame(),
        words: help_words(language),
        reason,
        topic: TopicView::of(language, topic),
    };
    OfficeVisit::page(StatusCode::OK, &page)
}
