//! Reading a checked tree in the language's own terms.
//!
//! [`Fields`] is a mapping with known keys, [`Field`] a value in one place. Both know the grammar, so short
//! forms read like the long ones, words come back as the grammar spells them, and a key the grammar does not
//! have is a mistake of ours that shows in every debug build.
//!
//! A reader returns `None` when the value is absent **or** when it is wrong: what is wrong was reported by the
//! check already, and whoever reads need not report it again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::time::Duration;

use ipnet::IpNet;
use vnetdig_model::filter::{PortRange, RuleEnd};
use vnetdig_model::scenario::Service;
use vnetdig_model::{Fqdn, RecordType, Span};

use super::check::{accepts, flag, items, number};
use super::format::{self, EndParts, Format, Problem};
use super::grammar::SCENARIO;
use super::shape::{Object, Shape, Words};
use crate::tree::{Node, Scalar, Value};

/// A value and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Changes the value and keeps the place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A mapping with known keys.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'t> {
    node: Node<'t>,
    place: Span,
    object: &'static Object,
    /// The value stands alone, for this key.
    short: Option<&'static str>,
}

/// A value in one place, and what may stand there.
#[derive(Clone, Copy, Debug)]
pub struct Field<'t> {
    node: Node<'t>,
    place: Span,
    shape: &'static Shape,
}

/// An entry of a mapping whose keys are chosen by the writer.
#[derive(Clone, Copy, Debug)]
pub struct Named<'t> {
    /// The key.
    pub name: Spanned<&'t str>,
    /// The value.
    pub value: Field<'t>,
}

impl Named<'_> {
    /// The key as a domain name.
    #[must_use]
    pub fn fqdn(&self) -> Option<Spanned<Fqdn>> {
        let name = format::domain(self.name.value).ok()?;
        Some(self.name.map(|_| name))
    }
}

/// Which of several things a value is, and the value itself.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'t> {
    /// The key that says what it is.
    pub kind: Spanned<&'static str>,
    /// What stands under that key.
    pub value: Field<'t>,
}

/// A record, or all records of one type at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'t> {
    /// Its name as written: relative to its zone unless it ends in a dot; `@` is the apex.
    pub name: Spanned<&'t str>,
    /// Its TTL, if given.
    pub ttl: Option<Spanned<u32>>,
    /// Its type.
    pub record_type: Spanned<RecordType>,
    /// The data of each record in presentation format; they fit the type.
    pub data: Vec<Spanned<&'t str>>,
    /// The place of the whole.
    pub span: Span,
}

/// A question as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'t> {
    /// The name as written.
    pub name: Spanned<&'t str>,
    /// The type; A if it was left out. Of an address: the type its records would have.
    pub record_type: RecordType,
    /// The address, where one stands in place of the name.
    pub address: Option<IpAddr>,
}

/// Makes the readers of [`Fields`] that read one value by its key.
macro_rules! by_key {
    ($($(#[$doc:meta])* $name:ident -> $value:ty;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, key: &str) -> Option<$value> {
            self.get(key)?.$name()
        })+
    };
}

/// Makes the readers of [`Fields`] that read a list by its key; an absent key is an empty list.
macro_rules! lists_by_key {
    ($($(#[$doc:meta])* $name:ident: $one:ident -> $value:ty;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, key: &str) -> Vec<$value> {
            self.list(key).filter_map(Field::$one).collect()
        })+
    };
}

impl<'t> Fields<'t> {
    /// The fields of a whole scenario.
    pub(super) fn of_scenario(root: Node<'t>) -> Self {
        Self { node: root, place: root.span(), object: &SCENARIO, short: None }
    }

    /// The place of the whole value.
    #[must_use]
    pub fn span(self) -> Span {
        self.node.span()
    }

    /// The place that names it: its key, if it has one.
    #[must_use]
    pub fn place(self) -> Span {
        self.place
    }

