//! Any bytes as a PDF: opened, read as far as they can be, and updated. What is written must be
//! readable without a search, with what was added and with the pages that were there.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::long_term::{LongTermSettings, raise, stamp};
use chancery_engine::seal::pdf::object::{Indirect, Object};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use chancery_engine::seal::{Limits, Patience};

/// Less than the service allows, so that a run tries many inputs.
const LIMITS: PdfLimits = PdfLimits {
    sections: 100,
    objects: 10_000,
    kept: 16 << 20,
    unpacked: 4 << 20,
    depth: 40,
    steps: 20 << 20,
    patience: Patience::ENDLESS,
};

/// Opens, reads, updates and opens again; raises the level of its seals, for which nothing ever suffices when
/// nobody is trusted.
pub(crate) fn pdf(bytes: &[u8]) {
    let limits = Limits { pdf: LIMITS, ..Limits::default() };
    let at = Instant::from_unix_ms(0);
    let settings = LongTermSettings { trust: &[], at, limits: &limits, content: None };
    assert!(raise(bytes.to_vec(), CollectedData::default(), &settings).is_err());
    if let Ok(plan) = stamp(bytes.to_vec(), 64, &limits, None) {
        let _ = plan.imprint(DigestAlgorithm::Sha256);
    }
    let Ok(file) = PdfFile::open(bytes, &LIMITS) else { return };
    let pages = file.page_count().ok();
    let _ = file.page(-1);
    for reference in file.references().into_iter().take(200) {
        if let Ok(Indirect::Stream(stream)) = file.get(reference) {
            let _ = file.decode(&stream);
        }
    }
    let (Ok(mut catalog), Ok(mut increment)) = (file.catalog(), Increment::new(&file)) else {
        return;
    };
    let text = Object::Literal(b"added ()\\\r\n".to_vec());
    let raw = increment.add_raw(b"<</Contents <0000>>>".to_vec());
    let added = increment.add(text.clone());
    catalog.set("Added", Object::Array(vec![raw.into(), added.into(), text.clone()]));
    increment.set(file.root(), catalog);
    let Ok(update) = increment.finish() else { return };
    assert_eq!(update.bytes[update.bodies[&raw].clone()], b"<</Contents <0000>>>"[..]);
    let after = [bytes, &update.bytes].concat();
    let again = match PdfFile::open(&after, &LIMITS) {
        Ok(again) => again,
        // the update itself takes the file beyond a limit, or its predecessor is too large
        Err(refusal) if !refusal.code().contains("damaged") => return,
        Err(refusal) => panic!("the update is not read: {refusal}"),
    };
    assert!(!again.is_repaired(), "the update has to be searched");
    let read = again.array(&again.catalog().unwrap(), "Added").unwrap().unwrap();
    assert_eq!(read[2], text);
    assert_eq!(again.resolve(&read[1]).unwrap(), text);
    if let (Some(pages), Ok(found)) = (pages, again.page_count()) {
        // a reference to what was not there may now mean what was added
        assert!(pages <= found, "the update lost pages: {pages}, {found}");
    }
}
