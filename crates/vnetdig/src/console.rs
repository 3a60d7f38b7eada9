//! The two output streams: standard output carries the answer and nothing else.

use std::io::{ErrorKind, IsTerminal as _, Write as _, stderr, stdout};

use anstream::{AutoStream, ColorChoice};
use vnetdig_model::{Diagnostic, SourceMap};

use crate::args::When;
use crate::exit::Exit;

/// The two output streams and whether they are colored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    stdout_is_colored: bool,
    stderr_is_colored: bool,
}

impl Console {
    pub(crate) fn new(when: When) -> Self {
        match when {
            When::Auto => {}
            When::Always => ColorChoice::Always.write_global(),
            When::Never => ColorChoice::Never.write_global(),
        }
        Self {
            stdout_is_colored: AutoStream::choice(&stdout()) != ColorChoice::Never,
            stderr_is_colored: AutoStream::choice(&stderr()) != ColorChoice::Never,
        }
    }

    /// Whether the answer is colored.
    pub(crate) fn colors_stdout(self) -> bool {
        self.stdout_is_colored
    }

    /// Whether what is said beside the answer is colored.
    pub(crate) fn colors_stderr(self) -> bool {
        self.stderr_is_colored
    }

    /// Whether somebody watches what is said beside the answer.
    pub(crate) fn is_watched() -> bool {
        stderr().is_terminal()
    }

    /// Prints the answer, or a part of it. The status is `Holds`, or `Unwritable` when it did not get out.
    ///
    /// Whoever closes the pipe has seen enough; that is no error.
    pub(crate) fn answer(self, text: &str) -> Exit {
        let mut stream = AutoStream::new(stdout().lock(), choice(self.stdout_is_colored));
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        match written {
            Ok(()) => Exit::Holds,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Holds,
            Err(error) => {
                self.error(&format!("cannot write the answer: {error}"));
                Exit::Unwritable
            }
        }
    }

    /// Prints what was found wrong with the input.
    pub(crate) fn diagnostics(self, sources: &SourceMap, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.note(vnetdig_report::diagnostics::render(sources, diagnostics, self.stderr_is_colored).trim_end());
        }
    }

    /// Prints why there is no answer.
    pub(crate) fn error(self, message: &str) {
        self.note(&format!("\x1b[1;31merror\x1b[0m: {}", plain(message)));
    }

    /// Prints what the answer must be read with.
    pub(crate) fn warning(self, message: &str) {
        self.note(&format!("\x1b[1;33mwarning\x1b[0m: {}", plain(message)));
    }

    /// Prints a line beside the answer. If nobody can read it there is nobody to tell.
    pub(crate) fn note(self, line: &str) {
        let mut stream = AutoStream::new(stderr().lock(), choice(self.stderr_is_colored));
        let _ = writeln!(stream, "{line}");
    }
}

fn choice(is_colored: bool) -> ColorChoice {
    if is_colored { ColorChoice::Always } else { ColorChoice::Never }
}

/// The text without anything that could steer a terminal: names come from files of others.
pub(crate) fn plain(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}