    /// The value of a key; `None` when it is absent.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Field<'t>> {
        let known = self.object.key(key);
        debug_assert!(known.is_some(), "the grammar has no key `{key}` in `{}`", self.object.id);
        let known = known?;
        let (place, node) = match (self.short, self.node.map()) {
            (Some(short), _) if known.is_spelled(short) => (self.place, self.node),
            (Some(_), _) => return None,
            (None, map) => {
                let entry = map?.iter().find(|entry| known.is_spelled(entry.key.text))?;
                (entry.key.span, entry.value)
            }
        };
        Some(Field { node, place, shape: &known.shape })
    }

    /// Whether a key is given.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The values of a list; one value stands for a list of one, and an absent key for an empty one.
    pub fn list(self, key: &str) -> impl Iterator<Item = Field<'t>> + use<'t> {
        self.get(key).into_iter().flat_map(Field::list)
    }

    /// The entries of a mapping whose keys are chosen by the writer; an absent key stands for an empty one.
    pub fn entries(self, key: &str) -> impl Iterator<Item = Named<'t>> + use<'t> {
        self.get(key).into_iter().flat_map(Field::entries)
    }

    by_key! {
        /// The mapping under a key, or the value that may stand for it.
        fields -> Fields<'t>;
        /// The text under a key.
        text -> Spanned<&'t str>;
        /// The domain name under a key.
        fqdn -> Spanned<Fqdn>;
        /// The address under a key.
        address -> Spanned<IpAddr>;
        /// The address and port under a key.
        socket -> Spanned<SocketAddr>;
        /// The prefix under a key.
        prefix -> Spanned<IpNet>;
        /// The duration under a key.
        duration -> Spanned<Duration>;
        /// The boolean under a key.
        flag -> Spanned<bool>;
        /// The number under a key.
        number -> Spanned<u32>;
        /// The word under a key, as the grammar spells it.
        word -> Spanned<&'static str>;
        /// The record type under a key.
        record_type -> Spanned<RecordType>;
        /// The question under a key.
        query -> Query<'t>;
        /// What a connection is opened to, under a key.
        service -> Spanned<Service>;
        /// The two halves of `a -> b` under a key.
        half -> (Spanned<&'t str>, Spanned<&'t str>);
        /// The two values under a key.
        pair -> (Field<'t>, Field<'t>);
    }

    lists_by_key! {
        /// The texts under a key.
        texts: text -> Spanned<&'t str>;
        /// The domain names under a key.
        fqdns: fqdn -> Spanned<Fqdn>;
        /// The addresses under a key.
        addresses: address -> Spanned<IpAddr>;
        /// The addresses and ports under a key.
        sockets: socket -> Spanned<SocketAddr>;
        /// The prefixes under a key.
        prefixes: prefix -> Spanned<IpNet>;
        /// The ports under a key.
        port_ranges: ports -> Spanned<PortRange>;
        /// What connections are opened to, under a key.
        services: service -> Spanned<Service>;
        /// The prefixes and service tags of a rule under a key.
        rule_ends: rule_end -> Spanned<RuleEnd>;
        /// The records under a key.
        records: record -> Record<'t>;
    }
}

impl<'t> Field<'t> {
    /// The place of the value.
    #[must_use]
    pub fn span(self) -> Span {
        self.node.span()
    }

    /// The place that names it: its key, if it has one.
    #[must_use]
    pub fn place(self) -> Span {
        self.place
    }

