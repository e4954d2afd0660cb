//! The door to trusted lists: those on disk, and those of others over HTTP. What they say and whether it is believed
//! is not known here.

mod config;
mod fetch;
mod folder;

pub use config::Config;
pub use fetch::{ListDoor, ListFetchError};
pub use folder::{ListsOnDiskFault, keep, read};
