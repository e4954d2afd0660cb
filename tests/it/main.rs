//! The one test binary.

// `cfg(test)` is always set here; saying so gives clippy's allowances for tests to helpers too
#[cfg(test)]
mod alarms;
#[cfg(test)]
mod app;
#[cfg(test)]
mod backoffice;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod config;
#[cfg(test)]
mod contents;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod docs_check;
#[cfg(test)]
mod drafts;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod http;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lasting;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod lint;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod pieces;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod secret;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod timestamps;
#[cfg(test)]
mod webhooks;
