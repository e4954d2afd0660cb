//! CMS: other algorithms, HMAC, and other contents than what was signed.

use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_testing::changes::Xorshift;
use serde_json::json;

use super::super::cms::sealed;
use super::super::der::{DerInside, DerValue};
use super::super::support::passes;
use super::{ForgedFile, ForgeryKind, hmac, looked_at, one_of};
use crate::seal::support::PKI;

const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;

pub(super) fn kinds() -> Vec<ForgeryKind> {
    vec![algorithms(), hmac_values(), contents()]
}

/// Object identifiers of signatures, digests, MACs and what is none of them.
const ALGORITHMS: [&[u8]; 22] = [
    // sha256WithRSAEncryption, sha1, md5, md2, sha512, none; RSASSA-PSS, rsaEncryption, id-RSAES-OAEP
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x02],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07],
    // ecdsa-with-SHA1, SHA256, SHA512; dsa-with-sha1
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
    &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03],
    // sha1, sha256, sha384, sha512, md5
    &[0x2b, 0x0e, 0x03, 0x02, 0x1a],
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05],
    // hmacWithSHA1, SHA256, SHA512
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x07],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0b],
    // Ed25519; no signature (RFC 5272); something
    &[0x2b, 0x65, 0x70],
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06, 0x02],
    &[0x2a, 0x03, 0x04],
];

/// A seal taken apart.
#[derive(Clone)]
struct OpenedCms(DerValue);

impl OpenedCms {
    fn of(file: &[u8]) -> Self {
        let value = DerValue::read(file).remove(0);
        assert_eq!(value.write(), file, "it is written as it was");
        Self(value)
    }

    fn signed_data(&mut self) -> &mut Vec<DerValue> {
        self.0.inner()[1].inner()[0].inner()
    }

    /// The first signer: version, who, digest, attributes, algorithm, value.
    fn signer(&mut self) -> &mut Vec<DerValue> {
        self.signed_data().last_mut().unwrap().inner()[0].inner()
    }

    fn content(&mut self) -> &mut Vec<u8> {
        let content = &mut self.signed_data()[2].inner()[1].inner()[0].inside;
        let DerInside::Octets(octets) = content else { panic!("the content is one string") };
        octets
    }

    /// What the value is over (RFC 5652, 5.4).
    fn signed_octets(&mut self) -> Vec<u8> {
        let mut attributes = self.signer()[3].clone();
        attributes.tag = 0x31;
        attributes.write()
    }

    fn write(&self) -> Vec<u8> {
        self.0.write()
    }
}

fn seals(content: &str) -> Vec<OpenedCms> {
    let mut all = Vec::new();
    for key in [&PKI.rsa, &PKI.p256] {
        for certificates in ["SIGNER", "CHAIN"] {
            let settings = json!({ "certificates": certificates });
            let file = sealed(content.as_bytes(), key, &settings);
            if certificates == "CHAIN" {
                passes(&file);
            }
            all.push(OpenedCms::of(&file));
        }
    }
    all
}

fn algorithm(random: &mut Xorshift) -> DerValue {
    let mut parts = vec![DerValue::octets(OBJECT, one_of::<&[u8]>(random, &ALGORITHMS))];
    match random.below(4) {
        0 => {}
        1 => parts.push(DerValue::values(SEQUENCE, Vec::new())),
        2 => parts.push(DerValue::octets(0x04, &[0; 20])),
        _ => parts.push(DerValue::octets(0x05, &[])),
    }
    DerValue::values(SEQUENCE, parts)
}

/// Whether an algorithm identifier names the same, whatever its parameters are.
fn names_the_same(one: &DerValue, other: &DerValue) -> bool {
    let name = |value: &DerValue| value.clone().inner().first().cloned();
    name(one) == name(other)
}

/// Sealed by who is trusted, and then said to be made in another way.
fn algorithms() -> ForgeryKind {
    let all = seals("9250.00");
    let make = move |random: &mut Xorshift| {
        let mut file = one_of(random, &all).clone();
        let was = file.signer().clone();
        for _ in 0..=random.below(2) {
            let (place, other) = (*one_of(random, &[2, 4]), algorithm(random));
            file.signer()[place] = other;
        }
        // what is changed back is no forgery
        let is = file.signer();
        let mut changed = [2, 4].iter().any(|&place| !names_the_same(&was[place], &is[place]));
        match random.below(4) {
            // the digest of the content goes with it
            0 => {
                let algorithm =
                    *one_of(random, &[DigestAlgorithm::Sha384, DigestAlgorithm::Sha512]);
                let digest = Digest::of(algorithm, file.content());
                changed |= set_digest(&mut file, digest.value());
            }
            1 => {
                let value: &[u8] = one_of::<&[u8]>(
                    random,
                    &[&[][..], &[0], &[0; 256], &[0x30, 6, 2, 1, 0, 2, 1, 0]],
                );
                file.signer()[5] = DerValue::octets(0x04, value);
                changed = true;
            }
            _ => {}
        }
        // rsaEncryption says of the same value the same (RFC 5754, 3.2)
        let rsa: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
        let named = file.signer()[4].inner()[0].clone();
        (changed && named != DerValue::octets(OBJECT, rsa))
            .then(|| ForgedFile::new(file.write(), "9250.00"))?
    };
    ForgeryKind { name: "other algorithms in CMS", make: Box::new(make), reached: looked_at }
}