    /// The value itself, as it stands.
    #[must_use]
    pub fn node(self) -> Node<'t> {
        self.node
    }

    /// Whether it is a mapping, a list or a scalar; for forms that mean different things.
    #[must_use]
    pub fn value(self) -> Value<'t> {
        self.node.value()
    }

    fn at<T>(self, value: T) -> Spanned<T> {
        Spanned { value, span: self.node.span() }
    }

    fn scalar(self) -> Option<Scalar<'t>> {
        self.node.scalar().filter(|scalar| !scalar.is_null())
    }

    fn parsed<T>(self, parse: impl FnOnce(&'t str) -> Result<T, Problem>) -> Option<Spanned<T>> {
        let text = self.scalar()?.text;
        Some(self.at(parse(text).ok()?))
    }

    /// A part of this value's text, with its place.
    fn part(self, text: &str, part: &'t str) -> Spanned<&'t str> {
        Spanned { value: part, span: self.node.span_of(format::range_in(text, part)) }
    }

    /// The values of a list; one value stands for a list of one.
    pub fn list(self) -> impl Iterator<Item = Self> + use<'t> {
        let is_list = self.node.list().is_some();
        let item = item_shape(self.shape, is_list);
        let nodes = item.into_iter().flat_map(move |shape| items(self.node).map(move |node| (node, shape)));
        nodes.map(move |(node, shape)| {
            let place = if is_list { node.span() } else { self.place };
            Self { node, place, shape }
        })
    }

    /// The entries of a mapping whose keys are chosen by the writer.
    pub fn entries(self) -> impl Iterator<Item = Named<'t>> + use<'t> {
        let named = first(self.shape, &|shape| match shape {
            Shape::Named(named) => Some(*named),
            _ => None,
        });
        let map = named.zip(self.node.map());
        map.into_iter().flat_map(|(named, map)| {
            map.iter().filter(|entry| named.key.check(entry.key.text).is_ok()).map(|entry| Named {
                name: Spanned { value: entry.key.text, span: entry.key.span },
                value: Self { node: entry.value, place: entry.key.span, shape: &named.value },
            })
        })
    }

    /// The mapping, or what may stand for it.
    #[must_use]
    pub fn fields(self) -> Option<Fields<'t>> {
        let (object, short) = object(self.shape, self.node)?;
        Some(Fields { node: self.node, place: self.place, object, short })
    }

    /// What the value is, and the value of that; for clients and events.
    #[must_use]
    pub fn variant(self) -> Option<Variant<'t>> {
        let Shape::Variants(variants) = self.shape else { return None };
        let map = self.node.map()?;
        let named = map.iter().find_map(|entry| {
            let key = variants.keys.iter().find(|key| key.name == entry.key.text)?;
            let value = Self { node: entry.value, place: entry.key.span, shape: &key.shape };
            Some(Variant { kind: Spanned { value: key.name, span: entry.key.span }, value })
        });
        named.or_else(|| {
            let key = variants.keys.iter().find(|key| Some(key.name) == variants.default)?;
            let value = Self { shape: &key.shape, ..self };
            Some(Variant { kind: Spanned { value: key.name, span: self.place }, value })
        })
    }

    /// The text, whatever its format.
    #[must_use]
    pub fn text(self) -> Option<Spanned<&'t str>> {
        let scalar = self.scalar()?;
        let format = first(self.shape, &|shape| if let Shape::Text(format) = shape { Some(*format) } else { None });
        let format = format.unwrap_or(Format::Words);
        format.check(scalar.text).is_ok().then(|| self.at(scalar.text))
    }

    /// The domain name.
    #[must_use]
    pub fn fqdn(self) -> Option<Spanned<Fqdn>> {
        self.parsed(format::domain)
    }

    /// The address.
    #[must_use]
    pub fn address(self) -> Option<Spanned<IpAddr>> {
        self.parsed(format::address)
    }

    /// The address and port; port 53 unless given.
    #[must_use]
    pub fn socket(self) -> Option<Spanned<SocketAddr>> {
        self.parsed(format::socket)
    }

    /// The prefix.
    #[must_use]
    pub fn prefix(self) -> Option<Spanned<IpNet>> {
        self.parsed(format::prefix)
    }

    /// The duration.
    #[must_use]
    pub fn duration(self) -> Option<Spanned<Duration>> {
        self.parsed(format::duration)
    }

    /// The record type.
    #[must_use]
    pub fn record_type(self) -> Option<Spanned<RecordType>> {
        self.parsed(format::record_type)
    }

    /// The number of a rule.
    #[must_use]
    pub fn rule_number(self) -> Option<Spanned<u16>> {
        self.parsed(format::rule_id)
    }

    /// The port, the range of ports, or all of them.
    #[must_use]
    pub fn ports(self) -> Option<Spanned<PortRange>> {
        self.parsed(format::ports)
    }

    /// What a connection is opened to.
    #[must_use]
    pub fn service(self) -> Option<Spanned<Service>> {
        self.parsed(format::service)
    }

    /// The prefix or service tag of a rule.
    #[must_use]
    pub fn rule_end(self) -> Option<Spanned<RuleEnd>> {
        self.parsed(format::rule_end).map(|end| {
            end.map(|end| match end {
                EndParts::Any => RuleEnd::Any,
                EndParts::Prefix(prefix) => RuleEnd::Prefix(prefix),
                EndParts::Tag(tag) => RuleEnd::Tag(tag.into()),
            })
        })
    }

    /// The lowest and the highest of some addresses.
    #[must_use]
    pub fn address_range(self) -> Option<Spanned<(Ipv4Addr, Ipv4Addr)>> {
        self.parsed(format::address_range)
    }

    /// The boolean.
    #[must_use]
    pub fn flag(self) -> Option<Spanned<bool>> {
        let scalar = self.scalar().filter(|scalar| !scalar.is_quoted)?;
        flag(scalar.text).map(|value| self.at(value))
    }

    /// The number, if it lies within its bounds.
    #[must_use]
    pub fn number(self) -> Option<Spanned<u32>> {
        let bounds = |shape: &Shape| if let Shape::Number { min, max } = shape { Some(*min..=*max) } else { None };
        let bounds = first(self.shape, &bounds)?;
        let scalar = self.scalar().filter(|scalar| !scalar.is_quoted)?;
        number(scalar.text).filter(|number| bounds.contains(number)).map(|value| self.at(value))
    }

    /// The word, as the grammar spells it.
    #[must_use]
    pub fn word(self) -> Option<Spanned<&'static str>> {
        let words = |shape: &Shape| -> Option<&'static Words> {
            if let Shape::Word(words) = shape { Some(*words) } else { None }
        };
        let word = first(self.shape, &words)?.find(self.scalar()?.text)?;
        Some(self.at(word))
    }

    /// The question.
    #[must_use]
    pub fn query(self) -> Option<Query<'t>> {
        let text = self.scalar()?.text;
        let parts = format::query(text).ok()?;
        Some(Query { name: self.part(text, parts.name), record_type: parts.record_type, address: parts.address })
    }

    /// The two sides of `a -> b`.
    #[must_use]
    pub fn half(self) -> Option<(Spanned<&'t str>, Spanned<&'t str>)> {
        let text = self.scalar()?.text;
        let (local, remote) = format::half(text).ok()?;
        Some((self.part(text, local), self.part(text, remote)))
    }

    /// The two values of a list of two.
    #[must_use]
    pub fn pair(self) -> Option<(Self, Self)> {
        let Shape::Pair(shape) = self.shape else { return None };
        let list = self.node.list().filter(|list| list.len() == 2)?;
        let mut nodes = list.iter().map(|node| Self { node, place: node.span(), shape });
        nodes.next().zip(nodes.next())
    }

    /// The record, in its short or long form.
    #[must_use]
    pub fn record(self) -> Option<Record<'t>> {
        let span = self.node.span();
        if let Some(fields) = self.fields() {
            let record_type = fields.record_type("type")?;
            let data = fields.texts("data");
            let all_fit = data.iter().all(|data| format::record_data(record_type.value, data.value).is_ok());
            let ttl = fields.number("ttl");
            let good = all_fit && !data.is_empty() && (ttl.is_some() || !fields.has("ttl"));
            return good.then_some(Record { name: fields.text("name")?, ttl, record_type, data, span });
        }
        let text = self.scalar()?.text;
        let parts = format::record(text).ok()?;
        let (type_text, record_type) = parts.record_type;
        Some(Record {
            name: self.part(text, parts.name),
            ttl: parts.ttl.map(|(digits, ttl)| self.part(text, digits).map(|_| ttl)),
            record_type: self.part(text, type_text).map(|_| record_type),
            data: vec![self.part(text, parts.data)],
            span,
        })
    }
}

