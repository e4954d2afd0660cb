//! What signatures of a document are held against.

use crate::seal::Limits;
use crate::seal::xml::xpath::Budget;

/// What looking at a document may cost, and what lies outside of it.
#[derive(Clone, Copy)]
pub(super) struct XmlGround<'g> {
    pub(super) limits: &'g Limits,
    pub(super) budget: &'g Budget,
    /// What a detached signature signs.
    pub(super) content: Option<&'g [u8]>,
}
