//! French.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} nouveaux documents portant un cachet électronique envoyés par{% else %}Nouveau document portant un cachet électronique envoyé par{% endif %} {{ issuer.name }}",
        heading: "{% if several %}Nouveaux documents portant un cachet électronique{% else %}Nouveau document portant un cachet électronique{% endif %}",
        intro: "{{ issuer.name }} met à votre disposition {% if several %}{{ document_count }} documents portant un cachet électronique{% else %}un document portant un cachet électronique{% endif %}.",
        reference: "Référence",
        description: "Mots de l'expéditeur",
        colon: "\u{a0}:",
        documents: "{% if several %}Documents{% else %}Document{% endif %}",
        sealed: "cachet apposé par {{ document.sealed_by }} le {{ document.signing_time }}",
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
            "Ceci est un message d’essai. L’envoi des e-mails de {account} fonctionne.",
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
        algorithm_ending: LetterWords {
            subject: "{what} de {alias} prend fin le {date}",
            paragraphs: &[
                "Les sceaux de l’identité {alias} reposent sur {what}, accepté jusqu’au {date} ({source}). Ensuite, ils pourront être refusés à la vérification.",
                "Demandez avant cette date un certificat pour une autre clé, ou choisissez un autre algorithme de signature.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} de {alias} a pris fin le {date}",
            paragraphs: &[
                "Les sceaux de l’identité {alias} reposent sur {what}, accepté jusqu’au {date} ({source}). Ils peuvent être refusés à la vérification.",
                "Demandez un certificat pour une autre clé, ou choisissez un autre algorithme de signature.",
            ],
        },
        grant_ending: LetterWords {
            subject: "L’accès à la clé {alias} prend fin le {date}",
            paragraphs: &[
                "L’autorisation de l’autorité de certification d’utiliser la clé de l’identité {alias} prend fin le {date}.",
                "Renouvelez-la avant cette date, faute de quoi plus rien ne pourra être scellé avec cette identité.",
            ],
        },
        grant_ended: LetterWords {
            subject: "L’accès à la clé {alias} a pris fin",
            paragraphs: &[
                "L’autorisation de l’autorité de certification d’utiliser la clé de l’identité {alias} a pris fin\u{a0}: son dernier jour est le {date}, ou toutes les signatures autorisées ont été faites.",
                "Renouvelez-la pour sceller de nouveau avec cette identité.",
            ],
        },
        grant_used: LetterWords {
            subject: "Accès à la clé {alias}\u{a0}: {percent}\u{a0}% des signatures utilisées",
            paragraphs: &[
                "{percent}\u{a0}% des signatures que l’autorité de certification autorise avec la clé de l’identité {alias} ont été utilisées.",
                "Renouvelez l’autorisation à temps, faute de quoi plus rien ne pourra être scellé avec cette identité.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "La clé de {alias} a produit une signature fausse",
            paragraphs: &[
                "La clé du certificat {alias} a répondu le {date} par une valeur de signature que son certificat ne vérifie pas. La valeur a été écartée\u{a0}; la clé n’est pas utilisée tant que vous ne la libérez pas.",
                "Recherchez la cause\u{a0}: interrogez le fabricant du token, consultez le journal du service. Ensuite\u{a0}: chancery keys release --credential {alias}. Ce qui attend est scellé aussitôt.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} a utilisé {percent}\u{a0}% de sa limite",
            paragraphs: &[
                "{company} a scellé {used} documents sur {limit} pendant la période qui se termine le {date}.",
                "Convenez d’une limite plus élevée si celle-ci ne suffit pas.",
            ],
        },
        period_near: LetterWords {
            subject: "{percent}\u{a0}% de la période de {company} sont écoulés",
            paragraphs: &[
                "La période de {company} se termine le {date}. Jusqu’ici, {used} documents sur {limit} ont été scellés.",
                "Convenez à temps de la suivante.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} a dépassé sa limite",
            paragraphs: &[
                "{company} a scellé {used} documents\u{a0}; la limite pour la période qui se termine le {date} est de {limit}.",
                "Convenez d’une limite plus élevée.",
            ],
        },
        usage_ended: LetterWords {
            subject: "La période de {company} est terminée",
            paragraphs: &[
                "La période de {company} s’est terminée le {date}, avec {used} documents scellés sur {limit}.",
                "Convenez d’une nouvelle période.",
            ],
        },
        mail_closed: LetterWords {
            subject: "L’envoi des e-mails de {account} est arrêté",
            paragraphs: &[
                "Le serveur de messagerie de {account} n’accepte plus de message depuis le {date}. Sa dernière réponse\u{a0}: {words}",
                "Les messages sont conservés et leur envoi sera retenté. Vérifiez l’hôte, le port, le nom d’utilisateur et le mot de passe du compte.",
            ],
        },
        authority_away: LetterWords {
            subject: "L’autorité d’horodatage {name} ne donne pas d’horodatage",
            paragraphs: &[
                "L’autorité d’horodatage {name} n’a donné aucun horodatage depuis le {date}. Raison\u{a0}: {words}",
                "Une autre autorité est interrogée s’il y en a une\u{a0}; sinon les documents attendent ou échouent, selon le réglage de leur service client. Interrogez-la avec\u{a0}: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "Rien d’utile n’est dit des certificats à {name}",
            paragraphs: &[
                "À {name}, rien d’utile n’a été dit des certificats depuis le {date}. Raison\u{a0}: {words}",
                "Les documents aux niveaux LT et LTA sont scellés avec ce qui a été dit auparavant tant que cela est valable, ou avec ce que dit une autre adresse\u{a0}; sinon ils attendent ou échouent, selon le réglage de leur service client. Interrogez cette adresse avec\u{a0}: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "Le certificat de cachet {alias} a été révoqué",
            paragraphs: &[
                "L’émetteur du certificat de cachet {alias}, ou une autorité au-dessus, dit qu’il a été révoqué\u{a0}; cela est connu depuis le {date}. Réponse\u{a0}: {words}",
                "Le certificat est désactivé et plus rien n’est scellé avec lui. Demandez-en la raison à votre autorité de certification et importez-en un autre. Si c’était une erreur qui a été corrigée\u{a0}: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Certificats de test utilisés\u{a0}: {what}",
            paragraphs: &[
                "Dans la configuration ou les certificats de ce service se trouve quelque chose d’une autorité de test\u{a0}: {what}. Le service est accessible depuis d’autres machines\u{a0}; personne d’autre ne croit de tels cachets et horodatages.",
                "Remplacez-le par celui d’une vraie autorité. Pour en savoir plus\u{a0}: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} a atteint sa limite de messages",
            paragraphs: &[
                "{client} peut faire envoyer {limit} messages à {what} en 24 heures et a atteint cette limite. Les demandes avec d'autres destinataires sont refusées jusqu'au {date}.",
                "Augmentez la limite si ces envois sont voulus.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Des connexions de {who} échouent",
            paragraphs: &[
                "Depuis le {date}, {failures} connexions de {who} ont échoué, la dernière depuis {address}.",
                "Vérifiez si un client utilise un ancien secret ou si quelqu'un cherche à le deviner. Les tentatives sont ralenties automatiquement ; un secret est remplacé aussitôt avec chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "La connexion de {who} échoue",
            paragraphs: &[
                "Depuis le {date}, {failures} tentatives de connexion à l’administration au nom de {who} ont échoué, la dernière depuis {address}.",
                "Demandez à la personne si c’était elle. Sinon, quelqu’un essaie de deviner : les tentatives sont ralenties d’elles-mêmes, et personne n’est bloqué. Un mot de passe connu est retiré par chancery person reset.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "Des cachets de {alias} sont retenus",
            paragraphs: &[
                "Depuis le {date}, des cachets de {alias} ne passent pas le contrôle avant remise et n’ont pas été remis. Constat du dernier : {words}",
                "Les documents ont échoué avec seal-check-failed ; le journal les nomme. Renvoyez-les après une mise à jour ou avec d’autres réglages, et prévenez les auteurs de Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Des messages attendent depuis le {date}",
            paragraphs: &[
                "Messages en attente d’envoi\u{a0}: {waiting}. Le plus ancien attend depuis le {date}.",
                "Vérifiez que le traitement en arrière-plan fonctionne et que le serveur de messagerie et les adresses de destination répondent.",
            ],
        },
        operations_old: LetterWords {
            subject: "Des opérations sont inachevées depuis le {date}",
            paragraphs: &[
                "Opérations inachevées\u{a0}: {waiting}. La plus ancienne a été acceptée le {date}.",
                "Vérifiez que les clés et la base de données répondent et consultez le journal du service.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Des documents conservés n’ont pas encore de preuve",
            paragraphs: &[
                "Le plus ancien document sans enregistrement de preuve a été scellé le {date}.",
                "Ils en recevront un dès qu’une autorité d’horodatage répondra\u{a0}; rien n’est perdu d’ici là. Interrogez-la avec\u{a0}: chancery check, et consultez le journal du service.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "Des preuves ne sont pas renouvelées et prennent fin le {date}",
            paragraphs: &[
                "Ce sur quoi repose un horodatage de documents conservés prend fin le {date}\u{a0}: le certificat de son autorité ou un algorithme. La moitié du délai de renouvellement est écoulée.",
                "Après ce jour, il ne prouve plus rien. Interrogez les autorités d’horodatage avec\u{a0}: chancery check, et consultez le journal du service.",
            ],
        },
        operations_crash: LetterWords {
            subject: "Le service s’est arrêté plusieurs fois pendant l’exécution d’opérations",
            paragraphs: &[
                "Opérations concernées\u{a0}: {waiting}. Leurs documents sont désormais traités un par un\u{a0}; celui qui arrête trop souvent le service est mis de côté.",
                "Consultez le journal du service. La commande chancery operation end termine une opération à la main.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "L’horloge d’une machine qui scelle est fausse",
            paragraphs: &[
                "Elle a sauté ou diffère de celle de la base de données. Secondes\u{a0}: {seconds}.",
                "Vérifiez la synchronisation de l’heure de la machine. Tant que les deux diffèrent de plus d’une minute, rien n’est scellé\u{a0}; les opérations attendent.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "Votre compte Chancery",
        before: "{name}, un compte a été créé pour vous. Vous vous connectez avec votre adresse e-mail, {address}.",
        link: "Définir votre mot de passe",
        behind: "Le lien vous est réservé et fonctionne une seule fois, jusqu'au {date}. Si vous ne savez pas de quoi il s'agit, ne faites rien.",
    },
    footer_alarm: "Envoyé automatiquement par Chancery.",
    page: PageWords {
        autonym: "Français",
        languages: "Langue",
        skip: "Aller aux documents",
        title: "Documents portant un cachet électronique",
        heading: "Documents envoyés par {issuer}",
        reference: "Référence",
        description: "Description",
        vat_number: "Numéro de TVA",
        documents: "Documents",
        name: "Document",
        size: "Taille",
        sealed_by: "Cachet apposé par",
        sealed_at: "Cachet apposé le",
        not_sealed: "Sans cachet",
        fingerprint: "Empreinte (SHA-256)",
        download: "Télécharger",
        download_all: "Tout télécharger (ZIP, {size})",
        gone: "N’est plus conservé",
        expires: "Cette page est personnelle et disponible jusqu’au {date}.",
        expired_title: "Ce lien a expiré",
        expired_text: "Le lien était utilisable jusqu’au {date}. Demandez-en un nouveau à l’entreprise qui vous l’a envoyé.",
        unknown_title: "Ce lien ne fonctionne pas",
        unknown_text: "Le lien est incomplet ou n’est plus valide. Copiez l’adresse entière du message ou demandez un nouveau lien à l’entreprise qui vous l’a envoyé.",
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
