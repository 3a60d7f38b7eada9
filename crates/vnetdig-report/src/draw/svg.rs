//! A picture with a layout of its own: regions as columns, networks as boxes in them, on-premises networks on the
//! left, the internet and DNS on the right. Links of zones and rulesets are written, not drawn: there are too many to
//! be lines. The same view gives the same picture.

use std::fmt::Write as _;

use super::{inside, lines, numbers, regions, title, unlined};
use crate::text::plain;
use crate::view::{EdgeKind, EdgeView, GraphView, NodeKind, NodeView};

/// Width of a character of the font at its size, in pixels; monospace, so that boxes fit what is in them.
const CHARACTER: usize = 7;
/// Height of a line.
const LINE: usize = 16;
/// Space between a box and what is in it.
const PADDING: usize = 8;
/// Space between boxes of a column.
const BETWEEN: usize = 36;
/// Least space between columns.
const ASIDE: usize = 100;
/// Width of a character of what is written on lines.
const SMALL: usize = 6;
/// Space around everything.
const MARGIN: usize = 24;
/// Height of what a column is headed with.
const HEAD: usize = 28;

/// A box on the sheet.
struct Placed<'v> {
    node: &'v NodeView,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    column: usize,
    rows: Vec<(Row, String)>,
}

/// How a line in a box is written.
#[derive(Clone, Copy, PartialEq)]
enum Row {
    Title,
    Detail,
    Subnet,
    Thing,
    Way,
}

/// Everything with its place.
struct Sheet<'v> {
    placed: Vec<Placed<'v>>,
    /// The columns that are regions: what they are headed with, where they begin, how wide they are.
    heads: Vec<(String, usize, usize)>,
    size: [usize; 2],
}

struct Column<'v> {
    head: String,
    is_region: bool,
    nodes: Vec<&'v NodeView>,
}

/// The picture as SVG.
#[must_use]
pub fn svg(view: &GraphView) -> String {
    let Sheet { placed, heads, size: [width, height] } = laid_out(view);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"11\">\n\
         <title>virtual networks</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (head, x, column_width) in &heads {
        let height = height - 2 * MARGIN;
        writeln!(
            text,
            "<rect x=\"{}\" y=\"{MARGIN}\" width=\"{}\" height=\"{height}\" rx=\"6\" fill=\"#f4f6f8\"/>\n\
             <text x=\"{}\" y=\"{}\" fill=\"#57606a\" font-weight=\"bold\">{}</text>",
            x - PADDING,
            column_width + 2 * PADDING,
            x,
            MARGIN + 18,
            escaped(head),
        )
        .expect("writing to a string");
    }
    let mut labels = String::new();
    let lines = view.edges.iter().filter(|edge| edge.kind != EdgeKind::DnsLink);
    for (index, edge) in lines.enumerate() {
        line(view, edge, index, &placed, &mut text, &mut labels);
    }
    for step in unlined(view) {
        let label = format!("{} {}", step.number, step.text);
        way(&step.from, &step.to, &label, &placed, &mut text, &mut labels);
    }
    for found in &placed {
        boxed(found, &mut text);
    }
    text.push_str(&labels);
    text.push_str("</svg>\n");
    text
}

