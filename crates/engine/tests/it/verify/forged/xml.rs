//! XML beside wrapping: Ids that are there twice, signatures over something else, parts of other signatures, other
//! algorithms, HMAC.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::seal::xml::c14n::{Subset, canonicalize};
use chancery_engine::seal::{Limits, Profile};
use chancery_testing::changes::Xorshift;
use roxmltree::Document;
use serde_json::json;

use super::wrapped::{
    SealedParts, altered, amount, around, inside, invoice, noise, renamed, somewhere,
};
use super::{ForgedFile, ForgeryKind, hmac, looked_at, one_of};
use crate::seal::bodies;
use crate::seal::settings::seal_as;
use crate::seal::support::*;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

pub(super) fn kinds() -> Vec<ForgeryKind> {
    vec![
        duplicate_ids(),
        something_else(),
        parts(),
        countersignatures(),
        algorithms(),
        hmac_values(),
    ]
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).unwrap()
}

/// What attributes of a text say.
fn attributes<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    text.split(&format!("{name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Elements of a name.
fn elements<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let begins = text.match_indices(&start).map(|(at, _)| at);
    begins
        .filter(|at| text[at + start.len()..].starts_with([' ', '>']))
        .filter_map(|at| Some(&text[at..at + text[at..].find(&end)? + end.len()]))
        .collect()
}

/// What is referred to is there once more, in any attribute that is an Id to some reader.
fn duplicate_ids() -> ForgeryKind {
    let all = SealedParts::all();
    let make = move |random: &mut Xorshift| {
        let (parts, amount) = (one_of(random, &all), amount(random));
        let named: Vec<&str> = attributes(&parts.signature, " URI")
            .into_iter()
            .filter_map(|uri| uri.strip_prefix('#'))
            .collect();
        let id = *one_of(random, &named);
        let name = *one_of(random, &["Id", "ID", "id", "xml:id"]);
        let twin = match random.below(4) {
            0 => altered(&parts.original, &amount).replacen(
                "Id=\"inv\"",
                &format!("{name}=\"{id}\""),
                1,
            ),
            1 => {
                let properties = elements(&parts.signature, "xades:SignedProperties")[0];
                let own = attributes(properties, "Id")[0];
                let namespaces = "xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" \
                                  xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
                let other = format!("{namespaces} {name}=\"{id}\" a=\"{amount}\"");
                properties.replacen(&format!("Id=\"{own}\""), &other, 1)
            }
            2 => format!("<b xmlns=\"urn:b{}\" {name}=\"{id}\">{amount}</b>", random.below(9)),
            _ => {
                let name = if name == "Id" { "id" } else { "Id" };
                format!("<ds:Object xmlns:ds=\"{DS}\" {name}=\"{id}\"><a>{amount}</a></ds:Object>")
            }
        };
        let file = match random.below(3) {
            0 => {
                parts.sealed.replacen(&parts.signature, &inside(&parts.signature, &twin, random), 1)
            }
            1 => around(&[twin.as_str(), &parts.sealed].concat(), random),
            _ => somewhere(&parts.sealed, &twin, random),
        };
        ForgedFile::new(file, amount)
    };
    ForgeryKind { name: "an Id that is there twice", make: Box::new(make), reached: looked_at }
}

/// Signatures of those who are trusted, over data of a forger who had it signed as something else.
fn enveloping() -> Vec<String> {
    let sealed = |number: usize| {
        let document = format!("<n:nothing xmlns:n=\"urn:n\">{number}</n:nothing>");
        let key = if number.is_multiple_of(2) { &PKI.p256 } else { &PKI.rsa };
        let sealed = seal_as(document.as_bytes(), key, None, &json!({ "packaging": "ENVELOPING" }));
        let sealed = text(sealed.unwrap().into_bytes());
        sealed[sealed.find("<ds:Signature").unwrap()..].trim_end().to_owned()
    };
    (0..6).map(sealed).collect()
}

fn something_else() -> ForgeryKind {
    let (others, all) = (enveloping(), SealedParts::all());
    let make = move |random: &mut Xorshift| {
        let (parts, other, amount) =
            (one_of(random, &all), one_of(random, &others), amount(random));
        let evil = renamed(&altered(&parts.original, &amount), random);
        let file = match random.below(4) {
            0 => inside(&evil, other, random),
            1 => around(&[other.as_str(), noise(random), &evil].concat(), random),
            // beside one that was good before
            2 => inside(&inside(&evil, &parts.signature, random), other, random),
            _ => inside(&renamed(&altered(&parts.sealed, &amount), random), other, random),
        };
        ForgedFile::new(file, amount)
    };
    let name = "a signature over something else";
    ForgeryKind { name, make: Box::new(make), reached: looked_at }
}

const PARTS: [&str; 13] = [
    "ds:SignedInfo",
    "ds:SignatureValue",
    "ds:KeyInfo",
    "ds:X509Data",
    "ds:Object",
    "xades:QualifyingProperties",
    "xades:SignedProperties",
    "xades:SignedSignatureProperties",
    "xades:SigningCertificateV2",
    "xades:SigningTime",
    "xades:DataObjectFormat",
    "ds:DigestValue",
    "ds:Reference",
];

/// What nobody trusts signed gets parts of what somebody signed who is trusted, and the other way round.
fn parts() -> ForgeryKind {
    let all = SealedParts::all();
    let own = |amount: &str| {
        let document = altered(&invoice(), amount).into_bytes();
        let profile = Profile::Xades(Box::default());
        let sealed = text(bodies::seal_only(document, &profile, &Limits::default()).unwrap());
        sealed[sealed.find("<Invoice").unwrap()..].trim_end().to_owned()
    };
    let make = move |random: &mut Xorshift| {
        let (parts, amount) = (one_of(random, &all), amount(random));
        let own = own(&amount);
        let victim = altered(&parts.sealed, &amount);
        let (mut file, giver) = if random.below(3) > 0 { (own, victim) } else { (victim, own) };
        for _ in 0..=random.below(4) {
            let name = *one_of(random, &PARTS);
            let (mine, others) = (elements(&file, name), elements(&giver, name));
            if mine.is_empty() || others.is_empty() {
                continue;
            }
            let (mine, other) = (*one_of(random, &mine), *one_of(random, &others));
            file = file.replacen(mine, other, 1);
        }
        if random.below(2) == 0 {
            // the names that the parts have for each other
            for (mine, other) in
                attributes(&file.clone(), " Id").iter().zip(attributes(&giver, " Id"))
            {
                file = file.replace(&format!("\"{mine}\""), &format!("\"{other}\""));
                file = file.replace(&format!("\"#{mine}\""), &format!("\"#{other}\""));
            }
        }
        ForgedFile::new(file, amount)
    };
    let name = "parts of another signature";
    ForgeryKind { name, make: Box::new(make), reached: looked_at }
}

/// Who is trusted countersigned something else.
fn countersignatures() -> ForgeryKind {
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let sealed = seal_as(invoice().as_bytes(), &PKI.p256, Some("ubl"), &json!({})).unwrap();
    let countersigned =
        text(seal_as(sealed.bytes(), &PKI.rsa, None, &counter).unwrap().into_bytes());
    let again = json!({ "packaging": "ENVELOPING" });
    let (first, all) = (text(sealed.into_bytes()), SealedParts::all());
    let others = enveloping();
    let make = move |random: &mut Xorshift| {
        let amount = amount(random);
        let (open, close) = ("<xades:CounterSignature>", "</xades:CounterSignature>");
        let inner = match random.below(4) {
            0 => one_of(random, &others).clone(),
            1 => one_of(random, &all).signature.clone(),
            2 => elements(&first, "ds:Signature")
                .first()
                .map_or_else(String::new, |it| (*it).to_owned()),
            _ => {
                let document = format!("<n:b xmlns:n=\"urn:n\">{amount}</n:b>");
                let sealed = text(
                    seal_as(document.as_bytes(), &PKI.p256, None, &again).unwrap().into_bytes(),
                );
                sealed[sealed.find("<ds:Signature").unwrap()..].trim_end().to_owned()
            }
        };
        let mut file = countersigned.clone();
        let (start, end) = (file.find(open)?, file.find(close)?);
        if random.below(2) == 0 {
            file.insert_str(end + close.len(), &format!("{open}{inner}{close}"));
        } else {
            file.replace_range(start + open.len()..end, &format!("{}{inner}", noise(random)));
        }
        // a signature that really is over the data of a forger says so, whatever it is for
        Some(ForgedFile::signed(file.into_bytes()))
    };
    let name = "a countersignature over something else";
    ForgeryKind { name, make: Box::new(make), reached: |report| report.signatures.len() > 1 }
}

const ALGORITHMS: [&str; 36] = [
    "",
    "none",
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2001/04/xmldsig-more#md5",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    "http://www.w3.org/2001/04/xmlenc#ripemd160",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    "http://www.w3.org/2009/xmldsig11#dsa-sha256",
    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2000/09/xmldsig#base64",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    "http://www.w3.org/TR/1999/REC-xslt-19991116",
    "http://www.w3.org/2002/06/xmldsig-filter2",
    "http://www.w3.org/2002/07/decrypt#XML",
    "urn:own",
];

/// Sealed by who is trusted, so that nothing but the algorithms is wrong.
fn algorithms() -> ForgeryKind {
    let all = SealedParts::all();
    let make = move |random: &mut Xorshift| {
        let (parts, amount) = (one_of(random, &all), amount(random));
        let info = elements(&parts.signature, "ds:SignedInfo")[0];
        let mut changed = info.to_owned();
        for _ in 0..=random.below(2) {
            let named = attributes(info, "Algorithm");
            let (from, to) = (*one_of(random, &named), *one_of(random, &ALGORITHMS));
            let to = match random.below(6) {
                0 => format!("{from} "),
                1 => from.to_uppercase(),
                2 => format!("{from}#"),
                _ => to.to_owned(),
            };
            changed = changed.replacen(&format!("\"{from}\""), &format!("\"{to}\""), 1);
        }
        if changed == info {
            return None;
        }
        let mut signature = parts.signature.replacen(info, &changed, 1);
        if random.below(3) == 0 {
            let value = elements(&signature, "ds:SignatureValue")[0].to_owned();
            let (tag, _) = value.split_once('>')?;
            let other = *one_of(random, &["", "AA==", "AAAA", "MAYCAQECAQE=", "MAYCAQACAQA="]);
            signature =
                signature.replacen(&value, &format!("{tag}>{other}</ds:SignatureValue>"), 1);
        }
        let sealed = parts.sealed.replacen(&parts.signature, &signature, 1);
        // half of them with what is to be believed, half as it was signed
        let file = if random.below(2) == 0 { altered(&sealed, &amount) } else { sealed };
        ForgedFile::new(file, amount)
    };
    ForgeryKind { name: "other algorithms in XML", make: Box::new(make), reached: looked_at }
}

/// Everything right but the value, which is an HMAC over what is signed.
fn hmac_values() -> ForgeryKind {
    let sealed = |number: usize| {
        let key = if number.is_multiple_of(2) { &PKI.p256 } else { &PKI.rsa };
        let document = altered(&invoice(), &format!("9999.0{number}"));
        text(seal_as(document.as_bytes(), key, None, &json!({})).unwrap().into_bytes())
    };
    let seals: Vec<String> = (0..8).map(sealed).collect();
    let make = move |random: &mut Xorshift| {
        let sealed = one_of(random, &seals);
        let method = *one_of(
            random,
            &[
                "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
                "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
                "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384",
                "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
                "http://www.w3.org/2001/04/xmldsig-more#hmac-md5",
            ],
        );
        let info = elements(sealed, "ds:SignedInfo")[0];
        let start = info.find("<ds:SignatureMethod")?;
        let end = start + info[start..].find("/>")? + 2;
        let bits = *one_of(random, &hmac::BITS);
        let length = match random.below(4) {
            0 => String::new(),
            _ => format!("<ds:HMACOutputLength>{bits}</ds:HMACOutputLength>"),
        };
        let written =
            format!("<ds:SignatureMethod Algorithm=\"{method}\">{length}</ds:SignatureMethod>");
        let file = sealed.replacen(&info[start..end], &written, 1);
        let mut octets = Vec::new();
        {
            let tree = Document::parse(&file).unwrap();
            let node = tree.descendants().find(|node| node.has_tag_name((DS, "SignedInfo")))?;
            canonicalize(Subset::subtree(node), Canonicalization::EXCLUSIVE, &[], &mut octets);
        }
        let value = hmac::value(&octets, bits, random);
        let old = elements(&file, "ds:SignatureValue")[0].to_owned();
        let (tag, _) = old.split_once('>')?;
        let new = format!("{tag}>{}</ds:SignatureValue>", STANDARD.encode(&value));
        let file = file.replacen(&old, &new, 1);
        ForgedFile::new(file, "9999.0")
    };
    ForgeryKind { name: "HMAC in XML", make: Box::new(make), reached: looked_at }
}
