//! Terraform and Bicep, read by their own grammars; Terraform's arguments held against a table.

use std::collections::BTreeMap;

use hcl_edit::Decorate as _;
use hcl_edit::structure::{Block, Body, Structure};
use vnetdig_model::edit::Edit;
use vnetdig_report::commands;

use crate::examples::{Sort, edits, sort, topology, word};

const TABLE: &str = include_str!("../terraform_arguments.txt");

/// Needed and other arguments of each resource, data source and block.
fn table() -> BTreeMap<&'static str, (Vec<&'static str>, Vec<&'static str>)> {
    let mut table: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    let mut name = "";
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(rest) = line.strip_prefix("  ") else {
            name = line;
            assert!(table.insert(name, <_>::default()).is_none(), "{name} stands there twice");
            continue;
        };
        let (key, words) = rest.split_once(' ').expect("a key and words");
        let entry = table.entry(name).or_default();
        let into = if key == "needs" { &mut entry.0 } else { &mut entry.1 };
        into.extend(words.split(' '));
    }
    table
}

/// What is wrong with a text of Terraform.
fn mistake(text: &str) -> Option<String> {
    let body: Body = match text.parse() {
        Ok(body) => body,
        Err(error) => return Some(error.to_string()),
    };
    let table = table();
    let mut addresses: Vec<String> = Vec::new();
    for structure in &body {
        let Structure::Block(block) = structure else { return Some("an argument stands at the top".to_owned()) };
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        let [kind, label] = labels.as_slice() else { return Some("a block has two labels".to_owned()) };
        let address = format!("{} {kind} {label}", block.ident.as_str());
        let comment = block.decor().prefix().map(|prefix| prefix.to_string()).unwrap_or_default();
        let is_whole = !comment.contains("# existing: ");
        // Several changes go into the one block that is there.
        if is_whole && addresses.contains(&address) {
            return Some(format!("{address} stands there twice"));
        }
        addresses.push(address);
        if let Some(mistake) = block_mistake(&table, &format!("{} {kind}", block.ident.as_str()), block, is_whole) {
            return Some(mistake);
        }
    }
    None
}

fn block_mistake(
    table: &BTreeMap<&str, (Vec<&str>, Vec<&str>)>,
    name: &str,
    block: &Block,
    is_whole: bool,
) -> Option<String> {
    let Some((needed, others)) = table.get(name) else { return Some(format!("no {name} in the table")) };
    let mut seen: Vec<String> = Vec::new();
    for structure in &block.body {
        let key = match structure {
            Structure::Attribute(attribute) => attribute.key.as_str().to_owned(),
            Structure::Block(inner) => {
                let key = inner.ident.as_str().to_owned();
                if let Some(mistake) = block_mistake(table, &format!("{name}.{key}"), inner, is_whole) {
                    return Some(mistake);
                }
                key
            }
        };
        if !needed.contains(&key.as_str()) && !others.contains(&key.as_str()) {
            return Some(format!("{name} has no {key}"));
        }
        seen.push(key);
    }
    let missing = needed.iter().find(|needed| is_whole && !seen.iter().any(|seen| seen == *needed));
    missing.map(|missing| format!("{name} needs {missing}"))
}

/// Where a text of Bicep is not Bicep.
fn bicep_mistake(text: &str) -> Option<String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the grammar loads");
    let tree = parser.parse(text, None).expect("there is no time limit");
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.is_error() || node.is_missing() {
            return Some(format!("line {}: {}", node.start_position().row + 1, &text[node.byte_range()]));
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor));
    }
    None
}

#[test]
fn terraform_parses_and_knows_its_arguments() {
    let topology = topology();
    let mut blocks = 0;
    for edit in edits(&topology) {
        let Some(text) = commands(&topology, std::slice::from_ref(&edit)).terraform else { continue };
        assert_eq!(mistake(&text), None, "{edit:?}\n{text}");
        blocks += text.matches("\nresource \"").count() + usize::from(text.starts_with("resource"));
    }
    assert!(blocks > 60, "only {blocks} resources were checked");
}

