//! Keys and certificates of one run, sealing in one line, and the foreign judges.

pub(crate) use chancery_testing::judges::shared;
pub(crate) use chancery_testing::sealing::*;
