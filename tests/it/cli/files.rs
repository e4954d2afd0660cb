//! `sign` over folders, pipes and standard input.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{Demo, ROOT, text};

const SIGN: [&str; 3] = ["sign", "--client-service", "demo-ec"];

fn sign<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SIGN[..], more].concat()
}

/// Runs a command with something on its standard input.
fn piped(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

#[test]
fn folders_and_pipes_are_sealed() {
    let demo = Demo::new();
    let invoice = std::fs::read(format!("{ROOT}/samples/invoice-minimal/input.xml")).unwrap();
    let pdf = std::fs::read(format!("{ROOT}/samples/pdf-one-page/input.pdf")).unwrap();

    // Standard input: the seal, whole and alone, on standard output.
    let sealed = piped(demo.command(&sign(&["-"])), &invoice);
    assert!(sealed.status.success(), "{}", text(&sealed));
    let file = demo.path().join("piped.xml");
    std::fs::write(&file, &sealed.stdout).unwrap();
    let root = demo.path().join("root-ca.pem");
    crate::support::judges::xmlsec_verify_under(root, &[file], &[]).unwrap();
    assert_eq!(String::from_utf8_lossy(&sealed.stderr), "");
    let again = piped(demo.command(&sign(&["-"])), &invoice);
    assert!(again.stdout == sealed.stdout, "the same document is the same operation");
    let of_pdf = piped(demo.command(&sign(&["-"])), &pdf);
    assert!(of_pdf.stdout.starts_with(&pdf) && of_pdf.stdout.len() > pdf.len());
    let neither = piped(demo.command(&sign(&["-"])), b"a;b");
    assert!(!neither.status.success() && neither.stdout.is_empty(), "{}", text(&neither));
    let output = demo.path().join("from-pipe");
    let output = output.to_str().unwrap();
    let named = sign(&["-", "--name", "INV 7.xml", "--output", output, "--json"]);
    let named = piped(demo.command(&named), &invoice);
    assert!(named.status.success(), "{}", text(&named));
    let said: Value = serde_json::from_slice(&named.stdout).unwrap();
    let place = format!("{output}/INV 7.sealed.xml");
    assert_eq!((&said[0]["sealed"], &said[0]["error"]), (&place.clone().into(), &Value::Null));
    assert!(Path::new(&place).exists());
    for (arguments, words) in [
        (&["-", "--json"][..], "--json needs --output"),
        (&["-", "other.xml"][..], "needs a folder"),
    ] {
        let wrong = demo.run(&sign(arguments));
        assert!(!wrong.status.success() && text(&wrong).contains(words), "{}", text(&wrong));
    }

    // A folder with folders in it, seals of before, and files of other kinds.
    let folder = demo.path().join("invoices");
    std::fs::create_dir_all(folder.join("march")).unwrap();
    for (name, content) in [
        ("a.xml", &invoice),
        ("march/a.pdf", &pdf),
        ("march/b.sealed.xml", &invoice),
        ("notes.txt", &b"notes".to_vec()),
        (".hidden.xml", &invoice),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let target = demo.path().join("sealed-folder");
    let (folder, target) = (folder.to_str().unwrap(), target.to_str().unwrap());
    let done = demo.run(&sign(&[folder, "--output", target]));
    let said = text(&done);
    assert!(done.status.success() && said.contains("2 sealed, 0 failed"), "{said}");
    assert!(said.contains("2 files in folders were passed over"), "{said}");
    assert!(Path::new(&format!("{target}/a.sealed.xml")).exists());
    assert!(Path::new(&format!("{target}/march/a.sealed.pdf")).exists());
    let beside = demo.run(&sign(&[folder]));
    assert!(Path::new(&format!("{folder}/march/a.sealed.pdf")).exists(), "{}", text(&beside));
    let rerun = demo.run(&sign(&[folder]));
    assert!(text(&rerun).contains("2 sealed, 0 failed"), "seals are no input: {}", text(&rerun));
    let empty = demo.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let nothing = demo.run(&sign(&[empty.to_str().unwrap()]));
    assert!(!nothing.status.success() && text(&nothing).contains("there are no XML or PDF files"));

    // A pipe with a name, as <(…) makes them.
    let fifo = demo.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let write = {
        let (fifo, invoice) = (fifo.clone(), invoice.clone());
        std::thread::spawn(move || std::fs::write(fifo, invoice))
    };
    let output = demo.path().join("from-fifo");
    let (fifo, output) = (fifo.to_str().unwrap(), output.to_str().unwrap());
    let done = demo.run(&sign(&[fifo, "--output", output]));
    write.join().unwrap().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    assert!(Path::new(&format!("{output}/fifo.sealed.xml")).exists());
}

#[test]
fn files_become_one_container() {
    let demo = Demo::new();
    let folder = demo.path().join("delivery");
    std::fs::create_dir_all(folder.join("scans")).unwrap();
    std::fs::write(folder.join("invoice.xml"), "<a>1</a>").unwrap();
    std::fs::write(folder.join("scans/note.xml"), "<b/>").unwrap();
    let csv = demo.path().join("data.csv");
    std::fs::write(&csv, "1;2").unwrap();
    let container = demo.path().join("delivery.asice");
    let [folder, csv, container] = [&folder, &csv, &container].map(|path| path.to_str().unwrap());
    let asked = sign(&["--container", container, folder, csv]);
    let done = demo.run(&asked);
    assert!(done.status.success() && text(&done).contains("1 sealed, 0 failed"), "{}", text(&done));
    let listed = Command::new("unzip").args(["-Z1", container]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for name in ["mimetype", "invoice.xml", "scans/note.xml", "data.csv"] {
        assert!(listed.lines().any(|line| line == name), "{listed}");
    }
    let again = demo.run(&asked);
    assert!(again.status.success(), "the same files are the same container: {}", text(&again));

    // and a second seal in it, which lies elsewhere
    let settings = r#"{"packaging":"ASIC_E","existingSignatures":"PARALLEL"}"#;
    let output = demo.path().join("twice");
    let output = output.to_str().unwrap();
    let seal = ["sign", "--client-service", "demo-rsa", container, "--format", "xades"];
    let done = demo.run(&[&seal[..], &["--settings", settings, "--output", output]].concat());
    assert!(done.status.success(), "{}", text(&done));
    let root = demo.path().join("root-ca.pem");
    let twice = format!("{output}/delivery.asice");
    let verify = ["verify", &twice, "--trust", root.to_str().unwrap(), "--no-revocation"];
    let report = demo.run(&verify);
    let said = text(&report);
    assert!(report.status.success(), "{said}");
    for file in ["META-INF/signatures001.xml", "META-INF/signatures002.xml"] {
        assert!(said.contains(file), "{said}");
    }

    for (arguments, words) in [
        (&["--container", container, "--format", "pades", csv][..], "XAdES or CAdES"),
        (&["--container", container, csv, csv], "twice"),
        (&["--container", container, "-"], "standard input"),
    ] {
        let wrong = demo.run(&sign(arguments));
        assert!(!wrong.status.success() && text(&wrong).contains(words), "{}", text(&wrong));
    }
}

#[test]
fn a_cms_signature_is_countersigned() {
    let demo = Demo::new();
    let file = demo.path().join("contract.txt");
    std::fs::write(&file, "1;2").unwrap();
    let seal = ["sign", "--client-service", "demo-rsa", "--format", "cades"];
    let sign = |file: &Path, more: &[&str]| {
        let done = demo.run(&[&seal[..], &[file.to_str().unwrap()], more].concat());
        assert!(done.status.success(), "{}", text(&done));
    };
    sign(&file, &[]);
    let signed = demo.path().join("contract.txt.p7m");
    sign(&signed, &["--settings", r#"{"existingSignatures":"COUNTERSIGN"}"#]);
    let (root, over) =
        (demo.path().join("root-ca.pem"), demo.path().join("contract.txt.sealed.p7m"));
    let (root, over) = (root.to_str().unwrap(), over.to_str().unwrap());
    let report = demo.run(&["verify", over, "--trust", root, "--no-revocation"]);
    let said = text(&report);
    assert!(report.status.success() && said.contains("countersigner 1 of signer 1"), "{said}");
}
