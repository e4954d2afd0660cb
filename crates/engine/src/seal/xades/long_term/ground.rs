//! What signatures of a document are held against.

use crate::seal::Limits;
use crate::seal::xades::existing::Outside;
use crate::seal::xml::xpath::Budget;

/// What looking at a document may cost, and what lies outside of it.
#[derive(Clone, Copy)]
pub(super) struct XmlGround<'g, 'o> {
    pub(super) limits: &'g Limits,
    pub(super) budget: &'g Budget,
    /// What detached signatures sign.
    pub(super) outside: Outside<'o>,
}