#[test]
fn the_check_of_terraform_finds_mistakes() {
    let route = "name = \"a\"\n resource_group_name = \"b\"\n route_table_name = \"c\"\n address_prefix = \"d\"\n";
    for (text, expected) in [
        (format!("resource \"azurerm_route\" \"x\" {{\n {route} next_hop_type = \"None\"\n}}\n"), None),
        (format!("resource \"azurerm_route\" \"x\" {{\n {route}\n}}\n"), Some("needs next_hop_type")),
        (format!("# existing: x\nresource \"azurerm_route\" \"x\" {{\n {route}\n}}\n"), None),
        ("resource \"azurerm_route\" \"x\" {\n hop = 1\n}\n".to_owned(), Some("has no hop")),
        ("resource \"azurerm_rout\" \"x\" {\n}\n".to_owned(), Some("no resource azurerm_rout")),
        ("resource \"azurerm_route\" \"x\" {".to_owned(), Some("")),
    ] {
        let found = mistake(&text);
        assert_eq!(found.is_some(), expected.is_some(), "{text}: {found:?}");
        assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
    }
}

#[test]
fn bicep_parses() {
    let topology = topology();
    let mut resources = 0;
    for edit in edits(&topology) {
        let Some(text) = commands(&topology, std::slice::from_ref(&edit)).bicep else { continue };
        assert_eq!(bicep_mistake(&text), None, "{edit:?}\n{text}");
        let mut symbols: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("resource ")?.split(' ').next()).collect();
        resources += symbols.len();
        let count = symbols.len();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), count, "a symbol is declared twice\n{text}");
    }
    assert!(resources > 60, "only {resources} resources were parsed");
    for wrong in ["resource x 'a@b' = {", "resource 'x' = {\n}", "resource x 'a@b' = {\n  name: 'x\n}"] {
        assert!(bicep_mistake(wrong).is_some(), "{wrong}");
    }
}

#[test]
fn several_edits_share_what_they_refer_to() {
    let topology = topology();
    let links: Vec<Edit> = edits(&topology).into_iter().take(2).collect();
    let found = commands(&topology, &links);
    let terraform = found.terraform.expect("links are resources");
    assert_eq!(mistake(&terraform), None, "{terraform}");
    let bicep = found.bicep.expect("links are resources");
    assert_eq!(bicep.matches("existing = {").count(), 1, "{bicep}");
}

/// Symbols that are declared twice, unless both are changes of what exists, each put into the one declaration.
fn twice(bicep: &str) -> Option<&str> {
    let mut seen: Vec<(&str, bool)> = Vec::new();
    let mut before = "";
    for line in bicep.lines() {
        if let Some(symbol) = line.strip_prefix("resource ").and_then(|rest| rest.split(' ').next()) {
            let is_change = before.starts_with("// existing: ");
            if seen.iter().any(|(known, change)| *known == symbol && !(*change && is_change)) {
                return Some(symbol);
            }
            seen.push((symbol, is_change));
        }
        before = line;
    }
    None
}

#[test]
fn any_two_edits_stand_in_one_file() {
    let topology = topology();
    let mut one_of_each: Vec<Edit> = Vec::new();
    for edit in edits(&topology) {
        if sort(&edit) == Sort::InAzure && !one_of_each.iter().any(|known| word(known) == word(&edit)) {
            one_of_each.push(edit);
        }
    }
    for first in &one_of_each {
        for second in &one_of_each {
            let pair = [first.clone(), second.clone()];
            let found = commands(&topology, &pair);
            let (terraform, bicep) = (found.terraform.unwrap_or_default(), found.bicep.unwrap_or_default());
            assert_eq!(mistake(&terraform), None, "{first:?} and {second:?}\n{terraform}");
            assert_eq!(bicep_mistake(&bicep), None, "{bicep}");
            assert_eq!(twice(&bicep), None, "{first:?} and {second:?}\n{bicep}");
        }
    }
}
