//! YAML 1.2, from the events of `saphyr-parser`.
//!
//! Left out on purpose, each with an error of its own: merge keys (YAML 1.1), tags of one's own, mappings
//! as keys, and more than one document.

use indexmap::IndexMap;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use vnetdig_model::Diagnostic;

use crate::Limits;
use crate::tree::{Anchored, Builder, Refused, Style};

/// Reads `body`, which starts at byte `base` of the builder's text.
pub(crate) fn read(body: &str, base: usize, limits: &Limits, builder: &mut Builder<'_>) -> Result<(), Refused> {
    let mut reader = Reader {
        places: Places::new(body, base),
        anchors: IndexMap::new(),
        anchored: Vec::new(),
        documents: 0,
        builder,
    };
    let mut parser = Parser::new_from_str(body);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| reader.syntax(&error))?;
        if !reader.take(event, span.start, span.end, limits)? {
            break;
        }
    }
    Ok(())
}

struct Reader<'a, 'b> {
    places: Places<'a>,
    builder: &'a mut Builder<'b>,
    /// Finished values by anchor number.
    anchors: IndexMap<usize, Anchored>,
    /// Anchor numbers of open values, innermost last; zero for none.
    anchored: Vec<usize>,
    documents: usize,
}

impl Reader<'_, '_> {
    /// Whether more events are wanted.
    fn take(&mut self, event: Event<'_>, start: Marker, end: Marker, limits: &Limits) -> Result<bool, Refused> {
        let start = self.places.byte(start.index());
        let end = self.places.byte(end.index()).max(start);
        match event {
            Event::StreamEnd => return Ok(false),
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > limits.documents {
                    let error = Diagnostic::error("input/documents", "a second YAML document starts here");
                    let help = "keep one document in a file; other files can be named under `include`";
                    return Err(error.at(self.builder.span(start, end)).help(help).into());
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.style(style, tag.as_deref(), start, end)?;
                if style == Style::Plain && text == "<<" && self.builder.expects_key() {
                    let error = Diagnostic::error("input/merge-key", "merge keys are not part of YAML 1.2");
                    let help = "repeat the keys, or use an alias for a whole value";
                    return Err(error.at(self.builder.span(start, end)).help(help).into());
                }
                let (start, end) = self.trim(start, end);
                self.builder.scalar(start, end, &text, style)?;
                self.finished(anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.known_tag(tag.as_deref(), start, end)?;
                self.builder.open_list(start)?;
                self.anchored.push(anchor);
            }
            Event::MappingStart(anchor, tag) => {
                self.known_tag(tag.as_deref(), start, end)?;
                self.builder.open_map(start)?;
                self.anchored.push(anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let end = self.after_content(end);
                self.builder.close(end);
                let anchor = self.anchored.pop().unwrap_or_default();
                self.finished(anchor);
            }
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).copied() else {
                    let error = Diagnostic::error("input/alias-in-itself", "the alias stands in its own value");
                    return Err(error.at(self.builder.span(start, end)).into());
                };
                self.builder.repeat(value, start)?;
            }
        }
        Ok(true)
    }

    fn finished(&mut self, anchor: usize) {
        if let (1.., Some(value)) = (anchor, self.builder.last()) {
            self.anchors.insert(anchor, value);
        }
    }

    fn style(&self, style: ScalarStyle, tag: Option<&Tag>, start: usize, end: usize) -> Result<Style, Refused> {
        self.known_tag(tag, start, end)?;
        let is_text = tag.is_some_and(|tag| tag.suffix == "str" || tag.handle.is_empty());
        Ok(if style == ScalarStyle::Plain && !is_text { Style::Plain } else { Style::Quoted })
    }

    fn known_tag(&self, tag: Option<&Tag>, start: usize, end: usize) -> Result<(), Refused> {
        match tag {
            Some(tag) if !is_core(tag) && !tag.to_string().trim_matches('!').is_empty() => {
                let error = Diagnostic::error("input/tag", format!("unknown tag `{tag}`"));
                Err(error.at(self.builder.span(start, end)).help("leave the tag out").into())
            }
            _ => Ok(()),
        }
    }

    /// The place of a scalar without its anchor and tag, and without what the parser takes after it.
    fn trim(&self, start: usize, end: usize) -> (usize, usize) {
        let written = self.builder.text().get(start..end).unwrap_or_default().trim_end();
        let mut value = written;
        while value.starts_with(['&', '!']) {
            value = value.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
        }
        let start = start + written.len() - value.len();
        (start, start + quoted_len(value).unwrap_or(value.len()))
    }

    /// The end of the last character before `end` that is not white space or a comment's line break.
    fn after_content(&self, end: usize) -> usize {
        self.builder.text().get(..end).map_or(end, |before| before.trim_end().len())
    }

    fn syntax(&mut self, error: &ScanError) -> Refused {
        let start = self.places.byte(error.marker().index());
        if error.info() == "recursion limit exceeded" {
            return self.builder.too_deep(start);
        }
        let rest = self.builder.text().get(start..).unwrap_or_default();
        let width = rest.chars().next().map_or(0, char::len_utf8);
        let message = format!("the YAML cannot be read: {}", error.info());
        let diagnostic = Diagnostic::error("input/yaml-syntax", message).at(self.builder.span(start, start + width));
        let line = self.builder.text().get(..start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        let is_tab = rest.starts_with('\t') || (line.trim().is_empty() && line.contains('\t'));
        if is_tab {
            diagnostic.help("indent with spaces: YAML does not take tabs there").into()
        } else {
            diagnostic.into()
        }
    }
}

/// The tags of the core schema (YAML 1.2.2, section 10.3).
fn is_core(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && ["str", "int", "float", "bool", "null", "map", "seq"].contains(&&*tag.suffix)
}

/// How long the quoted scalar is that a text starts with, quotation marks included.
fn quoted_len(text: &str) -> Option<usize> {
    let quote = text.bytes().next().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' if quote == b'"' => drop(bytes.next()),
            // In single quotation marks, two of them stand for one.
            b'\'' if quote == b'\'' && bytes.next_if(|(_, next)| *next == b'\'').is_some() => {}
            _ if byte == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Turns character positions into byte positions. Positions asked for lie near each other.
struct Places<'a> {
    body: &'a str,
    base: usize,
    is_ascii: bool,
    chars: usize,
    bytes: usize,
}

impl<'a> Places<'a> {
    fn new(body: &'a str, base: usize) -> Self {
        Self { body, base, is_ascii: body.is_ascii(), chars: 0, bytes: 0 }
    }

    fn byte(&mut self, chars: usize) -> usize {
        if self.is_ascii {
            return self.base + chars.min(self.body.len());
        }
        while self.chars < chars {
            let Some(next) = self.body[self.bytes..].chars().next() else { break };
            self.bytes += next.len_utf8();
            self.chars += 1;
        }
        while self.chars > chars {
            let Some(back) = self.body[..self.bytes].chars().next_back() else { break };
            self.bytes -= back.len_utf8();
            self.chars -= 1;
        }
        self.base + self.bytes
    }
}
