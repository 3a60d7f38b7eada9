//! Writing YAML that people read: short values on one line, long ones spread out, quotation marks where any
//! reader, YAML 1.1 ones included, would otherwise see something else than the text.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use vnetdig_model::Fqdn;

/// Longest line, where the values allow it.
const WIDTH: usize = 110;

/// How a list or mapping lies on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Layout {
    /// On one line if it fits there.
    Compact,
    /// One item on each line.
    Spread,
    /// One item on each line, with an empty line before lists and mappings.
    Sections,
}

/// A value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Node {
    /// A number or boolean, never quoted.
    Bare(String),
    /// A text.
    Text(String),
    /// A text in whole sentences, which may take several lines.
    Prose(String),
    /// A list.
    List(Vec<Node>, Layout),
    /// A mapping.
    Map(Vec<(String, Node)>, Layout),
}

impl Node {
    /// A list that stands on one line if it fits there.
    pub(super) fn list(items: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect(), Layout::Compact)
    }

    /// A list with one item on each line.
    pub(super) fn lines(items: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect(), Layout::Spread)
    }

    /// One value by itself, several as a list.
    pub(super) fn one_or_list(items: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        let mut items: Vec<Self> = items.into_iter().map(Into::into).collect();
        match items.pop() {
            Some(only) if items.is_empty() => only,
            last => Self::list(items.into_iter().chain(last)),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::List(items, _) => items.is_empty(),
            Self::Map(entries, _) => entries.is_empty(),
            Self::Bare(_) | Self::Text(_) | Self::Prose(_) => false,
        }
    }
}

/// Makes texts of values that print as they are read.
macro_rules! from_printed {
    ($variant:ident: $($type:ty),+) => {
        $(impl From<$type> for Node {
            fn from(value: $type) -> Self {
                Self::$variant(value.to_string())
            }
        })+
    };
}

from_printed!(Text: &str, &Box<str>, IpAddr, &IpAddr, &IpNet, IpNet, &Fqdn);
from_printed!(Bare: bool, u8, u16, u32);

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&SocketAddr> for Node {
    fn from(socket: &SocketAddr) -> Self {
        if socket.port() == 53 { socket.ip().into() } else { Self::Text(socket.to_string()) }
    }
}

/// The entries of a mapping; what says nothing is left out.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<(String, Node)>);

impl Entries {
    /// An entry.
    pub(super) fn put(&mut self, key: impl Into<String>, value: impl Into<Node>) {
        self.0.push((key.into(), value.into()));
    }

    /// An entry before all others.
    pub(super) fn put_first(&mut self, key: impl Into<String>, value: impl Into<Node>) {
        self.0.insert(0, (key.into(), value.into()));
    }

