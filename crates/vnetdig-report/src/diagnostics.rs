//! Mistakes in the input, each with the lines it is about.
//!
//! miette draws the lines. Spans are clipped to the text before it sees them, so that no span can make it fail.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity as Level,
    SourceCode, SourceSpan, SpanContents,
};
use vnetdig_model::secret::SECRET_CODE;
use vnetdig_model::{Diagnostic, Id as _, Label, Severity, SourceId, SourceMap, Span};

use crate::text::{plain as visible, steers};

/// Lines longer than this are not shown: an export in one line would fill the screen.
const LONGEST_LINE: usize = 400;
/// Longer than any line of ours: nothing is wrapped, so the text does not depend on a terminal.
const WIDTH: usize = 4096;
/// More mistakes than this are counted and not shown; nobody reads so many.
const MOST_SHOWN: usize = 200;

/// All diagnostics, and a last line that counts them; empty when there are none.
#[must_use]
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic], color: bool) -> String {
    let handler = handler(color);
    let mut text = String::new();
    let secrets: Vec<Span> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code == SECRET_CODE)
        .flat_map(|diagnostic| diagnostic.labels.iter().map(|label| label.span))
        .collect();
    for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
        handler.render_report(&mut text, &Shown::new(sources, diagnostic, &secrets)).expect("writing to a string");
        text.push('\n');
    }
    if !diagnostics.is_empty() {
        text.push_str(&count(diagnostics));
        if diagnostics.len() > MOST_SHOWN {
            write!(text, "; the first {MOST_SHOWN} are shown").expect("writing to a string");
        }
        text.push('\n');
    }
    text
}

/// One finding with the lines of its labels, which may lie in several texts.
pub(crate) fn finding(sources: &SourceMap, code: &str, message: &str, labels: &[Label], color: bool) -> String {
    let mut text = String::new();
    let shown = Shown::of(sources, code, Level::Error, message, labels, None, &[]);
    handler(color).render_report(&mut text, &shown).expect("writing to a string");
    text
}

fn handler(color: bool) -> GraphicalReportHandler {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting()
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let counted =
        |severity, noun| Some(of(severity)).filter(|count| *count > 0).map(|count| crate::words::counted(count, noun));
    let parts: Vec<String> =
        [counted(Severity::Error, "error"), counted(Severity::Warning, "warning"), counted(Severity::Note, "note")]
            .into_iter()
            .flatten()
            .collect();
    parts.join(", ")
}

/// A diagnostic, or the labels of one that lie in another file, as miette takes it.
#[derive(Debug)]
struct Shown<'a> {
    code: Option<&'a str>,
    level: Level,
    message: String,
    help: Option<&'a str>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Shown<'a>>,
}

impl<'a> Shown<'a> {
    fn new(sources: &'a SourceMap, diagnostic: &'a Diagnostic, secrets: &[Span]) -> Self {
        let level = match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Note => Level::Advice,
        };
        let Diagnostic { code, message, labels, help, .. } = diagnostic;
        Self::of(sources, code, level, message, labels, help.as_deref(), secrets)
    }

    fn of(
        sources: &'a SourceMap,
        code: &'a str,
        level: Level,
        message: &str,
        labels: &[Label],
        help: Option<&'a str>,
        secrets: &[Span],
    ) -> Self {
        let mut files: Vec<SourceId> = Vec::new();
        for label in labels {
            if label.span.source.index() < sources.len() && !files.contains(&label.span.source) {
                files.push(label.span.source);
            }
        }
        let mut parts = files.iter().map(|file| Self::part(sources, labels, *file, secrets));
        let mut shown = parts.next().unwrap_or_else(Self::nowhere);
        shown.elsewhere = parts.collect();
        // A place that cannot be drawn is said in the message.
        let place = if shown.labels.is_empty() { shown.message } else { String::new() };
        shown.message = visible(&format!("{message}{place}"));
        Self { code: Some(code), level, help, ..shown }
    }

    fn nowhere() -> Self {
        let (message, labels, elsewhere) = (String::new(), Vec::new(), Vec::new());
        Self { code: None, level: Level::Advice, message, help: None, excerpt: None, labels, elsewhere }
    }

    /// The labels that lie in one file.
    fn part(sources: &'a SourceMap, labels: &[Label], file: SourceId, secrets: &[Span]) -> Self {
        let source = sources.source(file);
        let here: Vec<&Label> = labels.iter().filter(|label| label.span.source == file).collect();
        let drawn: Vec<LabeledSpan> = here
            .iter()
            .enumerate()
            .filter_map(|(index, label)| {
                let span = clipped(source.text(), label.span)?;
                let words = (!label.text.is_empty()).then(|| visible(&label.text));
                // The first label is where the mistake is: its place stands above the lines.
                let new = if index == 0 { LabeledSpan::new_primary_with_span } else { LabeledSpan::new_with_span };
                Some(new(words, span))
            })
            .collect();
        let place = here.first().map(|label| sources.place(label.span)).unwrap_or_default();
        let drawn = if drawn.len() == here.len() { drawn } else { Vec::new() };
        let message = if drawn.is_empty() { format!(" ({place})") } else { place };
        let excerpt = (!drawn.is_empty()).then(|| Excerpt::new(sources, file, &drawn, secrets));
        Self { message, labels: drawn, excerpt, ..Self::nowhere() }
    }
}

