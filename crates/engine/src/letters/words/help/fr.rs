//! Help in French.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Aide",
    text: "Ce que font les touches, ce que chaque erreur veut dire et qui peut y remédier.",
    keys: "Touches",
    key: "Touche",
    does: "Ce qu’elle fait",
    keys_text: "Elles servent sur chaque page, sauf pendant la saisie.",
    key_help: "montre les touches",
    key_search: "va à la recherche",
    key_go: "va à la première page, aux opérations, aux services clients",
    key_tab: "avance, et recule avec Maj",
    key_enter: "ouvre, ou envoie le formulaire",
    key_escape: "ferme ce qui est ouvert",
    single: "Touches seules sur cet appareil",
    single_text: "Qui dicte, ou touche des touches sans le vouloir, les éteint.",
    close: "Fermer",
    errors: "Erreurs",
    errors_text: "Selon ce qui s’est mal passé. Les noms sont ceux à côté d’un document et dans les réponses aux programmes.",
    means: "Ce que cela veut dire",
    todo: "Ce qu’il faut faire",
    same: "Erreurs du même genre",
    with_it: "Opérations avec cette erreur",
    unknown: "Il n’y a pas d’erreur de ce nom.",
    explain: "Ce que cela veut dire",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "Le fichier est endommagé",
            meaning: "Le fichier est vide, tronqué, endommagé ou illisible pour ce qu'il est. Il n'a pas été scellé et rien n'a été envoyé.",
            todo: "Faites produire à nouveau le fichier par le programme dont il vient, ouvrez-le une fois pour vérifier, puis renvoyez-le. La même référence peut servir.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "Le fichier est trop gros ou trop complexe",
            meaning: "Le fichier a plus d'octets, de parties ou de niveaux que ce service n'en accepte, ou demande plus de travail qu'un document ne peut en avoir.",
            todo: "Faites-le envoyer plus petit : images réduites, moins de pièces jointes ou plusieurs fichiers. L'exploitant peut relever certaines limites.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "Le fichier est verrouillé ou contient ce qui ne se scelle pas",
            meaning: "Le fichier demande un mot de passe, interdit les modifications, est un formulaire qu'une signature casserait, ou contient des scripts ou d'autres contenus actifs.",
            todo: "Faites-le enregistrer sans protection ni contenu actif (en PDF/A, par exemple) et renvoyez-le.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "Le document enfreint les règles des factures de ce genre",
            meaning: "Le document est lisible, mais un destinataire ou une administration le refuserait. L'opération dit quelle règle, où et à quelle ligne.",
            todo: "Donnez la règle et la ligne à qui s'occupe du programme qui écrit les factures ; on renvoie une fois corrigé.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "Le document a déjà une signature",
            meaning: "Une signature présente ne laisse pas de place au cachet, ou le cachet la casserait.",
            todo: "Envoyez le document tel qu'il était avant d'être signé. Qui s'occupe de l'intégration peut aussi demander un cachet à côté (existingSignatures) ou dans un fichier à part (DETACHED).",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "Le document n'est pas ce que dit la demande",
            meaning: "Le nom, le type ou le format de la demande ne correspondent pas au contenu du fichier.",
            todo: "Vérifiez que le bon fichier a été envoyé. Si oui, qui s'occupe de l'intégration corrige contentType, le nom ou le genre de signature.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "Un tel cachet ne peut être fait",
            meaning: "La demande, ou les réglages du service client, veulent un profil, un niveau, un endroit ou un algorithme qui n'existe pas, ou pas pour ce document.",
            todo: "Donnez la phrase à côté du document à qui s'occupe de l'intégration ; les réglages du service client sont sur sa page.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "L'image de la signature ne tient pas",
            meaning: "La page, le champ, le mot ou la zone où le cachet devait se voir n'y est pas, ou son texte ou son image n'y tient pas.",
            todo: "Qui s'occupe de l'intégration corrige où et comment la signature se montre, ou laisse l'image de côté.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "Le certificat de cachet est inutilisable",
            meaning: "Il a expiré, n'est pas encore valable, a été révoqué ou désactivé, ou aucun n'est attribué. Aucun document de ce service client ne peut être scellé.",
            todo: "Prévenez aussitôt un administrateur : sous « {credentials} », on le renouvelle, l'active ou en attribue un autre. Ce qui attend est alors scellé tout seul ; ce qui a échoué est renvoyé.",
        },
        ErrorTopic::Key => TopicWords {
            title: "La clé ne signe pas",
            meaning: "L'appareil qui garde la clé n'a pas répondu, a refusé ou a mal répondu.",
            todo: "Prévenez l'exploitant. Tant que l'appareil ne répond pas, les opérations attendent et reprennent seules ; ce qui a échoué est renvoyé quand la clé signe.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "Une autorité extérieure ne répond pas",
            meaning: "L'autorité d'horodatage, ou celle qui dit si des certificats ont été révoqués, n'a pas répondu à temps.",
            todo: "Attendez un peu et renvoyez le document. Si cela dure, l'exploitant vérifie le réseau et ajoute une deuxième autorité.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "Le service client ou sa société est suspendu",
            meaning: "Quelqu'un l'a suspendu, pour une raison qui est sur sa page. Rien n'en est scellé jusqu'à sa réactivation.",
            todo: "Lisez la raison sur la page du service client ou de la société. Qui en a le droit le réactive ; ensuite les documents sont renvoyés.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "Une faute de ce service",
            meaning: "Quelque chose s'est mal passé que ni l'expéditeur ni le destinataire ne peut réparer. Rien de faux n'est sorti.",
            todo: "Prévenez l'exploitant avec le numéro de l'opération : le journal en dit plus. Renvoyez le document quand c'est réparé.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Quelqu'un a mis fin à l'opération",
            meaning: "L'exploitant y a mis fin avant que ce document soit scellé.",
            todo: "Demandez-lui pourquoi. Le document peut être renvoyé avec la même référence.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "La demande n'a pas été comprise",
            meaning: "Ce que le programme de l'expéditeur a envoyé n'est pas une demande que ce service sait lire. Rien n'a été enregistré et toute référence reste libre.",
            todo: "Donnez la phrase et le numéro de la demande à qui s'occupe de l'intégration.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "La référence est prise",
            meaning: "Un document ou une demande de cette référence est déjà ici, avec un autre contenu. Ainsi rien n'est scellé deux fois.",
            todo: "Cherchez la référence : si c'est bien le document voulu, il n'y a rien à faire. Sinon l'expéditeur donne une autre référence au nouveau.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Trop à la fois",
            meaning: "Il a été demandé plus que ce qui est permis en une minute, une heure ou un jour.",
            todo: "Attendez le temps que dit la réponse ; on renvoie ensuite. L'exploitant peut relever la limite d'un service client.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "Le programme de l'expéditeur n'est pas connecté",
            meaning: "Son accès a expiré, son secret a été remplacé, ou il n'a pas le droit de ce qu'il demande.",
            todo: "Qui s'occupe de l'intégration vérifie l'alias et le secret. Un nouveau secret se fait sur la page du service client.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "Cela n'y est pas",
            meaning: "Ce qui est demandé n'existe pas pour ce service client, ou son contenu n'est plus gardé.",
            todo: "Vérifiez la référence et le service client. Ce qui n'est plus gardé ne peut être scellé que comme nouveau document.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "Cela n'y est pas encore",
            meaning: "L'opération est encore en cours, ou attend le prochain essai.",
            todo: "Attendez : elle finit seule. Elle dit quand le prochain essai aura lieu ; « {retry} » le fait aussitôt.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "Le courriel ne peut être envoyé",
            meaning: "Personne n'est nommé qui pourrait le recevoir, aucun courriel ne part d'ici vers cette adresse, ou aucun document n'est scellé.",
            todo: "Corrigez l'adresse et renvoyez depuis la page de l'opération.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "Le webhook ne peut être installé ainsi",
            meaning: "Son adresse mène à un endroit que ce service n'appelle pas, ou il y en a trop.",
            todo: "Qui s'occupe de l'intégration donne une adresse sur l'internet en https, ou en retire un qui ne sert plus.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "Une partie du service n'a pas répondu",
            meaning: "La base de données, la clé ou une autre partie était absente. Ce qui était demandé a pu être fait quand même.",
            todo: "Cherchez d'abord la référence. La même demande peut être renvoyée sans mal : rien n'est scellé deux fois.",
        },
    }
}
