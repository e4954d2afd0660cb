//! The language of faults: a file beside the library that tests rewrite while it is loaded.
//!
//! One rule a line; of several for a function the first one that still holds counts:
//!
//! ```text
//! module /usr/lib/softhsm/libsofthsm2.so
//! C_Sign error CKR_DEVICE_ERROR
//! C_Sign delay 200
//! C_Login late 200 CKR_DEVICE_ERROR
//! C_Sign hang
//! C_Sign wrong
//! C_OpenSession error 0x31 times 3
//! C_GetSlotList wrong until C_Finalize
//! C_Sign end after 2 unless 3f0c
//! C_Sign end over 9a01
//! unload hang
//! ```
//!
//! *error*: the module is not asked. *delay*: milliseconds, then the module is asked. *late*: milliseconds,
//! then the error. *hang*: until no rule of the function says so any more, whatever its limits, then the
//! module is asked. *wrong*: the module is asked and the answer falsified: a value of `C_Sign` in one bit,
//! and `C_GetSlotList` shows no slot. *end*: the process is killed. *times*: so often since the file was
//! changed. *until*: as long as that function was not called since the file was changed. *after*: so many
//! calls since the file was changed are let alone first. *over*, *unless*: only calls, no calls over
//! something that ends with these octets; others do not count for *after*. *unload* is no function but what is
//! done when the process unloads the module at its end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cryptoki_sys as ck;
use cryptoki_sys::CK_RV;

/// What goes wrong in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Error(CK_RV),
    Delay(Duration),
    Late(Duration, CK_RV),
    Hang,
    Wrong,
    End,
}

/// The file as last read, and what was called since it was changed.
#[derive(Default)]
pub(crate) struct Control {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    text: String,
    /// How often each line applied, or let a call alone before it did.
    met: HashMap<usize, u64>,
    called: HashMap<String, u64>,
}

impl Control {
    /// The path of the real module.
    pub(crate) fn module(&self, file: &Path) -> Option<PathBuf> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read(file);
        state.text.lines().find_map(|line| line.strip_prefix("module ")).map(PathBuf::from)
    }

    /// Notes a call over something, in hexadecimal; says what goes wrong in it.
    pub(crate) fn fault(&self, file: &Path, function: &str, over: &str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read(file);
        let found = state.rule(function, over);
        *state.called.entry(function.to_owned()).or_default() += 1;
        found
    }

    /// Whether calls of a function that hang hang on.
    pub(crate) fn hangs(&self, file: &Path, function: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read(file);
        state.text.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(function) && words.next() == Some("hang")
        })
    }
}

impl State {
    /// Reads the file anew; what cannot be read (no descriptor is left, say) is as it was.
    fn read(&mut self, file: &Path) {
        if let Ok(text) = std::fs::read_to_string(file)
            && text != self.text
        {
            *self = Self { text, ..Self::default() };
        }
    }

    /// The fault that counts for a call now.
    fn rule(&mut self, function: &str, over: &str) -> Option<Fault> {
        let Self { text, met, called } = self;
        text.lines().enumerate().find_map(|(number, line)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, rest) = words.split_first()?;
            if *name != function {
                return None;
            }
            let (fault, limits) = match rest {
                ["error", code, limits @ ..] => (Fault::Error(error_code(code)), limits),
                ["delay", ms, limits @ ..] => {
                    (Fault::Delay(Duration::from_millis(ms.parse().ok()?)), limits)
                }
                ["late", ms, code, limits @ ..] => {
                    let time = Duration::from_millis(ms.parse().ok()?);
                    (Fault::Late(time, error_code(code)), limits)
                }
                ["hang", limits @ ..] => (Fault::Hang, limits),
                ["wrong", limits @ ..] => (Fault::Wrong, limits),
                ["end", limits @ ..] => (Fault::End, limits),
                _ => (MISTYPED, &[] as &[&str]),
            };
            let (mut first, mut times) = (0, u64::MAX);
            for limit in limits.chunks(2) {
                match limit {
                    ["times", often] => times = often.parse().ok()?,
                    ["until", other] if called.contains_key(*other) => return None,
                    ["over", octets] if !over.ends_with(octets) => return None,
                    ["unless", octets] if over.ends_with(octets) => return None,
                    ["until" | "over" | "unless", _] => {}
                    ["after", often] => first = often.parse().ok()?,
                    _ => return Some(MISTYPED),
                }
            }
            let met = met.entry(number).or_default();
            if met.saturating_sub(first) >= times {
                return None;
            }
            *met += 1;
            (*met > first).then_some(fault)
        })
    }
}

/// A test that is mistyped must not pass.
const MISTYPED: Fault = Fault::Error(ck::CKR_GENERAL_ERROR);

/// A return value by its name or number.
fn error_code(word: &str) -> CK_RV {
    match word {
        "CKR_CRYPTOKI_NOT_INITIALIZED" => ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        "CKR_DEVICE_ERROR" => ck::CKR_DEVICE_ERROR,
        "CKR_DEVICE_REMOVED" => ck::CKR_DEVICE_REMOVED,
        "CKR_FUNCTION_FAILED" => ck::CKR_FUNCTION_FAILED,
        "CKR_HOST_MEMORY" => ck::CKR_HOST_MEMORY,
        "CKR_PIN_INCORRECT" => ck::CKR_PIN_INCORRECT,
        "CKR_SESSION_COUNT" => ck::CKR_SESSION_COUNT,
        "CKR_SESSION_HANDLE_INVALID" => ck::CKR_SESSION_HANDLE_INVALID,
        "CKR_TOKEN_NOT_PRESENT" => ck::CKR_TOKEN_NOT_PRESENT,
        number => CK_RV::from_str_radix(number.trim_start_matches("0x"), 16)
            .unwrap_or(ck::CKR_GENERAL_ERROR),
    }
}
