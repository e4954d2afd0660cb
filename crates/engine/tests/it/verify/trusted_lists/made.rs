//! Lists, and who signs them and documents, made up for a test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::Profile;
use chancery_engine::pki::certificate::{Certificate, Chain};
use chancery_engine::pki::signature::SignatureValue;
use chancery_engine::seal::{Limits, Signer, prepare};
use chancery_engine::verify::trusted_list::ListFile;
use chancery_testing::sealing::checked;
use rcgen::{CustomExtension, KeyUsagePurpose, SigningKey as _};

use crate::pki::parties::{AT, Holder, params, with};

/// Ten days before the time that tests ask about.
pub(crate) const ISSUED: Instant = Instant::from_unix_ms(AT.unix_ms() - 10 * 86_400_000);

/// Statements of a qualified certificate, by the last numbers of EN 319 412-5, 4.2 and 4.3: `1` compliance, `4` a
/// device; and what it is for, `1` signatures, `2` seals, `3` websites.
pub(crate) fn statements(all: &[u8], types: &[u8]) -> Vec<u8> {
    let sequence = |parts: &[Vec<u8>]| {
        let inside = parts.concat();
        [vec![0x30, u8::try_from(inside.len()).unwrap()], inside].concat()
    };
    // 0.4.0.1862.1
    let oid = |last: &[u8]| {
        let body = [&[0x04, 0x00, 0x8e, 0x46, 0x01], last].concat();
        [vec![0x06, u8::try_from(body.len()).unwrap()], body].concat()
    };
    let mut written: Vec<Vec<u8>> = all.iter().map(|one| sequence(&[oid(&[*one])])).collect();
    if !types.is_empty() {
        let types: Vec<Vec<u8>> = types.iter().map(|one| oid(&[6, *one])).collect();
        written.push(sequence(&[oid(&[6]), sequence(&types)]));
    }
    sequence(&written)
}

/// A certificate for documents with statements of a qualified one.
pub(crate) fn leaf(issuer: &Holder, name: &str, statements: Option<Vec<u8>>) -> Holder {
    issuer.issues(with(params(name), |params| {
        params.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        params.custom_extensions.extend(
            statements.map(|value| {
                CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 3], value)
            }),
        );
    }))
}

/// Somebody who signs lists, by a certificate that nobody issued.
pub(crate) fn operator(name: &str) -> Holder {
    Holder::root_of(with(params(name), |params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    }))
}

/// Signs a document, with the certificates of issuers beside one's own.
pub(crate) fn signed(document: &str, holder: &Holder, issuers: &[&Holder], at: Instant) -> Vec<u8> {
    let chain: Vec<Certificate> = std::iter::once(holder)
        .chain(issuers.iter().copied())
        .map(|it| it.certificate.clone())
        .collect();
    let signer = Signer::new(&Chain::new(chain).unwrap());
    let profile = Profile::Xades(Box::default());
    let prepared =
        prepare(document.as_bytes().to_vec(), &profile, &signer, at, &Limits::default()).unwrap();
    let octets = holder.key.sign(prepared.to_be_signed()).unwrap();
    let value = SignatureValue::of_key(holder.certificate.key_kind(), octets);
    checked(prepared.attach(value).unwrap().finish(), &profile).bytes().to_vec()
}

/// What a list says.
#[derive(Clone)]
pub(crate) struct MadeList {
    pub(crate) territory: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) sequence: u64,
    pub(crate) issued: Instant,
    pub(crate) next_update: Option<Instant>,
    pub(crate) links: Vec<String>,
    pub(crate) pointers: String,
    pub(crate) services: String,
}

impl MadeList {
    pub(crate) fn national(territory: &'static str, services: &[String]) -> Self {
        Self {
            territory,
            kind: "EUgeneric",
            sequence: 7,
            issued: ISSUED,
            next_update: Some(AT.plus_ms(86_400_000)),
            links: Vec::new(),
            pointers: String::new(),
            services: services.concat(),
        }
    }

    pub(crate) fn of_lists(pointers: &[String]) -> Self {
        let kind = "EUlistofthelists";
        Self { kind, pointers: pointers.concat(), ..Self::national("EU", &[]) }
    }

