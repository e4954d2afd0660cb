//! Help in English.

use super::{HelpWords, TopicWords};
use crate::domain::error_topic::ErrorTopic;

pub(super) const WORDS: HelpWords = HelpWords {
    help: "Help",
    text: "What the keys do, and what every error means and who can mend it.",
    keys: "Keys",
    key: "Key",
    does: "What it does",
    keys_text: "They work on every page, but not while something is typed.",
    key_help: "shows the keys",
    key_search: "goes to the search box",
    key_go: "goes to the first page, operations, client services",
    key_tab: "goes on, and back with Shift",
    key_enter: "opens, or sends the form",
    key_escape: "closes what is open",
    single: "Single keys on this device",
    single_text: "Whoever dictates, or touches keys without meaning to, switches them off.",
    close: "Close",
    errors: "Errors",
    errors_text: "By what went wrong. The names are those beside a document and in answers to programs.",
    means: "What it means",
    todo: "What to do",
    same: "Errors of the same kind",
    with_it: "Operations with this error",
    unknown: "There is no error of that name.",
    explain: "What this means",
};

#[expect(clippy::too_many_lines, reason = "it is a table, row by row")]
pub(super) const fn topic(topic: ErrorTopic) -> TopicWords {
    match topic {
        ErrorTopic::FileDamaged => TopicWords {
            title: "The file is damaged",
            meaning: "The file is empty, cut off, damaged, or not readable as what it is. It was not sealed, and nothing was sent to anybody.",
            todo: "Have the file made anew by the program that it comes from, open it once to see that it is whole, and send it again. The same reference may be used.",
        },
        ErrorTopic::FileTooLarge => TopicWords {
            title: "The file is too large or too complicated",
            meaning: "The file has more octets, parts or levels than this service takes, or needs more work than one document may have.",
            todo: "Have it sent smaller: with smaller pictures, fewer attachments, or in several files. Who runs the service can raise some limits.",
        },
        ErrorTopic::FileProtected => TopicWords {
            title: "The file is locked, or holds what is not sealed",
            meaning: "The file needs a password, forbids changes, is a form that a signature would break, or holds scripts or other active content.",
            todo: "Have it saved without protection and without active content (as PDF/A, say), and send it again.",
        },
        ErrorTopic::RuleBroken => TopicWords {
            title: "The document breaks the rules for invoices of its kind",
            meaning: "The document is readable, but a receiver or an authority would refuse it. The operation says which rule, where, and on which line.",
            todo: "Give rule and line to whoever looks after the program that writes the invoices; it is sent again when that is mended.",
        },
        ErrorTopic::SignedAlready => TopicWords {
            title: "The document has a signature already",
            meaning: "A signature that is in the document leaves no room for the seal, or the seal would break it.",
            todo: "Send the document as it was before it was signed. Whoever looks after the integration can also ask for a seal beside the signature (existingSignatures) or in a file of its own (DETACHED).",
        },
        ErrorTopic::Mislabelled => TopicWords {
            title: "The document is not what the request says",
            meaning: "Name, type or format in the request do not fit what is in the file.",
            todo: "Look whether the right file was sent. If so, whoever looks after the integration corrects contentType, name or the kind of signature.",
        },
        ErrorTopic::SealSettings => TopicWords {
            title: "Such a seal cannot be made",
            meaning: "The request, or the settings of the client service, ask for a profile, level, place or algorithm that does not exist or not for this document.",
            todo: "Give the sentence beside the document to whoever looks after the integration; the settings of the client service are on its page.",
        },
        ErrorTopic::VisibleSignature => TopicWords {
            title: "The picture of the signature does not fit",
            meaning: "The page, field, word or area where the seal was to be seen is not there, or its text or image does not fit in.",
            todo: "Whoever looks after the integration corrects where and how the signature is shown, or leaves the picture out.",
        },
        ErrorTopic::Certificate => TopicWords {
            title: "The sealing certificate cannot be used",
            meaning: "It expired, is not valid yet, was revoked or disabled, or none is assigned. No document of this client service can be sealed.",
            todo: "Tell an administrator at once: under “{credentials}” it is renewed, enabled, or another one assigned. What waits is sealed by itself then; what failed is sent again.",
        },
        ErrorTopic::Key => TopicWords {
            title: "The key does not sign",
            meaning: "The device that holds the key did not answer, refused, or answered wrongly.",
            todo: "Tell whoever runs the service. While the device does not answer, operations wait and go on by themselves; what failed is sent again when the key signs.",
        },
        ErrorTopic::OutsideAuthority => TopicWords {
            title: "An outside authority does not answer",
            meaning: "The time-stamp authority, or whoever says whether certificates were revoked, gave no answer in time.",
            todo: "Wait a little and send the document again. If it stays so, whoever runs the service looks at the network and adds a second authority.",
        },
        ErrorTopic::Suspended => TopicWords {
            title: "The client service or its company is suspended",
            meaning: "Somebody suspended it, with a reason that stands on its page. Nothing of it is sealed until it is reactivated.",
            todo: "Read the reason on the page of the client service or company. Whoever may reactivates it; then the documents are sent again.",
        },
        ErrorTopic::Installation => TopicWords {
            title: "A fault of this service",
            meaning: "Something went wrong that neither sender nor receiver can mend. Nothing wrong was released.",
            todo: "Tell whoever runs the service, with the number of the operation: the log says more. Send the document again when it is mended.",
        },
        ErrorTopic::EndedByPerson => TopicWords {
            title: "Somebody ended the operation",
            meaning: "Whoever runs the service ended it before this document was sealed.",
            todo: "Ask whoever runs the service why. The document can be sent again, with the same reference.",
        },
        ErrorTopic::RequestMalformed => TopicWords {
            title: "The request was not understood",
            meaning: "What the program of the sender sent is no request as this service reads them. Nothing was recorded, and every reference stays free.",
            todo: "Give sentence and number of the request to whoever looks after the integration.",
        },
        ErrorTopic::ReferenceUsed => TopicWords {
            title: "The reference is taken",
            meaning: "A document or request with this reference is here already, with other content. So nothing is sealed twice.",
            todo: "Look for the reference in the box: if that is the document that was meant, nothing is to be done. Otherwise the sender gives the new one another reference.",
        },
        ErrorTopic::TooMuchAtOnce => TopicWords {
            title: "Too much at once",
            meaning: "More was asked for than is allowed in a minute, an hour or a day.",
            todo: "Wait as long as the answer says; it is sent again then. Who runs the service can raise the limit of a client service.",
        },
        ErrorTopic::NotLoggedIn => TopicWords {
            title: "The program of the sender is not logged in",
            meaning: "Its access expired, its secret was replaced, or it may not do what it asked for.",
            todo: "Whoever looks after the integration checks alias and secret. A new secret is made on the page of the client service.",
        },
        ErrorTopic::NotThere => TopicWords {
            title: "It is not there",
            meaning: "What was asked for does not exist for this client service, or its content is not kept any more.",
            todo: "Check reference and client service. Content that is not kept can be sent to be sealed again only as a new document.",
        },
        ErrorTopic::TooEarly => TopicWords {
            title: "It is not there yet",
            meaning: "The operation is still in work, or waits for its next try.",
            todo: "Wait: it ends by itself. The operation says when it is tried again; “{retry}” does it at once.",
        },
        ErrorTopic::MailNotSent => TopicWords {
            title: "The mail cannot be sent",
            meaning: "Nobody is named who could get it, the address is none that mails go to from here, or no document is sealed.",
            todo: "Correct the address and send again from the page of the operation.",
        },
        ErrorTopic::WebhookRefused => TopicWords {
            title: "The webhook cannot be set up like this",
            meaning: "Its address leads to a place that this service does not call, or there are too many.",
            todo: "Whoever looks after the integration names an address on the internet with https, or removes one that is not needed any more.",
        },
        ErrorTopic::NoAnswer => TopicWords {
            title: "A part of the service did not answer",
            meaning: "The database, the key or another part was away. What was asked for may have been done all the same.",
            todo: "Look for the reference first. The same request may be sent again without harm: nothing is sealed twice.",
        },
    }
}
