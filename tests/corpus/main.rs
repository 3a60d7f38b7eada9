//! Labs that their author published with what the machines in them printed, against the scenarios in
//! `scenarios/field` that retell them: terminal output, address sheets and configurations of DNS servers.
//!
//! The data is read in place, from the corpus that `VNETDIG_CORPUS` names. Without that variable nothing is
//! compared; with it, a file that is not there is a failure.

mod answers;
mod configuration;
mod sheet;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::{Limits, scenario};
use vnetdig_model::{Severity, SourceMap, Topology};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A name with the address that ping or curl used for it, or with none.
    Address,
    /// A run of nslookup.
    Lookup,
    /// An address in a table without names.
    Machine,
    /// A row of an address sheet.
    Row,
    /// A record or forward zone of a configuration.
    Entry,
}

/// One comparison.
struct Finding {
    kind: Kind,
    /// Where in the captured file, counted from 1; 0 for the file as a whole.
    line: usize,
    agrees: Result<(), String>,
}

/// A published lab.
struct Lab {
    /// The scenario, without folder and ending.
    scenario: &'static str,
    /// How the names of its captured files begin.
    captured: &'static str,
    /// What they hold at least, so that a reader that reads nothing does not pass.
    at_least: [(Kind, usize); 5],
}

const fn at_least(
    addresses: usize,
    lookups: usize,
    machines: usize,
    rows: usize,
    entries: usize,
) -> [(Kind, usize); 5] {
    let [first, second] = [(Kind::Address, addresses), (Kind::Lookup, lookups)];
    [first, second, (Kind::Machine, machines), (Kind::Row, rows), (Kind::Entry, entries)]
}

const LABS: [Lab; 4] = [
    Lab {
        scenario: "single-region-hub-spoke",
        captured: "kaysalawu-1-hub-spoke-azfw-single-region",
        at_least: at_least(24, 2, 8, 80, 0),
    },
    Lab {
        scenario: "dual-region-hub-spoke",
        captured: "kaysalawu-2-hub-spoke-azfw-dual-region",
        at_least: at_least(44, 2, 16, 160, 30),
    },
    Lab {
        scenario: "single-region-virtual-wan",
        captured: "kaysalawu-1-vwan-single-region",
        at_least: at_least(24, 2, 8, 80, 0),
    },
    Lab {
        scenario: "express-route-ipv6",
        captured: "kaysalawu-07-express-route-ipv6",
        at_least: at_least(28, 2, 10, 92, 0),
    },
];

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
fn configurations(lab: &Lab, folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in entries {
        let file = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
        let server = file.strip_prefix(lab.captured).and_then(|rest| rest.strip_suffix(".unbound.conf"));
        if let Some(server) = server.filter(|_| file != LEFT_OVER) {
            found.push((server.trim_start_matches('-').to_owned(), folder.join(&file)));
        }
    }
    found
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says what it compared, above all when that is nothing")]
fn captured_labs_behave_as_their_scenarios_say() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let mut complaints = Vec::new();
    for lab in &LABS {
        let topology = load(lab.scenario);
        let output = corpus.join(format!("dns-output/{}.txt", lab.captured));
        let values = corpus.join(format!("dns-output/{}.values.txt", lab.captured));
        let mut compared = vec![
            (answers::compare(&topology, &read(&output)), output),
            (sheet::compare(&topology, &read(&values)), values),
        ];
        for (server, path) in configurations(lab, &corpus.join("forwarder-config")) {
            compared.push((configuration::compare(&topology, &server, &read(&path)), path));
        }
        for (kind, least) in lab.at_least {
            let findings = compared.iter().flat_map(|(findings, _)| findings);
            let count = findings.filter(|finding| finding.kind == kind).count();
            eprintln!("{}: compared {count} of kind {kind:?}", lab.scenario);
            if count < least {
                complaints.push(format!("{}: {count} of kind {kind:?}, expected at least {least}", lab.scenario));
            }
        }
        for (findings, path) in compared {
            let failed = findings.into_iter().filter_map(|finding| Some((finding.line, finding.agrees.err()?)));
            complaints.extend(failed.map(|(line, complaint)| format!("{}:{line}: {complaint}", path.display())));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
