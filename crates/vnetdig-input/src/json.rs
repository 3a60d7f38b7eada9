//! JSON (RFC 8259), from `jiter`.

use jiter::{Jiter, JiterError, Peek};
use vnetdig_model::Diagnostic;

use crate::tree::{Builder, Refused, Style};

/// Reads `body`, which starts at byte `base` of the builder's text.
pub(crate) fn read(body: &str, base: usize, builder: &mut Builder<'_>) -> Result<(), Refused> {
    let mut reader = Reader { body, base, json: Jiter::new(body.as_bytes()), builder };
    let mut open: Vec<Open> = Vec::new();
    let mut next = Some(reader.peek()?);
    loop {
        if let Some(peek) = next
            && let Some(opened) = reader.value(peek)?
        {
            open.push(opened);
        }
        let Some(inner) = open.last_mut() else { break };
        next = reader.step(inner)?;
        if next.is_none() {
            reader.builder.close(base + reader.json.current_index());
            open.pop();
        }
    }
    let end = reader.json.finish();
    end.map_err(|error| reader.syntax(&error))
}

/// A list or object that is not closed yet.
struct Open {
    is_object: bool,
    is_fresh: bool,
}

struct Reader<'a, 'b> {
    body: &'a str,
    base: usize,
    json: Jiter<'a>,
    builder: &'a mut Builder<'b>,
}

impl Reader<'_, '_> {
    fn peek(&mut self) -> Result<Peek, Refused> {
        self.json.peek().map_err(|error| self.syntax(&error))
    }

    /// Reads a scalar, or opens a list or object.
    fn value(&mut self, peek: Peek) -> Result<Option<Open>, Refused> {
        let start = self.json.current_index();
        let read = match peek {
            Peek::Array | Peek::Object => {
                let is_object = peek == Peek::Object;
                let at = self.base + start;
                if is_object {
                    self.builder.open_map(at)?;
                } else {
                    self.builder.open_list(at)?;
                }
                return Ok(Some(Open { is_object, is_fresh: true }));
            }
            Peek::String => {
                let raw = self.json.known_bytes();
                let raw = raw.map(|raw| 1..=raw.len());
                let raw = raw.map_err(|error| self.syntax(&error))?;
                return self.string(start, *raw.end()).map(|()| None);
            }
            Peek::Null => self.json.known_null(),
            Peek::True | Peek::False => self.json.known_bool(peek).map(drop),
            _ => self.json.known_number_bytes(peek).map(drop),
        };
        read.map_err(|error| self.syntax(&error))?;
        let end = self.json.current_index();
        let text = &self.body[start..end];
        self.builder.scalar(self.base + start, self.base + end, text, Style::Plain)?;
        Ok(None)
    }

    /// Goes to the next value of a list or object, reading the key before it; `None` at the end.
    fn step(&mut self, open: &mut Open) -> Result<Option<Peek>, Refused> {
        let is_fresh = std::mem::take(&mut open.is_fresh);
        if !open.is_object {
            let next = if is_fresh { self.json.known_array() } else { self.json.array_step() };
            return next.map_err(|error| self.syntax(&error));
        }
        let key = if is_fresh { self.json.next_object_bytes() } else { self.json.next_key_bytes() };
        let key = key.map(|key| key.map(<[u8]>::len)).map_err(|error| self.syntax(&error))?;
        let Some(len) = key else { return Ok(None) };
        // The reader stands behind the colon; the key's closing quotation mark is the last one before it.
        let before = self.body[..self.json.current_index()].trim_end_matches([' ', '\t', '\r', '\n']);
        let before = before.strip_suffix(':').unwrap_or(before);
        let end = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
        self.string(end.saturating_sub(len + 2), len)?;
        self.peek().map(Some)
    }

    /// Adds the string whose opening quotation mark is at `start` and whose raw text has `len` bytes.
    fn string(&mut self, start: usize, len: usize) -> Result<(), Refused> {
        let end = start + len + 2;
        let raw = &self.body[start + 1..end - 1];
        let (from, to) = (self.base + start, self.base + end);
        if !raw.contains('\\') {
            return self.builder.scalar(from, to, raw, Style::Quoted);
        }
        let mut inner = Jiter::new(&self.body.as_bytes()[start..end]);
        match inner.next_str() {
            Ok(text) => self.builder.scalar(from, to, text, Style::Quoted),
            Err(error) => {
                let at = start + error.index;
                Err(self.error_at(&error, at))
            }
        }
    }

    fn syntax(&self, error: &JiterError) -> Refused {
        self.error_at(error, error.index)
    }

    fn error_at(&self, error: &JiterError, index: usize) -> Refused {
        let mut start = index.min(self.body.len());
        while !self.body.is_char_boundary(start) {
            start -= 1;
        }
        let width = self.body[start..].chars().next().map_or(0, char::len_utf8);
        let place = self.builder.span(self.base + start, self.base + start + width);
        let message = format!("the JSON cannot be read: {}", error.error_type);
        Diagnostic::error("input/json-syntax", message).at(place).into()
    }
}
