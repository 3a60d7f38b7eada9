//! Pictures of networks: Mermaid for documents, DOT for Graphviz, SVG with a layout of its own.

mod dot;
mod mermaid;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;

use crate::text::plain;
use crate::view::{EdgeView, GraphView, NodeKind, NodeView, PathStepView, SubnetView};

/// What a box is headed with.
fn title(node: &NodeView) -> String {
    let kind = match node.kind {
        NodeKind::Vnet | NodeKind::Internet => "",
        NodeKind::VirtualHub => "Virtual WAN hub ",
        NodeKind::Site => "on-premises ",
        NodeKind::Zone => "zone ",
        NodeKind::Ruleset => "ruleset ",
    };
    plain(&format!("{kind}{}", node.name))
}

/// The lines of a subnet: its name, then what stands in it.
fn lines(subnet: &SubnetView) -> Vec<String> {
    let mut lines = Vec::new();
    if !subnet.name.is_empty() {
        let parts = std::iter::once(&subnet.name).chain(&subnet.prefixes);
        let mut head = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
        if !subnet.guards.is_empty() {
            head = format!("{head} ({})", subnet.guards.join(", "));
        }
        lines.push(plain(&head));
    }
    for thing in &subnet.things {
        let address = thing.address.as_ref().map(|address| format!(" {address}")).unwrap_or_default();
        lines.push(plain(&format!("• {} {}{address}", thing.kind, thing.name)));
    }
    lines
}

/// The numbers of the way that crosses a line: `1, 3`.
fn numbers(view: &GraphView, edge: &EdgeView) -> Option<String> {
    let numbers: Vec<String> = view.numbers_between(&edge.from, &edge.to).iter().map(ToString::to_string).collect();
    let is_way = !numbers.is_empty() && edge.kind != crate::view::EdgeKind::DnsLink;
    is_way.then(|| numbers.join(", "))
}

/// The links of the way that no line stands for: through a device, over the internet, by point-to-site VPN.
fn unlined(view: &GraphView) -> impl Iterator<Item = &PathStepView> {
    view.path.iter().filter(|step| {
        let is_lined = |edge: &EdgeView| {
            edge.kind != crate::view::EdgeKind::DnsLink
                && ((edge.from == step.from && edge.to == step.to) || (edge.from == step.to && edge.to == step.from))
        };
        step.from != step.to && !view.edges.iter().any(is_lined)
    })
}

/// The links of the way that lead through something inside a box: `2 firewall fw`.
fn inside(view: &GraphView, id: &str) -> Vec<String> {
    let steps = view.path.iter().filter(|step| step.from == id && step.to == id);
    steps.map(|step| plain(&format!("{} {}", step.number, step.text))).collect()
}

/// The regions in the order they first appear, each with its boxes.
fn regions(view: &GraphView) -> Vec<(Option<&str>, Vec<&NodeView>)> {
    let mut regions: Vec<(Option<&str>, Vec<&NodeView>)> = Vec::new();
    for node in view.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Vnet | NodeKind::VirtualHub)) {
        let region = node.region.as_deref();
        match regions.iter_mut().find(|(known, _)| *known == region) {
            Some((_, nodes)) => nodes.push(node),
            None => regions.push((region, vec![node])),
        }
    }
    regions
}
