//! What a responder and a list can be wrongly: each told for what it is, and another place is asked.

use chancery::app::Clock;
use chancery::outbound::revocation::NonceUse;
use chancery::workflow::validation_data::{NoData, collect};
use chancery_testing::status_authority::AuthorityKeys;
use chancery_testing::tsa_server::{SeenQuery, TsaReply};

use super::World;
use crate::support::service::{Service, now, run};

type Answer = fn(&AuthorityKeys, &SeenQuery) -> TsaReply;

/// What the responder says about another certificate.
fn about_another(status: &AuthorityKeys, query: &SeenQuery) -> Vec<u8> {
    let mut request = query.body.clone();
    let at = request.windows(3).position(|it| it == [2, 1, 4]).unwrap();
    request[at + 2] = 2;
    status.ocsp(&request, "good", "-ndays 3")
}

fn at_once(status: u16) -> TsaReply {
    TsaReply { status, ..TsaReply::of(Vec::new()) }
}

/// Answers of the responder.
const ANSWERS: [(&str, Answer, &str); 10] = [
    ("status", |_, _| at_once(500), "it answered HTTP 500"),
    (
        "redirect",
        |_, _| TsaReply {
            headers: vec![("location", "http://127.0.0.1:1/".to_owned())],
            ..at_once(302)
        },
        "HTTP 302; redirects are not followed",
    ),
    ("huge", |_, _| TsaReply::of(vec![0x30; (1 << 20) + 1]), "more than the 1048576 octets"),
    ("garbage", |_, _| TsaReply::of(b"<html>Welcome</html>".to_vec()), "not an OCSP answer in DER"),
    ("refusal", |_, _| TsaReply::of(vec![0x30, 3, 0x0A, 1, 3]), "did not answer: tryLater"),
    (
        "nonce",
        |it, query| {
            let mut request = query.body.clone();
            *request.last_mut().unwrap() ^= 1;
            TsaReply::of(it.ocsp(&request, "good", "-ndays 3"))
        },
        "has not the nonce of the request",
    ),
    (
        "another certificate",
        |it, query| TsaReply::of(about_another(it, query)),
        "is about other certificates",
    ),
    (
        "signer",
        |it, query| {
            let options = "-ndays 3 -rsigner stranger.pem -rkey stranger.key";
            TsaReply::of(it.ocsp(&query.body, "good", options))
        },
        "was not issued by",
    ),
    (
        "stale",
        |it, query| TsaReply::of(it.ocsp(&query.body, "good", "-nmin 1")),
        "the answer was good until",
    ),
    (
        "cut off",
        |it, query| {
            let mut answer = it.ocsp(&query.body, "good", "-ndays 3");
            answer.truncate(100);
            TsaReply::of(answer)
        },
        "not an OCSP answer in DER",
    ),
];

/// Lists, where nobody answers by OCSP.
const LISTS: [(&str, Answer, &str); 6] = [
    ("status", |_, _| at_once(404), "it answered HTTP 404"),
    ("garbage", |_, _| TsaReply::of(b"-----BEGIN".to_vec()), "not a revocation list in DER"),
    ("huge", |_, _| TsaReply::of(vec![0x30; 100_001]), "more than the 100000 octets"),
    (
        "stale",
        |keys, _| {
            let dates = "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z";
            TsaReply::of(keys.list("ca", dates))
        },
        "was to be renewed by 2020-01-02T00:00:00Z",
    ),
    ("signer", |keys, _| TsaReply::of(keys.list("stranger", "-crldays 3")), "has no signature"),
    ("slow", |_, _| TsaReply { stops_after: Some(10), ..TsaReply::of(vec![0x30; 100]) }, "within"),
];

/// Whether the certificate of the seal and those above are good, as the service finds out.
async fn ask(world: &World, service: &Service) -> Result<(), NoData> {
    let others: Vec<_> = world.chain.certificates().skip(1).cloned().collect();
    let signer = [world.chain.signing().clone()];
    collect(&service.app, None, &signer, &others).await.unwrap().map(drop)
}

/// A service that keeps nothing, an hour ahead: what is good for a minute has been then.
async fn forgetful(world: &World, change: impl FnOnce(&mut chancery::config::Config)) -> Service {
    let mut setup = world.setup(0);
    setup.clock = Clock::Fixed(now().plus_ms(3_600_000));
    setup.config.revocation.max_age_ms = 0;
    change(&mut setup.config);
    setup.start().await
}

