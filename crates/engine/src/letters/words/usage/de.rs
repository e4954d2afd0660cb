//! German.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Monat",
    day: "Tag",
    company: "Unternehmen",
    mails_sent: "Gesendete Mails",
    mails_failed: "Aufgegebene Mails",
    all: "Alles",
    nothing: "In diesem Monat wurde nichts getan.",
    counted_text: "Gezählt, wenn es endete, nach Tagen in UTC.",
    month_wrong: "Das ist kein Monat. Einer sieht so aus: 2026-11.",
    by_day: "Tag für Tag",
    by_month: "Monat für Monat",
    chart: "Balken: gesiegelte Dokumente, darüber die nicht gesiegelten. Der höchste ist {most}. Die Tabelle sagt dasselbe.",
};
