//! Document timestamps (EN 319 142-1, 5.4.3): a token over a whole PDF, in a field of its own. They keep
//! what is in the file when algorithms and certificates end: level LTA.

use super::form::Form;
use super::permissions;
use super::signature_update::SignatureUpdate;
use super::update;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::pdf::{PdfFile, PdfLimits};

/// A document with the update of a timestamp that lacks its token.
pub(in crate::seal) struct TimestampPlan {
    document: Vec<u8>,
    update: SignatureUpdate,
}

impl TimestampPlan {
    /// Prepares a document for a token of so many octets at most. The same document gives the same plan.
    ///
    /// # Errors
    /// What the reader refuses, and what an encrypted document does not permit.
    pub(in crate::seal) fn new(
        document: Vec<u8>,
        room: usize,
        limits: &PdfLimits,
    ) -> Result<Self, LongTermFault> {
        let file = PdfFile::open(&document, limits)?;
        let catalog = file.catalog()?;
        let form = Form::read(&file, &catalog)?;
        permissions::check_new_field(&file, &form)?;
        let mut update = update::write_timestamp(&file, &catalog, &form, room)?;
        update.fill_byte_range(document.len());
        Ok(Self { document, update })
    }

    /// What the token has to be over.
    pub(in crate::seal) fn imprint(&self, algorithm: DigestAlgorithm) -> Digest {
        self.update.digest(&self.document, algorithm)
    }

    /// The document with the token.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`], [`LongTermFault::NoRoom`].
    pub(in crate::seal) fn attach(
        mut self,
        token: &TimestampToken,
    ) -> Result<Vec<u8>, LongTermFault> {
        let imprint = &token.info().imprint;
        if self.imprint(imprint.algorithm()) != *imprint {
            return Err(LongTermFault::NotOver);
        }
        if !self.update.fill_contents(token.der()) {
            let (needed, room) = (token.der().len(), self.update.room());
            return Err(LongTermFault::NoRoom { needed, room });
        }
        self.document.extend_from_slice(&self.update.bytes);
        Ok(self.document)
    }
}
