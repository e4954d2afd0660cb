//! Trusted lists on disk: copied there by people, or kept there as they were fetched.

use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Octets of one file at most.
pub(super) const MAX_FILE: u64 = 24 << 20;

/// Files of one folder at most, and their octets together.
const MAX_FILES: usize = 300;
const MAX_TOGETHER: u64 = 256 << 20;

/// Why lists on disk cannot be read.
#[derive(Debug, Error)]
pub enum ListsOnDiskFault {
    #[error("{place} cannot be read")]
    Unreadable {
        place: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{0} is too large: a file may have 24 MiB, all together 256 MiB")]
    TooLarge(String),
    #[error("{0} has more than 300 files")]
    TooMany(String),
}

/// The lists at some places, a file or a folder each: of a folder its files that end in `.xml`. Names come without
/// folders, in order.
///
/// # Errors
/// [`ListsOnDiskFault`].
pub fn read(places: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, ListsOnDiskFault> {
    let mut files: Vec<PathBuf> = Vec::new();
    for place in places {
        if !place.is_dir() {
            files.push(place.clone());
            continue;
        }
        let entries = std::fs::read_dir(place).map_err(|source| unreadable(place, source))?;
        let mut inside = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| unreadable(place, source))?.path();
            let is_list = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("xml"));
            if is_list && path.is_file() {
                inside.push(path);
            }
            if inside.len() > MAX_FILES {
                return Err(ListsOnDiskFault::TooMany(place.display().to_string()));
            }
        }
        inside.sort();
        files.extend(inside);
    }
    let mut lists = Vec::new();
    let mut left = MAX_TOGETHER;
    for file in files {
        let mut octets = Vec::new();
        let most = MAX_FILE.min(left);
        File::open(&file)
            .and_then(|opened| opened.take(most + 1).read_to_end(&mut octets))
            .map_err(|source| unreadable(&file, source))?;
        let length = octets.len() as u64;
        if length > most {
            return Err(ListsOnDiskFault::TooLarge(file.display().to_string()));
        }
        left -= length;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        lists.push((name, octets));
    }
    Ok(lists)
}

/// Keeps a list in a folder, in place of the one of that name: whoever reads meanwhile reads one or the other, whole.
///
/// # Errors
/// Why it cannot be written.
pub fn keep(folder: &Path, name: &str, octets: &[u8]) -> std::io::Result<()> {
    // Another process, or a command, may keep the same list at the same time.
    let number = RandomState::new().build_hasher().finish();
    let unfinished = folder.join(format!("{name}.{number:016x}.new"));
    let write = || {
        let mut file = File::create_new(&unfinished)?;
        file.write_all(octets)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, folder.join(name))
    };
    write().inspect_err(|_| {
        // What is left of it is of no use; why it is is told.
        let _ = std::fs::remove_file(&unfinished);
    })
}

fn unreadable(place: &Path, source: std::io::Error) -> ListsOnDiskFault {
    ListsOnDiskFault::Unreadable { place: place.display().to_string(), source }
}
