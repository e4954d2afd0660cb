//! English.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Month",
    day: "Day",
    company: "Company",
    mails_sent: "Mails sent",
    mails_failed: "Mails given up",
    all: "All",
    nothing: "Nothing was done in this month.",
    counted_text: "Counted when it ended, by days in UTC.",
    month_wrong: "This is no month. One looks like 2026-11.",
    by_day: "Day by day",
    by_month: "Month by month",
    chart: "Bars: documents sealed, and on top of them those not sealed. The highest is {most}. The table says the same.",
};
