//! Named seal profiles: `profiles/*.toml`, one readable file each, and what a request lays over them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::lint::rules;
use crate::domain::cades::CadesProfile;
use crate::domain::level::Level;
use crate::domain::pades::PadesProfile;
pub use crate::domain::profile::Root;
use crate::domain::profile::{Format, Profile};
use crate::domain::refusal::Refusal;
use crate::domain::xades::XadesProfile;

/// The profiles that come with Chancery, as (name, text).
const BUILT_IN: &[(&str, &str)] = &[
    ("asic-e", include_str!("../../../../profiles/asic-e.toml")),
    ("cades-b", include_str!("../../../../profiles/cades-b.toml")),
    ("cades-b-detached", include_str!("../../../../profiles/cades-b-detached.toml")),
    ("cius-pt", include_str!("../../../../profiles/cius-pt.toml")),
    ("dgii-ecf", include_str!("../../../../profiles/dgii-ecf.toml")),
    ("dian", include_str!("../../../../profiles/dian.toml")),
    ("facturae-3.2", include_str!("../../../../profiles/facturae-3.2.toml")),
    ("fatturapa", include_str!("../../../../profiles/fatturapa.toml")),
    ("fatturapa-cades", include_str!("../../../../profiles/fatturapa-cades.toml")),
    ("hacienda-cr", include_str!("../../../../profiles/hacienda-cr.toml")),
    ("ksef-auth", include_str!("../../../../profiles/ksef-auth.toml")),
    ("myinvois", include_str!("../../../../profiles/myinvois.toml")),
    ("pades-b", include_str!("../../../../profiles/pades-b.toml")),
    ("peppol", include_str!("../../../../profiles/peppol.toml")),
    ("sifen", include_str!("../../../../profiles/sifen.toml")),
    ("signstash-default", include_str!("../../../../profiles/signstash-default.toml")),
    ("sii-dte", include_str!("../../../../profiles/sii-dte.toml")),
    ("sri", include_str!("../../../../profiles/sri.toml")),
    ("sri-sha256", include_str!("../../../../profiles/sri-sha256.toml")),
    ("sunat", include_str!("../../../../profiles/sunat.toml")),
    ("sunat-sha1", include_str!("../../../../profiles/sunat-sha1.toml")),
    ("ticketbai-araba", include_str!("../../../../profiles/ticketbai-araba.toml")),
    ("ticketbai-bizkaia", include_str!("../../../../profiles/ticketbai-bizkaia.toml")),
    ("ticketbai-gipuzkoa", include_str!("../../../../profiles/ticketbai-gipuzkoa.toml")),
    ("ubl", include_str!("../../../../profiles/ubl.toml")),
    ("ubl-detached", include_str!("../../../../profiles/ubl-detached.toml")),
    ("ubl-nonfinal", include_str!("../../../../profiles/ubl-nonfinal.toml")),
    ("ubl-nonfinal-here", include_str!("../../../../profiles/ubl-nonfinal-here.toml")),
    ("ubl-tr", include_str!("../../../../profiles/ubl-tr.toml")),
    ("verifactu", include_str!("../../../../profiles/verifactu.toml")),
    ("xades-b", include_str!("../../../../profiles/xades-b.toml")),
    ("zatca-simplified", include_str!("../../../../profiles/zatca-simplified.toml")),
];

/// Bytes of text that a request may say about one seal.
const MAX_TEXT: usize = 64 * 1024;

/// How long a line of `extends` may be.
const MAX_GENERATIONS: usize = 8;

/// All profiles that can be named.
pub struct Catalogue(BTreeMap<String, NamedProfile>);

/// One named profile.
#[derive(Clone, Debug)]
pub struct NamedProfile {
    /// What it is, in a few words.
    pub title: String,
    /// Where its facts come from.
    pub sources: Vec<String>,
    /// The documents it is for; empty for any.
    pub roots: Vec<Root>,
    /// Preconditions that a document is checked for before it is sealed, by name.
    pub rules: Vec<String>,
    /// The levels that its seals may have; empty for any.
    pub levels: Vec<Level>,
    /// Whether it is of use only with the switch for SHA-1.
    pub sha1: bool,
    settings: Settings,
}

/// What a profile says, by format; nothing about a format that it is not for.
#[derive(Clone, Debug, Default)]
struct Settings {
    xades: Option<Map<String, Value>>,
    pades: Option<Map<String, Value>>,
    cades: Option<Map<String, Value>>,
}

