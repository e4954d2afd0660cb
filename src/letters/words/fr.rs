//! French.

use super::{AlarmWords, LetterWords, NotificationWords, PageWords, Sample, Words};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} nouveaux documents scellés{% else %}Nouveau document scellé{% endif %} de {{ issuer.name }}",
        heading: "{% if several %}Nouveaux documents scellés{% else %}Nouveau document scellé{% endif %}",
        intro: "{{ issuer.name }} met à votre disposition {% if several %}{{ document_count }} documents portant un cachet électronique{% else %}un document portant un cachet électronique{% endif %}.",
        reference: "Référence",
        description: "Description",
        documents: "{% if several %}Documents{% else %}Document{% endif %}",
        sealed: "scellé par {{ document.sealed_by }} le {{ document.signing_time }}",
        more: "et {{ documents_more }} de plus",
        attached: "{% if several %}Les documents sont joints à ce message.{% else %}Le document est joint à ce message.{% endif %}",
        too_large: "{% if several %}Les documents sont trop volumineux pour être joints à ce message.{% else %}Le document est trop volumineux pour être joint à ce message.{% endif %}",
        link: "{% if several %}Consulter et télécharger les documents{% else %}Consulter et télécharger le document{% endif %}",
        expires: "Le lien est personnel et valable jusqu’au {{ link_expires }}.",
        footer: "Ce message a été envoyé automatiquement à {{ receiver }} au nom de {{ issuer.name }}.",
    },
    test: LetterWords {
        subject: "Message d’essai de {account}",
        paragraphs: &[
            "Ceci est un message d’essai. L’envoi de courrier de {account} fonctionne.",
            "Il a été envoyé le {date}.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "Le certificat {alias} expire aujourd’hui",
            "Le certificat {alias} expire demain",
            "Le certificat {alias} expire dans {days} jours",
        ],
        expiring_text: &[
            "Le certificat de l’identité {alias} ({subject}) expire le {date}. Plus rien ne pourra alors être scellé avec lui.",
            "Demandez un nouveau certificat et enregistrez-le avant cette date.",
        ],
        expired: LetterWords {
            subject: "Le certificat {alias} a expiré",
            paragraphs: &[
                "Le certificat de l’identité {alias} ({subject}) a expiré le {date}. Plus rien n’est scellé avec lui.",
                "Enregistrez un nouveau certificat pour sceller à nouveau.",
            ],
        },
        grant_ending: LetterWords {
            subject: "L’accès à la clé {alias} prend fin le {date}",
            paragraphs: &[
                "L’autorisation de l’autorité de certification d’utiliser la clé de l’identité {alias} prend fin le {date}.",
                "Renouvelez-la avant cette date, faute de quoi plus rien ne pourra être scellé avec cette identité.",
            ],
        },
        grant_used: LetterWords {
            subject: "Accès à la clé {alias}\u{a0}: {percent}\u{a0}% des signatures utilisées",
            paragraphs: &[
                "{percent}\u{a0}% des signatures que l’autorité de certification autorise avec la clé de l’identité {alias} sont utilisées.",
                "Renouvelez l’autorisation à temps, faute de quoi plus rien ne pourra être scellé avec cette identité.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} a utilisé {percent}\u{a0}% de sa limite",
            paragraphs: &[
                "{company} a scellé {used} documents sur {limit} pendant la période qui se termine le {date}.",
                "Augmentez la limite si elle ne suffit pas.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} a dépassé sa limite",
            paragraphs: &[
                "{company} a scellé {used} documents\u{a0}; la limite pour la période qui se termine le {date} est de {limit}.",
                "Convenez avec l’entreprise d’une limite plus élevée.",
            ],
        },
        mail_closed: LetterWords {
            subject: "L’envoi de courrier de {account} est arrêté",
            paragraphs: &[
                "Le serveur de messagerie de {account} n’accepte plus de message depuis le {date}. Sa dernière réponse\u{a0}: {words}",
                "Les messages sont conservés et leur envoi est réessayé. Vérifiez l’hôte, le port, le nom d’utilisateur et le mot de passe du compte.",
            ],
        },
        queue_old: LetterWords {
            subject: "Des messages attendent depuis le {date}",
            paragraphs: &[
                "Messages en attente d’envoi\u{a0}: {waiting}. Le plus ancien attend depuis le {date}.",
                "Vérifiez que le traitement en arrière-plan fonctionne et que le serveur de messagerie et les adresses de destination répondent.",
            ],
        },
    },
    footer_alarm: "Ce message a été envoyé automatiquement par Chancery à ses opérateurs.",
    page: PageWords {
        autonym: "Français",
        languages: "Langue",
        skip: "Aller aux documents",
        title: "Documents scellés",
        heading: "Documents de {issuer}",
        reference: "Référence",
        description: "Description",
        vat_number: "Numéro de TVA",
        documents: "Documents",
        name: "Document",
        size: "Taille",
        sealed_by: "Scellé par",
        sealed_at: "Scellé le",
        not_sealed: "Non scellé",
        fingerprint: "Empreinte (SHA-256)",
        download: "Télécharger",
        download_all: "Tout télécharger (ZIP, {size})",
        gone: "N’est plus conservé",
        expires: "Cette page est personnelle et disponible jusqu’au {date}.",
        expired_title: "Ce lien a expiré",
        expired_text: "Le lien était utilisable jusqu’au {date}. Demandez-en un nouveau à l’entreprise qui vous l’a envoyé.",
        unknown_title: "Ce lien ne fonctionne pas",
        unknown_text: "Le lien est incomplet ou n’est plus valable. Copiez l’adresse entière du message ou demandez un nouveau lien à l’entreprise qui vous l’a envoyé.",
        busy_title: "Trop de requêtes",
        busy_text: "Veuillez réessayer dans {seconds} secondes.",
        fault_title: "La page ne peut pas être affichée",
        fault_text: "Un problème est survenu de notre côté. Veuillez réessayer dans quelques minutes.",
    },
    sample: Sample {
        issuer: "Exemple Négoce SARL",
        vat_number: "FR12345678901",
        description: "Factures de novembre",
        pdf: "facture-2026-0042.pdf",
        xml: "facture-2026-0042.xml",
    },
};
