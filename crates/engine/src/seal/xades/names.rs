//! The Ids inside one signature, from their patterns.

use std::fmt::Write as _;

use crate::domain::instant::Instant;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{Packaging, ReferenceKind, XadesLevel, XadesProfile};
use crate::pki::certificate::Certificate;
use crate::pki::digest::sha256;
use crate::seal::xml::guard::XmlIds;

/// Ids inside one signature; empty where there is none.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) signature: String,
    pub(super) signed_info: String,
    pub(super) signature_value: String,
    pub(super) key_info: String,
    pub(super) object: String,
    pub(super) qualifying_properties: String,
    pub(super) signed_properties: String,
    /// Of the `ds:Object` that holds the document, in an enveloping signature.
    pub(super) content: String,
    /// Of the references to document, key info and signed properties.
    pub(super) document_reference: String,
    pub(super) key_info_reference: String,
    pub(super) signed_properties_reference: String,
    /// `Target` of `xades:QualifyingProperties`.
    pub(super) target: String,
}

/// What patterns may speak of.
pub(super) struct PatternFacts<'a> {
    pub(super) document_sha256: [u8; 32],
    pub(super) at: Instant,
    pub(super) certificate: &'a Certificate,
    /// What the `cac:Signature` of the document refers to, without `#`.
    pub(super) ubl_signature_uri: Option<String>,
}

/// A document has to hold this many clashing Ids on purpose.
const ATTEMPTS: u32 = 1000;

impl Names {
    /// Names that follow from what is sealed, by whom and when. Those with a hash are never Ids of
    /// the document; the others must not be.
    ///
    /// # Errors
    /// A pattern that is none, an Id that the document or another part has, or that is no NCName.
    pub(super) fn render(
        profile: &XadesProfile,
        facts: &PatternFacts<'_>,
        taken: &XmlIds<'_>,
    ) -> Result<Self, Refusal> {
        let mut clash = None;
        for attempt in 0..ATTEMPTS {
            let hash = hash(facts, attempt);
            let names = Self::attempt(profile, facts, &hash)?;
            names.check_needed(profile)?;
            names.check()?;
            let clashing = names.all().find(|name| taken.has(name)).map(str::to_owned);
            if clashing.is_none() {
                return Ok(names);
            }
            // A name that no hash changes stays as it is.
            if clashing == clash {
                break;
            }
            clash = clashing;
        }
        Err(Refusal::IdTaken { id: clash.unwrap_or_default() })
    }

    fn attempt(
        profile: &XadesProfile,
        facts: &PatternFacts<'_>,
        hash: &[u8; 16],
    ) -> Result<Self, Refusal> {
        let ids = &profile.ids;
        let mut tokens = Tokens { hash, signature: "", facts };
        let signature = tokens.expand("ids.signature", &ids.signature)?;
        tokens.signature = &signature;
        let plain = profile.xades_level == XadesLevel::None;
        // A plain signature has no parts of XAdES that could have an Id.
        let extended = |path, pattern: &str| tokens.expand(path, if plain { "" } else { pattern });
        let reference = |kind: ReferenceKind| match kind {
            // Only xades:DataObjectFormat names it.
            ReferenceKind::Document if plain => ("reference.id", &profile.reference, ""),
            ReferenceKind::Document => ("reference.id", &profile.reference, "{signature}-document"),
            ReferenceKind::KeyInfo => ("keyInfoReference.id", &profile.key_info_reference, ""),
            ReferenceKind::SignedProperties => {
                ("signedPropertiesReference.id", &profile.signed_properties_reference, "")
            }
        };
        let reference_id = |kind| {
            let (path, settings, usual) = reference(kind);
            tokens.expand(path, settings.id.as_deref().unwrap_or(usual))
        };
        let referenced = profile.reference_order.contains(&ReferenceKind::KeyInfo);
        let key_info = match ids.key_info.as_str() {
            // A reference needs something to point to.
            "" if referenced => "{signature}-keyinfo",
            pattern => pattern,
        };
        Ok(Self {
            signed_info: tokens.expand("ids.signedInfo", &ids.signed_info)?,
            signature_value: tokens.expand("ids.signatureValue", &ids.signature_value)?,
            key_info: tokens.expand("ids.keyInfo", key_info)?,
            object: extended("ids.object", &ids.object)?,
            qualifying_properties: extended(
                "ids.qualifyingProperties",
                &ids.qualifying_properties,
            )?,
            signed_properties: extended("ids.signedProperties", &ids.signed_properties)?,
            content: match profile.packaging {
                Packaging::Enveloping => tokens.expand("ids", "{signature}-content")?,
                Packaging::Enveloped | Packaging::Detached | Packaging::AsicE => String::new(),
            },
            document_reference: reference_id(ReferenceKind::Document)?,
            key_info_reference: reference_id(ReferenceKind::KeyInfo)?,
            signed_properties_reference: reference_id(ReferenceKind::SignedProperties)?,
            target: match &ids.target {
                None => format!("#{signature}"),
                Some(pattern) => tokens.expand("ids.target", pattern)?,
            },
            signature,
        })
    }

