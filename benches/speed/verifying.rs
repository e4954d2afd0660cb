//! Verifying a seal, with EU DSS beside it where its judge is built (scripts/setup-judges.sh), and what raising a seal
//! to LT and LTA takes, authorities for time and revocation excluded.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chancery::domain::instant::Instant as When;
use chancery::domain::pades::PadesProfile;
use chancery::domain::profile::DigestAlgorithm;
use chancery::domain::xades::XadesProfile;
use chancery::pki::certificate::{Certificate, Chain};
use chancery::pki::certificate_file::certificates;
use chancery::pki::path::TrustAnchor;
use chancery::pki::signature::SignatureValue;
use chancery::pki::timestamp::{TimestampRequest, TimestampToken, check};
use chancery::pki::validation_data::CollectedData;
use chancery::seal::long_term::{ArchivePlan, LongTermSettings, Raised, raise, stamp};
use chancery::seal::{Limits, Profile, Signer, prepare};
use chancery::verify::{Indication, RevocationDemand, VerifySettings, verify};
use chancery_testing::judges::{DssTiming, dss_times, has_dss};
use chancery_testing::long_pdf::{LOGO, Structure, long_pdf};
use chancery_testing::sealing::PKI;
use chancery_testing::tsa::TSA;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, RsaKeySize, SigningKey as _,
};

use super::engine::{Spent, xades};

/// Octets of the gap for a timestamp.
const ROOM: usize = 4096;

/// How often each is verified.
const TIMES: usize = 1000;

/// Keys of RSA-2048: a root, and who seals.
struct Parties {
    root: Certificate,
    key: KeyPair,
    signer: Signer,
}

impl Parties {
    fn new() -> Self {
        let rsa = || KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let named = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_before = rcgen::date_time_ymd(2026, 1, 1);
            params.not_after = rcgen::date_time_ymd(2036, 1, 1);
            params
        };
        let (root_key, key) = (rsa(), rsa());
        let mut root = named("Bench root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let mut leaf = named("Bench seal");
        leaf.key_usages = vec![rcgen::KeyUsagePurpose::ContentCommitment];
        let read = |der: &[u8]| Certificate::from_der(der).unwrap();
        let root_certificate = read(root.self_signed(&root_key).unwrap().der());
        let issuer = Issuer::from_params(&root, &root_key);
        let certificate = read(leaf.signed_by(&key, &issuer).unwrap().der());
        let chain = Chain::new(vec![certificate, root_certificate.clone()]).unwrap();
        Self { root: root_certificate, key, signer: Signer::new(&chain) }
    }

