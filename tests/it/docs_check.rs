//! Every shell block of the README and the other pages, run in order by one shell beside one demo
//! service. `CONTRIBUTING.md` says what comments before a block mean.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chancery_testing::ports::free_address;

use crate::backoffice::Tab;
use crate::support::judges::repository;
use crate::support::service::block_on;
use crate::support::smtp::{Script, SmtpServer};

const BINARY: &str = env!("CARGO_BIN_EXE_chancery");

/// What a reader brings along: a certificate authority, and a request of acme's.
const FUNCTIONS: &str = r#"
set -Eeuo pipefail
trap 'echo "docs-check: $at failed" >&2' ERR
trap '[[ ! -f serve.pid ]] || kill "$(cat serve.pid)"' EXIT
certify() {
    [[ -f authority.pem ]] ||
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
            -subj "/C=PT/O=Authority/CN=Authority" -addext keyUsage=critical,keyCertSign,cRLSign \
            -keyout authority.key -out authority.pem 2>authority.log
    printf '%s\n' keyUsage=critical,digitalSignature,nonRepudiation \
        basicConstraints=critical,CA:FALSE > leaf.cnf
    openssl x509 -req -in "$1" -CA authority.pem -CAkey authority.key -CAcreateserial -days 365 \
        -extfile leaf.cnf 2>>authority.log
    cat authority.pem
}
seal_for_acme() {
    local secret token service=http://$CHANCERY_WEB__LISTEN
    secret=$(chancery client-service rotate-secret acme --json | jq -r .client_secret)
    token=$(curl -sSf -u "acme:$secret" -d grant_type=client_credentials \
        "$service/oauth2/authorization-server/oauth/token" | jq -r .access_token)
    jq --arg ref "$1" '.externalReference = $ref
        | .documents[0].documentRequest.externalReference = $ref
        | .preservationInfo.deliveryInfo.personReceiver = [{"email": "ap@customer.example"}]' \
        request.json > acme.json
    curl -sSf -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
        --data @acme.json "$service/signstash/einvoice-integration-ws/api/v0/document/sign/base64/" |
        jq -e '.status == "EXECUTED"' > answer.txt
}
"#;

/// In a terminal `serve` stays in front; here it stays behind, and the next line comes when it answers.
const CHANCERY: &str = r#"#!/usr/bin/env bash
[[ " $* " == *" serve "* ]] || exec "$DOCS_CHECK_BINARY" "$@"
"$DOCS_CHECK_BINARY" "$@" > serve.log 2>&1 < /dev/null &
echo $! > serve.pid
for _ in $(seq 300); do
    curl -sf "http://$CHANCERY_WEB__LISTEN/livez" > /dev/null && exit 0
    kill -0 "$(cat serve.pid)" || break
    sleep 0.1
done
cat serve.log
exit 1
"#;

/// A shell block, and what comments say about it.
struct Block {
    /// `README.md:42`.
    place: String,
    text: String,
    first: Vec<String>,
    /// A word of the block, and the command that answers with what stands there here.
    words: Vec<(String, String)>,
    not_run: Option<String>,
}

/// README first, then the other pages in the order of their names.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    for folder in ["docs", "deploy", ".", "samples", "samples/pdf", "tests/peers", "xsd"] {
        let entries = std::fs::read_dir(repository().join(folder)).unwrap();
        let names = entries.map(|entry| PathBuf::from(entry.unwrap().file_name()));
        let is_page = |name: &PathBuf| name.extension().is_some_and(|ending| ending == "md");
        let mut names: Vec<PathBuf> = names.filter(is_page).collect();
        names.sort();
        let found = names.iter().map(|name| Path::new(folder).join(name));
        pages.extend(found.filter(|page| page != Path::new("./README.md")));
    }
    pages
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(repository().join(page)).unwrap();
    let mut lines = text.lines().enumerate();
    let (mut blocks, mut comments) = (Vec::new(), Vec::<String>::new());
    while let Some((number, line)) = lines.next() {
        let place = format!("{}:{}", page.display(), number + 1);
        if let Some(comment) = line.strip_prefix("<!-- docs-check:") {
            let mut comment = comment.to_owned();
            while !comment.contains("-->") {
                comment.push_str(lines.next().unwrap_or_else(|| panic!("{place}: no end")).1);
            }
            comments.push(comment.split("-->").next().unwrap().trim().to_owned());
        } else if matches!(line.trim_start(), "```sh" | "```bash" | "```shell") {
            let body = lines.by_ref().map(|(_, line)| line);
            let body: Vec<&str> = body.take_while(|line| line.trim_start() != "```").collect();
            let mut block = Block {
                place: place.clone(),
                text: body.join("\n"),
                first: Vec::new(),
                words: Vec::new(),
                not_run: None,
            };
            for comment in comments.drain(..) {
                if let Some(reason) = comment.strip_prefix("not run: ") {
                    block.not_run = Some(reason.to_owned());
                } else if let Some(command) = comment.strip_prefix("first: ") {
                    block.first.push(command.to_owned());
                } else if let Some((word, command)) = comment.split_once(" is: ") {
                    assert!(block.text.contains(word), "{place}: no {word} in the block");
                    block.words.push((word.to_owned(), command.to_owned()));
                } else {
                    panic!("{place}: what does this comment mean? {comment}");
                }
            }
            blocks.push(block);
        } else if !line.trim().is_empty() {
            assert!(comments.is_empty(), "{place}: no shell block follows the comment");
        }
    }
    blocks
}

