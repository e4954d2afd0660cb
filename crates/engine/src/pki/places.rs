//! Where the parts of a certificate stand that are needed byte for byte, or read more widely than its
//! parser does.

use std::borrow::Cow;
use std::ops::Range;

use super::tlv::{self, Element};
use crate::domain::instant::Instant;

/// Where the TBSCertificate stands in a certificate, and in it serial number, issuer and dates (RFC
/// 5280, 4.1).
pub(super) struct Places {
    pub(super) tbs: Range<usize>,
    pub(super) serial: Range<usize>,
    pub(super) issuer: Range<usize>,
    pub(super) not_before: Element,
    pub(super) not_after: Element,
}

impl Places {
    pub(super) fn of(der: &[u8]) -> Result<Self, der::Error> {
        let wrong = || der::Error::from(der::ErrorKind::Failed);
        let certificate = tlv::read(der, 0, der.len()).map_err(|_| wrong())?;
        let parts = tlv::children(der, &certificate).map_err(|_| wrong())?;
        let tbs = parts.first().ok_or_else(wrong)?;
        let fields = tlv::children(der, tbs).map_err(|_| wrong())?;
        let mut fields = fields.into_iter().skip_while(|field| field.tag != tlv::INTEGER);
        let mut next = || fields.next().ok_or_else(wrong);
        let (serial, _algorithm, issuer, validity) = (next()?, next()?, next()?, next()?);
        let dates = tlv::children(der, &validity).map_err(|_| wrong())?;
        match <[Element; 2]>::try_from(dates) {
            Ok([not_before, not_after]) => Ok(Self {
                tbs: tbs.whole.clone(),
                serial: serial.whole,
                issuer: issuer.whole,
                not_before,
                not_after,
            }),
            Err(_) => Err(wrong()),
        }
    }

    /// The certificate with the year 1972 for those before 1970, which UTCTime can say and the parser
    /// cannot read.
    pub(super) fn readable<'a>(&self, der: &'a [u8], dates: [Instant; 2]) -> Cow<'a, [u8]> {
        let mut readable = Cow::Borrowed(der);
        for (place, date) in [&self.not_before, &self.not_after].into_iter().zip(dates) {
            if date < Instant::from_unix_ms(0)
                && place.tag == tlv::UTC_TIME
                && let Some(year) = place.content.start.checked_add(2)
                && let Some(digits) = readable.to_mut().get_mut(place.content.start..year)
            {
                digits.copy_from_slice(b"72");
            }
        }
        readable
    }
}
