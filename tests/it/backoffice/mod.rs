//! The back office as people meet it: over HTTP with the cookies and forms of a browser, with a clock that the test
//! moves.

mod audit;
mod browser;
mod client_services;
mod codes;
mod companies;
mod credentials;
mod forms;
mod gallery;
mod guesses;
mod help;
mod imports;
mod letters;
mod mail_servers;
mod matrix;
mod operations;
mod passkeys;
mod people;
mod saved_filters;
mod sessions;
mod sets;
mod settings;
mod sign_in;
mod usage;
mod webhooks;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use chancery::app::Clock;
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::PersonId;
use chancery::domain::language::Language;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::people::{self as persons, Doer, InvitedPerson, NewPerson};
use totp_rs::{Builder, Secret};

use crate::support::client::{Answer, PATIENCE, encode};
use crate::support::service::{Service, Setup, now, unique};

/// A client that goes nowhere by itself.
static STANDING: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().timeout(2 * PATIENCE).pool_idle_timeout(PATIENCE);
    client.no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
});

pub(super) const PASSWORD: &str = "plum tractor window 7";

/// A service whose clock stands still unless it is moved.
pub(super) struct House {
    pub(super) service: Service,
    pub(super) clock: Arc<AtomicI64>,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let clock = Arc::new(AtomicI64::new(now().unix_ms()));
        let mut setup = Setup::new();
        setup.clock = Clock::Moved(Arc::clone(&clock));
        // Hashing is proved elsewhere to cost what it is set to.
        setup.config.people.hash_memory_kib = 8;
        setup.config.people.hash_passes = 1;
        change(&mut setup);
        Self { service: setup.start().await, clock }
    }

    pub(super) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// A browser at the door, at an address of its own.
    pub(super) fn tab(&self, from: &str) -> Tab {
        Tab::at(&self.service.base, from)
    }

    pub(super) async fn invite(&self, role: Role, rights: Rights, sight: Sight) -> InvitedPerson {
        let new = NewPerson {
            address: MailAddress::parse(&format!("{}@acme.example", unique("ana"))).unwrap(),
            name: "Ana Sousa".to_owned(),
            language: Language::En,
            role,
            rights,
            sight,
        };
        persons::invite(&self.service.app, new, &Doer::command()).await.unwrap()
    }

    /// Somebody who accepted an invitation and set up an app, still signed in.
    pub(super) async fn somebody(&self, role: Role, rights: Rights, sight: Sight) -> Somebody {
        let invited = self.invite(role, rights, sight).await;
        let mut tab = self.tab("192.0.2.1");
        tab.accept(&path_of(&invited.link), PASSWORD).await;
        let page = tab.get("/office/account/app").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let key = between(page.text(), "<dd><code>", "</code>").to_owned();
        let pending = between(page.text(), "name=\"pending\" value=\"", "\"").to_owned();
        let code = code_of(&key, self.clock.load(Ordering::Relaxed));
        let fields = [("pending", pending.as_str()), ("code", code.as_str())];
        let page = tab.send("/office/account/app", &fields).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let codes = page.text().split("<li><code>").skip(1);
        let codes: Vec<String> =
            codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        assert_eq!(codes.len(), 10, "{}", page.text());
        Somebody {
            id: invited.person.id,
            address: invited.person.address.as_str().to_owned(),
            tab,
            key,
            codes,
        }
    }

    pub(super) async fn administrator(&self) -> Somebody {
        self.somebody(Role::Administrator, Rights::Operator, Sight::Everything).await
    }
}

/// Somebody who can sign in.
pub(super) struct Somebody {
    pub(super) id: PersonId,
    pub(super) address: String,
    pub(super) tab: Tab,
    key: String,
    pub(super) codes: Vec<String>,
}

impl Somebody {
    /// The code that the app shows in half a minute; it is then.
    pub(super) fn next_code(&self, house: &House) -> String {
        house.pass(30_000);
        self.code(house)
    }

    /// The code that the app shows now.
    pub(super) fn code(&self, house: &House) -> String {
        code_of(&self.key, house.clock.load(Ordering::Relaxed))
    }

