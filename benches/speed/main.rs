//! How fast, in one run, so that the numbers can be compared with each other: the token's raw
//! signatures, the engine without the key, the service over HTTP. Ratios matter, not the absolute
//! numbers: machines differ and are shared.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

mod engine;
mod files;
mod finding;
#[path = "../../crates/engine/tests/it/seal/hostile/samples.rs"]
mod hostile;
mod lasting;
#[expect(dead_code, clippy::expect_used, reason = "it is of the tests, which need more of it")]
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../process/mod.rs"]
mod process;
mod service;
mod verifying;

use std::path::PathBuf;
use std::time::Instant;

use chancery::config::Config;
use chancery::domain::xades::XadesProfile;
use chancery::keys::{KeyRef, Keyring, ToBeSigned};
use chancery::pki::certificate::Chain;
use chancery::store::Store;
use engine::Sealing;

/// What the server of tests takes from there.
mod client {
    /// How long a server may take to start.
    pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

    /// As it stands in an address.
    pub(crate) fn encode(text: &str) -> String {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    }
}

/// The invoice of about 20 KB that everything is measured with.
const INVOICE: &str = "samples/invoice-peppol-25-lines/input.xml";

fn main() {
    let folder = process::Folder::made("bench");
    // Until it has freed one large block, glibc gives the memory of every document back to the system
    // and asks for it again. A service has freed one.
    drop(std::hint::black_box(vec![1_u8; 8_000_000]));
    let document = std::fs::read(INVOICE).unwrap();
    if std::env::args().any(|argument| argument == "finding") {
        let operations = std::env::args().find_map(|argument| argument.parse().ok());
        let config = Config::load(Some(&folder.config())).unwrap().store;
        let place = folder.config().with_file_name("databases");
        std::fs::create_dir_all(&place).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(finding::finding(&config, &place, operations));
        return;
    }
    println!("Document: {INVOICE}, {} bytes", document.len());
    if std::env::args().any(|argument| argument == "levels") {
        levels(&tokio::runtime::Runtime::new().unwrap(), &folder, &document);
        return;
    }
    if std::env::args().any(|argument| argument == "checks") {
        checks(&folder, &document);
        return;
    }
    // `make bench ARGS=levels` tries nothing but the check before release in the engine, `ARGS=checks` that in the
    // service, `ARGS=engine` leaves out token and
    // service, `ARGS=files` all but PDF and CMS, `ARGS=verifying` all but verification and raising. `ARGS=finding` fills
    // databases and looks things up in them, which nothing else does (`ARGS="finding 100000"`: so many operations).
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let files_only = asked("files");
    let engine_only = files_only || asked("engine");
    if asked("verifying") {
        verifying::verification(&document, &further_keys(&folder));
        verifying::raising(&document);
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config::load(Some(&folder.config())).unwrap();
    let mut sealings = Vec::new();
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
            let token = if engine_only { 0.0 } else { token(&keyring, &key, &chain).await };
            (token, Sealing::new(keyring, key, &chain))
        });
        let (token, sealing) = measured;
        let settings = engine::xades(XadesProfile::default());
        let check = runtime.block_on(sealing.check(&document, &settings, 600));
        let [engine] = runtime.block_on(sealing.time(&document, [settings], 600));
        println!("  engine       {:8.1} us a document, key excluded", engine.median);
        let share = 100.0 * check.median / engine.median;
        println!("  check        {:8.1} us before release, {share:.0} % of that", check.median);
        if !engine_only {
            println!("  token        {token:8.0} signatures/s, every value checked");
            let share = 100.0 * check.median / (engine.median + 1e6 / token);
            println!("  check        {share:8.0} % on top of engine and token");
            service::measure(&folder, client, &document, token);
        }
        sealings.push(sealing);
    }
    let rsa = &sealings[0];
    runtime.block_on(files::kinds(rsa, &document));
    runtime.block_on(files::lengths(rsa));
    levels(&runtime, &folder, &document);
    if !engine_only {
        checks(&folder, &document);
    }
    if files_only {
        return;
    }
    runtime.block_on(engine::profiles(rsa, &further_keys(&folder)));
    runtime.block_on(engine::lengths(rsa));
    engine::refusals(rsa);
    engine::evidence();
    verifying::verification(&document, &further_keys(&folder));
    verifying::raising(&document);
}

fn checks(folder: &process::Folder, document: &[u8]) {
    println!("\nThe check before release, in the service");
    for (name, client) in [("RSA-3072", "demo-rsa"), ("P-256", "demo-ec")] {
        service::checks(folder, name, client, document);
    }
}

fn levels(runtime: &tokio::runtime::Runtime, folder: &process::Folder, document: &[u8]) {
    let keys = folder.config().with_file_name("levels");
    std::fs::create_dir_all(&keys).unwrap();
    runtime.block_on(lasting::levels(document, &keys));
}

/// A folder for keys of other kinds.
fn further_keys(folder: &process::Folder) -> PathBuf {
    let keys = folder.config().with_file_name("further-keys");
    std::fs::create_dir_all(&keys).unwrap();
    keys
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
