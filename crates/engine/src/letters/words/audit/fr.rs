//! French.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "Au sujet de",
    none: "Rien de tel n’est dans le registre.",
    chain: "Chaîne",
    chain_text: "Chaque entrée porte un hachage de ce qu’elle dit et de l’entrée qui précède. La vérification les parcourt toutes.",
    verify: "Vérifier",
    kept: "Fin de chaîne gardée ailleurs (SHA-256), s’il y en a une",
    kept_wrong: "Un SHA-256 a 64 chiffres hexadécimaux.",
    whole: "La chaîne est entière.",
    changed: "La chaîne est rompue : l’entrée {place} n’est pas ce qui y a été enchaîné.",
    missing: "La chaîne est rompue : l’entrée {place} manque.",
    inserted: "La chaîne est rompue : l’entrée numéro {id} a été mise à côté.",
    headless: "La chaîne est rompue : ce qui dit où elle finit a disparu.",
    not_kept: "La fin que vous avez donnée n’est celle d’aucune entrée : la chaîne est une autre, ou a perdu sa fin.",
    kept_at: "La fin que vous avez donnée est celle de l’entrée {place}.",
    entries: "Entrées qui conviennent",
    head: "Fin : gardez-la ailleurs",
};
