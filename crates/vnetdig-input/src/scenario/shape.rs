//! What the tables of the [`grammar`](super::grammar) are made of.
//!
//! A [`Shape`] says what may stand in one place. Checking, reading and the JSON Schema all follow the same
//! shapes, so they cannot disagree.

use super::format::Format;

/// What may stand in one place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number {
        /// Least value.
        min: u32,
        /// Greatest value.
        max: u32,
    },
    /// A text in some format.
    Text(Format),
    /// One of a few words, in any letter case.
    Word(&'static Words),
    /// A list; one value may stand for a list of one.
    List(&'static Shape),
    /// A list of exactly two.
    Pair(&'static Shape),
    /// A mapping whose keys are chosen by the writer.
    Named(&'static Named),
    /// A mapping with known keys.
    Object(&'static Object),
    /// A mapping with known keys, for which the value of the named key may stand alone.
    Short(&'static Object, &'static str),
    /// One of several objects, told apart by the key that only it has.
    ByKey(&'static [(&'static str, &'static Object)]),
    /// A mapping of one entry, whose key says what the value is.
    Variants(&'static Variants),
    /// Any of these.
    Either(&'static [Shape]),
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name, also in the JSON Schema.
    pub(crate) id: &'static str,
    /// What it describes.
    pub(crate) doc: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
    /// What holds between its keys.
    pub(crate) rules: &'static [Rule],
}

/// A key of an [`Object`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) name: &'static str,
    /// Another spelling, for one value: `address` for `addresses`.
    pub(crate) singular: Option<&'static str>,
    /// What may stand there.
    pub(crate) shape: Shape,
    /// What it means, as a sentence.
    pub(crate) doc: &'static str,
    /// Whether it must be given.
    pub(crate) is_required: bool,
}

/// A key, not required.
pub(crate) const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, singular: None, shape, doc, is_required: false }
}

impl Key {
    /// The same key, required.
    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same key with another spelling for one value.
    pub(crate) const fn or(self, singular: &'static str) -> Self {
        Self { singular: Some(singular), ..self }
    }

    /// Whether it is written like this.
    pub(crate) fn is_spelled(&self, text: &str) -> bool {
        self.name == text || self.singular == Some(text)
    }
}

/// What holds between the keys of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// One of these keys is given, and only one.
    ExactlyOne(&'static [&'static str]),
    /// Of these keys no two are given.
    AtMostOne(&'static [&'static str]),
    /// At least one of these keys is given.
    AtLeastOne(&'static [&'static str]),
    /// Where this key is given, at least one of these is, too.
    Needs(&'static str, &'static [&'static str]),
    /// The values of `data` are data of the record type in `type`.
    RecordData,
}

/// A mapping whose keys are chosen by the writer.
#[derive(Debug)]
pub(crate) struct Named {
    /// What the keys are.
    pub(crate) key: Format,
    /// What the values are.
    pub(crate) value: Shape,
}

/// One of a few words.
#[derive(Debug)]
pub(crate) struct Words {
    /// Its name in the JSON Schema.
    pub(crate) id: &'static str,
    /// What the words say.
    pub(crate) doc: &'static str,
    /// The words, each with what it means; the default first, if there is one.
    pub(crate) all: &'static [(&'static str, &'static str)],
}

impl Words {
    /// The word as it is spelled here.
    pub(crate) fn find(&self, text: &str) -> Option<&'static str> {
        self.all.iter().map(|(word, _)| *word).find(|word| word.eq_ignore_ascii_case(text))
    }
}

/// A mapping of one entry, whose key says what the value is.
#[derive(Debug)]
pub(crate) struct Variants {
    /// Its name, also in the JSON Schema.
    pub(crate) id: &'static str,
    /// What the variants are.
    pub(crate) doc: &'static str,
    /// The keys.
    pub(crate) keys: &'static [Key],
    /// The key that may be left out: a mapping without any of the keys is the value of this one.
    pub(crate) default: Option<&'static str>,
}

impl Object {
    /// The key with this spelling.
    pub(crate) fn key(&self, text: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.is_spelled(text))
    }

    /// All spellings of its keys.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().flat_map(|key| std::iter::once(key.name).chain(key.singular))
    }
}

impl Shape {
    /// What is expected, in words: `a list of IP addresses`.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number { min: 0, max: u32::MAX } => "a whole number".to_owned(),
            Self::Number { min, max } if min == max => format!("the number `{min}`"),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Text(format) => format.noun().to_owned(),
            Self::Word(words) => one_of(words.all.iter().map(|(word, _)| *word)),
            Self::List(item) => format!("a list of {}", item.plural()),
            Self::Pair(item) => format!("a list of two {}", item.plural()),
            Self::Named(named) => format!("a mapping from {} to {}", named.key.plural(), named.value.plural()),
            Self::Object(object) => format!("a mapping that describes {}", with_article(object.id)),
            Self::Short(object, short) => {
                let alone = object.key(short).map(|key| key.shape.expected()).unwrap_or_default();
                format!("{alone} or a mapping that describes {}", with_article(object.id))
            }
            Self::ByKey(objects) => {
                format!("a mapping with the key {}", one_of(objects.iter().map(|(key, _)| *key)))
            }
            Self::Variants(variants) => format!("a mapping that describes {}", with_article(variants.id)),
            Self::Either(shapes) => shapes.iter().map(Self::expected).collect::<Vec<_>>().join(" or "),
        }
    }

    /// Several of these, in words: `IP addresses`.
    fn plural(&self) -> String {
        match self {
            Self::Flag => "booleans".to_owned(),
            Self::Number { .. } => "whole numbers".to_owned(),
            Self::Text(format) => format.plural().to_owned(),
            Self::Word(words) => plural(words.id),
            Self::List(item) | Self::Pair(item) => format!("lists of {}", item.plural()),
            Self::Named(_) => "mappings".to_owned(),
            Self::Object(object) | Self::Short(object, _) => plural(object.id),
            Self::ByKey(objects) => objects.first().map(|(_, object)| plural(object.id)).unwrap_or_default(),
            Self::Variants(variants) => plural(variants.id),
            Self::Either(shapes) => shapes.first().map(Self::plural).unwrap_or_default(),
        }
    }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of(words: impl IntoIterator<Item = &'static str>) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.pop() {
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} or {last}", quoted.join(", ")),
        None => String::new(),
    }
}

/// What an id names, in words: `load balancer SKU`.
pub(crate) fn in_words(id: &str) -> String {
    match id {
        "block-cause" => "cause".to_owned(),
        "internet" | "on-premises" => format!("{id} client"),
        "security-admin-rules" => "collection of admin rules".to_owned(),
        _ => {
            let word = |word: &str| match word {
                "aks" | "dns" | "nat" | "os" | "sku" | "soa" | "vm" => word.to_ascii_uppercase(),
                "postgres" => "PostgreSQL".to_owned(),
                _ => word.to_owned(),
            };
            id.split('-').map(word).collect::<Vec<_>>().join(" ")
        }
    }
}

/// `a route table`; `switches`.
pub(crate) fn with_article(id: &str) -> String {
    let words = in_words(id);
    match id {
        "cache-settings" | "switches" => words,
        "soa" => format!("an {words}"),
        _ if words.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'O']) => format!("an {words}"),
        _ => format!("a {words}"),
    }
}

fn plural(id: &str) -> String {
    let words = in_words(id);
    match words.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if words.ends_with('s') => words,
        _ => format!("{words}s"),
    }
}
