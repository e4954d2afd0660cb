//! What was done to a PDF after its earlier signatures. A signature covers a revision of the file
//! (ISO 32000-1, 12.8.1); what was added behind it may fill in forms, add annotations, signatures and
//! validation data, but nothing that the signer saw may look different now: that would be a shadow
//! attack. Whether the digests and values of the signatures are right is not looked at here.
//!
//! Each signed revision is compared with the next one: [`roles`] says what each object is there,
//! [`meaning`] whether two objects mean the same, [`revision`] judges the objects whose place changed, and one last pass over the whole file finds
//! what [`revision`] cannot see: objects that are used for more than one thing, and references that
//! led nowhere when they were signed.

mod additions;
mod meaning;
mod revision;
mod roles;
mod tail;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::form::{Field, Form};
use super::permissions::certified;
use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Dictionary, Object, Reference};
use crate::seal::pdf::{PdfFile, PdfLimits};
pub use additions::change_since;
use meaning::Meaning;
use revision::RevisionPair;
use roles::{PartRole, Roles};
pub use tail::{PdfTail, tail};

/// Entries of all revisions together that are compared.
const MAX_ENTRIES: usize = 4_000_000;

/// Signatures that are looked at.
const MAX_SIGNATURES: usize = 200;

/// A signature and the end of what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Name of the field that it is in.
    pub field: String,
    /// How many bytes of the file its byte range spans, its own value among them.
    pub end: usize,
    /// What it permits to be done afterwards when it certifies (ISO 32000-1, table 254).
    pub permits: Option<i64>,
}

/// What all comparisons together found.
#[derive(Default)]
struct Findings {
    /// What a client should know.
    notes: BTreeSet<String>,
    /// Objects that came after a signature, with the number of its revision.
    added: BTreeMap<u32, usize>,
    /// What objects that were replaced later referred to, and that did not exist, with the same.
    missing: BTreeMap<u32, usize>,
    /// Objects that were replaced and may be, as long as nothing else uses them.
    replaced: BTreeMap<u32, Replaced>,
}

/// An object that may be replaced where it is used as this part.
struct Replaced {
    /// Number of the revision.
    position: usize,
    /// None when nothing may use it.
    part: Option<PartRole>,
}

/// Refuses a document whose earlier signatures leave out something of it, or in which something that
/// they cover was replaced. Gives what a client should know although it is no reason to refuse.
///
/// # Errors
/// [`PdfRefusal::Shadowed`], and what the reader refuses.
pub fn check(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
    limits: &PdfLimits,
) -> Result<Vec<String>, PdfRefusal> {
    let signed = coverage(file, form, document)?;
    let Some(last) = signed.last() else { return Ok(Vec::new()) };
    let mut findings = Findings::default();
    if file.is_repaired() {
        let note = "the cross-reference table of the signed PDF is damaged; readers may not accept its \
                    earlier signatures";
        findings.notes.insert(note.to_owned());
    }
    let behind = document.get(last.end..).unwrap_or_default();
    let changed = !behind.iter().all(u8::is_ascii_whitespace);
    if changed {
        findings.notes.insert(format!(
            "the last earlier signature covers the first {} bytes of the PDF; {} bytes were added behind \
             it, which readers may show as a change",
            last.end,
            behind.len()
        ));
    }
    if changed || signed.len() > 1 {
        compare(file, document, &signed, changed, limits, &mut findings)?;
        everywhere(file, &signed, &findings)?;
    }
    Ok(findings.notes.into_iter().collect())
}

/// What the signatures cover, from the first to the last, one for each end.
///
/// # Errors
/// [`PdfRefusal::Shadowed`] for a byte range that leaves out more than the signature's own value, or does
/// not begin with the file.
pub fn coverage(
    file: &PdfFile<'_>,
    form: &Form,
    document: &[u8],
) -> Result<Vec<Coverage>, PdfRefusal> {
    let mut all = Vec::new();
    for (field, signature) in form.signed() {
        let end = gap(file, field, signature, document)?.end;
        let permits = certified(file, signature)?;
        all.push(Coverage { field: field.name.clone(), end, permits });
        if all.len() > MAX_SIGNATURES {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_SIGNATURES });
        }
    }
    all.sort_by_key(|signed| signed.end);
    all.dedup_by_key(|signed| signed.end);
    Ok(all)
}

