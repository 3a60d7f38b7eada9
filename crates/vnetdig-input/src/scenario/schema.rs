//! The JSON Schema (draft 2020-12) of the scenario language, for editors.
//!
//! It says what the grammar's table says: nothing here knows a key of the language. What only the check can
//! see (host bits of a prefix, data that fit a record type) is left out.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::format::Format;
use super::grammar::SCENARIO;
use super::shape::{Key, Object, Rule, Shape, Variants, Words};

/// The JSON Schema of scenario files. The same for every run.
#[must_use]
pub fn schema() -> Value {
    let mut writer = Writer { definitions: IndexMap::new() };
    let mut root = writer.object(&SCENARIO);
    let mut definitions: Vec<(&str, Value)> = writer.definitions.into_iter().collect();
    definitions.sort_by_key(|(id, _)| *id);
    let definitions: Map<String, Value> = definitions.into_iter().map(|(id, one)| (id.to_owned(), one)).collect();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.append(&mut root);
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

struct Writer {
    definitions: IndexMap<&'static str, Value>,
}

impl Writer {
    fn shape(&mut self, shape: &'static Shape) -> Value {
        match shape {
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Shape::Text(format) => self.format(*format),
            Shape::Word(words) => self.define(words.id, |_| word_schema(words)),
            Shape::List(item) => {
                let item = self.shape(item);
                json!({ "anyOf": [item.clone(), { "type": "array", "items": item }] })
            }
            Shape::Pair(item) => {
                json!({ "type": "array", "items": self.shape(item), "minItems": 2, "maxItems": 2 })
            }
            Shape::Named(named) => {
                let value = self.shape(&named.value);
                let pattern = if named.key == Format::Name { r"^[^/]*\S[^/]*$" } else { named.key.pattern() };
                json!({
                    "type": "object",
                    "propertyNames": { "pattern": pattern },
                    "additionalProperties": value,
                })
            }
            Shape::Object(object) => self.define(object.id, |writer| Value::Object(writer.object(object))),
            Shape::Short(object, short) => {
                let long = self.define(object.id, |writer| Value::Object(writer.object(object)));
                let key = object.key(short).expect("the key that may stand alone is one of the object's");
                json!({ "anyOf": [self.shape(&key.shape), long] })
            }
            Shape::ByKey(objects) => {
                let of = |writer: &mut Self, object: &'static Object| {
                    writer.define(object.id, |writer| Value::Object(writer.object(object)))
                };
                let all: Vec<Value> = objects.iter().map(|(_, object)| of(self, object)).collect();
                json!({ "anyOf": all })
            }
            Shape::Variants(variants) => self.define(variants.id, |writer| writer.variants(variants)),
            Shape::Either(shapes) => {
                let all: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({ "anyOf": all })
            }
        }
    }

    /// A reference to a definition, made at its first use.
    fn define(&mut self, id: &'static str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.definitions.contains_key(id) {
            self.definitions.insert(id, Value::Null);
            let definition = make(self);
            self.definitions.insert(id, definition);
        }
        json!({ "$ref": format!("#/$defs/{id}") })
    }

    fn object(&mut self, object: &'static Object) -> Map<String, Value> {
        let mut schema = Map::new();
        schema.insert("title".to_owned(), json!(object.id.replace('-', " ")));
        schema.insert("description".to_owned(), json!(object.doc));
        schema.insert("type".to_owned(), json!("object"));
        let mut properties = Map::new();
        for key in object.keys {
            let value = self.described(key);
            properties.extend(key.singular.map(|singular| (singular.to_owned(), value.clone())));
            properties.insert(key.name.to_owned(), value);
        }
        schema.insert("properties".to_owned(), Value::Object(properties));
        let required: Vec<&str> =
            object.keys.iter().filter(|key| key.is_required && key.singular.is_none()).map(|key| key.name).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        let constraints = constraints(object);
        if !constraints.is_empty() {
            schema.insert("allOf".to_owned(), Value::Array(constraints));
        }
        schema
    }

    fn described(&mut self, key: &'static Key) -> Value {
        let mut schema = Map::new();
        schema.insert("description".to_owned(), json!(key.doc));
        if let Value::Object(mut shape) = self.shape(&key.shape) {
            schema.append(&mut shape);
        }
        Value::Object(schema)
    }

    fn variants(&mut self, variants: &'static Variants) -> Value {
        let mut all = Vec::new();
        for key in variants.keys {
            all.push(json!({
                "type": "object",
                "properties": { (key.name): self.described(key) },
                "required": [key.name],
                "additionalProperties": false,
            }));
            if variants.default == Some(key.name) {
                all.push(self.shape(&key.shape));
            }
        }
        json!({ "title": variants.id.replace('-', " "), "description": variants.doc, "anyOf": all })
    }

    fn format(&mut self, format: Format) -> Value {
        let (id, text) = match format {
            Format::Words => return json!({ "type": "string", "pattern": format.pattern() }),
            Format::Reference(noun) => {
                return json!({ "type": "string", "pattern": format.pattern(), "title": noun });
            }
            Format::Name => ("name", "A name."),
            Format::Subnet => ("subnet-reference", "A subnet as `vnet/subnet`, or its ARM id."),
            Format::Endpoint => ("endpoint-reference", "An endpoint as `resolver/endpoint`, or its ARM id."),
            Format::Half => ("half", "One half of a peering as `vnet -> vnet`."),
            Format::Domain => ("domain-name", "A domain name, with or without a final dot."),
            Format::Address => ("address", "An IPv4 or IPv6 address."),
            Format::Prefix => ("prefix", "An IPv4 or IPv6 prefix, such as `10.0.0.0/16`."),
            Format::Socket => ("socket-address", "An IP address, with a port unless it is 53."),
            Format::Duration => ("duration", "A duration: a whole number and `ms`, `s`, `m`, `h` or `d`."),
            Format::Record => ("record", "A record as `NAME [TTL] TYPE DATA`."),
            Format::Query => ("query", "A question as `NAME [TYPE]`, or an address."),
            Format::RecordType => ("record-type", "A record type, such as `A` or `CNAME`."),
            Format::Owner => ("owner-name", "The name of a record, relative to its zone; `@` is the apex."),
            Format::RuleId => ("rule", "The number of a rule, such as `S-101`."),
            Format::Ports => ("ports", "A port, a range of ports, or `*`."),
            Format::Service => ("service", "A port such as `5432` or `53/udp`, or `icmp`."),
            Format::RuleEnd => ("rule-end", "A prefix, an address, a service tag, or `*`."),
            Format::AddressRange => ("address-range", "An IPv4 address, a prefix, or a range as `FIRST-LAST`."),
        };
        // YAML reads a lone port as a number.
        let kind = if matches!(format, Format::Ports | Format::Service) {
            json!(["string", "integer"])
        } else {
            json!("string")
        };
        self.define(id, |_| json!({ "description": text, "type": kind, "pattern": format.pattern() }))
    }
}