impl Settings {
    const fn of(&self, format: Format) -> Option<&Map<String, Value>> {
        match format {
            Format::Xades => self.xades.as_ref(),
            Format::Pades => self.pades.as_ref(),
            Format::Cades => self.cades.as_ref(),
        }
    }
}

impl NamedProfile {
    /// The formats that the profile is for.
    pub fn formats(&self) -> impl Iterator<Item = Format> {
        Format::ALL.into_iter().filter(|format| self.settings.of(*format).is_some())
    }

    /// The least level that its seals may have.
    #[must_use]
    pub fn least_level(&self) -> Level {
        self.levels.iter().copied().min().unwrap_or_default()
    }

    /// Whether its seals may have a level. It is called by the name for what it says.
    ///
    /// # Errors
    /// [`Refusal::LevelForbidden`] with those that they may have.
    pub fn check_level(&self, name: &str, level: Level) -> Result<(), Refusal> {
        if self.levels.is_empty() || self.levels.contains(&level) {
            return Ok(());
        }
        let levels: Vec<&str> = self.levels.iter().map(|level| level.as_str()).collect();
        let (name, level, levels) = (name.to_owned(), level.as_str(), levels.join(", "));
        Err(Refusal::LevelForbidden { name, level, levels })
    }
}

/// A profile file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    title: String,
    sources: Vec<String>,
    #[serde(default)]
    extends: Option<String>,
    #[serde(default)]
    roots: Vec<Root>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    xades: Option<Map<String, Value>>,
    #[serde(default)]
    pades: Option<Map<String, Value>>,
    #[serde(default)]
    cades: Option<Map<String, Value>>,
}

/// Why a set of profile files cannot be used. It is the installation's fault, never a client's.
#[derive(Debug, thiserror::Error)]
#[error("profile {name}: {reason}")]
pub struct Error {
    name: String,
    reason: String,
}

impl Catalogue {
    /// The built-in profiles.
    ///
    /// # Errors
    /// A file that is no profile; never for those that come with Chancery, which a test reads.
    pub fn built_in() -> Result<Self, Error> {
        Self::with(std::iter::empty())
    }

    /// The built-in profiles and further ones, as (name, TOML text). A further one of the same name
    /// takes the place of a built-in one.
    ///
    /// # Errors
    /// The first file that is no profile.
    pub fn with<'a>(further: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        for (name, text) in BUILT_IN.iter().copied().chain(further) {
            let wrong = |reason: String| Error { name: name.to_owned(), reason };
            if !is_name(name) {
                let rule = "a name has 1 to 100 characters of a-z 0-9 . -";
                return Err(wrong(rule.to_owned()));
            }
            let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
            files.insert(name.to_owned(), file);
        }
        let entries = files
            .iter()
            .map(|(name, file)| {
                if let Some(rule) = file.rules.iter().find(|rule| rules::rule(rule).is_none()) {
                    let reason = format!("there is no rule {rule}");
                    return Err(Error { name: name.clone(), reason });
                }
                let settings = inherited(&files, name, file)?;
                let levels = levels(file).map_err(|reason| Error { name: name.clone(), reason })?;
                let unusable =
                    |refusal: Refusal| Error { name: name.clone(), reason: refusal.to_string() };
                let mut sha1 = false;
                for format in Format::ALL {
                    let Some(settings) = settings.of(format) else { continue };
                    let profile = resolve(format, settings).map_err(unusable)?;
                    super::check_settings(&profile).map_err(unusable)?;
                    sha1 |= profile.uses_sha1();
                }
                let entry = NamedProfile {
                    title: file.title.clone(),
                    sources: file.sources.clone(),
                    roots: file.roots.clone(),
                    rules: file.rules.clone(),
                    levels,
                    sha1,
                    settings,
                };
                Ok((name.clone(), entry))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self(entries))
    }

    /// All profiles by name, in alphabetical order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &NamedProfile)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The profile of that name.
    ///
    /// # Errors
    /// [`Refusal::ProfileUnknown`] with the names there are.
    pub fn entry(&self, name: &str) -> Result<&NamedProfile, Refusal> {
        self.0.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let name = name.chars().take(80).collect();
            Refusal::ProfileUnknown { name, known: known.join(", ") }
        })
    }

    /// The settings of an XML seal, as [`Catalogue::profile`] has them.
    ///
    /// # Errors
    /// As [`Catalogue::profile`].
    pub fn settings(
        &self,
        name: Option<&str>,
        overrides: &Map<String, Value>,
    ) -> Result<XadesProfile, Refusal> {
        as_one(&self.laid_over(Format::Xades, name, overrides)?)
    }

    /// The settings of a seal: the defaults, the named profile over them, and over both what a
    /// client asks for in particular. Members of `overrides` that are `null` are not said.
    ///
    /// # Errors
    /// An unknown profile, or one that is for other formats; a setting that does not exist or has a
    /// wrong value, by its path.
    pub fn profile(
        &self,
        format: Format,
        name: Option<&str>,
        overrides: &Map<String, Value>,
    ) -> Result<Profile, Refusal> {
        resolve(format, &self.laid_over(format, name, overrides)?)
    }

    fn laid_over(
        &self,
        format: Format,
        name: Option<&str>,
        overrides: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut settings = match name {
            None => Map::new(),
            Some(name) => {
                let entry = self.entry(name)?;
                let settings = entry.settings.of(format).cloned();
                settings.ok_or_else(|| Refusal::ProfileFormat {
                    name: name.to_owned(),
                    format: format.as_str(),
                    formats: entry.formats().map(Format::as_str).collect::<Vec<_>>().join(", "),
                })?
            }
        };
        let length = check_text(overrides.values())?;
        if length.saturating_sub(image_length(overrides)) > MAX_TEXT {
            let reason = format!("has more than {MAX_TEXT} bytes of text; say less");
            return Err(Refusal::SettingInvalid { path: TOGETHER.to_owned(), reason });
        }
        lay_over(&mut settings, overrides);
        Ok(settings)
    }
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
}

