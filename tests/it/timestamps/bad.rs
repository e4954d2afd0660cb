//! What an authority can answer wrongly: each told for what it is, and another one is asked.

use chancery::domain::client_service::Timestamps;
use chancery::domain::instant::DAY_MS;
use chancery_testing::tsa::{TSA, TST_INFO};
use chancery_testing::tsa_server::{SeenQuery, TsaReply, TsaServer};

use super::{all_judged, authority, client, setup, stamped};
use crate::support::authority::AUTHORITY;
use crate::support::client::{sealed, small};
use crate::support::service::{now, run, unique};

type Answer = fn(&SeenQuery) -> TsaReply;

/// What a good authority answers to a request in which an octet was changed.
fn changed(query: &SeenQuery, at: usize) -> TsaReply {
    let mut query = query.clone();
    query.body[at] ^= 1;
    TsaReply::good(&query)
}

fn position(octets: &[u8], wanted: &[u8]) -> usize {
    octets.windows(wanted.len()).position(|window| window == wanted).unwrap()
}

/// A token over what a good one is over, changed, signed with another certificate.
fn signed(query: &SeenQuery, name: &str, change: impl Fn(&mut Vec<u8>)) -> TsaReply {
    let mut info = TSA.info(&TSA.token(&TSA.answer(&query.body, "rsa", "")));
    change(&mut info);
    let options =
        format!("-cades -econtent_type {TST_INFO} -md sha256 -signer {name}.pem -inkey {name}.key");
    let token = TSA.sign(&info, &options);
    let status = [0x30, 3, 2, 1, 0];
    let length = u16::try_from(status.len() + token.len()).unwrap().to_be_bytes();
    TsaReply::of([&[0x30, 0x82][..], &length, &status, &token].concat())
}

/// Moves the time of a TSTInfo.
fn in_two_days(info: &mut [u8]) {
    let at = position(info, &[0x18, 15, b'2', b'0']) + 2;
    let later = now().plus_ms(2 * DAY_MS).to_rfc3339();
    let digits: Vec<u8> = later.bytes().filter(u8::is_ascii_digit).take(14).collect();
    info[at..at + 14].copy_from_slice(&digits);
}

const ANSWERS: [(&str, Answer, &str); 19] = [
    ("nonce", |it| changed(it, it.body.len() - 4), "another nonce than the request"),
    (
        "imprint",
        |it| changed(it, position(&it.body, &[4, 32]) + 2),
        "over another imprint than was asked for",
    ),
    (
        "imprint of another digest",
        |it| {
            let mut query = it.clone();
            let at = position(&it.body, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]);
            query.body[at + 8] = 2;
            TsaReply { status: 200, ..TsaReply::of(TSA.answer(&query.body, "rsa", "")) }
        },
        "gave no token",
    ),
    ("policy", |it| changed(it, position(&it.body, &[6, 3, 0x2A, 3, 5]) + 4), "made under policy"),
    ("purpose missing", |it| signed(it, "silent", |_| {}), "it has no extendedKeyUsage"),
    ("purpose not critical", |it| signed(it, "lenient", |_| {}), "is not critical"),
    ("another purpose", |it| signed(it, "double", |_| {}), "timeStamping alone"),
    ("usage", |it| signed(it, "cipher", |_| {}), "the keyUsage of the certificate"),
    ("changed later", |it| signed(it, "rsa", |info| info.push(0)), "TSTInfo"),
    ("time", |it| signed(it, "rsa", |info| in_two_days(info)), "check both clocks"),
    (
        "accuracy",
        |it| TsaReply::of(TSA.answer(&it.body, "rsa", "accuracy = secs:3600")),
        "may be off by 3600000 ms",
    ),
    (
        "cut off",
        |it| TsaReply::of(TsaReply::good(it).body[..100].to_vec()),
        "no TimeStampResp in DER",
    ),
    ("huge", |_| TsaReply::of(vec![0x30; 1 << 20]), "more than the 65536 octets"),
    (
        "redirect",
        |it| {
            let mut reply = TsaReply::good(it);
            reply.headers.push(("location", "http://127.0.0.1:1/tsr".to_owned()));
            TsaReply { status: 307, ..reply }
        },
        "HTTP 307; redirects are not followed",
    ),
    ("garbage", |_| TsaReply::of(b"<html>Welcome</html>".to_vec()), "no TimeStampResp in DER"),
    (
        "content type",
        |it| TsaReply { headers: vec![("content-type", "text/html".into())], ..TsaReply::good(it) },
        "\"text/html\" and not application/timestamp-reply",
    ),
    (
        "rejection",
        |it| TsaReply::of(TSA.answer(&it.body, "rsa", "digests=sha512")),
        "gave no token: rejection, badAlg",
    ),
    ("status", |it| TsaReply { status: 500, ..TsaReply::good(it) }, "it answered HTTP 500"),
    (
        "password",
        |it| TsaReply { status: 401, ..TsaReply::good(it) },
        "HTTP 401; check username, password and client certificate",
    ),
];

