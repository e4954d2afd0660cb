//! `C_Sign` for a signing operation that has begun already: the one call of PKCS#11 that we need and
//! `cryptoki` does not offer. A key with `CKA_ALWAYS_AUTHENTICATE` wants its login between `C_SignInit`
//! and `C_Sign` (PKCS#11 2.40, 4.9), while `cryptoki` makes both in one call.
//!
//! The only unsafe code of the project; nothing else belongs here.

use std::path::Path;
use std::ptr;

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, Rv, RvError};
use cryptoki::session::Session;
use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV};
use thiserror::Error;

/// The functions of a module that is loaded.
pub struct Module {
    functions: CK_FUNCTION_LIST,
    /// Keeps the functions where they are.
    _library: cryptoki_sys::Pkcs11,
}

/// Why a module could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No shared library.
    #[error("the shared library cannot be loaded")]
    Library(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A shared library of something else.
    #[error("the shared library has no C_GetFunctionList")]
    NoFunctions,
    /// The module does not give its functions.
    #[error(transparent)]
    Token(TokenError),
}

impl Module {
    /// Loads a module that `cryptoki` has loaded and initialised: the system gives the same library.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        // SAFETY: runs the initialisers of a library that runs in this process already.
        let library = unsafe { cryptoki_sys::Pkcs11::new(path) }
            .map_err(|error| LoadError::Library(error.into()))?;
        if library.C_GetFunctionList.is_err() {
            return Err(LoadError::NoFunctions);
        }
        let mut list: *mut CK_FUNCTION_LIST = ptr::null_mut();
        // SAFETY: the symbol is there, and writes one pointer to where we have room for one.
        let answer = unsafe { library.C_GetFunctionList(&raw mut list) };
        Rv::from(answer).into_result(Function::GetFunctionList).map_err(LoadError::Token)?;
        // SAFETY: PKCS#11 2.40, 5.4: the list is the module's and lives as long as it; null is told.
        let functions = unsafe { list.as_ref() }.copied().ok_or(LoadError::NoFunctions)?;
        Ok(Self { functions, _library: library })
    }

    /// Signs data, single-part, in the operation that was begun in the session, and ends it.
    ///
    /// # Errors
    /// What the module answers; the session must not be used again then.
    pub fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>, TokenError> {
        let c_sign = self.functions.C_Sign.ok_or(TokenError::NullFunctionPointer)?;
        let handle = session.handle();
        let length = data.len().try_into()?;
        let told = |answer: CK_RV| Rv::from(answer).into_result(Function::Sign);
        // The data is not written to; the type lacks the word.
        let data = data.as_ptr().cast_mut();
        let mut room = 0;
        // SAFETY: with no buffer only the length of the value is written (PKCS#11 2.40, 5.2).
        told(unsafe { c_sign(handle, data, length, ptr::null_mut(), &raw mut room) })?;
        let mut value = vec![0_u8; room.try_into()?];
        // SAFETY: the module writes at most `room` bytes, and the buffer has that many.
        told(unsafe { c_sign(handle, data, length, value.as_mut_ptr(), &raw mut room) })?;
        let written: usize = room.try_into()?;
        if written > value.len() {
            return Err(TokenError::Pkcs11(RvError::BufferTooSmall, Function::Sign));
        }
        value.truncate(written);
        Ok(value)
    }
}
