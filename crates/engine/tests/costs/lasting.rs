//! What strangers send of what lasts: revocation lists, answers, tokens, evidence records, trusted lists, and files
//! with validation data and archive timestamps. Each is made to cost most for its length.

use std::fmt::Write as _;

use chancery_engine::domain::cades::CadesProfile;
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{DigestAlgorithm, Profile};
use chancery_engine::pki::certificate_file;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::revocation::crl::Crl;
use chancery_engine::pki::revocation::ocsp::OcspResponse;
use chancery_engine::pki::timestamp::{TimestampRequest, TimestampToken};
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::evidence::StoredEvidence;
use chancery_engine::seal::pdf::object::Indirect;
use chancery_engine::seal::pdf::{Increment, PdfFile};
use chancery_engine::seal::{Limits, prepare};
use chancery_engine::verify::trusted_list::{ListFile, gather};
use chancery_engine::verify::{Indication, VerifySettings, verify, verify_evidence};
use chancery_testing::hostile;
use chancery_testing::long_pdf::{Structure, long_pdf};
use chancery_testing::sealing::PKI;
use chancery_testing::tsa::TSA;

/// Octets, and who reads them.
pub(crate) struct HostileInput {
    pub(crate) name: &'static str,
    pub(crate) octets: Vec<u8>,
    pub(crate) read: fn(&[u8]) -> String,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
const OCTETS: u8 = 4;
const ENUMERATED: u8 = 10;
const TIME: u8 = 0x18;
/// ecdsa-with-SHA256
const ECDSA: &[u8] = &[SEQUENCE, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const NOW: &[u8] = b"20261101000000Z";

/// DER of a value.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut written = vec![tag];
    match length {
        0..0x80 => written.push(u8::try_from(length).unwrap()),
        _ => {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            written.push(0x80 | u8::try_from(octets.len() - zeros).unwrap());
            written.extend(&octets[zeros..]);
        }
    }
    for part in parts {
        written.extend(*part);
    }
    written
}

/// Different octets of so many bytes.
fn numbered(number: usize, length: usize) -> Vec<u8> {
    let octets = number.to_be_bytes();
    octets[octets.len() - length..].to_vec()
}

/// A name of so many parts, each of one letter.
fn long_name(parts: usize) -> Vec<u8> {
    let kind = [6, 3, 0x55, 4, 3];
    let part = der(SET, &[&der(SEQUENCE, &[&kind, &der(12, &[b"a"])])]);
    der(SEQUENCE, &[&part.repeat(parts)])
}

fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    der(SEQUENCE, &[&der(6, &[id]), &der(OCTETS, &[value])])
}

fn list(issuer: &[u8], entries: &[u8], extensions: &[u8]) -> Vec<u8> {
    let extensions = der(0xA0, &[&der(SEQUENCE, &[extensions])]);
    let entries = der(SEQUENCE, &[entries]);
    let time = der(TIME, &[NOW]);
    let signed =
        der(SEQUENCE, &[&[INTEGER, 1, 1], ECDSA, issuer, &time, &time, &entries, &extensions]);
    der(SEQUENCE, &[&signed, ECDSA, &[BITS, 3, 0, 0, 0]])
}

fn entry(number: usize, extensions: &[u8]) -> Vec<u8> {
    let serial = der(INTEGER, &[&numbered(number, 4)]);
    der(SEQUENCE, &[&serial, &der(TIME, &[NOW]), extensions])
}

fn read_list(octets: &[u8]) -> String {
    let read = match Crl::read(octets.to_vec()) {
        Ok(read) => read,
        Err(error) => return error.to_string(),
    };
    for certificate in [PKI.rsa.signer.certificate(), PKI.p256.signer.certificate()] {
        assert!(read.entry(certificate).is_none());
    }
    let mut data = CollectedData::default();
    data.add_list(read).unwrap();
    let asked = [PKI.rsa.signer.certificate()];
    assert!(data.prove(&[], &asked, PKI.rsa.now(), 10_000).is_err());
    "a list".to_owned()
}