/// The first line of a span, on character boundaries; `None` when there is no line that can be shown.
fn clipped(text: &str, span: Span) -> Option<SourceSpan> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let mut start = floor(span.start as usize);
    if start == text.len() {
        // Behind the last character: point at the character before, which is on a line.
        start = text.char_indices().next_back()?.0;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let lines_around =
        [text[..line_start].trim_end_matches('\n').rsplit('\n').next(), text[line_end..].split('\n').nth(1)];
    let longest = lines_around.into_iter().flatten().map(str::len).max().unwrap_or(0).max(line_end - line_start);
    if longest > LONGEST_LINE {
        return None;
    }
    let end = floor(span.end as usize).clamp(start, line_end);
    let end = start + text[start..end].trim_end().len();
    Some((start, end - start).into())
}

/// The lines of a text that are shown. It tells columns in characters, as everywhere else.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    /// Bytes and lines of the whole text that come before.
    skipped: (usize, usize),
}

impl Excerpt {
    /// The lines of the labels and one around them. Characters that could steer a terminal are replaced by others of
    /// the same length, so that spans still fit; so are line breaks that only old systems take for some, and what may
    /// hold a password.
    fn new(sources: &SourceMap, file: SourceId, labels: &[LabeledSpan], secrets: &[Span]) -> Self {
        let source = sources.source(file);
        let text = source.text();
        let first = labels.iter().map(LabeledSpan::offset).min().unwrap_or(0);
        let last = labels.iter().map(|label| label.offset() + label.len()).max().unwrap_or(0);
        let line_start = text[..first].rfind('\n').unwrap_or(0);
        let start = text[..line_start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
        let end = text[line_end..].find('\n').map_or(text.len(), |at| line_end + at + 1);
        let at = u32::try_from(start).unwrap_or(u32::MAX);
        let lines = sources.position(Span { source: file, start: at, end: at }).line as usize - 1;
        let mut shown = String::with_capacity(end - start);
        let hidden: Vec<_> =
            secrets.iter().filter(|span| span.source == file).map(|span| span.start..span.end).collect();
        let mut chars = text[start..end].char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            let is_hidden = u32::try_from(start + offset).is_ok_and(|at| hidden.iter().any(|span| span.contains(&at)));
            if is_hidden && c != '\n' {
                shown.extend(std::iter::repeat_n('*', c.len_utf8()));
                continue;
            }
            shown.push(match c {
                '\n' | '\t' => c,
                '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => c,
                _ if !steers(c) => c,
                _ => match c.len_utf8() {
                    1 => '?',
                    2 => '·',
                    _ => char::REPLACEMENT_CHARACTER,
                },
            });
        }
        Self { name: visible(source.name()), text: shown, skipped: (start, lines) }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let (bytes, lines) = self.skipped;
        let here = (span.offset().saturating_sub(bytes), span.len()).into();
        let inner = self.text.read_span(&here, lines_before, lines_after)?;
        let before = self.text.get(..inner.span().offset()).unwrap_or_default();
        let column = before.chars().rev().take_while(|c| *c != '\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            (inner.span().offset() + bytes, inner.span().len()).into(),
            inner.line() + lines,
            column,
            inner.line_count(),
        )))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Level> {
        Some(self.level)
    }

    fn help<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        self.help.map(|help| Box::new(visible(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'s>(&'s self) -> Option<Box<dyn Iterator<Item = &'s dyn miette::Diagnostic> + 's>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|shown| shown as &dyn miette::Diagnostic)))
    }
}
