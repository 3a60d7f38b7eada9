//! A graph for Graphviz.

use std::fmt::Write as _;

use super::{inside, lines, numbers, regions, title, unlined};
use crate::text::plain;
use crate::view::{EdgeKind, GraphView, NodeKind, NodeView};

/// The picture in the DOT language.
#[must_use]
pub fn dot(view: &GraphView) -> String {
    let mut text = String::from(
        "graph network {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n  \
         edge [fontname=\"sans-serif\", fontsize=9];\n",
    );
    for (index, (region, nodes)) in regions(view).into_iter().enumerate() {
        let name = region.map_or_else(|| "no region".to_owned(), plain);
        writeln!(text, "  subgraph cluster_{index} {{\n    label={};", quoted(&name)).expect("writing to a string");
        for node in nodes {
            writeln!(text, "    {} [label={}];", node.id, label(view, node)).expect("writing to a string");
        }
        text.push_str("  }\n");
    }
    for node in &view.nodes {
        let shape = match node.kind {
            NodeKind::Vnet | NodeKind::VirtualHub => continue,
            NodeKind::Site => "house",
            NodeKind::Internet => "ellipse",
            NodeKind::Zone => "cylinder",
            NodeKind::Ruleset => "hexagon",
        };
        let label = label(view, node);
        writeln!(text, "  {} [shape={shape}, label={label}];", node.id).expect("writing to a string");
    }
    for edge in &view.edges {
        let numbers = numbers(view, edge);
        let style = match (edge.kind, edge.is_up, &numbers) {
            (_, true, Some(_)) => "bold",
            (EdgeKind::DnsLink, true, _) => "dotted",
            (_, false, _) => "dashed",
            _ => "solid",
        };
        let notes = numbers.into_iter().chain(edge.notes.iter().map(|note| plain(note)));
        let notes: Vec<String> = notes.collect();
        writeln!(text, "  {} -- {} [style={style}, label={}];", edge.from, edge.to, quoted(&notes.join("\n")))
            .expect("writing to a string");
    }
    for step in unlined(view) {
        let label = quoted(&plain(&format!("{} {}", step.number, step.text)));
        writeln!(text, "  {} -- {} [style=bold, dir=forward, label={label}];", step.from, step.to)
            .expect("writing to a string");
    }
    text.push_str("}\n");
    text
}

fn label(view: &GraphView, node: &NodeView) -> String {
    let mut parts = vec![title(node)];
    parts.extend(node.details.iter().map(|detail| plain(detail)));
    parts.extend(node.subnets.iter().flat_map(lines));
    parts.extend(inside(view, &node.id));
    quoted(&parts.join("\n"))
}

/// A quoted string: line breaks begin lines, and nothing ends it early or is read as an escape.
fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}
