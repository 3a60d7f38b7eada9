//! Checks a tree against the grammar. All mistakes are found in one run.

use vnetdig_model::{Diagnostic, RecordType, Span, nearest};

use super::format::{self, Format, Problem};
use super::shape::{Key, Named, Object, Rule, Shape, Variants, Words, in_words, one_of, with_article};
use crate::tree::{Entry, Map, Node, Value};

/// Everything wrong with a value that should have this shape, in the order of the text.
pub(super) fn check(node: Node<'_>, shape: &Shape) -> Vec<Diagnostic> {
    let mut checker = Checker { found: Vec::new() };
    checker.shape(node, node.span(), shape);
    let mut found = checker.found;
    found.sort_by_key(first_place);
    // What an alias repeats is checked at each place, and its mistakes are the same ones.
    found.dedup();
    found
}

/// Where a diagnostic points to, for sorting.
pub(super) fn first_place(diagnostic: &Diagnostic) -> Option<Span> {
    diagnostic.labels.first().map(|label| label.span)
}

struct Checker {
    found: Vec<Diagnostic>,
}

impl Checker {
    /// `owner` is the place that names the value: its key, if it has one.
    fn shape(&mut self, node: Node<'_>, owner: Span, shape: &Shape) {
        match (shape, node.value()) {
            (Shape::Either(shapes), _) => self.either(node, owner, shape, shapes),
            (Shape::List(item), Value::List(list)) => {
                list.iter().for_each(|node| self.shape(node, node.span(), item));
            }
            (Shape::List(item), Value::Scalar(_) | Value::Map(_)) if accepts(item, node) => {
                self.shape(node, owner, item);
            }
            (Shape::Pair(item), Value::List(list)) if list.len() == 2 => {
                list.iter().for_each(|node| self.shape(node, node.span(), item));
            }
            (Shape::Named(named), Value::Map(map)) => self.named(map, named),
            (Shape::Object(object) | Shape::Short(object, _), Value::Map(map)) => self.object(map, owner, object),
            (Shape::Short(object, short), _) => match object.key(short) {
                Some(key) if accepts(&key.shape, node) => self.shape(node, owner, &key.shape),
                _ => self.wrong_type(node, shape),
            },
            (Shape::ByKey(objects), Value::Map(map)) => match objects.iter().find(|(key, _)| map.get(key).is_some()) {
                Some((_, object)) => self.object(map, owner, object),
                None => self.without_key(owner, objects),
            },
            (Shape::Variants(variants), Value::Map(map)) => self.variants(map, owner, variants),
            (Shape::Flag, Value::Scalar(scalar)) if flag(scalar.text).is_some() && !scalar.is_quoted => {}
            (Shape::Number { min, max }, Value::Scalar(scalar)) if is_number(scalar.text) && !scalar.is_quoted => {
                if number(scalar.text).is_none_or(|number| number < *min || number > *max) {
                    let message = format!("expected {}, found `{}`", shape.expected(), shorten(scalar.text));
                    self.found.push(Diagnostic::error("scenario/out-of-range", message).at(node.span()));
                }
            }
            (Shape::Text(format), Value::Scalar(scalar)) if !scalar.is_null() => {
                if let Err(problem) = format.check(scalar.text) {
                    self.found.push(report(problem, node));
                }
            }
            (Shape::Word(words), Value::Scalar(scalar)) if !scalar.is_null() => self.word(node, scalar.text, words),
            _ => self.wrong_type(node, shape),
        }
    }

    fn object(&mut self, map: Map<'_>, owner: Span, object: &'static Object) {
        for entry in map.iter() {
            match object.key(entry.key.text) {
                Some(key) => self.shape(entry.value, entry.key.span, &key.shape),
                None => self.unknown_key(entry, &with_article(object.id), object.spellings()),
            }
        }
        for key in object.keys {
            self.given(map, owner, object, key);
        }
        for rule in object.rules {
            self.rule(map, owner, object, *rule);
        }
    }

    /// A required key must be there, and only one spelling of any key.
    fn given(&mut self, map: Map<'_>, owner: Span, object: &Object, key: &Key) {
        let first = map.get(key.name);
        let second = key.singular.and_then(|singular| map.get(singular));
        match (first, second) {
            (None, None) if key.is_required => {
                let name = key.singular.unwrap_or(key.name);
                let message = format!("{} needs the key `{name}`", with_article(object.id));
                self.found.push(Diagnostic::error("scenario/missing-key", message).at(owner).help(help_of(key)));
            }
            (Some(a), Some(b)) => self.both(a, b),
            _ => {}
        }
    }

