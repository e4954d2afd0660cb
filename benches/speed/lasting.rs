//! What the check before release costs at each level, on top of sealing with RSA-2048: the key included, the TSA and
//! whoever tells of certificates left out.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use chancery::app::Clock;
use chancery::domain::cades::{CadesPackaging, CadesProfile};
use chancery::domain::level::Level;
use chancery::domain::profile::DigestAlgorithm;
use chancery::domain::xades::XadesProfile;
use chancery::keys::{BackendConfig, Config, KeyRef, Keyring, SoftwareConfig, ToBeSigned};
use chancery::pki::certificate_file::certificates;
use chancery::pki::digest::Digest;
use chancery::pki::path::{self, TrustAnchor};
use chancery::pki::timestamp::{TimestampRequest, TimestampToken, check};
use chancery::pki::validation_data::CollectedData;
use chancery::seal::long_term::{LongTermSettings, raise};
use chancery::seal::{Limits, Prepared, Profile, Room, Sealed, Signed, Signer, prepare_with_room};
use chancery::verify::{MadeSeal, RaisedSeal, SealFacts, check_own, check_raised};
use chancery_testing::long_pdf::{LOGO, Structure, long_pdf};
use chancery_testing::openssl::REVOCATION;
use chancery_testing::tsa::TSA;

/// Octets that a PDF keeps free for a token.
const ROOM: usize = 8192;

/// A credential with an RSA-2048 key in software, whom it leads to, and what its issuer says of it.
struct Rsa2048 {
    keyring: Keyring,
    key: KeyRef,
    signer: Signer,
    trust: Vec<TrustAnchor>,
    data: CollectedData,
}

fn made(folder: &Path) -> Rsa2048 {
    let script = format!(
        "
        set -e
        {REVOCATION}
        mkdir keys
        openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key
        openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/seal.pem
        openssl req -x509 -new -key root.key -subj '/CN=Bench root' -days 30 -out root.pem \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
        echo 'keyUsage=critical,digitalSignature,nonRepudiation' > seal.ext
        openssl req -new -key keys/seal.pem -subj '/CN=Bench seal' -out seal.csr
        openssl x509 -req -in seal.csr -CA root.pem -CAkey root.key -set_serial 2 -days 20 \
            -extfile seal.ext -out seal.pem
        cat seal.pem root.pem > chain.pem
        list root
        "
    );
    let shell = Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap();
    assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let chain = path::of_file(&read("chain.pem"), Clock::System.now()).unwrap();
    let software = SoftwareConfig {
        directory: folder.join("keys"),
        passphrase_file: None,
        passphrase_env: None,
        passphrase_credential: None,
    };
    let backends = [("files".to_owned(), BackendConfig::Software(software))].into();
    let keyring = Keyring::open(&Config { production: false, backends }).unwrap();
    let certificate = Arc::new(chain.signing().clone());
    let key = KeyRef { backend: "files".to_owned(), certificate };
    let roots = [read("root.pem"), std::fs::read(TSA.root()).unwrap()];
    let roots = roots.iter().flat_map(|pem| certificates(pem).unwrap());
    let trust = roots.map(TrustAnchor::of).collect();
    let mut data = CollectedData::default();
    data.add_revocation(&read("root.crl")).unwrap();
    data.add_revocation(&std::fs::read(TSA.list()).unwrap()).unwrap();
    Rsa2048 { keyring, key, signer: Signer::new(&chain), trust, data }
}

impl Rsa2048 {
    fn prepared(&self, document: &[u8], profile: &Profile, limits: &Limits) -> Prepared {
        let unsigned = if matches!(profile, Profile::Pades(_)) { ROOM } else { 0 };
        let (document, at) = (document.to_vec(), Clock::System.now());
        prepare_with_room(document, profile, &self.signer, at, limits, Room { unsigned }).unwrap()
    }

    async fn signed(&self, prepared: Prepared) -> Signed {
        let item = ToBeSigned::new(prepared.signature_algorithm(), prepared.to_be_signed());
        let value = self.keyring.sign(&self.key, vec![item]).await.remove(0).unwrap();
        prepared.attach_checked(value).unwrap()
    }
}

