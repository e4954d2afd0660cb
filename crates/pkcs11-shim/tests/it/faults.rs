//! The module as tests use it: loaded from a copy, over a real one, with faults that come and go.

use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

/// Where Debian and others put it.
const REAL: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

struct Shim {
    folder: tempfile::TempDir,
    real: &'static str,
}

impl Shim {
    fn new() -> Self {
        let real = REAL.into_iter().find(|path| Path::new(path).exists());
        let real = real.expect("SoftHSM2 is missing: apt-get install softhsm2 (make test does it)");
        let shim = Self { folder: tempfile::tempdir().unwrap(), real };
        let built = std::env::current_exe().unwrap().with_file_name("libpkcs11_shim.so");
        std::fs::copy(built, shim.path("so")).unwrap();
        shim.say("");
        shim
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.folder.path().join("shim").with_extension(kind)
    }

    fn say(&self, rules: &str) {
        let fresh = self.path("fresh");
        std::fs::write(&fresh, format!("module {}\n{rules}\n", self.real)).unwrap();
        std::fs::rename(fresh, self.path("control")).unwrap();
    }
}

fn answer<T>(result: Result<T, Error>) -> Option<RvError> {
    match result {
        Ok(_) => None,
        Err(Error::Pkcs11(code, _)) => Some(code),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn faults_come_and_go_as_the_file_says() {
    let shim = Shim::new();
    let module = Pkcs11::new(shim.path("so")).unwrap();
    let begin = || module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    shim.say("C_Initialize error CKR_DEVICE_ERROR times 1");
    assert_eq!(answer(begin()), Some(RvError::DeviceError));
    assert_eq!(answer(begin()), None, "once only");
    assert!(module.get_library_info().unwrap().manufacturer_id().contains("SoftHSM"));

    let slots = module.get_all_slots().unwrap().len();
    assert!(slots > 0);
    shim.say("C_GetSlotList wrong until C_GetInfo");
    assert_eq!(module.get_all_slots().unwrap().len(), 0);
    module.get_library_info().unwrap();
    assert_eq!(module.get_all_slots().unwrap().len(), slots);
    shim.say("C_GetSlotList error 0x30\nC_GetInfo nonsense");
    assert_eq!(answer(module.get_all_slots()), Some(RvError::DeviceError));
    assert_eq!(
        answer(module.get_library_info()),
        Some(RvError::GeneralError),
        "told, not passed over"
    );

    shim.say("C_GetInfo error CKR_DEVICE_ERROR after 2 times 1");
    let answers: Vec<_> = (0..4).map(|_| answer(module.get_library_info())).collect();
    assert_eq!(answers, [None, None, Some(RvError::DeviceError), None]);
    shim.say("C_GetInfo error CKR_DEVICE_ERROR over 00\nC_GetInfo error 0x5 unless 00");
    assert_eq!(answer(module.get_library_info()), Some(RvError::GeneralError), "over nothing");

    shim.say("C_GetInfo hang");
    let (module, hung) = (module.clone(), module);
    let call = std::thread::spawn(move || hung.get_library_info().is_ok());
    assert_eq!(module.get_all_slots().unwrap().len(), slots, "others go on");
    assert!(!call.is_finished());
    shim.say("C_GetInfo delay 1");
    assert!(call.join().unwrap());

    module.finalize().unwrap();
    let journal = std::fs::read_to_string(shim.path("journal")).unwrap();
    assert_eq!(journal, "C_Initialize -\nC_Initialize -\nC_Finalize -\n");
}
