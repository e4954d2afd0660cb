//! German.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "Über",
    none: "So etwas steht nicht im Protokoll.",
    chain: "Kette",
    chain_text: "Jeder Eintrag trägt einen Hash über das, was er sagt, und über den Eintrag davor. Die Prüfung geht durch alle.",
    verify: "Prüfen",
    kept: "Anderswo aufbewahrtes Ende der Kette (SHA-256), falls vorhanden",
    kept_wrong: "Ein SHA-256 hat 64 hexadezimale Ziffern.",
    whole: "Die Kette ist ganz.",
    changed: "Die Kette ist gebrochen: Eintrag {place} ist nicht, was dort angekettet wurde.",
    missing: "Die Kette ist gebrochen: Eintrag {place} fehlt.",
    inserted: "Die Kette ist gebrochen: der Eintrag mit der Nummer {id} wurde daneben hineingestellt.",
    headless: "Die Kette ist gebrochen: es fehlt, was sagt, wo sie endet.",
    not_kept: "Das angegebene Ende gehört zu keinem Eintrag: die Kette ist eine andere als damals, oder ihr Ende fehlt.",
    kept_at: "Das angegebene Ende ist das von Eintrag {place}.",
    entries: "Einträge, die passen",
    head: "Ende: bewahren Sie es anderswo auf",
};
