//! `# vnetdig: ignore[rule] reason`: findings somebody has looked at and lives with.
//!
//! Such a comment is about the item that begins on its line, or, when it stands on a line of its own, the item that
//! begins on the next line that holds more than a comment. An item reaches to the next line that is indented no
//! further than its first one. JSON has no comments, so nothing in it is ignored.

use vnetdig_model::{Diagnostic, Parsed, Severity, SourceId, SourceMap, Span, nearest};

use crate::Limits;
use crate::tree::{self, Tree};

/// How a comment of ours starts behind its `#`.
const MARK: &str = "vnetdig:";

/// Most comments of ours in one text; more are a way to say `--level RULE=off`.
const MOST: usize = 10_000;

/// The codes of what is found about the comments themselves, each with its severity and its title.
pub const IGNORE_LINTS: [(&str, Severity, &str); 3] = [
    ("lint/unused-ignore", Severity::Warning, "a comment ignores a finding that is not there"),
    ("lint/unknown-ignore", Severity::Warning, "a comment ignores a rule that does not exist, or cannot be read"),
    ("lint/ignore-without-reason", Severity::Warning, "a comment ignores a finding and does not say why"),
];

const UNUSED: &str = IGNORE_LINTS[0].0;
const UNKNOWN: &str = IGNORE_LINTS[1].0;
const WITHOUT_REASON: &str = IGNORE_LINTS[2].0;

/// A comment that ignores a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The code it names, with `lint/` in front where none stood.
    pub code: String,
    /// Why.
    pub reason: String,
    /// The comment.
    pub span: Span,
    /// The item it is about: findings whose first place begins here are ignored.
    pub item: Span,
}

/// The comments of a text that ignore findings. `known` are the codes there are.
pub fn ignores(sources: &SourceMap, id: SourceId, limits: &Limits, known: &[&str]) -> Parsed<Vec<Ignore>> {
    let mut parsed = Parsed { value: Vec::new(), diagnostics: Vec::new() };
    let text = sources.source(id).text();
    if !text.contains(MARK) {
        return parsed;
    }
    let tree = tree::parse(sources, id, limits).value;
    let scalars = Scalars::of(&tree);
    let lines = Lines::of(text);
    let comments = comments(text, &lines, &scalars);
    // Comments that stand together are about one item, which may be long.
    let mut latest: Option<(usize, (usize, usize))> = None;
    for Comment { line, start, words } in comments.into_iter().take(MOST) {
        let end = lines.end(line);
        let span = Span { source: id, start: offset(start), end: offset(end) };
        let Some((codes, reason)) = read(words) else {
            let message = "the comment cannot be read";
            let help = "write `# vnetdig: ignore[rule] reason`";
            parsed.diagnostics.push(warning(UNKNOWN, message).at(span).help(help));
            continue;
        };
        if reason.is_empty() {
            let message = format!("nothing says why `{codes}` is ignored");
            let help = "write the reason behind the bracket; without one the comment has no effect";
            parsed.diagnostics.push(warning(WITHOUT_REASON, message).at(span).help(help));
            continue;
        }
        let first = lines.first_of_item(text, line, start);
        let item = match latest {
            Some((known, item)) if known == first => item,
            _ => lines.item(text, first),
        };
        latest = Some((first, item));
        let item = Span { source: id, start: offset(item.0), end: offset(item.1) };
        for code in codes.split(',').map(str::trim) {
            let full = if code.contains('/') { code.to_owned() } else { format!("lint/{code}") };
            if known.contains(&full.as_str()) || !full.starts_with("lint/") {
                parsed.value.push(Ignore { code: full, reason: reason.to_owned(), span, item });
                continue;
            }
            let words = known.iter().filter_map(|known| known.strip_prefix("lint/"));
            let near = nearest(code.trim_start_matches("lint/"), words);
            let help = near
                .map_or("`vnetdig lint --list` shows the rules".to_owned(), |near| format!("did you mean `{near}`?"));
            parsed.diagnostics.push(warning(UNKNOWN, format!("there is no rule `{code}`")).at(span).help(help));
        }
    }
    parsed
}