fn token(digest: Digest) -> TimestampToken {
    let request = TimestampRequest::new(digest, None, Some(7)).unwrap();
    let response = TSA.answer(&request.to_der().unwrap(), "rsa", "");
    check(&response, &request, TSA.now(), 600_000).unwrap()
}

/// Median microseconds of some work, with what it made last.
fn timed<T>(times: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut spent = Vec::with_capacity(times);
    let mut last = work();
    for _ in 0..times {
        let begin = Instant::now();
        last = black_box(work());
        spent.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    spent.sort_by(f64::total_cmp);
    (spent[times / 2], last)
}

fn print(name: &str, level: Level, before: f64, checked: f64) {
    let share = 100.0 * checked / before;
    println!("  {name:20} {level:3} {before:8.0} us, check {checked:8.0} us: {share:4.0} % on top");
}

/// Every format at every level.
pub(crate) async fn levels(invoice: &[u8], folder: &Path) {
    const TIMES: usize = 300;
    println!(
        "\nLevels with RSA-2048, key included, TSA excluded: us a document, and the check before release"
    );
    let rsa = made(folder);
    let limits = Limits::default();
    let pdf = long_pdf(Structure::Table, 3, LOGO);
    let cades =
        |packaging| Profile::Cades(Box::new(CadesProfile { packaging, ..CadesProfile::default() }));
    let tried: [(&str, &[u8], Profile); 4] = [
        ("XAdES", invoice, super::engine::xades(XadesProfile::default())),
        ("PAdES", &pdf, Profile::Pades(Box::default())),
        ("CAdES", invoice, cades(CadesPackaging::Attached)),
        ("ASiC-E with CAdES", invoice, cades(CadesPackaging::AsicE)),
    ];
    for (name, document, profile) in tried {
        let mut spent = Vec::new();
        for _ in 0..TIMES {
            let begin = Instant::now();
            let prepared = rsa.prepared(document, &profile, &limits);
            black_box(rsa.signed(prepared).await.finish());
            spent.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        spent.sort_by(f64::total_cmp);
        let seal = spent[TIMES / 2];
        let sealed: Sealed = rsa.signed(rsa.prepared(document, &profile, &limits)).await.finish();
        let own = |sealed: &Sealed| {
            check_own(sealed.bytes(), &MadeSeal::of(sealed, &profile), &limits).unwrap();
        };
        print(name, Level::B, seal, timed(TIMES, || own(&sealed)).0);

        let signed = rsa.signed(rsa.prepared(document, &profile, &limits)).await;
        let octets = signed.time_stamped().unwrap();
        let stamp = token(Digest::of(DigestAlgorithm::Sha256, &octets));
        let sealed = signed.with_time_stamp(&stamp).unwrap().finish();
        print(name, Level::T, seal, timed(TIMES, || own(&sealed)).0);

        let (now, trust) = (Clock::System.now(), rsa.trust.as_slice());
        let settings = LongTermSettings { trust, at: now, limits: &limits, content: None };
        let raising = || raise(sealed.bytes().to_vec(), rsa.data.clone(), &settings).unwrap();
        let (raised, lt) = timed(TIMES, raising);
        let facts = SealFacts::of(&sealed);
        let check = |file: &[u8], level| {
            let now = Clock::System.now();
            let beside = None;
            let seal = RaisedSeal { profile: &profile, beside, facts: &facts, level, trust, now };
            check_raised(file, &seal, &limits).unwrap();
        };
        let (checked, ()) = timed(TIMES, || check(&lt.bytes, Level::Lt));
        print(name, Level::Lt, seal + raised, checked);

        let archive = || raising().archive(ROOM, &limits, None).unwrap();
        let stamp = token(archive().imprint(DigestAlgorithm::Sha256));
        let (archived, lta) = timed(TIMES, || archive().attach(&stamp, trust, &limits).unwrap());
        let (checked, ()) = timed(TIMES, || check(&lta.bytes, Level::Lta));
        print(name, Level::Lta, seal + archived, checked);
    }
}
