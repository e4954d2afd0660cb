//! German.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Passkeys",
    text: "Ein Passkey liegt auf Ihrem Telefon, Ihrem Rechner, einem Sicherheitsschlüssel oder in einer Passwortverwaltung. Mit ihm melden Sie sich ohne Passwort und Code an.",
    none: "Sie haben keinen.",
    add: "Einen Passkey hinzufügen",
    add_text: "Geben Sie ihm einen Namen, an dem Sie ihn wiedererkennen. Ihr Browser fragt dann, wohin er soll.",
    name: "Name",
    name_hint: "Etwa das Gerät, auf dem er liegt.",
    name_wrong: "Es braucht einen Namen von höchstens {most} Zeichen.",
    known: "Jemand hat diesen Passkey schon.",
    many: "Niemand hat mehr als {most} Passkeys. Entfernen Sie zuerst einen.",
    wrong: "Der Passkey wurde nicht hinzugefügt: Was der Browser schickte, passt nicht oder dauerte zu lange. Versuchen Sie es noch einmal.",
    added: "Hinzugefügt",
    used: "Zuletzt benutzt",
    never: "Nie",
    copied: "Vielleicht auf mehreren Geräten",
    single: "Auf einem Gerät",
    remove: "Entfernen",
    remove_text: "{name} meldet niemanden mehr an, und Ihre anderen Sitzungen enden. Auf dem Gerät bleibt der Passkey, bis Sie ihn auch dort entfernen.",
    last: "Das ist Ihr einziger zweiter Schritt. Richten Sie zuerst eine App für Codes ein oder fügen Sie einen anderen Passkey hinzu.",
    use_one: "Einen Passkey benutzen",
    stopped: "Der Browser gab keinen Passkey her. Versuchen Sie es noch einmal oder gehen Sie einen anderen Weg.",
    known_here: "Dieses Gerät hat schon einen Passkey für Ihr Konto.",
    script: "Diese Seite braucht ein Skript, das Ihr Browser nicht ausführt. Eine App für Codes geht ohne.",
    not_possible: "Passkeys brauchen einen Namen in der öffentlichen Adresse des Dienstes (web.public_url), keine Zahl.",
    sign_in_wrong: "Dieser Passkey passt nicht, oder es verging zu viel Zeit. Versuchen Sie es noch einmal oder melden Sie sich mit Ihrem Passwort an.",
    instead: "Oder statt der App einen Passkey hinzufügen",
};
