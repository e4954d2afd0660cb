//! Small pieces of markup: prefixes, attributes, escapes.

use std::fmt::Write as _;

use crate::domain::name_style::NameStyle;
use crate::domain::refusal::Refusal;
use crate::domain::xades::Prefixes;
use crate::pki::{self, certificate::Certificate};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::sink::write_attribute_value;

/// Namespace of XAdES.
pub const XADES_NAMESPACE: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// The prefixes of one signature, with their colons.
pub(in crate::seal) struct Tags {
    ds: String,
    xades: String,
}

impl Tags {
    /// Takes the prefixes of a profile.
    ///
    /// # Errors
    /// A prefix that is none, or that stands for both namespaces.
    pub(in crate::seal) fn new(prefixes: &Prefixes) -> Result<Self, Refusal> {
        let plain = |prefix: &str| {
            prefix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
                && !prefix.starts_with(|first: char| !first.is_ascii_alphabetic())
                && !prefix.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("xml"))
        };
        if !plain(&prefixes.ds) {
            let rule =
                "a prefix begins with a letter, not with xml; empty for the default namespace";
            return Err(Refusal::setting("prefixes.ds", rule.to_owned()));
        }
        if prefixes.xades.is_empty() || !plain(&prefixes.xades) || prefixes.xades == prefixes.ds {
            let rule = "a prefix of its own that begins with a letter, not with xml".to_owned();
            return Err(Refusal::setting("prefixes.xades", rule));
        }
        let ds = match prefixes.ds.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}:"),
        };
        Ok(Self { ds, xades: format!("{}:", prefixes.xades) })
    }

    /// What stands before names of XML Signature: `ds:`.
    pub(in crate::seal) fn ds(&self) -> &str {
        &self.ds
    }

    /// What stands before names of XAdES: `xades:`.
    pub(in crate::seal) fn xades(&self) -> &str {
        &self.xades
    }

    /// The declaration of the XML Signature namespace, with a blank before it.
    pub(in crate::seal) fn declare_ds(&self) -> String {
        match self.ds.strip_suffix(':') {
            Some(prefix) => format!(" xmlns:{prefix}=\"{DS_NAMESPACE}\""),
            None => format!(" xmlns=\"{DS_NAMESPACE}\""),
        }
    }

    /// The declaration of the XAdES namespace, with a blank before it.
    pub(super) fn declare_xades(&self) -> String {
        let prefix = self.xades.trim_end_matches(':');
        format!(" xmlns:{prefix}=\"{XADES_NAMESPACE}\"")
    }
}

/// Issuer name, escaped, and serial number of a certificate.
///
/// # Errors
/// A name that has no text.
pub(super) fn issuer_and_serial(
    certificate: &Certificate,
    style: &NameStyle,
) -> Result<(String, String), Refusal> {
    let name = certificate.issuer_name(style).map_err(|error| unusable(&error))?;
    Ok((escaped(&name), certificate.serial_decimal()))
}

/// A certificate that has a part we cannot write.
pub(super) fn unusable(error: &pki::Error) -> Refusal {
    Refusal::CertificateUnusable { reason: error.to_string() }
}

/// ` name="value"`, or nothing for an empty value.
pub(in crate::seal) fn attribute(name: &str, value: &str) -> String {
    let mut text = String::new();
    if !value.is_empty() {
        let _ = write!(text, " {name}=\"{}\"", escaped(value));
    }
    text
}

/// Text that may stand in an attribute value or in content.
pub(in crate::seal) fn escaped(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    write_attribute_value(text, &mut octets);
    // `]]>` must not stand in content (XML 1.0, 2.4).
    String::from_utf8(octets).unwrap_or_default().replace('>', "&gt;")
}