/// Where everything stands, the columns that are regions, and how large the sheet is.
fn laid_out(view: &GraphView) -> Sheet<'_> {
    let of_kind = |kinds: &[NodeKind]| -> Vec<&NodeView> {
        view.nodes.iter().filter(|node| kinds.contains(&node.kind)).collect()
    };
    let mut columns = Vec::new();
    let side = |head: &str, nodes| Column { head: head.to_owned(), is_region: false, nodes };
    columns.push(side("on-premises", of_kind(&[NodeKind::Site])));
    for (region, nodes) in regions(view) {
        let head = region.map_or_else(|| "no region".to_owned(), plain);
        columns.push(Column { head, is_region: true, nodes });
    }
    columns.push(side("internet", of_kind(&[NodeKind::Internet])));
    columns.push(side("DNS", of_kind(&[NodeKind::Zone, NodeKind::Ruleset])));
    columns.retain(|column| !column.nodes.is_empty());

    // What is written on lines has room beside the boxes.
    let notes = view.edges.iter().filter(|edge| edge.kind != EdgeKind::DnsLink).flat_map(|edge| &edge.notes);
    let longest = notes.map(|note| plain(note).chars().count()).max().unwrap_or(0);
    let aside = ASIDE + longest * SMALL;
    let mut placed = Vec::new();
    let mut heads = Vec::new();
    let (mut x, mut lowest) = (MARGIN + PADDING, MARGIN + HEAD);
    for (index, column) in columns.iter().enumerate() {
        let boxes: Vec<Vec<(Row, String)>> = column.nodes.iter().map(|node| rows(view, node)).collect();
        let widest = boxes.iter().flatten().map(|(_, row)| row.chars().count()).max().unwrap_or(0);
        let width = (widest.max(column.head.chars().count()) * CHARACTER + 2 * PADDING).max(120);
        let mut y = MARGIN + HEAD;
        for (node, rows) in column.nodes.iter().zip(boxes) {
            let height = rows.len() * LINE + 2 * PADDING;
            placed.push(Placed { node, x, y, width, height, column: index, rows });
            y += height + BETWEEN;
        }
        lowest = lowest.max(y);
        if column.is_region {
            heads.push((column.head.clone(), x, width));
        }
        x += width + aside;
    }
    let right = x.max(MARGIN + 200);
    Sheet { placed, heads, size: [right, lowest + MARGIN] }
}

fn rows(view: &GraphView, node: &NodeView) -> Vec<(Row, String)> {
    let mut rows = vec![(Row::Title, title(node))];
    rows.extend(node.details.iter().map(|detail| (Row::Detail, plain(detail))));
    for subnet in &node.subnets {
        let is_named = !subnet.name.is_empty();
        for (index, line) in lines(subnet).into_iter().enumerate() {
            rows.push(if index == 0 && is_named { (Row::Subnet, line) } else { (Row::Thing, format!("  {line}")) });
        }
    }
    let links = view.edges.iter().filter(|edge| edge.kind == EdgeKind::DnsLink && edge.from == node.id);
    for link in links {
        let name = view.node(&link.to).map(title).unwrap_or_default();
        let notes = if link.notes.is_empty() { String::new() } else { format!(" ({})", link.notes.join(", ")) };
        rows.push((Row::Thing, plain(&format!("  linked to {name}{notes}"))));
    }
    rows.extend(inside(view, &node.id).into_iter().map(|step| (Row::Way, step)));
    rows
}

fn boxed(found: &Placed<'_>, text: &mut String) {
    let Placed { node, x, y, width, height, rows, .. } = found;
    let (fill, stroke) = match node.kind {
        NodeKind::Vnet => ("#ffffff", "#0969da"),
        NodeKind::VirtualHub => ("#fff8e6", "#bf8700"),
        NodeKind::Site => ("#f6f8fa", "#57606a"),
        NodeKind::Internet => ("#f6f8fa", "#8c959f"),
        NodeKind::Zone | NodeKind::Ruleset => ("#f5f0ff", "#8250df"),
    };
    writeln!(
        text,
        "<rect id=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{fill}\" \
         stroke=\"{stroke}\"/>",
        node.id
    )
    .expect("writing to a string");
    for (index, (row, line)) in rows.iter().enumerate() {
        let style = match row {
            Row::Title => "font-weight=\"bold\" fill=\"#1f2328\"",
            Row::Detail => "fill=\"#57606a\"",
            Row::Subnet => "fill=\"#0550ae\"",
            Row::Thing => "fill=\"#1f2328\"",
            Row::Way => "font-weight=\"bold\" fill=\"#cf222e\"",
        };
        let top = y + PADDING + LINE * index + 12;
        writeln!(
            text,
            "<text x=\"{}\" y=\"{top}\" xml:space=\"preserve\" {style}>{}</text>",
            x + PADDING,
            escaped(line)
        )
        .expect("writing to a string");
    }
}

