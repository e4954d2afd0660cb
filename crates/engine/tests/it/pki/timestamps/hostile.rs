//! Answers that were changed on the way: nothing of a token can differ, and nothing of a reader breaks.

use chancery_engine::pki::timestamp::{MAX_RESPONSE, TimestampToken};
use chancery_testing::cost;

use super::{answer, checked, granting, request, tlv};

#[test]
fn no_changed_octet_changes_what_is_believed() {
    let good = answer(&request());
    let believed = checked(&good).unwrap();
    for at in 0..good.len() {
        for changed in [good[at] ^ 1, good[at] ^ 0x80, 0, 0xFF] {
            let mut response = good.clone();
            response[at] = changed;
            // Octets that nobody signs, such as those of the root, may differ.
            if let Ok(token) = checked(&response) {
                assert_eq!(token.info(), believed.info(), "octet {at}");
                assert_eq!(token.certificate().der(), believed.certificate().der(), "octet {at}");
            }
        }
    }
    for end in 0..good.len() {
        assert!(checked(&good[..end]).is_err(), "{end}");
    }
}

#[test]
fn large_nonsense_costs_little() {
    let room = MAX_RESPONSE - 64;
    let nested = (0..20_000).fold(vec![5, 0], |inner, _| {
        if inner.len() > 60_000 { inner } else { tlv_any(0x30, &inner) }
    });
    for hostile in [
        vec![0x30; room],
        [0x30, 0x80].repeat(room / 2),
        granting(&tlv(0x30, &[&[5, 0].repeat(room / 2)])),
        granting(&tlv(0x30, &[&[0x30, 0].repeat(room / 2)])),
        nested,
    ] {
        cost::at_most(20, "an answer", || {
            assert!(checked(&hostile).is_err());
            assert!(TimestampToken::from_der(&hostile).is_err());
        });
    }
}

/// As [`tlv`], whatever the length.
fn tlv_any(tag: u8, content: &[u8]) -> Vec<u8> {
    if (0x80..=0xFF).contains(&content.len()) {
        let length = u8::try_from(content.len()).unwrap();
        return [&[tag, 0x81, length], content].concat();
    }
    tlv(tag, &[content])
}
