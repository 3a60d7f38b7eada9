//! What is wrong with the input: plain values, rendered elsewhere.

use crate::source::Span;

/// How bad a diagnostic is; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is wrong yet; somebody should know.
    Note,
    /// The input can be used; something in it looks wrong.
    Warning,
    /// The input cannot be used.
    Error,
}

impl Severity {
    /// All severities with the words they are written with, the least first.
    pub const ALL: [(&'static str, Self); 3] =
        [("note", Self::Note), ("warning", Self::Warning), ("error", Self::Error)];

    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, severity)| *severity == self).expect("every severity is in the table").0
    }
}

/// A place in the input with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One mistake in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code that names the bad pattern, such as `scenario/unknown-key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Lower-case fragment in the present tense, without a period.
    pub message: String,
    /// Places; the first one is where the mistake is.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self { code, severity, message, labels: Vec::new(), help: None }
    }

    /// Adds a place, if it is known.
    #[must_use]
    pub fn at(self, span: impl Into<Option<Span>>) -> Self {
        self.label(span, "")
    }

    /// Adds a place with words.
    #[must_use]
    pub fn label(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, text: text.into() });
        }
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds `did you mean …` when one of the known names is near.
    #[must_use]
    pub fn suggest<'a>(mut self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        if let Some(near) = nearest(wrong, known) {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }
}

/// The known name nearest to a wrong one, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let limit = (wrong.chars().count() / 3).max(1);
    let scored = known.into_iter().map(|name| (strsim::osa_distance(&wrong, &name.to_lowercase()), name));
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, name)| name)
}

/// A value together with everything found wrong while making it.
#[must_use]
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What could be built; parts that could not be are left out.
    pub value: T,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// Whether the value can be used.
    pub fn is_usable(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error)
    }
}
