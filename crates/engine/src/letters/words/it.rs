//! Italian.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} nuovi documenti sigillati inviati{% else %}Nuovo documento sigillato inviato{% endif %} da {{ issuer.name }}",
        heading: "{% if several %}Nuovi documenti sigillati{% else %}Nuovo documento sigillato{% endif %}",
        intro: "{{ issuer.name }} ha messo a Sua disposizione {% if several %}{{ document_count }} documenti con sigillo elettronico{% else %}un documento con sigillo elettronico{% endif %}.",
        reference: "Riferimento",
        description: "Parole del mittente",
        colon: ":",
        documents: "{% if several %}Documenti{% else %}Documento{% endif %}",
        sealed: "sigillato da {{ document.sealed_by }}, {{ document.signing_time }}",
        more: "e altri {{ documents_more }}",
        attached: "{% if several %}I documenti sono allegati a questo messaggio.{% else %}Il documento è allegato a questo messaggio.{% endif %}",
        too_large: "{% if several %}I documenti sono troppo grandi per essere allegati a questo messaggio.{% else %}Il documento è troppo grande per essere allegato a questo messaggio.{% endif %}",
        link: "{% if several %}Visualizza e scarica i documenti{% else %}Visualizza e scarica il documento{% endif %}",
        expires: "Il collegamento è personale. Scadenza: {{ link_expires }}.",
        footer: "Questo messaggio è stato inviato automaticamente a {{ receiver }} per conto di {{ issuer.name }}.",
    },
    test: LetterWords {
        subject: "Messaggio di prova di {account}",
        paragraphs: &[
            "Questo è un messaggio di prova. L’invio di posta di {account} funziona.",
            "Data di invio: {date}.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "Il certificato {alias} scade oggi",
            "Il certificato {alias} scade domani",
            "Il certificato {alias} scade tra {days} giorni",
        ],
        expiring_text: &[
            "Il certificato della credenziale {alias} ({subject}) sta per scadere. Data di scadenza: {date}. Dopo la scadenza non sarà più possibile usarlo per sigillare.",
            "Richieda un nuovo certificato e lo registri prima di tale data.",
        ],
        expired: LetterWords {
            subject: "Il certificato {alias} è scaduto",
            paragraphs: &[
                "Il certificato della credenziale {alias} ({subject}) è scaduto. Data di scadenza: {date}. Non viene più usato per sigillare.",
                "Registri un nuovo certificato per tornare a sigillare.",
            ],
        },
        algorithm_ending: LetterWords {
            subject: "{what} di {alias} in scadenza: {date}",
            paragraphs: &[
                "I sigilli della credenziale {alias} si basano su {what}, accettato fino a questa data: {date} ({source}). In seguito chi li verifica può rifiutarli.",
                "Richieda prima di tale data un certificato per un'altra chiave, oppure indichi un altro algoritmo di firma.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} di {alias} non più accettato: {date}",
            paragraphs: &[
                "I sigilli della credenziale {alias} si basano su {what}, accettato fino a questa data: {date} ({source}). Chi li verifica può rifiutarli.",
                "Richieda un certificato per un'altra chiave, oppure indichi un altro algoritmo di firma.",
            ],
        },
        grant_ending: LetterWords {
            subject: "Accesso alla chiave {alias} in scadenza: {date}",
            paragraphs: &[
                "L’autorizzazione dell’autorità di certificazione a usare la chiave della credenziale {alias} sta per scadere. Data di scadenza: {date}.",
                "La rinnovi prima di tale data; altrimenti non sarà possibile sigillare con questa credenziale.",
            ],
        },
        grant_ended: LetterWords {
            subject: "Accesso alla chiave {alias} terminato",
            paragraphs: &[
                "L’autorizzazione dell’autorità di certificazione a usare la chiave della credenziale {alias} è terminata, per scadenza o perché tutte le firme consentite sono state eseguite. Data di scadenza: {date}.",
                "La rinnovi per sigillare di nuovo con questa credenziale.",
            ],
        },
        grant_used: LetterWords {
            subject: "Accesso alla chiave {alias}: firme utilizzate, {percent}%",
            paragraphs: &[
                "Firme utilizzate tra quelle che l’autorità di certificazione consente con la chiave della credenziale {alias}: {percent}%.",
                "Rinnovi l’autorizzazione per tempo; altrimenti non sarà possibile sigillare con questa credenziale.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "La chiave di {alias} ha firmato in modo errato",
            paragraphs: &[
                "La chiave della credenziale {alias} ha risposto il {date} con un valore di firma che il suo certificato non verifica. Il valore è stato scartato; la chiave non viene usata finché non la libera.",
                "Cerchi la causa: chieda al produttore del token e consulti il registro del servizio. Poi: chancery keys release --credential {alias}. Ciò che è in attesa viene sigillato subito dopo.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} ha utilizzato il {percent}% del limite",
            paragraphs: &[
                "{company} ha sigillato {used} documenti su {limit}. Fine del periodo: {date}.",
                "Concordi un limite più alto se questo non sarà sufficiente.",
            ],
        },
        period_near: LetterWords {
            subject: "È trascorso il {percent}% del periodo di {company}",
            paragraphs: &[
                "Il periodo di {company} sta per terminare, con {used} documenti sigillati su {limit}. Fine del periodo: {date}.",
                "Concordi per tempo il prossimo.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} ha superato il limite",
            paragraphs: &[
                "{company} ha sigillato {used} documenti; il limite del periodo è di {limit}. Fine del periodo: {date}.",
                "Concordi un limite più alto.",
            ],
        },
        usage_ended: LetterWords {
            subject: "Il periodo di {company} è terminato",
            paragraphs: &[
                "Il periodo di {company} è terminato, con {used} documenti sigillati su {limit}. Fine del periodo: {date}.",
                "Concordi un nuovo periodo.",
            ],
        },
        mail_closed: LetterWords {
            subject: "L’invio di posta di {account} è fermo",
            paragraphs: &[
                "Il server di posta di {account} non accetta messaggi. Inizio dell’interruzione: {date}. Ultima risposta: {words}",
                "I messaggi vengono conservati e l’invio viene ritentato. Verifichi host, porta, nome utente e password dell’account.",
            ],
        },
        authority_away: LetterWords {
            subject: "L’autorità di marcatura temporale {name} non dà marche",
            paragraphs: &[
                "L’autorità di marcatura temporale {name} non ha dato marche. Inizio dell’interruzione: {date}. Motivo: {words}",
                "Se c’è un’altra autorità, viene interrogata; altrimenti i documenti attendono o falliscono, come impostato per il loro servizio client. La interroghi con: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "A {name} non si dice nulla di utile sui certificati",
            paragraphs: &[
                "A {name} non è stato detto nulla di utile sui certificati. Inizio: {date}. Motivo: {words}",
                "I documenti ai livelli LT e LTA sono sigillati con quanto detto prima finché è valido, o con quanto dice un altro indirizzo; altrimenti attendono o falliscono, come impostato per il loro servizio client. Interroghi l’indirizzo con: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "Il certificato di sigillo {alias} è stato revocato",
            paragraphs: &[
                "L’emittente del certificato di sigillo {alias}, o un’autorità superiore, dice che è stato revocato. Data della notizia: {date}. Risposta: {words}",
                "Il certificato è disattivato e non si sigilla più nulla con esso. Chieda il motivo alla sua autorità di certificazione e ne importi un altro. Se è stato un errore poi corretto: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Certificati di prova in uso: {what}",
            paragraphs: &[
                "Nella configurazione o tra i certificati di questo servizio c’è qualcosa di un’autorità di prova: {what}. Il servizio è raggiungibile da altre macchine; nessun altro crede a tali sigilli e marche temporali.",
                "Lo sostituisca con quello di un’autorità vera. Altri dettagli: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} ha raggiunto il suo limite di messaggi",
            paragraphs: &[
                "{client} può far inviare {limit} messaggi a {what} in 24 ore e ha raggiunto questo limite. Le richieste con altri destinatari sono rifiutate fino al {date}.",
                "Aumenti il limite se questi invii sono voluti.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Accessi di {who} non riusciti",
            paragraphs: &[
                "Dal {date} non sono riusciti {failures} accessi di {who}, l'ultimo da {address}.",
                "Verifichi se un client usa un segreto vecchio o se qualcuno cerca di indovinarlo. I tentativi vengono rallentati automaticamente; un segreto si sostituisce subito con chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "L’accesso di {who} fallisce",
            paragraphs: &[
                "Dal {date} sono falliti {failures} tentativi di accedere all’amministrazione come {who}, l’ultimo da {address}.",
                "Chieda alla persona se è stata lei. Altrimenti qualcuno prova a indovinare: i tentativi rallentano da soli e nessuno resta bloccato. Una password nota si toglie con chancery person reset.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "I sigilli di {alias} sono trattenuti",
            paragraphs: &[
                "Dal {date} alcuni sigilli di {alias} non superano il controllo prima del rilascio e non sono stati rilasciati. Quanto rilevato nell’ultimo: {words}",
                "I documenti sono falliti con seal-check-failed; il registro li nomina. Inviarli di nuovo dopo un aggiornamento o con altre impostazioni, e avvisare gli autori di Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Messaggi in attesa dal {date}",
            paragraphs: &[
                "Messaggi in attesa di invio: {waiting}. Il più vecchio è in attesa dal {date}.",
                "Verifichi che l’elaborazione in background sia attiva e che il server di posta e gli indirizzi di destinazione rispondano.",
            ],
        },
        operations_old: LetterWords {
            subject: "Operazioni non concluse dal {date}",
            paragraphs: &[
                "Operazioni non concluse: {waiting}. La più vecchia è stata accettata il {date}.",
                "Verifichi che le chiavi e il database rispondano e consulti il registro del servizio.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Documenti conservati non hanno ancora una prova",
            paragraphs: &[
                "Il documento più vecchio senza evidence record è stato sigillato il {date}.",
                "La riceveranno appena un’autorità di marcatura temporale risponde; nel frattempo nulla va perso. Interroghi con: chancery check, e consulti il registro del servizio.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "Le prove non vengono rinnovate e terminano il {date}",
            paragraphs: &[
                "Ciò su cui si fonda una marca temporale di documenti conservati termina il {date}: il certificato della sua autorità o un algoritmo. Metà del tempo per rinnovarla è passata.",
                "Dopo quel giorno non prova più nulla. Interroghi le autorità di marcatura temporale con: chancery check, e consulti il registro del servizio.",
            ],
        },
        operations_crash: LetterWords {
            subject: "Il servizio si è interrotto più volte durante l’esecuzione di operazioni",
            paragraphs: &[
                "Operazioni interessate: {waiting}. I loro documenti vengono ora elaborati uno alla volta; quello con cui il servizio si interrompe troppo spesso viene messo da parte.",
                "Consulti il registro del servizio. Il comando chancery operation end conclude un’operazione a mano.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "L’orologio di una macchina che sigilla è errato",
            paragraphs: &[
                "È saltato o differisce da quello del database. Secondi: {seconds}.",
                "Verifichi la sincronizzazione dell’ora della macchina. Finché i due differiscono di più di un minuto non viene sigillato nulla; le operazioni attendono.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "Il suo account Chancery",
        before: "{name}, è stato creato un account per Lei. Si accede con il proprio indirizzo e-mail, {address}.",
        link: "Impostare la password",
        behind: "Il link è riservato a Lei e funziona una sola volta, fino al {date}. Se non sa di che cosa si tratta, non faccia nulla.",
    },
    footer_alarm: "Inviato automaticamente da Chancery.",
    page: PageWords {
        autonym: "Italiano",
        languages: "Lingua",
        skip: "Vai ai documenti",
        title: "Documenti sigillati",
        heading: "Documenti di {issuer}",
        reference: "Riferimento",
        description: "Descrizione",
        vat_number: "Partita IVA",
        documents: "Documenti",
        name: "Documento",
        size: "Dimensione",
        sealed_by: "Sigillato da",
        sealed_at: "Data del sigillo",
        not_sealed: "Non sigillato",
        fingerprint: "Impronta (SHA-256)",
        download: "Scarica",
        download_all: "Scarica tutto (ZIP, {size})",
        gone: "Non più conservato",
        expires: "Questa pagina è personale. Disponibile fino a: {date}.",
        expired_title: "Questo collegamento è scaduto",
        expired_text: "Data di scadenza: {date}. Chieda un nuovo collegamento all’azienda che glielo ha inviato.",
        unknown_title: "Questo collegamento non funziona",
        unknown_text: "Il collegamento è incompleto o non è più valido. Copi l’intero indirizzo dal messaggio o chieda un nuovo collegamento all’azienda che glielo ha inviato.",
        busy_title: "Troppe richieste",
        busy_text: "Riprovi tra {seconds} secondi.",
        fault_title: "La pagina non può essere mostrata",
        fault_text: "Si è verificato un problema da parte nostra. Riprovi tra qualche minuto.",
    },
    sample: Sample {
        issuer: "Esempio Commercio S.r.l.",
        vat_number: "IT12345678901",
        description: "Fatture di novembre",
        pdf: "fattura-2026-0042.pdf",
        xml: "fattura-2026-0042.xml",
    },
};
