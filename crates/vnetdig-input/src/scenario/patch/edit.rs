//! Changes to a text that leave everything around them as it stands.

use super::super::write::yaml::{Layout, Node as Written, after_dash, after_key, flow, word};
use super::place::{Holder, Spot, entry_at};
use crate::tree::{Node, Value};

/// A stretch of a text and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// A text that is to be changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
}

/// What is put among the entries or items of a container.
#[derive(Clone, Copy, Debug)]
pub(super) enum New<'v> {
    Entry(&'v str, &'v Written),
    Item(&'v Written),
}

fn edit(start: usize, end: usize, text: impl Into<String>) -> Edit {
    Edit { start, end, text: text.into() }
}

impl Page<'_> {
    fn is_json(self) -> bool {
        let body = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        body.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{')
    }

    /// The line break of most lines.
    fn line_break(self) -> &'static str {
        let breaks = self.text.matches('\n').count();
        if breaks > 0 && self.text.matches("\r\n").count() * 2 >= breaks { "\r\n" } else { "\n" }
    }

    fn line_start(self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |found| found + 1);
        if start == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start }
    }

    /// The end of a line without its line break.
    fn line_end(self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        if end > at && self.text[..end].ends_with('\r') { end - 1 } else { end }
    }

    /// The start of the line after this one.
    fn next_line(self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    fn column(self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    fn is_alone_before(self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    /// Whether only a comment or nothing follows on the line.
    fn is_alone_after(self, at: usize) -> bool {
        let rest = self.text[at..self.line_end(at)].trim();
        rest.is_empty() || rest.starts_with('#')
    }

    fn is_flow(self, node: Node<'_>) -> bool {
        let text = &self.text[node.span().start as usize..];
        node.scalar().is_none() && text.starts_with(['{', '['])
    }

    /// The end of the last character of a value.
    fn end(self, node: Node<'_>) -> usize {
        let span = node.span();
        let last = match node.value() {
            Value::Map(map) => map.iter().next_back().map(|entry| {
                let key = entry.key.span.end as usize + 1;
                if entry.value.span().start >= entry.key.span.end { key.max(self.end(entry.value)) } else { key }
            }),
            Value::List(list) => list.iter().next_back().map(|item| self.end(item)),
            Value::Scalar(_) => None,
        };
        let last = if self.is_flow(node) {
            let inside = last.unwrap_or(span.start as usize + 1);
            Some(self.bracket(inside).unwrap_or(span.end as usize))
        } else {
            last
        };
        last.unwrap_or(span.end as usize).min(self.text.len())
    }

    /// The end of the closing bracket that follows, white space and comments aside.
    fn bracket(self, inside: usize) -> Option<usize> {
        let mut rest = self.text.get(inside..)?;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if !rest.starts_with('#') {
                break;
            }
            rest = rest.split_once('\n')?.1;
        }
        rest.starts_with(['}', ']']).then(|| self.text.len() - rest.len() + 1)
    }

    /// Where an entry or item starts and ends, the key or dash included.
    fn extents(self, container: Node<'_>) -> Option<Vec<(usize, usize)>> {
        match container.value() {
            Value::Map(map) => Some(
                map.iter()
                    .map(|entry| {
                        let key = entry.key.span;
                        let value = entry.value.span();
                        let end = if value.start >= key.end { self.end(entry.value) } else { 0 };
                        (key.start as usize, end.max(key.end as usize))
                    })
                    .collect(),
            ),
            Value::List(list) => list
                .iter()
                .map(|item| {
                    let start = item.span().start as usize;
                    let is_flow = self.is_flow(container);
                    let dash = if is_flow { Some(start) } else { self.dash(start) };
                    Some((dash?, self.end(item)))
                })
                .collect(),
            Value::Scalar(_) => None,
        }
    }

    /// The dash before an item of a list.
    fn dash(self, item: usize) -> Option<usize> {
        let before = self.text[..item].trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    fn inline(self, value: &Written) -> String {
        if self.is_json() { json(value, self.gap()) } else { flow(value) }
    }

    /// The space after a comma or colon in JSON.
    fn gap(self) -> &'static str {
        if self.is_json() && !self.text.contains("\": ") { "" } else { " " }
    }

    fn in_flow(self, new: New<'_>) -> String {
        match new {
            New::Item(value) => self.inline(value),
            New::Entry(key, value) if self.is_json() => {
                format!("{}:{}{}", quoted(key), self.gap(), self.inline(value))
            }
            New::Entry(key, value) => format!("{}: {}", word(key), self.inline(value)),
        }
    }

    /// Puts a value in the place of another one.
    pub(super) fn replace(self, spot: Spot<'_>, key: Option<&str>, value: &Written) -> Option<Vec<Edit>> {
        let (start, end) = (spot.node.span().start as usize, self.end(spot.node));
        let mut edits = Vec::new();
        let (container, head, column, rendered) = match spot.holder {
            Holder::Nothing => return None,
            Holder::Map { map, index } => {
                let entry = entry_at(map.map()?, index)?;
                let given = entry.key.span;
                // `address: 10.0.0.4` becomes `addresses: [10.0.0.4, 10.0.0.5]`.
                if let Some(plural) = key.filter(|key| key.len() > entry.key.text.len() && !key.contains('.'))
                    && plural.starts_with(entry.key.text)
                    && matches!(value, Written::List(..))
                {
                    let text = if self.is_json() { quoted(plural) } else { plural.to_owned() };
                    edits.push(edit(given.start as usize, given.end as usize, text));
                }
                let colon = given.end as usize + self.text[given.end as usize..].find(':')? + 1;
                let column = self.column(given.start as usize);
                (map, colon, column, after_key(value, column, column + entry.key.text.chars().count() + 1))
            }
            Holder::List { list, .. } => {
                let dash = if self.is_flow(list) { start } else { self.dash(start)? };
                let column = self.column(dash);
                (list, dash + 1, column, after_dash(value, column))
            }
        };
        let is_nothing = start >= end || start < head && !self.is_flow(container);
        if self.is_flow(container) {
            let rendered = self.inline(value);
            edits.push(if is_nothing {
                edit(head, head, format!(" {rendered}"))
            } else {
                edit(start, end, self.as_quoted_before(start, end, &rendered, value))
            });
            return Some(self.finished(edits));
        }
        if column > 400 {
            return None;
        }
        let starts_beside = !is_nothing && start <= self.line_end(head);
        let fits_on_line = !rendered.contains('\n');
        if is_nothing {
            let at = if fits_on_line { head } else { self.line_end(head) };
            edits.push(edit(at, at, rendered));
        } else if fits_on_line && starts_beside {
            let text = rendered.trim_start();
            edits.push(edit(start, end, self.as_quoted_before(start, end, text, value)));
        } else if fits_on_line {
            edits.push(edit(head, head, rendered));
            edits.push(edit(self.line_end(head), end, ""));
        } else if rendered.starts_with('\n') && starts_beside {
            edits.push(edit(head, end, ""));
            edits.push(edit(self.line_end(end), self.line_end(end), rendered));
        } else if rendered.starts_with('\n') {
            edits.push(edit(self.line_end(head), end, rendered));
        } else {
            edits.push(edit(head, end, rendered));
        }
        Some(self.finished(edits))
    }

    /// Puts a key and its value in the place of others.
    pub(super) fn rename(self, spot: Spot<'_>, key: &str, value: &Written) -> Option<Vec<Edit>> {
        let Holder::Map { map, index } = spot.holder else { return None };
        let given = entry_at(map.map()?, index)?.key.span;
        let text = if self.is_json() { quoted(key) } else { word(key) };
        let mut edits = self.replace(spot, None, value)?;
        edits.push(edit(given.start as usize, given.end as usize, text));
        Some(edits)
    }

    /// A scalar in the quotation marks of the one it replaces.
    fn as_quoted_before(self, start: usize, end: usize, text: &str, value: &Written) -> String {
        let mark = self.text[start..end].chars().next().filter(|mark| matches!(mark, '"' | '\''));
        let is_plain = !text.chars().any(|c| matches!(c, '"' | '\'' | '\\'));
        match (mark, value) {
            (Some(mark), Written::Text(_)) if is_plain => format!("{mark}{text}{mark}"),
            _ => text.to_owned(),
        }
    }

    /// Puts an entry or item before the one at a position, or after the last one.
    pub(super) fn insert(self, container: Node<'_>, at: usize, new: New<'_>) -> Option<Vec<Edit>> {
        let all = self.extents(container)?;
        let (start, end) = (container.span().start as usize, self.end(container));
        let mut edits = Vec::new();
        if self.is_flow(container) {
            let text = self.in_flow(new);
            let comma = format!(",{}", self.gap());
            if all.is_empty() {
                let text = match new {
                    New::Item(_) => format!("[{text}]"),
                    New::Entry(..) if self.is_json() => format!("{{{text}}}"),
                    New::Entry(..) => format!("{{ {text} }}"),
                };
                edits.push(edit(start, end, text));
            } else if at == 0 {
                let next = all[0].0;
                let line = self.line_start(next);
                let is_own_line = line > start && self.is_alone_before(next);
                let gap = if is_own_line { format!(",\n{}", &self.text[line..next]) } else { comma };
                edits.push(edit(next, next, text + &gap));
            } else {
                let (before, after) = *all.get(at - 1)?;
                let line = self.line_start(before);
                let spaces = self.text[after..].len() - self.text[after..].trim_start_matches([' ', '\t']).len();
                let has_comma = self.text[after + spaces..].starts_with(',');
                let tail = if has_comma { after + spaces + 1 } else { after };
                let is_own_line = line > start && self.is_alone_before(before) && self.is_alone_after(tail);
                if is_own_line {
                    let line_end = self.line_end(tail);
                    let margin = &self.text[line..before];
                    if !has_comma {
                        edits.push(edit(after, after, ","));
                    }
                    let comma = if has_comma { "," } else { "" };
                    edits.push(edit(line_end, line_end, format!("\n{margin}{text}{comma}")));
                } else {
                    edits.push(edit(after, after, comma + &text));
                }
            }
            return Some(self.finished(edits));
        }
        let first = all.first()?.0;
        let column = self.column(first);
        let text = match new {
            New::Entry(key, value) => {
                let key = word(key);
                let width = column + key.chars().count() + 1;
                format!("{key}:{}", after_key(value, column, width))
            }
            New::Item(value) => format!("-{}", after_dash(value, column)),
        };
        let margin = " ".repeat(column);
        if at == 0 {
            edits.push(edit(first, first, format!("{text}\n{margin}")));
        } else {
            let (_, after) = *all.get(at - 1)?;
            let is_apart = |one: usize| {
                let between = all.get(one).zip(all.get(one + 1)).map(|(one, two)| &self.text[one.1..two.0]);
                between.is_some_and(|text| text.contains("\n\n") || text.contains("\n\r\n"))
            };
            let gap = if is_apart(at.saturating_sub(2)) { "\n\n" } else { "\n" };
            let end = self.line_end(after);
            edits.push(edit(end, end, format!("{gap}{margin}{text}")));
        }
        Some(self.finished(edits))
    }

    /// The lines that an entry or item stands on.
    pub(super) fn lines(self, container: Node<'_>, index: usize) -> Option<std::ops::Range<usize>> {
        let (start, end) = *self.extents(container)?.get(index)?;
        Some(self.line_start(start)..self.line_end(end))
    }

    /// Takes an entry or item out.
    pub(super) fn remove(self, container: Spot<'_>, index: usize) -> Option<Vec<Edit>> {
        let all = self.extents(container.node)?;
        let (start, end) = *all.get(index)?;
        let is_flow = self.is_flow(container.node);
        if all.len() == 1 {
            if !is_flow && self.is_alone_before(start) {
                return Some(self.finished(self.emptied(container, start, end)?));
            }
            let nothing = match container.node.list() {
                Some(_) => Written::List(Vec::new(), Layout::Compact),
                None => Written::Map(Vec::new(), Layout::Compact),
            };
            return self.replace(container, None, &nothing);
        }
        let edits =
            if is_flow { self.remove_in_flow(&all, index)? } else { self.remove_in_block(&all, index, start, end) };
        Some(self.finished(edits))
    }

    fn remove_in_flow(self, all: &[(usize, usize)], index: usize) -> Option<Vec<Edit>> {
        let (start, end) = all[index];
        let spaces = self.text[end..].len() - self.text[end..].trim_start_matches([' ', '\t']).len();
        let has_comma = self.text[end + spaces..].starts_with(',');
        let tail = if has_comma { end + spaces + 1 } else { end };
        let is_own_line = self.is_alone_before(start) && self.is_alone_after(tail);
        let lines = (self.line_start(start), self.next_line(tail));
        if is_own_line && has_comma {
            return Some(vec![edit(lines.0, lines.1, "")]);
        }
        if let Some((next, _)) = all.get(index + 1) {
            let until = if self.text[start..*next].contains('\n') { tail } else { *next };
            return Some(vec![edit(start, until, "")]);
        }
        let (_, before) = all[index.checked_sub(1)?];
        let comma = before + self.text[before..start].find(',')?;
        if is_own_line {
            return Some(vec![edit(comma, comma + 1, ""), edit(lines.0, lines.1, "")]);
        }
        Some(if self.text[comma..start].contains(['\n', '#']) {
            vec![edit(comma, comma + 1, ""), edit(start, end, "")]
        } else {
            vec![edit(comma, end, "")]
        })
    }

    fn remove_in_block(self, all: &[(usize, usize)], index: usize, start: usize, end: usize) -> Vec<Edit> {
        if !self.is_alone_before(start) {
            // The first key of an item stands behind its dash.
            return all.get(index + 1).map(|(next, _)| edit(start, *next, "")).into_iter().collect();
        }
        self.without_lines(start, end)
    }

    /// Takes the only entry or item of a container out of its lines and says that there is none.
    fn emptied(self, container: Spot<'_>, start: usize, end: usize) -> Option<Vec<Edit>> {
        let head = match container.holder {
            Holder::Nothing => return None,
            Holder::Map { map, index } => {
                let key = entry_at(map.map()?, index)?.key.span.end as usize;
                key + self.text[key..].find(':')? + 1
            }
            Holder::List { list, .. } if self.is_flow(list) => return None,
            Holder::List { .. } => self.dash(start)? + 1,
        };
        let nothing = if container.node.list().is_some() { " []" } else { " {}" };
        let mut edits = vec![edit(head, head, nothing)];
        edits.extend(self.without_lines(start, end));
        Some(edits)
    }

    /// Takes lines out, but for those that are comments.
    fn without_lines(self, start: usize, end: usize) -> Vec<Edit> {
        let from = self.line_start(start);
        let mut to = self.next_line(end);
        let is_blank_before = self.text[..from].ends_with("\n\n") || self.text[..from].ends_with("\n\r\n");
        if is_blank_before && self.text[to..self.line_end(to)].trim().is_empty() {
            to = self.next_line(to);
        }
        let mut edits: Vec<Edit> = Vec::new();
        let mut at = from;
        while at < to {
            let next = self.next_line(at).min(to);
            // Beside a number sign in a text of several lines this is too careful, which is found out later.
            if !self.text[at..next].trim_start().starts_with('#') {
                match edits.last_mut() {
                    Some(last) if last.end == at => last.end = next,
                    _ => edits.push(edit(at, next, "")),
                }
            }
            at = next;
        }
        if let Some(last) = edits.last_mut()
            && last.end == self.text.len()
            && !self.text.ends_with('\n')
            && last.start > 0
        {
            // The last line had no line break, and so it stays.
            last.start -= if self.text[..last.start].ends_with("\r\n") { 2 } else { 1 };
        }
        edits
    }

    fn finished(self, mut edits: Vec<Edit>) -> Vec<Edit> {
        if self.line_break() == "\r\n" {
            for edit in &mut edits {
                edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
            }
        }
        edits
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as JSON on one line.
fn json(value: &Written, gap: &str) -> String {
    let comma = format!(",{gap}");
    match value {
        Written::Bare(text) => text.clone(),
        Written::Text(text) | Written::Prose(text) => quoted(text),
        Written::List(items, _) => {
            format!("[{}]", items.iter().map(|item| json(item, gap)).collect::<Vec<_>>().join(&comma))
        }
        Written::Map(entries, _) => {
            let entry = |(key, value): &(String, Written)| format!("{}:{gap}{}", quoted(key), json(value, gap));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(&comma))
        }
    }
}