/// Takes out what is ignored and tells how many that were; a comment that ignores nothing is itself a finding.
#[must_use]
pub fn apply_ignores(ignores: &[Ignore], found: Vec<Diagnostic>) -> (Vec<Diagnostic>, usize) {
    let mut is_used = vec![false; ignores.len()];
    let before = found.len();
    let mut by_code = indexmap::IndexMap::<&str, Vec<usize>, rustc_hash::FxBuildHasher>::default();
    for (index, ignore) in ignores.iter().enumerate() {
        by_code.entry(&ignore.code).or_default().push(index);
    }
    let mut kept = found;
    kept.retain(|diagnostic| {
        let Some(at) = diagnostic.labels.first().map(|label| label.span) else { return true };
        let mut is_kept = true;
        for index in by_code.get(diagnostic.code).into_iter().flatten() {
            let item = ignores[*index].item;
            if item.source == at.source && item.start <= at.start && at.start < item.end {
                is_used[*index] = true;
                is_kept = false;
            }
        }
        is_kept
    });
    let count = before - kept.len();
    for (ignore, _) in ignores.iter().zip(is_used).filter(|(_, is_used)| !is_used) {
        let message = format!("nothing to ignore: `{}` is not found here", ignore.code);
        kept.push(warning(UNUSED, message).at(ignore.span).help("remove the comment"));
    }
    (kept, count)
}

fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(code, message)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// `ignore[codes] reason`, taken apart.
fn read(words: &str) -> Option<(&str, &str)> {
    let rest = words.trim().strip_prefix("ignore[")?;
    let (codes, reason) = rest.split_once(']')?;
    (!codes.trim().is_empty()).then(|| (codes.trim(), reason.trim()))
}

/// The stretches of a text that are scalars, in order: a `#` in one of them starts no comment.
struct Scalars(Vec<(u32, u32)>);

impl Scalars {
    fn of(tree: &Tree) -> Self {
        let mut spans = tree.scalar_spans();
        spans.sort_unstable();
        Self(spans)
    }

    fn covers(&self, at: usize) -> bool {
        let at = offset(at);
        let index = self.0.partition_point(|(start, _)| *start <= at);
        index.checked_sub(1).is_some_and(|index| at < self.0[index].1)
    }
}

/// Where the lines of a text start.
struct Lines(Vec<usize>, usize);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect(), text.len())
    }

    fn start(&self, line: usize) -> usize {
        self.0.get(line).copied().unwrap_or(self.1)
    }

    /// Behind the last character of a line.
    fn end(&self, line: usize) -> usize {
        self.0.get(line + 1).map_or(self.1, |next| next - 1)
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn text<'a>(&self, text: &'a str, line: usize) -> &'a str {
        &text[self.start(line)..self.end(line)]
    }

    /// Whether a line holds more than a comment.
    fn holds_more(&self, text: &str, line: usize) -> bool {
        let line = self.text(text, line).trim_start();
        !line.is_empty() && !line.starts_with('#')
    }

    /// The first line of the item a comment is about; behind the last line when nothing follows.
    fn first_of_item(&self, text: &str, line: usize, comment: usize) -> usize {
        let is_alone = text[self.start(line)..comment].trim().is_empty();
        let below = || (line + 1..self.count()).find(|line| self.holds_more(text, *line));
        if is_alone { below().unwrap_or(self.count()) } else { line }
    }

    /// The bytes of the item that begins on a line.
    fn item(&self, text: &str, first: usize) -> (usize, usize) {
        if first >= self.count() {
            return (self.1, self.1);
        }
        let indentation = |line: usize| self.text(text, line).len() - self.text(text, line).trim_start().len();
        let mut below = (first + 1..self.count()).filter(|line| self.holds_more(text, *line));
        let after = below.find(|line| indentation(*line) <= indentation(first));
        (self.start(first), after.map_or(self.1, |after| self.start(after)))
    }
}

/// A comment of ours.
struct Comment<'a> {
    line: usize,
    /// Where its `#` stands.
    start: usize,
    /// What stands behind the mark.
    words: &'a str,
}