/// One authority answers wrongly, the next one in the order of names is asked.
#[test]
fn a_wrong_answer_is_named_and_the_next_authority_is_asked() {
    run(async {
        let (bad, good) = (TsaServer::start(), TsaServer::start());
        let authorities = [
            ("a-bad", authority(&bad.url(), "policy = \"1.2.3.5\"")),
            ("b-good", authority(&good.url(), "")),
        ];
        let service = setup(0, &authorities).start().await;
        let client = client(&service, Timestamps::Wait).await;
        let state = || service.app.authorities.named("a-bad").unwrap().away();
        let mut files = Vec::new();
        for (number, (name, answer, words)) in ANSWERS.into_iter().enumerate() {
            bad.answers(answer);
            let wish = stamped(small(&unique("bad")));
            let said = client.sign(&wish).await.good();
            assert_eq!(
                said["documentList"][0]["signatureLevel"], "XAdES-BASELINE-T",
                "{name}: {said}"
            );
            files.push(sealed(&said, 0));
            let away = state().unwrap_or_else(|| panic!("{name} was taken for good"));
            assert!(away.words.contains(words), "{name}: {}", away.words);
            assert_eq!((bad.seen().len(), good.seen().len()), (number + 1, number + 1), "{name}");
        }
        // It is asked first again, and does it well.
        bad.comes_back();
        files.push(sealed(&client.sign(&stamped(small(&unique("well")))).await.good(), 0));
        assert_eq!(state(), None);
        all_judged(&files);
        assert_eq!(good.seen().len(), ANSWERS.len());
        service.stop().await;
    });
}

/// Nobody listens, one stops in the middle of its answer, the tokens of one are not for here: the fourth authority
/// gives the token.
#[test]
fn authorities_that_cannot_be_used_are_passed_over() {
    run(async {
        let (server, strange, slow) = (TsaServer::start(), TsaServer::start(), TsaServer::start());
        slow.answers(|query| TsaReply { stops_after: Some(10), ..TsaReply::good(query) });
        let closed = chancery_testing::ports::free_address();
        let mut stranger = authority(&strange.url(), "");
        stranger.trust_file = AUTHORITY.root();
        let authorities = [
            ("a-closed", authority(&format!("http://{closed}/"), "")),
            ("b-strange", stranger),
            ("c-slow", authority(&slow.url(), "timeout_ms = 300")),
            ("d-good", authority(&server.url(), "digest = \"SHA512\"\nnonce = false")),
        ];
        let service = setup(60_000, &authorities).start().await;
        let client = client(&service, Timestamps::Fail).await;
        let mut files = Vec::new();
        for _ in 0..2 {
            let answer = client.sign(&stamped(small(&unique("third")))).await.good();
            files.push(sealed(&answer, 0));
        }
        all_judged(&files);
        let away = |name: &str| service.app.authorities.named(name).unwrap().away().unwrap().words;
        assert_eq!(away("a-closed"), "the connection was refused");
        let strange_words = away("b-strange");
        assert!(strange_words.contains("leads to no TSA that is trusted here"), "{strange_words}");
        // What is away rests, and is not asked for the second document.
        assert_eq!(away("c-slow"), "there was no whole answer within 300 ms");
        assert_eq!((strange.seen().len(), slow.seen().len(), server.seen().len()), (1, 1, 2));
        service.stop().await;
    });
}
