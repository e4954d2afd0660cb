//! What a template of a notification can name, and how the facts become its values.

use serde::Serialize;

use super::locale::Locale;
use super::words::words;
use crate::domain::instant::Instant;
use crate::domain::language::Language;

/// Documents a letter lists; of the rest it says how many there are. A rest of one is listed too, as
/// the words speak of several.
const LISTED_LIMIT: usize = 100;
/// Most characters of one value.
const VALUE_LIMIT: usize = 1000;
/// Most characters of what a client says freely.
const FREE_LIMIT: usize = 500;
/// Ends of file names that no domain has.
const FILE_ENDS: [&str; 8] = ["asice", "json", "p7m", "p7s", "pdf", "sce", "txt", "xml"];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text; empty when there is none, so that `{% if name %}` asks whether there is one.
    Text,
    /// Only for `{% if name %}`.
    YesNo,
    /// Only for `{% for document in … %}` and `{% if … %}`.
    List,
}

/// A name that templates may use.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// As written in a template; `documents[].name` is `document.name` inside of
    /// `{% for document in documents %}`.
    pub name: &'static str,
    pub kind: ValueKind,
    /// What it holds.
    pub meaning: &'static str,
}

const fn text(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, kind: ValueKind::Text, meaning }
}

const fn yes_no(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, kind: ValueKind::YesNo, meaning }
}

/// Every name, as `docs/templates.md` explains them.
pub const VARIABLES: &[Variable] = &[
    text("issuer.name", "name of the company whose documents these are"),
    text("issuer.vat_number", "its VAT number"),
    text("operation.reference", "the client's own reference of the request"),
    text(
        "operation.description",
        "the client's description of the request, at most 500 characters; may be empty",
    ),
    text("operation.id", "the number of the operation in this service"),
    Variable {
        name: "documents",
        kind: ValueKind::List,
        meaning: "the documents, at most 101 of them",
    },
    text("documents[].name", "name of the file"),
    text("documents[].reference", "the client's own reference of the document; may be empty"),
    text("documents[].content_type", "its media type, as application/pdf"),
    text("documents[].size", "its size with unit, as the language writes it"),
    yes_no("documents[].sealed", "whether it is sealed"),
    text("documents[].signing_time", "when it was sealed, in UTC; empty when it is not"),
    text("documents[].sealed_by", "common name of the signing certificate; empty when not sealed"),
    text("documents[].organization", "organization in the signing certificate; may be empty"),
    text("document_count", "how many documents there are, those that are not listed too"),
    text("documents_more", "how many documents are not listed; empty when all are"),
    yes_no("several", "whether there is more than one document"),
    text("link", "address of the receiver's page; empty when there is none"),
    text("link_expires", "until when the page can be opened, in UTC"),
    yes_no("attached", "whether the documents are attached to the mail"),
    yes_no("too_large", "whether they were to be attached and are too large for it"),
    text("receiver", "mail address of the receiver"),
    text("language", "language of the mail: pt, en, es, fr, de or it"),
];

/// Whose documents.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub name: String,
    pub vat_number: String,
}

/// Which request.
#[derive(Clone, Debug)]
pub struct LetterOperation {
    pub id: String,
    pub reference: String,
    pub description: String,
}

/// Who sealed a document, and when.
#[derive(Clone, Debug)]
pub struct LetterSeal {
    /// Common name of the signing certificate.
    pub by: String,
    /// Organization of the signing certificate.
    pub organization: Option<String>,
    pub at: Instant,
}

/// A document of the operation.
#[derive(Clone, Debug)]
pub struct ListedDocument {
    pub name: String,
    pub reference: String,
    pub content_type: String,
    pub size_bytes: u64,
    pub sealed: Option<LetterSeal>,
}

/// The facts of one notification to one receiver.
#[derive(Clone, Debug)]
pub struct Notification {
    pub language: Language,
    pub receiver: String,
    pub issuer: Issuer,
    pub operation: LetterOperation,
    pub documents: Vec<ListedDocument>,
    /// How many documents there are, when not all of them are given.
    pub document_count: usize,
    /// Address of the receiver's page, and until when it can be opened.
    pub link: Option<(String, Instant)>,
    pub attached: bool,
    pub too_large: bool,
}