/// What a reference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'t> {
    /// A full ARM id.
    ArmId(&'t str),
    /// A name.
    Name(&'t str),
    /// A name within another, `vnet/subnet` or `resolver/endpoint`.
    Within(&'t str, &'t str),
}

impl<'t> Reference<'t> {
    /// Reads a reference.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        match format::pair(text, "") {
            _ if format::is_arm_id(text) => Self::ArmId(text),
            Ok((outer, inner)) => Self::Within(outer, inner),
            Err(_) => Self::Name(text),
        }
    }
}

/// The first shape, among alternatives and items of lists, that `pick` takes.
fn first<T>(shape: &'static Shape, pick: &dyn Fn(&'static Shape) -> Option<T>) -> Option<T> {
    pick(shape).or_else(|| match shape {
        Shape::Either(shapes) => shapes.iter().find_map(|shape| first(shape, pick)),
        _ => None,
    })
}

/// The shape of the items of a list.
fn item_shape(shape: &'static Shape, is_list: bool) -> Option<&'static Shape> {
    match shape {
        Shape::List(item) => Some(item),
        Shape::Pair(item) if is_list => Some(item),
        Shape::Either(shapes) => shapes.iter().find_map(|shape| item_shape(shape, is_list)),
        _ => None,
    }
}

/// The object a value is described by, and the key it stands alone for.
fn object(shape: &'static Shape, node: Node<'_>) -> Option<(&'static Object, Option<&'static str>)> {
    let map = node.map();
    match (shape, map) {
        (Shape::Object(object) | Shape::Short(object, _), Some(_)) => Some((object, None)),
        (Shape::Short(object, short), None) => {
            let key = object.key(short)?;
            accepts(&key.shape, node).then_some((*object, Some(*short)))
        }
        (Shape::ByKey(objects), Some(map)) => {
            objects.iter().find(|(key, _)| map.get(key).is_some()).map(|(_, object)| (*object, None))
        }
        (Shape::Either(shapes), _) => shapes.iter().find_map(|shape| self::object(shape, node)),
        _ => None,
    }
}