fn lists() -> Vec<HostileInput> {
    let empty = der(SEQUENCE, &[]);
    let plain: Vec<u8> = (0..100_000).flat_map(|number| entry(number, &[])).collect();
    let indirect = {
        // issuingDistributionPoint with indirectCRL
        let scope = extension(&[0x55, 0x1d, 0x1c], &der(SEQUENCE, &[&[0x84, 1, 0xFF]]));
        let names = der(SEQUENCE, &[&der(0xA4, &[&long_name(20)])]);
        let issuer = der(SEQUENCE, &[&extension(&[0x55, 0x1d, 0x1d], &names)]);
        let entries: Vec<u8> = (0..5000).flat_map(|number| entry(number, &issuer)).collect();
        list(&empty, &entries, &scope)
    };
    let many = der(SEQUENCE, &[&extension(&[0x2a, 3, 4], b"").repeat(90_000)]);
    let number = |id: u8| extension(&[0x55, 0x1d, id], &der(INTEGER, &[&vec![1; 500_000]]));
    let points = {
        let name = der(0x86, &[b"a"]).repeat(300_000);
        let point = der(0xA0, &[&der(0xA0, &[&name])]);
        extension(&[0x55, 0x1d, 0x1c], &der(SEQUENCE, &[&point]))
    };
    [
        ("a list of many entries", list(&empty, &plain, &[])),
        ("a list for many issuers", indirect),
        ("a list with many extensions of an entry", list(&empty, &entry(1, &many), &[])),
        ("a list with huge numbers", list(&empty, &[], &[number(0x14), number(0x1b)].concat())),
        ("a list whose issuer has a long name", list(&long_name(80_000), &[], &[])),
        ("a list of many points", list(&empty, &[], &points)),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_list })
    .into()
}

fn answer(responder: &[u8], singles: &[u8], certificates: &[u8]) -> Vec<u8> {
    let singles = der(SEQUENCE, &[singles]);
    let signed = der(SEQUENCE, &[responder, &der(TIME, &[NOW]), &singles]);
    let certificates = der(0xA0, &[&der(SEQUENCE, &[certificates])]);
    let basic = der(SEQUENCE, &[&signed, ECDSA, &[BITS, 3, 0, 0, 0], &certificates]);
    let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let bytes = der(SEQUENCE, &[&kind, &der(OCTETS, &[&basic])]);
    der(SEQUENCE, &[&[ENUMERATED, 1, 0], &der(0xA0, &[&bytes])])
}

