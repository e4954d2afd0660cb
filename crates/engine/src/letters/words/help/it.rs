//! Help in Italian.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Aiuto",
    text: "Che cosa fanno i tasti, che cosa significa ogni errore e chi può rimediare.",
    keys: "Tasti",
    key: "Tasto",
    does: "Che cosa fa",
    keys_text: "Valgono in ogni pagina, ma non mentre si scrive.",
    key_help: "mostra i tasti",
    key_search: "va alla ricerca",
    key_go: "va alla prima pagina, alle operazioni, ai servizi client",
    key_tab: "va avanti, e indietro con Maiusc",
    key_enter: "apre, o invia il modulo",
    key_escape: "chiude ciò che è aperto",
    single: "Tasti singoli su questo dispositivo",
    single_text: "Chi detta, o tocca tasti senza volerlo, li spegne.",
    close: "Chiudi",
    errors: "Errori",
    errors_text: "Secondo ciò che è andato storto. I nomi sono quelli accanto a un documento e nelle risposte ai programmi.",
    means: "Che cosa significa",
    todo: "Che cosa fare",
    same: "Errori dello stesso tipo",
    with_it: "Operazioni con questo errore",
    unknown: "Non c’è un errore con questo nome.",
    explain: "Che cosa significa",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "Il file è danneggiato",
            meaning: "Il file è vuoto, troncato, danneggiato o non leggibile per quello che è. Non è stato sigillato e niente è stato inviato.",
            todo: "Fate rigenerare il file dal programma da cui viene, apritelo una volta per prova e inviatelo di nuovo. Si può usare lo stesso riferimento.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "Il file è troppo grande o troppo complesso",
            meaning: "Il file ha più byte, parti o livelli di quanti questo servizio accetti, o richiede più lavoro di quanto un documento possa averne.",
            todo: "Fatelo inviare più piccolo: immagini ridotte, meno allegati o più file. Chi gestisce il servizio può alzare alcuni limiti.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "Il file è bloccato o contiene ciò che non si sigilla",
            meaning: "Il file chiede una password, vieta modifiche, è un modulo che una firma romperebbe o contiene script o altri contenuti attivi.",
            todo: "Fatelo salvare senza protezione e senza contenuti attivi (come PDF/A, per esempio) e inviatelo di nuovo.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "Il documento viola le regole per le fatture del suo tipo",
            meaning: "Il documento è leggibile, ma un destinatario o un ente lo rifiuterebbe. L’operazione dice quale regola, dove e a quale riga.",
            todo: "Date regola e riga a chi cura il programma che scrive le fatture; si invia di nuovo quando è corretto.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "Il documento ha già una firma",
            meaning: "Una firma presente non lascia posto al sigillo, o il sigillo la romperebbe.",
            todo: "Inviate il documento com’era prima della firma. Chi cura l’integrazione può anche chiedere un sigillo accanto alla firma (existingSignatures) o in un file a parte (DETACHED).",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "Il documento non è ciò che dice la richiesta",
            meaning: "Nome, tipo o formato nella richiesta non corrispondono al contenuto del file.",
            todo: "Controllate se è stato inviato il file giusto. Se sì, chi cura l’integrazione corregge contentType, il nome o il tipo di firma.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "Un sigillo così non si può fare",
            meaning: "La richiesta, o le impostazioni del servizio client, chiedono un profilo, un livello, un posto o un algoritmo che non esiste, o non per questo documento.",
            todo: "Date la frase accanto al documento a chi cura l’integrazione; le impostazioni del servizio client sono nella sua pagina.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "L’immagine della firma non ci sta",
            meaning: "La pagina, il campo, la parola o l’area dove il sigillo doveva vedersi non c’è, o il testo o l’immagine non ci sta.",
            todo: "Chi cura l’integrazione corregge dove e come si mostra la firma, o toglie l’immagine.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "Il certificato di sigillo non si può usare",
            meaning: "È scaduto, non è ancora valido, è stato revocato o disattivato, o nessuno è assegnato. Nessun documento di questo servizio client può essere sigillato.",
            todo: "Avvisate subito un amministratore: in «{credentials}» si rinnova, si attiva o se ne assegna un altro. Ciò che attende viene poi sigillato da solo; ciò che è fallito si invia di nuovo.",
        },
        ErrorTopic::Key => TopicWords {
            title: "La chiave non firma",
            meaning: "Il dispositivo che custodisce la chiave non ha risposto, ha rifiutato o ha risposto male.",
            todo: "Avvisate chi gestisce il servizio. Finché il dispositivo non risponde le operazioni attendono e proseguono da sole; ciò che è fallito si invia di nuovo quando la chiave firma.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "Un’autorità esterna non risponde",
            meaning: "L’autorità di marcatura temporale, o chi dice se i certificati sono revocati, non ha risposto in tempo.",
            todo: "Aspettate un poco e inviate di nuovo il documento. Se continua, chi gestisce il servizio controlla la rete e aggiunge una seconda autorità.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "Il servizio client o la sua azienda è sospeso",
            meaning: "Qualcuno l’ha sospeso, con un motivo che sta nella sua pagina. Niente viene sigillato finché non è riattivato.",
            todo: "Leggete il motivo nella pagina del servizio client o dell’azienda. Chi può lo riattiva; poi i documenti si inviano di nuovo.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "Un guasto di questo servizio",
            meaning: "È andato storto qualcosa che né mittente né destinatario possono riparare. Niente di sbagliato è uscito.",
            todo: "Avvisate chi gestisce il servizio con il numero dell’operazione: il registro dice di più. Inviate di nuovo il documento quando è riparato.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Qualcuno ha chiuso l’operazione",
            meaning: "Chi gestisce il servizio l’ha chiusa prima che questo documento fosse sigillato.",
            todo: "Chiedetegli perché. Il documento si può inviare di nuovo con lo stesso riferimento.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "La richiesta non è stata capita",
            meaning: "Ciò che il programma del mittente ha inviato non è una richiesta che questo servizio legge. Niente è stato registrato e ogni riferimento resta libero.",
            todo: "Date la frase e il numero della richiesta a chi cura l’integrazione.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "Il riferimento è già usato",
            meaning: "Un documento o una richiesta con questo riferimento è già qui, con altro contenuto. Così niente è sigillato due volte.",
            todo: "Cercate il riferimento: se è il documento voluto non c’è niente da fare. Altrimenti il mittente dà al nuovo un altro riferimento.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Troppo in una volta",
            meaning: "È stato chiesto più di quanto è permesso in un minuto, un’ora o un giorno.",
            todo: "Aspettate quanto dice la risposta; poi si invia di nuovo. Chi gestisce il servizio può alzare il limite di un servizio client.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "Il programma del mittente non è collegato",
            meaning: "Il suo accesso è scaduto, il suo segreto è stato sostituito, o non può fare ciò che ha chiesto.",
            todo: "Chi cura l’integrazione controlla alias e segreto. Un nuovo segreto si fa nella pagina del servizio client.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "Non c’è",
            meaning: "Ciò che è stato chiesto non esiste per questo servizio client, o il suo contenuto non è più conservato.",
            todo: "Controllate riferimento e servizio client. Ciò che non è più conservato si può sigillare solo come documento nuovo.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "Non c’è ancora",
            meaning: "L’operazione è ancora in corso o attende il prossimo tentativo.",
            todo: "Aspettate: finisce da sola. L’operazione dice quando si riprova; «{retry}» lo fa subito.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "La mail non si può inviare",
            meaning: "Nessuno è indicato che possa riceverla, a quell’indirizzo da qui non vanno mail, o nessun documento è sigillato.",
            todo: "Correggete l’indirizzo e inviate di nuovo dalla pagina dell’operazione.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "Il webhook non si può impostare così",
            meaning: "Il suo indirizzo porta a un posto che questo servizio non chiama, o ce ne sono troppi.",
            todo: "Chi cura l’integrazione indica un indirizzo in internet con https, o ne toglie uno che non serve più.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "Una parte del servizio non ha risposto",
            meaning: "Il database, la chiave o un’altra parte mancava. Ciò che era chiesto può essere stato fatto lo stesso.",
            todo: "Cercate prima il riferimento. La stessa richiesta si può inviare di nuovo senza danno: niente è sigillato due volte.",
        },
    }
}
