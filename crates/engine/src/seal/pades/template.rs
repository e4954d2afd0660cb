//! The template language of visible signatures: text with references to a closed set of variables,
//! written as in Velocity. Nothing is called, nothing is computed; a value is never read again.

use const_oid::db::{rfc3280, rfc4519};
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::domain::instant::Instant;
use crate::domain::refusal::PdfRefusal;
use crate::pki::certificate::Certificate;
use crate::pki::name::first_value;

/// Characters that a template may have.
pub const TEMPLATE_LIMIT: usize = 2_000;
/// Characters that a filled template may have.
pub const TEXT_LIMIT: usize = 4_000;
/// Characters that a date pattern may have.
const PATTERN_LIMIT: usize = 64;
/// How dates are written when nobody says how.
const DATE_PATTERN: &str = "yyyy-MM-dd HH:mm:ss 'UTC'";

/// The words of Velocity that would do something.
const DIRECTIVES: [&str; 13] = [
    "set", "if", "elseif", "else", "end", "foreach", "include", "parse", "stop", "break",
    "evaluate", "define", "macro",
];

/// What a template can say.
#[derive(Clone, Copy, Debug)]
pub struct TemplateValues<'a> {
    pub certificate: &'a Certificate,
    pub reason: Option<&'a str>,
    pub location: Option<&'a str>,
    pub contact: Option<&'a str>,
    /// Name of the signer; without it the common name of the certificate.
    pub name: Option<&'a str>,
    pub signing_time: Instant,
}

/// A template that can be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Certificate(Attribute),
    Reason,
    Location,
    Contact,
    Name,
    Date(String),
}

/// What can be said of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    CommonName,
    Organization,
    OrganizationalUnit,
    Country,
    Email,
    SerialNumber,
    Subject,
    IssuerCommonName,
    Issuer,
    ValidFrom,
    ValidTo,
}

const ATTRIBUTES: [(&str, Attribute); 11] = [
    ("commonName", Attribute::CommonName),
    ("organization", Attribute::Organization),
    ("organizationalUnit", Attribute::OrganizationalUnit),
    ("country", Attribute::Country),
    ("email", Attribute::Email),
    ("serialNumber", Attribute::SerialNumber),
    ("subject", Attribute::Subject),
    ("issuerCommonName", Attribute::IssuerCommonName),
    ("issuer", Attribute::Issuer),
    ("validFrom", Attribute::ValidFrom),
    ("validTo", Attribute::ValidTo),
];

impl Template {
    /// Reads a template. `\$` and `\#` are the characters themselves, and so is a `$` that begins no
    /// reference; `##` and what follows it in the line is left out, as in Velocity.
    ///
    /// # Errors
    /// [`PdfRefusal::TemplateInvalid`] for a reference that is not known, a directive, or a template of
    /// more than [`TEMPLATE_LIMIT`] characters.
    pub fn parse(template: &str) -> Result<Self, PdfRefusal> {
        if template.chars().count() > TEMPLATE_LIMIT {
            return Err(invalid(format!("it has more than {TEMPLATE_LIMIT} characters")));
        }
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            rest = match character {
                '\\' if after.starts_with(['$', '#']) => {
                    text.extend(after.chars().next());
                    after.get(1..).unwrap_or_default()
                }
                '#' if after.starts_with('#') => {
                    after.split_once('\n').map_or("", |(_, following)| following)
                }
                '#' => {
                    refuse_directive(after)?;
                    text.push('#');
                    after
                }
                '$' => match reference(after)? {
                    Some((piece, following)) => {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                        pieces.push(piece);
                        following
                    }
                    None => {
                        text.push('$');
                        after
                    }
                },
                other => {
                    text.push(other);
                    after
                }
            };
        }
        pieces.push(Piece::Text(text));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// The text. What has no value is empty.
    ///
    /// # Errors
    /// [`PdfRefusal::TextTooLong`] when it has more than [`TEXT_LIMIT`] characters.
    pub fn fill(&self, values: &TemplateValues<'_>) -> Result<String, PdfRefusal> {
        let given = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let mut text = String::new();
        for piece in &self.0 {
            text.push_str(&match piece {
                Piece::Text(text) => text.clone(),
                Piece::Certificate(attribute) => attribute.of(values.certificate),
                Piece::Reason => given(values.reason),
                Piece::Location => given(values.location),
                Piece::Contact => given(values.contact),
                Piece::Name => match values.name {
                    Some(name) => name.to_owned(),
                    None => Attribute::CommonName.of(values.certificate),
                },
                Piece::Date(pattern) => date(values.signing_time, pattern)?,
            });
        }
        if text.chars().count() > TEXT_LIMIT {
            return Err(invalid(format!("its text has more than {TEXT_LIMIT} characters")));
        }
        Ok(text)
    }
}

