//! The calendar of algorithms: until when keys, signatures and digests are accepted by those who verify
//! (ETSI TS 119 312). Data, in `calendar.toml`; an installation can have its own.

use serde::Deserialize;
use thiserror::Error;
use toml::value::Datetime;

use super::algorithm::KeyKind;
use super::certificate::{Certificate, Chain};
use super::signed;
use super::timestamp::TimestampToken;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};

/// The calendar that comes with the program.
pub const BUILT_IN: &str = include_str!("calendar.toml");

/// Seals say from so many days before that something ends.
const NOTE_DAYS: i64 = 60;

/// What is wrong with a calendar.
#[derive(Debug, Error)]
pub enum CalendarError {
    #[error("{0}")]
    Toml(String),
    #[error("row {row}: {what}")]
    Row { row: usize, what: String },
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    Signer,
    Authority,
    Timestamping,
    Ocsp,
}

/// Something that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmEnd {
    /// The same in every language: `RSA-2048`, `RSA PKCS#1 v1.5`, `SHA-1`.
    pub what: String,
    /// The last millisecond in which it is accepted.
    pub until: Instant,
    /// Where that is written.
    pub source: String,
}

impl AlgorithmEnd {
    /// Its last day: `2028-12-31`.
    #[must_use]
    pub fn last_day(&self) -> String {
        self.until.to_xs_date_time().chars().take(10).collect()
    }
}

/// What a calendar says of a kind of key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVerdict {
    /// Whether some row names it.
    pub named: bool,
    /// The last day on which certificates with such keys may be issued.
    pub issued_until: Option<AlgorithmEnd>,
    /// Its end.
    pub ending: Option<AlgorithmEnd>,
}

/// One row, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    /// The same in every language: `RSA`, `RSA PKCS#1 v1.5`, `SHA-1`.
    pub what: String,
    /// Only keys of fewer bits.
    pub bits_below: Option<usize>,
    /// Only theirs; without any everybody's.
    pub of: Vec<Owner>,
    /// The last millisecond in which certificates with such keys may be issued.
    pub issued_until: Option<Instant>,
    /// The last millisecond in which it is accepted.
    pub until: Option<Instant>,
    /// Where that is written.
    pub source: String,
}

/// Until when what is good.
#[derive(Clone, Debug)]
pub struct Calendar {
    name: String,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    what: What,
    bits_below: Option<usize>,
    of: Vec<Owner>,
    issued_until: Option<Instant>,
    until: Option<Instant>,
    source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Key(KeyName),
    Signature(Scheme),
    Digest(DigestAlgorithm),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyName {
    Rsa,
    P256,
    P384,
    P521,
    Secp256k1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Pkcs1,
    Pss,
    Ecdsa,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    row: Vec<FileRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    what: String,
    name: String,
    bits_below: Option<usize>,
    #[serde(default)]
    of: Vec<Owner>,
    issued_until: Option<Datetime>,
    until: Option<Datetime>,
    source: String,
    seen: Datetime,
}

impl Calendar {
    /// Reads a calendar, in the form of [`BUILT_IN`].
    ///
    /// # Errors
    /// [`CalendarError`], with the row.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let file: File =
            toml::from_str(text).map_err(|error| CalendarError::Toml(error.to_string()))?;
        let rows = file.row.into_iter().zip(1..).map(|(row, number)| {
            Row::read(row).map_err(|what| CalendarError::Row { row: number, what })
        });
        Ok(Self { name: file.name, rows: rows.collect::<Result<_, _>>()? })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rows, for people, in its order.
    #[must_use]
    pub fn rows(&self) -> Vec<CalendarRow> {
        let row = |row: &Row| CalendarRow {
            what: row.what.label().to_owned(),
            bits_below: row.bits_below,
            of: row.of.clone(),
            issued_until: row.issued_until,
            until: row.until,
            source: row.source.clone(),
        };
        self.rows.iter().map(row).collect()
    }

    /// What it says of a kind of key.
    #[must_use]
    pub fn key(&self, kind: KeyKind, owner: Owner) -> KeyVerdict {
        let name = KeyName::of(kind);
        let rows = || {
            self.rows.iter().filter(move |row| {
                row.what == What::Key(name) && row.is_about(owner) && row.is_below(kind)
            })
        };
        let what = kind.label();
        let issued = rows().filter_map(|row| row.issued(&what));
        KeyVerdict {
            named: rows().next().is_some(),
            issued_until: first(issued),
            ending: first(rows().filter_map(|row| row.ending(&what))),
        }
    }

