//! What each answer means for the receiver, the message and the relay.

use chancery::domain::delivery::Verdict::{self, Accepted, Later, Never, Relay, TooLarge};
use chancery::outbound::mail::Mailer;

use super::{KEY, account, address, impatient, letter, try_once};
use crate::support::smtp::{Act, Greylist, Script, SmtpServer, Step};

#[tokio::test]
async fn a_letter_arrives_with_its_envelope_and_its_dots() {
    let server = SmtpServer::start(Script::default());
    let message = letter("ap@customer.example").compose().unwrap();
    let tried =
        Mailer::new().send(&account(&server), KEY, &address("ap@customer.example"), &message).await;
    assert_eq!((tried.verdict, tried.phase), (Accepted, "message"));
    assert_eq!(tried.reply, "250 2.0.0 taken");
    let accepted = server.wait_for(1);
    assert_eq!(accepted[0].from, "invoices@seller.example");
    assert_eq!(accepted[0].to, ["ap@customer.example"]);
    assert_eq!(accepted[0].message, message);
    assert_eq!(accepted[0].header("Message-ID").unwrap(), "<0001.a@seller.example>");
}

#[tokio::test]
async fn every_answer_has_its_meaning() {
    let cases: &[(Step, &str, Verdict, &str)] = &[
        (Step::Connect, "421 4.3.2 too busy", Relay, "connect"),
        (Step::Connect, "554 5.7.1 you are listed", Relay, "connect"),
        (Step::Ehlo, "421 4.3.2 too busy", Relay, "ehlo"),
        (Step::Ehlo, "550 5.7.1 who are you", Relay, "ehlo"),
        (Step::Mail, "421 4.3.2 shutting down", Relay, "mail"),
        (Step::Mail, "451 4.3.0 try later", Relay, "mail"),
        (Step::Mail, "550 5.7.1 not this sender", Relay, "mail"),
        (Step::Mail, "552 5.3.4 too large", TooLarge, "mail"),
        (Step::Mail, "552 too large", TooLarge, "mail"),
        (Step::Rcpt, "251 2.1.5 will forward", Accepted, "message"),
        (Step::Rcpt, "252 2.1.5 will see", Accepted, "message"),
        (Step::Rcpt, "421 4.3.2 shutting down", Later, "rcpt"),
        (Step::Rcpt, "450 4.2.0 busy", Later, "rcpt"),
        (Step::Rcpt, "451 4.3.0 error", Later, "rcpt"),
        (Step::Rcpt, "452 4.2.2 full", Later, "rcpt"),
        (Step::Rcpt, "550 5.1.1 nobody", Never, "rcpt"),
        (Step::Rcpt, "551 5.1.6 moved", Never, "rcpt"),
        (Step::Rcpt, "552 5.2.2 full", Never, "rcpt"),
        (Step::Rcpt, "552 full", Never, "rcpt"),
        (Step::Rcpt, "552 5.2.3 too large for them", TooLarge, "rcpt"),
        (Step::Rcpt, "553 5.1.3 odd name", Never, "rcpt"),
        (Step::Rcpt, "554 5.7.1 no", Never, "rcpt"),
        (Step::Rcpt, "354 what", Later, "rcpt"),
        (Step::Data, "421 4.3.2 shutting down", Later, "data"),
        (Step::Data, "451 4.3.0 error", Later, "data"),
        (Step::Data, "554 5.5.1 no", Never, "data"),
        (Step::Data, "250 what", Later, "data"),
        (Step::Message, "421 4.3.2 shutting down", Later, "message"),
        (Step::Message, "451 4.7.1 try later", Later, "message"),
        (Step::Message, "452 4.3.1 disk full", Later, "message"),
        (Step::Message, "550 5.7.1 spam", Never, "message"),
        (Step::Message, "552 5.3.4 too large", TooLarge, "message"),
        (Step::Message, "552 5.2.2 full", Never, "message"),
        (Step::Message, "554 5.6.0 refused", Never, "message"),
    ];
    let server = SmtpServer::start(Script::default());
    for (step, said, verdict, phase) in cases {
        server.set(|script| {
            script.behave();
            script.at(*step, Act::say(said));
        });
        let before = server.accepted().len();
        let tried = try_once(&account(&server), "ap@customer.example").await;
        assert_eq!((&tried.verdict, tried.phase), (verdict, *phase), "{step:?} {said}");
        assert!(!tried.ambiguous, "{step:?} {said}");
        let taken = usize::from(*verdict == Accepted);
        assert_eq!(server.accepted().len() - before, taken, "{step:?} {said}");
        assert!(taken == 1 || tried.reply == *said, "{step:?} {said}: {}", tried.reply);
    }
}

