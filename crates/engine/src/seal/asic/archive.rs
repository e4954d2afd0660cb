//! Reading a ZIP whose files are to be sealed (PKWARE APPNOTE 6.3), strictly: what two readers could
//! read in two ways must not get a signature. So the directory must end the file, every entry must
//! say the same in both of its headers, no two may overlap or have one name, and nothing may be
//! encrypted, split or ZIP64. Contents are unpacked in small steps, for their digests only.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};
use unicode_normalization::UnicodeNormalization as _;

use super::pack::PackMethod;
use super::{ContainerFile, MAX_ENTRIES, MAX_FILES, MAX_UNPACKED, media_type_of};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::CmsRefusal;
use crate::pki::digest::Hasher;
use crate::seal::Patience;

/// The files of a ZIP may unpack to this many times their packed size, and to this many bytes more.
pub(super) const MAX_RATIO: usize = 40;
pub(super) const FREE_UNPACKED: usize = 48 << 20;
/// Bytes of a name.
const MAX_NAME: usize = 500;

pub(super) const DIRECTORY_END: usize = 22;
const DIRECTORY_ENTRY: usize = 46;
pub(super) const LOCAL_HEADER: usize = 30;

/// Reads the files of a ZIP in their order. Folders are left out: names have them.
///
/// # Errors
/// [`CmsRefusal`].
pub(super) fn read(
    zip: &[u8],
    algorithm: DigestAlgorithm,
    patience: &Patience,
) -> Result<Vec<ContainerFile>, CmsRefusal> {
    let entries = entries(zip)?;
    if entries.len() > MAX_FILES {
        return Err(CmsRefusal::ContainerTooManyFiles { limit: MAX_FILES });
    }
    check_names(entries.iter().map(|entry| entry.name.as_str()))?;
    let files: Vec<&ZipEntry> = entries.iter().filter(|entry| !entry.name.ends_with('/')).collect();
    if files.is_empty() {
        return Err(CmsRefusal::ContainerEmpty);
    }
    // Files are kept as they are packed; what else is in the ZIP is not.
    let packed: usize = files.iter().map(|entry| entry.packed.len()).sum();
    let limit = packed.saturating_mul(MAX_RATIO).saturating_add(FREE_UNPACKED).min(MAX_UNPACKED);
    let total: u64 = files.iter().map(|entry| u64::from(entry.length)).sum();
    if usize::try_from(total).map_or(true, |total| total > limit) || zip.len() > 2 * MAX_UNPACKED {
        return Err(CmsRefusal::ContainerTooLarge { limit });
    }
    let file = |entry: &ZipEntry| {
        patience.check()?;
        let packed = zip.get(entry.packed.clone()).unwrap_or_default();
        let mut hasher = Hasher::new(algorithm);
        let crc32 = unpack(packed, entry, patience, &mut |octets| hasher.update(octets))?;
        if crc32 != entry.crc32 {
            return Err(not_its_checksum(entry));
        }
        let digest = hasher.finish();
        Ok(ContainerFile {
            name: entry.name.clone(),
            media_type: media_type_of(&entry.name).to_owned(),
            digest,
            method: entry.method,
            crc32,
            length: entry.length,
            packed: entry.packed.clone(),
        })
    };
    files.into_iter().map(file).collect()
}

/// Refuses names that lead out of a folder, mean something to readers of containers, or mean the same
/// file on some system.
///
/// # Errors
/// [`CmsRefusal::ContainerSealed`], [`CmsRefusal::ContainerName`],
/// [`CmsRefusal::ContainerNameRepeated`].
pub(super) fn check_names<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), CmsRefusal> {
    let sealed = |name: &str| {
        let name = folded(name);
        let of_container = name.strip_prefix("meta-inf/");
        of_container.is_some_and(|name| {
            name.contains("signature")
                || name.contains("timestamp")
                || name.contains("manifest0")
                || name.starts_with("asicmanifest")
                || name.starts_with("asicarchivemanifest")
        })
    };
    if names.clone().any(sealed) {
        return Err(CmsRefusal::ContainerSealed);
    }
    check(names, fault)
}

