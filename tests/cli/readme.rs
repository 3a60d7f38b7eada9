//! The README shows what the program prints: each `console` block is typed again and compared.

use std::path::{Path, PathBuf};

use crate::{command, run};

/// How the README starts the command from a checkout.
const CARGO: &str = "cargo run -p vnetdig --";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A line that was typed, and the lines that followed.
struct Typed {
    line: usize,
    command: String,
    output: String,
}

fn typed(page: &str) -> Vec<Typed> {
    let mut found: Vec<Typed> = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            found.push(Typed { line: index + 1, command: command.to_owned(), output: String::new() });
        } else if inside && let Some(last) = found.last_mut() {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    found
}

#[test]
fn what_the_readme_shows_is_what_the_program_prints() {
    let page = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let mut compared = 0;
    let mut status = None;
    for Typed { line, command: text, output } in typed(&page) {
        if text == "echo $?" {
            assert_eq!(
                Some(output.trim()),
                status.map(|status: i32| status.to_string()).as_deref(),
                "README.md:{line}"
            );
            continue;
        }
        let arguments = text.strip_prefix("vnetdig ").or_else(|| text.strip_prefix(CARGO));
        // Other programs are not run; a command without output is only an invitation.
        let Some(arguments) = arguments.filter(|_| !output.is_empty()) else { continue };
        let mut command = command(&root());
        command.args(arguments.split_whitespace());
        let ran = run(command, "");
        assert_eq!(ran.stdout, output, "README.md:{line}: $ {text}\n{ran}");
        status = Some(ran.status);
        compared += 1;
    }
    assert!(compared > 0, "the README shows no output");
}
