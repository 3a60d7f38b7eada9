//! Pages show what the program prints: each command in a `console` block is typed again and compared.

use std::path::{Path, PathBuf};

use crate::{command, run};

/// How the README starts the command from a checkout.
const CARGO: &str = "cargo run -p vnetdig -- ";

/// Set to anything, this makes the tests write what the program prints into the pages.
const UPDATE: &str = "VNETDIG_UPDATE_README";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A line that was typed, and the lines that followed.
struct Typed {
    command: String,
    output: String,
}

/// The page with the output of each command as it is today, and how many commands were run.
///
/// Commands of other programs are not run, and a command without output is only an invitation.
fn retyped(page: &str) -> (String, usize) {
    let mut written = String::new();
    let mut runs = 0;
    let mut status = 0;
    let mut open: Option<Typed> = None;
    let mut is_console = false;
    let mut finish = |typed: Typed, written: &mut String| {
        let Typed { command: text, output } = typed;
        let arguments = text.strip_prefix("vnetdig ").or_else(|| text.strip_prefix(CARGO));
        written.extend(["$ ", &text, "\n"]);
        match arguments {
            _ if output.is_empty() => {}
            _ if text == "echo $?" => written.extend([&status.to_string(), "\n"]),
            None => written.push_str(&output),
            Some(text_arguments) => {
                let mut command = command(&root());
                // `< FILE`, as a shell reads it.
                let (arguments, file) = text_arguments.split_once(" < ").unzip();
                let arguments = arguments.unwrap_or(text_arguments);
                let stdin = file.map(|file| std::fs::read_to_string(root().join(file)).expect("a file to be read"));
                command.args(arguments.split_whitespace());
                let ran = run(command, &stdin.unwrap_or_default());
                status = ran.status;
                runs += 1;
                // A command may print nothing: then an empty line stands for it.
                written.push_str(if ran.stdout.is_empty() { "\n" } else { &ran.stdout });
            }
        }
    };
    for line in page.lines() {
        let starts = line.strip_prefix("$ ").filter(|_| is_console);
        if (starts.is_some() || line.starts_with("```"))
            && let Some(typed) = open.take()
        {
            finish(typed, &mut written);
        }
        if let Some(command) = starts {
            open = Some(Typed { command: command.to_owned(), output: String::new() });
            continue;
        }
        if line.starts_with("```") {
            is_console = line == "```console";
        }
        let target = open.as_mut().map_or(&mut written, |typed| &mut typed.output);
        target.push_str(line);
        target.push('\n');
    }
    (written, runs)
}

/// Compares a page with what the program prints, or writes it anew.
fn check(page: &str) {
    let path = root().join(page);
    let shown = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
    let (today, runs) = retyped(&shown);
    assert!(runs > 0, "{page} shows no output");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, today).unwrap_or_else(|error| panic!("{page}: {error}"));
        return;
    }
    let first = shown.lines().zip(today.lines()).enumerate().find(|(_, (shown, printed))| shown != printed);
    if let Some((line, (shown, printed))) = first {
        panic!("{page}:{}\n shows  {shown}\n prints {printed}\n{UPDATE}=1 writes what is printed", line + 1);
    }
    assert_eq!(shown.lines().count(), today.lines().count(), "{page}; {UPDATE}=1 writes what is printed");
}

#[test]
fn what_the_readme_shows_is_what_the_program_prints() {
    check("README.md");
}

#[test]
fn what_the_page_about_reach_shows_is_what_the_program_prints() {
    check("docs/reach.md");
}

#[test]
fn what_the_page_about_whole_networks_shows_is_what_the_program_prints() {
    check("docs/matrix-gaps-graph.md");
}

#[test]
fn what_the_page_about_explain_shows_is_what_the_program_prints() {
    check("docs/explain.md");
}

#[test]
fn what_the_page_about_lint_shows_is_what_the_program_prints() {
    check("docs/lint.md");
}

#[test]
fn what_the_page_about_pasting_shows_is_what_the_program_prints() {
    check("docs/paste.md");
}

#[test]
fn the_page_about_reach_lists_every_cause_in_order() {
    let page = std::fs::read_to_string(root().join("docs/reach.md")).expect("there is a page");
    let section = page.split("\n## ").find(|section| section.starts_with("Causes\n")).expect("the page has causes");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let listed: Vec<&str> = rows.map(|(word, _)| word).collect();
    let causes: Vec<&str> = vnetdig_model::scenario::BlockCause::ALL.iter().map(|(word, _)| *word).collect();
    assert_eq!(listed, causes);
}
