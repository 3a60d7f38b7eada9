//! Labs that their author published with what the machines in them printed, against the scenarios in
//! `scenarios/field` that retell them: terminal output, address sheets and configurations of DNS servers.
//!
//! The data is read in place, from the corpus that `VNETDIG_CORPUS` names. Without that variable nothing is
//! compared; with it, a file that is not there is a failure.

mod answers;
mod configuration;
mod reach;
mod sheet;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::{Limits, scenario};
use vnetdig_model::{Severity, SourceMap, Topology};

/// What is compared: a name with the address that ping or curl used for it, or with none; a ping or request, with
/// whether something came back; a run of nslookup; a row of an address sheet; a record or forward zone of a
/// configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Address,
    Reach,
    Lookup,
    Row,
    Entry,
}

const KINDS: [Kind; 5] = [Kind::Address, Kind::Reach, Kind::Lookup, Kind::Row, Kind::Entry];

/// One comparison, and where in the captured file: the line counted from 1, or 0 for the whole.
struct Finding {
    kind: Kind,
    line: usize,
    agrees: Result<(), String>,
}

/// The labs: the scenario, how the names of the captured files begin, and how many comparisons of each kind there
/// are at least, so that a reader that reads nothing does not pass.
const LABS: [(&str, &str, [usize; 5]); 4] = [
    ("single-region-hub-spoke", "kaysalawu-1-hub-spoke-azfw-single-region", [26, 32, 2, 80, 0]),
    ("dual-region-hub-spoke", "kaysalawu-2-hub-spoke-azfw-dual-region", [46, 58, 2, 160, 30]),
    ("single-region-virtual-wan", "kaysalawu-1-vwan-single-region", [26, 32, 2, 80, 0]),
    ("express-route-ipv6", "kaysalawu-07-express-route-ipv6", [30, 37, 2, 92, 0]),
];

/// Observations that are not expected to agree: the lab, the line, and why.
const EXCEPTIONS: [(&str, usize, &str); 1] = [(
    "express-route-ipv6",
    17,
    "ping-ipv6 got no answer from branch2, but ping-dns6 and curl-dns6 got one from the same address",
)];

/// A captured configuration of a server that its lab does not build: left over from an earlier run.
const LEFT_OVER: &str = "kaysalawu-1-hub-spoke-azfw-single-region-branch2Dns.unbound.conf";

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of a captured file that are not empty, trimmed and counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

fn load(name: &str) -> Topology {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../scenarios/field/{name}.vnetdig.yaml"));
    let mut sources = SourceMap::default();
    let source = sources.add(name, &*read(&path));
    let parsed = scenario::parse(&sources, source, &Limits::default());
    let lowered = scenario::lower(&[parsed.value], &[]);
    let mut found = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    let error = found.find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(error.is_none(), "{name} is not a sound scenario: {error:?}");
    lowered.value.topology
}

/// The captured configurations of a lab's DNS servers, each with the server's name.
fn configurations(captured: &str, folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.map(|entry| entry.expect("an entry can be read").path());
    let of_lab = files.filter_map(|path| {
        let file = path.file_name()?.to_str().filter(|file| *file != LEFT_OVER)?;
        let server = file.strip_prefix(captured)?.strip_prefix('-')?.strip_suffix(".unbound.conf")?;
        Some((server.to_owned(), path))
    });
    of_lab.collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says what it compared, above all when that is nothing")]
fn captured_labs_behave_as_their_scenarios_say() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let mut complaints = Vec::new();
    for (scenario, captured, at_least) in LABS {
        let topology = load(scenario);
        let output = corpus.join(format!("dns-output/{captured}.txt"));
        let values = corpus.join(format!("dns-output/{captured}.values.txt"));
        let mut compared = vec![
            (answers::compare(&topology, &read(&output)), output),
            (sheet::compare(&topology, &read(&values)), values),
        ];
        for (server, path) in configurations(captured, &corpus.join("forwarder-config")) {
            compared.push((configuration::compare(&topology, &server, &read(&path)), path));
        }
        for (excepted, line, reason) in EXCEPTIONS.into_iter().filter(|(excepted, ..)| *excepted == scenario) {
            let (findings, path) = &mut compared[0];
            let before = findings.len();
            findings.retain(|finding| finding.kind != Kind::Reach || finding.line != line || finding.agrees.is_ok());
            if findings.len() + 1 == before {
                eprintln!("{excepted}: left out line {line}: {reason}");
            } else {
                complaints.push(format!("{}:{line}: an exception that is none: {reason}", path.display()));
            }
        }
        for (kind, least) in KINDS.into_iter().zip(at_least) {
            let findings = compared.iter().flat_map(|(findings, _)| findings);
            let count = findings.filter(|finding| finding.kind == kind).count();
            eprintln!("{scenario}: compared {count} of kind {kind:?}");
            if count < least {
                complaints.push(format!("{scenario}: {count} of kind {kind:?}, expected at least {least}"));
            }
        }
        for (findings, path) in compared {
            let failed = findings.into_iter().filter_map(|finding| Some((finding.line, finding.agrees.err()?)));
            complaints.extend(failed.map(|(line, complaint)| format!("{}:{line}: {complaint}", path.display())));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
