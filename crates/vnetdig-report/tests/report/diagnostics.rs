//! Diagnostics with the lines they are about.

use vnetdig_model::{Diagnostic, Id as _, SourceId, SourceMap, Span};
use vnetdig_report::diagnostics::render;

fn span(source: SourceId, start: u32, end: u32) -> Span {
    Span { source, start, end }
}

#[test]
fn each_mistake_has_its_code_its_place_its_lines_and_its_cure() {
    let mut sources = SourceMap::default();
    let first = sources.add("a.yaml", "vnets:\n  hub: {}\nlinks:\n  - zone: é, vnet: hbu\n");
    let second = sources.add("b.yaml", "zones: [é]\n");
    let unknown = Diagnostic::error("scenario/unknown-vnet", "unknown virtual network `hbu`")
        .label(span(first, 44, 47), "not declared")
        .label(span(first, 9, 12), "this one is")
        .suggest("hbu", ["hub"]);
    let twice = Diagnostic::warning("scenario/twice", "`é` is declared twice")
        .label(span(first, 34, 36), "here")
        .label(span(second, 8, 10), "and here");
    let nowhere = Diagnostic::error("command/empty", "nothing to read");
    insta::assert_snapshot!(render(&sources, &[unknown, twice, nowhere], false), @r"
    scenario/unknown-vnet

      × unknown virtual network `hbu`
       ╭─[a.yaml:4:20]
     1 │ vnets:
     2 │   hub: {}
       ·   ─┬─
       ·    ╰── this one is
     3 │ links:
     4 │   - zone: é, vnet: hbu
       ·                    ─┬─
       ·                     ╰── not declared
       ╰────
      help: did you mean `hub`?

    scenario/twice

      ⚠ `é` is declared twice
       ╭─[a.yaml:4:11]
     3 │ links:
     4 │   - zone: é, vnet: hbu
       ·           ┬
       ·           ╰── here
       ╰────

    Advice: 
      ☞ b.yaml:1:9
       ╭─[b.yaml:1:9]
     1 │ zones: [é]
       ·         ┬
       ·         ╰── and here
       ╰────

    command/empty

      × nothing to read

    2 errors, 1 warning
    ");
}

#[test]
fn no_span_makes_it_fail() {
    let texts = ["", "\n", "é", "a: é\r\n\tb: \u{1b}[31m漢字\n\n", "no end of line", &"x".repeat(1000)];
    for text in texts {
        let mut sources = SourceMap::default();
        let source = sources.add("a.yaml", text);
        let length = u32::try_from(text.len()).expect("a short text");
        let ends = || (0..length + 3).filter(|at| *at < 40 || *at > length - 3).chain([u32::MAX]);
        for start in ends() {
            for end in ends() {
                let diagnostic =
                    Diagnostic::error("scenario/some-code", "wrong").label(span(source, start, end), "here");
                let text = render(&sources, &[diagnostic], false);
                assert!(text.contains("scenario/some-code") && text.contains("a.yaml:"), "{start}..{end}: {text}");
                assert!(!text.contains('\u{1b}') && !text.contains("OutOfBounds"), "{start}..{end}: {text}");
            }
        }
    }
}

#[test]
fn a_span_of_another_text_is_left_out() {
    let sources = SourceMap::default();
    let elsewhere = span(SourceId::from_index(7), 0, 1);
    let text = render(&sources, &[Diagnostic::error("scenario/some-code", "wrong").at(elsewhere)], false);
    assert!(text.contains("wrong") && text.ends_with("1 error\n"), "{text}");
}

#[test]
fn nothing_wrong_is_nothing_said() {
    assert_eq!(render(&SourceMap::default(), &[], true), "");
}