/// As [`check_names`], for files whose names are told beside them.
///
/// # Errors
/// The first name that cannot be kept, by its number from 0.
pub(super) fn check_file_names(names: &[&str]) -> Result<(), (usize, CmsRefusal)> {
    let mut folders = BTreeSet::new();
    for (number, name) in names.iter().enumerate() {
        let wrong = |reason| {
            let name = name.chars().take(120).collect();
            (number, CmsRefusal::ContainerName { name, reason })
        };
        if name.ends_with('/') || name.is_empty() {
            return Err(wrong("it is that of a folder"));
        }
        check(std::iter::once(*name), fault).map_err(|refusal| (number, refusal))?;
        let name = folded(name);
        let above = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
        folders.extend(above.map(str::to_owned));
    }
    let mut seen = BTreeSet::new();
    for (number, name) in names.iter().enumerate() {
        let plain = folded(name);
        if folders.contains(&plain) {
            let reason = "it is a file, and another file is in a folder of that name";
            let name = name.chars().take(120).collect();
            return Err((number, CmsRefusal::ContainerName { name, reason }));
        }
        if !seen.insert(plain) {
            let name = (*name).to_owned();
            return Err((number, CmsRefusal::ContainerNameRepeated { name }));
        }
    }
    Ok(())
}

/// As [`check_names`], with the names that belong to the container.
///
/// # Errors
/// As [`check_names`], but for [`CmsRefusal::ContainerSealed`].
pub(super) fn check_names_inside<'a>(
    names: impl Iterator<Item = &'a str>,
) -> Result<(), CmsRefusal> {
    check(names, path_fault)
}

/// Some systems keep names composed, others decomposed; to some, case is nothing.
pub(super) fn folded(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase().nfc().collect()
}

fn check<'a>(
    names: impl Iterator<Item = &'a str>,
    fault: fn(&str) -> Option<&'static str>,
) -> Result<(), CmsRefusal> {
    let mut seen = BTreeMap::new();
    for name in names {
        if let Some(reason) = fault(name) {
            let name = name.chars().take(120).collect();
            return Err(CmsRefusal::ContainerName { name, reason });
        }
        let is_folder = name.ends_with('/');
        if seen.insert(folded(name.trim_end_matches('/')), is_folder).is_some() {
            return Err(CmsRefusal::ContainerNameRepeated { name: name.to_owned() });
        }
    }
    for name in seen.keys() {
        // what is a file is no folder with files in it
        let within = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
        if let Some(file) = within.into_iter().find(|above| seen.get(*above) == Some(&false)) {
            let name = file.chars().take(120).collect();
            let reason = "it is a file, and another file is in a folder of that name";
            return Err(CmsRefusal::ContainerName { name, reason });
        }
    }
    Ok(())
}

/// Why a file that is to be sealed cannot have a name.
fn fault(name: &str) -> Option<&'static str> {
    let folder = name.ends_with('/');
    let path = name.strip_suffix('/').unwrap_or(name);
    if let Some(reason) = path_fault(name) {
        Some(reason)
    } else if path.eq_ignore_ascii_case("mimetype") {
        Some("the container writes its own")
    } else if path.eq_ignore_ascii_case("META-INF") {
        (!folder).then_some("META-INF is a folder of the container")
    } else if path.to_ascii_lowercase().starts_with("meta-inf/") {
        Some("META-INF belongs to the container; leave it out")
    } else {
        None
    }
}

/// Why no file can have a name.
fn path_fault(name: &str) -> Option<&'static str> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let mut segments = path.split('/');
    if name.len() > MAX_NAME {
        Some("it is longer than 500 bytes")
    } else if name.starts_with('/') {
        Some("it is an absolute path")
    } else if segments.any(|segment| matches!(segment, "" | "." | "..")) {
        Some("it has an empty part, '.' or '..'")
    } else if name
        .chars()
        .any(|c| c.is_control() || matches!(c, '\\' | ':' | '\u{FFFD}' | '\u{FFFE}' | '\u{FFFF}'))
    {
        Some("it has a character that not every system can keep")
    } else {
        None
    }
}

/// What the directory says about one file.
pub(super) struct ZipEntry {
    pub(super) name: String,
    pub(super) method: PackMethod,
    pub(super) crc32: u32,
    pub(super) length: u32,
    /// Whether its sizes are told before its bytes.
    pub(super) sizes_lead: bool,
    /// Whether they are told behind them.
    pub(super) sizes_follow: bool,
    /// Extra fields of its local header and of the directory.
    pub(super) extras: [Range<usize>; 2],
    /// From its local header to the end of its packed bytes.
    pub(super) whole: Range<usize>,
    pub(super) packed: Range<usize>,
}

