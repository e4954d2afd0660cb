//! What a relay answers (RFC 5321 4.2), read from bytes that may be hostile.

/// Most bytes of one reply. RFC 5321 4.5.3.1.5 needs 512 a line.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// A whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its code, 200 to 599.
    pub code: u16,
    /// What follows the code, line by line.
    pub lines: Vec<String>,
}

/// Why bytes are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misread {
    /// More is needed.
    Incomplete,
    /// More will not help.
    Nonsense,
}

impl Reply {
    /// Reads the first reply of `bytes`, and how many bytes it takes.
    ///
    /// # Errors
    /// [`Misread`].
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Misread> {
        let mut lines = Vec::new();
        let mut taken = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else { return Err(Misread::Incomplete) };
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            taken += line.len();
            let (code, rest) = text.split_at_checked(3).ok_or(Misread::Nonsense)?;
            let code = std::str::from_utf8(code).ok().and_then(|code| code.parse().ok());
            let code: u16 = code.filter(|c| (200..600).contains(c)).ok_or(Misread::Nonsense)?;
            let (more, words) = match rest.split_first() {
                Some((b'-', words)) => (true, words),
                Some((b' ', words)) => (false, words),
                None => (false, rest),
                Some(_) => return Err(Misread::Nonsense),
            };
            lines.push(String::from_utf8_lossy(words).trim().to_owned());
            if !more {
                return Ok((Self { code, lines }, taken));
            }
        }
        Err(Misread::Incomplete)
    }

    /// Whether the command was done.
    pub(super) const fn is_done(&self) -> bool {
        self.code / 100 == 2
    }

    /// Whether another try may do better.
    pub(super) const fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// Code and words, in one line.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// The rest of the line that begins with this keyword, of an answer to EHLO.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&str> {
        self.lines.iter().skip(1).find_map(|line| {
            let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            word.eq_ignore_ascii_case(name).then_some(rest)
        })
    }

    /// Whether the message was too large: X.3.4 or X.2.3 (RFC 3463), or 552 where `plain_552` says
    /// so and no other enhanced code tells otherwise (a full mailbox is 552 5.2.2).
    #[must_use]
    pub fn is_too_large(&self, plain_552: bool) -> bool {
        if self.code / 100 != 5 {
            return false;
        }
        let first = self.lines.first().map_or("", String::as_str);
        let word = first.split(' ').next().unwrap_or_default();
        match word.strip_prefix("5.") {
            Some(rest) => matches!(rest, "3.4" | "2.3"),
            None => plain_552 && self.code == 552,
        }
    }
}
