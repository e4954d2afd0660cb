//! The files of a container that somebody signed, unpacked for whoever verifies it: read as strictly as a ZIP
//! that is to be sealed, but for the names that belong to the container. Beyond that, nothing may stand between
//! files: programs that read from the front and not by the directory would find files there that nobody signed.

use std::borrow::Cow;
use std::ops::Range;

use super::MAX_UNPACKED;
use super::archive::{self, MAX_RATIO, ZipEntry, ZipRecord, malformed};
use super::pack::PackMethod;
use crate::domain::refusal::CmsRefusal;
use crate::seal::Patience;

/// Octets that a container may unpack to beyond [`MAX_RATIO`] times its size, all of which are kept. They are more than
/// those of a ZIP that is to be sealed: what seals and validation data add has to fit too.
const FREE_UNPACKED: usize = 56 << 20;

/// An extra field that gives a file another name for some readers (Info-ZIP Unicode Path).
const UNICODE_PATH: u16 = 0x7075;

/// One file of a container.
#[derive(Clone, Debug)]
pub struct UnpackedFile<'z> {
    /// Its name, which no other file has, whatever its case.
    pub name: String,
    /// Its content; borrowed where it stands in the container as it is.
    pub octets: Cow<'z, [u8]>,
    /// Where it stands in the container, packed or not.
    pub packed: Range<usize>,
    /// Whether it begins the container, unpacked and without extra fields (EN 319 162-1, A.1).
    pub leads: bool,
}

/// Unpacks every file of a container, in its order.
///
/// # Errors
/// [`CmsRefusal`].
pub fn unpack<'z>(zip: &'z [u8], patience: &Patience) -> Result<Vec<UnpackedFile<'z>>, CmsRefusal> {
    let entries = archive::entries(zip)?;
    archive::check_names_inside(entries.iter().map(|entry| entry.name.as_str()))?;
    check_whole(zip, &entries)?;
    let files: Vec<&ZipEntry> = entries.iter().filter(|entry| !entry.name.ends_with('/')).collect();
    let limit = zip.len().saturating_mul(MAX_RATIO).saturating_add(FREE_UNPACKED).min(MAX_UNPACKED);
    let total: u64 = files.iter().map(|entry| u64::from(entry.length)).sum();
    if usize::try_from(total).map_or(true, |total| total > limit) {
        return Err(CmsRefusal::ContainerTooLarge { limit });
    }
    let file = |entry: &ZipEntry| {
        patience.check()?;
        let packed = zip.get(entry.packed.clone()).unwrap_or_default();
        let stored = entry.method == PackMethod::Stored;
        // Its length is within the limit; a vector that grows would be copied, and is counted twice meanwhile.
        let length = usize::try_from(entry.length).unwrap_or(usize::MAX);
        let mut unpacked = Vec::with_capacity(if stored { 0 } else { length });
        let crc32 = archive::unpack(packed, entry, patience, &mut |step| {
            if !stored {
                unpacked.extend_from_slice(step);
            }
        })?;
        if crc32 != entry.crc32 {
            return Err(archive::not_its_checksum(entry));
        }
        let [extra, _] = &entry.extras;
        let leads = entry.whole.start == 0 && stored && extra.is_empty();
        let octets = if stored { Cow::Borrowed(packed) } else { Cow::Owned(unpacked) };
        Ok(UnpackedFile { name: entry.name.clone(), octets, packed: entry.packed.clone(), leads })
    };
    files.into_iter().map(file).collect()
}

/// Refuses a ZIP that has anything beside its files, their sizes and its directory, or another name of a file.
fn check_whole(zip: &[u8], entries: &[ZipEntry]) -> Result<(), CmsRefusal> {
    let mut places: Vec<&ZipEntry> = entries.iter().collect();
    places.sort_unstable_by_key(|entry| entry.whole.start);
    let mut next = 0;
    for entry in places {
        if entry.whole.start != next {
            return Err(malformed(&format!(
                "bytes that belong to no file precede '{}'",
                entry.name
            )));
        }
        for extra in &entry.extras {
            check_extra(zip.get(extra.clone()).unwrap_or_default(), entry)?;
        }
        next = entry.whole.end;
        if entry.sizes_follow {
            // where a stored file ends, only its sizes say
            if entry.method == PackMethod::Stored && !entry.sizes_lead {
                return Err(malformed(&format!("'{}' does not say where it ends", entry.name)));
            }
            next = behind_sizes(zip, entry)
                .ok_or_else(|| malformed(&format!("'{}' is described in two ways", entry.name)))?;
        }
    }
    let (end, directory) = archive::directory_end(zip)?;
    if directory.offset(16) != next {
        return Err(malformed("bytes that belong to no file precede its directory"));
    }
    let comment = zip.get(end + archive::DIRECTORY_END..).unwrap_or_default();
    if comment.windows(4).any(|window| window.starts_with(b"PK") && is_record(window)) {
        return Err(malformed("its comment looks like another directory"));
    }
    Ok(())
}

fn is_record(window: &[u8]) -> bool {
    window.iter().skip(2).all(|octet| *octet < 9)
}

/// Where the sizes behind a file end (APPNOTE, 4.3.9), when they are those of the directory.
fn behind_sizes(zip: &[u8], entry: &ZipEntry) -> Option<usize> {
    let at = entry.whole.end;
    let marked = zip.get(at..)?.starts_with(b"PK\x07\x08");
    let sizes = zip.get(at..at + if marked { 16 } else { 12 })?;
    let fields = sizes.get(if marked { 4 } else { 0 }..)?;
    let packed = u32::try_from(entry.packed.len()).ok()?;
    let expected: Vec<u8> =
        [entry.crc32, packed, entry.length].iter().flat_map(|field| field.to_le_bytes()).collect();
    (fields == expected).then(|| at + sizes.len())
}

fn check_extra(mut extra: &[u8], entry: &ZipEntry) -> Result<(), CmsRefusal> {
    while let Some(field) = ZipRecord::read(extra, 0, 4, b"") {
        let length = 4 + usize::from(field.short(2));
        let content = extra.get(..length);
        let another = field.short(0) == UNICODE_PATH
            // version and checksum stand before the name
            && content.and_then(|content| content.get(9..)) != Some(entry.name.as_bytes());
        if content.is_none() || another {
            return Err(malformed(&format!("'{}' is described in two ways", entry.name)));
        }
        extra = extra.get(length..).unwrap_or_default();
    }
    if extra.is_empty() { Ok(()) } else { Err(malformed("an extra field is cut off")) }
}