pub(super) fn malformed(reason: &str) -> CmsRefusal {
    CmsRefusal::ContainerMalformed { reason: reason.to_owned() }
}

/// Fixed fields of a record, little-endian.
#[derive(Clone, Copy)]
pub(super) struct ZipRecord<'a>(&'a [u8]);

impl<'a> ZipRecord<'a> {
    pub(super) fn read(zip: &'a [u8], at: usize, length: usize, signature: &[u8]) -> Option<Self> {
        let record = zip.get(at..at.checked_add(length)?)?;
        record.starts_with(signature).then_some(Self(record))
    }

    pub(super) fn short(self, at: usize) -> u16 {
        let octets = self.0.get(at..).and_then(|rest| rest.first_chunk::<2>());
        u16::from_le_bytes(octets.copied().unwrap_or_default())
    }

    pub(super) fn long(self, at: usize) -> u32 {
        let octets = self.0.get(at..).and_then(|rest| rest.first_chunk::<4>());
        u32::from_le_bytes(octets.copied().unwrap_or_default())
    }

    pub(super) fn offset(self, at: usize) -> usize {
        usize::try_from(self.long(at)).unwrap_or(usize::MAX)
    }
}

/// What the directory says about every file.
///
/// # Errors
/// [`CmsRefusal`].
pub(super) fn entries(zip: &[u8]) -> Result<Vec<ZipEntry>, CmsRefusal> {
    let (end, record) = directory_end(zip)?;
    let count = usize::from(record.short(10));
    if count > MAX_ENTRIES {
        return Err(CmsRefusal::ContainerTooManyFiles { limit: MAX_ENTRIES });
    }
    let (start, length) = (record.offset(16), record.offset(12));
    let split = record.short(4) != 0 || record.short(6) != 0 || record.short(8) != record.short(10);
    if split || start.checked_add(length) != Some(end) {
        return Err(malformed(
            "its directory is not where it says, or it is split, ZIP64 or begins with something else",
        ));
    }
    let mut entries = Vec::with_capacity(count);
    let mut next = start;
    for _ in 0..count {
        let (entry, after) = entry(zip, next, start)?;
        next = after;
        entries.push(entry);
    }
    if next != end {
        return Err(malformed("its directory has more than it says"));
    }
    let mut places: Vec<&Range<usize>> = entries.iter().map(|entry| &entry.whole).collect();
    places.sort_unstable_by_key(|place| place.start);
    if places.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start)) {
        return Err(malformed("two of its files share bytes"));
    }
    Ok(entries)
}

/// The last record, which must end the file, and where it stands.
///
/// # Errors
/// [`CmsRefusal::ContainerMalformed`].
pub(super) fn directory_end(zip: &[u8]) -> Result<(usize, ZipRecord<'_>), CmsRefusal> {
    let last = zip.len().checked_sub(DIRECTORY_END);
    let last = last.ok_or_else(|| malformed("it is cut off"))?;
    for at in (last.saturating_sub(usize::from(u16::MAX))..=last).rev() {
        if let Some(record) = ZipRecord::read(zip, at, DIRECTORY_END, b"PK\x05\x06")
            && at + DIRECTORY_END + usize::from(record.short(20)) == zip.len()
        {
            return Ok((at, record));
        }
    }
    Err(malformed("it is cut off, or no ZIP: its directory is missing"))
}

