//! Documents in which everything is wrong that a schema says.

use std::fmt::Write as _;
use std::sync::LazyLock;

use chancery_engine::domain::client_service::Lint as Level;
use chancery_engine::seal::lint::LintRun;
use chancery_engine::seal::lint::schema::{Schema, Schemas};
use chancery_engine::seal::{Limits, Prepared, Profile, prepare};
use chancery_testing::sealing::PKI;
use uppsala::XsdValidator;

/// Bytes of the list of codes in the schema, as the validator writes it.
const LISTED: usize = 250 * 7;

/// One of codes of a list as long as that of countries, one of numbers.
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let codes = (100..350).fold(String::new(), |mut codes, code| {
        write!(codes, "<xs:enumeration value='{code}'/>").unwrap();
        codes
    });
    let schema = format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:s' xmlns='urn:s' \
         elementFormDefault='qualified'><xs:simpleType name='code'><xs:restriction base='xs:string'>{codes}\
         </xs:restriction></xs:simpleType><xs:element name='s'><xs:complexType><xs:sequence>\
         <xs:element name='c' type='code' minOccurs='0' maxOccurs='unbounded'/>\
         </xs:sequence></xs:complexType></xs:element><xs:element name='u'><xs:complexType><xs:sequence>\
         <xs:element name='n' type='xs:decimal' minOccurs='0' maxOccurs='unbounded'/>\
         <xs:element name='e' minOccurs='0' maxOccurs='unbounded'><xs:complexType/></xs:element>\
         </xs:sequence></xs:complexType></xs:element></xs:schema>"
    );
    let mut schemas = Schemas::default();
    for (root, listed) in [("s", LISTED), ("u", 0)] {
        let text = schema.clone();
        let compile = move || {
            let schema = uppsala::parse(&text).map_err(|error| error.to_string())?;
            XsdValidator::from_schema(&schema).map_err(|error| error.to_string())
        };
        let schema = Schema::new(root.to_owned(), (1, 0), Box::new(compile)).listing(listed);
        schemas.add("urn:s".to_owned(), root.to_owned(), schema);
    }
    schemas
});

/// Each with a name: as many elements as a document may have at all, and nearly as many as are validated.
pub(crate) fn documents() -> Vec<(&'static str, String)> {
    let of = |root: &str, element: &str, count| {
        format!("<{root} xmlns='urn:s'>{}</{root}>", element.repeat(count))
    };
    vec![
        ("very many numbers that are none", of("u", "<n/>", 1_400_000)),
        ("numbers that are none", of("u", "<n/>", 70_000)),
        ("very many codes that are none", of("s", "<c/>", 1_400_000)),
        ("codes that are none", of("s", "<c/>", 15_000)),
        ("attributes that are none", of("u", "<e a='' b='' c=''/>", 19_000)),
        ("elements that are none", of("u", "<x/>", 70_000)),
        ("elements within numbers", of("u", &["<n>".repeat(60), "</n>".repeat(60)].concat(), 1500)),
    ]
}

/// Ready for a seal.
pub(crate) fn prepared(document: &str) -> Prepared {
    let key = &PKI.p256;
    let profile = Profile::Xades(Box::default());
    let document = document.as_bytes().to_vec();
    prepare(document, &profile, &key.signer, key.now(), &Limits::default()).unwrap()
}

/// What the schema says of it.
pub(crate) fn validated(prepared: &Prepared, limits: &Limits) -> String {
    let lint = LintRun { level: Level::Schema, roots: &[], rules: None, schemas: &SCHEMAS };
    match lint.after(prepared, limits) {
        Ok(notes) => notes.concat(),
        Err(refusal) => format!("{}: {refusal}", refusal.code()),
    }
}
