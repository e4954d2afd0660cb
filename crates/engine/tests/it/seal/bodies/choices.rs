//! Documents and settings made from bytes, a byte for each choice: random bytes make a random
//! document, and a fuzzer that changes one byte changes one thing.

use std::fmt::Write as _;

use chancery_engine::seal::xml::encoding::Encoding;
use serde_json::{Map, Value, json};

/// Choices yet to be made; the first of everything once they are used up.
pub(crate) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    #[must_use]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % bound
    }

    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// True for one byte in so many.
    pub(super) fn rarely(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }

    /// A document in some encoding.
    pub(crate) fn document(&mut self) -> Vec<u8> {
        let (encoding, name, mark) = self.one(&[
            (Encoding::Utf8, "", ""),
            (Encoding::Utf8, "UTF-8", ""),
            (Encoding::Utf8, "", "\u{FEFF}"),
            (Encoding::Iso8859_1, "ISO-8859-1", ""),
            (Encoding::Utf16Le, "UTF-16", "\u{FEFF}"),
            (Encoding::Utf16Be, "", "\u{FEFF}"),
            (Encoding::Windows1250, "windows-1250", ""),
            (Encoding::Windows1252, "windows-1252", ""),
        ]);
        let declaration = match name {
            "" => String::new(),
            name => format!("<?xml version='1.0' encoding='{name}'?>"),
        };
        let before = self.around();
        let ubl = self.rarely(3);
        let mut text = String::new();
        if ubl {
            self.invoice(&mut text);
        } else {
            self.element(&mut text, 0, &mut vec![("p", "urn:p"), ("q", "urn:q")], true);
        }
        let after = self.around();
        let text = format!("{mark}{declaration}{before}{text}{after}");
        encoding.encode(&text).into_owned()
    }

    /// Comments, instructions and white space around the root.
    fn around(&mut self) -> &'static str {
        self.one(&["", "\n", "", "<!--around-->", "<?pi  around ?>\r\n", "", "\t<!--a--><?b?> "])
    }

    fn invoice(&mut self, text: &mut String) {
        const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";
        let root = self.one(&["Invoice", "CreditNote", "ApplicationResponse"]);
        let prefix = self.one(&["ext", "e"]);
        let _ = write!(
            text,
            "<{root} xmlns=\"{UBL}{root}-2\" xmlns:cac='{UBL}CommonAggregateComponents-2'\n\
             xmlns:cbc='{UBL}CommonBasicComponents-2' xmlns:{prefix}='{UBL}CommonExtensionComponents-2'>"
        );
        let place = format!(
            "<sig:UBLDocumentSignatures xmlns:sig='{UBL}CommonSignatureComponents-2' \
             xmlns:sac='{UBL}SignatureAggregateComponents-2'>"
        );
        let end = "</sig:UBLDocumentSignatures>";
        let inside = match self.below(6) {
            0 => None,
            1 => Some(String::new()),
            2 => Some(format!("{place}<sac:SignatureInformation/>{end}")),
            3 => Some(format!(
                "{place}<sac:SignatureInformation >\r\n</sac:SignatureInformation>{end}"
            )),
            4 => Some(format!("{place}{end}")),
            _ => Some("<x xmlns=''><y/></x>".to_owned()),
        };
        if let Some(inside) = inside {
            let p = prefix;
            let _ = write!(
                text,
                "\n  <{p}:UBLExtensions><{p}:UBLExtension><{p}:ExtensionContent>{inside}\
                 </{p}:ExtensionContent></{p}:UBLExtension></{p}:UBLExtensions>"
            );
        }
        text.push_str("\r\n  <cbc:ID>F-1</cbc:ID><!--note-->");
        if self.rarely(3) {
            text.push_str(
                "<cac:Signature><cbc:ID>1</cbc:ID><cac:DigitalSignatureAttachment>\
                 <cac:ExternalReference><cbc:URI>#Signature_1</cbc:URI></cac:ExternalReference>\
                 </cac:DigitalSignatureAttachment></cac:Signature>",
            );
        }
        text.push_str("<cac:AccountingSupplierParty/>");
        self.element(text, 1, &mut Vec::new(), false);
        let _ = write!(text, "</{root}>");
    }

    fn element(
        &mut self,
        text: &mut String,
        depth: usize,
        scope: &mut Vec<(&'static str, &'static str)>,
        root: bool,
    ) {
        let outside = scope.len();
        let mut tag = String::new();
        if root {
            tag.push_str(" xmlns:p='urn:p' xmlns:q=\"urn:q\"");
        }
        if self.rarely(4) {
            let name = self.one(&["urn:d", "urn:p", ""]);
            let _ = write!(tag, " xmlns='{name}'");
        }
        if self.rarely(5) {
            let prefix = self.one(&["r", "ds", "xades", "q", "context", "unused"]);
            let name = self.one(&["urn:r", "urn:q", "http://www.w3.org/2000/09/xmldsig#"]);
            if !(root && prefix == "q") {
                let _ = write!(tag, "\n xmlns:{prefix} = '{name}'");
                scope.push((prefix, name));
            }
        }
        for (attribute, values) in [
            ("xml:lang", &["de", ""][..]),
            ("xml:space", &["preserve"]),
            ("xml:base", &["http://h/a/", "b/", "../c", "", "."]),
            ("xml:id", &["x1", "x2", "x3"]),
            ("Id", &["i1", "i2", "i3", "Signature_1"]),
            ("id", &["i1", "l1"]),
            ("a", &["1", "&lt;&amp;&#9;&#13;&#x20ac;'", "a\r\n\tb", "é"]),
            ("z", &[">/>"]),
        ] {
            if self.rarely(12) {
                let value = self.one(values);
                let _ = write!(tag, " {attribute}=\"{value}\"");
            }
        }
        if let Some((prefix, _)) = scope.last()
            && self.rarely(6)
        {
            let _ = write!(tag, " {prefix}:a='q'");
        }
        let local = self.one(&["a", "b", "c", "Signature", "é"]);
        let name = match self.below(3) {
            1 if !scope.is_empty() => {
                let prefix = self.one(scope).0;
                format!("{prefix}:{local}")
            }
            _ => local.to_owned(),
        };
        let _ = write!(text, "<{name}{tag}");
        if depth > 0 && self.rarely(5) {
            text.push_str(self.one(&["/>", " />"]));
            scope.truncate(outside);
            return;
        }
        text.push_str(self.one(&[">", " >", "\n>"]));
        for _ in 0..self.below(if depth > 3 { 2 } else { 5 }) {
            match self.below(8) {
                0..=2 if depth < 5 => self.element(text, depth + 1, scope, false),
                3 => text.push_str(self.one(&["<!--c-->", "<!---->", "<!--\r\n-->"])),
                4 => text.push_str(self.one(&["<?pi?>", "<?pi  some data ?>"])),
                5 => text.push_str(self.one(&[
                    "<![CDATA[<&]]>",
                    "<![CDATA[]]>",
                    "x<![CDATA[\r\n]]>y",
                    "]]&gt;",
                    "<![CDATA[</a>]]>",
                ])),
                6 => text.push_str(self.one(&[
                    "<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'><s:SignatureValue>AAAA\
                     </s:SignatureValue></s:Signature>",
                    "<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'/>",
                ])),
                _ => text.push_str(self.one(&[
                    "text", "\r\n  ", "\r", "&#13;&#10;", "&amp;&lt;&gt;&quot;&apos;", "é&#x10FFFF;ü", " ",
                ])),
            }
        }
        let _ = write!(text, "</{name}{}>", self.one(&["", " ", "\n"]));
        scope.truncate(outside);
    }

    /// Settings of a seal, many of which contradict themselves or the document.
    pub(crate) fn settings(&mut self) -> Map<String, Value> {
        let mut settings = Map::new();
        let packaging =
            self.one(&["ENVELOPED", "ENVELOPED", "ENVELOPED", "ENVELOPING", "DETACHED"]);
        let mut say = |name: &str, value: Value| settings.insert(name.to_owned(), value);
        say("packaging", json!(packaging));
        say("canonicalTransform", self.canonicalization());
        let alone = self.rarely(8);
        say(
            "xadesLevel",
            if alone { json!("NONE") } else { self.one(&[Value::Null, json!("BES")]) },
        );
        say(
            "referenceOrder",
            match self.below(3) {
                0 if alone => json!(["DOCUMENT", "KEY_INFO"]),
                1 => json!(["SIGNED_PROPERTIES", "DOCUMENT", "KEY_INFO"]),
                _ => Value::Null,
            },
        );
        match packaging {
            "DETACHED" => {
                say("reference", json!({ "uri": "document.xml" }));
                if self.rarely(2) {
                    say("signatureTransform", json!([self.canonical()]));
                }
            }
            "ENVELOPING" => {
                say(
                    "signatureTransform",
                    match self.below(3) {
                        0 => json!([self.canonical()]),
                        1 => json!([]),
                        _ => Value::Null,
                    },
                );
            }
            _ => self.enveloped(&mut settings),
        }
        self.details(&mut settings, packaging == "ENVELOPING");
        settings.retain(|_, value| !value.is_null());
        settings
    }

    fn enveloped(&mut self, settings: &mut Map<String, Value>) {
        let mut say = |name: &str, value: Value| settings.insert(name.to_owned(), value);
        let n = Value::Null;
        say("signatureTransform", self.transform());
        say("signatureLocation", self.location());
        say("existingSignatures", self.one(&[n.clone(), json!("PARALLEL"), json!("PARALLEL")]));
        if self.rarely(20) {
            say("existingSignatures", json!("COUNTERSIGN"));
        }
        if self.rarely(4) {
            say(
                "reference",
                self.one(&[
                    json!({ "uri": "#xpointer(/)" }),
                    json!({ "uri": "#i1" }),
                    json!({ "uri": "#xpointer(id('i2'))" }),
                    json!({ "element": "a" }),
                    json!({ "digestAlgorithm": "SHA512", "type": "urn:a&b", "id": "r" }),
                ]),
            );
        }
        if self.rarely(4) {
            say(
                "ubl",
                self.one(&[
                    json!({ "createScaffolding": true }),
                    json!({ "createScaffolding": true, "addCacSignature": true }),
                    json!({ "addCacSignature": true }),
                ]),
            );
        }
    }

    fn details(&mut self, settings: &mut Map<String, Value>, prefixed: bool) {
        let n = Value::Null;
        let mut say = |name: &str, value: Value| settings.insert(name.to_owned(), value);
        for own in ["keyInfoReference", "signedPropertiesReference"] {
            let canonical = json!({ "transforms": [self.canonical()] });
            let without = json!({ "transforms": [] });
            say(own, self.one(&[n.clone(), n.clone(), canonical, without]));
        }
        say(
            "prefixes",
            self.one(&[
                n.clone(),
                n.clone(),
                json!({ "ds": if prefixed { "s" } else { "" } }),
                json!({ "ds": "p", "xades": "q" }),
                json!({ "ds": "r", "xadesAtSignature": true }),
            ]),
        );
        say(
            "keyInfo",
            self.one(&[
                n.clone(),
                n.clone(),
                json!({ "keyValue": true, "subjectName": true, "issuerSerial": true }),
                json!({ "keyValue": true, "order": ["KEY_VALUE", "X509_DATA"], "certificates": "SIGNER" }),
            ]),
        );
        say(
            "ids",
            self.one(&[
                n.clone(),
                n.clone(),
                json!({ "signature": "{ublSignatureUri|S1}" }),
                json!({ "signature": "i1", "keyInfo": "k", "object": "o{number}", "signedInfo": "si" }),
            ]),
        );
        say("base64Wrap", self.one(&[n.clone(), json!(64), json!(76)]));
        say("digestAlgorithm", self.one(&[n.clone(), n.clone(), json!("SHA384"), json!("SHA1")]));
        say(
            "claimedRoles",
            self.one(&[n.clone(), n.clone(), json!(["ç & ş \u{1F4A9}", "<\r\n\t\">"])]),
        );
        say("signatureValueEncoding", self.one(&[n.clone(), n.clone(), n.clone(), json!("DER")]));
    }

    fn canonicalization_name(&mut self) -> Value {
        json!(self.one(&[
            "EXCLUSIVE",
            "INCLUSIVE",
            "EXCLUSIVE_WITH_COMMENTS",
            "INCLUSIVE_WITH_COMMENTS",
            "INCLUSIVE_11",
            "INCLUSIVE_11_WITH_COMMENTS",
        ]))
    }

    fn canonical(&mut self) -> Value {
        json!({ "algorithm": "CANONICAL", "canonicalization": self.canonicalization_name(),
            "inclusivePrefixes": self.one(&[json!([]), json!(["p", "ds", "#default"])]) })
    }

    fn canonicalization(&mut self) -> Value {
        if self.rarely(2) { self.canonicalization_name() } else { Value::Null }
    }

    fn location(&mut self) -> Value {
        let position = self.one(&["LAST_CHILD", "FIRST_CHILD", "AFTER"]);
        let number = self.below(12) + 1;
        match self.below(6) {
            0 | 1 | 3 => {
                json!({ "xpath": format!("(//*[count(//*) < {number} or position() = {number}])[1]"), "position": position })
            }
            2 => json!({ "localName": "a", "index": 1, "position": position }),
            4 => json!({ "position": position }),
            _ => Value::Null,
        }
    }

    fn transform(&mut self) -> Value {
        let ds = json!({ "ds": "http://www.w3.org/2000/09/xmldsig#" });
        let enveloped = json!({ "algorithm": "ENVELOPED" });
        let general =
            |xpath: &str| json!({ "algorithm": "XPATH", "xpath": xpath, "namespaces": ds.clone() });
        let outside = "count(ancestor-or-self::ds:Signature) = 0";
        let canonical = self.canonical();
        let filter = |operation: &str, xpath: &str| json!({ "operation": operation, "xpath": xpath, "namespaces": ds.clone() });
        let filters = |filters: Value| json!({ "algorithm": "XPATH_FILTER2", "filters": filters });
        let without_all = filter("SUBTRACT", "//ds:Signature");
        self.one(&[
            Value::Null,
            Value::Null,
            json!("XPATH"),
            json!("XPATH2_FILTER"),
            json!("UBL_FINAL"),
            json!("UBL_NON_FINAL"),
            json!("UBL_NON_FINAL_PLAIN"),
            json!("NONE"),
            json!([enveloped.clone(), canonical.clone()]),
            json!([enveloped.clone()]),
            json!([general(outside), canonical.clone()]),
            json!([
                enveloped.clone(),
                general("not(self::comment()) and not(ancestor-or-self::b)"),
                canonical.clone()
            ]),
            json!([
                filters(json!([filter("INTERSECT", "/*/*"), without_all.clone()])),
                canonical.clone()
            ]),
            json!([
                filters(json!([filter("SUBTRACT", "here()/ancestor::ds:Signature[1]")])),
                canonical.clone()
            ]),
            json!([filters(json!([
                filter("INTERSECT", "/*"),
                without_all,
                filter("SUBTRACT", "//b"),
                filter("UNION", "//b/c[1]")
            ]))]),
            json!([enveloped.clone(), canonical.clone(), general("not(self::text()[. = 'text'])")]),
            json!([general(
                "not(ancestor-or-self::ds:Signature[@Id = here()/ancestor::ds:Signature/@Id])"
            )]),
            json!([canonical.clone(), general("not(ancestor-or-self::ds:Signature)"), canonical]),
        ])
    }
}
