//! One letter of a client service: written and looked at in one place, with its mistakes where they are, tried as a mail,
//! saved as a version, restored and taken back.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::letters::{EVERY, kind_word, language_word, origin_words, place_of};
use super::mail_test::{self, TestSaid};
use super::proof::{self, ProofFields, Proving};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::language::Language;
use crate::domain::person::Permission;
use crate::letters::{
    LetterPageWords, LetterPart, Locale, Rendered, TemplateProblem, TemplateSource, VARIABLES,
    filled, letter_page_words,
};
use crate::store::mail_templates::TemplateVersion;
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::letters::{self as use_cases, LetterProblem, LetterSheet};
use crate::workflow::templates::{Changes, Refused, TemplateKind, WhichLetter};

/// As for every page, and the letter in its frame may have its own colours: the frame inherits this, and says itself
/// that it loads nothing.
const LETTER_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What stands before a letter in its frame: nothing is loaded, sent or followed.
const FRAMED: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\
    <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\"><meta name=\"referrer\" content=\"no-referrer\">";

/// Elements that reach outside without being asked for, which a preview can do without.
const DISARMED: [&str; 3] = ["link", "meta", "base"];

/// Characters of a line that are shown with what is wrong in it.
const EXCERPT: usize = 100;

/// Versions that are shown with their text.
const SHOWN_VERSIONS: usize = 20;

/// Client service and language, as an address has them.
type LetterPath = Result<Path<(String, String)>, PathRejection>;

#[derive(Template)]
#[template(path = "backoffice/templates/letter.html")]
struct LetterPage {
    frame: OfficeFrame,
    words: &'static LetterPageWords,
    id: String,
    alias: String,
    kind: &'static str,
    /// Of the letter, as its text is to be read aloud.
    code: &'static str,
    language: &'static str,
    /// Where the page is.
    here: String,
    origin: String,
    done: &'static str,
    problem: String,
    tested: Option<TestSaid>,
    /// What is written.
    subject: String,
    text: String,
    html: String,
    note: String,
    to: String,
    /// Of subject, text and HTML.
    mistakes: [Vec<LetterMistake>; 3],
    preview: Option<PreviewShown>,
    names: Vec<(&'static str, &'static str)>,
    versions: Vec<VersionRow>,
    can: Option<LetterForms>,
}

/// The forms of the page.
struct LetterForms {
    /// Drawn for each: what is sent twice is done once.
    acts: [String; 2],
    /// The newest version that who looks knows.
    upon: u32,
    is_own: bool,
    proof: Option<ProofFields>,
}

/// What is wrong in a part.
struct LetterMistake {
    place: String,
    message: String,
    excerpt: String,
}

/// A letter as it would be.
struct PreviewShown {
    subject: String,
    text: String,
    /// The document of a frame.
    framed: String,
}

/// A version in the history.
struct VersionRow {
    number: u32,
    when: String,
    who: String,
    note: String,
    /// `None`: the letter was taken back.
    parts: Option<(String, String, String)>,
    /// Drawn for its form; empty when there is none.
    act: String,
}

/// What is said above, and what was written.
#[derive(Default)]
struct LetterSaid {
    done: &'static str,
    problem: String,
    tested: Option<TestSaid>,
    written: Option<TemplateSource>,
    note: String,
    to: String,
    mistakes: Vec<TemplateProblem>,
}