    /// When signatures of such a key in this way end, by the scheme or by the digest.
    #[must_use]
    pub fn signature(&self, kind: KeyKind, algorithm: SignatureAlgorithm) -> Option<AlgorithmEnd> {
        let scheme = Scheme::of(algorithm);
        let about = |row: &&Row| row.what == What::Signature(scheme) && row.is_below(kind);
        let endings = self.rows.iter().filter(about).filter_map(|row| {
            let sized = row.bits_below.map(|_| format!(" ({})", kind.label())).unwrap_or_default();
            row.ending(&format!("{}{sized}", scheme.label()))
        });
        first(endings.chain(self.digest(algorithm.digest())))
    }

    /// When a digest ends.
    #[must_use]
    pub fn digest(&self, digest: DigestAlgorithm) -> Option<AlgorithmEnd> {
        let name = digest_label(digest);
        let rows = self.rows.iter().filter(|row| row.what == What::Digest(digest));
        first(rows.filter_map(|row| row.ending(name)))
    }

    /// What ends first of everything that seals of a chain stand on: the key and the way it signs, the
    /// keys of its issuers and the way they signed.
    #[must_use]
    pub fn chain(&self, chain: &Chain, algorithm: SignatureAlgorithm) -> Option<AlgorithmEnd> {
        let signing = chain.signing();
        let own = [
            self.key(signing.key_kind(), Owner::Signer).ending,
            self.signature(signing.key_kind(), algorithm),
        ];
        first(own.into_iter().flatten().chain(self.issuers(chain)))
    }

    /// What ends first of the keys of the issuers in a chain, and of the ways they signed.
    #[must_use]
    pub fn issuers(&self, chain: &Chain) -> Option<AlgorithmEnd> {
        let certificates: Vec<&Certificate> = chain.certificates().collect();
        let issued = certificates.windows(2).flat_map(|pair| {
            let [subject, issuer] = pair else { return [None, None] };
            let kind = issuer.key_kind();
            let read = signed::read_algorithm(subject.x509().signature_algorithm());
            let signed = read.and_then(|read| self.signature(kind, read.algorithm()));
            [self.key(kind, Owner::Authority).ending, signed]
        });
        first(issued.flatten())
    }

    /// What ends first of what a timestamp stands on: the certificate of the TSA, its key, the way that it
    /// signs, and the digest of what it is over. By then another one must be over it.
    #[must_use]
    pub fn timestamp(&self, token: &TimestampToken) -> AlgorithmEnd {
        let certificate = token.certificate();
        let kind = certificate.key_kind();
        let algorithms = [
            self.key(kind, Owner::Timestamping).ending,
            self.signature(kind, token.signature_algorithm()),
            self.digest(token.info().imprint.algorithm()),
        ];
        let validity = AlgorithmEnd {
            what: format!("the certificate of {}", certificate.subject()),
            until: certificate.not_after(),
            source: "its notAfter".to_owned(),
        };
        first(algorithms.into_iter().flatten())
            .filter(|ending| ending.until < validity.until)
            .unwrap_or(validity)
    }

    /// The day by which the signing certificate should have been issued, when it was issued later.
    #[must_use]
    pub fn issued_too_late(&self, signing: &Certificate) -> Option<AlgorithmEnd> {
        let issued = self.key(signing.key_kind(), Owner::Signer).issued_until?;
        (signing.not_before() > issued.until).then_some(issued)
    }

    /// What a client should know of a seal made at a time: that those who follow the calendar refuse
    /// it, or will soon.
    #[must_use]
    pub fn note(
        &self,
        chain: &Chain,
        algorithm: SignatureAlgorithm,
        digests_with_sha1: bool,
        at: Instant,
    ) -> Option<String> {
        let sha1 = digests_with_sha1.then(|| self.digest(DigestAlgorithm::Sha1)).flatten();
        let ending = first(self.chain(chain, algorithm).into_iter().chain(sha1))?;
        let AlgorithmEnd { what, until, source } = &ending;
        let last = ending.last_day();
        if at > *until {
            return Some(format!(
                "{what} ended on {last} ({source}): verifiers that follow it refuse this seal; ask for \
                 another algorithm, or the operator for another certificate"
            ));
        }
        (at.plus_ms(NOTE_DAYS * DAY_MS) > *until).then(|| {
            format!(
                "{what} ends on {last} ({source}): ask for another algorithm by then, or the operator \
                 for another certificate"
            )
        })
    }
}

impl Default for Calendar {
    /// The one that comes with the program.
    fn default() -> Self {
        // A test reads it; an empty one would only be silent.
        Self::parse(BUILT_IN).unwrap_or_else(|_| Self::empty())
    }
}

impl Calendar {
    /// One in which nothing ends.
    #[must_use]
    pub const fn empty() -> Self {
        Self { name: String::new(), rows: Vec::new() }
    }
}

impl Row {
    fn read(row: FileRow) -> Result<Self, String> {
        let unknown = |known: &str| format!("{} is no {}; known: {known}", row.name, row.what);
        let what = match row.what.as_str() {
            "key" => What::Key(KeyName::parse(&row.name).ok_or_else(|| unknown(KeyName::KNOWN))?),
            "signature" => {
                What::Signature(Scheme::parse(&row.name).ok_or_else(|| unknown(Scheme::KNOWN))?)
            }
            "digest" => What::Digest(
                DigestAlgorithm::parse(&row.name)
                    .ok_or_else(|| unknown("SHA1, SHA256, SHA384, SHA512"))?,
            ),
            other => return Err(format!("what = {other:?}; known: key, signature, digest")),
        };
        let sized =
            matches!(what, What::Key(KeyName::Rsa) | What::Signature(Scheme::Pkcs1 | Scheme::Pss));
        if row.bits_below.is_some() && !sized {
            return Err("bits_below is for RSA only".to_owned());
        }
        end_of(&row.seen)?;
        Ok(Self {
            what,
            bits_below: row.bits_below,
            of: row.of,
            issued_until: row.issued_until.as_ref().map(end_of).transpose()?,
            until: row.until.as_ref().map(end_of).transpose()?,
            source: row.source,
        })
    }