fn read_answer(octets: &[u8]) -> String {
    match OcspResponse::read(octets.to_vec()) {
        Ok(_) => {
            let mut data = CollectedData::default();
            data.add_revocation(octets).unwrap();
            let asked = [PKI.rsa.signer.certificate()];
            assert!(data.prove(&[], &asked, PKI.rsa.now(), 10_000).is_err());
            "an answer".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

fn answers() -> Vec<HostileInput> {
    let by_key = der(0xA2, &[&der(OCTETS, &[&[0; 20]])]);
    let single = |number: usize, serial: usize, extensions: &[u8]| {
        let sha1 = der(SEQUENCE, &[&[6, 5, 0x2b, 0x0e, 3, 2, 0x1a]]);
        let digest = der(OCTETS, &[&[0; 20]]);
        let serial = der(INTEGER, &[&[&[1], &*vec![2; serial], &numbered(number, 4)].concat()]);
        let id = der(SEQUENCE, &[&sha1, &digest, &digest, &serial]);
        let extensions = der(0xA1, &[&der(SEQUENCE, &[extensions])]);
        der(SEQUENCE, &[&id, &[0x80, 0], &der(TIME, &[NOW]), &extensions])
    };
    let none = extension(&[0x2a, 3, 4], b"");
    let singles = |serial, extensions: &[u8]| -> Vec<u8> {
        (0..900).flat_map(|number| single(number, serial, extensions)).collect()
    };
    let certificate = PKI.rsa.signer.certificate().der();
    let named = der(0xA1, &[&long_name(60_000)]);
    [
        ("an answer about many certificates", answer(&by_key, &singles(1, &none), &[])),
        ("an answer with many extensions", answer(&by_key, &singles(1, &none.repeat(90)), &[])),
        ("an answer about huge numbers", answer(&by_key, &singles(1000, &none), &[])),
        ("an answer with many certificates", answer(&by_key, &[], &certificate.repeat(900))),
        ("an answer with many parts that are none", answer(&by_key, &[], &[5, 0].repeat(400_000))),
        ("an answer by a long name", answer(&named, &singles(1, &none), &[])),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_answer })
    .into()
}

/// A token over nothing in particular, and what nobody signs of it stuffed: certificates, and lists.
fn stuffed_token(certificates: &[u8], lists: &[u8]) -> Vec<u8> {
    let imprint = Digest::of(DigestAlgorithm::Sha256, b"1");
    let request = TimestampRequest::new(imprint, None, None).unwrap().to_der().unwrap();
    let token = TSA.token(&TSA.answer(&request, "ec", ""));
    stuffed(&token, certificates, lists)
}

/// A SignedData with more in it that nobody signs.
fn stuffed(cms: &[u8], certificates: &[u8], lists: &[u8]) -> Vec<u8> {
    let [kind, data] = &*children(cms) else { panic!("a CMS has two parts") };
    let signed = children(&children(data)[0]);
    let mut written: Vec<Vec<u8>> = Vec::new();
    for part in &signed {
        if part[0] == 0xA0 {
            written.push(der(0xA0, &[&children(part).concat(), certificates]));
            if !lists.is_empty() {
                written.push(der(0xA1, &[lists]));
            }
        } else {
            written.push(part.clone());
        }
    }
    der(SEQUENCE, &[kind, &der(0xA0, &[&der(SEQUENCE, &[&written.concat()])])])
}

/// The values inside of a value.
fn children(value: &[u8]) -> Vec<Vec<u8>> {
    let (mut inside, mut all) = (split(value).1, Vec::new());
    while !inside.is_empty() {
        let (head, content) = split(inside);
        let length = head + content.len();
        all.push(inside[..length].to_vec());
        inside = &inside[length..];
    }
    all
}

/// How long the head of the first value is, and what is inside.
fn split(octets: &[u8]) -> (usize, &[u8]) {
    let (head, length) = match octets[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let head = 2 + usize::from(long & 0x7F);
            (head, octets[2..head].iter().fold(0, |sum, octet| (sum << 8) | usize::from(*octet)))
        }
    };
    (head, &octets[head..head + length])
}

fn read_token(octets: &[u8]) -> String {
    match TimestampToken::from_der(octets) {
        Ok(token) => format!("a token with {} certificates", token.certificates().count()),
        Err(fault) => fault.to_string(),
    }
}

fn tokens() -> Vec<HostileInput> {
    let distinct: Vec<u8> = (0..100_000).flat_map(|it| der(OCTETS, &[&numbered(it, 3)])).collect();
    let real = PKI.rsa.signer.certificate().der().repeat(3000);
    [
        ("a token with many parts that are none", stuffed_token(&[5, 0].repeat(1_500_000), &[])),
        ("a token with many parts", stuffed_token(&distinct, &distinct)),
        ("a token with many certificates", stuffed_token(&real, &[])),
        ("a token with many lists", stuffed_token(&[], &[0x30, 0].repeat(1_500_000))),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_token })
    .into()
}

/// One whose names have as many parts as it may have octets.
fn certificates() -> Vec<HostileInput> {
    let name = long_name(10_000);
    let times = der(SEQUENCE, &[&der(TIME, &[NOW]), &der(TIME, &[b"20361101000000Z"])]);
    let key = PKI.p256.signer.certificate().spki_der();
    let version = [0xA0, 3, INTEGER, 1, 2];
    let signed = der(SEQUENCE, &[&version, &[INTEGER, 1, 1], ECDSA, &name, &times, &name, key]);
    let octets = der(SEQUENCE, &[&signed, ECDSA, &[BITS, 3, 0, 0, 0]]);
    let read = |octets: &[u8]| match certificate_file::certificates(octets) {
        Ok(read) => format!("{} certificates", read.len()),
        Err(error) => error.to_string(),
    };
    vec![HostileInput { name: "a certificate of long names", octets, read }]
}

fn read_evidence(octets: &[u8]) -> String {
    let settings = VerifySettings::new(Vec::new(), PKI.rsa.now());
    let report = verify_evidence(octets, &[b"data"], &settings);
    assert_ne!(report.indication, Indication::Passed);
    StoredEvidence::read(octets).map_or_else(|fault| fault.to_string(), |_| "a record".to_owned())
}

