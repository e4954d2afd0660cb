//! What pkcs11-spy wrote down: the data of every `C_Sign`.

use std::collections::BTreeSet;

use chancery::pki::digest::sha256;

use crate::support::shim::TRIAL;

/// The digests that the token was asked to sign for documents, from the log of pkcs11-spy: the last 32
/// bytes of the data of each call (a DigestInfo for RSA, the digest itself for ECDSA), but for trials.
pub(super) fn digests(log: &str) -> BTreeSet<Vec<u8>> {
    calls(log)
        .into_iter()
        .map(|data| {
            assert!(data.len() >= 32, "C_Sign with {} bytes", data.len());
            data[data.len() - 32..].to_vec()
        })
        .filter(|digest| digest.as_slice() != sha256(TRIAL).as_slice())
        .collect()
}

/// The data of each C_Sign that begins in the log, as far as it is there.
fn calls(log: &str) -> Vec<Vec<u8>> {
    let mut calls = Vec::new();
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        if !line.trim_end().ends_with(": C_Sign") {
            continue;
        }
        let length = lines
            .by_ref()
            .find(|line| line.contains("pData[ulDataLen]"))
            .and_then(|line| line.rsplit('/').next()?.trim().parse::<usize>().ok());
        let Some(length) = length else { continue };
        let mut data = Vec::with_capacity(length);
        while data.len() < length {
            let Some(row) = lines.next() else { break };
            // "    00000000  30 31 30 0D ...  010.": an offset, up to 16 bytes, their letters
            let bytes = row.split_whitespace().skip(1).take((length - data.len()).min(16));
            let before = data.len();
            data.extend(bytes.map_while(|byte| u8::from_str_radix(byte, 16).ok()));
            if data.len() == before {
                break;
            }
        }
        if data.len() == length {
            calls.push(data);
        }
    }
    calls
}
