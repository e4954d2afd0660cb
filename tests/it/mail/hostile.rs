//! Relays that mean ill or are broken: bounded in time and bytes, and never a wrong "accepted".

use std::time::{Duration, Instant};

use chancery::domain::delivery::Verdict::{Accepted, Later, Relay};

use super::{account, impatient, try_once};
use crate::support::client::PATIENCE;
use crate::support::smtp::{Act, Script, SmtpServer, Step};

#[tokio::test]
async fn whatever_is_said_without_end_is_cut_off() {
    let server = SmtpServer::start(Script::default());
    let steps = [
        (Step::Connect, Relay),
        (Step::Ehlo, Relay),
        (Step::Mail, Relay),
        (Step::Rcpt, Later),
        (Step::Data, Later),
        (Step::Message, Later),
    ];
    for (step, verdict) in steps {
        for act in [Act::Endless, Act::Flood(10_000_000), Act::Trickle(Duration::from_millis(100))]
        {
            server.set(|script| {
                script.behave();
                script.at(step, act.clone());
            });
            let started = Instant::now();
            let tried = try_once(&impatient(&server), "ap@customer.example").await;
            assert_eq!(tried.verdict, verdict, "{step:?} {act:?}: {}", tried.reply);
            assert_eq!(tried.ambiguous, step == Step::Message, "{step:?} {act:?}");
            assert!(tried.reply.len() <= 500, "{step:?} {act:?}");
            // Without a limit each would take minutes.
            assert!(started.elapsed() < PATIENCE, "{step:?} {act:?}");
        }
    }
}

#[tokio::test]
async fn odd_bytes_are_no_answer_and_no_crash() {
    let server = SmtpServer::start(Script::default());
    for said in [
        "",
        "2",
        "250",
        "250- ",
        "250-\n250 ",
        "25x no",
        "999 x",
        "HTTP/1.1 400",
        "250\0x",
        "220-\n\n",
    ] {
        for step in [Step::Connect, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data, Step::Message] {
            server.set(|script| {
                script.behave();
                script.at(step, Act::say(said));
            });
            let tried = try_once(&impatient(&server), "ap@customer.example").await;
            let taken = tried.verdict == Accepted;
            assert!(!taken || said.starts_with("250"), "{step:?} {said:?}: {tried:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_ahead_of_its_question_is_never_an_acceptance() {
    let server = SmtpServer::start(Script::default());
    for step in [Step::Connect, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
        server.set(|script| {
            script.behave();
            script.at(step, Act::Ahead("250 2.0.0 taken".to_owned()));
            script.at(Step::Message, Act::say("554 5.7.1 no"));
        });
        let tried = try_once(&impatient(&server), "ap@customer.example").await;
        assert_ne!(tried.verdict, Accepted, "{step:?}: {tried:?}");
        assert!(!tried.ambiguous, "{step:?}: {tried:?}");
    }
    assert!(server.accepted().is_empty());
}

#[tokio::test]
async fn a_slow_relay_is_waited_for() {
    let server = SmtpServer::start(Script::default());
    let wait = Duration::from_millis(100);
    server.set(|script| {
        for step in [Step::Connect, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
            script.at(step, Act::Wait(wait));
        }
        script.at(Step::Message, Act::WaitAndSay(wait, "250 2.0.0 at last".to_owned()));
    });
    let tried = try_once(&account(&server), "ap@customer.example").await;
    assert_eq!((tried.verdict, tried.reply.as_str()), (Accepted, "250 2.0.0 at last"));
}
