//! How much one text may hold.

/// Bounds on one source text. What exceeds them is reported, never read into memory.
///
/// Texts come from the user, but also from repositories and captures other people made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text in bytes. A generated scenario of ten thousand networks, two million records and a
    /// hundred thousand clients has 87 MB; this is three times that, and far below the 4 GiB a span can
    /// address.
    pub bytes: usize,
    /// Deepest nesting of lists and mappings. The scenario language needs eight levels; this leaves as many
    /// again, several times over, for other formats read with the same tree.
    pub depth: usize,
    /// Most values in one text, keys included. The text of 87 MB holds about three million; this is ten
    /// times that, and at 20 bytes a value bounds the table to 640 MiB.
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
        Self { bytes: 256 << 20, depth: 64, nodes: 32 << 20, alias_expansions: 1_000_000, documents: 1 }
    }
}
