//! How much work one question may cost that others' certificates pose: paths, policies, names,
//! revocation. Who sends many of them spends it, and gets no answer.

use std::cell::Cell;

/// What checking one signature costs, in steps.
pub(super) const SIGNATURE: usize = 100;

/// Steps that are left, for all who share it.
#[derive(Debug)]
pub struct StepBudget {
    left: Cell<usize>,
}

/// There are none left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent;

impl StepBudget {
    /// So many are left.
    #[must_use]
    pub const fn of(steps: usize) -> Self {
        Self { left: Cell::new(steps) }
    }

    /// Takes so many.
    ///
    /// # Errors
    /// [`Spent`], now and ever after, when fewer are left.
    pub fn spend(&self, steps: usize) -> Result<(), Spent> {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or_default());
        left.map(|_| ()).ok_or(Spent)
    }
}