fn records() -> Vec<HostileInput> {
    let sha256 = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let token = stuffed_token(&[], &[]);
    let stamp =
        |lists: &[u8]| der(SEQUENCE, &[&der(0xA0, &[&sha256]), &der(0xA2, &[lists]), &token]);
    let record = |chains: &[u8]| {
        let algorithms = der(SEQUENCE, &[&der(SEQUENCE, &[&sha256])]);
        der(SEQUENCE, &[&[INTEGER, 1, 1], &algorithms, &der(SEQUENCE, &[chains])])
    };
    let chain = |stamps: &[u8]| record(&der(SEQUENCE, &[stamps]));
    let one = der(SEQUENCE, &[&[OCTETS, 0]]);
    let wide = der(SEQUENCE, &[&[OCTETS, 0].repeat(49_000)]);
    [
        ("a record of many lists", chain(&stamp(&one.repeat(49_000)))),
        ("a record of many timestamps with lists", chain(&stamp(&one.repeat(30_000)).repeat(20))),
        ("a record of a long list", chain(&stamp(&wide))),
        (
            "a record of a huge digest",
            chain(&stamp(&der(SEQUENCE, &[&der(OCTETS, &[&vec![0; 4_000_000]])]))),
        ),
        ("a record of many timestamps", chain(&stamp(&one).repeat(199))),
        ("a record of many chains", record(&der(SEQUENCE, &[&stamp(&one)]).repeat(199))),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_evidence })
    .into()
}

/// Without tokens: nobody looks at more than their form before the first one holds.
fn xml_records() -> Vec<HostileInput> {
    let value = format!("<DigestValue>{}=</DigestValue>", "A".repeat(43));
    let list = |order| format!("<Sequence Order=\"{order}\">{value}</Sequence>");
    let stamp = |order, inside: &str| {
        format!(
            "<ArchiveTimeStamp Order=\"{order}\"><HashTree>{inside}</HashTree><TimeStamp>\
             <TimeStampToken Type=\"RFC3161\">MAA=</TimeStampToken></TimeStamp></ArchiveTimeStamp>"
        )
    };
    let chain = |order, stamps: &str| {
        format!(
            "<ArchiveTimeStampChain Order=\"{order}\"><DigestMethod \
             Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><CanonicalizationMethod \
             Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>{stamps}</ArchiveTimeStampChain>"
        )
    };
    let record = |chains: &str| {
        let text = format!(
            "<EvidenceRecord xmlns=\"urn:ietf:params:xml:ns:ers\" Version=\"1.0\"><ArchiveTimeStampSequence>\
             {chains}</ArchiveTimeStampSequence></EvidenceRecord>"
        );
        text.into_bytes()
    };
    let one = stamp(1, &list(1));
    let lists: String = (1..49_000).map(list).collect();
    let long = format!("<Sequence Order=\"1\">{}</Sequence>", value.repeat(49_000));
    let chains: String = (1..33).map(|order| chain(order, &one)).collect();
    let stamps: String = (1..201).map(|order| stamp(order, &list(1))).collect();
    let open = format!("{}<a>", one.repeat(10_000));
    [
        ("a record in XML of many lists", record(&chain(1, &stamp(1, &lists)))),
        ("a record in XML of a long list", record(&chain(1, &stamp(1, &long)))),
        ("a record in XML of many chains", record(&chains)),
        ("a record in XML of many timestamps", record(&chain(1, &stamps))),
        ("a record in XML that ends too early", record(&chain(1, &open))),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_evidence })
    .into()
}

fn read_trusted_list(octets: &[u8]) -> String {
    let file = ListFile { name: "list.xml".to_owned(), octets: octets.to_vec() };
    let signers = [PKI.rsa.signer.certificate().clone()];
    let lists =
        gather(&[file], &signers, Instant::from_unix_ms(1_800_000_000_000), &Limits::default());
    assert!(lists.services.is_empty());
    lists.standings[0].reason.clone().unwrap_or_default()
}