fn invalid(reason: impl Into<String>) -> PdfRefusal {
    PdfRefusal::TemplateInvalid { reason: reason.into() }
}

fn unknown(written: &str) -> PdfRefusal {
    let getters = ATTRIBUTES.map(|(name, _)| getter(name)).join(", ");
    invalid(format!(
        "there is no ${written}; known are $certificate with {getters}, and $name, $reason, $location, \
         $contact, $date, $date.format(\"yyyy-MM-dd HH:mm:ss\"), $signingDate; write \\$ for a dollar \
         sign"
    ))
}

fn getter(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    format!("get{}{}()", first.into_iter().collect::<String>(), characters.as_str())
}

fn refuse_directive(after: &str) -> Result<(), PdfRefusal> {
    let word = word(after.strip_prefix('{').unwrap_or(after));
    if DIRECTIVES.contains(&word) {
        return Err(invalid(format!(
            "#{word} is a directive, and templates have none; write \\# for the sign"
        )));
    }
    if after.starts_with(['*', '[']) {
        return Err(invalid("block comments and unparsed blocks (#*, #[) are not known"));
    }
    Ok(())
}

fn word(text: &str) -> &str {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !letter(c)).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    if word.starts_with(|c: char| c.is_ascii_digit()) { "" } else { word }
}

/// Reads what follows `$`. `None` when that is no reference.
fn reference(after: &str) -> Result<Option<(Piece, &str)>, PdfRefusal> {
    let quiet = after.strip_prefix('!').unwrap_or(after);
    let (braced, inner) = match quiet.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, quiet),
    };
    let variable = word(inner);
    if variable.is_empty() {
        return Ok(None);
    }
    let rest = inner.get(variable.len()..).unwrap_or_default();
    let (member, rest) = member(rest)?;
    let shown =
        || inner.get(..inner.len() - rest.len()).unwrap_or_default().replace(char::is_control, " ");
    let piece = match (variable, member) {
        ("certificate", Some(Member { name, argument: None, .. })) => {
            let attribute =
                ATTRIBUTES.iter().find(|(known, _)| *known == name || getter(known) == name);
            attribute.map(|(_, attribute)| Piece::Certificate(*attribute))
        }
        ("reason", None) => Some(Piece::Reason),
        ("location", None) => Some(Piece::Location),
        ("contact", None) => Some(Piece::Contact),
        ("name", None) => Some(Piece::Name),
        ("date" | "signingDate", None) => Some(Piece::Date(DATE_PATTERN.to_owned())),
        ("date" | "signingDate", Some(Member { name, argument: Some(pattern) }))
            if name == "format()" =>
        {
            date(Instant::from_unix_ms(0), pattern)?;
            Some(Piece::Date(pattern.to_owned()))
        }
        _ => None,
    };
    let piece = piece.ok_or_else(|| unknown(&shown()))?;
    let rest = if braced {
        let open = || invalid(format!("${{{} has no closing brace", shown()));
        rest.strip_prefix('}').ok_or_else(open)?
    } else {
        rest
    };
    Ok(Some((piece, rest)))
}

/// What follows the name of a variable: `.name`, `.name()` or `.name("argument")`.
struct Member<'a> {
    /// With `()` when it was called.
    name: String,
    argument: Option<&'a str>,
}

/// A dot that no letter follows ends a sentence, not a reference.
fn member(rest: &str) -> Result<(Option<Member<'_>>, &str), PdfRefusal> {
    let Some(after) = rest.strip_prefix('.') else { return Ok((None, rest)) };
    let name = word(after);
    if name.is_empty() {
        return Ok((None, rest));
    }
    let rest = after.get(name.len()..).unwrap_or_default();
    let Some(inside) = rest.strip_prefix('(') else {
        return Ok((Some(Member { name: name.to_owned(), argument: None }), rest));
    };
    let open = || invalid(format!("the parenthesis after .{name} is not closed"));
    let inside = inside.trim_start_matches(' ');
    let (argument, rest) = match inside.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let quoted = inside.get(1..).unwrap_or_default();
            let (argument, rest) = quoted.split_once(quote).ok_or_else(open)?;
            (Some(argument), rest)
        }
        _ => (None, inside),
    };
    let rest = rest.trim_start_matches(' ').strip_prefix(')').ok_or_else(open)?;
    Ok((Some(Member { name: format!("{name}()"), argument }), rest))
}

