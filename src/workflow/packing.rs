//! Files that are to be sealed in one container, packed into a ZIP before the request is recorded, of which the
//! engine makes the container. The same files in the same order always give the same octets.

use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::seal::{MAX_CONTAINER_FILES, Packer, check_file_names};

/// Most files of one container.
pub const MOST_FILES: usize = MAX_CONTAINER_FILES;

/// Octets that one file takes beside its content and twice its name.
const AROUND: usize = 100;

/// A ZIP being packed.
pub struct FilePacker {
    packer: Packer,
    total: usize,
    limit: usize,
}

impl FilePacker {
    /// A ZIP of so many octets at most, of files with these names, which are paths in the container.
    ///
    /// # Errors
    /// The first name that a file of a container cannot have, by its number from 0.
    pub fn new(names: &[&str], limit: usize) -> Result<Self, (usize, CmsRefusal)> {
        check_file_names(names)?;
        Ok(Self { packer: Packer::timeless(0), total: 0, limit })
    }

    /// Octets that the content of a file of this name may have yet.
    #[must_use]
    pub const fn left(&self, name: &str) -> usize {
        self.limit.saturating_sub(self.total.saturating_add(AROUND + 2 * name.len()))
    }

    /// That a file of so many octets is too much.
    #[must_use]
    pub const fn too_large(&self, size: usize) -> Refusal {
        Refusal::DocumentTooLarge { size: self.total.saturating_add(size), limit: self.limit }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// [`Refusal::DocumentTooLarge`].
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<(), Refusal> {
        if content.len() > self.left(name) {
            return Err(self.too_large(content.len()));
        }
        self.total += AROUND + 2 * name.len() + content.len();
        self.packer.store(name, content);
        Ok(())
    }

    /// The ZIP.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.packer.finish()
    }
}
