//! How fast the token and the door in front of it are. Measures, asserts nothing:
//! `cargo test --release keys::rates -- --ignored --nocapture`.

use std::fmt::Write as _;
use std::time::Instant;

use chancery::keys::{KeyRef, ToBeSigned};
use chancery::pki::algorithm::KeyKind;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};

use super::{RSA_2048, RSA_3072, messages, self_signed};
use crate::support::softhsm::token;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn signatures_per_second() {
    let keyring = token().keyring();
    for (kind, count) in [(RSA_2048, 2000), (RSA_3072, 1000), (KeyKind::P256, 8000)] {
        let label = format!("rate-{}", kind.label());
        let key: KeyRef = self_signed(&keyring, "hsm", &label, kind).await;
        let items = messages(kind, count);
        let raw = bare_session(&label, kind, &items);
        let mut line = format!("{}: 1 bare session {raw:.0}/s", kind.label());
        for sessions in [1, 2, 4] {
            let keyring = token().keyring_with(|it| it.sessions = sessions);
            let begin = Instant::now();
            for batch in items.chunks(500) {
                assert!(keyring.sign(&key, batch.to_vec()).await.iter().all(Result::is_ok));
            }
            let rate = rate(count, begin);
            write!(line, ", {sessions} lanes checked {rate:.0}/s").unwrap();
        }
        println!("{line}");
    }
}

/// One thread, nothing checked: the token's own speed.
fn bare_session(label: &str, kind: KeyKind, items: &[ToBeSigned]) -> f64 {
    let session = token().raw_session();
    let template =
        [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label.as_bytes().to_vec())];
    let key = session.find_objects(&template).unwrap()[0];
    let begin = Instant::now();
    for item in items {
        let (mechanism, input) = match kind {
            KeyKind::Rsa { .. } => (Mechanism::Sha256RsaPkcs, item.message().unwrap()),
            _ => (Mechanism::Ecdsa, item.digest().value()),
        };
        session.sign(&mechanism, key, input).unwrap();
    }
    rate(items.len(), begin)
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn rate(count: usize, begin: Instant) -> f64 {
    count as f64 / begin.elapsed().as_secs_f64()
}