/// What one signature leaves out.
pub(super) struct Gap {
    /// Where the hexadecimal digits of its value stand, white space between them.
    pub(super) digits: Range<usize>,
    /// How many bytes of the file its byte range spans.
    pub(super) end: usize,
}

/// # Errors
/// As [`coverage`].
pub(super) fn gap(
    file: &PdfFile<'_>,
    field: &Field,
    signature: &Dictionary,
    document: &[u8],
) -> Result<Gap, PdfRefusal> {
    let shadowed = |what: &str| -> PdfRefusal {
        PdfRefusal::Shadowed { what: format!("the signature in '{}' {what}", field.name) }
    };
    let mut range = Vec::new();
    for item in file.array(signature, "ByteRange")?.unwrap_or_default() {
        let number = file.resolve(&item)?.as_integer();
        range.push(number.and_then(|number| usize::try_from(number).ok()));
    }
    let [Some(start), Some(first), Some(second), Some(rest)] = range.as_slice() else {
        return Err(shadowed("has a byte range of other than four numbers"));
    };
    let end = second.checked_add(*rest).filter(|end| *end <= document.len());
    let (Some(end), 0) = (end, *start) else {
        return Err(shadowed(
            "has a byte range that does not begin with the file or ends behind it",
        ));
    };
    // Between the two ranges there is one hexadecimal string and nothing else.
    let gap = document.get(*first..*second).unwrap_or_default();
    let inside = gap.strip_prefix(b"<").and_then(|gap| gap.strip_suffix(b">"));
    if !inside.is_some_and(|hex| {
        hex.iter().all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace())
    }) {
        return Err(shadowed("leaves out more of the file than its value"));
    }
    Ok(Gap { digits: first + 1..second - 1, end })
}

/// Compares each signed revision with the next one, and the last one with the file as it is.
fn compare(
    file: &PdfFile<'_>,
    document: &[u8],
    signed: &[Coverage],
    changed: bool,
    limits: &PdfLimits,
    findings: &mut Findings,
) -> Result<(), PdfRefusal> {
    // All revisions together may cost what one file may.
    let share = signed.len().max(1);
    let limits = PdfLimits {
        steps: limits.steps / u64::try_from(share).unwrap_or(u64::MAX),
        unpacked: limits.unpacked / share,
        ..limits.clone()
    };
    let comparisons = signed.len() - usize::from(!changed);
    let mut entries = 0;
    let mut older: Option<PdfFile<'_>> = None;
    for (position, signature) in signed.iter().enumerate().take(comparisons) {
        let revision = match older.take() {
            Some(revision) => revision,
            None => open(document, signature, &limits, findings)?,
        };
        let next = match signed.get(position + 1) {
            Some(next) if position + 1 < comparisons => {
                Some(open(document, next, &limits, findings)?)
            }
            _ => None,
        };
        let newer = next.as_ref().unwrap_or(file);
        let roles = Roles::read(&revision)?;
        let forbids =
            signed.iter().take(position + 1).find(|one| one.permits.is_some_and(|it| it < 3));
        let comparison = RevisionPair {
            older: &revision,
            newer,
            meaning: Meaning::new(&revision, newer),
            roles: &roles,
            signature: &signature.field,
            certification: forbids.map(|one| one.field.as_str()),
            position,
        };
        entries += comparison.judge(findings)?;
        if entries > MAX_ENTRIES {
            return Err(PdfRefusal::TooManyObjects { limit: MAX_ENTRIES });
        }
        older = next;
    }
    Ok(())
}

