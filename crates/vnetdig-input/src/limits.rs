//! How much one text may hold.

/// Bounds on one source text. What exceeds them is reported, never read into memory.
///
/// Texts come from the user, but also from repositories and captures other people made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text in bytes. The largest scenario in our own measurements, ten thousand networks with
    /// a million records, is 84 MB; this is three times that, and far below the 4 GiB a span can address.
    pub bytes: usize,
    /// Deepest nesting of lists and mappings. The scenario language needs 12 levels; ARM templates in the
    /// public quickstart collection stay below 30.
    pub depth: usize,
    /// Most values in one text, keys included. The text of 84 MB holds about nine million; a value takes
    /// 20 bytes of memory.
    pub nodes: usize,
    /// Most values that aliases may stand for, counted as if each alias were written out. A handful of
    /// nested aliases can otherwise stand for billions of values.
    pub alias_expansions: usize,
    /// Documents in one YAML stream. A scenario is one document; a second one is nearly always a leftover
    /// `---`, and silently reading the first only would drop checks.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            depth: 64,
            nodes: 32 << 20,
            alias_expansions: 1_000_000,
            documents: 1,
        }
    }
}
