//! Canonical octets that are paid for: what a node-set is written as can be many times as long as the
//! document, where namespaces and attributes are written again at every element.

use super::impossible;
use crate::domain::refusal::Refusal;
use crate::seal::xml::sink::Sink;
use crate::seal::xml::xpath::{Budget, XPathError};

/// A sink that takes steps for what goes through it, and nothing more once there are none.
pub struct Metered<'s, S> {
    sink: &'s mut S,
    budget: &'s Budget,
    unpaid: usize,
    refused: Option<XPathError>,
}

impl<'s, S: Sink> Metered<'s, S> {
    /// Octets that are paid for together.
    const TOGETHER: usize = 4096;

    /// In front of a sink.
    pub const fn new(sink: &'s mut S, budget: &'s Budget) -> Self {
        Self { sink, budget, unpaid: 0, refused: None }
    }

    /// Pays for the rest.
    ///
    /// # Errors
    /// [`Refusal::TransformImpossible`] when the budget did not suffice, [`Refusal::TimeUsedUp`]: the
    /// octets are not all there then.
    pub fn finish(mut self) -> Result<(), Refusal> {
        self.pay();
        self.refused.map_or(Ok(()), |error| Err(too_costly(error)))
    }

    fn pay(&mut self) {
        let unpaid = std::mem::take(&mut self.unpaid);
        if self.refused.is_none() {
            self.refused = self.budget.spend_on_text(unpaid).err();
        }
    }
}

impl<S: Sink> Sink for Metered<'_, S> {
    #[inline]
    fn write(&mut self, octets: &[u8]) {
        self.unpaid += octets.len();
        if self.unpaid >= Self::TOGETHER {
            self.pay();
        }
        if self.refused.is_none() {
            self.sink.write(octets);
        }
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.refused.is_some()
    }
}

/// The refusal of transforms, or of the time that they take.
pub(in crate::seal) fn too_costly(error: XPathError) -> Refusal {
    match error {
        XPathError::TimeUsedUp { limit_ms } => Refusal::TimeUsedUp { limit_ms },
        XPathError::TooExpensive { limit } => {
            impossible(format!("they take more than {limit} steps on this document"))
        }
        XPathError::Invalid { reason } => impossible(reason),
    }
}
