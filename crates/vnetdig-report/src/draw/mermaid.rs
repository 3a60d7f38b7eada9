//! A Mermaid flowchart.

use std::fmt::Write as _;

use super::{inside, lines, numbers, regions, title, unlined};
use crate::text::plain;
use crate::view::{EdgeKind, GraphView, NodeKind, NodeView};

/// The picture as a Mermaid flowchart.
#[must_use]
pub fn mermaid(view: &GraphView) -> String {
    let mut text = String::from("flowchart LR\n");
    for (index, (region, nodes)) in regions(view).into_iter().enumerate() {
        let name = region.map_or_else(|| "no region".to_owned(), plain);
        writeln!(text, "  subgraph region{index} [\"{}\"]", escaped(&name)).expect("writing to a string");
        for node in nodes {
            network(view, node, &mut text);
        }
        text.push_str("  end\n");
    }
    for node in &view.nodes {
        let (open, close) = match node.kind {
            NodeKind::Vnet | NodeKind::VirtualHub => continue,
            NodeKind::Site => ("[/", "/]"),
            NodeKind::Internet => ("([", "])"),
            NodeKind::Zone => ("[(", ")]"),
            NodeKind::Ruleset => ("{{", "}}"),
        };
        let label = label(view, node);
        writeln!(text, "  {}{open}\"{label}\"{close}", node.id).expect("writing to a string");
    }
    for edge in &view.edges {
        let numbers = numbers(view, edge);
        let line = match (edge.kind, edge.is_up, &numbers) {
            (_, true, Some(_)) => "===",
            (EdgeKind::DnsLink, ..) | (_, false, _) => "-.-",
            _ => "---",
        };
        let notes = edge.notes.iter().map(|note| escaped(&plain(note)));
        let notes: Vec<String> = numbers.into_iter().chain(notes).collect();
        let label = if notes.is_empty() { String::new() } else { format!("|\"{}\"|", notes.join("<br/>")) };
        writeln!(text, "  {} {line}{label} {}", edge.from, edge.to).expect("writing to a string");
    }
    for step in unlined(view) {
        let label = escaped(&plain(&format!("{} {}", step.number, step.text)));
        writeln!(text, "  {} ==>|\"{label}\"| {}", step.from, step.to).expect("writing to a string");
    }
    text
}

fn network(view: &GraphView, node: &NodeView, text: &mut String) {
    writeln!(text, "    {}[\"{}\"]", node.id, label(view, node)).expect("writing to a string");
}

fn label(view: &GraphView, node: &NodeView) -> String {
    let mut parts = vec![format!("<b>{}</b>", escaped(&title(node)))];
    parts.extend(node.details.iter().map(|detail| escaped(&plain(detail))));
    parts.extend(node.subnets.iter().flat_map(lines).map(|line| escaped(&line)));
    parts.extend(inside(view, &node.id).iter().map(|step| format!("<b>{}</b>", escaped(step))));
    parts.join("<br/>")
}

/// Text in a label: nothing in it ends the label or is read as HTML or Markdown.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' | '|' | '[' | ']' | '{' | '}' | '(' | ')' | '*' | '_' => {
                write!(written, "#{};", u32::from(c)).expect("writing to a string");
            }
            c => written.push(c),
        }
    }
    written
}