/// The values of a notification as its language writes them.
#[derive(Clone, Debug, Serialize)]
pub struct Values {
    issuer: IssuerValues,
    operation: OperationValues,
    documents: Vec<DocumentValues>,
    document_count: String,
    documents_more: String,
    several: bool,
    link: String,
    link_expires: String,
    attached: bool,
    too_large: bool,
    receiver: String,
    language: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct IssuerValues {
    name: String,
    vat_number: String,
}

#[derive(Clone, Debug, Serialize)]
struct OperationValues {
    id: String,
    reference: String,
    description: String,
}

#[derive(Clone, Debug, Serialize)]
struct DocumentValues {
    name: String,
    reference: String,
    content_type: String,
    size: String,
    sealed: bool,
    signing_time: String,
    sealed_by: String,
    organization: String,
}

impl Values {
    /// The values of these facts; every text is cut at 1000 characters, more than one document
    /// beyond the hundredth are only counted.
    #[must_use]
    pub fn of(facts: &Notification) -> Self {
        let locale = Locale(facts.language);
        let count = facts.document_count.max(facts.documents.len());
        let limit = if count == LISTED_LIMIT + 1 { count } else { LISTED_LIMIT };
        let listed = facts.documents.len().min(limit);
        let number = |count: usize| locale.number(u64::try_from(count).unwrap_or(u64::MAX));
        let (link, link_expires) = match &facts.link {
            Some((link, until)) => (link.clone(), locale.time(*until)),
            None => (String::new(), String::new()),
        };
        Self {
            issuer: IssuerValues {
                name: value(&facts.issuer.name),
                vat_number: value(&facts.issuer.vat_number),
            },
            operation: OperationValues {
                id: value(&facts.operation.id),
                reference: free(&facts.operation.reference),
                description: free(&facts.operation.description),
            },
            documents: facts
                .documents
                .iter()
                .take(listed)
                .map(|document| DocumentValues::of(document, locale))
                .collect(),
            document_count: number(count),
            documents_more: if count > listed { number(count - listed) } else { String::new() },
            several: count > 1,
            link,
            link_expires,
            attached: facts.attached,
            too_large: facts.too_large,
            receiver: value(&facts.receiver),
            language: facts.language.as_str(),
        }
    }

    pub(super) fn issuer_name(&self) -> &str {
        &self.issuer.name
    }
}

impl DocumentValues {
    fn of(document: &ListedDocument, locale: Locale) -> Self {
        let sealed = document.sealed.as_ref();
        let organization = sealed.and_then(|sealed| sealed.organization.as_deref());
        Self {
            name: free(&document.name),
            reference: free(&document.reference),
            content_type: value(&document.content_type),
            size: locale.size(document.size_bytes),
            sealed: sealed.is_some(),
            signing_time: sealed.map(|sealed| locale.time(sealed.at)).unwrap_or_default(),
            sealed_by: sealed.map(|sealed| value(&sealed.by)).unwrap_or_default(),
            organization: organization.map(value).unwrap_or_default(),
        }
    }
}

fn value(text: &str) -> String {
    cut(text, VALUE_LIMIT)
}

fn cut(text: &str, limit: usize) -> String {
    let text = text.trim();
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(limit - 1).collect();
    cut.push('…');
    cut
}

/// What a client says freely, in which no program that shows mails finds a link: whoever may have documents
/// sealed could send anybody anywhere in the name of this service otherwise. Behind what makes a link one
/// stands a space without width; it reads as before.
fn free(text: &str) -> String {
    let text = cut(text, FREE_LIMIT);
    let mut safe = String::with_capacity(text.len() + 16);
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        safe.push(c);
        if makes_link(before, c, rest) {
            safe.push('\u{200b}');
        }
        before = Some(c);
    }
    safe
}

/// Whether what stands there may make a link of what stands around it.
fn makes_link(before: Option<char>, c: char, rest: &str) -> bool {
    let within = before.is_some_and(char::is_alphanumeric)
        && rest.starts_with(|next: char| next.is_alphanumeric());
    match c {
        '@' => within,
        ':' => rest.starts_with(['/', '\\']),
        // Other dots count as one in names (IDNA, RFC 3490 3.1).
        '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => {
            within && !ends_file(rest) && !rest.starts_with(|next: char| next.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether a dot before this makes it the name of a file.
fn ends_file(rest: &str) -> bool {
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let last = !rest.get(word.len()..).unwrap_or_default().starts_with(['.', '/', ':']);
    last && FILE_ENDS.iter().any(|end| word.eq_ignore_ascii_case(end))
}

/// Made-up facts for previews: two documents behind a link.
#[must_use]
pub fn sample(language: Language) -> Notification {
    let sample = &words(language).sample;
    let at = Instant::from_unix_ms(1_795_342_761_000);
    let month = 30 * 86_400_000;
    let document = |name: &str, content_type: &str, size_bytes| ListedDocument {
        name: name.to_owned(),
        reference: name.split('.').next().unwrap_or_default().to_owned(),
        content_type: content_type.to_owned(),
        size_bytes,
        sealed: Some(LetterSeal {
            by: format!("{} e-Seal", sample.issuer),
            organization: Some(sample.issuer.to_owned()),
            at,
        }),
    };
    Notification {
        language,
        receiver: "receiver@customer.example".to_owned(),
        issuer: Issuer { name: sample.issuer.to_owned(), vat_number: sample.vat_number.to_owned() },
        operation: LetterOperation {
            id: "12345".to_owned(),
            reference: "2026-11-0042".to_owned(),
            description: sample.description.to_owned(),
        },
        documents: vec![
            document(sample.pdf, "application/pdf", 184_320),
            document(sample.xml, "application/xml", 12_480),
        ],
        document_count: 2,
        link: Some(("https://seals.example/r/sample".to_owned(), at.plus_ms(month))),
        attached: false,
        too_large: false,
    }
}
