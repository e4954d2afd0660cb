//! Portuguese.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mês",
    company: "Empresa",
    mails_sent: "Mensagens enviadas",
    mails_failed: "Mensagens abandonadas",
    all: "Tudo",
    nothing: "Nada se fez neste mês.",
    counted_text: "Contado quando terminou, por dias em UTC.",
    month_wrong: "Isto não é um mês. Um mês escreve-se 2026-11.",
};
