//! Help in German.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Hilfe",
    text: "Was die Tasten tun, und was jeder Fehler bedeutet und wer ihn beheben kann.",
    keys: "Tasten",
    key: "Taste",
    does: "Was sie tut",
    keys_text: "Sie gelten auf jeder Seite, aber nicht, während etwas getippt wird.",
    key_help: "zeigt die Tasten",
    key_search: "geht zum Suchfeld",
    key_go: "geht zur ersten Seite, zu Vorgängen, zu Client-Diensten",
    key_tab: "geht weiter, mit Umschalt zurück",
    key_enter: "öffnet, oder sendet das Formular",
    key_escape: "schließt, was offen ist",
    single: "Einzelne Tasten auf diesem Gerät",
    single_text: "Wer diktiert oder Tasten ungewollt berührt, schaltet sie ab.",
    close: "Schließen",
    errors: "Fehler",
    errors_text: "Nach dem, was schiefging. Die Namen stehen beim Dokument und in Antworten an Programme.",
    means: "Was es bedeutet",
    todo: "Was zu tun ist",
    same: "Fehler derselben Art",
    with_it: "Vorgänge mit diesem Fehler",
    unknown: "Einen Fehler dieses Namens gibt es nicht.",
    explain: "Was das bedeutet",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "Die Datei ist beschädigt",
            meaning: "Die Datei ist leer, abgeschnitten, beschädigt oder nicht als das lesbar, was sie sein soll. Sie wurde nicht gesiegelt, und niemand hat etwas bekommen.",
            todo: "Lassen Sie die Datei von dem Programm, aus dem sie stammt, neu erzeugen, öffnen Sie sie einmal zur Probe und senden Sie sie erneut. Dieselbe Referenz darf verwendet werden.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "Die Datei ist zu groß oder zu kompliziert",
            meaning: "Die Datei hat mehr Bytes, Teile oder Ebenen, als dieser Dienst annimmt, oder sie braucht mehr Rechenarbeit, als ein Dokument haben darf.",
            todo: "Lassen Sie sie kleiner senden: mit kleineren Bildern, weniger Anlagen oder in mehreren Dateien. Wer den Dienst betreibt, kann manche Grenzen erhöhen.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "Die Datei ist gesperrt oder enthält, was nicht gesiegelt wird",
            meaning: "Die Datei braucht ein Kennwort, verbietet Änderungen, ist ein Formular, das eine Signatur beschädigen würde, oder enthält Skripte oder andere aktive Inhalte.",
            todo: "Lassen Sie sie ohne Schutz und ohne aktive Inhalte speichern (etwa als PDF/A) und senden Sie sie erneut.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "Das Dokument verletzt die Regeln für Rechnungen dieser Art",
            meaning: "Das Dokument ist lesbar, aber ein Empfänger oder eine Behörde würde es ablehnen. Der Vorgang nennt die Regel, die Stelle und die Zeile.",
            todo: "Geben Sie Regel und Zeile an die Betreuung des Programms, das die Rechnungen schreibt; ist es behoben, wird erneut gesendet.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "Das Dokument hat schon eine Signatur",
            meaning: "Eine vorhandene Signatur lässt keinen Platz für das Siegel, oder das Siegel würde sie brechen.",
            todo: "Senden Sie das Dokument so, wie es vor der Signatur war. Die Betreuung der Anbindung kann auch ein Siegel neben der Signatur (existingSignatures) oder in eigener Datei (DETACHED) anfordern.",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "Das Dokument ist nicht, was die Anfrage sagt",
            meaning: "Name, Typ oder Format in der Anfrage passen nicht zum Inhalt der Datei.",
            todo: "Prüfen Sie, ob die richtige Datei gesendet wurde. Wenn ja, berichtigt die Betreuung der Anbindung contentType, Namen oder Art der Signatur.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "Ein solches Siegel gibt es nicht",
            meaning: "Die Anfrage oder die Einstellungen des Client-Dienstes verlangen ein Profil, eine Stufe, einen Ort oder einen Algorithmus, den es nicht oder nicht für dieses Dokument gibt.",
            todo: "Geben Sie den Satz beim Dokument an die Betreuung der Anbindung; die Einstellungen des Client-Dienstes stehen auf seiner Seite.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "Das Bild der Signatur passt nicht",
            meaning: "Die Seite, das Feld, das Wort oder die Fläche für das sichtbare Siegel fehlt, oder Text oder Bild passt nicht hinein.",
            todo: "Die Betreuung der Anbindung berichtigt, wo und wie die Signatur gezeigt wird, oder lässt das Bild weg.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "Das Siegelzertifikat ist nicht verwendbar",
            meaning: "Es ist abgelaufen, noch nicht gültig, widerrufen oder gesperrt, oder es ist keines zugewiesen. Kein Dokument dieses Client-Dienstes kann gesiegelt werden.",
            todo: "Sagen Sie es sofort der Administration: unter „{credentials}“ wird es erneuert, freigegeben oder ein anderes zugewiesen. Was wartet, wird dann von selbst gesiegelt; was fehlschlug, wird erneut gesendet.",
        },
        ErrorTopic::Key => TopicWords {
            title: "Der Schlüssel signiert nicht",
            meaning: "Das Gerät mit dem Schlüssel hat nicht geantwortet, sich geweigert oder falsch geantwortet.",
            todo: "Sagen Sie es dem Betrieb. Solange das Gerät nicht antwortet, warten Vorgänge und gehen von selbst weiter; was fehlschlug, wird erneut gesendet, sobald der Schlüssel signiert.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "Eine Stelle außerhalb antwortet nicht",
            meaning: "Der Zeitstempeldienst oder die Stelle, die über Widerrufe Auskunft gibt, hat nicht rechtzeitig geantwortet.",
            todo: "Warten Sie etwas und senden Sie das Dokument erneut. Bleibt es so, prüft der Betrieb das Netz und richtet eine zweite Stelle ein.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "Der Client-Dienst oder seine Firma ist ausgesetzt",
            meaning: "Jemand hat ihn ausgesetzt; der Grund steht auf seiner Seite. Bis zur Reaktivierung wird nichts davon gesiegelt.",
            todo: "Lesen Sie den Grund auf der Seite des Client-Dienstes oder der Firma. Wer darf, reaktiviert; danach werden die Dokumente erneut gesendet.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "Ein Fehler dieses Dienstes",
            meaning: "Es ging etwas schief, das weder Absender noch Empfänger beheben kann. Nichts Falsches wurde herausgegeben.",
            todo: "Sagen Sie es dem Betrieb, mit der Nummer des Vorgangs: das Protokoll weiß mehr. Ist es behoben, senden Sie das Dokument erneut.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Jemand hat den Vorgang beendet",
            meaning: "Der Betrieb hat ihn beendet, bevor dieses Dokument gesiegelt war.",
            todo: "Fragen Sie den Betrieb nach dem Grund. Das Dokument kann mit derselben Referenz erneut gesendet werden.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "Die Anfrage wurde nicht verstanden",
            meaning: "Was das Programm des Absenders geschickt hat, ist keine Anfrage, wie dieser Dienst sie liest. Nichts wurde aufgezeichnet, jede Referenz bleibt frei.",
            todo: "Geben Sie den Satz und die Nummer der Anfrage an die Betreuung der Anbindung.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "Die Referenz ist vergeben",
            meaning: "Ein Dokument oder eine Anfrage mit dieser Referenz ist schon hier, mit anderem Inhalt. So wird nichts doppelt gesiegelt.",
            todo: "Suchen Sie die Referenz im Suchfeld: ist es das gemeinte Dokument, ist nichts zu tun. Sonst gibt der Absender dem neuen eine andere Referenz.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Zu viel auf einmal",
            meaning: "Es wurde mehr verlangt, als in einer Minute, einer Stunde oder an einem Tag erlaubt ist.",
            todo: "Warten Sie so lange, wie die Antwort sagt; dann wird erneut gesendet. Der Betrieb kann die Grenze eines Client-Dienstes erhöhen.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "Das Programm des Absenders ist nicht angemeldet",
            meaning: "Sein Zugang ist abgelaufen, sein Geheimnis wurde ersetzt, oder es darf nicht, was es wollte.",
            todo: "Die Betreuung der Anbindung prüft Alias und Geheimnis. Ein neues Geheimnis gibt es auf der Seite des Client-Dienstes.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "Es ist nicht da",
            meaning: "Das Gesuchte gibt es für diesen Client-Dienst nicht, oder sein Inhalt wird nicht mehr aufbewahrt.",
            todo: "Prüfen Sie Referenz und Client-Dienst. Was nicht mehr aufbewahrt wird, kann nur als neues Dokument gesiegelt werden.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "Es ist noch nicht da",
            meaning: "Der Vorgang ist noch in Arbeit oder wartet auf den nächsten Versuch.",
            todo: "Warten Sie: er endet von selbst. Der Vorgang sagt, wann wieder versucht wird; „{retry}“ tut es sofort.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "Die Mail kann nicht gesendet werden",
            meaning: "Es ist niemand genannt, der sie bekommen könnte, an die Adresse gehen von hier keine Mails, oder kein Dokument ist gesiegelt.",
            todo: "Berichtigen Sie die Adresse und senden Sie erneut von der Seite des Vorgangs.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "Der Webhook kann so nicht eingerichtet werden",
            meaning: "Seine Adresse führt an einen Ort, den dieser Dienst nicht aufruft, oder es sind zu viele.",
            todo: "Die Betreuung der Anbindung nennt eine Adresse im Internet mit https oder entfernt einen, der nicht mehr gebraucht wird.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "Ein Teil des Dienstes hat nicht geantwortet",
            meaning: "Die Datenbank, der Schlüssel oder ein anderer Teil war weg. Was verlangt war, kann trotzdem geschehen sein.",
            todo: "Suchen Sie zuerst die Referenz. Dieselbe Anfrage darf ohne Schaden wiederholt werden: nichts wird doppelt gesiegelt.",
        },
    }
}
