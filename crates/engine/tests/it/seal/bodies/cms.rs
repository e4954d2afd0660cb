//! Any bytes as a CMS that gets a second signer or a countersignature, and as a file or ZIP for a container. What comes out
//! can be read again, with what was there and one signer more.

use chancery_engine::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use chancery_engine::domain::profile::{DigestAlgorithm, Profile};
use chancery_engine::pki::cms::Existing;
use chancery_engine::pki::timestamp::{MAX_HELD, held_by_countersigners, held_by_signers};
use chancery_engine::seal::Limits;
use chancery_testing::cost;

use super::pades::SOON;

/// Seals beside what is there, and in a container.
pub(crate) fn cms(bytes: &[u8]) {
    cost::at_most(SOON, "it", || both(bytes));
}

fn both(bytes: &[u8]) {
    let read = Existing::read(bytes);
    for held in [held_by_signers, held_by_countersigners] {
        if let Ok(Ok(held)) = read.as_ref().map(held) {
            let tokens: usize = held.iter().map(|one| one.timestamps.len()).sum();
            assert!(tokens <= MAX_HELD && held.iter().all(|one| !one.timestamps.is_empty()));
        }
    }
    let countersign = CadesProfile {
        existing_signatures: ExistingCmsSignatures::Countersign,
        ..CadesProfile::default()
    };
    if let Ok(sealed) = seal(bytes, countersign) {
        let read = read.as_ref().expect("what is not read is not countersigned");
        let again = Existing::read(&sealed).expect("what is written can be read");
        assert_eq!(read.lost_in(bytes, &again, &sealed), None);
        let before = read.countersigners(0).expect("the signer can be read").len();
        assert_eq!(again.countersigners(0).map(|all| all.len()), Ok(before + 1));
    }
    let parallel = CadesProfile {
        existing_signatures: ExistingCmsSignatures::Parallel,
        ..CadesProfile::default()
    };
    if let Ok(sealed) = seal(bytes, parallel) {
        let again = Existing::read(&sealed).expect("what is written can be read");
        let digest = |it: &Existing, bytes: &[u8]| it.digest(bytes, DigestAlgorithm::Sha256);
        let content = digest(&again, &sealed).expect("the content is inside");
        if Existing::is_signed_data(bytes) {
            let read = read.as_ref().expect("what is not read gets no signature beside it");
            assert_eq!(Some(&content), digest(read, bytes).as_ref(), "another content");
            assert_eq!(again.content_type(), read.content_type(), "another kind of content");
        } else {
            let whole = chancery_engine::pki::digest::Digest::of(DigestAlgorithm::Sha256, bytes);
            assert_eq!(content, whole, "another content");
        }
    }
    let container = CadesProfile { packaging: CadesPackaging::AsicE, ..CadesProfile::default() };
    if let Ok(sealed) = seal(bytes, container.clone()) {
        let front = b"mimetypeapplication/vnd.etsi.asic-e+zip";
        assert_eq!(sealed.get(30..30 + front.len()), Some(&front[..]));
        // A container is none of the plain ZIPs that another one is made of.
        assert!(seal(&sealed, container.clone()).is_err(), "a container in a container");
    }
    let parallel =
        CadesProfile { existing_signatures: ExistingCmsSignatures::Parallel, ..container };
    if let Ok(sealed) = seal(bytes, parallel.clone())
        && let Ok(twice) = seal(&sealed, parallel)
    {
        // The directory is where the last record says; there is no comment unless one came.
        let record = sealed.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
        let place = sealed.get(record + 16..record + 20).and_then(|place| place.try_into().ok());
        let directory = usize::try_from(u32::from_le_bytes(place.unwrap())).unwrap();
        assert!(twice.starts_with(&sealed[..directory]), "what stood there keeps its octets");
    }
}

fn seal(
    document: &[u8],
    profile: CadesProfile,
) -> Result<Vec<u8>, chancery_engine::domain::refusal::Refusal> {
    super::seal_only(document.to_vec(), &Profile::Cades(Box::new(profile)), &Limits::default())
}
