//! A real mail relay for a test: Debian's Postfix with its configuration, queue and mailbox in a
//! temporary folder, on free ports of 127.0.0.1, stopped at the end. Its programs start as root and
//! drop to users of their own, so only root can run it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::PATIENCE;
use super::smtp::CERTIFICATES;

/// Everybody's: mailboxes belong to nobody.
const NOBODY: u32 = 65_534;

/// The domain it delivers for.
const DOMAIN: &str = "customer.example";

pub(crate) struct Postfix {
    master: Child,
    folder: TempDir,
    /// STARTTLS required.
    pub(crate) port: u16,
    /// TLS from the first byte.
    pub(crate) tls_port: u16,
}

impl Postfix {
    /// Whether this machine lets us run it.
    pub(crate) fn can_run() -> bool {
        let output = Command::new("id").arg("-u").output().unwrap();
        output.stdout.trim_ascii() == b"0"
    }

    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("mx").tempdir_in("/tmp").unwrap();
        let path = folder.path();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data", "mail"] {
            std::fs::create_dir(path.join(name)).unwrap();
        }
        chown(path.join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        chown(path.join("data"), Some(id("-u", "postfix")), None).unwrap();
        let (certificate, key) = &CERTIFICATES.good_pem;
        std::fs::write(path.join("conf/cert.pem"), certificate).unwrap();
        std::fs::write(path.join("conf/key.pem"), key).unwrap();
        let [port, tls_port] = [free_port(), free_port()];
        std::fs::write(path.join("conf/main.cf"), main_cf(path)).unwrap();
        std::fs::write(path.join("conf/master.cf"), master_cf(port, tls_port)).unwrap();
        let master = control(path, "start-fg")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(path.join("errors")).unwrap())
            .spawn()
            .expect("postfix is missing: apt-get install postfix (make test does it)");
        let mut postfix = Self { master, folder, port, tls_port };
        postfix.wait();
        postfix
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.tls_port)).is_err() {
            let ended = self.master.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "no Postfix: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it wrote to its log.
    pub(crate) fn said(&self) -> String {
        let read = |name| std::fs::read_to_string(self.folder.path().join(name));
        [read("errors"), read("log")].map(Result::unwrap_or_default).concat()
    }

    /// Waits until so many mails lie in the mailbox, and names them.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<PathBuf> {
        let started = Instant::now();
        loop {
            let new = std::fs::read_dir(self.folder.path().join("mail/box/new"));
            let mails: Vec<_> =
                new.into_iter().flatten().map(|file| file.unwrap().path()).collect();
            if mails.len() >= count {
                return mails;
            }
            let waited = started.elapsed();
            assert!(waited < PATIENCE, "{} of {count} came: {}", mails.len(), self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = control(self.folder.path(), "stop").stderr(Stdio::null()).status();
        let _ = self.master.wait();
    }
}

fn control(folder: &Path, verb: &str) -> Command {
    let mut command = Command::new("/usr/sbin/postfix");
    command.arg("-c").arg(folder.join("conf")).arg(verb).current_dir("/").stdin(Stdio::null());
    command
}

fn id(flag: &str, user: &str) -> u32 {
    let output = Command::new("id").args([flag, user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn main_cf(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
biff = no
smtpd_tls_cert_file = {folder}/conf/cert.pem
smtpd_tls_key_file = {folder}/conf/key.pem
smtpd_tls_security_level = encrypt
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:box/
virtual_mailbox_limit = 0
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
message_size_limit = 20000000
default_transport = error
"
    )
}

fn master_cf(port: u16, tls_port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}
