//! EU trusted lists (ETSI TS 119 612 V2.3.1): who is trusted because a state says so, and whether a seal or a
//! signature is qualified (TS 119 615 V1.2.1).
//!
//! ```text
//! gather(files, signers) ─► TrustedServices, and what became of every file
//!     read        ─► TrustedList: what one list says, believed by nobody yet
//!     check       ─► its signature, with the certificates that may sign it
//!     lotl        ─► the list of the lists, by its pivots back to a certificate that is trusted
//!     services    ─► where trust begins at a time
//!     qualified   ─► what a service's status and qualifiers make of a certificate
//! ```
//!
//! Nothing is fetched and no clock is asked: files, signers and the time are arguments.

mod check;
mod fault;
mod gather;
mod lotl;
mod parts;
mod qualified;
mod qualifiers;
mod read;
mod services;

pub use fault::ListFault;
pub use gather::{
    GatheredLists, ListFile, ListStanding, ListUse, gather, national, national_pointers,
};
pub use lotl::{MAX_PIVOTS, file_name, follow};
pub use qualified::QualificationFacts;
pub use read::{ListPointer, ListedService, MAX_LIST, ServiceState, TrustedList};
pub use services::TrustedServices;