    fn seal(&self, document: &[u8], profile: &Profile) -> Vec<u8> {
        let limits = Limits::default();
        let prepared = prepare(document.to_vec(), profile, &self.signer, now(), &limits).unwrap();
        let octets = self.key.sign(prepared.to_be_signed()).unwrap();
        let value = SignatureValue::of_key(self.signer.certificate().key_kind(), octets);
        prepared.attach(value).unwrap().finish().into_bytes()
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is made now")]
fn now() -> When {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    When::from_unix_ms(since.as_millis().try_into().unwrap())
}

fn timed<T>(times: usize, mut work: impl FnMut() -> T) -> Spent {
    let one = |_| {
        let begin = Instant::now();
        black_box(work());
        begin.elapsed().as_secs_f64() * 1e6
    };
    Spent::of((0..times).map(one).collect())
}

fn print(name: &str, length: usize, spent: Spent) {
    println!(
        "  {name:32} {length:>8} bytes {:8.3} ms, median {:8.3}",
        spent.least / 1e3,
        spent.median / 1e3
    );
}

/// What is sealed: the invoice of 20 KB, a PDF of 43 KB.
fn documents(invoice: &[u8]) -> [(&'static str, &'static str, Vec<u8>, Profile); 2] {
    [
        ("XAdES", "xml", invoice.to_vec(), xades(XadesProfile::default())),
        (
            "PAdES",
            "pdf",
            long_pdf(Structure::Table, 3, LOGO),
            Profile::Pades(Box::<PadesProfile>::default()),
        ),
    ]
}

/// Verification of a seal by RSA-2048 under a root that is trusted, revocation not asked.
pub(crate) fn verification(invoice: &[u8], folder: &Path) {
    println!("\nVerification, RSA-2048, nothing known of revocation: ms, best of many, and median");
    let parties = Parties::new();
    let mut settings =
        VerifySettings::new(vec![TrustAnchor::of(parties.root.clone())], now().plus_ms(60_000));
    settings.revocation = RevocationDemand::NotAsked;
    let root = folder.join("bench-root.cer");
    std::fs::write(&root, parties.root.der()).unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for (name, extension, document, profile) in documents(invoice) {
        let sealed = parties.seal(&document, &profile);
        let report = verify(&sealed, &settings);
        assert_eq!(report.indication, Indication::Passed, "{report:#?}");
        print(name, sealed.len(), timed(TIMES, || verify(&sealed, &settings)));
        let file = folder.join(format!("bench-verified.{extension}"));
        std::fs::write(&file, sealed).unwrap();
        files.push(file);
    }
    if !has_dss() {
        println!("  EU DSS beside it: scripts/setup-judges.sh builds it (a JVM, Maven)");
        return;
    }
    for DssTiming { path, indication, least, median } in dss_times(&root, &files, 300) {
        let name = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        println!("  EU DSS, {name:24} {least:>23.3} ms, median {median:8.3}, {indication}");
    }
}

fn trust() -> Vec<TrustAnchor> {
    let read = |file: PathBuf| certificates(&std::fs::read(file).unwrap()).unwrap();
    [PKI.root(), TSA.root()].into_iter().flat_map(read).map(TrustAnchor::of).collect()
}

fn token(plan: &ArchivePlan) -> TimestampToken {
    let digest = plan.imprint(DigestAlgorithm::Sha256);
    let request = TimestampRequest::new(digest, None, None).unwrap();
    let answer = TSA.answer(&request.to_der().unwrap(), "rsa", "");
    check(&answer, &request, now(), 600_000).unwrap()
}

/// From T to LT, from LT to LTA, and its renewal: the engine's part, with tokens and lists at hand.
pub(crate) fn raising(invoice: &[u8]) {
    println!("\nRaising, RSA-3072, lists and tokens at hand: ms, best of many, and median");
    let (limits, trust, key) = (Limits::default(), trust(), &PKI.rsa);
    let data = || {
        let mut data = CollectedData::default();
        for file in PKI.lists().into_iter().chain([TSA.list()]) {
            data.add_revocation(&std::fs::read(file).unwrap()).unwrap();
        }
        data
    };
    for (name, _, document, profile) in documents(invoice) {
        let prepared = prepare(document, &profile, &key.signer, key.now(), &limits).unwrap();
        let value = key.sign(prepared.to_be_signed());
        let sealed = prepared.attach(value).unwrap().finish().into_bytes();
        let plan = |file: &[u8]| stamp(file.to_vec(), ROOM, &limits, None).unwrap();
        let own = token(&plan(&sealed));
        let t = plan(&sealed).attach(&own, &trust, &Limits::default()).unwrap().bytes;
        print(
            &format!("{name}, B to T"),
            sealed.len(),
            timed(200, || plan(&sealed).attach(&own, &trust, &Limits::default()).unwrap()),
        );
        let raised = |file: &[u8], data: CollectedData| -> Raised {
            let settings =
                LongTermSettings { trust: &trust, at: now(), limits: &limits, content: None };
            raise(file.to_vec(), data, &settings).unwrap()
        };
        let lt = raised(&t, data());
        let lt_bytes = lt.bytes.clone();
        print(&format!("{name}, T to LT"), t.len(), timed(200, || raised(&t, data())));
        let archive = |file: &[u8]| raised(file, data()).archive(ROOM, &limits, None).unwrap();
        let first = token(&archive(&lt_bytes));
        let lta = archive(&lt_bytes).attach(&first, &trust, &Limits::default()).unwrap().bytes;
        let spent =
            timed(200, || archive(&lt_bytes).attach(&first, &trust, &Limits::default()).unwrap());
        print(&format!("{name}, LT to LTA"), lt_bytes.len(), spent);
        let again = token(&archive(&lta));
        let spent =
            timed(200, || archive(&lta).attach(&again, &trust, &Limits::default()).unwrap());
        print(&format!("{name}, LTA renewed"), lta.len(), spent);
        let mut settings = VerifySettings::new(trust.clone(), now().plus_ms(60_000));
        settings.limits = limits.clone();
        let report = verify(&lta, &settings);
        assert_eq!(report.indication, Indication::Passed, "{report:#?}");
        print(
            &format!("{name} at LTA, verified"),
            lta.len(),
            timed(200, || verify(&lta, &settings)),
        );
    }
}
