//! English.

use super::{
    AlarmWords, InvitationWords, LetterWords, NotificationWords, PageWords, Sample, Words,
};

pub(super) const WORDS: Words = Words {
    notification: NotificationWords {
        subject: "{% if several %}{{ document_count }} new sealed documents{% else %}New sealed document{% endif %} from {{ issuer.name }}",
        heading: "{% if several %}New sealed documents{% else %}New sealed document{% endif %}",
        intro: "{{ issuer.name }} has made {% if several %}{{ document_count }} sealed documents{% else %}a sealed document{% endif %} available to you.",
        reference: "Reference",
        description: "The sender's words",
        colon: ":",
        documents: "{% if several %}Documents{% else %}Document{% endif %}",
        sealed: "sealed by {{ document.sealed_by }} on {{ document.signing_time }}",
        more: "and {{ documents_more }} more",
        attached: "{% if several %}The documents are attached to this message.{% else %}The document is attached to this message.{% endif %}",
        too_large: "{% if several %}The documents are too large to be attached to this message.{% else %}The document is too large to be attached to this message.{% endif %}",
        link: "{% if several %}View and download the documents{% else %}View and download the document{% endif %}",
        expires: "The link is meant for you alone and is valid until {{ link_expires }}.",
        footer: "This message was sent automatically to {{ receiver }} on behalf of {{ issuer.name }}.",
    },
    test: LetterWords {
        subject: "Test message from {account}",
        paragraphs: &[
            "This is a test message. Outgoing mail of {account} works.",
            "It was sent on {date}.",
        ],
    },
    alarm: AlarmWords {
        expiring: [
            "Certificate {alias} expires today",
            "Certificate {alias} expires tomorrow",
            "Certificate {alias} expires in {days} days",
        ],
        expiring_text: &[
            "The certificate of credential {alias} ({subject}) expires on {date}. After that nothing can be sealed with it.",
            "Request a new certificate and register it before that date.",
        ],
        expired: LetterWords {
            subject: "Certificate {alias} has expired",
            paragraphs: &[
                "The certificate of credential {alias} ({subject}) expired on {date}. Nothing is sealed with it any more.",
                "Register a new certificate to seal again.",
            ],
        },
        algorithm_ending: LetterWords {
            subject: "{what} of {alias} ends on {date}",
            paragraphs: &[
                "Seals of credential {alias} stand on {what}, which is accepted until {date} ({source}). Afterwards verifiers may refuse them.",
                "Order a certificate for another key, or ask for another signature algorithm, before that date.",
            ],
        },
        algorithm_ended: LetterWords {
            subject: "{what} of {alias} ended on {date}",
            paragraphs: &[
                "Seals of credential {alias} stand on {what}, which was accepted until {date} ({source}). Verifiers may refuse them.",
                "Order a certificate for another key, or ask for another signature algorithm.",
            ],
        },
        grant_ending: LetterWords {
            subject: "Access to key {alias} ends on {date}",
            paragraphs: &[
                "The certification authority's permission to use the key of credential {alias} ends on {date}.",
                "Renew it before that date; otherwise nothing can be sealed with this credential.",
            ],
        },
        grant_ended: LetterWords {
            subject: "Access to key {alias} has ended",
            paragraphs: &[
                "The certification authority's permission to use the key of credential {alias} has ended: its last day is {date}, or every signature it permits has been made.",
                "Renew it to seal with this credential again.",
            ],
        },
        grant_used: LetterWords {
            subject: "Access to key {alias}: {percent}% of the signatures used",
            paragraphs: &[
                "{percent}% of the signatures that the certification authority permits with the key of credential {alias} are used.",
                "Renew the permission in time; otherwise nothing can be sealed with this credential.",
            ],
        },
        key_quarantined: LetterWords {
            subject: "The key of {alias} made a wrong signature",
            paragraphs: &[
                "The key of credential {alias} answered with a signature value that its certificate does not verify, on {date}. The value was thrown away; the key is not used until you release it.",
                "Find out why: ask the maker of the token, look into the log of the service. Then: chancery keys release --credential {alias}. What waits is sealed right after.",
            ],
        },
        usage_near: LetterWords {
            subject: "{company} has used {percent}% of its limit",
            paragraphs: &[
                "{company} has sealed {used} of {limit} documents in the period that ends on {date}.",
                "Agree on a higher limit if it will not be enough.",
            ],
        },
        period_near: LetterWords {
            subject: "{percent}% of the period of {company} is over",
            paragraphs: &[
                "The period of {company} ends on {date}. So far {used} of {limit} documents are sealed.",
                "Agree on the next one in time.",
            ],
        },
        usage_exceeded: LetterWords {
            subject: "{company} has exceeded its limit",
            paragraphs: &[
                "{company} has sealed {used} documents; the limit for the period that ends on {date} is {limit}.",
                "Agree on a higher limit.",
            ],
        },
        usage_ended: LetterWords {
            subject: "The period of {company} is over",
            paragraphs: &[
                "The period of {company} ended on {date}, with {used} of {limit} documents sealed.",
                "Agree on a new period.",
            ],
        },
        mail_closed: LetterWords {
            subject: "Outgoing mail of {account} is stopped",
            paragraphs: &[
                "The mail server of {account} has taken no message since {date}. Its last answer: {words}",
                "Messages are kept and tried again. Check host, port, user name and password of the account.",
            ],
        },
        authority_away: LetterWords {
            subject: "The time-stamp authority {name} gives no timestamps",
            paragraphs: &[
                "The time-stamp authority {name} has given no timestamp since {date}. Why: {words}",
                "Another authority is asked where there is one; otherwise documents wait or fail, as their client service is set. Ask it for one with: chancery check",
            ],
        },
        source_away: LetterWords {
            subject: "Nothing of use is told of certificates at {name}",
            paragraphs: &[
                "At {name} nobody has said anything of use about certificates since {date}. Why: {words}",
                "Documents at levels LT and LTA are sealed with what was told before as long as that is good, or with what another address tells; otherwise they wait or fail, as their client service is set. Ask there with: chancery check",
            ],
        },
        credential_revoked: LetterWords {
            subject: "The sealing certificate {alias} was revoked",
            paragraphs: &[
                "Whoever issued the sealing certificate {alias}, or an authority above it, says that it was revoked; this is known since {date}. What was said: {words}",
                "The credential is disabled, and nothing is sealed with it any more. Ask your certificate authority why, and import another one. Should it have been an error that was corrected: chancery credential enable --alias {alias}",
            ],
        },
        test_authority: LetterWords {
            subject: "Test certificates in use: {what}",
            paragraphs: &[
                "The configuration or the credentials of this service have something of a test authority: {what}. The service is reached from other machines; nobody else believes such seals and timestamps.",
                "Put that of a real authority in its place. More is told by: chancery check",
            ],
        },
        mails_at_limit: LetterWords {
            subject: "{client} has reached its limit of mails",
            paragraphs: &[
                "{client} may have {limit} mails sent to {what} in 24 hours and has reached that. Requests with more receivers are refused until {date}.",
                "Raise the limit if these mails are wanted.",
            ],
        },
        logins_failing: LetterWords {
            subject: "Log-ins of {who} fail",
            paragraphs: &[
                "{failures} log-ins of {who} have failed since {date}, the last one from {address}.",
                "Find out whether a client uses an old secret or somebody guesses. Tries are slowed down by themselves; a secret is replaced at once with chancery client-service rotate-secret --only.",
            ],
        },
        sign_ins_failing: LetterWords {
            subject: "Signing in as {who} fails",
            paragraphs: &[
                "{failures} tries to sign in to the back office as {who} have failed since {date}, the last one from {address}.",
                "Ask the person whether that was it. If not, somebody guesses: tries are slowed down by themselves, and nobody is locked out. A password that became known is taken away with chancery person reset.",
            ],
        },
        seals_withheld: LetterWords {
            subject: "Seals of {alias} are withheld",
            paragraphs: &[
                "Since {date} seals of {alias} have not passed the check before release, and were not released. What was found in the last one: {words}",
                "The documents have failed as seal-check-failed; the log names them. Send them again after an update, or with other settings, and tell the makers of Chancery.",
            ],
        },
        queue_old: LetterWords {
            subject: "Messages have been waiting since {date}",
            paragraphs: &[
                "Messages waiting to be sent: {waiting}. The oldest has been waiting since {date}.",
                "Check that background work is running and that the mail server and the endpoints answer.",
            ],
        },
        operations_old: LetterWords {
            subject: "Operations have been unfinished since {date}",
            paragraphs: &[
                "Unfinished operations: {waiting}. The oldest was accepted on {date}.",
                "Check that the keys and the database answer, and look into the log of the service.",
            ],
        },
        evidence_overdue: LetterWords {
            subject: "Preserved documents have no evidence yet",
            paragraphs: &[
                "The oldest of the documents without an evidence record was sealed on {date}.",
                "They get one as soon as a time-stamp authority gives a token; nothing is lost meanwhile. Ask with: chancery check, and look into the log of the service.",
            ],
        },
        renewal_overdue: LetterWords {
            subject: "Preserved evidence is not renewed and ends on {date}",
            paragraphs: &[
                "What a timestamp of preserved documents stands on ends on {date}: the certificate of its authority, or an algorithm. Half of the time to renew it is over.",
                "After that day it proves nothing any more. Ask the time-stamp authorities with: chancery check, and look into the log of the service.",
            ],
        },
        operations_crash: LetterWords {
            subject: "The service ended several times while it executed operations",
            paragraphs: &[
                "Operations at which this happened: {waiting}. Their documents are tried one by one now; one at which the service ends too often is put aside.",
                "Look into the log of the service. The command chancery operation end ends an operation by hand.",
            ],
        },
        clock_wrong: LetterWords {
            subject: "The clock of a machine that seals is wrong",
            paragraphs: &[
                "It jumped, or differs from that of the database. By so many seconds: {seconds}.",
                "Check the time synchronisation of the machine. As long as the two differ by more than a minute nothing is sealed; operations wait.",
            ],
        },
    },
    invitation: InvitationWords {
        subject: "Your account at Chancery",
        before: "{name}, an account was made for you. You sign in with your mail address, {address}.",
        link: "Set your password",
        behind: "The link is meant for you alone and works once, until {date}. If you do not know what this is about, do nothing.",
    },
    footer_alarm: "Sent automatically by Chancery.",
    page: PageWords {
        autonym: "English",
        languages: "Language",
        skip: "Go to the documents",
        title: "Sealed documents",
        heading: "Documents from {issuer}",
        reference: "Reference",
        description: "Description",
        vat_number: "VAT number",
        documents: "Documents",
        name: "Document",
        size: "Size",
        sealed_by: "Sealed by",
        sealed_at: "Sealed on",
        not_sealed: "Not sealed",
        fingerprint: "Fingerprint (SHA-256)",
        download: "Download",
        download_all: "Download all (ZIP, {size})",
        gone: "No longer kept",
        expires: "This page is meant for you alone and is available until {date}.",
        expired_title: "This link has expired",
        expired_text: "The link was valid until {date}. Please ask the company that sent it to you for a new one.",
        unknown_title: "This link does not work",
        unknown_text: "The link is incomplete or no longer valid. Copy the whole address from the message, or ask the company that sent it to you for a new one.",
        busy_title: "Too many requests",
        busy_text: "Please try again in {seconds} seconds.",
        fault_title: "The page cannot be shown",
        fault_text: "Something went wrong on our side. Please try again in a few minutes.",
    },
    sample: Sample {
        issuer: "Sample Trading Ltd",
        vat_number: "GB123456789",
        description: "Invoices of November",
        pdf: "invoice-2026-0042.pdf",
        xml: "invoice-2026-0042.xml",
    },
};