fn script(blocks: &[Block]) -> String {
    let mut script = FUNCTIONS.to_owned();
    for block in blocks.iter().filter(|block| block.not_run.is_none()) {
        let place = &block.place;
        let _ = writeln!(script, "at={place}; echo \"== $at\"");
        for command in &block.first {
            let _ = writeln!(script, "{command}");
        }
        let mut text = block.text.clone();
        for (at, (word, command)) in block.words.iter().enumerate() {
            let _ = writeln!(script, "word_{at}=$({command})");
            text = text.replace(word.as_str(), &format!("$word_{at}"));
        }
        let _ = writeln!(script, "{text}");
    }
    script
}

/// A demo that stays.
struct Demo(Child);

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["demo", "--keep", "--port", "0", "--samples", "few", "--directory", "demo"]);
        // The demo would start itself again with it, and only one process can be stopped from here.
        command.env("SOFTHSM2_CONF", folder.join("demo/softhsm2.conf")).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("stays at") {
            assert!(output.read_line(&mut said).unwrap() > 0, "the demo ended: {said}");
        }
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Self(child)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// Whom `demo.json` names is let into the back office.
fn signs_in(root: &Path) {
    let told = std::fs::read(root.join("demo/demo.json")).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let [address, password] = ["address", "password"].map(|of| told["operator"][of].as_str());
    let base = told["base_url"].as_str().unwrap();
    assert_eq!(told["backoffice_url"], format!("{base}/office"));
    block_on(async {
        let mut tab = Tab::at(base, "192.0.2.1");
        tab.get("/office/sign-in").await;
        assert_eq!(tab.sign_in(address.unwrap(), password.unwrap()).await, "/office");
        let first = tab.get("/office").await;
        assert!(first.status == 200 && first.text().contains("/office/people"), "{}", first.text());
    });
}

#[test]
fn every_shell_block_runs() {
    let blocks: Vec<Block> = pages().iter().flat_map(|page| blocks(page)).collect();
    let run = blocks.iter().filter(|block| block.not_run.is_none()).count();
    assert!(run >= 15, "only {run} blocks are run");

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for name in ["samples", "scripts", "xsd"] {
        symlink(repository().join(name), root.join(name)).unwrap();
    }
    let few = root.join("few/invoice");
    std::fs::create_dir_all(&few).unwrap();
    let sample = repository().join("samples/invoice-signature-place/input.xml");
    std::fs::copy(sample, few.join("input.xml")).unwrap();
    std::fs::write(root.join("smtp-password"), "right\n").unwrap();
    let programs = root.join("bin");
    std::fs::create_dir(&programs).unwrap();
    let wrapper = programs.join("chancery");
    std::fs::write(&wrapper, CHANCERY).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();

    let login = Some(("acme".to_owned(), "right".to_owned()));
    let server = SmtpServer::start(Script { login, ..Script::default() });
    let _demo = Demo::start(&root);
    let file = root.join("blocks.sh");
    std::fs::write(&file, script(&blocks)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .arg(&file)
        .current_dir(&root)
        .env("PATH", path)
        .env("SOFTHSM2_CONF", root.join("demo/softhsm2.conf"))
        .env("DOCS_CHECK_BINARY", BINARY)
        .env("CHANCERY_WEB__LISTEN", free_address().to_string())
        .env("SMTP_PORT", server.port().to_string())
        .env_remove("CHANCERY_CONFIG")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    signs_in(&root);
    // The shell went through all of them, and what it made is what the text says.
    assert_eq!(said.matches("== ").count(), run, "{said}");
    assert!(root.join("sealed.xml").exists() && root.join("acme.csr").exists());
}
