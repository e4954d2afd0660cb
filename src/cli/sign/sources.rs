//! What is to be sealed: files, the files of folders, pipes and standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::domain::profile::Format;
use crate::seal::inspect::{Content, inspect};

/// Names standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// How much of a file says what it is.
const HEAD: u64 = 4096;

/// Something to seal.
pub(super) struct SealInput {
    /// As people named it, or where it was found.
    pub(super) file: PathBuf,
    /// Where it lies below the folder that was named, which it keeps below `--output`.
    pub(super) below: PathBuf,
    /// What it is, by its first bytes.
    pub(super) kind: Content,
    /// Content of what can be read only once.
    pub(super) content: Option<Vec<u8>>,
}

impl SealInput {
    pub(super) fn is_standard_input(&self) -> bool {
        self.file == Path::new(STANDARD_INPUT)
    }

    /// What was packed to be one container.
    pub(super) fn packed(container: &Path, zip: Vec<u8>) -> Self {
        once(container, zip)
    }

    /// What it is called in a container: its path below the folder that was named, with slashes.
    pub(super) fn name_within(&self) -> String {
        let name = self.file.file_name().unwrap_or_default();
        let path = self.below.join(name);
        let parts: Vec<_> = path.iter().map(std::ffi::OsStr::to_string_lossy).collect();
        parts.join("/")
    }

    /// The content, read now unless it was before; not much more than `limit`.
    pub(super) fn read(&mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        if let Some(content) = self.content.take() {
            return Ok(content);
        }
        let file = std::fs::File::open(&self.file);
        let read = file.and_then(|file| whole(file, limit));
        Ok(read.map_err(|error| format!("cannot be read: {error}"))?)
    }
}

/// What was named, with the files of folders in its place.
#[derive(Default)]
pub(super) struct SealInputs {
    pub(super) all: Vec<SealInput>,
    /// Files in folders that are not of the kind that is sealed.
    pub(super) passed_over: usize,
}

/// Looks at what was named. Folders are gone through with the folders in them, by name; hidden files
/// and what is a seal already are passed over. With a format a folder gives the files of that format,
/// without one XML and PDF.
pub(super) fn gather(
    named: &[PathBuf],
    format: Option<Format>,
    limit: usize,
) -> Result<SealInputs, Failure> {
    let mut sources = SealInputs::default();
    for file in named {
        if file == Path::new(STANDARD_INPUT) {
            let content = whole(std::io::stdin().lock(), limit)
                .map_err(|error| format!("standard input cannot be read: {error}"))?;
            sources.all.push(once(file, content));
            continue;
        }
        match std::fs::metadata(file) {
            Ok(metadata) if metadata.is_dir() => {
                let before = sources.all.len();
                walk(file, Path::new(""), format, &mut sources)?;
                if sources.all.len() == before {
                    let what = match format {
                        Some(Format::Xades) => "XML files",
                        Some(Format::Pades) => "PDF files",
                        Some(Format::Cades) => "files",
                        None => "XML or PDF files (--format cades takes any)",
                    };
                    return Err(format!("there are no {what} in {}", file.display()).into());
                }
            }
            Ok(metadata) if !metadata.is_file() => {
                let content = std::fs::File::open(file).and_then(|file| whole(file, limit));
                let content = content
                    .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                sources.all.push(once(file, content));
            }
            // One that cannot be read is complained about when its turn comes.
            _ => sources.all.push(of_file(file.clone(), Path::new(""))),
        }
    }
    Ok(sources)
}

fn once(file: &Path, content: Vec<u8>) -> SealInput {
    let kind = inspect(&content);
    SealInput { file: file.to_owned(), below: PathBuf::new(), kind, content: Some(content) }
}

fn of_file(file: PathBuf, below: &Path) -> SealInput {
    let kind = kind(&file);
    SealInput { file, below: below.to_owned(), kind, content: None }
}

fn walk(
    folder: &Path,
    below: &Path,
    format: Option<Format>,
    sources: &mut SealInputs,
) -> Result<(), Failure> {
    let unreadable = |error| format!("{} cannot be read: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_unstable_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder may lead back here.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&path, &below.join(&name), format, sources)?;
        } else if path.is_file() {
            let source = of_file(path, below);
            let wanted = match format {
                _ if is_seal(&source.file) => false,
                Some(Format::Xades) => source.kind == Content::Xml,
                Some(Format::Pades) => source.kind == Content::Pdf,
                Some(Format::Cades) => true,
                None => matches!(source.kind, Content::Xml | Content::Pdf),
            };
            if wanted {
                sources.all.push(source);
            } else {
                sources.passed_over += 1;
            }
        }
    }
    Ok(())
}

/// Whether a file's name says that it is sealed.
pub(super) fn is_sealed(file: &Path) -> bool {
    file.file_stem().unwrap_or_default().to_string_lossy().ends_with(".sealed")
}

/// Whether a file in a folder is a seal, with or without what it seals.
fn is_seal(file: &Path) -> bool {
    let extension = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    is_sealed(file) || matches!(&*extension, "p7m" | "p7s" | "asice")
}

/// What the first bytes of a file say.
fn kind(file: &Path) -> Content {
    let mut head = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.map_or(Content::Other, |_| inspect(&head))
}

/// Everything, but never much more than may be sealed: it is refused for its size then.
fn whole(from: impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}
