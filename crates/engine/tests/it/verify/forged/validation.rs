//! What levels above B stand on: answers, lists and certificates that were altered, exchanged or left out, and timestamps
//! over something else. Such a seal may be right all the same, but has not the level.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::domain::text::hex;
use chancery_engine::pki::cms::{Augmentation, Existing, SignerPlace};
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::timestamp::{TimestampToken, with_archive, with_signature_timestamp};
use chancery_engine::pki::tlv;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::Raised;
use chancery_engine::seal::pdf::object::{Dictionary, Indirect, Object, Stream};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use chancery_testing::changes::Xorshift;
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::{ForgedFile, ForgeryKind, looked_at, one_of, with_what_is_inside};
use crate::seal::extend::{cades, prepare_cms, signed, stamped, token, xades};
use crate::seal::long_term::{ROOM, archived, collected, lists, timestamped};
use crate::seal::support::{INVOICE, PKI, TestKey};

/// How a seal is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Xml,
    Pdf,
    Cms,
}

/// What is put into a file for level LT.
#[derive(Clone)]
struct Words {
    certificates: Vec<Vec<u8>>,
    /// Of the issuer of the seal, of its root, and of that of the TSA; the first one may be an answer.
    about: [Vec<u8>; 3],
}

impl Words {
    /// Whether a word is an answer of a responder.
    fn is_answer(der: &[u8]) -> bool {
        Crl::read(der.to_vec()).is_err() && der.windows(BASIC.len()).any(|it| it == BASIC)
    }

    fn split(&self) -> [Vec<&[u8]>; 2] {
        let about = self.about.iter().map(Vec::as_slice).filter(|der| !der.is_empty());
        let (answers, lists) = about.partition(|der| Self::is_answer(der));
        [lists, answers]
    }
}

/// `id-pkix-ocsp-basic`.
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];

/// Where what is signed of a list or an answer stands, and the value that signs it.
fn signed_ranges(der: &[u8]) -> [Range<usize>; 2] {
    let at = if Words::is_answer(der) {
        let oid = der.windows(BASIC.len()).position(|it| it == BASIC).unwrap() + BASIC.len();
        tlv::read(der, oid, der.len()).unwrap().content.start
    } else {
        0
    };
    let whole = tlv::read(der, at, der.len()).unwrap();
    let first = tlv::read(der, whole.content.start, whole.content.end).unwrap();
    let second = tlv::read(der, first.whole.end, whole.content.end).unwrap();
    let value = tlv::read(der, second.whole.end, whole.content.end).unwrap();
    [first.whole, value.content.start + 1..value.content.end]
}

/// A file with validation data.
fn with_words(form: Form, file: &[u8], words: &Words) -> Vec<u8> {
    let certificates: Vec<&[u8]> = words.certificates.iter().map(Vec::as_slice).collect();
    let [lists, answers] = words.split();
    match form {
        Form::Cms => {
            let more = Augmentation { certificates, lists, answers };
            let cms = Existing::read(file).unwrap();
            cms.augmented(file, &more).unwrap().unwrap_or_else(|| file.to_vec())
        }
        Form::Xml => {
            let all = |name: &str, all: &[&[u8]]| -> String {
                let one =
                    |der: &&[u8]| format!("<xades:{name}>{}</xades:{name}>", STANDARD.encode(der));
                all.iter().map(one).collect()
            };
            let within = |name: &str, text: String| match text.as_str() {
                "" => String::new(),
                text => format!("<xades:{name}>{text}</xades:{name}>"),
            };
            let certificates = all("EncapsulatedX509Certificate", &certificates);
            let revocation = [
                within("CRLValues", all("EncapsulatedCRLValue", &lists)),
                within("OCSPValues", all("EncapsulatedOCSPValue", &answers)),
            ];
            let added = [
                within("CertificateValues", certificates),
                within("RevocationValues", revocation.concat()),
            ];
            let end = "</xades:UnsignedSignatureProperties>";
            let text = String::from_utf8(file.to_vec()).unwrap();
            text.replacen(end, &(added.concat() + end), 1).into_bytes()
        }
        Form::Pdf => {
            let read = PdfFile::open(file, &PdfLimits::default()).unwrap();
            let mut increment = Increment::new(&read).unwrap();
            let mut store = Dictionary::new();
            for (key, all) in [("Certs", certificates), ("CRLs", lists), ("OCSPs", answers)] {
                let streams = all.into_iter().map(|der| {
                    let stream = Stream { dictionary: Dictionary::new(), data: der.to_vec() };
                    Object::Reference(increment.add(Indirect::Stream(stream)))
                });
                store.set(key, Object::Array(streams.collect()));
            }
            let catalog = read.catalog().unwrap().with("DSS", store);
            increment.set(read.root(), Indirect::Object(catalog.into()));
            [file, &increment.finish().unwrap().bytes].concat()
        }
    }
}

