//! Numbers that something refers to and no object has. Such a reference means null (ISO 32000-1, 7.3.10), and it has
//! to go on meaning null when objects are added: none of them may get its number.

use std::collections::BTreeSet;

use memchr::memchr_iter;

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::file::PdfFile;
use crate::seal::pdf::indirect;
use crate::seal::pdf::lexer::{is_regular, is_white};

/// So many numbers are looked for: no update has more objects.
const WINDOW: u32 = 4096;

/// Those of the numbers from `first` on that something in the file refers to.
pub(super) fn named(file: &PdfFile<'_>, first: u32) -> Result<BTreeSet<u32>, PdfRefusal> {
    let window = first..first.saturating_add(WINDOW);
    let mut found = BTreeSet::new();
    file.each_text(|text| {
        for at in memchr_iter(b'R', text) {
            let white = at.checked_sub(1).and_then(|before| text.get(before));
            if white.is_some_and(|before| is_white(*before))
                && !text.get(at + 1).is_some_and(|next| is_regular(*next))
                && let Some((reference, _)) = indirect::named_before(text, at, 0)
                && window.contains(&reference.number)
            {
                found.insert(reference.number);
            }
        }
    })?;
    Ok(found)
}