/// A line between two boxes, with what is written on it.
fn line(
    view: &GraphView,
    edge: &EdgeView,
    index: usize,
    placed: &[Placed<'_>],
    text: &mut String,
    labels: &mut String,
) {
    let Some((curve, middle, anchor)) = curve(&edge.from, &edge.to, index, placed) else { return };
    let numbers = numbers(view, edge);
    let color = match (edge.kind, edge.is_up, numbers.is_some()) {
        (.., true) => "#cf222e",
        (EdgeKind::Peering, true, _) => "#0969da",
        (EdgeKind::Connection | EdgeKind::DnsLink, true, _) => "#57606a",
        (EdgeKind::VirtualWan, ..) | (_, false, _) => "#bf8700",
    };
    let width = if numbers.is_some() { "2.5" } else { "1.2" };
    let dashes = if edge.is_up { "" } else { " stroke-dasharray=\"6 4\"" };
    writeln!(text, "<path d=\"{curve}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"{dashes}/>")
        .expect("writing to a string");
    let mut row = 0;
    let mut write = |line: &str, color: &str, weight: &str| {
        writeln!(
            labels,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"9\" fill=\"{color}\"{weight} stroke=\"#ffffff\" \
             stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
            middle[0],
            middle[1] + 11 * row,
            escaped(&plain(line))
        )
        .expect("writing to a string");
        row += 1;
    };
    if let Some(numbers) = numbers {
        write(&numbers, "#cf222e", " font-weight=\"bold\"");
    }
    for note in &edge.notes {
        write(note, "#57606a", "");
    }
}

/// A stretch of the way that no line stands for.
fn way(from: &str, to: &str, label: &str, placed: &[Placed<'_>], text: &mut String, labels: &mut String) {
    let Some((curve, middle, anchor)) = curve(from, to, 0, placed) else { return };
    writeln!(text, "<path d=\"{curve}\" fill=\"none\" stroke=\"#cf222e\" stroke-width=\"2.5\"/>")
        .expect("writing to a string");
    writeln!(
        labels,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"9\" font-weight=\"bold\" fill=\"#cf222e\" \
         stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
        middle[0],
        middle[1],
        escaped(&plain(label))
    )
    .expect("writing to a string");
}

/// A curve between two boxes, its middle, and on which side of that words stand: from side to side, or around the right side within a column. Lines of
/// one column bulge by their number, so that they lie apart.
fn curve(from: &str, to: &str, index: usize, placed: &[Placed<'_>]) -> Option<(String, [usize; 2], &'static str)> {
    let find = |id: &str| placed.iter().find(|found| found.node.id == id);
    let (from, to) = (find(from)?, find(to)?);
    let (left, right) = if from.column <= to.column { (from, to) } else { (to, from) };
    let middle_of = |found: &Placed<'_>| found.y + found.height / 2;
    let (y1, y2) = (middle_of(left), middle_of(right));
    if left.column == right.column {
        let x = left.x + left.width;
        let bulge = x + 24 + 12 * (index % 8);
        let path = format!("M {x} {y1} C {bulge} {y1} {bulge} {y2} {x} {y2}");
        // The curve comes as far as three quarters of the way to its handles.
        return Some((path, [x + (bulge - x) * 3 / 4 + 4, usize::midpoint(y1, y2)], "start"));
    }
    let (x1, x2) = (left.x + left.width, right.x);
    let turn = usize::midpoint(x1, x2);
    let path = format!("M {x1} {y1} C {turn} {y1} {turn} {y2} {x2} {y2}");
    Some((path, [turn, usize::midpoint(y1, y2)], "middle"))
}

/// Text in an element or attribute of XML, without characters that XML forbids.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => written.push('\u{fffd}'),
            c => written.push(c),
        }
    }
    written
}
