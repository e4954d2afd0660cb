//! Certificates as other people make them, read by us and by OpenSSL.

mod answering;
mod asn1_time;
mod building;
mod calendar;
mod envelope;
mod files;
mod folded_name;
mod lists;
mod names;
mod ocsp;
pub(crate) mod parties;
mod parts;
mod paths;
pub(crate) mod pkits;
mod policies;
mod timestamps;
mod tlv;
mod webhook_signature;

use std::path::Path;
use std::process::Command;

use chancery_engine::pki::certificate::Certificate;

/// Runs openssl, demands success and returns what it printed.
fn openssl(arguments: &[&str], folder: &Path) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A self-signed certificate of OpenSSL, left as `c.der` in the folder beside its `key.pem`.
fn certificate(folder: &Path, subject: &str, mask: &str, more: &[&str]) -> Certificate {
    if !folder.join("key.pem").exists() {
        openssl(
            &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"],
            folder,
        );
    }
    let settings = format!("string_mask = MASK:{mask}\ndistinguished_name = dn\n[dn]\n");
    std::fs::write(folder.join("settings"), format!("[req]\n{settings}")).unwrap();
    let request = ["req", "-x509", "-config", "settings", "-utf8", "-key", "key.pem", "-subj"];
    let output = [subject, "-outform", "DER", "-out", "c.der"];
    openssl(&[&request[..], &output, more].concat(), folder);
    Certificate::from_der(&std::fs::read(folder.join("c.der")).unwrap()).unwrap()
}