impl LetterSaid {
    fn of(form: &OfficeForm) -> Self {
        let (note, to) = (form.one("note").to_owned(), form.one("to").to_owned());
        Self { written: written(form), note, to, ..Self::default() }
    }
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: LetterPath,
) -> Response {
    let words = letter_page_words(visit.language());
    let done = match visit.asked("done").as_deref() {
        Some("save") => words.saved,
        Some("restore") => words.restored,
        Some("take-back") => words.taken_back,
        _ => "",
    };
    let said = LetterSaid { done, ..LetterSaid::default() };
    match which(path) {
        Some(which) => shown(&visit, &who, which, (StatusCode::OK, said)).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

/// Shows what is written as it would be; nothing is kept, so nobody has to show who it is.
pub(super) async fn preview(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: LetterPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(which) = which(path) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let mut said = LetterSaid::of(&form);
    let status = if said.written.is_some() {
        StatusCode::OK
    } else {
        visit.words().old_text.clone_into(&mut said.problem);
        StatusCode::UNPROCESSABLE_ENTITY
    };
    shown(&visit, &who, which, (status, said)).await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: LetterPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(which) = which(path) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    // Where nothing was typed nothing is lost on the way.
    let typed = !["restore", "take-back"].contains(&form.one("do"));
    if !typed && !who.stay.is_proved(&visit.web.app) {
        return visit.go_and_return("/prove");
    }
    let mut proving = Proving::new(visit, who);
    let mut said = LetterSaid::of(&form);
    let acted = act(&mut proving, which, &form, &mut said).await;
    let (visit, who) = (&proving.visit, &proving.who);
    let response = match acted {
        Ok(Some(done)) => visit.go(&format!("{}?done={done}", place(which))),
        Ok(None) => shown(visit, who, which, (StatusCode::OK, said)).await,
        Err(DeedProblem::Words(status, problem)) => {
            said.problem = problem;
            shown(visit, who, which, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    };
    proving.answer(response)
}

/// Does what a form asks; what was done, or nothing when the page is to say more of it.
async fn act(
    proving: &mut Proving,
    which: WhichLetter,
    form: &OfficeForm,
    said: &mut LetterSaid,
) -> Result<Option<&'static str>, DeedProblem> {
    let seen = proving.who.seen(&proving.visit.web.app).await?;
    // Nobody learns from a form what is not to be seen.
    let sheet = use_cases::sheet(&proving.visit.web.app, &seen, which).await?;
    let done = match form.one("do") {
        "save" => "save",
        "restore" => "restore",
        "take-back" => "take-back",
        "test" => "test",
        _ => return Err(DeedProblem::old(&proving.visit)),
    };
    deeds::doer(&proving.visit, &proving.who, &seen, form)?;
    proving.admit(form).await?;
    let visit = &proving.visit;
    let app = &visit.web.app;
    let doer = deeds::doer(visit, &proving.who, &seen, form)?;
    let number = |name: &str| form.one(name).parse::<u32>().map_err(|_| DeedProblem::old(visit));
    let changed = match done {
        "test" => {
            let letter = previewed(visit, &sheet, which, said).await?;
            let to = mail_test::receiver(visit, form)?;
            let words = letter_page_words(which.language.unwrap_or_default());
            let facts = [("subject", letter.subject)];
            let letter = Rendered { subject: filled(words.test_subject, &facts), ..letter };
            let tried = use_cases::test(app, doer, &sheet.service, which, (letter, &to)).await;
            let tried = tried.map_err(|problem| mail_test::problem(visit, problem))?;
            said.tested = Some(mail_test::said(visit, &to, tried, None));
            return Ok(None);
        }
        "save" => {
            let TemplateSource { subject, text, html } =
                said.written.clone().ok_or_else(|| DeedProblem::old(visit))?;
            previewed(visit, &sheet, which, said).await?;
            let changes = Changes { subject: Some(subject), text: Some(text), html: Some(html) };
            use_cases::set(app, doer, which, changes, (number("upon")?, &said.note)).await
        }
        "restore" => {
            use_cases::restore(app, doer, which, (number("upon")?, number("version")?)).await
        }
        _ => use_cases::take_back(app, doer, which, number("upon")?).await,
    };
    match changed {
        Ok(Acted::Done(_) | Acted::Before) => Ok(Some(done)),
        Err(problem) => Err(problem_of(visit, problem, said)),
    }
}

/// The letter as it is written.
async fn previewed(
    visit: &OfficeVisit,
    sheet: &LetterSheet,
    which: WhichLetter,
    said: &mut LetterSaid,
) -> Result<Rendered, DeedProblem> {
    let source = said.written.clone().ok_or_else(|| DeedProblem::old(visit))?;
    let changes = changes(source);
    let rendered = use_cases::preview(&visit.web.app, &sheet.service, which, changes).await;
    rendered.map_err(|refused| problem_of(visit, refused.into(), said))
}

fn changes(source: TemplateSource) -> Changes {
    let TemplateSource { subject, text, html } = source;
    Changes { subject: Some(subject), text: Some(text), html: Some(html) }
}

/// Why a letter was not taken; what is wrong in it is noted.
fn problem_of(visit: &OfficeVisit, problem: LetterProblem, said: &mut LetterSaid) -> DeedProblem {
    let words = letter_page_words(visit.language());
    match problem {
        LetterProblem::Refused(Refused::Problems(problems)) => {
            said.mistakes = problems;
            DeedProblem::wrong(words.mistakes)
        }
        LetterProblem::Refused(Refused::NoVersion(_) | Refused::Empty) => DeedProblem::old(visit),
        LetterProblem::Refused(Refused::Unwritable(failure)) => {
            DeedProblem::wrong(&failure.to_string())
        }
        LetterProblem::Refused(Refused::Failed(error)) | LetterProblem::Failed(error) => {
            error.into()
        }
        LetterProblem::Overtaken(newest) => {
            let text = filled(words.overtaken, &[("version", newest.to_string())]);
            DeedProblem::Words(StatusCode::CONFLICT, text)
        }
    }
}

/// The parts that a form has; `None`: it is none of the page. Line ends of forms are two characters.
fn written(form: &OfficeForm) -> Option<TemplateSource> {
    let part = |name: &str| form.all(name).next().map(|text| text.replace("\r\n", "\n"));
    Some(TemplateSource {
        subject: part("subject")?.trim().to_owned(),
        text: part("text")?,
        html: part("html")?,
    })
}

/// Which letter an address names.
fn which(path: LetterPath) -> Option<WhichLetter> {
    let Path((id, language)) = path.ok()?;
    let language = match language.as_str() {
        EVERY => None,
        code => Some(Language::parse(code).filter(|it| it.as_str() == code)?),
    };
    let kind = TemplateKind::Notification;
    Some(WhichLetter { client_service: id.parse().ok()?, kind, language })
}

/// Where the page of a letter is, below the root.
fn place(which: WhichLetter) -> String {
    format!("/client-services/{}/letters/{}", which.client_service, place_of(which.language))
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    which: WhichLetter,
    (status, said): (StatusCode, LetterSaid),
) -> Response {
    match letter_page(visit, who, which, said).await {
        Ok(page) => {
            let mut response = OfficeVisit::page(status, &page);
            let policy = HeaderValue::from_static(LETTER_SECURITY_POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => visit.failed(&error),
    }
}

async fn letter_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    which: WhichLetter,
    mut said: LetterSaid,
) -> Result<LetterPage, Error> {
    let app = &visit.web.app;
    let sheet = use_cases::sheet(app, &who.seen(app).await?, which).await?;
    let words = letter_page_words(visit.language());
    let source = said.written.take().unwrap_or_else(|| sheet.source.clone());
    let preview = use_cases::preview(app, &sheet.service, which, changes(source.clone())).await;
    let preview = match preview {
        Ok(letter) => Some(PreviewShown {
            subject: letter.subject,
            text: letter.text,
            framed: framed(&letter.html),
        }),
        Err(Refused::Failed(error)) => return Err(error),
        Err(Refused::Problems(problems)) => {
            said.mistakes = problems;
            None
        }
        Err(refused) => {
            if said.problem.is_empty() {
                said.problem = refused.to_string();
            }
            None
        }
    };
    let can = if who.stay.person.may(Permission::ManageServices) {
        Some(LetterForms {
            acts: [deeds::drawn(app)?, deeds::drawn(app)?],
            upon: sheet.newest(),
            is_own: sheet.is_own(),
            proof: proof::fields(visit, who, &place(which)).await?,
        })
    } else {
        None
    };
    Ok(LetterPage {
        frame: visit.frame(),
        words,
        id: which.client_service.to_string(),
        alias: sheet.service.alias.as_str().to_owned(),
        kind: kind_word(words, which.kind),
        code: which.language.unwrap_or_default().as_str(),
        language: language_word(words, which.language),
        here: format!("{}{}", visit.root(), place(which)),
        origin: origin_words(words, sheet.origin),
        done: said.done,
        problem: said.problem,
        tested: said.tested,
        mistakes: mistakes(words, &source, &said.mistakes),
        subject: source.subject,
        text: source.text,
        html: source.html,
        note: said.note,
        to: said.to,
        preview,
        names: VARIABLES.iter().map(|name| (name.name, name.meaning)).collect(),
        versions: version_rows(visit, &sheet.versions, can.is_some()).await?,
        can,
    })
}

async fn version_rows(
    visit: &OfficeVisit,
    versions: &[TemplateVersion],
    can: bool,
) -> Result<Vec<VersionRow>, Error> {
    let app = &visit.web.app;
    let people = deeds::people(app).await?;
    let row = |(at, version): (usize, &TemplateVersion)| {
        Ok(VersionRow {
            act: if can && at > 0 { deeds::drawn(app)? } else { String::new() },
            number: version.number,
            when: Locale(visit.language()).time(version.created),
            who: match version.person {
                Some(id) => people.get(&id).cloned().unwrap_or_else(|| id.to_string()),
                None => visit.words().command_line.to_owned(),
            },
            note: version.note.clone(),
            parts: version.parts.clone().map(|parts| (parts.subject, parts.text, parts.html)),
        })
    };
    versions.iter().take(SHOWN_VERSIONS).enumerate().map(row).collect()
}

/// What is wrong, by part, each with the line it is in.
fn mistakes(
    words: &LetterPageWords,
    source: &TemplateSource,
    problems: &[TemplateProblem],
) -> [Vec<LetterMistake>; 3] {
    let of = |part: LetterPart, text: &str| {
        let own = problems.iter().filter(|it| it.part == part);
        own.map(|problem| {
            let facts =
                [("line", problem.line.to_string()), ("column", problem.column.to_string())];
            let line = text.lines().nth(problem.line.saturating_sub(1)).unwrap_or_default();
            LetterMistake {
                place: filled(words.mistake_at, &facts),
                message: problem.message.clone(),
                excerpt: line.trim().chars().take(EXCERPT).collect(),
            }
        })
        .collect()
    };
    [
        of(LetterPart::Subject, &source.subject),
        of(LetterPart::Text, &source.text),
        of(LetterPart::Html, &source.html),
    ]
}

/// A letter as the document of a frame in which no script runs: it loads nothing, and what would reach outside by itself
/// is taken out.
fn framed(html: &str) -> String {
    let mut document = String::with_capacity(FRAMED.len() + html.len());
    document.push_str(FRAMED);
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        document.push_str(before);
        document.push('<');
        let reaches = |name: &&str| {
            after.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
        };
        if DISARMED.iter().any(reaches) {
            document.push_str("x-");
        }
        rest = after;
    }
    document.push_str(rest);
    document
}
