//! Spanish.

use super::UsageWords;

pub(super) const WORDS: UsageWords = UsageWords {
    month: "Mes",
    day: "Día",
    company: "Empresa",
    mails_sent: "Correos enviados",
    mails_failed: "Correos abandonados",
    all: "Todo",
    nothing: "No se hizo nada en este mes.",
    counted_text: "Contado cuando terminó, por días en UTC.",
    month_wrong: "Esto no es un mes. Un mes se escribe 2026-11.",
    by_day: "Día a día",
    by_month: "Mes a mes",
    chart: "Barras: documentos sellados y, encima, los no sellados. La más alta es {most}. La tabla dice lo mismo.",
};