/// Words in any letter case: the canonical ones for completion, a pattern for the rest.
fn word_schema(words: &Words) -> Value {
    let canonical: Vec<Value> =
        words.all.iter().map(|(word, doc)| json!({ "const": word, "description": doc })).collect();
    let patterns: Vec<String> = words.all.iter().map(|(word, _)| any_case(word)).collect();
    let pattern = format!("^({})$", patterns.join("|"));
    json!({
        "description": words.doc,
        "type": "string",
        "anyOf": [{ "oneOf": canonical }, { "pattern": pattern }],
    })
}

fn any_case(word: &str) -> String {
    let one = |c: char| match c {
        _ if c.is_ascii_alphabetic() => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        '-' | '_' => c.to_string(),
        _ if c.is_ascii_digit() => c.to_string(),
        _ => format!("\\{c}"),
    };
    word.chars().map(one).collect()
}

/// What holds between the keys of an object.
fn constraints(object: &Object) -> Vec<Value> {
    let spelled = |name: &str| -> Vec<&'static str> {
        let key = object.key(name);
        key.map(|key| std::iter::once(key.name).chain(key.singular).collect()).unwrap_or_default()
    };
    let any =
        |names: &[&'static str]| -> Vec<Value> { names.iter().map(|name| json!({ "required": [name] })).collect() };
    let no_two = |names: &[&'static str]| -> Vec<Value> {
        let pairs = names.iter().enumerate().flat_map(|(index, a)| names[index + 1..].iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| json!({ "not": { "required": [a, b] } })).collect()
    };
    let mut all = Vec::new();
    for key in object.keys.iter().filter(|key| key.singular.is_some()) {
        let names = spelled(key.name);
        all.extend(no_two(&names));
        if key.is_required {
            all.push(json!({ "anyOf": any(&names) }));
        }
    }
    for rule in object.rules {
        let flat =
            |names: &[&'static str]| -> Vec<&'static str> { names.iter().flat_map(|name| spelled(name)).collect() };
        match rule {
            Rule::ExactlyOne(names) => all.push(json!({ "oneOf": any(&flat(names)) })),
            Rule::AtMostOne(names) => all.extend(no_two(&flat(names))),
            Rule::AtLeastOne(names) => all.push(json!({ "anyOf": any(&flat(names)) })),
            Rule::Needs(key, names) => {
                let without = json!({ "not": { "required": [key] } });
                let enough = any(&flat(names)).into_iter().chain([without]);
                all.push(json!({ "anyOf": enough.collect::<Vec<_>>() }));
            }
            Rule::RecordData => {}
        }
    }
    all
}