/// A seal at levels T and LTA.
struct Base {
    form: Form,
    stamped: Vec<u8>,
    lt: Vec<u8>,
    lta: Vec<u8>,
}

fn archive(bytes: Vec<u8>) -> Vec<u8> {
    let raised = Raised { bytes, level: Level::Lt, changed: true, notes: Vec::new() };
    archived(raised.archive(ROOM, &Limits::default(), None).unwrap(), "rsa").bytes
}

/// What is good of everything.
struct Goods {
    bases: Vec<Base>,
    /// With lists alone, and with an answer about the seal.
    words: [Words; 2],
    /// What says something else than the one in its place is to say.
    others: Vec<Vec<u8>>,
    /// Tokens over something else.
    tokens: Vec<TimestampToken>,
}

impl Goods {
    fn new() -> Self {
        let lists_of = |data: &CollectedData| -> Vec<Vec<u8>> {
            data.lists().iter().map(|list| list.der().to_vec()).collect()
        };
        let [root, issuing, tsa] = lists_of(&collected(&lists())).try_into().unwrap();
        let chain = PKI.rsa.signer.chain();
        let certificates = chain.certificates().skip(1).map(|one| one.der().to_vec()).collect();
        let by_list = Words { certificates, about: [issuing, root, tsa] };
        let mut by_answer = by_list.clone();
        by_answer.about[0] = PKI.answer(false);
        let others = vec![
            PKI.answer(true),
            // of a time that has not come
            TSA.list_in_days(22),
            TSA.list_with("rsa"),
        ];
        let over = |octets: &[u8], tsa| token(octets, DigestAlgorithm::Sha256, tsa);
        let tokens = vec![over(b"something else", "rsa"), over(b"another", "ec")];
        let mut bases = Vec::new();
        let cms = |key: &TestKey| {
            let profile = cades(false, CadesPackaging::Attached);
            stamped(signed(prepare_cms(b"content", &profile, key), key)).into_bytes()
        };
        let xml = |key| xades(INVOICE.as_bytes(), key, &json!({})).into_bytes();
        for (form, stamped) in [
            (Form::Xml, xml(&PKI.rsa)),
            (Form::Xml, xml(&PKI.p256)),
            (Form::Cms, cms(&PKI.rsa)),
            (Form::Cms, cms(&PKI.p256)),
            (Form::Pdf, timestamped(&pdfs::named("classic").bytes)),
            (Form::Pdf, timestamped(&pdfs::named("xref-stream").bytes)),
        ] {
            for words in [&by_list, &by_answer] {
                let lt = with_words(form, &stamped, words);
                has_level(&lt, Level::Lt);
                let lta = archive(lt.clone());
                has_level(&lta, Level::Lta);
                bases.push(Base { form, stamped: stamped.clone(), lt, lta });
            }
        }
        Self { bases, words: [by_list, by_answer], others, tokens }
    }

    /// Words one of which is not what it is to be.
    fn false_words(&self, random: &mut Xorshift) -> Words {
        let mut words = one_of(random, &self.words).clone();
        let at = random.below(3);
        match random.below(8) {
            // exchanged
            0 => words.about[at] = words.about[(at + 1 + random.below(2)) % 3].clone(),
            1 => {
                // what says that it was revoked, or says it at another time, of what it is about
                let other = one_of(random, &self.others).clone();
                let at = if Words::is_answer(&other) { 0 } else { 2 };
                words.about[at] = other;
            }
            2 => words.about[at] = Vec::new(),
            // altered, what is signed or the value
            _ => {
                let der = &mut words.about[at];
                let range = one_of(random, &signed_ranges(der)).clone();
                for _ in 0..=random.below(3) {
                    let at = range.start + random.below(range.len());
                    der[at] ^= 1 << random.below(8);
                }
            }
        }
        words
    }

    /// A token over something else, which may be altered too.
    fn false_token(&self, random: &mut Xorshift) -> Vec<u8> {
        let mut token = one_of(random, &self.tokens).der().to_vec();
        let at = random.below(token.len());
        token[at] ^= 1 << random.below(8);
        token
    }