/// The revision that a signature covers. What cannot be opened is no revision, and nobody can say
/// what its signer saw.
fn open<'a>(
    document: &'a [u8],
    signed: &Coverage,
    limits: &PdfLimits,
    findings: &mut Findings,
) -> Result<PdfFile<'a>, PdfRefusal> {
    let bytes = document.get(..signed.end).unwrap_or_default();
    let revision = PdfFile::open(bytes, limits).map_err(|refusal| match refusal {
        PdfRefusal::Damaged { .. } | PdfRefusal::Truncated { .. } => PdfRefusal::Shadowed {
            what: format!("the signature in '{}' does not cover a whole revision", signed.field),
        },
        other => other,
    })?;
    if revision.is_repaired() {
        findings.notes.insert(format!(
            "the cross-reference table of the PDF that the signature in '{}' covers is damaged; readers \
             may not accept that signature",
            signed.field
        ));
    }
    Ok(revision)
}

/// Looks at every reference of the file as it is: none of a signed revision may lead to what came
/// later, and what was replaced is used only where it may change.
fn everywhere(
    file: &PdfFile<'_>,
    signed: &[Coverage],
    findings: &Findings,
) -> Result<(), PdfRefusal> {
    let shadowed = |number: u32, position: usize, what: &str| {
        let field = signed.get(position).map_or("", |signed| signed.field.as_str());
        let what = format!("object {number} {what} after the signature in '{field}'");
        Err(PdfRefusal::Shadowed { what })
    };
    let lost = |number: u32, since: usize| match findings.added.get(&number) {
        Some(added) if *added >= since => Some(*added),
        _ => None,
    };
    for (number, since) in &findings.missing {
        if let Some(added) = lost(*number, *since) {
            return shadowed(*number, added, "was referred to before and made");
        }
    }
    let roles = Roles::read(file)?;
    let mut unreadable = BTreeMap::new();
    for (number, place) in file.positions() {
        let offset = place.offset.unwrap_or(usize::MAX);
        let since = signed.partition_point(|signed| signed.end <= offset);
        let object = match file.head(place.reference) {
            Err(refusal @ PdfRefusal::Damaged { .. }) => {
                unreadable.insert(number, refusal);
                continue;
            }
            other => other?,
        };
        for target in references(&object) {
            if let Some(added) = lost(target.number, since) {
                return shadowed(target.number, added, "was referred to before and made");
            }
        }
        let (object, mut holder) = roles.uses(number, object);
        // A list that is no longer in use; its own uses are looked at too.
        let stream = object.as_dictionary().is_some_and(|it| it.get("Length").is_some());
        if holder.is_none() && !stream {
            holder = findings.replaced.get(&number).and_then(|replaced| replaced.part);
        }
        for target in references(&object) {
            let Some(replaced) = findings.replaced.get(&target.number) else { continue };
            let allowed = holder.zip(replaced.part).is_some_and(|(one, other)| one.may_use(other));
            if !allowed {
                let what = "is used elsewhere too and was replaced";
                return shadowed(target.number, replaced.position, what);
            }
        }
    }
    if unreadable.is_empty() { Ok(()) } else { unused(file, &unreadable) }
}

/// Refuses objects that cannot be read, unless nothing refers to them: nobody can say what is in the others.
fn unused(file: &PdfFile<'_>, unreadable: &BTreeMap<u32, PdfRefusal>) -> Result<(), PdfRefusal> {
    let check = |object: &Object| {
        let used = references(object).into_iter().find_map(|it| unreadable.get(&it.number));
        used.map_or(Ok(()), |refusal| Err(refusal.clone()))
    };
    check(&Object::Dictionary(file.trailer().clone()))?;
    for (number, place) in file.positions() {
        if !unreadable.contains_key(&number) {
            check(&file.head(place.reference)?)?;
        }
    }
    Ok(())
}

/// All references within an object. The reader limits how deep it is.
fn references(object: &Object) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut ahead = vec![object];
    while let Some(next) = ahead.pop() {
        match next {
            Object::Reference(reference) => found.push(*reference),
            Object::Array(items) => ahead.extend(items),
            Object::Dictionary(dictionary) => ahead.extend(dictionary.iter().map(|it| it.1)),
            _ => {}
        }
    }
    found
}