    /// Whether a part of the signature has this Id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.all().any(|name| name == id && id != self.document_reference)
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let all = [
            &self.signature,
            &self.signed_info,
            &self.signature_value,
            &self.key_info,
            &self.object,
            &self.qualifying_properties,
            &self.signed_properties,
            &self.content,
            &self.document_reference,
            &self.key_info_reference,
            &self.signed_properties_reference,
        ];
        all.into_iter().map(String::as_str).filter(|name| !name.is_empty())
    }

    /// What something else in the signature points to must have an Id.
    fn check_needed(&self, profile: &XadesProfile) -> Result<(), Refusal> {
        let properties = profile.xades_level != XadesLevel::None;
        let format = properties && profile.data_object_format.include;
        let key_info = profile.reference_order.contains(&ReferenceKind::KeyInfo);
        let enveloping = profile.packaging == Packaging::Enveloping;
        for (path, name, needed) in [
            ("ids.signature", &self.signature, properties),
            ("ids.signedProperties", &self.signed_properties, properties),
            ("reference.id", &self.document_reference, format),
            ("ids.keyInfo", &self.key_info, key_info),
            ("ids.signature", &self.content, enveloping),
        ] {
            if needed && name.is_empty() {
                let rule = "must not be empty here, something in the signature points to it";
                return Err(Refusal::setting(path, rule.to_owned()));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Refusal> {
        for (position, name) in self.all().enumerate() {
            if !is_ncname(name) {
                let rule =
                    "an Id begins with a letter or '_' and has letters, digits, '.', '-', '_'";
                return Err(Refusal::setting("ids", format!("'{name}' is no Id: {rule}")));
            }
            if self.all().take(position).any(|other| other == name) {
                let rule = format!("'{name}' would be the Id of two parts of the signature");
                return Err(Refusal::setting("ids", rule));
            }
        }
        Ok(())
    }
}

fn hash(facts: &PatternFacts<'_>, attempt: u32) -> [u8; 16] {
    let octets = [
        facts.document_sha256.as_slice(),
        &facts.at.unix_ms().to_be_bytes(),
        &facts.certificate.fingerprint(),
        &attempt.to_be_bytes(),
    ];
    let digest = sha256(&octets.concat());
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    half
}

struct Tokens<'a> {
    hash: &'a [u8; 16],
    signature: &'a str,
    facts: &'a PatternFacts<'a>,
}

impl Tokens<'_> {
    fn expand(&self, path: &'static str, pattern: &str) -> Result<String, Refusal> {
        let wrong = |rule: String| Refusal::setting(path, rule);
        if self.signature.is_empty() && pattern.contains("{signature}") {
            return Ok(String::new());
        }
        let mut text = String::with_capacity(pattern.len() + 40);
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (token, after) = after
                .split_once('}')
                .ok_or_else(|| wrong(format!("'{pattern}' has a '{{' without '}}'")))?;
            let (name, otherwise) = match token.split_once('|') {
                Some((name, otherwise)) => (name, Some(otherwise)),
                None => (token, None),
            };
            match (self.value(name), otherwise) {
                (Token::Text(value), _) => text.push_str(&value),
                (Token::Nothing, Some(otherwise)) => text.push_str(otherwise),
                (Token::Nothing, None) => {
                    let what = "the cac:Signature of the document must refer to its signature by \
                                cac:DigitalSignatureAttachment/cac:ExternalReference/cbc:URI";
                    return Err(wrong(what.to_owned()));
                }
                (Token::Unknown, _) => {
                    let known = "{hash}, {uuid}, {number}, {signature}, {ublSignatureUri}";
                    return Err(wrong(format!("'{{{token}}}' is not known; known: {known}")));
                }
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn value(&self, name: &str) -> Token {
        let hexadecimal = || {
            self.hash.iter().fold(String::with_capacity(36), |mut text, octet| {
                let _ = write!(text, "{octet:02x}");
                text
            })
        };
        Token::Text(match name {
            "hash" => hexadecimal(),
            "uuid" => {
                let mut text = hexadecimal();
                for at in [8, 13, 18, 23] {
                    text.insert(at, '-');
                }
                text
            }
            "number" => {
                let [a, b, c, d, ..] = *self.hash;
                format!("{:09}", u32::from_be_bytes([a, b, c, d]) % 1_000_000_000)
            }
            "signature" => self.signature.to_owned(),
            "ublSignatureUri" => match &self.facts.ubl_signature_uri {
                Some(uri) => uri.clone(),
                None => return Token::Nothing,
            },
            _ => return Token::Unknown,
        })
    }
}

/// What a token stands for.
enum Token {
    Text(String),
    /// It is known and has no value in this document.
    Nothing,
    Unknown,
}

/// NCName without the letters beyond ASCII that some verifiers stumble over.
fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
