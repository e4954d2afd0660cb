//! German.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} neue gesiegelte Dokumente{% else %}Neues gesiegeltes Dokument{% endif %} von {{ issuer.name }}",
        heading: "{% if several %}Neue gesiegelte Dokumente{% else %}Neues gesiegeltes Dokument{% endif %}",
        intro: "{{ issuer.name }} stellt Ihnen {% if several %}{{ document_count }} elektronisch gesiegelte Dokumente{% else %}ein elektronisch gesiegeltes Dokument{% endif %} bereit.",
        reference: "Referenz",
        description: "Worte des Absenders",
        colon: ":",
        documents: "{% if several %}Dokumente{% else %}Dokument{% endif %}",
        sealed: "gesiegelt von {{ document.sealed_by }} am {{ document.signing_time }}",
        more: "und {{ documents_more }} weitere",
        attached: "{% if several %}Die Dokumente sind dieser Nachricht beigefügt.{% else %}Das Dokument ist dieser Nachricht beigefügt.{% endif %}",
        too_large: "{% if several %}Die Dokumente sind zu groß, um dieser Nachricht beigefügt zu werden.{% else %}Das Dokument ist zu groß, um dieser Nachricht beigefügt zu werden.{% endif %}",
        link: "{% if several %}Dokumente ansehen und herunterladen{% else %}Dokument ansehen und herunterladen{% endif %}",
        expires: "Der Link ist nur für Sie bestimmt und gilt bis zum {{ link_expires }}.",
        footer: "Diese Nachricht wurde automatisch im Auftrag von {{ issuer.name }} an {{ receiver }} gesendet.",
    },
    test: LetterWords {
        subject: "Testnachricht von {account}",
        paragraphs: &[
            "Dies ist eine Testnachricht. Der Mailversand von {account} funktioniert.",
            "Sie wurde am {date} gesendet.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "Zertifikat {alias} läuft heute ab",
            "Zertifikat {alias} läuft morgen ab",
            "Zertifikat {alias} läuft in {days} Tagen ab",
        ],
        expiring_text: &[
            "Das Zertifikat von {alias} ({subject}) läuft am {date} ab. Danach kann damit nicht mehr gesiegelt werden.",
            "Beantragen Sie ein neues Zertifikat und registrieren Sie es vor diesem Termin.",
        ],
        expired: LetterWords {
            subject: "Zertifikat {alias} ist abgelaufen",
            paragraphs: &[
                "Das Zertifikat von {alias} ({subject}) ist am {date} abgelaufen. Damit wird nicht mehr gesiegelt.",
                "Registrieren Sie ein neues Zertifikat, um wieder zu siegeln.",
            ],
        },
        algorithm_ending: LetterWords {
            subject: "{what} von {alias} endet am {date}",
            paragraphs: &[
                "Siegel von {alias} beruhen auf {what}, das bis {date} anerkannt wird ({source}). Danach können Prüfprogramme sie ablehnen.",
                "Beantragen Sie vor diesem Termin ein Zertifikat für einen anderen Schlüssel oder verlangen Sie ein anderes Signaturverfahren.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} von {alias} endete am {date}",
            paragraphs: &[
                "Siegel von {alias} beruhen auf {what}, das bis {date} anerkannt wurde ({source}). Prüfprogramme können sie ablehnen.",
                "Beantragen Sie ein Zertifikat für einen anderen Schlüssel oder verlangen Sie ein anderes Signaturverfahren.",
            ],
        },
        grant_ending: LetterWords {
            subject: "Zugriff auf Schlüssel {alias} endet am {date}",
            paragraphs: &[
                "Die Erlaubnis der Zertifizierungsstelle, den Schlüssel von {alias} zu verwenden, endet am {date}.",
                "Erneuern Sie sie vor diesem Termin; sonst kann damit nicht mehr gesiegelt werden.",
            ],
        },
        grant_ended: LetterWords {
            subject: "Zugriff auf Schlüssel {alias} ist beendet",
            paragraphs: &[
                "Die Erlaubnis der Zertifizierungsstelle, den Schlüssel von {alias} zu verwenden, ist beendet: ihr letzter Tag ist der {date}, oder alle erlaubten Signaturen sind verbraucht.",
                "Erneuern Sie sie, um damit wieder zu siegeln.",
            ],
        },
        grant_used: LetterWords {
            subject: "Zugriff auf Schlüssel {alias}: {percent}\u{a0}% der Signaturen verbraucht",
            paragraphs: &[
                "Von den Signaturen, die die Zertifizierungsstelle mit dem Schlüssel von {alias} erlaubt, sind {percent}\u{a0}% verbraucht.",
                "Erneuern Sie die Erlaubnis rechtzeitig; sonst kann damit nicht mehr gesiegelt werden.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "Der Schlüssel von {alias} hat falsch signiert",
            paragraphs: &[
                "Der Schlüssel des Zertifikats {alias} hat am {date} einen Signaturwert geliefert, den sein Zertifikat nicht bestätigt. Der Wert wurde verworfen; der Schlüssel wird nicht benutzt, bis Sie ihn freigeben.",
                "Klären Sie die Ursache: Fragen Sie den Hersteller des Tokens, sehen Sie im Protokoll des Dienstes nach. Danach: chancery keys release --credential {alias}. Was wartet, wird dann sofort gesiegelt.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} hat {percent}\u{a0}% des Kontingents verbraucht",
            paragraphs: &[
                "{company} hat im Zeitraum bis {date} bisher {used} von {limit} Dokumenten gesiegelt.",
                "Vereinbaren Sie ein höheres Kontingent, falls es nicht ausreicht.",
            ],
        },
        period_near: LetterWords {
            subject: "{percent}\u{a0}% des Vertragszeitraums von {company} sind vorüber",
            paragraphs: &[
                "Der Vertragszeitraum von {company} endet am {date}. Bisher wurden {used} von {limit} Dokumenten gesiegelt.",
                "Vereinbaren Sie rechtzeitig den nächsten.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} hat das Kontingent überschritten",
            paragraphs: &[
                "{company} hat {used} Dokumente gesiegelt; das Kontingent für den Zeitraum bis {date} beträgt {limit}.",
                "Vereinbaren Sie ein höheres Kontingent.",
            ],
        },
        usage_ended: LetterWords {
            subject: "Der Vertragszeitraum von {company} ist abgelaufen",
            paragraphs: &[
                "Der Vertragszeitraum von {company} endete am {date}; gesiegelt wurden {used} von {limit} Dokumenten.",
                "Vereinbaren Sie einen neuen Zeitraum.",
            ],
        },
        mail_closed: LetterWords {
            subject: "Der Mailversand von {account} ist angehalten",
            paragraphs: &[
                "Der Mailserver von {account} nimmt seit dem {date} keine Nachrichten mehr an. Seine letzte Antwort: {words}",
                "Die Nachrichten bleiben gespeichert und werden erneut versucht. Prüfen Sie Host, Port, Benutzername und Passwort des Kontos.",
            ],
        },
        authority_away: LetterWords {
            subject: "Der Zeitstempeldienst {name} gibt keine Zeitstempel",
            paragraphs: &[
                "Der Zeitstempeldienst {name} hat seit dem {date} keinen Zeitstempel gegeben. Grund: {words}",
                "Wo es einen weiteren Dienst gibt, wird dieser gefragt; sonst warten die Dokumente oder schlagen fehl, wie es für ihren Client-Dienst eingestellt ist. Fragen Sie ihn mit: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "Unter {name} wird nichts Brauchbares über Zertifikate gesagt",
            paragraphs: &[
                "Unter {name} hat seit dem {date} niemand etwas Brauchbares über Zertifikate gesagt. Grund: {words}",
                "Dokumente der Stufen LT und LTA werden mit dem gesiegelt, was vorher gesagt wurde, solange es gilt, oder mit dem, was eine andere Adresse sagt; sonst warten sie oder schlagen fehl, wie es für ihren Client-Dienst eingestellt ist. Fragen Sie dort mit: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "Das Siegelzertifikat {alias} wurde widerrufen",
            paragraphs: &[
                "Der Aussteller des Siegelzertifikats {alias} oder eine Stelle darüber sagt, dass es widerrufen wurde; bekannt ist das seit dem {date}. Gesagt wurde: {words}",
                "Das Zertifikat ist gesperrt, und es wird nichts mehr damit gesiegelt. Fragen Sie Ihre Zertifizierungsstelle nach dem Grund und importieren Sie ein anderes. War es ein Irrtum, der berichtigt wurde: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Testzertifikate in Gebrauch: {what}",
            paragraphs: &[
                "In der Konfiguration oder im Bestand dieses Dienstes steht etwas von einer Testzertifizierungsstelle: {what}. Der Dienst ist von anderen Rechnern erreichbar; niemand sonst glaubt solchen Siegeln und Zeitstempeln.",
                "Ersetzen Sie es durch das einer echten Zertifizierungsstelle. Näheres sagt: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} hat seine Höchstzahl an Nachrichten erreicht",
            paragraphs: &[
                "{client} darf in 24 Stunden {limit} Nachrichten an {what} senden lassen und hat diese Zahl erreicht. Anfragen mit weiteren Empfängern werden bis {date} abgelehnt.",
                "Erhöhen Sie die Grenze, wenn dieser Versand gewollt ist.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Anmeldungen von {who} schlagen fehl",
            paragraphs: &[
                "Seit {date} sind {failures} Anmeldungen von {who} fehlgeschlagen, die letzte von {address}.",
                "Prüfen Sie, ob ein Client ein altes Secret benutzt oder ob jemand rät. Versuche werden von selbst verlangsamt; ein Secret wird sofort ersetzt mit chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "Anmeldungen als {who} schlagen fehl",
            paragraphs: &[
                "Seit {date} sind {failures} Versuche fehlgeschlagen, sich als {who} im Back-Office anzumelden, der letzte von {address}.",
                "Fragen Sie die Person, ob sie es war. Wenn nicht, rät jemand: Versuche werden von selbst verlangsamt, und niemand wird ausgesperrt. Ein bekannt gewordenes Passwort nimmt chancery person reset weg.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "Siegel von {alias} werden zurückgehalten",
            paragraphs: &[
                "Seit dem {date} bestehen Siegel von {alias} die Prüfung vor der Freigabe nicht und wurden nicht freigegeben. Befund des letzten: {words}",
                "Die Dokumente sind mit seal-check-failed gescheitert; das Protokoll nennt sie. Senden Sie sie nach einer Aktualisierung oder mit anderen Einstellungen erneut und benachrichtigen Sie die Entwickler von Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Nachrichten warten seit dem {date}",
            paragraphs: &[
                "Nachrichten, die auf den Versand warten: {waiting}. Die älteste wartet seit dem {date}.",
                "Prüfen Sie, ob die Hintergrundverarbeitung läuft und ob Mailserver und Zieladressen antworten.",
            ],
        },
        operations_old: LetterWords {
            subject: "Vorgänge sind seit dem {date} nicht abgeschlossen",
            paragraphs: &[
                "Nicht abgeschlossene Vorgänge: {waiting}. Der älteste wurde am {date} angenommen.",
                "Prüfen Sie, ob Schlüssel und Datenbank antworten, und sehen Sie im Protokoll des Dienstes nach.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Aufbewahrte Dokumente haben noch keinen Nachweis",
            paragraphs: &[
                "Das älteste Dokument ohne Evidence Record wurde am {date} gesiegelt.",
                "Sie erhalten ihn, sobald ein Zeitstempeldienst antwortet; bis dahin geht nichts verloren. Fragen Sie mit: chancery check, und sehen Sie im Protokoll des Dienstes nach.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "Nachweise werden nicht erneuert und enden am {date}",
            paragraphs: &[
                "Worauf ein Zeitstempel aufbewahrter Dokumente beruht, endet am {date}: das Zertifikat des Zeitstempeldienstes oder ein Algorithmus. Die halbe Zeit für die Erneuerung ist vorbei.",
                "Nach diesem Tag beweist er nichts mehr. Fragen Sie die Zeitstempeldienste mit: chancery check, und sehen Sie im Protokoll des Dienstes nach.",
            ],
        },
        operations_crash: LetterWords {
            subject: "Der Dienst ist bei der Ausführung von Vorgängen mehrmals abgestürzt",
            paragraphs: &[
                "Betroffene Vorgänge: {waiting}. Ihre Dokumente werden jetzt einzeln versucht; eines, bei dem der Dienst zu oft abstürzt, wird ausgesondert.",
                "Sehen Sie im Protokoll des Dienstes nach. Der Befehl chancery operation end beendet einen Vorgang von Hand.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "Die Uhr eines siegelnden Rechners geht falsch",
            paragraphs: &[
                "Sie ist gesprungen oder weicht von der Uhr der Datenbank ab. Sekunden: {seconds}.",
                "Prüfen Sie die Zeitsynchronisation des Rechners. Solange beide um mehr als eine Minute voneinander abweichen, wird nichts gesiegelt; Vorgänge warten.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "Ihr Konto bei Chancery",
        before: "{name}, für Sie wurde ein Konto eingerichtet. Sie melden sich mit Ihrer E-Mail-Adresse {address} an.",
        link: "Passwort festlegen",
        behind: "Der Link ist nur für Sie bestimmt und lässt sich einmal öffnen, bis {date}. Wenn Sie nicht wissen, worum es geht, tun Sie nichts.",
    },
    footer_alarm: "Automatisch von Chancery gesendet.",
    page: PageWords {
        autonym: "Deutsch",
        languages: "Sprache",
        skip: "Zu den Dokumenten",
        title: "Gesiegelte Dokumente",
        heading: "Dokumente von {issuer}",
        reference: "Referenz",
        description: "Beschreibung",
        vat_number: "USt-IdNr.",
        documents: "Dokumente",
        name: "Dokument",
        size: "Größe",
        sealed_by: "Gesiegelt von",
        sealed_at: "Gesiegelt am",
        not_sealed: "Nicht gesiegelt",
        fingerprint: "Fingerabdruck (SHA-256)",
        download: "Herunterladen",
        download_all: "Alle herunterladen (ZIP, {size})",
        gone: "Nicht mehr gespeichert",
        expires: "Diese Seite ist nur für Sie bestimmt und bis zum {date} verfügbar.",
        expired_title: "Dieser Link ist abgelaufen",
        expired_text: "Der Link galt bis zum {date}. Bitten Sie das Unternehmen, das ihn Ihnen gesendet hat, um einen neuen.",
        unknown_title: "Dieser Link funktioniert nicht",
        unknown_text: "Der Link ist unvollständig oder nicht mehr gültig. Kopieren Sie die ganze Adresse aus der Nachricht oder bitten Sie das Unternehmen, das ihn Ihnen gesendet hat, um einen neuen.",
        busy_title: "Zu viele Anfragen",
        busy_text: "Bitte versuchen Sie es in {seconds} Sekunden erneut.",
        fault_title: "Die Seite kann nicht angezeigt werden",
        fault_text: "Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es in einigen Minuten erneut.",
    },
    sample: Sample {
        issuer: "Muster Handel GmbH",
        vat_number: "DE123456789",
        description: "Rechnungen im November",
        pdf: "rechnung-2026-0042.pdf",
        xml: "rechnung-2026-0042.xml",
    },
};
