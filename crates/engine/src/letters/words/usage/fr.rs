//! French.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mois",
    company: "Entreprise",
    mails_sent: "Courriels envoyés",
    mails_failed: "Courriels abandonnés",
    all: "Tout",
    nothing: "Rien n’a été fait ce mois-ci.",
    counted_text: "Compté à la fin, par jours en UTC.",
    month_wrong: "Ce n’est pas un mois. Un mois s’écrit 2026-11.",
};
