//! Loading a scenario: from text to a tree, and the whole way to a topology, against typed readers of the same text.
//!
//! `cargo bench -p vnetdig-input --bench loading` prints a table; a number after `--` is the largest count of
//! records. The readers take turns, round by round, and medians are compared: on a machine that others use too,
//! a figure says something only against an anchor measured in the same minute. That is why this is no criterion
//! group, which would finish one reader before it begins the next.
//!
//! Memory is what was requested from the allocator. The text itself is counted once for every reader.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod estate;

use std::hint::black_box;
use std::time::{Duration, Instant};

use estate::{Notation, Plain};
use vnetdig_input::scenario::{Document, lower, parse};
use vnetdig_input::{Limits, tree};
use vnetdig_model::{Scenario, Severity, SourceMap};

/// A way to read a text.
struct Reader {
    name: &'static str,
    read: fn(&SourceMap, &str) -> Box<dyn std::any::Any>,
}

const JSON: [Reader; 5] = [
    Reader { name: "tree", read: to_tree },
    Reader { name: "tree, checked", read: |sources, _| Box::new(to_document(sources)) },
    Reader { name: "topology", read: |sources, _| Box::new(to_scenario(sources)) },
    Reader { name: "serde_json, typed", read: |_, text| Box::new(typed_json(text)) },
    Reader { name: "serde_json, Value", read: |_, text| Box::new(untyped_json(text)) },
];

const YAML: [Reader; 4] = [
    Reader { name: "tree", read: to_tree },
    Reader { name: "tree, checked", read: |sources, _| Box::new(to_document(sources)) },
    Reader { name: "topology", read: |sources, _| Box::new(to_scenario(sources)) },
    Reader { name: "serde-saphyr, typed", read: |_, text| Box::new(typed_yaml(text)) },
];

/// The readers everything is compared with.
const ANCHORS: [&str; 2] = ["serde_json, typed", "serde-saphyr, typed"];

fn to_tree(sources: &SourceMap, _text: &str) -> Box<dyn std::any::Any> {
    let id = sources.iter().next().expect("there is one text").0;
    let parsed = tree::parse(sources, id, &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "the text can be read");
    Box::new(parsed.value)
}

fn to_document(sources: &SourceMap) -> Document {
    let id = sources.iter().next().expect("there is one text").0;
    let parsed = parse(sources, id, &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "the text fits the grammar");
    parsed.value
}

fn to_scenario(sources: &SourceMap) -> Scenario {
    let lowered = lower(&[to_document(sources)], &[]);
    let error = lowered.diagnostics.iter().find(|found| found.severity == Severity::Error);
    assert_eq!(error, None, "the scenario is sound");
    lowered.value
}

fn typed_json(text: &str) -> Plain {
    serde_json::from_str(text).expect("the text fits the structs")
}

fn untyped_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("the text is JSON")
}

fn typed_yaml(text: &str) -> Plain {
    // The defaults stop at 250,000 nodes; no text holds more nodes than bytes.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: text.len(),
            max_events: 2 * text.len(),
            max_total_scalar_bytes: text.len(),
        },
    };
    serde_saphyr::from_str_with_options(text, options).expect("the text fits the structs")
}

#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    peak: u64,
    kept: i64,
}

impl Measured {
    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times[times.len() / 2]
    }
}

fn measure(readers: &[Reader], text: &str, rounds: usize) -> Vec<Measured> {
    let mut sources = SourceMap::default();
    sources.add("estate", text);
    let mut all: Vec<Measured> = readers.iter().map(|_| Measured::default()).collect();
    for _ in 0..rounds {
        for (reader, measured) in readers.iter().zip(&mut all) {
            let mut result = None;
            let mut time = Duration::ZERO;
            let counted = allocation_counter::measure(|| {
                let start = Instant::now();
                result = Some(black_box((reader.read)(&sources, black_box(text))));
                time = start.elapsed();
            });
            measured.times.push(time);
            measured.peak = counted.bytes_max;
            measured.kept = counted.bytes_current;
        }
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn compare(records: usize, notation: Notation, readers: &[Reader]) {
    let text = estate::scenario(records, notation);
    let rounds = (3_000_000 / records).clamp(5, 51);
    let all = measure(readers, &text, rounds);
    let anchor = readers.iter().position(|reader| ANCHORS.contains(&reader.name)).expect("there is an anchor");
    let anchor = all[anchor].median();
    let bytes = text.len() as f64;
    println!("\n{notation:?}, {records} records, {:.1} MB, {rounds} rounds", bytes / 1e6);
    for (reader, measured) in readers.iter().zip(&all) {
        let time = measured.median();
        println!(
            "  {:20} {:9.2} ms {:7.1} MB/s {:6.2} x anchor   peak {:5.2} x text   keeps {:4.0} bytes a record",
            reader.name,
            time.as_secs_f64() * 1e3,
            bytes / 1e6 / time.as_secs_f64(),
            time.as_secs_f64() / anchor.as_secs_f64(),
            (measured.peak as f64 + bytes) / bytes,
            measured.kept as f64 / records as f64,
        );
    }
    println!("  {:20} {:.0} bytes a record", "owner names", owner_names(&text) as f64 / records as f64);
}

/// Bytes of the owner names in the topology, each with its two reference counts.
fn owner_names(text: &str) -> usize {
    let mut sources = SourceMap::default();
    sources.add("estate", text);
    let scenario = to_scenario(&sources);
    let counts = 2 * size_of::<usize>();
    scenario.topology.record_sets().values().map(|set| set.owner.as_wire().len() + counts).sum()
}

fn main() {
    let largest = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    for records in [1_000, 10_000, 100_000, 1_000_000].into_iter().filter(|records| *records <= largest) {
        compare(records, Notation::Json, &JSON);
        compare(records, Notation::Yaml, &YAML);
    }
}