#[tokio::test]
async fn one_refused_receiver_does_not_touch_the_others() {
    let server = SmtpServer::start(Script::default());
    server.set(|script| {
        script.receiver("gone", Step::Rcpt, Act::say("550 5.1.1 nobody"));
        script.receiver("full", Step::Message, Act::say("452 4.2.2 full"));
        script.receiver("odd", Step::Data, Act::say("554 5.5.1 no"));
    });
    let mailer = Mailer::new();
    let message = letter("ap@customer.example").compose().unwrap();
    let mut verdicts = Vec::new();
    for local in ["gone", "a", "full", "b", "odd", "c"] {
        let to = address(&format!("{local}@customer.example"));
        verdicts.push(mailer.send(&account(&server), KEY, &to, &message).await.verdict);
    }
    assert_eq!(verdicts, [Never, Accepted, Later, Accepted, Never, Accepted]);
    let receivers: Vec<_> = server.accepted().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(receivers, ["a@customer.example", "b@customer.example", "c@customer.example"]);
    assert_eq!(server.connections(), 1, "a refusal does not cost a connection");
}

#[tokio::test]
async fn greylisting_passes_after_its_time() {
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let read = std::sync::Arc::clone(&clock);
    let server = SmtpServer::start(Script {
        greylist: Some(Greylist::After(
            300_000,
            std::sync::Arc::new(move || read.load(std::sync::atomic::Ordering::SeqCst)),
        )),
        ..Script::default()
    });
    let mut verdicts = Vec::new();
    for at in [0, 240_000, 300_000] {
        clock.store(at, std::sync::atomic::Ordering::SeqCst);
        verdicts.push(try_once(&account(&server), "ap@customer.example").await.verdict);
    }
    assert_eq!(verdicts, [Later, Later, Accepted]);
    server.set(|script| script.greylist = Some(Greylist::Tries(1)));
    assert_eq!(try_once(&account(&server), "new@customer.example").await.verdict, Later);
    assert_eq!(try_once(&account(&server), "new@customer.example").await.verdict, Accepted);
    assert_eq!(server.tries("ap@customer.example"), 3);
}

#[tokio::test]
async fn no_answer_to_the_message_leaves_it_open_whether_it_arrived() {
    let server = SmtpServer::start(Script::default());
    let cases = [
        (Act::TakeThenReset, true),
        (Act::TakeThenSilence, true),
        (Act::TakeThenWait(std::time::Duration::from_secs(3)), true),
        (Act::Silence, false),
        (Act::Close, false),
        (Act::Reset, false),
        (Act::Endless, false),
        (Act::say("nonsense"), false),
        (Act::say("354 go on"), false),
    ];
    for (act, taken) in cases {
        server.set(|script| script.at(Step::Message, act.clone()));
        let before = server.accepted().len();
        let tried = try_once(&impatient(&server), "ap@customer.example").await;
        assert_eq!((tried.verdict, tried.phase), (Later, "message"), "{act:?}");
        assert!(tried.ambiguous, "{act:?}");
        assert_eq!(server.accepted().len() - before, usize::from(taken), "{act:?}");
    }
}

