//! Fully qualified domain names: absolute, case-folded, cheap to clone.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest label in octets (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;
/// Longest name in octets on the wire, the root label included (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 255;

/// An absolute domain name, letters folded to lower case (RFC 4343).
///
/// Stored as on the wire without the final root label, so a suffix of the name is a suffix of the bytes.
/// A label in angle brackets, such as `<rs-orders>`, stands for a label nobody declared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fqdn(Arc<[u8]>);

/// Why a text is not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseFqdnError {
    /// Nothing there.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or a dot at the start.
    #[error("the name has an empty label")]
    EmptyLabel,
    /// More than 63 octets between two dots.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// More than 255 octets in all.
    #[error("the name is longer than 255 octets")]
    NameTooLong,
    /// White space, a control character, a letter outside ASCII (write its A-label, RFC 5890) or a broken escape.
    #[error("the name has a character that cannot stand in a domain name; international names are written `xn--…`")]
    BadCharacter,
}

impl Fqdn {
    /// The root, `.`.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from([]))
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels from the left, without the root.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels { rest: &self.0 }
    }

    /// How many labels there are; the root has none.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// The octets as on the wire, without the root label.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }

    /// Whether this name is `ancestor` or lies below it. Whole labels are compared.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        let Some(cut) = self.0.len().checked_sub(ancestor.0.len()) else { return false };
        if self.0[cut..] != ancestor.0[..] {
            return false;
        }
        let mut at = 0;
        while at < cut {
            at += usize::from(self.0[at]) + 1;
        }
        at == cut
    }

    /// The name without its first label; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let first = *self.0.first()?;
        Some(Self(Arc::from(&self.0[usize::from(first) + 1..])))
    }

    /// The suffix that starts at an octet where a label starts.
    pub(crate) fn suffix(&self, start: usize) -> Self {
        Self(Arc::from(&self.0[start..]))
    }

    /// This name and its ancestors, the root last.
    pub fn suffixes(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The name with one more label in front.
    ///
    /// # Errors
    /// When the label or the whole would be too long or malformed.
    pub fn child(&self, label: &str) -> Result<Self, ParseFqdnError> {
        let text = if self.is_root() { label.to_owned() } else { format!("{label}.{self}") };
        text.parse()
    }

    /// This name relative to an ancestor, as presented in a zone: `@` for the ancestor itself.
    /// `None` when it is not at or below it.
    #[must_use]
    pub fn relative_to(&self, ancestor: &Self) -> Option<String> {
        if !self.is_at_or_below(ancestor) {
            return None;
        }
        let labels = self.label_count() - ancestor.label_count();
        if labels == 0 {
            return Some("@".to_owned());
        }
        let mut text = String::new();
        for label in self.labels().take(labels) {
            if !text.is_empty() {
                text.push('.');
            }
            push_label(&mut text, label);
        }
        Some(text)
    }

    /// Reads a name as written in a zone: relative to `origin` unless it ends in a dot; `@` is the origin.
    ///
    /// # Errors
    /// When the text is not a domain name.
    pub fn parse_relative(text: &str, origin: &Self) -> Result<Self, ParseFqdnError> {
        match text {
            "@" => Ok(origin.clone()),
            _ if text.ends_with('.') => text.parse(),
            _ if origin.is_root() => text.parse(),
            "" => Err(ParseFqdnError::EmptyLabel),
            _ => {
                let mut wire = [0; MAX_NAME];
                let start = read(text, &mut wire)?;
                let end = start + origin.0.len();
                if end + 1 > MAX_NAME {
                    return Err(ParseFqdnError::NameTooLong);
                }
                wire[start..end].copy_from_slice(&origin.0);
                Ok(Self(Arc::from(&wire[..end])))
            }
        }
    }

    /// Whether a text is a domain name; nothing is kept.
    ///
    /// # Errors
    /// When the text is not a domain name.
    pub fn check(text: &str) -> Result<(), ParseFqdnError> {
        match text {
            "" => Err(ParseFqdnError::Empty),
            "." => Ok(()),
            _ => read(text, &mut [0; MAX_NAME]).map(drop),
        }
    }

    /// Whether the first label is `*` (RFC 4592).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// Whether some label stands for one nobody declared.
    #[must_use]
    pub fn has_unknown_label(&self) -> bool {
        self.labels().any(|label| label.starts_with(b"<"))
    }

    /// Whether some label is the given one, in lower case.
    #[must_use]
    pub fn has_label(&self, wanted: &str) -> bool {
        self.labels().any(|label| label == wanted.as_bytes())
    }

    /// The name of an IPv4 or IPv6 address in the reverse tree (RFC 1035, section 3.5; RFC 3596, section 2.5).
    #[must_use]
    pub fn reverse(address: std::net::IpAddr) -> Self {
        let text = match address {
            std::net::IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            std::net::IpAddr::V6(v6) => {
                let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
                let digits = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16));
                let labels: String = digits.flat_map(|digit| [digit, '.']).collect();
                labels + "ip6.arpa"
            }
        };
        text.parse().expect("a reverse name is well formed")
    }
}

/// The labels of a name from the left.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.rest.split_first()?;
        let (label, rest) = rest.split_at(usize::from(length));
        self.rest = rest;
        Some(label)
    }
}

impl FromStr for Fqdn {
    type Err = ParseFqdnError;

    fn from_str(text: &str) -> Result<Self, ParseFqdnError> {
        match text {
            "" => return Err(ParseFqdnError::Empty),
            "." => return Ok(Self::root()),
            _ => {}
        }
        let mut wire = [0; MAX_NAME];
        let length = read(text, &mut wire)?;
        Ok(Self(Arc::from(&wire[..length])))
    }
}

