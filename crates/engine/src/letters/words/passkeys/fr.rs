//! French.

use super::PasskeyWords;

pub(super) const WORDS: PasskeyWords = PasskeyWords {
    passkeys: "Clés d'accès",
    text: "Une clé d'accès se trouve dans votre téléphone, votre ordinateur, une clé de sécurité ou un gestionnaire de mots de passe. Elle vous connecte sans mot de passe ni code.",
    none: "Vous n'en avez aucune.",
    add: "Ajouter une clé d'accès",
    add_text: "Donnez-lui un nom auquel vous la reconnaissez. Votre navigateur demande ensuite où la mettre.",
    name: "Nom",
    name_hint: "Par exemple l'appareil où elle se trouve.",
    name_wrong: "Il faut un nom, de {most} caractères au plus.",
    known: "Quelqu'un a déjà cette clé d'accès.",
    many: "Personne n'a plus de {most} clés d'accès. Retirez-en une d'abord.",
    wrong: "La clé d'accès n'a pas été ajoutée : ce que le navigateur a envoyé ne convient pas, ou a pris trop de temps. Réessayez.",
    added: "Ajoutée",
    used: "Dernier usage",
    never: "Jamais",
    copied: "Peut être sur plusieurs appareils",
    single: "Sur un seul appareil",
    remove: "Retirer",
    remove_text: "{name} ne connecte plus, et vos autres sessions prennent fin. La clé d'accès reste sur l'appareil jusqu'à ce que vous l'y retiriez aussi.",
    last: "C'est votre seule deuxième étape. Configurez d'abord une application de codes ou ajoutez une autre clé d'accès.",
    use_one: "Utiliser une clé d'accès",
    stopped: "Le navigateur n'a donné aucune clé d'accès. Réessayez, ou prenez un autre chemin.",
    known_here: "Cet appareil a déjà une clé d'accès pour votre compte.",
    script: "Cette page a besoin d'un script que votre navigateur n'exécute pas. Une application de codes fonctionne sans.",
    not_possible: "Les clés d'accès ont besoin d'un nom dans l'adresse publique du service (web.public_url), non d'un nombre.",
    sign_in_wrong: "Cette clé d'accès ne convient pas, ou trop de temps a passé. Réessayez, ou connectez-vous avec votre mot de passe.",
    instead: "Ou ajoutez une clé d'accès au lieu de l'application",
};
