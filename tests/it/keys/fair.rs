//! A token for which several client services wait.

use std::sync::Arc;
use std::time::Duration;

use chancery::domain::ids::ClientServiceId;
use chancery::domain::text::hex;
use chancery::keys::ToBeSigned;
use chancery::pki::algorithm::KeyKind;
use chancery::pki::digest::sha256;

use super::{messages, self_signed};
use crate::support::client::PATIENCE;
use crate::support::shim::Shim;

/// Many chunks of one client service are before the token when another's single document comes: it waits for a few
/// of them, not for all.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_one_document_does_not_wait_for_the_many_of_another() {
    let shim = Shim::new("fair");
    let keyring = Arc::new(shim.token.keyring_with(|settings| settings.sessions = 1));
    let key = self_signed(&keyring, "hsm", "fair", KeyKind::P256).await;
    shim.say("C_Sign delay 20");
    let begun = shim.calls("C_Sign").len();
    let [many, one] = [1, 2].map(ClientServiceId::from_i64);
    let chunks: Vec<_> = (0..4)
        .map(|_| {
            let (keyring, key) = (Arc::clone(&keyring), key.clone());
            tokio::spawn(
                async move { keyring.sign_for(many, &key, messages(KeyKind::P256, 50)).await },
            )
        })
        .collect();
    let signs = tokio::time::timeout(PATIENCE, async {
        while shim.calls("C_Sign").len() < begun + 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    signs.await.unwrap();
    let before = shim.calls("C_Sign").len();
    let single = b"the only one".as_slice();
    let item = ToBeSigned::new(KeyKind::P256.default_signature(), single);
    keyring.sign_for(one, &key, vec![item]).await.remove(0).unwrap();
    let calls = shim.calls("C_Sign");
    let digest = hex(&sha256(single));
    let place = calls.iter().position(|it| *it == digest).unwrap();
    println!("{} signatures of the other came before it", place - before);
    // One, if nothing else kept this test from asking.
    assert!(place - before < 40, "it waited for {}", place - before);
    chunks.iter().for_each(tokio::task::JoinHandle::abort);
}