/// Reads labels into `wire` and says how many octets they take, the root label not counted.
fn read(text: &str, wire: &mut [u8; MAX_NAME]) -> Result<usize, ParseFqdnError> {
    let mut bytes = text.bytes();
    let mut end = 0;
    while bytes.len() > 0 {
        let length_at = end;
        end += 1;
        while let Some(byte) = bytes.next() {
            let octet = match byte {
                b'.' => break,
                b'\\' => unescape(&mut bytes)?,
                0..=b' ' | 0x7f.. => return Err(ParseFqdnError::BadCharacter),
                _ => byte,
            };
            // What does not fit is only counted.
            if let Some(place) = wire.get_mut(end) {
                *place = octet.to_ascii_lowercase();
            }
            end += 1;
        }
        let length = end - length_at - 1;
        if length == 0 {
            return Err(ParseFqdnError::EmptyLabel);
        }
        let length = u8::try_from(length).ok().filter(|length| usize::from(*length) <= MAX_LABEL);
        wire[length_at] = length.ok_or(ParseFqdnError::LabelTooLong)?;
        if end + 1 > MAX_NAME {
            return Err(ParseFqdnError::NameTooLong);
        }
    }
    Ok(end)
}

/// Reads what follows a backslash: three digits or any character (RFC 1035, section 5.1).
fn unescape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, ParseFqdnError> {
    let first = bytes.next().ok_or(ParseFqdnError::BadCharacter)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let mut value = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = bytes.next().filter(u8::is_ascii_digit).ok_or(ParseFqdnError::BadCharacter)?;
        value = value * 10 + u16::from(digit - b'0');
    }
    u8::try_from(value).map_err(|_| ParseFqdnError::BadCharacter)
}

fn push_label(text: &mut String, label: &[u8]) {
    use std::fmt::Write as _;
    for &byte in label {
        match byte {
            b'.' | b'\\' | b'"' | b'@' | b';' | b'(' | b')' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => write!(text, "\\{byte:03}").expect("writing to a string"),
        }
    }
}

impl fmt::Display for Fqdn {
    /// Presentation format without the final dot; the root is `.`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        let mut text = String::with_capacity(self.0.len());
        for label in self.labels() {
            if !text.is_empty() {
                text.push('.');
            }
            push_label(&mut text, label);
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialOrd for Fqdn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fqdn {
    /// Canonical order: by labels from the right (RFC 4034, section 6.1).
    fn cmp(&self, other: &Self) -> Ordering {
        let reversed = |name: &Self| {
            let mut labels: Vec<Vec<u8>> = name.labels().map(<[u8]>::to_vec).collect();
            labels.reverse();
            labels
        };
        reversed(self).cmp(&reversed(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Fqdn {
        text.parse().expect(text)
    }

    #[test]
    fn names_compare_without_case_and_with_or_without_the_final_dot() {
        for (left, right, same) in [
            ("db.example", "DB.example.", true),
            ("db.example", "db.example.com", false),
            (".", ".", true),
            ("a\\.b.example", "a.b.example", false),
            ("\\097.example", "a.example", true),
        ] {
            assert_eq!(name(left) == name(right), same, "{left} vs {right}");
        }
    }

    #[test]
    fn ancestry_compares_whole_labels() {
        for (low, high, below) in [
            ("x.contoso.com", "contoso.com", true),
            ("contoso.com", "contoso.com", true),
            ("xcontoso.com", "contoso.com", false),
            ("com", "contoso.com", false),
            ("a.b", ".", true),
        ] {
            assert_eq!(name(low).is_at_or_below(&name(high)), below, "{low} below {high}");
        }
    }

    #[test]
    fn malformed_names_are_refused_with_the_reason() {
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(128);
        for (text, error) in [
            ("", ParseFqdnError::Empty),
            ("a..b", ParseFqdnError::EmptyLabel),
            (".a", ParseFqdnError::EmptyLabel),
            ("a b", ParseFqdnError::BadCharacter),
            ("münchen.example", ParseFqdnError::BadCharacter),
            ("a\\", ParseFqdnError::BadCharacter),
            ("a\\999", ParseFqdnError::BadCharacter),
            (&long_label, ParseFqdnError::LabelTooLong),
            (&long_name, ParseFqdnError::NameTooLong),
        ] {
            assert_eq!(text.parse::<Fqdn>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_name_prints_so_that_it_reads_back() {
        for text in ["a.b", ".", "a\\.b.c", "\\255.x", "<rs-orders>.example", "*.x"] {
            assert_eq!(name(text).to_string(), text);
            assert_eq!(name(&name(text).to_string()), name(text));
        }
    }

    #[test]
    fn reverse_names_follow_the_address() {
        assert_eq!(Fqdn::reverse("10.1.0.4".parse().unwrap()), name("4.0.1.10.in-addr.arpa"));
        let v6 = Fqdn::reverse("fd00::1".parse().unwrap());
        assert!(v6.to_string().starts_with("1.0.0.0.") && v6.is_at_or_below(&name("d.f.ip6.arpa")));
    }

    #[test]
    fn names_sort_from_the_right() {
        let mut names = [name("z.a"), name("a.b"), name("a"), name("b.a")];
        names.sort();
        assert_eq!(names.map(|name| name.to_string()), ["a", "b.a", "z.a", "a.b"]);
    }
}
