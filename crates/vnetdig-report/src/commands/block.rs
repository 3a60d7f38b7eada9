//! Terraform and Bicep as text: one kind of value, written in either language.

use std::fmt::Write as _;

/// A value of an argument or property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// An expression, a number or a truth value, as it stands.
    Word(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Map(Vec<(&'static str, Value)>),
    /// A nested block in Terraform; an object in Bicep.
    Block(Vec<(&'static str, Value)>),
}

/// Arguments or properties in the order they are written.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// A string.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// An expression, a number or a truth value.
pub(super) fn word(word: impl std::fmt::Display) -> Value {
    Value::Word(format!("{word}"))
}

/// A list of strings.
pub(super) fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Value {
    Value::List(values.into_iter().map(|value| Value::Text(value.to_string())).collect())
}

/// A Terraform block: `resource "azurerm_route" "label" { … }`.
pub(super) fn hcl(head: &str, fields: &Fields) -> String {
    let mut out = format!("{head} {{\n");
    hcl_fields(&mut out, fields, 1);
    out.push('}');
    out
}

fn hcl_fields(out: &mut String, fields: &Fields, depth: usize) {
    let indent = "  ".repeat(depth);
    for (key, value) in fields {
        if let Value::Block(inner) = value {
            let _ = writeln!(out, "{indent}{key} {{");
            hcl_fields(out, inner, depth + 1);
            let _ = writeln!(out, "{indent}}}");
        } else {
            let _ = writeln!(out, "{indent}{key} = {}", hcl_value(value, depth));
        }
    }
}

fn hcl_value(value: &Value, depth: usize) -> String {
    match value {
        Value::Text(text) => hcl_text(text),
        Value::Word(word) => word.clone(),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|value| hcl_value(value, depth)).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(fields) | Value::Block(fields) => {
            let mut out = "{\n".to_owned();
            hcl_fields(&mut out, fields, depth + 1);
            let _ = write!(out, "{}}}", "  ".repeat(depth));
            out
        }
    }
}

/// A quoted string of HCL; `${` and `%{` would begin a template.
fn hcl_text(text: &str) -> String {
    let mut out = "\"".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(character);
                out.push(character);
            }
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// A Bicep resource: `resource symbol 'type@version' = { … }`; `existing` for one that is only referred to.
pub(super) fn bicep(symbol: &str, kind: &str, existing: bool, fields: &Fields) -> String {
    let existing = if existing { " existing" } else { "" };
    format!("resource {symbol} {}{existing} = {}", bicep_text(kind), bicep_object(fields, 0))
}

fn bicep_object(fields: &Fields, depth: usize) -> String {
    let mut out = "{\n".to_owned();
    for (key, value) in fields {
        let _ = writeln!(out, "{}{key}: {}", "  ".repeat(depth + 1), bicep_value(value, depth + 1));
    }
    let _ = write!(out, "{}}}", "  ".repeat(depth));
    out
}

fn bicep_value(value: &Value, depth: usize) -> String {
    match value {
        Value::Text(text) => bicep_text(text),
        Value::Word(word) => word.clone(),
        Value::List(values) if values.is_empty() => "[]".to_owned(),
        Value::List(values) => {
            let mut out = "[\n".to_owned();
            for value in values {
                let _ = writeln!(out, "{}{}", "  ".repeat(depth + 1), bicep_value(value, depth + 1));
            }
            let _ = write!(out, "{}]", "  ".repeat(depth));
            out
        }
        Value::Map(fields) | Value::Block(fields) => bicep_object(fields, depth),
    }
}

/// A quoted string of Bicep; `${` would begin an interpolation.
pub(super) fn bicep_text(text: &str) -> String {
    let mut out = "'".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '$' if rest.peek() == Some(&'{') => out.push_str("\\$"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(control));
            }
            character => out.push(character),
        }
    }
    out.push('\'');
    out
}

/// A name that both languages take for what something is called within one file.
pub(super) fn symbol(words: &[&str]) -> String {
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push('_');
        }
        for character in word.chars() {
            match character {
                '_' => out.push_str("__"),
                '-' | '.' | '/' => out.push('_'),
                plain if plain.is_ascii_alphanumeric() => out.push(plain),
                other => {
                    let _ = write!(out, "u{:x}_", u32::from(other));
                }
            }
        }
    }
    if !out.starts_with(|first: char| first.is_ascii_alphabetic()) {
        out.insert(0, 'r');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_so_that_nothing_in_them_is_an_expression() {
        for (given, in_hcl, in_bicep) in [
            ("hub", r#""hub""#, "'hub'"),
            (r#"a"b'c\d"#, r#""a\"b'c\\d""#, r#"'a"b\'c\\d'"#),
            ("${x} %{y} $z", r#""$${x} %%{y} $z""#, r"'\${x} %{y} $z'"),
            ("a\nb", r#""a\u000ab""#, r"'a\u{a}b'"),
        ] {
            assert_eq!((hcl_text(given), bicep_text(given)), (in_hcl.to_owned(), in_bicep.to_owned()), "{given:?}");
        }
    }

    #[test]
    fn symbols_begin_with_a_letter_and_hold_no_other_signs() {
        for (words, expected) in
            [(&["vnet", "hub-1"][..], "vnet_hub_1"), (&["a_b"], "a__b"), (&["1x"], "r1x"), (&["ü"], "ufc_"), (&[], "r")]
        {
            assert_eq!(symbol(words), expected, "{words:?}");
        }
    }
}