/// Puts a digest into the message-digest attribute.
fn set_digest(file: &mut OpenedCms, digest: &[u8]) -> bool {
    let message_digest = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
    for attribute in file.signer()[3].inner() {
        let parts = attribute.inner();
        if parts[0] == DerValue::octets(OBJECT, &message_digest) {
            parts[1].inner()[0] = DerValue::octets(0x04, digest);
            return true;
        }
    }
    false
}

/// Everything right but the value, which is an HMAC over what is signed.
fn hmac_values() -> ForgeryKind {
    let all = seals("9250.00");
    let make = move |random: &mut Xorshift| {
        let mut file = one_of(random, &all).clone();
        let method = *one_of(random, &ALGORITHMS[16..19]);
        let name = DerValue::octets(OBJECT, method);
        let parameters = DerValue::octets(0x05, &[]);
        let bits = *one_of(random, &hmac::BITS);
        // some only cut short, under the algorithm that they had
        if random.below(3) > 0 {
            let length = DerValue::octets(0x02, &u16::try_from(bits).unwrap().to_be_bytes());
            let parameters = if random.below(2) == 0 { parameters } else { length };
            file.signer()[4] = DerValue::values(SEQUENCE, vec![name, parameters]);
        }
        let over = file.signed_octets();
        file.signer()[5] = DerValue::octets(0x04, &hmac::value(&over, bits, random));
        ForgedFile::new(file.write(), "9250.00")
    };
    ForgeryKind { name: "HMAC in CMS", make: Box::new(make), reached: looked_at }
}

/// Another content under a value that was over something else.
fn contents() -> ForgeryKind {
    let all = seals("1250.00");
    let make = move |random: &mut Xorshift| {
        let (mut file, amount) = (one_of(random, &all).clone(), super::wrapped::amount(random));
        match random.below(6) {
            0 => *file.content() = amount.clone().into_bytes(),
            1 => {
                *file.content() = amount.clone().into_bytes();
                set_digest(
                    &mut file,
                    Digest::of(DigestAlgorithm::Sha256, amount.as_bytes()).value(),
                );
            }
            // what was signed, as the content of a signature that has no attributes
            2 => {
                *file.content() = file.signed_octets();
                file.signer().remove(3);
                let name = DerValue::octets(OBJECT, &[0x2a, 0x03, 0x04]);
                let values =
                    DerValue::values(0x31, vec![DerValue::octets(0x04, amount.as_bytes())]);
                let unsigned = DerValue::values(SEQUENCE, vec![name, values]);
                file.signer().push(DerValue::values(0xA1, vec![unsigned]));
            }
            // two contents
            3 => {
                let other = DerValue::octets(0x04, amount.as_bytes());
                let at = random.below(2);
                file.signed_data()[2].inner()[1].inner().insert(at, other);
            }
            // a content in parts, the last of which nobody signed
            4 => {
                let own = DerValue::octets(0x04, &file.content().clone());
                let other = DerValue::octets(0x04, amount.as_bytes());
                let parts = if random.below(2) == 0 { vec![own, other] } else { vec![other, own] };
                file.signed_data()[2].inner()[1].inner()[0] = DerValue::values(0x24, parts);
            }
            // a second signer, who is right but for the content
            _ => {
                let mut signer = one_of(random, &all).clone().signer().clone();
                signer[5] = DerValue::octets(0x04, amount.as_bytes());
                let signers = file.signed_data().last_mut().unwrap().inner();
                let at = random.below(2);
                signers.insert(at, DerValue::values(SEQUENCE, signer));
            }
        }
        ForgedFile::new(file.write(), amount)
    };
    ForgeryKind {
        name: "other contents in CMS",
        make: Box::new(make),
        reached: |report| !report.findings.is_empty() || looked_at(report),
    }
}