fn comments<'a>(text: &'a str, lines: &Lines, scalars: &Scalars) -> Vec<Comment<'a>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let line = lines.0.partition_point(|start| *start <= at) - 1;
        let start = lines.start(line);
        let before = &text[start..at];
        let Some(hash) = before.trim_end().strip_suffix('#').map(|rest| start + rest.len()) else { continue };
        // A comment starts a line or stands behind white space (YAML 1.2, section 6.6).
        let starts = text[start..hash].chars().next_back().is_none_or(|c| c == ' ' || c == '\t');
        if starts && !scalars.covers(hash) {
            found.push(Comment { line, start: hash, words: &text[at + MARK.len()..lines.end(line)] });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["lint/zone-not-linked", "lint/unused-security-group"];

    fn found(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let mut sources = SourceMap::default();
        let id = sources.add("a.yaml", text);
        let parsed = ignores(&sources, id, &Limits::default(), &KNOWN);
        let item = |ignore: &Ignore| sources.text(ignore.item).trim().replace('\n', "|");
        let value = parsed.value.iter().map(|ignore| (ignore.code.clone(), item(ignore))).collect();
        let told = parsed.diagnostics.into_iter();
        (value, told.map(|one| format!("{} {}", one.message, one.help.unwrap_or_default())).collect())
    }

    #[test]
    fn a_comment_is_about_the_item_on_its_line_or_on_the_next() {
        for (text, item) in [
            ("a: 1\n# vnetdig: ignore[zone-not-linked] later\n\n# more\nb:\n  c: 2\nd: 3\n", "b:|  c: 2"),
            (
                "a: 1 # vnetdig: ignore[lint/zone-not-linked] later\nb: 2\n",
                "a: 1 # vnetdig: ignore[lint/zone-not-linked] later",
            ),
            ("a:\n  - b\n  # vnetdig: ignore[zone-not-linked] last\n", ""),
        ] {
            let (ignores, told) = found(text);
            assert_eq!(ignores, [("lint/zone-not-linked".to_owned(), item.to_owned())], "{text}");
            assert!(told.is_empty(), "{told:?}");
        }
    }

    #[test]
    fn a_hash_inside_a_text_starts_no_comment() {
        for text in [
            "a: 'x # vnetdig: ignore[zone-not-linked] no'\n",
            "a: |\n  x\n  # vnetdig: ignore[zone-not-linked] no\nb: 1\n",
            "a: x#vnetdig: ignore[zone-not-linked] no\n",
            "{\"a\": \"# vnetdig: ignore[zone-not-linked] no\"}",
        ] {
            assert_eq!(found(text), (Vec::new(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_comment_is_told() {
        for (text, message) in [
            ("# vnetdig: ignore[zone-not-linkd] x\na: 1\n", "no rule `zone-not-linkd` did you mean `zone-not-linked`?"),
            ("# vnetdig: ignore[zone-not-linked]\na: 1\n", "nothing says why `zone-not-linked` is ignored"),
            ("# vnetdig: ignore zone-not-linked\na: 1\n", "the comment cannot be read"),
            ("# vnetdig: ignore[] x\na: 1\n", "the comment cannot be read"),
        ] {
            let (ignores, told) = found(text);
            assert!(ignores.is_empty(), "{text}");
            assert!(told.len() == 1 && told[0].contains(message), "{text}: {told:?}");
        }
    }

    #[test]
    fn what_is_ignored_is_taken_out_and_what_ignores_nothing_is_told() {
        let mut sources = SourceMap::default();
        let text = "# vnetdig: ignore[zone-not-linked, unused-security-group] known\na: 1\nb: 2\n";
        let id = sources.add("a.yaml", text);
        let parsed = ignores(&sources, id, &Limits::default(), &KNOWN);
        let at = |word: &str| {
            let start = offset(text.find(word).expect(word));
            Diagnostic::warning("lint/zone-not-linked", word).at(Span { source: id, start, end: start + 1 })
        };
        let (kept, ignored) = apply_ignores(&parsed.value, vec![at("a: 1"), at("b: 2")]);
        let messages: Vec<&str> = kept.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(ignored, 1);
        assert_eq!(messages, ["b: 2", "nothing to ignore: `lint/unused-security-group` is not found here"]);
    }
}