/// One entry, which must say the same in directory and local header; gives where the next begins.
fn entry(zip: &[u8], at: usize, directory: usize) -> Result<(ZipEntry, usize), CmsRefusal> {
    let cut = || malformed("its directory is cut off");
    let record = ZipRecord::read(zip, at, DIRECTORY_ENTRY, b"PK\x01\x02").ok_or_else(cut)?;
    let name_end = at + DIRECTORY_ENTRY + usize::from(record.short(28));
    let after = name_end + usize::from(record.short(30)) + usize::from(record.short(32));
    let raw = zip.get(at + DIRECTORY_ENTRY..name_end).ok_or_else(cut)?;
    let shown: String = String::from_utf8_lossy(raw).chars().take(120).collect();
    let wrong =
        |reason: &'static str| Err(CmsRefusal::ContainerName { name: shown.clone(), reason });
    let Ok(name) = std::str::from_utf8(raw) else {
        return wrong("it is not UTF-8; pack it with a program that writes UTF-8");
    };
    // An archive made on Unix says what kind of file it is; a link is none.
    let unix = record.short(4) >> 8 == 3;
    if unix && record.long(38) >> 28 == 0xA {
        return wrong("it is a link, not a file");
    }
    let flags = record.short(8);
    if flags & 0x2041 != 0 {
        return wrong("it is encrypted");
    }
    let method = match record.short(10) {
        0 => PackMethod::Stored,
        8 => PackMethod::Deflated,
        _ => return wrong("it is packed by another method than deflate"),
    };
    let (crc32, packed_length, length) = (record.long(16), record.offset(20), record.long(24));
    let offset = record.offset(42);
    let header = ZipRecord::read(zip, offset, LOCAL_HEADER, b"PK\x03\x04");
    let header = header.ok_or_else(|| malformed("a file is not where the directory says"))?;
    let local_name_end = offset + LOCAL_HEADER + usize::from(header.short(26));
    let start = local_name_end + usize::from(header.short(28));
    // With this flag the sizes follow after the file, and the directory alone has them here.
    let later = header.short(6) & 8 != 0;
    let same_sizes =
        header.long(14) == crc32 && header.offset(18) == packed_length && header.long(22) == length;
    let same = zip.get(offset + LOCAL_HEADER..local_name_end) == Some(raw)
        && header.short(8) == record.short(10)
        && header.short(6) & 0x2041 == 0
        && (later || same_sizes);
    let end = start.checked_add(packed_length).filter(|end| *end <= directory);
    let Some(end) = end.filter(|_| same) else {
        return Err(malformed(&format!("'{shown}' is described in two ways")));
    };
    if method == PackMethod::Stored && usize::try_from(length) != Ok(packed_length) {
        return Err(malformed(&format!("'{shown}' has two lengths")));
    }
    let name = name.to_owned();
    let directory_extra = name_end..name_end + usize::from(record.short(30));
    let entry = ZipEntry {
        name,
        method,
        crc32,
        length,
        sizes_lead: same_sizes,
        sizes_follow: later,
        extras: [local_name_end..start, directory_extra],
        whole: offset..end,
        packed: start..end,
    };
    Ok((entry, after))
}

/// A file that was changed after it was packed.
pub(super) fn not_its_checksum(entry: &ZipEntry) -> CmsRefusal {
    malformed(&format!("'{}' is not what its checksum says", entry.name))
}

/// Unpacks a file in small steps; gives its checksum.
///
/// # Errors
/// [`CmsRefusal::ContainerMalformed`] for more or less than the directory says; the time.
pub(super) fn unpack(
    packed: &[u8],
    entry: &ZipEntry,
    patience: &Patience,
    each: &mut dyn FnMut(&[u8]),
) -> Result<u32, CmsRefusal> {
    let wrong = |reason: &str| malformed(&format!("'{}' {reason}", entry.name));
    let mut checksum = crc32fast::Hasher::new();
    if entry.method == PackMethod::Stored {
        each(packed);
        checksum.update(packed);
        return Ok(checksum.finalize());
    }
    let mut inflate = Decompress::new(false);
    let mut step = vec![0; 64 << 10];
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let rest = usize::try_from(read).ok().and_then(|read| packed.get(read..));
        let status = inflate
            .decompress(rest.unwrap_or_default(), &mut step, FlushDecompress::None)
            .map_err(|_| wrong("cannot be unpacked"))?;
        patience.check()?;
        let count = usize::try_from(inflate.total_out() - written).unwrap_or_default();
        let octets = step.get(..count).unwrap_or_default();
        if inflate.total_out() > u64::from(entry.length) {
            return Err(wrong("unpacks to more than it says"));
        }
        each(octets);
        checksum.update(octets);
        match status {
            Status::StreamEnd => break,
            _ if count == 0 && inflate.total_in() == read => return Err(wrong("is cut off")),
            Status::Ok | Status::BufError => {}
        }
    }
    let all = usize::try_from(inflate.total_in()) == Ok(packed.len())
        && inflate.total_out() == u64::from(entry.length);
    if all { Ok(checksum.finalize()) } else { Err(wrong("has two lengths")) }
}
