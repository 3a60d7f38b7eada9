//! Comments of a text: what a patch must never lose.

use std::ops::Range;

use crate::tree::{Node, Value};

/// The places of the comments of a text, each up to the end of its line.
///
/// Whatever is in doubt counts as a comment: a patch is refused rather than that one is lost.
pub(super) fn comments(text: &str, root: Node<'_>) -> Vec<Range<usize>> {
    let mut scalars = Vec::new();
    collect(text, root, &mut scalars);
    scalars.sort_by_key(|range| (range.start, range.end));
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut next = scalars.iter().peekable();
    let mut inside = 0;
    for (at, _) in text.match_indices('#') {
        while let Some(range) = next.next_if(|range| range.start <= at) {
            inside = inside.max(range.end);
        }
        let is_first = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '\u{feff}');
        let is_in_comment = found.last().is_some_and(|last| at < last.end);
        if at >= inside && is_first && !is_in_comment {
            let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
            found.push(at..at + text[at..end].trim_end().len());
        }
    }
    found
}

/// The stretches of a text in which `#` is a character like any other.
fn collect(text: &str, node: Node<'_>, found: &mut Vec<Range<usize>>) {
    let range = |span: vnetdig_model::Span| span.start as usize..(span.end as usize).min(text.len());
    match node.value() {
        Value::Map(map) => {
            for entry in map.iter() {
                found.push(range(entry.key.span));
                collect(text, entry.value, found);
            }
        }
        Value::List(list) => list.iter().for_each(|item| collect(text, item, found)),
        Value::Scalar(_) => {
            let place = range(node.span());
            let written = text.get(place.clone()).unwrap_or_default();
            if written.starts_with(['|', '>']) {
                block(text, &place, found);
            } else if written.starts_with(['"', '\'']) || !written.contains('\n') {
                found.push(place);
            } else {
                lines(written, place.start, 0, found);
            }
        }
    }
}

/// The lines of a block scalar: a comment may stand beside its mark, and less deep after its last line.
fn block(text: &str, place: &Range<usize>, found: &mut Vec<Range<usize>>) {
    let Some(head) = text[place.clone()].find('\n').map(|at| place.start + at + 1) else { return };
    let body = &text[head..place.end];
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = body.lines().find(|line| !line.trim().is_empty()).map_or(0, depth);
    lines(body, head, first, found);
}

/// The lines that stand at least so deep.
fn lines(body: &str, start: usize, depth: usize, found: &mut Vec<Range<usize>>) {
    let mut at = start;
    for line in body.split_inclusive('\n') {
        if line.len() - line.trim_start_matches(' ').len() >= depth {
            found.push(at..at + line.len());
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use vnetdig_model::SourceMap;

    use super::*;

    #[test]
    fn a_comment_is_told_from_a_number_sign() {
        for (text, expected) in [
            ("a: 1 # one\n# two\nb: x#y # three\n", vec!["# one", "# two", "# three"]),
            ("a: \"x # y\" # one\nb: 'it''s # z' #two", vec!["# one", "#two"]),
            ("a: [ # one\n  x, # two # and more\n  \"# y\" ] # three\n", vec!["# one", "# two # and more", "# three"]),
            ("a: | # one\n  x # y\n\n  # z\n# two\nb: 1\n", vec!["# one", "# two"]),
            ("a:\n  b: >-\n    x\n    # y\n  # one\n  c: 1\n", vec!["# one"]),
            ("\u{feff}# one\r\n\"a # b\": ä # zwei\r\n", vec!["# one", "# zwei"]),
            ("a: x\n  y\n  # one\nb: &a # two\n  c: 1\nd: *a # three\n", vec!["# one", "# two", "# three"]),
            ("{\"a\": \"x # y\"}", vec![]),
        ] {
            let mut sources = SourceMap::default();
            let id = sources.add("a.yaml", text);
            let parsed = crate::tree::parse(&sources, id, &crate::Limits::default());
            assert_eq!(parsed.diagnostics, [], "{text}");
            let text = sources.source(id).text();
            let found: Vec<&str> = comments(text, parsed.value.root()).into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