    /// Whether there is no entry.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An entry if there is a value.
    pub(super) fn maybe(&mut self, key: &str, value: Option<impl Into<Node>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// An entry unless the value is the usual one.
    pub(super) fn unless<T: Into<Node> + PartialEq + Copy>(&mut self, key: &str, usual: T, value: T) {
        if value != usual {
            self.put(key, value);
        }
    }

    /// An entry unless the list or mapping is empty.
    pub(super) fn filled(&mut self, key: &str, value: Node) {
        if !value.is_empty() {
            self.put(key, value);
        }
    }

    /// The mapping, on one line if it fits there.
    pub(super) fn compact(self) -> Node {
        Node::Map(self.0, Layout::Compact)
    }

    /// The mapping, one entry on each line.
    pub(super) fn spread(self) -> Node {
        Node::Map(self.0, Layout::Spread)
    }

    /// The mapping, with an empty line before each section.
    pub(super) fn sections(self) -> Node {
        Node::Map(self.0, Layout::Sections)
    }
}

/// The text of a document.
pub(super) fn document(root: &Node) -> String {
    let mut page = Page { out: String::new() };
    page.block(root, 0);
    page.out
}

/// What follows the colon in column `column` of a key that stands at `indent`, without the last line break.
pub(in crate::scenario) fn after_key(value: &Node, indent: usize, column: usize) -> String {
    let mut page = Page { out: " ".repeat(column) };
    page.value(value, indent);
    page.out.split_off(column).trim_end_matches('\n').to_owned()
}

/// What follows the dash of an item that stands at `indent`, without the last line break.
pub(in crate::scenario) fn after_dash(item: &Node, indent: usize) -> String {
    let mut page = Page { out: format!("{}-", " ".repeat(indent)) };
    page.item(item, indent + 2);
    page.out.split_off(indent + 1).trim_end_matches('\n').to_owned()
}

/// A key or text as a scalar that may stand anywhere.
pub(in crate::scenario) fn word(text: &str) -> String {
    scalar(text, true)
}

struct Page {
    out: String,
}

impl Page {
    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// A value on lines of its own.
    fn block(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Map(entries, layout) if !entries.is_empty() => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 && *layout == Layout::Sections && matches!(value, Node::List(..) | Node::Map(..)) {
                        self.out.push('\n');
                    }
                    self.line(indent);
                    self.entry(key, value, indent);
                }
            }
            Node::List(items, _) if !items.is_empty() => {
                for item in items {
                    self.line(indent);
                    self.out.push('-');
                    self.item(item, indent + 2);
                }
            }
            _ => {
                self.line(indent);
                self.out.push_str(&flow(node));
            }
        }
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn entry(&mut self, key: &str, value: &Node, indent: usize) {
        self.out.push_str(&scalar(key, true));
        self.out.push(':');
        self.value(value, indent);
    }

    /// What follows a key that stands at `indent`.
    fn value(&mut self, value: &Node, indent: usize) {
        if let Some(text) = self.on_this_line(value) {
            self.out.push(' ');
            self.out.push_str(&text);
            self.out.push('\n');
        } else if let Node::Prose(text) = value {
            self.prose(text, indent + 2);
        } else {
            self.out.push('\n');
            self.block(value, indent + 2);
        }
    }

    /// What follows the dash of an item whose contents stand at `indent`.
    fn item(&mut self, item: &Node, indent: usize) {
        if let (None, Node::Map(entries, _)) = (self.on_this_line(item), item) {
            self.out.push(' ');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    self.line(indent);
                }
                self.entry(key, value, indent);
            }
        } else {
            self.value(item, indent - 2);
        }
    }

    /// The value as it stands on the line begun, if it can.
    fn on_this_line(&self, node: &Node) -> Option<String> {
        let line_start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let room = WIDTH.saturating_sub(self.out[line_start..].chars().count() + 1);
        match node {
            Node::Bare(_) => Some(flow(node)),
            Node::Text(text) => Some(scalar(text, false)),
            Node::Prose(text) => {
                let is_short = !text.contains('\n') && text.chars().count() <= room;
                let is_whole = !is_short && folded(text).is_none() && literal(text).is_none();
                (is_short || is_whole).then(|| scalar(text, false))
            }
            Node::List(..) | Node::Map(..) if node.is_empty() => Some(flow(node)),
            Node::List(..) | Node::Map(..) => {
                is_narrow(node, &mut { room }).then(|| flow(node)).filter(|text| text.chars().count() <= room)
            }
        }
    }

    fn prose(&mut self, text: &str, indent: usize) {
        if let Some((mark, lines)) = literal(text) {
            self.out.push(' ');
            self.out.push_str(mark);
            self.out.push('\n');
            for line in lines {
                if !line.is_empty() {
                    self.out.extend(std::iter::repeat_n(' ', indent));
                    self.out.push_str(line);
                }
                self.out.push('\n');
            }
        } else {
            self.out.push_str(" >-");
            let mut room = 0;
            for word in folded(text).into_iter().flatten() {
                let width = word.chars().count() + 1;
                if width > room {
                    self.out.push('\n');
                    self.out.extend(std::iter::repeat_n(' ', indent));
                    room = WIDTH.saturating_sub(indent + 1);
                } else {
                    self.out.push(' ');
                }
                self.out.push_str(word);
                room = room.saturating_sub(width);
            }
            self.out.push('\n');
        }
    }
}

