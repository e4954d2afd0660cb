//! Italian.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Passkey",
    text: "Una passkey si trova sul telefono, sul computer, su una chiave di sicurezza o in un gestore di password. Con essa si accede senza password e senza codice.",
    none: "Non ce n'è nessuna.",
    add: "Aggiungere una passkey",
    add_text: "Darle un nome con cui riconoscerla. Il browser chiede poi dove metterla.",
    name: "Nome",
    name_hint: "Per esempio il dispositivo su cui si trova.",
    name_wrong: "Serve un nome, di al massimo {most} caratteri.",
    known: "Qualcuno ha già questa passkey.",
    many: "Nessuno ha più di {most} passkey. Rimuoverne prima una.",
    wrong: "La passkey non è stata aggiunta: quello che il browser ha inviato non va bene o ha richiesto troppo tempo. Riprovare.",
    added: "Aggiunta",
    used: "Ultimo uso",
    never: "Mai",
    copied: "Può essere su più dispositivi",
    single: "Su un solo dispositivo",
    remove: "Rimuovere",
    remove_text: "{name} non fa più accedere e le altre sessioni terminano. La passkey resta sul dispositivo finché non la si rimuove anche lì.",
    last: "È il solo secondo passaggio. Configurare prima un'app per i codici o aggiungere un'altra passkey.",
    use_one: "Usare una passkey",
    stopped: "Il browser non ha dato nessuna passkey. Riprovare, o seguire un'altra strada.",
    known_here: "Questo dispositivo ha già una passkey per questo account.",
    script: "Questa pagina ha bisogno di uno script che il browser non esegue. Un'app per i codici funziona senza.",
    not_possible: "Le passkey hanno bisogno di un nome nell'indirizzo pubblico del servizio (web.public_url), non di un numero.",
    sign_in_wrong: "Questa passkey non va bene o è passato troppo tempo. Riprovare, o accedere con la password.",
    instead: "O aggiungere una passkey al posto dell'app",
};