/// The levels that a file names, in their order.
fn levels(file: &File) -> Result<Vec<Level>, String> {
    let read = |name: &String| {
        Level::parse(name).ok_or_else(|| format!("there is no level {name}, but B, T, LT and LTA"))
    };
    let mut levels: Vec<Level> = file.levels.iter().map(read).collect::<Result<_, _>>()?;
    levels.sort_unstable();
    levels.dedup();
    Ok(levels)
}

/// The settings of a profile over those it extends.
fn inherited(files: &BTreeMap<String, File>, name: &str, file: &File) -> Result<Settings, Error> {
    let mut line = vec![file];
    while let Some(parent) = line.last().and_then(|file| file.extends.as_ref()) {
        let wrong = |reason: String| Error { name: name.to_owned(), reason };
        let parent =
            files.get(parent).ok_or_else(|| wrong(format!("extends {parent}, which is none")))?;
        line.push(parent);
        if line.len() > MAX_GENERATIONS {
            return Err(wrong("extends itself, or too long a line of others".to_owned()));
        }
    }
    let mut settings = Settings::default();
    for file in line.iter().rev() {
        let ways = [
            (&mut settings.xades, &file.xades),
            (&mut settings.pades, &file.pades),
            (&mut settings.cades, &file.cades),
        ];
        for (under, over) in ways {
            if let Some(over) = over {
                lay_over(under.get_or_insert_default(), over);
            }
        }
    }
    let nothing = Format::ALL.iter().all(|format| settings.of(*format).is_none());
    if nothing {
        settings.xades = Some(Map::new());
    }
    Ok(settings)
}

/// Members that say one thing in one of several ways: taken over whole, never mixed.
const WHOLE: [&str; 3] = ["signatureLocation", "element", "place"];

/// JSON merge patch (RFC 7396), except that `null` says nothing: clients that write every member of
/// their model send it for what they do not mean. `"DEFAULT"` takes back what a profile says.
/// Locations are not mixed either.
pub fn lay_over(under: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (name, value) in over {
        match (under.get_mut(name), value) {
            (_, Value::Null) => {}
            (_, Value::String(word)) if word == "DEFAULT" => {
                under.remove(name);
            }
            (Some(Value::Object(under)), Value::Object(over))
                if !WHOLE.contains(&name.as_str()) =>
            {
                lay_over(under, over);
            }
            _ => {
                under.insert(name.clone(), without_nulls(value));
            }
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut said = Map::new();
            lay_over(&mut said, members);
            Value::Object(said)
        }
        other => other.clone(),
    }
}