#[tokio::test]
async fn a_relay_that_went_silent_while_idle_is_not_waited_for_twice() {
    let server = SmtpServer::start(Script::default());
    let (mailer, account) = (Mailer::new(), impatient(&server));
    let message = letter("ap@customer.example").compose().unwrap();
    let to = address("ap@customer.example");
    assert_eq!(mailer.send(&account, KEY, &to, &message).await.verdict, Accepted);
    server.set(|script| script.at(Step::Mail, Act::Silence));
    let tried = mailer.send(&account, KEY, &to, &message).await;
    assert_eq!((tried.verdict, tried.phase), (Relay, "mail"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn accepted_letters_lie_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let place = Some(folder.path().to_owned());
    let server = SmtpServer::start(Script { folder: place, ..Script::default() });
    for local in ["a", "b"] {
        let to = format!("{local}@customer.example");
        assert_eq!(try_once(&account(&server), &to).await.verdict, Accepted);
    }
    let mail = std::fs::read(folder.path().join("000002.eml")).unwrap();
    assert_eq!(mail, server.accepted()[1].message);
    let envelope = std::fs::read(folder.path().join("000002.json")).unwrap();
    let envelope: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    assert_eq!(envelope["to"], serde_json::json!(["b@customer.example"]));
}

#[tokio::test]
async fn a_broken_connection_before_the_final_dot_is_not_ambiguous() {
    let server = SmtpServer::start(Script::default());
    let steps = [
        (Step::Connect, Relay, "connect"),
        (Step::Ehlo, Relay, "ehlo"),
        (Step::Mail, Relay, "mail"),
        (Step::Rcpt, Later, "rcpt"),
        (Step::Data, Later, "data"),
    ];
    for (step, verdict, phase) in steps {
        for act in [Act::Close, Act::Reset, Act::Silence] {
            server.set(|script| {
                script.behave();
                script.at(step, act.clone());
            });
            let tried = try_once(&impatient(&server), "ap@customer.example").await;
            assert_eq!((tried.verdict, tried.phase), (verdict, phase), "{step:?} {act:?}");
            assert!(!tried.ambiguous, "{step:?} {act:?}");
        }
    }
    assert!(server.accepted().is_empty());
}

#[tokio::test]
async fn a_relay_that_is_away_is_not_the_receivers_fault() {
    let server = SmtpServer::start(Script::default());
    let account = account(&server);
    drop(server);
    let tried = try_once(&account, "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.phase), (Relay, "connect"));
    let mut nowhere = account;
    nowhere.host = "nowhere.invalid".to_owned();
    let tried = try_once(&nowhere, "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.phase), (Relay, "connect"));
    assert!(tried.reply.contains("nowhere.invalid"), "{}", tried.reply);
}

#[tokio::test]
async fn what_a_relay_cannot_take_is_not_sent() {
    let server = SmtpServer::start(Script::default());
    let size = letter("ap@customer.example").compose().unwrap().len();
    server.set(|script| script.extensions = vec![format!("SIZE {}", size - 1)]);
    let tried = try_once(&account(&server), "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.phase), (TooLarge, "mail"));
    server.set(|script| script.extensions = vec!["SIZE 0".to_owned()]);
    assert_eq!(try_once(&account(&server), "ap@customer.example").await.verdict, Accepted);

    // Neither 8BITMIME nor SMTPUTF8: letters are 7-bit, domains have A-labels, local parts have not.
    let tried = try_once(&account(&server), "ap@exämple.pt").await;
    assert_eq!(tried.verdict, Accepted);
    assert_eq!(server.accepted()[1].to, ["ap@xn--exmple-cua.pt"]);
    let tried = try_once(&account(&server), "josé@example.pt").await;
    assert_eq!((tried.verdict, tried.phase), (Never, "rcpt"));
    assert!(tried.reply.contains("SMTPUTF8"), "{}", tried.reply);
    let binary = "Subject: é\r\n\r\né\r\n".as_bytes();
    let to = address("ap@customer.example");
    let tried = Mailer::new().send(&account(&server), KEY, &to, binary).await;
    assert_eq!(tried.verdict, Never);
    assert!(tried.reply.contains("8BITMIME"), "{}", tried.reply);
    let sent = |what: &str| server.commands().iter().any(|(_, command)| command.contains(what));
    assert!(!sent("jos") && !sent("8BITMIME"));

    server.set(|script| script.extensions = vec!["SMTPUTF8".to_owned(), "8BITMIME".to_owned()]);
    assert_eq!(try_once(&account(&server), "josé@example.pt").await.verdict, Accepted);
    assert_eq!(server.accepted()[2].to, ["josé@example.pt"]);
    let tried = Mailer::new().send(&account(&server), KEY, &to, binary).await;
    assert_eq!(tried.verdict, Accepted);
    assert_eq!(server.accepted()[3].message, binary);
}
