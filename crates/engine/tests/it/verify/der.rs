//! DER taken apart and put together again, so that it can be wrong in every way.

/// One value: its tag, and what is inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DerValue {
    pub(super) tag: u8,
    pub(super) inside: DerInside,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DerInside {
    Octets(Vec<u8>),
    Values(Vec<DerValue>),
}

impl DerValue {
    pub(super) fn octets(tag: u8, octets: &[u8]) -> Self {
        Self { tag, inside: DerInside::Octets(octets.to_vec()) }
    }

    pub(super) fn values(tag: u8, values: Vec<Self>) -> Self {
        Self { tag, inside: DerInside::Values(values) }
    }

    /// Values one behind the other, of DER that is right and has no long tags.
    pub(super) fn read(mut octets: &[u8]) -> Vec<Self> {
        let mut all = Vec::new();
        while let [tag, first, rest @ ..] = octets {
            let (length, rest) = if *first < 0x80 {
                (usize::from(*first), rest)
            } else {
                let (length, rest) = rest.split_at(usize::from(first & 0x7F));
                (length.iter().fold(0, |sum, octet| (sum << 8) | usize::from(*octet)), rest)
            };
            let (inside, behind) = rest.split_at(length);
            all.push(match tag & 0x20 {
                0 => Self::octets(*tag, inside),
                _ => Self::values(*tag, Self::read(inside)),
            });
            octets = behind;
        }
        all
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let inside = match &self.inside {
            DerInside::Octets(octets) => octets.clone(),
            DerInside::Values(values) => values.iter().flat_map(Self::write).collect(),
        };
        let length = inside.len().to_be_bytes();
        let zeros = length.iter().take_while(|octet| **octet == 0).count();
        let mut written = vec![self.tag];
        if inside.len() < 0x80 {
            written.push(u8::try_from(inside.len()).unwrap());
        } else {
            written.push(0x80 | u8::try_from(length.len() - zeros).unwrap());
            written.extend(&length[zeros..]);
        }
        written.extend(inside);
        written
    }

    /// The values inside.
    pub(super) fn inner(&mut self) -> &mut Vec<Self> {
        match &mut self.inside {
            DerInside::Values(values) => values,
            DerInside::Octets(_) => panic!("nothing is inside of {:02x}", self.tag),
        }
    }
}
