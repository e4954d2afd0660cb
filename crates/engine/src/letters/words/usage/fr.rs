//! French.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mois",
    day: "Jour",
    company: "Entreprise",
    mails_sent: "Courriels envoyés",
    mails_failed: "Courriels abandonnés",
    all: "Tout",
    nothing: "Rien n’a été fait ce mois-ci.",
    counted_text: "Compté à la fin, par jours en UTC.",
    month_wrong: "Ce n’est pas un mois. Un mois s’écrit 2026-11.",
    by_day: "Jour par jour",
    by_month: "Mois par mois",
    chart: "Barres : documents cachetés et, au-dessus, ceux qui ne le sont pas. La plus haute est {most}. Le tableau dit la même chose.",
};
