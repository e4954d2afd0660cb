//! The one test binary.

// `cfg(test)` is always set here; saying so gives clippy's allowances for tests to helpers too
#[cfg(test)]
mod alarms;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod cms;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod http;
#[cfg(test)]
mod jose;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod pades;
#[cfg(test)]
mod pdf;
#[cfg(test)]
mod pdfs;
#[cfg(test)]
mod pki;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod seal;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod webhooks;
