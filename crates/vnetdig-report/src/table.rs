//! Tables for documents and spreadsheets: Markdown and CSV.

use std::fmt::Write as _;

use crate::text::plain;
use crate::view::{MatrixCellView, MatrixView, VerdictView};

/// What a verdict is called.
pub(crate) fn verdict(verdict: VerdictView) -> &'static str {
    match verdict {
        VerdictView::Private => "private",
        VerdictView::Public => "public",
        VerdictView::Answered => "answered",
        VerdictView::Failed => "failed",
        VerdictView::Undetermined => "undetermined",
        VerdictView::Depends => "depends",
    }
}

/// The matrix as a Markdown table: one row for each client, one column for each name.
#[must_use]
pub fn markdown(view: &MatrixView) -> String {
    let mut text = String::from("| client |");
    for name in &view.names {
        write!(text, " {} |", cell_of_markdown(&name.target)).expect("writing to a string");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(view.names.len()));
    text.push('\n');
    for (row, client) in view.clients.iter().enumerate() {
        write!(text, "| {} |", cell_of_markdown(&client.name)).expect("writing to a string");
        for cell in &view.cells[row * view.names.len()..][..view.names.len()] {
            let what = format!("{}, {}", verdict(cell.verdict), cell.text);
            write!(text, " {} |", cell_of_markdown(&what)).expect("writing to a string");
        }
        text.push('\n');
    }
    text
}

/// Text in a cell of a Markdown table: nothing in it ends the cell or begins markup.
fn cell_of_markdown(text: &str) -> String {
    let mut written = String::new();
    for c in plain(text).chars() {
        if "\\`*_{}[]<>()#+!|~&".contains(c) {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

/// The matrix as CSV (RFC 4180): a header, then one line for each client and name.
#[must_use]
pub fn csv(view: &MatrixView) -> String {
    let mut text = String::from("client,name,verdict,addresses,kinds,service,reachable,cause,missing\r\n");
    for cell in &view.cells {
        let fields = [
            cell.client.clone(),
            cell.name.clone(),
            verdict(cell.verdict).to_owned(),
            joined(cell, |address| &address.address),
            joined(cell, |address| address.kind),
            cell.service.clone().unwrap_or_default(),
            cell.reachable.map(|reachable| reachable.to_string()).unwrap_or_default(),
            cell.cause.unwrap_or_default().to_owned(),
            cell.missing.clone().unwrap_or_default(),
        ];
        let fields: Vec<String> = fields.iter().map(|field| field_of_csv(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

fn joined<'v>(cell: &'v MatrixCellView, part: impl Fn(&'v crate::view::MatrixAddressView) -> &'v str) -> String {
    cell.addresses.iter().map(part).collect::<Vec<_>>().join(" ")
}

/// A field: quoted where it has to be. What a spreadsheet would take for a formula begins with an apostrophe.
fn field_of_csv(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', ' ']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_comma_a_quote_or_a_line_break_is_quoted() {
        for (text, field) in [
            ("web-1", "web-1"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "\"a\nb\""),
            ("=1+1", "'=1+1"),
            ("", ""),
        ] {
            assert_eq!(field_of_csv(text), field);
        }
    }

    #[test]
    fn nothing_in_a_name_ends_a_cell() {
        assert_eq!(cell_of_markdown("a|b\n<c>"), "a\\|b\\\\n\\<c\\>");
    }
}
