//! Portuguese.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mês",
    day: "Dia",
    company: "Empresa",
    mails_sent: "Mensagens enviadas",
    mails_failed: "Mensagens abandonadas",
    all: "Tudo",
    nothing: "Nada se fez neste mês.",
    counted_text: "Contado quando terminou, por dias em UTC.",
    month_wrong: "Isto não é um mês. Um mês escreve-se 2026-11.",
    by_day: "Dia a dia",
    by_month: "Mês a mês",
    chart: "Barras: documentos selados e, por cima, os não selados. A mais alta é {most}. A tabela diz o mesmo.",
};