    /// Signs in from another browser.
    pub(super) async fn sign_in(&self, house: &House, from: &str) -> Tab {
        let mut tab = house.tab(from);
        assert_eq!(tab.sign_in(&self.address, PASSWORD).await, "/office/second-step");
        let code = self.next_code(house);
        let answer = tab.send("/office/second-step", &[("code", &code)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office"));
        tab
    }
}

/// A browser: the cookie of its session, the one it is known by without, and the token of the form that it saw last.
#[derive(Clone)]
pub(super) struct Tab {
    base: String,
    from: String,
    pub(super) cookie: Option<String>,
    pub(super) browser: Option<String>,
    pub(super) form: String,
}

impl Tab {
    /// At a service, from an address.
    pub(super) fn at(base: &str, from: &str) -> Self {
        Self {
            base: base.to_owned(),
            from: from.to_owned(),
            cookie: None,
            browser: None,
            form: String::new(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(STANDING.get(format!("{}{path}", self.base)));
        let answer = Answer::of(request).await;
        self.note(&answer);
        let is_page = answer.header("content-type").starts_with("text/html");
        if is_page && answer.text().contains("name=\"form\"") {
            between(answer.text(), "name=\"form\" value=\"", "\"").clone_into(&mut self.form);
        }
        answer
    }

    /// Sends a form as a page of ours does.
    pub(super) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.posted(path, fields).header("sec-fetch-site", "same-origin");
        let answer = Answer::of(request).await;
        self.note(&answer);
        answer
    }

    /// Sends a form with a file as a page of ours does.
    pub(super) async fn send_file(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields.iter().chain([&("form", self.form.as_str())]) {
            let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        let head =
            "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.p7b\"\r\n\r\n";
        body.extend([head.as_bytes(), file, b"\r\n--edge--\r\n"].concat());
        let request = self.request(STANDING.post(format!("{}{path}", self.base)).body(body));
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        let answer = Answer::of(request.header("sec-fetch-site", "same-origin")).await;
        self.note(&answer);
        answer
    }

    /// A form with this session's token, without what a browser says of where it comes from.
    pub(super) fn posted(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let own = ("form", self.form.as_str());
        let pairs = fields.iter().chain([&own]);
        let body: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = STANDING.post(format!("{}{path}", self.base)).body(body.join("&"));
        self.request(request).header("content-type", "application/x-www-form-urlencoded")
    }

    fn request(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.header("x-forwarded-for", &self.from).header("user-agent", "Tab");
        let cookies = [&self.browser, &self.cookie].into_iter().flatten();
        match cookies.map(String::as_str).collect::<Vec<_>>() {
            none if none.is_empty() => request,
            some => request.header("cookie", format!("other=1; {}", some.join("; "))),
        }
    }

    fn note(&mut self, answer: &Answer) {
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap().to_owned();
            if pair.contains("chancery-browser=") {
                self.browser = Some(pair);
            } else {
                self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
            }
        }
    }

    /// Accepts an invitation.
    pub(super) async fn accept(&mut self, path: &str, password: &str) {
        assert_eq!(self.get(path).await.status, 200);
        let answer = self.send(path, &[("new", password), ("again", password)]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/office"),
            "{}",
            answer.text()
        );
    }

    /// Shows a password; returns where it leads, or the status.
    pub(super) async fn sign_in(&mut self, address: &str, password: &str) -> String {
        let fields = [("address", address), ("password", password)];
        let answer = self.send("/office/sign-in", &fields).await;
        if answer.status != 303 {
            return answer.status.to_string();
        }
        let place = answer.header("location").to_owned();
        self.get(&place).await;
        place
    }
}

/// Path of an address of the service.
pub(super) fn path_of(link: &str) -> String {
    format!("/{}", link.splitn(4, '/').nth(3).unwrap())
}

pub(super) fn between<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(behind).unwrap().0
}

/// What an app shows (RFC 6238).
pub(super) fn code_of(key: &str, ms: i64) -> String {
    let secret = Secret::try_from_base32(key).unwrap();
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    totp.generate(u64::try_from(ms / 1000).unwrap()).to_string()
}
