//! Documents that are made to harm whoever reads them, with the settings that they need. Each generator
//! takes how large it is made; [`all`] has every one of them in a size that once took seconds or hundreds
//! of megabytes. Tests and attacks use the same.

mod containers;
mod pdf;
mod xml;

use chancery_engine::domain::profile::Profile;
use chancery_engine::seal::catalogue::Catalogue;
use serde_json::Value;

pub use containers::*;
pub use pdf::*;
pub use xml::*;

/// A document that is made to harm.
pub struct HostileDocument {
    /// What it does.
    pub name: &'static str,
    pub format: SealedAs,
    pub document: Vec<u8>,
    /// Settings of the seal, over the defaults of the format.
    pub settings: Value,
}

/// What it is sealed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedAs {
    Xades,
    Pades,
    Cades,
}

impl HostileDocument {
    /// Bytes of the document and its settings: what its sender pays.
    pub fn length(&self) -> usize {
        self.document.len() + self.settings.to_string().len()
    }

    /// How it is to be sealed.
    ///
    /// # Panics
    /// When its settings are none.
    pub fn profile(&self) -> Profile {
        let settings = self.settings.clone();
        match self.format {
            SealedAs::Xades => {
                let Value::Object(settings) = settings else { panic!("settings are an object") };
                let catalogue = Catalogue::built_in().unwrap();
                Profile::Xades(Box::new(catalogue.settings(None, &settings).unwrap()))
            }
            SealedAs::Pades => Profile::Pades(Box::new(serde_json::from_value(settings).unwrap())),
            SealedAs::Cades => Profile::Cades(Box::new(serde_json::from_value(settings).unwrap())),
        }
    }
}

/// Every one of them.
pub fn all() -> Vec<HostileDocument> {
    let mut all = pdf::all();
    all.extend(xml::all());
    all.extend(containers::all());
    all
}
