//! Test mails from pages: to whom, and what the server said, step by step.

use axum::http::StatusCode;

use super::deeds::DeedProblem;
use super::form::OfficeForm;
use super::visit::OfficeVisit;
use crate::domain::delivery::{MailAddress, Tried, Verdict};
use crate::letters::{filled, letter_page_words, mail_page_words};
use crate::workflow::administration::mail::{ServerSheet, TESTS_AN_HOUR, TestProblem};

/// What a page says of a test mail.
pub(super) struct TestSaid {
    /// Whether the server took it.
    pub(super) taken: bool,
    pub(super) text: String,
    /// Steps of the dialogue, with what became of each.
    pub(super) steps: Vec<(&'static str, &'static str)>,
}

/// To whom a form sends a test mail.
pub(super) fn receiver(visit: &OfficeVisit, form: &OfficeForm) -> Result<MailAddress, DeedProblem> {
    let wrong = || DeedProblem::wrong(letter_page_words(visit.language()).address_wrong);
    MailAddress::parse(form.one("to").trim()).ok_or_else(wrong)
}

/// What is said of a test that was made over a server.
pub(super) fn said(
    visit: &OfficeVisit,
    to: &MailAddress,
    tried: Option<Tried>,
    server: Option<&ServerSheet>,
) -> TestSaid {
    let words = letter_page_words(visit.language());
    let Some(tried) = tried else {
        return TestSaid { taken: false, text: words.no_server.to_owned(), steps: Vec::new() };
    };
    let taken = tried.verdict == Verdict::Accepted;
    let facts = [
        ("address", to.to_string()),
        ("step", tried.phase.to_owned()),
        ("reply", tried.reply.clone()),
    ];
    let text = filled(if taken { words.tested } else { words.not_tested }, &facts);
    let steps = server.map(|server| steps(visit, server, &tried, taken)).unwrap_or_default();
    TestSaid { taken, text, steps }
}

/// The steps of a dialogue with a server, as it is protected and wants a login.
fn steps(
    visit: &OfficeVisit,
    server: &ServerSheet,
    tried: &Tried,
    taken: bool,
) -> Vec<(&'static str, &'static str)> {
    let [passed, ended, not_reached] = mail_page_words(visit.language()).step_states;
    let mut names = vec!["connect"];
    match server.security.as_str() {
        "implicit" => names.extend(["tls", "ehlo"]),
        "starttls" => names.extend(["ehlo", "tls"]),
        _ => names.push("ehlo"),
    }
    if server.username.is_some() {
        names.push("auth");
    }
    names.extend(["mail", "rcpt", "data", "message"]);
    let Some(last) = names.iter().position(|name| *name == tried.phase) else {
        return Vec::new();
    };
    let state = |at: usize| match at.cmp(&last) {
        std::cmp::Ordering::Less => passed,
        std::cmp::Ordering::Equal if taken => passed,
        std::cmp::Ordering::Equal => ended,
        std::cmp::Ordering::Greater => not_reached,
    };
    names.iter().enumerate().map(|(at, name)| (*name, state(at))).collect()
}

/// Why there was none.
pub(super) fn problem(visit: &OfficeVisit, problem: TestProblem) -> DeedProblem {
    let words = letter_page_words(visit.language());
    match problem {
        TestProblem::Before => {
            DeedProblem::Words(StatusCode::CONFLICT, words.test_before.to_owned())
        }
        TestProblem::TooMany => {
            let text = filled(words.tests_many, &[("most", TESTS_AN_HOUR.to_string())]);
            DeedProblem::Words(StatusCode::TOO_MANY_REQUESTS, text)
        }
        TestProblem::Failed(error) => error.into(),
    }
}
