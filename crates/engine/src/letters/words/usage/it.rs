//! Italian.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mese",
    day: "Giorno",
    company: "Azienda",
    mails_sent: "Messaggi inviati",
    mails_failed: "Messaggi abbandonati",
    all: "Tutto",
    nothing: "In questo mese nulla è stato fatto.",
    counted_text: "Contato quando è finito, per giorni in UTC.",
    month_wrong: "Questo non è un mese. Un mese si scrive 2026-11.",
    by_day: "Giorno per giorno",
    by_month: "Mese per mese",
    chart: "Barre: documenti sigillati e, sopra, quelli non sigillati. La più alta è {most}. La tabella dice lo stesso.",
};
