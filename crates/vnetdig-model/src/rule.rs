//! Rule numbers and how well each rule is founded.

use std::fmt;
use std::str::FromStr;

/// The number of a rule in `docs/behavior.md`, written `S-004`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(pub u16);

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-{:03}", self.0)
    }
}

impl FromStr for Rule {
    type Err = ParseRuleError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("S-").filter(|digits| digits.len() == 3);
        digits.and_then(|digits| digits.parse().ok()).map(Self).ok_or(ParseRuleError)
    }
}

/// The text is not a rule number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a rule number such as `S-004`")]
pub struct ParseRuleError;

/// How well a rule is founded; the codes of `docs/behavior.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// D: documented by the vendor.
    Documented,
    /// O: observed in published output.
    Observed,
    /// S: follows from the DNS standards.
    Standard,
    /// K: general product knowledge.
    Known,
    /// I: inferred from other rules, without direct evidence.
    Inferred,
    /// C: sources contradict each other; a default reading was chosen.
    Contradictory,
}

impl Confidence {
    /// The one-letter code.
    #[must_use]
    pub fn code(self) -> char {
        match self {
            Self::Documented => 'D',
            Self::Observed => 'O',
            Self::Standard => 'S',
            Self::Known => 'K',
            Self::Inferred => 'I',
            Self::Contradictory => 'C',
        }
    }

    /// Whether a decision that rests on such a rule must be labelled unconfirmed.
    #[must_use]
    pub fn is_unconfirmed(self) -> bool {
        matches!(self, Self::Inferred | Self::Contradictory)
    }
}
