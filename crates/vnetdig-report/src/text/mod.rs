//! Text for people: lines of any width, color only when asked for.

mod check;
mod explain;
mod gaps;
mod matrix;
mod observed;
mod reach;
mod trace;

pub use check::tests;
pub use explain::{ExplainOptions, FixForm, explain};
pub use gaps::gaps;
pub use matrix::matrix;
pub use observed::observed;
pub use reach::reach;
pub use trace::{short, trace};

/// How text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// Every step with its rule, every candidate that lost, every place.
    pub verbose: bool,
    /// ANSI colors.
    pub color: bool,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Open,
}

impl TextOptions {
    /// The text in a style, when color is on.
    fn paint(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Open => "33",
        };
        if self.color && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Whether a character could steer a terminal, or turn the text around it.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without anything that could steer a terminal: names and data come from files of others.
pub(crate) fn plain(text: &str) -> String {
    if !text.contains(steers) {
        return text.to_owned();
    }
    text.chars().map(|c| if steers(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// The width of a text in characters.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// The spaces that fill a text up to a width.
fn fill(text: &str, to: usize) -> String {
    " ".repeat(to.saturating_sub(width(text)))
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{202e}é"), "a\\u{1b}[31mb\\nc\\u{202e}é");
    }

    #[test]
    fn color_is_only_there_when_asked_for() {
        let colored = TextOptions { color: true, ..TextOptions::default() };
        assert_eq!(colored.paint(Style::Good, "yes"), "\u{1b}[32myes\u{1b}[0m");
        assert_eq!(TextOptions::default().paint(Style::Good, "yes"), "yes");
    }
}
