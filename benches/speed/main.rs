//! How fast, in one run, so that the numbers can be compared with each other: the token's raw
//! signatures, the engine without the key, the service over HTTP. Ratios matter, not the absolute
//! numbers: machines differ and are shared.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

mod service;

use std::hint::black_box;
use std::time::Instant;

use chancery::config::Config;
use chancery::domain::instant::Instant as When;
use chancery::domain::profile::Canonicalization;
use chancery::domain::xades::{SignatureLocation, XadesProfile};
use chancery::keys::{KeyRef, Keyring, ToBeSigned};
use chancery::pki::certificate::Chain;
use chancery::seal::{self, Limits, Profile, Signer};
use chancery::store::Store;

/// The invoice of about 20 KB that everything is measured with.
const INVOICE: &str = "samples/invoice-peppol-25-lines/input.xml";

fn main() {
    let folder = service::Folder::prepare();
    let document = std::fs::read(INVOICE).unwrap();
    println!("Document: {INVOICE}, {} bytes", document.len());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config::load(Some(&folder.config())).unwrap();
    for (label, credential, client) in
        [("RSA-3072", "demo-rsa-3072", "demo-rsa"), ("P-256", "demo-p-256", "demo-ec")]
    {
        println!("\n{label}");
        let measured = runtime.block_on(async {
            let store = Store::connect(&config.store).await.unwrap();
            let credential = store.reader().credential_by_alias(credential).await.unwrap().unwrap();
            store.close().await;
            let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice)).unwrap();
            let keyring = Keyring::open(&config.keys).unwrap();
            let key = KeyRef {
                backend: credential.backend,
                certificate: std::sync::Arc::new(chain.signing().clone()),
            };
            let token = token(&keyring, &key, &chain).await;
            let engine = engine(&keyring, &key, &chain, &document).await;
            (token, engine)
        });
        let (token, engine) = measured;
        println!("  token        {token:8.0} signatures/s, every value checked");
        println!("  engine       {engine:8.1} us a document, key excluded");
        folder.measure(client, &document, token);
    }
}

/// Signatures a second of the key, through the lanes, as the service uses it.
async fn token(keyring: &Keyring, key: &KeyRef, chain: &Chain) -> f64 {
    let algorithm = chain.signing().key_kind().default_signature();
    let items = |count: usize| -> Vec<ToBeSigned> {
        (0..count).map(|n| ToBeSigned::new(algorithm, n.to_be_bytes().repeat(75))).collect()
    };
    assert!(keyring.sign(key, items(50)).await.iter().all(Result::is_ok));
    let (mut count, begin) = (0, Instant::now());
    while begin.elapsed().as_secs() < 2 {
        assert!(keyring.sign(key, items(200)).await.iter().all(Result::is_ok));
        count += 200;
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
}

/// Microseconds of the engine a document, without the key: median of many.
async fn engine(keyring: &Keyring, key: &KeyRef, chain: &Chain, document: &[u8]) -> f64 {
    let signer = Signer::new(chain);
    let algorithm = chain.signing().key_kind().default_signature();
    let profile = Profile::Xades(Box::new(XadesProfile {
        canonical_transform: Canonicalization::EXCLUSIVE,
        signature_location: SignatureLocation::default(),
        signature_algorithm: Some(algorithm),
        mime_type: Some("application/xml".to_owned()),
        ..XadesProfile::default()
    }));
    let at = When::from_unix_ms(chain.signing().not_before().unix_ms() + 86_400_000);
    let limits = Limits::default();
    let prepare = || seal::prepare(document.to_vec(), &profile, &signer, at, &limits).unwrap();
    // The intent is the same every time, so one signature value serves all.
    let item = ToBeSigned::new(algorithm, prepare().to_be_signed());
    let value = keyring.sign(key, vec![item]).await.remove(0).unwrap();
    let mut times: Vec<f64> = (0..600)
        .map(|_| {
            let value = value.clone();
            let begin = Instant::now();
            black_box(prepare().attach_checked(value).unwrap().finish().into_bytes());
            begin.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
