//! Labs that their author published with what the machines in them printed, against the scenarios in
//! `scenarios/field` that retell them: terminal output, address sheets and configurations of DNS servers.
//!
//! The data is read in place, from the corpus that `VNETDIG_CORPUS` names. Without that variable nothing is
//! compared; with it, a file that is not there is a failure.

mod answers;
mod configuration;
mod sheet;
mod terminal;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::{Limits, scenario};
use vnetdig_model::{Severity, SourceMap, Topology};

/// A published lab.
struct Lab {
    /// The scenario, without folder and ending.
    scenario: &'static str,
    /// How the names of its captured files begin.
    captured: &'static str,
    /// The DNS servers whose configuration was captured.
    servers: &'static [&'static str],
    /// What the captured files hold at least, so that a parser that reads nothing does not pass.
    at_least: Counts,
}

/// How much was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Counts {
    /// Names with the address that ping or curl used, or with none.
    addresses: usize,
    /// Runs of nslookup.
    lookups: usize,
    /// Addresses in tables without names.
    machines: usize,
    /// Facts of the address sheet.
    facts: usize,
    /// Records and forward zones in configurations.
    entries: usize,
}

const LABS: [Lab; 4] = [
    Lab {
        scenario: "single-region-hub-spoke",
        captured: "kaysalawu-1-hub-spoke-azfw-single-region",
        servers: &[],
        at_least: Counts { addresses: 24, lookups: 2, machines: 8, facts: 80, entries: 0 },
    },
    Lab {
        scenario: "dual-region-hub-spoke",
        captured: "kaysalawu-2-hub-spoke-azfw-dual-region",
        servers: &["branch1Dns", "branch3Dns"],
        at_least: Counts { addresses: 44, lookups: 2, machines: 16, facts: 160, entries: 30 },
    },
    Lab {
        scenario: "single-region-virtual-wan",
        captured: "kaysalawu-1-vwan-single-region",
        servers: &[],
        at_least: Counts { addresses: 24, lookups: 2, machines: 8, facts: 80, entries: 0 },
    },
    Lab {
        scenario: "express-route-ipv6",
        captured: "kaysalawu-07-express-route-ipv6",
        servers: &[],
        at_least: Counts { addresses: 28, lookups: 2, machines: 10, facts: 92, entries: 0 },
    },
];

/// Captured configurations of servers that their lab does not build: left over from an earlier run of it.
const NOT_BUILT: [(&str, &str); 1] = [("kaysalawu-1-hub-spoke-azfw-single-region", "branch2Dns")];

/// A captured file.
struct Captured {
    path: PathBuf,
    text: String,
}

impl Captured {
    /// A complaint about one of its lines, counted from 1.
    fn complaint(&self, line: usize, what: impl Display) -> String {
        format!("{}:{line}: {what}", self.path.display())
    }

    /// The lines that are not empty, trimmed and counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        lines.filter(|(_, line)| !line.is_empty())
    }
}

fn load(name: &str) -> Topology {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../scenarios/field/{name}.vnetdig.yaml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut sources = SourceMap::default();
    let source = sources.add(name, &*text);
    let parsed = scenario::parse(&sources, source, &Limits::default());
    let lowered = scenario::lower(&[parsed.value], &[]);
    let mut found = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    let error = found.find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(error.is_none(), "{name} is not a sound scenario: {error:?}");
    lowered.value.topology
}

/// Compares one lab; what does not agree goes to `complaints`.
fn compare(lab: &Lab, corpus: &Path, complaints: &mut Vec<String>) -> Counts {
    let topology = load(lab.scenario);
    let mut counts = Counts { addresses: 0, lookups: 0, machines: 0, facts: 0, entries: 0 };
    let captured = |file: String, complaints: &mut Vec<String>| {
        let path = corpus.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Some(Captured { path, text }),
            Err(error) => {
                complaints.push(format!("{}: {error}", path.display()));
                None
            }
        }
    };
    if let Some(file) = captured(format!("dns-output/{}.txt", lab.captured), complaints) {
        let shown = terminal::read(&file, complaints);
        answers::compare(&topology, &file, &shown, &mut counts, complaints);
    }
    if let Some(file) = captured(format!("dns-output/{}.values.txt", lab.captured), complaints) {
        counts.facts += sheet::compare(&topology, &file, complaints);
    }
    for server in lab.servers {
        let name = format!("forwarder-config/{}-{server}.unbound.conf", lab.captured);
        if let Some(file) = captured(name, complaints) {
            counts.entries += configuration::compare(&topology, server, &file, complaints);
        }
    }
    for (_, server) in NOT_BUILT.iter().filter(|(captured, _)| *captured == lab.captured) {
        if topology.facts().dns_servers.values().any(|found| &*found.name == *server) {
            complaints.push(format!("{}: {server} is built after all: compare its configuration", lab.scenario));
        }
    }
    counts
}

/// The captured configurations of these labs that nothing above names.
fn overlooked(corpus: &Path) -> Vec<String> {
    let folder = corpus.join("forwarder-config");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => return vec![format!("{}: {error}", folder.display())],
    };
    let known = |file: &str| {
        LABS.iter().filter(|lab| file.starts_with(lab.captured)).all(|lab| {
            let left_over = NOT_BUILT.iter().filter(|(captured, _)| *captured == lab.captured);
            let mut servers = lab.servers.iter().chain(left_over.map(|(_, server)| server));
            servers.any(|server| file == format!("{}-{server}.unbound.conf", lab.captured))
        })
    };
    let files = entries.map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned());
    files.filter(|file| !known(file)).map(|file| format!("{file} is compared with nothing")).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that compared nothing says so")]
fn captured_labs_behave_as_their_scenarios_say() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let mut complaints = overlooked(&corpus);
    for lab in &LABS {
        let counts = compare(lab, &corpus, &mut complaints);
        eprintln!("{}: {counts:?}", lab.scenario);
        let pairs = [
            ("addresses", counts.addresses, lab.at_least.addresses),
            ("lookups", counts.lookups, lab.at_least.lookups),
            ("machines", counts.machines, lab.at_least.machines),
            ("facts", counts.facts, lab.at_least.facts),
            ("entries", counts.entries, lab.at_least.entries),
        ];
        for (what, found, least) in pairs.into_iter().filter(|(_, found, least)| found < least) {
            complaints.push(format!("{}: compared {found} {what}, expected at least {least}", lab.scenario));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