    fn rule(&mut self, map: Map<'_>, owner: Span, object: &Object, rule: Rule) {
        let given = |keys: &[&str]| -> Vec<Entry<'_>> {
            let is_given = |entry: &Entry<'_>| keys.iter().any(|key| object_spells(object, key, entry.key.text));
            map.iter().filter(is_given).collect()
        };
        let (keys, least, most) = match rule {
            Rule::ExactlyOne(keys) => (keys, 1, 1),
            Rule::AtMostOne(keys) => (keys, 0, 1),
            Rule::AtLeastOne(keys) => (keys, 1, keys.len()),
            Rule::Needs(key, others) => {
                if let ([entry, ..], []) = (given(&[key]).as_slice(), given(others).as_slice()) {
                    let message = format!("`{key}` needs one of the keys {}", one_of(others.iter().copied()));
                    self.found.push(Diagnostic::error("scenario/missing-key", message).at(entry.key.span));
                }
                return;
            }
            Rule::RecordData => return self.record_data(map),
        };
        match given(keys).as_slice() {
            [] if least == 1 => {
                let message = format!("{} needs the key {}", with_article(object.id), one_of(keys.iter().copied()));
                self.found.push(Diagnostic::error("scenario/missing-key", message).at(owner));
            }
            [first, rest @ ..] if rest.len() >= most => rest.iter().for_each(|other| self.both(*first, *other)),
            _ => {}
        }
    }

    fn both(&mut self, first: Entry<'_>, second: Entry<'_>) {
        let (first, second) = if first.key.span <= second.key.span { (first, second) } else { (second, first) };
        let message = format!("`{}` and `{}` exclude each other", first.key.text, second.key.text);
        let error = Diagnostic::error("scenario/conflicting-keys", message).label(second.key.span, "given here");
        self.found.push(error.label(first.key.span, "and here").help("keep one of the two"));
    }

    fn record_data(&mut self, map: Map<'_>) {
        let kind = map.get("type").and_then(|entry| entry.value.scalar());
        let kind: Option<RecordType> = kind.and_then(|kind| format::record_type(kind.text).ok());
        let (Some(kind), Some(data)) = (kind, map.get("data")) else { return };
        for node in items(data.value) {
            if let Some(scalar) = node.scalar().filter(|scalar| !scalar.text.trim().is_empty())
                && let Err(problem) = format::record_data(kind, scalar.text)
            {
                self.found.push(report(problem, node));
            }
        }
    }

    fn named(&mut self, map: Map<'_>, named: &Named) {
        for entry in map.iter() {
            if let Err(problem) = named.key.check(entry.key.text) {
                self.found.push(diagnose(problem, entry.key.span));
            }
            self.shape(entry.value, entry.key.span, &named.value);
        }
    }

    fn variants(&mut self, map: Map<'_>, owner: Span, variants: &'static Variants) {
        let keys = || variants.keys.iter().map(|key| key.name);
        let variant = |entry: &Entry<'_>| variants.keys.iter().find(|key| key.name == entry.key.text);
        let first = map.iter().find_map(|entry| Some((entry, variant(&entry)?)));
        let default = variants.default.and_then(|name| variants.keys.iter().find(|key| key.name == name));
        match (first, default) {
            (Some((first, key)), _) => {
                self.shape(first.value, first.key.span, &key.shape);
                for other in map.iter().filter(|other| other.key.span != first.key.span) {
                    if variant(&other).is_some() {
                        self.both(first, other);
                    } else {
                        let message = format!("`{}` cannot stand beside `{}`", other.key.text, first.key.text);
                        let error = Diagnostic::error("scenario/unknown-key", message).at(other.key.span);
                        self.found.push(error.help(format!("move it into `{}`", first.key.text)));
                    }
                }
            }
            (None, Some(Key { shape: Shape::Object(object), .. })) => {
                // A misspelled variant reads better as such than as a virtual machine with an unknown key.
                let strange = map
                    .iter()
                    .find(|entry| object.key(entry.key.text).is_none() && nearest(entry.key.text, keys()).is_some());
                match strange {
                    Some(entry) => self.unknown_key(entry, &with_article(variants.id), keys()),
                    None => self.object(map, owner, object),
                }
            }
            (None, _) if map.is_empty() => {
                let message = format!("{} needs one of the keys {}", with_article(variants.id), one_of(keys()));
                self.found.push(Diagnostic::error("scenario/missing-key", message).at(owner));
            }
            (None, _) => {
                for entry in map.iter() {
                    self.unknown_key(entry, &with_article(variants.id), keys());
                }
            }
        }
    }

    fn either(&mut self, node: Node<'_>, owner: Span, whole: &Shape, shapes: &'static [Shape]) {
        let mut trials = Vec::new();
        for shape in shapes.iter().filter(|shape| accepts(shape, node)) {
            let mut trial = Self { found: Vec::new() };
            trial.shape(node, owner, shape);
            if trial.found.is_empty() {
                return;
            }
            trials.push(trial.found);
        }
        match (trials.pop(), trials.is_empty()) {
            (Some(found), true) => self.found.extend(found),
            (Some(found), false) if is_deeper(&found, node) => self.found.extend(found),
            _ => self.wrong_type(node, whole),
        }
    }

    fn word(&mut self, node: Node<'_>, text: &str, words: &Words) {
        if words.find(text).is_none() {
            let known = || words.all.iter().map(|(word, _)| *word);
            let message = match words.all {
                [(only, _)] => format!("expected `{only}`, found `{}`", shorten(text)),
                _ => format!("unknown {} `{}`", in_words(words.id), shorten(text)),
            };
            let error = Diagnostic::error("scenario/unknown-word", message).at(node.span());
            let help = format!("expected {}", one_of(known()));
            let error = if words.all.len() > 1 { error.help(help) } else { error };
            self.found.push(error.suggest(text, known()));
        }
    }

    fn unknown_key(&mut self, entry: Entry<'_>, of: &str, known: impl Iterator<Item = &'static str>) {
        let message = format!("unknown key `{}` in {of}", shorten(entry.key.text));
        let error = Diagnostic::error("scenario/unknown-key", message).at(entry.key.span);
        let known: Vec<&str> = known.collect();
        self.found.push(error.help(format!("known keys: {}", known.join(", "))).suggest(entry.key.text, known));
    }

    fn without_key(&mut self, owner: Span, objects: &[(&'static str, &Object)]) {
        let of = objects.first().map(|(_, object)| with_article(object.id)).unwrap_or_default();
        let message = format!("{of} needs the key {}", one_of(objects.iter().map(|(key, _)| *key)));
        self.found.push(Diagnostic::error("scenario/missing-key", message).at(owner));
    }

    fn wrong_type(&mut self, node: Node<'_>, shape: &Shape) {
        let message = format!("expected {}, found {}", shape.expected(), found(node));
        let error = Diagnostic::error("scenario/wrong-type", message).at(node.span());
        let help = match (shape, node.value()) {
            (Shape::List(_), Value::Scalar(scalar)) if scalar.is_null() => Some("write `[]`, or leave the key out"),
            (Shape::Named(_) | Shape::Object(_) | Shape::Variants(_), Value::Scalar(scalar)) if scalar.is_null() => {
                Some("write `{}`, or leave the key out")
            }
            (Shape::Flag, Value::Scalar(scalar)) => match scalar.text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "true" => Some("write `true`"),
                "no" | "off" | "false" => Some("write `false`"),
                _ => None,
            },
            (Shape::Number { .. }, Value::Scalar(scalar)) if scalar.is_quoted && is_number(scalar.text) => {
                Some("take the quotation marks away")
            }
            _ => None,
        };
        self.found.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }
}

