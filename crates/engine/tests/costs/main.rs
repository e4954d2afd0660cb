//! What documents cost that are made to harm. A binary of its own, as its allocator counts, which others
//! would pay for.

// `cfg(test)` is always set here; saying so gives clippy's allowances for tests to helpers too
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod invalid;
#[cfg(test)]
mod lasting;
#[cfg(test)]
mod settings;

/// Counts what is allocated; what is measured runs in a process of its own.
#[global_allocator]
static MEMORY: chancery_testing::PeakAlloc = chancery_testing::PeakAlloc;