fn trusted_lists() -> Vec<HostileInput> {
    let list = |scheme: &str, services: &str| {
        format!(
            "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\" \
             xmlns:q=\"http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#\">\
             <SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>1\
             </TSLSequenceNumber><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric</TSLType>\
             <SchemeTerritory>XX</SchemeTerritory><ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>\
             {scheme}</SchemeInformation><TrustServiceProviderList><TrustServiceProvider><TSPInformation>\
             <TSPName><Name>{}</Name></TSPName></TSPInformation><TSPServices>{services}</TSPServices>\
             </TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>",
            "\u{10FFFF}".repeat(500)
        )
        .into_bytes()
    };
    let state = |more: &str| {
        format!(
            "<ServiceTypeIdentifier/><ServiceStatus/>\
             <StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime>{more}"
        )
    };
    let service = |more: &str, history: &str| {
        format!(
            "<TSPService><ServiceInformation>{}</ServiceInformation>{history}</TSPService>",
            state(more)
        )
    };
    let identity = |count: usize| {
        let text = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(PKI.p256.signer.certificate().der())
        };
        format!(
            "<ServiceDigitalIdentity>{}</ServiceDigitalIdentity>",
            format!("<DigitalId><X509Certificate>{text}</X509Certificate></DigitalId>")
                .repeat(count)
        )
    };
    let history = format!(
        "<ServiceHistory>{}</ServiceHistory>",
        format!("<ServiceHistoryInstance>{}</ServiceHistoryInstance>", state("")).repeat(199)
    );
    let criteria = {
        let mut text = String::new();
        for _ in 0..7 {
            write!(text, "<q:CriteriaList>").unwrap();
        }
        text.push_str(&"<q:KeyUsage/>".repeat(400));
        text.push_str(&"</q:CriteriaList>".repeat(7));
        format!(
            "<ServiceInformationExtensions><Extension><q:Qualifications>{}</q:Qualifications></Extension>\
             </ServiceInformationExtensions>",
            format!("<q:QualificationElement>{text}</q:QualificationElement>").repeat(50)
        )
    };
    let uses = format!(
        "<ServiceInformationExtensions>{}</ServiceInformationExtensions>",
        "<Extension><AdditionalServiceInformation><URI/></AdditionalServiceInformation></Extension>"
            .repeat(10_000)
    );
    let named = format!("<ServiceName><Name>{}</Name></ServiceName>", "a<!---->".repeat(200_000));
    let links = format!("<SchemeInformationURI>{}</SchemeInformationURI>", "<a/>".repeat(200_000));
    let pointers = format!(
        "<PointersToOtherTSL>{}</PointersToOtherTSL>",
        format!(
            "<OtherTSLPointer>{}</OtherTSLPointer>",
            format!("<ServiceDigitalIdentities>{}</ServiceDigitalIdentities>", identity(2))
                .repeat(2)
        )
        .repeat(400)
    );
    [
        ("a trusted list of many services", list("", &service("", "").repeat(9000))),
        ("a trusted list of many states", list("", &service("", &history).repeat(50))),
        ("a trusted list of many certificates", list("", &service(&identity(60), "").repeat(40))),
        ("a trusted list of many criteria", list("", &service(&criteria, "").repeat(4))),
        ("a trusted list of many uses", list("", &service(&uses, ""))),
        ("a trusted list of a name in pieces", list("", &service(&named, ""))),
        ("a trusted list of many links", list(&links, "")),
        ("a trusted list of many pointers", list(&pointers, "")),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_trusted_list })
    .into()
}

fn read_document(octets: &[u8]) -> String {
    let settings = VerifySettings::new(Vec::new(), PKI.p256.now());
    let report = verify(octets, &settings);
    assert_ne!(report.indication, Indication::Passed);
    format!("{} signatures: {:?}", report.signatures.len(), report.sub_indication)
}

/// Archive timestamps in XML, as many as are looked at, and values that each of them is over.
fn archived_xml(values: usize, stamps: usize, token: &str) -> Vec<u8> {
    use base64::Engine as _;
    let mut properties = String::new();
    for number in 0..values {
        let text = base64::engine::general_purpose::STANDARD.encode(numbered(number, 3));
        write!(properties, "<x:EncapsulatedX509Certificate>{text}</x:EncapsulatedX509Certificate>")
            .unwrap();
    }
    let stamp = format!(
        "<y:ArchiveTimeStamp><x:EncapsulatedTimeStamp>{token}</x:EncapsulatedTimeStamp></y:ArchiveTimeStamp>"
    );
    let object = format!(
        "<ds:Object><x:QualifyingProperties xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\" \
         xmlns:y=\"http://uri.etsi.org/01903/v1.4.1#\"><x:UnsignedProperties><x:UnsignedSignatureProperties>\
         <x:CertificateValues>{properties}</x:CertificateValues>{}</x:UnsignedSignatureProperties>\
         </x:UnsignedProperties></x:QualifyingProperties></ds:Object></ds:Signature>",
        stamp.repeat(stamps)
    );
    let signature = hostile::signature(&hostile::reference("")).replace("</ds:Signature>", &object);
    format!("<a>{signature}</a>").into_bytes()
}