    fn is_about(&self, owner: Owner) -> bool {
        self.of.is_empty() || self.of.contains(&owner)
    }

    fn is_below(&self, kind: KeyKind) -> bool {
        match (self.bits_below, kind) {
            (Some(limit), KeyKind::Rsa { bits }) => bits < limit,
            (Some(_), _) => false,
            (None, _) => true,
        }
    }

    fn issued(&self, what: &str) -> Option<AlgorithmEnd> {
        let (what, source) = (what.to_owned(), self.source.clone());
        Some(AlgorithmEnd { what, until: self.issued_until?, source })
    }

    fn ending(&self, what: &str) -> Option<AlgorithmEnd> {
        Some(AlgorithmEnd {
            what: what.to_owned(),
            until: self.until?,
            source: self.source.clone(),
        })
    }
}

impl What {
    const fn label(self) -> &'static str {
        match self {
            Self::Key(name) => name.label(),
            Self::Signature(scheme) => scheme.label(),
            Self::Digest(digest) => digest_label(digest),
        }
    }
}

const fn digest_label(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Sha1 => "SHA-1",
        DigestAlgorithm::Sha256 => "SHA-256",
        DigestAlgorithm::Sha384 => "SHA-384",
        DigestAlgorithm::Sha512 => "SHA-512",
    }
}

impl KeyName {
    const KNOWN: &str = "RSA, P-256, P-384, P-521, secp256k1";

    const fn of(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Rsa { .. } => Self::Rsa,
            KeyKind::P256 => Self::P256,
            KeyKind::P384 => Self::P384,
            KeyKind::P521 => Self::P521,
            KeyKind::Secp256k1 => Self::Secp256k1,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Rsa, Self::P256, Self::P384, Self::P521, Self::Secp256k1]
            .into_iter()
            .find(|name| name.label() == text)
    }
}

impl Scheme {
    const KNOWN: &str = "RSA-PKCS1, RSA-PSS, ECDSA";

    const fn of(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::RsaPkcs1(_) => Self::Pkcs1,
            SignatureAlgorithm::RsaPss(_) => Self::Pss,
            SignatureAlgorithm::Ecdsa(_) => Self::Ecdsa,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Pkcs1 => "RSA PKCS#1 v1.5",
            Self::Pss => "RSASSA-PSS",
            Self::Ecdsa => "ECDSA",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "RSA-PKCS1" => Some(Self::Pkcs1),
            "RSA-PSS" => Some(Self::Pss),
            "ECDSA" => Some(Self::Ecdsa),
            _ => None,
        }
    }
}

fn first(endings: impl Iterator<Item = AlgorithmEnd>) -> Option<AlgorithmEnd> {
    endings.min_by_key(|ending| ending.until)
}

/// The last millisecond of a day in UTC.
fn end_of(date: &Datetime) -> Result<Instant, String> {
    let wrong = || format!("{date} is no day; write it like 2028-12-31, without quotes");
    let day =
        date.date.filter(|_| date.time.is_none() && date.offset.is_none()).ok_or_else(wrong)?;
    let start = format!("{:04}-{:02}-{:02}T00:00:00Z", day.year, day.month, day.day);
    Instant::parse_rfc3339(&start).map(|start| start.plus_ms(DAY_MS - 1)).ok_or_else(wrong)
}
