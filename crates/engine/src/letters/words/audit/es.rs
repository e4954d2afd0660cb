//! Spanish.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "Sobre",
    none: "No hay nada así en el registro.",
    chain: "Cadena",
    chain_text: "Cada entrada lleva un hash de lo que dice y de la entrada anterior. La verificación las recorre todas.",
    verify: "Verificar",
    kept: "Final de la cadena guardado en otro lugar (SHA-256), si lo hay",
    kept_wrong: "Un SHA-256 tiene 64 cifras hexadecimales.",
    whole: "La cadena está íntegra.",
    changed: "La cadena está rota: la entrada {place} no es la que se encadenó.",
    missing: "La cadena está rota: falta la entrada {place}.",
    inserted: "La cadena está rota: la entrada con el número {id} se metió por fuera.",
    headless: "La cadena está rota: falta lo que dice dónde termina.",
    not_kept: "El final que indicó no es de ninguna entrada: la cadena es otra, o perdió el final.",
    kept_at: "El final que indicó es el de la entrada {place}.",
    entries: "Entradas que encajan",
    head: "Final: guárdelo en otro lugar",
};
