//! The tests of the engine: pure code before foreign judges.

// `cfg(test)` is always set here; saying so gives clippy's allowances for tests to helpers too
#[cfg(test)]
mod cms;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod domain;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod invoice;
#[cfg(test)]
mod jose;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod pades;
#[cfg(test)]
mod pdf;
#[cfg(test)]
mod pdfs;
#[cfg(test)]
mod pki;
#[cfg(test)]
mod seal;
#[cfg(test)]
mod verify;
