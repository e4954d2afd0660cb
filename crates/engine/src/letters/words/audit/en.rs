//! English.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "About",
    none: "Nothing like that is in the record.",
    chain: "Chain",
    chain_text: "Each entry carries a hash over what it says and over the entry before it. Verifying goes through all of them.",
    verify: "Verify",
    kept: "Head that was kept elsewhere (SHA-256), if there is one",
    kept_wrong: "A SHA-256 has 64 hexadecimal digits.",
    whole: "The chain is whole.",
    changed: "The chain is broken: entry {place} is not what was chained there.",
    missing: "The chain is broken: entry {place} is missing.",
    inserted: "The chain is broken: the entry with the number {id} was put in beside it.",
    headless: "The chain is broken: what says where it ends is gone.",
    not_kept: "The head that you gave is of no entry: the chain is another one than it was then, or has lost its end.",
    kept_at: "The head that you gave is that of entry {place}.",
    entries: "Entries that fit",
    head: "Head: keep it elsewhere",
};