    fn forged(&self, random: &mut Xorshift) -> Option<ForgedFile> {
        let base = one_of(random, &self.bases);
        let forged = |octets: Vec<u8>, lacks| Some(ForgedFile::lacking(octets, lacks));
        match random.below(8) {
            0 => forged(base.with_false_signature_timestamp(self, random)?, Level::T),
            1 => forged(base.with_false_archive(self, random)?, Level::Lta),
            2 => forged(base.with_other_archived(random)?, Level::Lta),
            kind => {
                let words = self.false_words(random);
                let file = with_words(base.form, &base.stamped, &words);
                if self.words.iter().any(|good| with_words(base.form, &base.stamped, good) == file)
                {
                    return None;
                }
                // under an archive timestamp it is no better
                let is_archived = kind == 3 && random.below(8) == 0;
                forged(if is_archived { archive(file) } else { file }, Level::Lt)
            }
        }
    }
}

impl Base {
    /// The token of an XML timestamp, by its number, is another.
    fn xml_token(file: &[u8], number: usize, token: &[u8]) -> Option<Vec<u8>> {
        let text = String::from_utf8(file.to_vec()).ok()?;
        let open = "<xades:EncapsulatedTimeStamp>";
        let (start, _) = text.match_indices(open).nth(number)?;
        let start = start + open.len();
        let end = start + text[start..].find('<')?;
        Some([&text[..start], &STANDARD.encode(token), &text[end..]].concat().into_bytes())
    }

    fn with_false_signature_timestamp(
        &self,
        goods: &Goods,
        random: &mut Xorshift,
    ) -> Option<Vec<u8>> {
        let token = goods.false_token(random);
        match self.form {
            Form::Xml => Self::xml_token(&self.lt, 0, &token),
            Form::Cms => {
                let token = TimestampToken::from_der(&token).ok()?;
                let key = [&PKI.rsa, &PKI.p256][random.below(2)];
                let content = format!("content {}", random.below(1000));
                let profile = cades(false, CadesPackaging::Attached);
                let plain = signed(prepare_cms(content.as_bytes(), &profile, key), key).finish();
                let cms = Existing::read(plain.bytes()).ok()?;
                let file =
                    with_signature_timestamp(&cms, plain.bytes(), SignerPlace::Signer(0), &token)
                        .ok()?;
                Some(with_words(Form::Cms, &file, &goods.words[0]))
            }
            Form::Pdf => None,
        }
    }

    fn with_false_archive(&self, goods: &Goods, random: &mut Xorshift) -> Option<Vec<u8>> {
        let token = goods.false_token(random);
        match self.form {
            Form::Xml => Self::xml_token(&self.lta, 1, &token),
            Form::Cms => {
                let token = TimestampToken::from_der(&token).ok()?;
                with_archive(&Existing::read(&self.lt).ok()?, &self.lt, 0, &token).ok()
            }
            Form::Pdf => {
                let mut file = self.lta.clone();
                let word = b"/Contents <";
                let start = file.windows(word.len()).rposition(|it| it == word)? + word.len();
                let end = start + file[start..].iter().position(|octet| *octet == b'>')?;
                let digits = hex(&token);
                if digits.len() > end - start {
                    return None;
                }
                file[start..end].fill(b'0');
                file[start..start + digits.len()].copy_from_slice(digits.as_bytes());
                Some(file)
            }
        }
    }

    /// What an archive timestamp covers of the validation data is something else now.
    fn with_other_archived(&self, random: &mut Xorshift) -> Option<Vec<u8>> {
        let mut file = self.lta.clone();
        match self.form {
            Form::Xml => {
                let word = b"<xades:EncapsulatedCRLValue>";
                let start = file.windows(word.len()).position(|it| it == word)? + word.len();
                let length = file[start..].iter().position(|octet| *octet == b'<')?;
                let at = start + random.below(length - 4);
                file[at] = *one_of(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
            }
            Form::Pdf => {
                let at = self.stamped.len() + random.below(self.lt.len() - self.stamped.len());
                file[at] ^= 1 << random.below(8);
            }
            Form::Cms => {
                let list = collected(&lists()).lists().last()?.der().to_vec();
                let start = file.windows(list.len()).position(|it| it == list)?;
                file[start + random.below(list.len())] ^= 1 << random.below(8);
            }
        }
        (file != self.lta).then_some(file)
    }
}

#[track_caller]
fn has_level(file: &[u8], level: Level) {
    let report = with_what_is_inside(file);
    let found = report.signatures.iter().find_map(|one| one.level);
    assert_eq!(found, Some(level.as_str()), "{report:#?}");
}

pub(super) fn kind() -> ForgeryKind {
    let goods = Goods::new();
    let make = move |random: &mut Xorshift| goods.forged(random);
    ForgeryKind { name: "validation data and timestamps", make: Box::new(make), reached: looked_at }
}
