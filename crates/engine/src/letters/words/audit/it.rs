//! Italian.

use super::AuditWords;

pub(super) const WORDS: AuditWords = AuditWords {
    about: "Riguardo a",
    none: "Nulla di simile è nel registro.",
    chain: "Catena",
    chain_text: "Ogni voce porta un hash di ciò che dice e della voce precedente. La verifica le percorre tutte.",
    verify: "Verifica",
    kept: "Fine della catena conservata altrove (SHA-256), se c’è",
    kept_wrong: "Un SHA-256 ha 64 cifre esadecimali.",
    whole: "La catena è integra.",
    changed: "La catena è spezzata: la voce {place} non è ciò che vi fu concatenato.",
    missing: "La catena è spezzata: manca la voce {place}.",
    inserted: "La catena è spezzata: la voce con il numero {id} è stata inserita dall’esterno.",
    headless: "La catena è spezzata: manca ciò che dice dove finisce.",
    not_kept: "La fine indicata non è di alcuna voce: la catena è un’altra, o ha perso la fine.",
    kept_at: "La fine indicata è quella della voce {place}.",
    entries: "Voci che combaciano",
    head: "Fine: la conservi altrove",
};
