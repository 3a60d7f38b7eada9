//! What every command has in common: streams, color, closed pipes, and what happens when we are wrong.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::{Folder, SMALL, command};

const TRACE: [&str; 6] = ["trace", "-s", "small.vnetdig.yaml", "--from", "web-1", "www.corp.example"];

#[test]
fn color_is_for_terminals_unless_somebody_asks() {
    let folder = Folder::small();
    let colored = |extra: &[&str], environment: &[(&str, &str)]| {
        let arguments: Vec<&str> = TRACE.iter().chain(extra).copied().collect();
        folder.run_with(&arguments, "", environment).stdout.contains('\x1b')
    };
    assert!(!colored(&[], &[]), "a pipe is no terminal");
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("NO_COLOR", "1")]));
    assert!(!colored(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), "whoever wants none gets none");
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&["--color=always"], &[("NO_COLOR", "1")]), "an argument is nearer than the environment");
    assert!(!colored(&["--color=always", "-o", "json"], &[]), "JSON has no color");
}

#[test]
fn errors_are_colored_by_the_same_rules() {
    let folder = Folder::new().with("broken.vnetdig.yaml", "vnetdig: 1\nchekcs: []\n");
    let colored = |environment: &[(&str, &str)]| {
        folder.run_with(&["test", "broken.vnetdig.yaml"], "", environment).stderr.contains('\x1b')
    };
    assert!(!colored(&[]));
    assert!(colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[("NO_COLOR", "1")]));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new();
    for arguments in [&["test", "-"][..], &["trace", "-s", "-", "--from", "web-1", "www.corp.example"]] {
        let mut command = command(folder.0.path());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        // The reader is gone before the command has anything to say: its input comes only now.
        drop(child.stdout.take());
        child.stdin.take().expect("a pipe").write_all(SMALL.as_bytes()).expect("the command reads its input");
        let status = child.wait().expect("the command ends");
        let mut stderr = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("standard error is text");
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let folder = Folder::small();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has this device");
    let output = command(folder.0.path()).args(TRACE).stdout(full).output().expect("the command starts");
    assert_eq!(output.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the answer"));
    for help in ["--help", "--version"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has this device");
        let status = command(folder.0.path()).arg(help).stdout(full).status().expect("the command starts");
        assert_eq!(status.code(), Some(74), "{help}");
    }
}

#[test]
fn a_mistake_of_ours_is_called_one() {
    let folder = Folder::new();
    folder.expect("panic", 70).says("our fault").says("somebody asked for it").says("/issues").answers_nothing();
}

#[test]
fn the_answer_goes_to_standard_output_and_all_else_to_standard_error() {
    let folder = Folder::small();
    let ran = folder.expect(&TRACE.join(" "), 0);
    assert_eq!(ran.stderr, "");
    folder.expect("--help", 0).answers("trace").answers("Exit status");
    folder.expect("trace --help", 0).answers("--from");
    folder.expect("--version", 0).answers(env!("CARGO_PKG_VERSION"));
    folder.expect("", 2).answers_nothing();
    folder.expect("trcae", 2).says("trace").answers_nothing();
}

#[test]
fn the_log_is_off_unless_a_maintainer_turns_it_on() {
    let folder = Folder::small();
    let quiet = folder.run_with(&TRACE, "", &[]);
    let loud = folder.run_with(&TRACE, "", &[("VNETDIG_LOG", "debug")]);
    assert_eq!(loud.stdout, quiet.stdout);
    assert!(loud.stderr.contains("small.vnetdig.yaml"), "{loud}");
    let malformed = folder.run_with(&TRACE, "", &[("VNETDIG_LOG", "a=b=c")]);
    assert_eq!(malformed.status, 0, "{malformed}");
    assert!(malformed.stderr.contains("VNETDIG_LOG"), "{malformed}");
}