/// Whether a value may stand on one line, as far as can be told without writing it.
fn is_narrow(node: &Node, room: &mut usize) -> bool {
    let own = match node {
        Node::Bare(text) | Node::Text(text) | Node::Prose(text) => text.chars().count(),
        Node::List(items, layout) => {
            if !items.is_empty() && (*layout != Layout::Compact || !items.iter().all(|item| is_narrow(item, room))) {
                return false;
            }
            2
        }
        Node::Map(entries, layout) => {
            let mut is_entry_narrow = |(key, value): &(String, Node)| {
                *room = room.saturating_sub(key.chars().count() + 2);
                is_narrow(value, room)
            };
            if !entries.is_empty() && (*layout != Layout::Compact || !entries.iter().all(&mut is_entry_narrow)) {
                return false;
            }
            2
        }
    };
    let fits = *room >= own;
    *room = room.saturating_sub(own);
    fits
}

/// A value on one line.
pub(in crate::scenario) fn flow(node: &Node) -> String {
    match node {
        Node::Bare(text) => text.clone(),
        Node::Text(text) | Node::Prose(text) => scalar(text, true),
        Node::List(items, _) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Map(entries, _) if entries.is_empty() => "{}".to_owned(),
        Node::Map(entries, _) => {
            let entry = |(key, value): &(String, Node)| format!("{}: {}", scalar(key, true), flow(value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// The mark and lines of a text of several lines as a literal block, if it can be one.
fn literal(text: &str) -> Option<(&'static str, std::str::Lines<'_>)> {
    let (mark, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    let is_good = |line: &str| !line.chars().any(must_be_escaped) && (line.is_empty() || !line.trim().is_empty());
    let starts_well = body.chars().next().is_some_and(|first| !first.is_whitespace());
    let is_fit = text.contains('\n') && starts_well && !body.ends_with('\n') && body.split('\n').all(is_good);
    is_fit.then(|| (mark, body.lines()))
}

/// The words of a long text of one line, if it can be broken at the spaces.
fn folded(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split(' ').collect();
    let is_fit = words.len() > 1 && !words.iter().any(|word| word.is_empty()) && !text.chars().any(must_be_escaped);
    is_fit.then_some(words)
}

/// A text as a scalar, with quotation marks where it needs them.
fn scalar(text: &str, in_flow: bool) -> String {
    if !needs_quotes(text, in_flow) {
        return text.to_owned();
    }
    let is_literal = !text.chars().any(must_be_escaped);
    if is_literal && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if must_be_escaped(c) => {
                let code = u32::from(c);
                let written =
                    if code < 0x100 { write!(quoted, "\\x{code:02X}") } else { write!(quoted, "\\u{code:04X}") };
                written.expect("writing to a string");
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character cannot stand for itself: not printable, or a line break or space that readers treat apart.
fn must_be_escaped(c: char) -> bool {
    c.is_control() || (c != ' ' && c.is_whitespace()) || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether some reader would see anything but this text without quotation marks.
fn needs_quotes(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return true };
    !(first.is_alphanumeric() || matches!(first, '_' | '/'))
        || text.ends_with(' ')
        || text.contains(':')
        || text.contains(" #")
        || text.chars().any(must_be_escaped)
        || (in_flow && text.contains([',', '[', ']', '{', '}', '?']))
        || is_a_word_of_yaml(text)
        || is_like_a_number(text)
        || is_like_a_date(text)
}

/// `yes` and `off` are booleans in YAML 1.1.
fn is_a_word_of_yaml(text: &str) -> bool {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Numbers may have underscores in YAML 1.1, and a base.
fn is_like_a_number(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (["0x", "0o", "0b"].contains(&prefix.as_str()) || digits.parse::<f64>().is_ok())
}

/// `2024-01-31` is a date in YAML 1.1, with or without a time behind it.
fn is_like_a_date(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    let is_number = |part: &str, widths: std::ops::RangeInclusive<usize>| {
        widths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(parts.as_slice(), [year, month, day]
        if is_number(year, 4..=4) && is_number(month, 1..=2) && day.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_quotation_marks_where_a_reader_would_see_something_else() {
        for (text, expected) in [
            // As they are.
            ("hub", "hub"),
            ("hub/dns-in", "hub/dns-in"),
            ("10.0.0.4", "10.0.0.4"),
            ("10.0.0.0/16", "10.0.0.0/16"),
            ("30s", "30s"),
            ("www 300 A 10.2.0.5", "www 300 A 10.2.0.5"),
            ("hub -> app", "hub -> app"),
            ("/subscriptions/s/resourceGroups/rg", "/subscriptions/s/resourceGroups/rg"),
            ("_sip._tcp 300 SRV 10 20 5060 sip.x.", "_sip._tcp 300 SRV 10 20 5060 sip.x."),
            ("a1b9c61e56fd", "a1b9c61e56fd"),
            ("it's no \"quote\" at the start", "it's no \"quote\" at the start"),
            ("C#", "C#"),
            ("größer", "größer"),
            ("a\\.b A 10.0.0.1", "a\\.b A 10.0.0.1"),
            ("S-101", "S-101"),
            ("one & two", "one & two"),
            ("no way", "no way"),
            ("1.2.3", "1.2.3"),
            ("2024-x-1", "2024-x-1"),
            // Other things in some YAML.
            ("", "\"\""),
            ("off", "\"off\""),
            ("On", "\"On\""),
            ("YES", "\"YES\""),
            ("n", "\"n\""),
            ("null", "\"null\""),
            ("True", "\"True\""),
            ("~", "\"~\""),
            ("7", "\"7\""),
            ("007", "\"007\""),
            ("1_000", "\"1_000\""),
            ("1.5", "\"1.5\""),
            ("1.", "\"1.\""),
            (".5", "\".5\""),
            (".inf", "\".inf\""),
            (".", "\".\""),
            ("12e4567", "\"12e4567\""),
            ("0x1f", "\"0x1f\""),
            ("0b11", "\"0b11\""),
            ("0o17", "\"0o17\""),
            ("12:30", "\"12:30\""),
            ("2024-01-31", "\"2024-01-31\""),
            ("2024-1-3 10", "\"2024-1-3 10\""),
            ("=", "\"=\""),
            ("<<", "\"<<\""),
            // Signs of YAML.
            ("*", "\"*\""),
            ("*.x A 10.0.0.1", "\"*.x A 10.0.0.1\""),
            ("@ 300 MX 10 mail", "\"@ 300 MX 10 mail\""),
            ("<rs-orders>", "\"<rs-orders>\""),
            ("&a", "\"&a\""),
            ("!a", "\"!a\""),
            ("#a", "\"#a\""),
            ("a #b", "\"a #b\""),
            ("a: b", "\"a: b\""),
            ("fd00::", "\"fd00::\""),
            ("10.9.0.6:5353", "\"10.9.0.6:5353\""),
            ("- a", "\"- a\""),
            ("---", "\"---\""),
            ("-1", "\"-1\""),
            ("+1", "\"+1\""),
            ("? a", "\"? a\""),
            ("%a", "\"%a\""),
            ("|", "\"|\""),
            (">", "\">\""),
            ("`a`", "\"`a`\""),
            ("'a'", "\"'a'\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            // Quotation marks and escapes.
            ("@ TXT \"v=spf1\"", "'@ TXT \"v=spf1\"'"),
            ("@ TXT \"it's\"", "\"@ TXT \\\"it's\\\"\""),
            ("*\\.x", "'*\\.x'"),
            ("a\nb", "\"a\\nb\""),
            ("a\tb", "\"a\\tb\""),
            ("a\r", "\"a\\r\""),
            ("a\u{0}", "\"a\\x00\""),
            ("a\u{85}b", "\"a\\x85b\""),
            ("a\u{2028}b", "\"a\\u2028b\""),
            ("\u{feff}a", "\"\\uFEFFa\""),
        ] {
            assert_eq!(scalar(text, false), expected, "{text:?}");
        }
    }

    #[test]
    fn signs_of_flow_style_matter_only_in_flow_style() {
        for text in ["a, b", "a [b]", "a {b}", "why?"] {
            assert_eq!(scalar(text, false), text);
            assert_eq!(scalar(text, true), format!("\"{text}\""));
        }
    }

    #[test]
    fn every_quoted_text_reads_back() {
        let texts =
            ["", "off", "a: b", "a\nb", "'", "\"", "\\", "'\"\\", "a\u{85}\u{2028}\u{7f}\u{0}b", "[a, b]", "é", "🦀 x"];
        for text in texts {
            for (document, in_flow) in [(scalar(text, false), false), (format!("[{}]", scalar(text, true)), true)] {
                let mut sources = vnetdig_model::SourceMap::default();
                let id = sources.add("a.yaml", format!("a: {document}\n"));
                let read = crate::tree::parse(&sources, id, &crate::Limits::default());
                assert_eq!(read.diagnostics, [], "{document}");
                let value = read.value.root().map().expect("a mapping").get("a").expect("the key").value;
                let value = if in_flow { value.list().expect("a list").iter().next().expect("an item") } else { value };
                assert_eq!(value.scalar().expect("a scalar").text, text, "{document}");
            }
        }
    }

    fn prose(text: &str) -> String {
        let mut entries = Entries::default();
        entries.put("a", Node::Prose(text.to_owned()));
        document(&entries.spread())
    }

    #[test]
    fn sentences_take_as_many_lines_as_they_need() {
        let long = "word ".repeat(30);
        let (first, rest) = (["word"; 21].join(" "), ["word"; 9].join(" "));
        for (text, expected) in [
            ("short", "a: short\n".to_owned()),
            ("two\nlines", "a: |-\n  two\n  lines\n".to_owned()),
            ("two\n\nlines\n", "a: |\n  two\n\n  lines\n".to_owned()),
            ("more\n\n", "a: \"more\\n\\n\"\n".to_owned()),
            (" space\nfirst", "a: \" space\\nfirst\"\n".to_owned()),
            (long.trim(), format!("a: >-\n  {first}\n  {rest}\n")),
        ] {
            assert_eq!(prose(text), expected, "{text:?}");
            let mut sources = vnetdig_model::SourceMap::default();
            let id = sources.add("a.yaml", prose(text));
            let read = crate::tree::parse(&sources, id, &crate::Limits::default());
            let entry = read.value.root().map().expect("a mapping").get("a").expect("the key");
            assert_eq!(entry.value.scalar().expect("a scalar").text, text);
        }
    }

    #[test]
    fn values_that_fit_stand_on_one_line() {
        let mut inner = Entries::default();
        inner.put("b", Node::list(["x", "z"]));
        inner.put("c", true);
        let mut outer = Entries::default();
        outer.put("a", inner.compact());
        outer.put("long", Node::list(std::iter::repeat_n("0123456789a", 12)));
        outer.put("lines", Node::lines(["x", "*"]));
        outer.put("none", Node::list(Vec::<Node>::new()));
        let mut item = Entries::default();
        item.put("d", 1_u8);
        item.put("e", 2_u8);
        outer.put("items", Node::lines([item.spread()]));
        let long = "  - 0123456789a\n".repeat(12);
        let expected = format!(
            "a: {{ b: [x, z], c: true }}\nlong:\n{long}lines:\n  - x\n  - \"*\"\nnone: []\nitems:\n  - d: 1\n    e: 2\n"
        );
        assert_eq!(document(&outer.spread()), expected);
    }
}
