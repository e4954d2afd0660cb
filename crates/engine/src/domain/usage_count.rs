//! What was done in some time, counted.

use std::ops::AddAssign;

/// How many, of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCount {
    /// Documents that were sealed, and that were not.
    pub sealed: u64,
    pub unsealed: u64,
    /// Operations with a sealed document, and without one.
    pub executed: u64,
    pub execution_failed: u64,
    /// Mails that were sent, and that were given up.
    pub mails_sent: u64,
    pub mails_failed: u64,
}

impl AddAssign for UsageCount {
    fn add_assign(&mut self, other: Self) {
        self.sealed += other.sealed;
        self.unsealed += other.unsealed;
        self.executed += other.executed;
        self.execution_failed += other.execution_failed;
        self.mails_sent += other.mails_sent;
        self.mails_failed += other.mails_failed;
    }
}
