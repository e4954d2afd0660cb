//! Any bytes for the readers that are not met on the way of a plain seal: pictures, files of certificates,
//! answers of a TSA, documents under a schema, documents with the signatures of strangers, invoices to be shown.

use std::sync::LazyLock;

use chancery_engine::domain::client_service::Lint as Level;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::invoice::InvoiceValue;
use chancery_engine::domain::profile::{DigestAlgorithm, Profile};
use chancery_engine::domain::xades::{ExistingSignatures, XadesProfile};
use chancery_engine::invoice::{InvoiceWish, LINES, read};
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::timestamp::{TimestampRequest, TimestampToken, check};
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::pki::{certificate_file, path};
use chancery_engine::seal::lint::LintRun;
use chancery_engine::seal::lint::schema::{Schema, Schemas};
use chancery_engine::seal::long_term::{LongTermSettings, raise, stamp};
use chancery_engine::seal::pades::appearance::Restrictions;
use chancery_engine::seal::pades::image::Image;
use chancery_engine::seal::{Limits, prepare};
use chancery_testing::cost;
use uppsala::XsdValidator;

use super::SIGNER;
use super::pades::SOON;

/// As a picture of a visible signature.
pub(crate) fn images(bytes: &[u8]) {
    let all = [Restrictions::default(), Restrictions { opaque: true, calibrated: true }];
    cost::at_most(SOON, "it", || {
        for restrictions in all {
            if let Ok(image) = Image::read(bytes, restrictions, None) {
                let (width, height) = image.size();
                assert!(width > 0.0 && height > 0.0, "a picture has a size");
            }
        }
    });
}

/// As a file of certificates that an operator got from an authority.
pub(crate) fn certificates(bytes: &[u8]) {
    cost::at_most(SOON, "it", || {
        let Ok(read) = certificate_file::certificates(bytes) else { return };
        assert!(!read.is_empty(), "no certificates are refused");
        if let Ok(chain) = path::of_file(bytes, Instant::from_unix_ms(1_700_000_000_000)) {
            assert!(read.iter().any(|one| one.der() == chain.signing().der()), "one of them");
        }
    });
}

/// As the answer of a TSA, and as a token: what is believed of it was signed, and is kept as it was.
pub(crate) fn timestamps(bytes: &[u8]) {
    let imprint = Digest::of(DigestAlgorithm::Sha256, TIME_STAMPED);
    let request = TimestampRequest::new(imprint, None, None).expect("a digest that is used");
    let now = Instant::from_unix_ms(1_800_000_000_000);
    cost::at_most(SOON, "it", || {
        let tokens = [TimestampToken::from_der(bytes), check(bytes, &request, now, i64::MAX)];
        for token in tokens.into_iter().flatten() {
            let again = TimestampToken::from_der(token.der()).expect("what is taken can be read");
            assert_eq!(again.info(), token.info(), "it says the same");
            assert!(bytes.windows(token.der().len()).any(|part| part == token.der()), "as it was");
            assert!(token.is_over(TIME_STAMPED), "nobody else's token is among the seeds");
        }
    });
}

/// What the tokens among the seeds are over.
pub(crate) const TIME_STAMPED: &[u8] = b"a signature value";

/// The schema of the documents that [`schema`] is about.
const SCHEMA: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:s' \
    xmlns='urn:s' elementFormDefault='qualified'><xs:element name='s'><xs:complexType><xs:sequence>\
    <xs:element name='n' type='xs:decimal' minOccurs='0' maxOccurs='unbounded'/>\
    <xs:element name='d' type='xs:date' minOccurs='0'/><xs:element name='p' minOccurs='0'><xs:simpleType>\
    <xs:restriction base='xs:string'><xs:pattern value='(a|b|ab)*c'/><xs:maxLength value='9'/>\
    </xs:restriction></xs:simpleType></xs:element><xs:any namespace='##other' processContents='lax' \
    minOccurs='0' maxOccurs='unbounded'/></xs:sequence><xs:attribute name='i' type='xs:int'/>\
    </xs:complexType></xs:element></xs:schema>";

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let compile = || {
        let schema = uppsala::parse(SCHEMA).map_err(|error| error.to_string())?;
        XsdValidator::from_schema(&schema).map_err(|error| error.to_string())
    };
    let mut schemas = Schemas::default();
    let schema = Schema::new("s".to_owned(), (1, 0), Box::new(compile));
    schemas.add("urn:s".to_owned(), "s".to_owned(), schema);
    schemas
});

/// As a document that is looked at and validated.
pub(crate) fn schema(bytes: &[u8]) {
    let lint = LintRun { level: Level::Schema, roots: &[], rules: None, schemas: &SCHEMAS };
    let limits = Limits { nodes: 50_000, ..Limits::default() };
    cost::at_most(SOON, "it", || {
        if lint.before(bytes, &limits).is_err() {
            return;
        }
        let at = SIGNER.certificate().not_before().plus_ms(1000);
        let profile = Profile::Xades(Box::default());
        if let Ok(prepared) = prepare(bytes.to_vec(), &profile, &SIGNER, at, &limits) {
            let _ = lint.after(&prepared, &limits);
        }
    });
}

/// As a document that holds signatures, sealed beside them; their level raised, for which nothing ever suffices
/// when nobody is trusted.
pub(crate) fn strangers(bytes: &[u8]) {
    let profile = XadesProfile {
        existing_signatures: ExistingSignatures::Parallel,
        ..XadesProfile::default()
    };
    cost::at_most(SOON, "it", || drop(super::seal(bytes, &profile)));
    let (at, limits) = (Instant::from_unix_ms(0), Limits { nodes: 50_000, ..Limits::default() });
    let settings = LongTermSettings { trust: &[], at, limits: &limits, content: None };
    cost::at_most(SOON, "it", || {
        assert!(raise(bytes.to_vec(), CollectedData::default(), &settings).is_err());
        drop(stamp(bytes.to_vec(), 64, &limits, None));
    });
}

/// As an invoice that people read: whatever it says is shown within the limits, and as letters alone.
pub(crate) fn invoices(bytes: &[u8]) {
    let limits = Limits { nodes: 50_000, ..Limits::default() };
    let read = cost::at_most(SOON, "it", || read(bytes, InvoiceWish::default(), &limits));
    let Ok(invoice) = read else { return };
    assert!(invoice.lines.len() <= LINES && invoice.lines.len() <= invoice.line_count);
    let mut groups: Vec<_> = std::iter::once(&invoice.whole).chain(&invoice.lines).collect();
    let mut letters = 0;
    while let Some(group) = groups.pop() {
        groups.extend(&group.groups);
        for fact in &group.facts {
            let told = match &fact.value {
                InvoiceValue::Amount { number, currency } => [Some(number), currency.as_ref()],
                InvoiceValue::Quantity { number, unit, .. } => [Some(number), unit.as_ref()],
                InvoiceValue::Identifier { text, scheme } => [Some(text), scheme.as_ref()],
                InvoiceValue::File { name, media_type } => [Some(name), media_type.as_ref()],
                InvoiceValue::Text(text)
                | InvoiceValue::Code { text, .. }
                | InvoiceValue::Date(text)
                | InvoiceValue::Number(text)
                | InvoiceValue::Percentage(text) => [Some(text), None],
            };
            for text in told.into_iter().flatten() {
                letters += text.chars().count();
                let odd = |it: char| it != '\n' && (it.is_control() || it == '\u{202E}');
                assert!(!text.contains(odd), "{text:?}");
            }
        }
    }
    assert!(letters <= 500_000, "{letters} letters are shown");
}
