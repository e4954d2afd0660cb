//! A PKCS#11 module for tests. It loads a real one, forwards every function of PKCS#11 2.40, and lets
//! calls fail, wait, hang or answer wrongly as a file beside it says (`control.rs` has the language).
//! What keys are asked to sign, logins, and the beginning and end of the module are written down.
//!
//! A copy of the library is a module of its own. Beside `NAME.so` lie `NAME.control`, which tests write,
//! and `NAME.journal`, which they read: one line for each call, the function's name, what it was over in
//! hexadecimal or `-`, written before the call goes on.
//!
//! Unsafe code is what this package is for: a C interface has two sides, and this is the module's. It is
//! in tests only; no other package depends on it.

mod control;
mod forward;

use std::ffi::CStr;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::ptr;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use cryptoki_sys as ck;
use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV};

use control::{Control, Fault};

/// How often a call that hangs looks whether it may go on.
const LOOK: Duration = Duration::from_millis(5);

static CONTROL: LazyLock<Control> = LazyLock::new(Control::default);

/// Opened once: it can be written when no descriptor is left.
static JOURNAL: LazyLock<Option<File>> =
    LazyLock::new(|| File::options().create(true).append(true).open(beside("journal")).ok());

/// Gives the functions of this module.
///
/// # Safety
/// As PKCS#11 2.40, 5.4: the pointer is null or one to where a pointer has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    static LIST: LazyLock<CK_FUNCTION_LIST> = LazyLock::new(forward::functions);
    // SAFETY: the caller promises it.
    let Some(room) = (unsafe { list.as_mut() }) else { return ck::CKR_ARGUMENTS_BAD };
    // It is never written through: the type lacks the word.
    *room = ptr::from_ref(&*LIST).cast_mut();
    ck::CKR_OK
}

/// Runs when the process unloads this module at its end.
#[used]
#[unsafe(link_section = ".fini_array")]
static UNLOAD: extern "C" fn() = unload;

extern "C" fn unload() {
    let _ = before("unload", &[]);
}

/// The functions of the real module, once it could be loaded.
fn real() -> Option<&'static CK_FUNCTION_LIST> {
    static REAL: OnceLock<CK_FUNCTION_LIST> = OnceLock::new();
    if let Some(known) = REAL.get() {
        return Some(known);
    }
    let path = CONTROL.module(&beside("control"))?;
    // SAFETY: tests name a PKCS#11 module, whose initialisers they mean to run.
    let library = unsafe { ck::Pkcs11::new(path) }.ok()?;
    let mut list: *mut CK_FUNCTION_LIST = ptr::null_mut();
    if library.C_GetFunctionList.is_err() {
        return None;
    }
    // SAFETY: the symbol is there, and writes one pointer to where there is room for one.
    if unsafe { library.C_GetFunctionList(&raw mut list) } != ck::CKR_OK {
        return None;
    }
    // SAFETY: PKCS#11 2.40, 5.4: the list is the module's and lives as long as it; null is told.
    let functions = unsafe { list.as_ref() }.copied()?;
    // It stays loaded to the end of the process.
    std::mem::forget(library);
    Some(REAL.get_or_init(|| functions))
}

/// Does what the control file says of a call before the module is asked: `Err` with the answer when it
/// is not asked at all, else whether its answer is to be falsified.
fn before(function: &str, over: &[u8]) -> Result<bool, CK_RV> {
    let control = beside("control");
    let over = hex(over);
    let fault = CONTROL.fault(&control, function, &over);
    if matches!(function, "C_Sign" | "C_Login" | "C_Initialize" | "C_Finalize") {
        write_down(function, &over);
    }
    match fault {
        None => Ok(false),
        Some(Fault::Wrong) => Ok(true),
        Some(Fault::Error(code)) => Err(code),
        Some(Fault::Delay(time)) => {
            std::thread::sleep(time);
            Ok(false)
        }
        Some(Fault::Late(time, code)) => {
            std::thread::sleep(time);
            Err(code)
        }
        Some(Fault::Hang) => {
            while CONTROL.hangs(&control, function) {
                std::thread::sleep(LOOK);
            }
            Ok(false)
        }
        Some(Fault::End) => {
            // SAFETY: takes two numbers. Nothing that the process would do at its end is done.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            Err(ck::CKR_GENERAL_ERROR)
        }
    }
}

fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        let _ = write!(text, "{octet:02x}");
    }
    text
}

fn write_down(function: &str, over: &str) {
    let line = format!("{function} {}\n", if over.is_empty() { "-" } else { over });
    if let Some(mut file) = JOURNAL.as_ref() {
        let _ = file.write_all(line.as_bytes());
    }
}

/// The file of another kind beside this library.
fn beside(kind: &str) -> PathBuf {
    static OWN: LazyLock<PathBuf> = LazyLock::new(|| {
        let mut info = libc::Dl_info {
            dli_fname: ptr::null(),
            dli_fbase: ptr::null_mut(),
            dli_sname: ptr::null(),
            dli_saddr: ptr::null_mut(),
        };
        let here: unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV = C_GetFunctionList;
        // SAFETY: asks for the library that holds this function, with room for the answer.
        let found = unsafe { libc::dladdr(here as *const libc::c_void, &raw mut info) };
        if found == 0 || info.dli_fname.is_null() {
            return PathBuf::new();
        }
        // SAFETY: the loader's own text, which lives as long as the library.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()))
    });
    OWN.with_extension(kind)
}
