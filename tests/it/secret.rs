//! Where secrets are read from, and what is said when they are not there.

use std::path::PathBuf;

use chancery::secret::SecretSource;
use secrecy::ExposeSecret as _;

#[test]
fn reads_a_file_without_its_line_end_and_names_only_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pin");
    std::fs::write(&path, "canary 1234\r\n").unwrap();
    let source = SecretSource::File(path.clone());
    let secret = source.read(true).unwrap();
    assert_eq!(secret.expose_secret(), "canary 1234");
    assert!(!format!("{source:?} {secret:?}").contains("canary"));
    std::fs::write(&path, "\n").unwrap();
    let error = source.read(true).unwrap_err().to_string();
    assert!(error.contains("it is empty"), "{error}");
}

#[test]
fn two_places_are_one_too_many() {
    let (file, name) = (PathBuf::from("/a"), "B".to_owned());
    assert!(SecretSource::one_of("pin", Some(&file), Some(&name), None).is_err());
    assert!(SecretSource::one_of("pin", None, None, None).unwrap().is_none());
}

#[test]
fn a_credential_is_not_a_path() {
    let source = SecretSource::Credential("../../etc/shadow".to_owned());
    assert!(source.read(true).unwrap_err().to_string().contains("plain file name"));
}
