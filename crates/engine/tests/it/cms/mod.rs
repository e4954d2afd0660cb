//! CAdES and ASiC before foreign judges: OpenSSL, xmlsec1, unzip, Python, and a strict DER parser.

pub(crate) mod asic;
mod countersignatures;
mod existing;
mod hostile;
mod signatures;
mod support;
