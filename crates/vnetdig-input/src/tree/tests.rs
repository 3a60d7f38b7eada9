//! Trees of both notations, and what keeps a text from becoming one.

use proptest::prelude::*;
use vnetdig_model::{Parsed, SourceMap};

use super::{Node, Tree, Value, parse};
use crate::Limits;

fn read(text: &str, limits: &Limits) -> (SourceMap, Parsed<Tree>) {
    let mut sources = SourceMap::default();
    let id = sources.add("test", text);
    let parsed = parse(&sources, id, limits);
    (sources, parsed)
}

/// A value as text, each scalar as `meaning@source`.
fn show(node: Node<'_>, sources: &SourceMap) -> String {
    let at = |span| sources.text(span).to_owned();
    match node.value() {
        Value::Scalar(scalar) => format!("{}@{}", scalar.text, at(node.span())),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(|node| show(node, sources)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |entry: super::Entry<'_>| {
                format!("{}@{}: {}", entry.key.text, at(entry.key.span), show(entry.value, sources))
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn first_mistake(text: &str, limits: &Limits) -> String {
    let (sources, parsed) = read(text, limits);
    let Some(first) = parsed.diagnostics.first() else { return String::new() };
    let place = first.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
    format!("{place} {}", first.code)
}

#[test]
fn both_notations_keep_text_and_place() {
    for (text, expected) in [
        ("a: 1\nb: [10.0.0.4, yes, off, 60s]\n", "{a@a: 1@1, b@b: [10.0.0.4@10.0.0.4, yes@yes, off@off, 60s@60s]}"),
        ("\u{feff}a: 1\r\nb: 'it''s'\r\n", "{a@a: 1@1, b@b: it's@'it''s'}"),
        ("ключ: значение  # слово\nb: x\n", "{ключ@ключ: значение@значение, b@b: x@x}"),
        ("é: \"\\u00e9\"\nb: {ü: ö}\n", "{é@é: é@\"\\u00e9\", b@b: {ü@ü: ö@ö}}"),
        ("a: &x { b: 1 }\nc: *x\n", "{a@a: {b@b: 1@1}, c@c: {b@b: 1@1}}"),
        ("a:\nb: ~\n", "{a@a: @, b@b: ~@~}"),
        ("a: word and word\nb: \"\"\n", "{a@a: word and word@word and word, b@b: @\"\"}"),
        ("a: &n !!str 1\nb: &m 'x' # y\nc: *n\n", "{a@a: 1@1, b@b: x@'x', c@c: 1@1}"),
        ("a: [x ,y]\n", "{a@a: [x@x, y@y]}"),
        (
            " {\"a\" : [1, -2.5e3, true, null, \"é\"], \"\\u0062\": {}}\r\n",
            "{a@\"a\": [1@1, -2.5e3@-2.5e3, true@true, null@null, é@\"é\"], b@\"\\u0062\": {}}",
        ),
        ("\u{feff}\n{\"a\":\"x\\ny\"}", "{a@\"a\": x\ny@\"x\\ny\"}"),
        ("{}", "{}"),
        ("[]", "[]"),
    ] {
        let (sources, parsed) = read(text, &Limits::default());
        assert_eq!(parsed.diagnostics, [], "{text:?}");
        assert_eq!(show(parsed.value.root(), &sources), expected, "{text:?}");
    }
}

#[test]
fn block_scalars_are_texts() {
    let (_, parsed) = read("a: |\n  true\n  x\nb: >-\n  12\n", &Limits::default());
    let texts = parsed.value.root().map().map(|map| map.iter().filter_map(|entry| entry.value.scalar()).collect());
    let texts: Vec<_> = texts.unwrap_or_default();
    assert_eq!(texts.iter().map(|scalar| scalar.text).collect::<Vec<_>>(), ["true\nx\n", "12"]);
    assert!(texts.iter().all(|scalar| scalar.is_quoted));
}

#[test]
fn what_cannot_be_read_is_told_at_its_place() {
    for (text, expected) in [
        ("a: 1\nb: 2\na: 3\n", "test:3:1 input/duplicate-key"),
        ("{\"a\": 1, \"\\u0061\": 2}", "test:1:10 input/duplicate-key"),
        ("a: 1\n---\nb: 2\n", "test:2:1 input/documents"),
        ("a: &x {}\nb: { <<: *x }\n", "test:2:6 input/merge-key"),
        ("a: !mine 1\n", "test:1:4 input/tag"),
        ("a: !!python/object 1\n", "test:1:4 input/tag"),
        ("? [a]\n: 1\n", "test:1:3 input/complex-key"),
        ("a: &x [*x]\n", "test:1:8 input/alias-in-itself"),
        ("a:\n\tb: 1\n", "test:2:2 input/yaml-syntax"),
        ("é: [\n", "test:2:1 input/yaml-syntax"),
        ("{\"a\": 01}", "test:1:8 input/json-syntax"),
        ("{\"a\": 1,}", "test:1:9 input/json-syntax"),
        ("{\"a\": tru}", "test:1:10 input/json-syntax"),
        ("{\"a\": NaN}", "test:1:7 input/json-syntax"),
        ("{\"é\": }", "test:1:7 input/json-syntax"),
        ("{} {}", "test:1:4 input/json-syntax"),
        ("{\"a\"", "test:1:5 input/json-syntax"),
    ] {
        assert_eq!(first_mistake(text, &Limits::default()), expected, "{text:?}");
    }
}

#[test]
fn limits_stop_the_reader() {
    let limits = Limits { bytes: 1000, depth: 4, nodes: 50, alias_expansions: 20, documents: 1 };
    for (text, expected) in [
        (" ".repeat(1001), "test:1:1 input/too-large"),
        ("[[[[[]]]]]".to_owned(), "test:1:5 input/too-deep"),
        ("{\"a\":[[[[]]]]}".to_owned(), "test:1:9 input/too-deep"),
        (format!("[{}]", "1,".repeat(60)), "test:1:100 input/too-many-values"),
        ("a: &a [1, 1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]\n".to_owned(), "test:3:12 input/too-many-aliases"),
        ("a: &a [[1]]\nb: [[*a]]\n".to_owned(), "test:2:6 input/too-deep"),
    ] {
        assert_eq!(first_mistake(&text, &limits), expected, "{text:?}");
    }
    assert!(first_mistake(&"[".repeat(1_000_000), &Limits::default()).ends_with("input/too-deep"));
    assert!(first_mistake(&"{\"a\":".repeat(1_000_000), &Limits::default()).ends_with("input/too-deep"));
}

#[test]
fn many_keys_are_compared_as_few_are() {
    let keys: Vec<String> = (0..40).map(|number| format!("k{number}: 1\n")).collect();
    let text = format!("{}k7: 2\nk7: 3\n", keys.concat());
    let (sources, parsed) = read(&text, &Limits::default());
    let places: Vec<String> =
        parsed.diagnostics.iter().flat_map(|one| one.labels.iter().map(|label| sources.place(label.span))).collect();
    assert_eq!(places, ["test:41:1", "test:8:1", "test:42:1", "test:8:1"]);
}

/// Walks everything, so that every offset is used.
fn walk(node: Node<'_>, sources: &SourceMap) {
    let _ = sources.text(node.span());
    match node.value() {
        Value::Scalar(scalar) => {
            let _ = node.span_of(0..scalar.text.len());
        }
        Value::List(list) => list.iter().for_each(|node| walk(node, sources)),
        Value::Map(map) => map.iter().for_each(|entry| walk(entry.value, sources)),
    }
}

fn never_panics(text: &str) {
    let limits = Limits { nodes: 10_000, alias_expansions: 1000, ..Limits::default() };
    let (sources, parsed) = read(text, &limits);
    walk(parsed.value.root(), &sources);
    for label in parsed.diagnostics.iter().flat_map(|one| &one.labels) {
        assert!(label.span.end as usize <= text.len() && label.span.start <= label.span.end, "{text:?}");
        assert!(text.is_char_boundary(label.span.start as usize), "{text:?}");
        let _ = sources.position(label.span);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        never_panics(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn anything_like_yaml_or_json_can_be_read(text in "[-\\[\\]{}:,#&*!|>'\"%@`?~<\\\\ \t\r\n\u{feff}éa01.u]{0,80}") {
        never_panics(&text);
        never_panics(&format!("{{{text}"));
    }

    #[test]
    fn plain_words_stand_where_they_are_said_to(words in proptest::collection::vec("[a-zé字][a-z0-9é字.]{0,8}", 1..20)) {
        let lines: Vec<String> = words.iter().map(|word| format!("- {word} # {word}\n")).collect();
        let text = lines.concat();
        let (sources, parsed) = read(&text, &Limits::default());
        let list = parsed.value.root().list().map(|list| list.iter().collect::<Vec<_>>()).unwrap_or_default();
        prop_assert_eq!(list.len(), words.len());
        for (node, word) in list.into_iter().zip(&words) {
            prop_assert_eq!(sources.text(node.span()), word.as_str());
        }
    }
}