fn resolve(format: Format, settings: &Map<String, Value>) -> Result<Profile, Refusal> {
    Ok(match format {
        Format::Xades => Profile::Xades(Box::new(as_one::<XadesProfile>(settings)?)),
        Format::Pades if settings.contains_key("existingSignatures") => {
            let rule = "a PDF has no countersignatures, and each of its seals covers those before it, beside which it \
                        stands; leave it out";
            return Err(Refusal::setting("existingSignatures", rule.to_owned()));
        }
        Format::Pades => Profile::Pades(Box::new(as_one::<PadesProfile>(settings)?)),
        Format::Cades => Profile::Cades(Box::new(as_one::<CadesProfile>(settings)?)),
    })
}

fn as_one<T: DeserializeOwned>(settings: &Map<String, Value>) -> Result<T, Refusal> {
    if settings.contains_key("mimeType") {
        let reason = "is the content type of the document; leave it out".to_owned();
        return Err(Refusal::SettingInvalid { path: "mimeType".to_owned(), reason });
    }
    let mut settings = Value::Object(settings.clone());
    // Every turn corrects the spelling of all names at one place of the settings, of which there are few.
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(&settings) {
            Ok(profile) => return Ok(profile),
            Err(error) => error,
        };
        let said = error.inner().to_string();
        if !respell(&mut settings, error.path(), &said) {
            let path = match error.path().to_string().as_str() {
                "." => TOGETHER.to_owned(),
                path => path.to_owned(),
            };
            return Err(Refusal::SettingInvalid { path, reason: said });
        }
    }
}

/// Writes names as they are known where they were written in other case: the one that the reader stumbled
/// over, and all that stand in the same list as it or in such a list of another. `said` is what it said:
/// ``unknown variant `x`, expected one of `A`, `B` ``. Whether anything changed.
fn respell(settings: &mut Value, path: &serde_path_to_error::Path, said: &str) -> bool {
    if !said.starts_with("unknown variant `") {
        return false;
    }
    let known: Vec<&str> = said.split('`').skip(1).step_by(2).skip(1).collect();
    let way: Vec<&Segment> = path
        .iter()
        .take_while(|segment| matches!(segment, Segment::Seq { .. } | Segment::Map { .. }))
        .collect();
    respell_at(settings, &way, &known)
}

fn respell_at(value: &mut Value, way: &[&Segment], known: &[&str]) -> bool {
    match (way.split_first(), value) {
        (Some((Segment::Map { key }, rest)), value) => {
            value.get_mut(key).is_some_and(|below| respell_at(below, rest, known))
        }
        (Some((_, rest)), Value::Array(items)) => {
            // every one of them, so that the settings are not read again for each
            let mut any = false;
            for item in items {
                any |= respell_at(item, rest, known);
            }
            any
        }
        (None, Value::String(text)) => match in_other_case(text, known) {
            Some(name) => {
                name.clone_into(text);
                true
            }
            None => false,
        },
        (None, Value::Object(members)) => {
            let written: Vec<String> = members.keys().cloned().collect();
            let mut any = false;
            for name in written {
                if let Some(known) = in_other_case(&name, known)
                    && let Some(member) = members.remove(&name)
                {
                    members.insert(known.to_owned(), member);
                    any = true;
                }
            }
            any
        }
        _ => false,
    }
}

/// The name that is written in other case.
fn in_other_case<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if known.contains(&written) {
        return None;
    }
    known.iter().copied().find(|known| known.eq_ignore_ascii_case(written))
}

/// The path of all settings together.
const TOGETHER: &str = "the settings";

/// Everything said may end up in an XML document, so it must be text of XML 1.0, production 2. Gives
/// the bytes of all texts together.
fn check_text<'v>(values: impl Iterator<Item = &'v Value>) -> Result<usize, Refusal> {
    let mut length = 0;
    for value in values {
        length += match value {
            Value::String(text) => {
                if let Some(character) = text.chars().find(|c| is_forbidden(*c)) {
                    let code = u32::from(character);
                    return Err(Refusal::SettingInvalid {
                        path: TOGETHER.to_owned(),
                        reason: format!("character U+{code:04X} cannot stand in XML"),
                    });
                }
                text.len()
            }
            Value::Array(items) => check_text(items.iter())?,
            Value::Object(members) => {
                let names: usize = members.keys().map(String::len).sum();
                names + check_text(members.values())?
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
    }
    Ok(length)
}

/// Bytes of the image of a visible signature, which has a limit of its own.
fn image_length(settings: &Map<String, Value>) -> usize {
    let image = settings.get("visible").and_then(|visible| visible.get("image")?.get("content"));
    image.and_then(Value::as_str).map_or(0, str::len)
}

const fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}