fn answers(world: &World, path: &'static str, answer: Answer) {
    world.status.answers(move |keys, query| (query.path == path).then(|| answer(keys, query)));
}

#[test]
fn a_wrong_answer_is_named_and_the_list_is_asked() {
    run(async {
        let world = World::new();
        let service = forgetful(&world, |_| {}).await;
        for (name, answer, words) in ANSWERS {
            answers(&world, "/ocsp", answer);
            ask(&world, &service).await.unwrap_or_else(|none| panic!("{name}: {none:?}"));
            let away = world.away(&service, "/ocsp");
            let away = away.unwrap_or_else(|| panic!("{name} was taken for good"));
            assert!(away.contains(words), "{name}: {away}");
            let asked = world.status.asked();
            assert_eq!(asked.last().unwrap(), "/ca.crl", "{name}: {asked:?}");
        }
        world.status.comes_back();
        ask(&world, &service).await.unwrap();
        assert_eq!(world.away(&service, "/ocsp"), None);
        service.stop().await;
    });
}

#[test]
fn a_wrong_list_is_named_and_nothing_is_good() {
    run(async {
        let world = World::new();
        let service = forgetful(&world, |config| {
            config.revocation.list_bytes = 100_000;
            config.revocation.timeout_ms = 2000;
        })
        .await;
        for (name, answer, words) in LISTS {
            world.status.answers(move |keys, query| match query.path.as_str() {
                "/ocsp" => Some(at_once(503)),
                "/ca.crl" => Some(answer(keys, query)),
                _ => None,
            });
            let none = ask(&world, &service).await.unwrap_err();
            assert!(none.asked && !none.revoked, "{name}: {none:?}");
            assert!(none.words.contains(words), "{name}: {}", none.words);
            let away = world.away(&service, "/ca.crl").unwrap();
            assert!(away.contains(words), "{name}: {away}");
        }
        service.stop().await;
    });
}

/// A responder that signed beforehand has no nonce, which is taken where it is not demanded.
#[test]
fn an_answer_without_the_nonce_is_taken_where_none_is_required() {
    run(async {
        let world = World::new();
        answers(&world, "/ocsp", |keys, _| TsaReply::of(keys.signed_before()));
        for (nonce, refused) in [(NonceUse::Offered, false), (NonceUse::Required, true)] {
            let service = forgetful(&world, |config| config.revocation.nonce = nonce).await;
            ask(&world, &service).await.unwrap();
            let away = world.away(&service, "/ocsp");
            assert_eq!(away.is_some(), refused, "{away:?}");
            assert!(away.is_none_or(|words| words.contains("has no nonce")));
            service.stop().await;
        }
    });
}

/// What was told is used again while it is young, and, when nobody answers any more, as long as it is good.
#[test]
fn what_was_told_is_kept() {
    run(async {
        let world = World::new();
        let service = world.setup(0).start().await;
        for _ in 0..2 {
            ask(&world, &service).await.unwrap();
        }
        assert_eq!(world.status.asked().len(), 2, "{:?}", world.status.asked());
        service.stop().await;

        let service = forgetful(&world, |_| {}).await;
        ask(&world, &service).await.unwrap();
        world.status.silences(&["/ocsp", "/ca.crl", "/root.crl"]);
        ask(&world, &service).await.unwrap();
        assert!(
            world.away(&service, "/ocsp").is_some() && world.away(&service, "/ca.crl").is_none()
        );
        service.stop().await;
    });
}

/// Addresses in certificates are others' words: they lead to no address inside the house.
#[test]
fn addresses_in_certificates_lead_nowhere_inside() {
    run(async {
        let world = World::new();
        let service =
            forgetful(&world, |config| config.revocation.allow_networks = Vec::new()).await;
        let none = ask(&world, &service).await.unwrap_err();
        assert!(none.words.contains("127.0.0.1 is not on the public internet"), "{}", none.words);
        assert!(none.words.contains("revocation.allow_networks"), "{}", none.words);
        assert!(world.status.asked().is_empty());
        service.stop().await;
    });
}

/// Who issued a certificate is asked where it says, when nobody has that one.
#[test]
fn a_missing_issuer_is_fetched() {
    run(async {
        let world = World::new();
        let service = world.setup(0).start().await;
        let signer = [world.chain.signing().clone()];
        collect(&service.app, None, &signer, &[]).await.unwrap().unwrap();
        let mut asked = world.status.asked();
        asked.sort();
        assert_eq!(asked, ["/ca.cer", "/ocsp", "/root.crl"]);
        service.stop().await;
    });
}