fn documents() -> Vec<HostileInput> {
    use base64::Engine as _;
    let token = stuffed_token(&[], &[]);
    let token = base64::engine::general_purpose::STANDARD.encode(token);
    let cms = {
        let key = &PKI.p256;
        let profile = Profile::Cades(Box::<CadesProfile>::default());
        let limits = Limits::default();
        let prepared =
            prepare(b"text".to_vec(), &profile, &key.signer, key.now(), &limits).unwrap();
        let value = key.sign(prepared.to_be_signed());
        prepared.attach(value).unwrap().finish().into_bytes()
    };
    let distinct: Vec<u8> = (0..200_000).flat_map(|it| der(OCTETS, &[&numbered(it, 3)])).collect();
    let lists = [0x30, 0].repeat(1_000_000);
    [
        ("archive timestamps over many values", archived_xml(30_000, 64, "")),
        ("archive timestamps over values", archived_xml(5000, 64, &token)),
        ("a CMS with many parts that are none", stuffed(&cms, &distinct, &[])),
        ("a CMS with many lists that are none", stuffed(&cms, &[], &lists)),
        ("a store of many names of one stream", stored(2000, 1, 2000)),
        ("a store of many streams", stored(1500, 1500, 100)),
        ("manifests of many files", manifests(16, 250, 100_000)),
    ]
    .map(|(name, octets)| HostileInput { name, octets, read: read_document })
    .into()
}

/// A sealed PDF with a store of so many names of so many streams of so many octets.
fn stored(names: usize, streams: usize, octets: usize) -> Vec<u8> {
    let (key, limits, profile) = (&PKI.p256, Limits::default(), Profile::Pades(Box::default()));
    let document = long_pdf(Structure::Table, 1, 100);
    let prepared = prepare(document, &profile, &key.signer, key.now(), &limits).unwrap();
    let value = key.sign(prepared.to_be_signed());
    let sealed = prepared.attach(value).unwrap().finish().into_bytes();
    let update = {
        let file = PdfFile::open(&sealed, &limits.pdf).unwrap();
        let mut increment = Increment::new(&file).unwrap();
        let stream = |number: usize| {
            let body = "0".repeat(octets - 8) + &format!("{number:08}");
            format!("<</Length {octets}>>\nstream\n{body}\nendstream").into_bytes()
        };
        let all: Vec<u32> =
            (0..streams).map(|number| increment.add_raw(stream(number)).number).collect();
        let (mut listed, mut entries) = (String::new(), String::new());
        for number in 0..names {
            write!(listed, "{} 0 R ", all[number % streams]).unwrap();
        }
        for number in 0..1900 {
            write!(entries, "/{number:040X}<</CRL[{} 0 R]>>", all[0]).unwrap();
        }
        let store = format!("<</Certs[{listed}]/CRLs[{listed}]/OCSPs[{listed}]/VRI<<{entries}>>>>");
        let store = increment.add_raw(store.into_bytes());
        let catalog = file.catalog().unwrap().with("DSS", store);
        increment.set(file.root(), Indirect::Object(catalog.into()));
        increment.finish().unwrap().bytes
    };
    [sealed, update].concat()
}

/// So many manifests that list one file of so many octets so often.
fn manifests(manifests: usize, references: usize, octets: usize) -> Vec<u8> {
    let reference = "<asic:DataObjectReference URI=\"a.txt\"><ds:DigestMethod \
        Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/><ds:DigestValue>AA==</ds:DigestValue>\
        </asic:DataObjectReference>";
    let text = |number: usize| {
        format!(
            "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><asic:SigReference \
             URI=\"META-INF/timestamp{number:03}.tst\"/>{}</asic:ASiCManifest>",
            reference.repeat(references)
        )
        .into_bytes()
    };
    let mut files: Vec<(String, Vec<u8>)> = vec![("a.txt".to_owned(), vec![b'a'; octets])];
    for number in 0..manifests {
        files.push((format!("META-INF/ASiCArchiveManifest{number:03}.xml"), text(number)));
        files.push((format!("META-INF/timestamp{number:03}.tst"), vec![0x30, 0]));
    }
    let all: Vec<(&str, &[u8], bool)> =
        files.iter().map(|(name, octets)| (name.as_str(), octets.as_slice(), true)).collect();
    hostile::zip(&all)
}

/// How many there are.
pub(crate) const COUNT: usize = 43;

/// All of them.
pub(crate) fn inputs() -> Vec<HostileInput> {
    let mut all = lists();
    all.extend(answers());
    all.extend(tokens());
    all.extend(certificates());
    all.extend(records());
    all.extend(xml_records());
    all.extend(trusted_lists());
    all.extend(documents());
    assert_eq!(all.len(), COUNT);
    all
}
