//! `vnetdig graph`.

use crate::Folder;
use crate::matrix::{ESTATE, estate};

/// Names that could end a label, begin markup, or break a line.
const HOSTILE: [&str; 3] = ["a\\\"b", "<script>x<b>", "line\\nbreak"];

fn hostile() -> Folder {
    let mut text = ESTATE.to_owned();
    for (client, name) in ["web-1", "web-2", "probe"].into_iter().zip(HOSTILE) {
        text = text.replace(&format!("    {client}:"), &format!("    \"{name}\":"));
    }
    Folder::new().with("estate.vnetdig.yaml", text)
}

#[test]
fn networks_stand_in_their_regions_with_what_is_in_them() {
    let ran = estate().expect("graph -s estate.vnetdig.yaml", 0);
    assert!(ran.stdout.starts_with("flowchart LR\n"), "{ran}");
    ran.answers("[\"westeurope\"]").answers("private endpoint orders-pe 10.2.0.5").answers("vnet0 --- vnet1");
}

#[test]
fn a_peering_that_is_down_is_dashed_and_says_why() {
    let text = ESTATE.replace("between: [hub, data]", "half: hub -> data");
    let folder = Folder::new().with("estate.vnetdig.yaml", text);
    folder.expect("graph -s estate.vnetdig.yaml", 0).answers("-.-").answers("data: no half");
    folder.expect("graph -s estate.vnetdig.yaml -o dot", 0).answers("style=dashed");
    folder.expect("graph -s estate.vnetdig.yaml -o svg", 0).answers("stroke-dasharray");
}

#[test]
fn the_way_of_a_connection_is_numbered() {
    let folder = estate();
    let line = "graph -s estate.vnetdig.yaml --path web-1=10.0.0.4:22";
    folder.expect(line, 0).answers("vnet0 ===|\"1\"| vnet1");
    folder.expect(&format!("{line} -o dot"), 0).answers("style=bold, label=\"1\"");
    folder.expect(&format!("{line} -o svg"), 0).answers("stroke-width=\"2.5\"").answers(">1</text>");
    let blocked = "graph -s estate.vnetdig.yaml --path web-1=orders.postgres.database.azure.com";
    folder.expect(blocked, 0).says("peering-not-transitive");
    folder.expect("graph -s estate.vnetdig.yaml --path web-1", 2).says("CLIENT=TARGET");
    folder.expect("graph -s estate.vnetdig.yaml --path web-9=10.0.0.4:22", 2).says("web-");
}

#[test]
fn nothing_in_a_name_ends_a_label_of_mermaid() {
    let ran = hostile().expect("graph -s estate.vnetdig.yaml", 0);
    assert!(!ran.stdout.contains("<script>"), "{ran}");
    for line in ran.stdout.lines() {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        assert!(line.matches('"').count() <= 2, "{line}");
    }
}

#[test]
fn nothing_in_a_name_ends_a_string_of_dot() {
    let ran = hostile().expect("graph -s estate.vnetdig.yaml -o dot", 0);
    ran.answers("a\\\"b");
    let ran = hostile().expect("graph -s estate.vnetdig.yaml -o dot", 0);
    for line in ran.stdout.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
    }
}

#[test]
fn the_svg_is_xml_whatever_the_names_hold() {
    for arguments in ["", " --path probe=10.0.0.4:22"] {
        let folder = if arguments.is_empty() { hostile() } else { estate() };
        let ran = folder.expect(&format!("graph -s estate.vnetdig.yaml -o svg{arguments}"), 0);
        assert!(!ran.stdout.contains("<script"), "{ran}");
        well_formed(&ran.stdout);
    }
}

/// Demands that a text is one XML element: tags nest and close, attributes are quoted, `&` and `<` are only markup.
fn well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    let mut roots = 0;
    while let Some(start) = rest.find('<') {
        content(&rest[..start]);
        let end = tag_end(&rest[start..]);
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
            continue;
        }
        let is_empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let name = tag.split(char::is_whitespace).next().unwrap_or_default();
        assert!(!name.is_empty() && name.chars().all(char::is_alphabetic), "<{tag}>");
        roots += usize::from(open.is_empty());
        attributes(tag[name.len()..].trim());
        if !is_empty {
            open.push(name);
        }
    }
    assert!(open.is_empty() && roots == 1 && rest.trim().is_empty(), "{open:?} {roots} {rest:?}");
}

/// Where a tag ends, quotes considered.
fn tag_end(text: &str) -> usize {
    let mut is_quoted = false;
    for (index, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return index,
            _ => {}
        }
    }
    panic!("a tag does not end: {text}");
}

fn attributes(text: &str) {
    let mut rest = text;
    while !rest.is_empty() {
        let (name, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("no attribute: {rest}"));
        assert!(name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | ':')), "{name}");
        let (value, behind) = behind.split_once('"').unwrap_or_else(|| panic!("no end: {behind}"));
        assert!(!value.contains('<'), "{value}");
        content(value);
        rest = behind.trim_start();
    }
}

/// Character data: no control characters, and every `&` begins a reference.
fn content(text: &str) {
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    assert!(!text.contains('>'), "{text}");
    for reference in text.split('&').skip(1) {
        let (name, _) = reference.split_once(';').unwrap_or_else(|| panic!("a bare ampersand: {text}"));
        assert!(matches!(name, "amp" | "lt" | "gt" | "quot" | "#39"), "&{name};");
    }
}

#[test]
fn there_is_nothing_to_draw_without_a_network() {
    let none = "vnetdig: 1\ntopology: {}\n";
    Folder::new().with("a.vnetdig.yaml", none).expect("graph -s a.vnetdig.yaml", 3).answers_nothing().says("network");
}
