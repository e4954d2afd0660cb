//! Tokens that misbehave as told: SoftHSM behind `crates/pkcs11-shim`, a copy of both for each.

use std::path::{Path, PathBuf};

use super::softhsm::{Token, module};

/// What trial signatures are over: probes make them whenever they like, and they are of no document.
pub(crate) const TRIAL: &[u8] =
    b"Chancery asks whether this key signs. A signature over this text means nothing.";

/// A token behind a module of its own, in which calls fail, wait, hang or answer wrongly by rules that come
/// and go. `crates/pkcs11-shim/src/control.rs` has their language.
pub(crate) struct Shim {
    pub(crate) token: Token,
    /// What stands before the rules: where the real module is.
    real: PathBuf,
    folder: tempfile::TempDir,
}

impl Shim {
    /// A module without faults, and a token in it.
    pub(crate) fn new(purpose: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Of its own too: the end of one is not the end of the others'.
        let real = folder.path().join("real.so");
        std::fs::copy(module(), &real).unwrap();
        let module = folder.path().join("shim.so");
        std::fs::copy(built(), &module).unwrap();
        write_rules(folder.path(), &real, "");
        let token = Token::in_module(&module, purpose);
        Self { token, real, folder }
    }

    /// Where the module is.
    pub(crate) fn module(&self) -> PathBuf {
        self.folder.path().join("shim.so")
    }

    /// Says what goes wrong from now on, one rule a line; what went wrong before does no longer.
    pub(crate) fn say(&self, rules: &str) {
        write_rules(self.folder.path(), &self.real, rules);
    }

    /// What was written down of a function (`C_Sign`, `C_Login`, `C_Initialize`, `C_Finalize`), in the order
    /// of the calls: what each was over, in hexadecimal.
    pub(crate) fn calls(&self, function: &str) -> Vec<String> {
        let journal = std::fs::read_to_string(self.folder.path().join("shim.journal"));
        let journal = journal.unwrap_or_default();
        let lines = journal.lines().filter_map(|line| line.split_once(' '));
        let lines = lines.filter(|(name, _)| *name == function);
        lines.map(|(_, over)| over.to_owned()).collect()
    }
}

fn write_rules(folder: &Path, real: &Path, rules: &str) {
    let fresh = folder.join("fresh");
    std::fs::write(&fresh, format!("module {}\n{rules}\n", real.display())).unwrap();
    std::fs::rename(fresh, folder.join("shim.control")).unwrap();
}

/// The library, which is built with the tests and lies beside them.
fn built() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("libpkcs11_shim.so");
    assert!(path.exists(), "{} is missing: build tests with --workspace", path.display());
    path
}
