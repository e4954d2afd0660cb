//! An authenticator of software (WebAuthn 6): keys by service, and answers as a browser hands them on. What it says can be
//! changed before it is signed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Flags of what is signed: somebody was there, and showed who it is; the key may be copied, and is.
const PRESENT: u8 = 0x01;
pub(crate) const VERIFIED: u8 = 0x04;
pub(crate) const MAY_BE_COPIED: u8 = 0x08;
const HAS_KEY: u8 = 0x40;

/// One passkey on one device.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// Where the browser says it is.
    pub(crate) origin: String,
    /// For which service the key is.
    pub(crate) service: String,
    pub(crate) counter: u32,
    pub(crate) flags: u8,
    /// Whose passkey it says it is.
    pub(crate) user: Vec<u8>,
}

impl Authenticator {
    /// With a new key, at an origin.
    pub(crate) fn new(origin: &str) -> Self {
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        let (_, host) = origin.split_once("://").unwrap();
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id,
            origin: origin.to_owned(),
            service: host.split(':').next().unwrap().to_owned(),
            counter: 1,
            flags: PRESENT | VERIFIED,
            user: Vec::new(),
        }
    }

    /// The identifier by which it comes back.
    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// What comes back for the options of a new passkey.
    pub(crate) fn create(&mut self, options: &Value) -> String {
        self.user = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let client = self.client("webauthn.create", options);
        let point = self.key.public_key().as_ref();
        // COSE_Key (RFC 9052, 7): EC2, ES256, P-256.
        let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 32]);
        key.extend(&point[33..]);
        let mut data = self.data(self.flags | HAS_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(key);
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// What comes back for the options of signing in. The counter goes forward, unless it is none: zero.
    pub(crate) fn sign(&mut self, options: &Value) -> String {
        let client = self.client("webauthn.get", options);
        self.counter += u32::from(self.counter != 0);
        let data = self.data(self.flags);
        let signed = [&data[..], digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": URL_SAFE_NO_PAD.encode(&self.user),
            },
        })
        .to_string()
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        let challenge = &options["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.service.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}
