//! Changes by a generator: whatever still passes says what it said before.

use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::verify::Indication;
use serde_json::json;

use super::support::verdict;
use crate::seal::settings::seal_as;
use crate::seal::support::*;
use crate::seal::tamper::SealMeaning;

/// Changes of each kind to one file.
const CHANGES: usize = 60;

/// The same numbers in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// Where some tag begins or ends, so that what is moved is often well-formed.
fn elements(text: &str, numbers: &mut Numbers) -> std::ops::Range<usize> {
    let starts: Vec<usize> = text
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| !matches!(text.as_bytes().get(at + 1), Some(b'/' | b'!' | b'?')))
        .collect();
    let start = starts[numbers.below(starts.len())];
    let name: String = text[start + 1..].chars().take_while(|it| !" />".contains(*it)).collect();
    let end = text[start..].find(&format!("</{name}>"));
    let end = end.map_or(start + 1, |at| start + at + name.len() + 3);
    start..end
}

fn changed(text: &str, kind: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = numbers.below(bytes.len());
    let (one, other) = (elements(text, numbers), elements(text, numbers));
    match kind {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, b"<>\"' =&#;/!-?aA0"[numbers.below(16)]),
        // an element is gone, is there twice, or stands elsewhere
        3 => {
            bytes.drain(one);
        }
        4 => {
            let copy = text[one].as_bytes().to_vec();
            bytes.splice(other.start..other.start, copy);
        }
        _ => {
            let copy = text[one].as_bytes().to_vec();
            bytes.splice(other, copy);
        }
    }
    bytes
}

#[test]
fn whatever_still_passes_says_the_same() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let by_id = INVOICE.replacen("<Invoice ", "<Invoice Id=\"inv\" ", 1);
    let of_id = json!({ "reference": { "uri": "#inv" } });
    let mut broken = 0;
    for (document, settings) in [(INVOICE, json!({})), (&by_id, of_id)] {
        let sealed = seal_as(document.as_bytes(), &PKI.p256, None, &settings).unwrap();
        let text = String::from_utf8(sealed.into_bytes()).unwrap();
        let before = SealMeaning::of(text.as_bytes(), Canonicalization::EXCLUSIVE).unwrap();
        for change in 0..CHANGES * 6 {
            let file = changed(&text, change % 6, &mut numbers);
            if verdict(&file).0 != Indication::Passed {
                broken += 1;
                continue;
            }
            let after = SealMeaning::of(&file, Canonicalization::EXCLUSIVE);
            let same = after.is_some_and(|after| after.signs_the_same(&before));
            assert!(same, "{}", String::from_utf8_lossy(&file));
        }
    }
    assert!(broken > CHANGES * 6, "only {broken} changes break anything");
}
