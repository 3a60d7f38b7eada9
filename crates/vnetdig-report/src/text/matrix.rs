//! The matrix as text: clients that behave alike, and below them a line for each name.

use std::fmt::Write as _;

use super::{Style, TextOptions, fill, plain, width};
use crate::table::verdict;
use crate::view::{MatrixCellView, MatrixView, VerdictView};
use crate::words::counted;

/// What every client gets of every name.
#[must_use]
pub fn matrix(view: &MatrixView, options: TextOptions) -> String {
    let mut text = String::new();
    let columns = view.names.len();
    for clients in &view.classes {
        let Some(first) = clients.first() else { continue };
        let names: Vec<String> = clients.iter().map(|client| plain(&view.clients[*client].name)).collect();
        let alike =
            if names.len() > 1 { format!("   {} alike", counted(names.len(), "client")) } else { String::new() };
        writeln!(text, "{}{alike}", options.paint(Style::Strong, &names.join(", "))).expect("writing to a string");
        let rows: Vec<[String; 4]> = view.cells[first * columns..][..columns].iter().map(row).collect();
        let widths: Vec<usize> =
            (0..3).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0)).collect();
        for (row, cell) in rows.iter().zip(&view.cells[first * columns..]) {
            let [name, verdict, addresses, reach] = row;
            let verdict_style = match cell.verdict {
                VerdictView::Private | VerdictView::Answered => Style::Good,
                VerdictView::Failed => Style::Bad,
                VerdictView::Undetermined | VerdictView::Depends => Style::Open,
                VerdictView::Public => Style::Plain,
            };
            let reach_style = match cell.reachable {
                Some(true) => Style::Good,
                Some(false) => Style::Bad,
                None => Style::Open,
            };
            let line = format!(
                "  {name}{}  {}{}  {addresses}{}  {}",
                fill(name, widths[0]),
                options.paint(verdict_style, verdict),
                fill(verdict, widths[1]),
                fill(addresses, widths[2]),
                options.paint(reach_style, reach),
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    let reachable = view.cells.iter().filter(|cell| cell.reachable == Some(true)).count();
    let blocked = view.cells.iter().filter(|cell| cell.reachable == Some(false)).count();
    let clients = counted(view.clients.len(), "client");
    let names = counted(columns, "name");
    let failed = view.cells.iter().filter(|cell| cell.verdict == VerdictView::Failed).count();
    let unresolved = if failed > 0 { format!("{failed} not resolved, ") } else { String::new() };
    let open = view.cells.len() - reachable - blocked - failed;
    writeln!(
        text,
        "{clients}, {names}: {reachable} reachable, {blocked} blocked, {unresolved}{open} not known or not judged"
    )
    .expect("writing to a string");
    text
}

fn row(cell: &MatrixCellView) -> [String; 4] {
    let addresses: Vec<String> = cell
        .addresses
        .iter()
        .map(|address| match &address.holder {
            Some(holder) => format!("{} ({} {holder})", address.address, address.kind.replace('-', " ")),
            None => address.address.clone(),
        })
        .collect();
    let port = cell.service.as_ref().map(|service| format!("{service} ")).unwrap_or_default();
    let reach = if cell.addresses.is_empty() {
        cell.missing.as_ref().map(|missing| format!("missing: {missing}")).unwrap_or_default()
    } else {
        format!("{port}{}", cell.text)
    };
    [
        plain(cell.name.trim_end_matches('.')),
        verdict(cell.verdict).to_owned(),
        plain(&addresses.join(", ")),
        plain(&reach),
    ]
}