    pub(crate) fn text(&self) -> String {
        let Self { territory, kind, sequence, pointers, services, .. } = self;
        let link = |link: &String| format!("<URI xml:lang=\"en\">{link}</URI>");
        let links = self.links.iter().map(link).collect::<Vec<_>>().concat();
        let next =
            self.next_update.map(|next| format!("<dateTime>{}</dateTime>", next.to_rfc3339()));
        let (issued, next) = (self.issued.to_rfc3339(), next.unwrap_or_default());
        format!(
            "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\" \
             xmlns:q=\"http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#\" \
             xmlns:a=\"http://uri.etsi.org/02231/v2/additionaltypes#\" \
             TSLTag=\"http://uri.etsi.org/19612/TSLTag\"><SchemeInformation>\
             <TSLVersionIdentifier>5</TSLVersionIdentifier>\
             <TSLSequenceNumber>{sequence}</TSLSequenceNumber>\
             <TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/{kind}</TSLType>\
             <SchemeOperatorName><Name xml:lang=\"en\">Operator</Name></SchemeOperatorName>\
             <SchemeInformationURI>{links}</SchemeInformationURI>\
             <SchemeTerritory>{territory}</SchemeTerritory>\
             <PointersToOtherTSL>{pointers}</PointersToOtherTSL>\
             <ListIssueDateTime>{issued}</ListIssueDateTime>\
             <NextUpdate>{next}</NextUpdate></SchemeInformation>\
             <TrustServiceProviderList><TrustServiceProvider>\
             <TSPInformation><TSPName><Name xml:lang=\"en\">Provider</Name></TSPName></TSPInformation>\
             <TSPServices>{services}</TSPServices>\
             </TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>"
        )
    }

    pub(crate) fn signed(&self, name: &str, by: &Holder) -> ListFile {
        ListFile { name: name.to_owned(), octets: signed(&self.text(), by, &[], self.issued) }
    }
}

fn identity(certificate: &Certificate) -> String {
    let text = STANDARD.encode(certificate.der());
    format!(
        "<ServiceDigitalIdentity><DigitalId><X509Certificate>{text}</X509Certificate></DigitalId>\
         </ServiceDigitalIdentity>"
    )
}

/// A pointer to a list with those who may sign it.
pub(crate) fn pointer(territory: &str, kind: &str, signers: &[&Holder]) -> String {
    let signers: Vec<&Certificate> = signers.iter().map(|it| &it.certificate).collect();
    pointer_of(territory, kind, &signers)
}

/// The same, by their certificates.
pub(crate) fn pointer_of(territory: &str, kind: &str, signers: &[&Certificate]) -> String {
    let signers: String = signers.iter().map(|it| identity(it)).collect();
    format!(
        "<OtherTSLPointer><ServiceDigitalIdentities>{signers}</ServiceDigitalIdentities>\
         <TSLLocation>https://lists.example/{territory}.xml</TSLLocation><AdditionalInformation>\
         <OtherInformation><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/{kind}</TSLType>\
         </OtherInformation><OtherInformation><SchemeTerritory>{territory}</SchemeTerritory>\
         </OtherInformation><OtherInformation><a:MimeType>application/vnd.etsi.tsl+xml</a:MimeType>\
         </OtherInformation></AdditionalInformation></OtherTSLPointer>"
    )
}

/// Extensions with qualifiers for certificates that meet criteria, and what the service is for.
pub(crate) fn extensions(uses: &[&str], qualifiers: &[&str], criteria: &str) -> String {
    let info = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt";
    let uses = uses.iter().map(|it| {
        format!(
            "<Extension Critical=\"true\"><AdditionalServiceInformation><URI xml:lang=\"en\">\
             {info}/{it}</URI></AdditionalServiceInformation></Extension>"
        )
    });
    let uses: String = uses.collect();
    if qualifiers.is_empty() {
        return uses;
    }
    let one = |it: &&str| format!("<q:Qualifier uri=\"{info}/{it}\"/>");
    let written = qualifiers.iter().map(one).collect::<Vec<_>>().concat();
    format!(
        "{uses}<Extension Critical=\"true\"><q:Qualifications><q:QualificationElement>\
         <q:Qualifiers>{written}</q:Qualifiers>{criteria}</q:QualificationElement>\
         </q:Qualifications></Extension>"
    )
}

/// A service: its type, its status since a time with extensions, and earlier ones.
pub(crate) fn service(
    certificate: &Certificate,
    kind: &str,
    states: &[(&str, &str, &str)],
) -> String {
    let state = |(status, since, extensions): &(&str, &str, &str)| {
        format!(
            "<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/{kind}</ServiceTypeIdentifier>\
             <ServiceName><Name xml:lang=\"en\">Service</Name></ServiceName>{}\
             <ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/{status}</ServiceStatus>\
             <StatusStartingTime>{since}</StatusStartingTime>\
             <ServiceInformationExtensions>{extensions}</ServiceInformationExtensions>",
            identity(certificate)
        )
    };
    let (now, earlier) = states.split_first().unwrap();
    let wrapped = |it| format!("<ServiceHistoryInstance>{}</ServiceHistoryInstance>", state(it));
    let earlier = earlier.iter().map(wrapped).collect::<Vec<_>>().concat();
    format!(
        "<TSPService><ServiceInformation>{}</ServiceInformation><ServiceHistory>{earlier}\
         </ServiceHistory></TSPService>",
        state(now)
    )
}
