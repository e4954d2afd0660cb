//! What a TSA says and signs (`TSTInfo`, RFC 3161, 2.4.2).

use std::time::Duration;

use der::asn1::{AnyRef, IntRef, ObjectIdentifier};
use der::{Decode as _, Sequence, Tag, Tagged as _};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;

use super::fault::TimestampFault;
use super::imprint::MessageImprint;
use crate::domain::instant::Instant;
use crate::pki::digest::Digest;

/// The words of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// The TSA's policy.
    pub policy: ObjectIdentifier,
    /// What was there at that time.
    pub imprint: Digest,
    /// Content of the INTEGER: one token of a TSA has it.
    pub serial_number: Vec<u8>,
    /// When. What is finer than a millisecond is left out.
    pub gen_time: Instant,
    /// By how much it may be off in either direction; `None` when only the policy says it.
    pub accuracy: Option<Duration>,
    /// Whether the TSA's tokens can be ordered by their times whatever the accuracy is.
    pub ordering: bool,
    /// Content of the INTEGER: that of the request.
    pub nonce: Option<Vec<u8>>,
    /// The name that the TSA gives itself, which nothing proves.
    pub tsa: Option<GeneralName>,
    /// None of them is critical.
    pub extensions: Vec<ObjectIdentifier>,
}

#[derive(Sequence)]
struct Written<'a> {
    version: u8,
    policy: ObjectIdentifier,
    imprint: MessageImprint,
    serial_number: IntRef<'a>,
    gen_time: AnyRef<'a>,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<IntRef<'a>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

#[derive(Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

impl TstInfo {
    /// Reads what is signed, without looking at who signed it.
    ///
    /// # Errors
    /// [`TimestampFault::Info`], [`TimestampFault::InfoVersion`], [`TimestampFault::UnknownCritical`], and
    /// those of the imprint.
    pub fn from_der(der: &[u8]) -> Result<Self, TimestampFault> {
        let unreadable = |error: der::Error| TimestampFault::Info(error.to_string());
        let read = Written::from_der(der).map_err(unreadable)?;
        if read.version != 1 {
            return Err(TimestampFault::InfoVersion(read.version));
        }
        let extensions = read.extensions.unwrap_or_default();
        // RFC 5280, 4.2; that of EN 319 422, 9.1 is not critical.
        if let Some(critical) = extensions.iter().find(|extension| extension.critical) {
            return Err(TimestampFault::UnknownCritical(critical.extn_id));
        }
        Ok(Self {
            policy: read.policy,
            imprint: read.imprint.digest()?,
            serial_number: read.serial_number.as_bytes().to_vec(),
            gen_time: gen_time(read.gen_time)?,
            accuracy: read.accuracy.map(|accuracy| accuracy.duration()),
            ordering: read.ordering,
            nonce: read.nonce.map(|nonce| nonce.as_bytes().to_vec()),
            tsa: read.tsa,
            extensions: extensions.into_iter().map(|extension| extension.extn_id).collect(),
        })
    }
}

impl Accuracy {
    fn duration(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds.unwrap_or_default()))
            + Duration::from_millis(u64::from(self.millis.unwrap_or_default()))
            + Duration::from_micros(u64::from(self.micros.unwrap_or_default()))
    }
}

/// A GeneralizedTime in UTC with seconds and any fraction: `20261130081500.25Z`.
fn gen_time(value: AnyRef<'_>) -> Result<Instant, TimestampFault> {
    let wrong = || TimestampFault::Info("its genTime is no time in UTC with seconds".to_owned());
    if value.tag() != Tag::GeneralizedTime {
        return Err(wrong());
    }
    let text = std::str::from_utf8(value.value()).map_err(|_| wrong())?;
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
    let (digits, rest) = (digits.ok_or_else(wrong)?, text.get(14..).ok_or_else(wrong)?);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    let [hour, minute, second] = [part(8, 10), part(10, 12), part(12, 14)];
    if !rest.ends_with('Z') {
        return Err(wrong());
    }
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}{rest}");
    Instant::parse_rfc3339(&text).ok_or_else(wrong)
}
