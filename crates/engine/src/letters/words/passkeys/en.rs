//! English.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Passkeys",
    text: "A passkey is on your phone, your computer, a security key or in a password manager. It signs you in without password and code.",
    none: "You have none.",
    add: "Add a passkey",
    add_text: "Give it a name by which you know it again. Your browser asks then where to put it.",
    name: "Name",
    name_hint: "Such as the device it is on.",
    name_wrong: "A name is needed, of at most {most} characters.",
    known: "Somebody has this passkey already.",
    many: "Nobody has more than {most} passkeys. Remove one first.",
    wrong: "The passkey was not added: what the browser sent does not fit, or took too long. Try again.",
    added: "Added",
    used: "Last used",
    never: "Never",
    copied: "May be on several devices",
    single: "On one device",
    remove: "Remove",
    remove_text: "{name} signs in no more, and your other sessions end. The passkey stays on the device until you remove it there too.",
    last: "This is your only second step. Set up an app for codes or add another passkey first.",
    use_one: "Use a passkey",
    stopped: "The browser gave no passkey. Try again, or go another way.",
    known_here: "This device has a passkey for your account already.",
    script: "This page needs a script, which your browser does not run. An app for codes works without.",
    not_possible: "Passkeys need a host name in the public address of the service (web.public_url), not a number.",
    sign_in_wrong: "This passkey does not fit, or too much time went by. Try again, or sign in with your password.",
    instead: "Or add a passkey in place of the app",
};