impl Attribute {
    /// Its text; empty when the certificate does not say. A certificate without common name goes by
    /// its whole subject.
    fn of(self, certificate: &Certificate) -> String {
        let tbs = certificate.x509().tbs_certificate();
        let subject = |kind: ObjectIdentifier| first_value(tbs.subject(), kind);
        let value = match self {
            Self::CommonName => {
                subject(rfc4519::COMMON_NAME).or_else(|| Some(certificate.subject()))
            }
            Self::Organization => subject(rfc4519::ORGANIZATION_NAME),
            Self::OrganizationalUnit => subject(rfc4519::ORGANIZATIONAL_UNIT_NAME),
            Self::Country => subject(rfc4519::COUNTRY_NAME),
            Self::Email => {
                subject(rfc3280::EMAIL_ADDRESS).or_else(|| alternative_email(certificate))
            }
            Self::SerialNumber => Some(certificate.serial_decimal()),
            Self::Subject => Some(certificate.subject()),
            Self::IssuerCommonName => first_value(tbs.issuer(), rfc4519::COMMON_NAME)
                .or_else(|| Some(certificate.issuer())),
            Self::Issuer => Some(certificate.issuer()),
            Self::ValidFrom => date(certificate.not_before(), DATE_PATTERN).ok(),
            Self::ValidTo => date(certificate.not_after(), DATE_PATTERN).ok(),
        };
        value.unwrap_or_default()
    }
}

fn alternative_email(certificate: &Certificate) -> Option<String> {
    let tbs = certificate.x509().tbs_certificate();
    let (_, names) = tbs.get_extension::<SubjectAltName>().ok()??;
    names.0.iter().find_map(|name| match name {
        GeneralName::Rfc822Name(address) => Some(address.as_str().to_owned()),
        _ => None,
    })
}

/// A time in UTC by a pattern of `yyyy MM dd HH mm ss`; letters between `'` and whatever is no letter
/// stand for themselves.
fn date(at: Instant, pattern: &str) -> Result<String, PdfRefusal> {
    if pattern.chars().count() > PATTERN_LIMIT {
        return Err(invalid(format!("a date pattern has more than {PATTERN_LIMIT} characters")));
    }
    let written = at.to_xs_date_time();
    // 1970-01-01T00:00:00Z; years beyond 9999 are longer.
    let (year, rest) = written.split_once('-').unwrap_or_default();
    let digits = |from: usize| rest.get(from..from + 2).unwrap_or_default();
    let mut text = String::new();
    let mut pattern = pattern;
    while let Some(letter) = pattern.chars().next() {
        let end = pattern.find(|c| c != letter).unwrap_or(pattern.len());
        let (run, following) = pattern.split_at_checked(end).unwrap_or_default();
        pattern = following;
        let piece = match run {
            "yyyy" => year,
            "MM" => digits(0),
            "dd" => digits(3),
            "HH" => digits(6),
            "mm" => digits(9),
            "ss" => digits(12),
            // Two quotes are one, as in Java.
            "''" => "'",
            "'" => {
                let (literal, following) = quoted(pattern)?;
                pattern = following;
                text.push_str(&literal);
                ""
            }
            other if other.contains(char::is_alphabetic) => {
                return Err(invalid(format!(
                    "a date pattern knows yyyy, MM, dd, HH, mm and ss, not {other}; put text between '"
                )));
            }
            other => other,
        };
        text.push_str(piece);
    }
    Ok(text)
}

/// The literal text before the closing quote, in which two quotes are one; and what follows.
fn quoted(pattern: &str) -> Result<(String, &str), PdfRefusal> {
    let mut literal = String::new();
    let mut rest = pattern;
    loop {
        let (part, following) = rest
            .split_once('\'')
            .ok_or_else(|| invalid("a date pattern has a ' that is not closed"))?;
        literal.push_str(part);
        match following.strip_prefix('\'') {
            Some(following) => {
                literal.push('\'');
                rest = following;
            }
            None => return Ok((literal, following)),
        }
    }
}
