//! Portuguese.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "Sobre",
    none: "Nada assim está no registo.",
    chain: "Cadeia",
    chain_text: "Cada registo leva um hash do que diz e do registo anterior. A verificação percorre-os todos.",
    verify: "Verificar",
    kept: "Fim da cadeia guardado noutro lugar (SHA-256), se houver",
    kept_wrong: "Um SHA-256 tem 64 algarismos hexadecimais.",
    whole: "A cadeia está íntegra.",
    changed: "A cadeia está partida: o registo {place} não é o que foi encadeado.",
    missing: "A cadeia está partida: falta o registo {place}.",
    inserted: "A cadeia está partida: o registo com o número {id} foi metido por fora.",
    headless: "A cadeia está partida: falta o que diz onde ela acaba.",
    not_kept: "O fim que indicou não é de nenhum registo: a cadeia é outra, ou perdeu o fim.",
    kept_at: "O fim que indicou é o do registo {place}.",
    entries: "Registos que encaixam",
    head: "Fim: guarde-o noutro lugar",
};