/// Whether a shape is meant for a value of this kind, whatever is in it.
pub(super) fn accepts(shape: &Shape, node: Node<'_>) -> bool {
    match (shape, node.value()) {
        (Shape::Either(shapes), _) => shapes.iter().any(|shape| accepts(shape, node)),
        (Shape::List(_), Value::List(_)) => true,
        (Shape::List(item), _) => accepts(item, node),
        (Shape::Pair(_), value) => matches!(value, Value::List(_)),
        (Shape::Short(object, short), value) => {
            matches!(value, Value::Map(_)) || object.key(short).is_some_and(|key| accepts(&key.shape, node))
        }
        (Shape::Named(_) | Shape::Object(_) | Shape::ByKey(_) | Shape::Variants(_), value) => {
            matches!(value, Value::Map(_))
        }
        (_, Value::Scalar(scalar)) => !scalar.is_null(),
        (_, Value::List(_) | Value::Map(_)) => false,
    }
}

/// The values of a list, or the one that stands for it.
pub(super) fn items(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list = node.list();
    let alone = if list.is_none() { Some(node) } else { None };
    list.into_iter().flat_map(crate::tree::List::iter).chain(alone)
}

/// Whether this is a whole number, however large.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) && text != "-"
}

/// Reads a whole number.
pub(super) fn number(text: &str) -> Option<u32> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// Reads a boolean of YAML 1.2.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn object_spells(object: &Object, key: &str, text: &str) -> bool {
    object.key(key).is_some_and(|key| key.is_spelled(text))
}

/// Whether the mistakes lie inside the value rather than in the value as a whole.
fn is_deeper(found: &[Diagnostic], node: Node<'_>) -> bool {
    !matches!(node.value(), Value::Scalar(_)) && found.iter().any(|one| first_place(one) != Some(node.span()))
}

fn report(problem: Problem, node: Node<'_>) -> Diagnostic {
    let place = problem.part.clone().map_or_else(|| node.span(), |part| node.span_of(part));
    diagnose(problem, place)
}

fn diagnose(problem: Problem, place: Span) -> Diagnostic {
    let error = Diagnostic::error(problem.code, problem.message).at(place);
    match problem.help {
        Some(help) => error.help(help),
        None => error,
    }
}

fn help_of(key: &Key) -> String {
    match key.shape {
        Shape::Text(Format::Words) | Shape::Word(_) => key.doc.to_owned(),
        shape => format!("{} Expected: {}.", key.doc, shape.expected()),
    }
}

/// What stands there, in words.
fn found(node: Node<'_>) -> String {
    match node.value() {
        Value::Map(_) => "a mapping".to_owned(),
        Value::List(list) if list.is_empty() => "an empty list".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Scalar(scalar) if scalar.is_null() => "nothing".to_owned(),
        Value::Scalar(scalar) if scalar.is_quoted => format!("the text `{}`", shorten(scalar.text)),
        Value::Scalar(scalar) => format!("`{}`", shorten(scalar.text)),
    }
}

/// A text short enough for a message.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}
