//! The seals that are in a document, as they are told apart when their levels are raised.

/// A seal of a document, each of which has a level for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSeal {
    /// As [`super::WhichSeals::WithValue`] has it.
    pub value: Vec<u8>,
    /// Whether it stands in the one that it signs the value of.
    pub is_countersignature: bool,
    /// Whether an archive timestamp of the one around it covers it: then nothing may be added to it.
    pub is_archived_around: bool,
}
