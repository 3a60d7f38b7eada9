//! The pages of diagnoses are tests: what should fire does and comes first, its first fix makes the goal hold, and what
//! only looks alike stays silent.
//!
//! A block starts with what is asked, `# explain from web-1: db.example A 5432`, and the causes that must be found in
//! this order, `# causes: zone-not-linked`, or `# causes: none` when the goal must hold. `# at: 5m` asks later in the
//! timeline; `# wants: public`, or an address, says what should come, when it is not what the topology suggests.
//!
//! `VNETDIG_BLESS=1 cargo test -p vnetdig-analysis --test diagnoses` writes the index page anew.

#![expect(clippy::disallowed_methods, reason = "a test of pages reads pages")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use vnetdig_analysis::diagnose::{Goal, Remedy, Situation, State, Want, diagnose, fixes};
use vnetdig_engine::{Limits, Query, World, situation_at};
use vnetdig_model::diagnosis::{Area, Code};
use vnetdig_model::scenario::{Asker, SimTime, TypedName, TypedQuestion};
use vnetdig_model::switches::parse_duration;
use vnetdig_model::{RecordType, Scenario, Severity, SourceMap};

/// What a page must have, in this order.
const HEADINGS: [&str; 5] = ["Objective", "Basis", "Fires", "Stays silent", "Fix"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A section of a page: its title, its text, and its blocks, each with the line it starts in.
type Section = (String, String, Vec<(usize, String)>);

/// One page.
struct Page {
    word: String,
    sections: Vec<Section>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let word = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut sections: Vec<Section> = vec![(String::new(), String::new(), Vec::new())];
        let mut block: Option<(usize, String)> = None;
        for (index, line) in text.lines().enumerate() {
            let (_, prose, blocks) = sections.last_mut().expect("there is a first section");
            match &mut block {
                Some(_) if line.starts_with("```") => blocks.extend(block.take()),
                Some((_, text)) => {
                    text.push_str(line);
                    text.push('\n');
                }
                None if line == "```yaml scenario" => block = Some((index + 2, String::new())),
                None => {
                    if let Some(title) = line.strip_prefix("## ") {
                        sections.push((title.to_owned(), String::new(), Vec::new()));
                    } else {
                        prose.push_str(line);
                        prose.push('\n');
                    }
                }
            }
        }
        Self { word, sections }
    }

    fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|(known, ..)| known == title)
    }

    /// What is wrong with the form of the page.
    fn form(&self) -> Result<(), Failed> {
        let code = Code::from_word(&self.word).ok_or_else(|| format!("there is no diagnosis `{}`", self.word))?;
        let titles: Vec<&str> = self.sections.iter().skip(1).map(|(title, ..)| title.as_str()).collect();
        if titles != HEADINGS {
            return Err(format!("the headings are {titles:?}, not {HEADINGS:?}").into());
        }
        let (_, head, _) = &self.sections[0];
        for wanted in [format!("# diagnosis/{}", self.word), format!("**Area** {}", area(code))] {
            if !head.lines().any(|line| line == wanted) {
                return Err(format!("the page lacks the line `{wanted}`").into());
            }
        }
        for (title, prose, blocks) in self.sections.iter().skip(1) {
            let needs_block = title == "Fires" || title == "Stays silent";
            if needs_block == blocks.is_empty() || (!needs_block && prose.trim().is_empty()) {
                return Err(format!("`## {title}` has not what it should have").into());
            }
        }
        let (_, basis, _) = self.section("Basis").ok_or("no basis")?;
        let named = |text: &str| -> BTreeSet<String> {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            words.filter(|word| word.starts_with("S-")).map(str::to_owned).collect()
        };
        let missing: Vec<String> = named(code.statement()).difference(&named(basis)).cloned().collect();
        if !missing.is_empty() {
            return Err(format!("`## Basis` does not name {}", missing.join(", ")).into());
        }
        Ok(())
    }

    /// Why no fix exists, as the page says.
    fn without_fix(&self) -> bool {
        self.section("Fix").is_some_and(|(_, prose, _)| prose.trim_start().starts_with("No fix"))
    }
}

fn area(code: Code) -> &'static str {
    match code.area() {
        Area::Client => "client",
        Area::Dns => "dns",
        Area::Path => "path",
        Area::Server => "server",
    }
}

/// What a block asks, and what it demands.
struct Demand {
    from: String,
    name: TypedName,
    record_type: RecordType,
    port: Option<String>,
    server: Option<IpAddr>,
    at: Option<SimTime>,
    wants: Option<Want>,
    causes: Vec<String>,
}

impl Demand {
    fn read(text: &str) -> Result<Self, String> {
        let line = |key: &str| text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(key));
        let asked = line("explain from ").ok_or("no line `# explain from CLIENT: NAME TYPE [@SERVER] [PORT]`")?;
        let (from, question) = asked.split_once(": ").ok_or("no `: ` after who asks")?;
        let mut words = question.split_whitespace();
        let name = words.next().ok_or("no name")?;
        let record_type = words.next().ok_or("no type")?.parse().map_err(|_| "no such type")?;
        let server = words.clone().next().and_then(|word| word.strip_prefix('@'));
        let server = server.map(|server| server.parse().map_err(|_| "no such server")).transpose()?;
        if server.is_some() {
            words.next();
        }
        let causes = line("causes: ").ok_or("no line `# causes: …`")?;
        Ok(Self {
            from: from.to_owned(),
            name: TypedName {
                name: name.parse().map_err(|error| format!("{name}: {error}"))?,
                is_absolute: name.ends_with('.'),
                address: None,
            },
            record_type,
            server,
            port: words.next().map(str::to_owned),
            at: line("at: ").map(|time| parse_duration(time).map(SimTime).ok_or("no such time")).transpose()?,
            wants: line("wants: ")
                .map(|word| match word {
                    "private" => Ok(Want::Private),
                    "public" => Ok(Want::Public),
                    "answer" => Ok(Want::Answered),
                    _ => word.parse().map(|address| Want::Addresses(vec![address])).map_err(|_| "no such wish"),
                })
                .transpose()?,
            causes: causes.split(", ").filter(|word| *word != "none").map(str::to_owned).collect(),
        })
    }

    fn situation(&self, scenario: &Scenario) -> Result<Situation, String> {
        let topology = &scenario.topology;
        let client = topology.client_by_name(&self.from).map(Asker::Client);
        let from =
            client.or_else(|| topology.vnet_by_name(&self.from).map(Asker::Vnet)).ok_or("nobody of that name")?;
        let question = TypedQuestion { name: self.name.clone(), record_type: self.record_type, server: self.server };
        let (topology, world) = match self.at {
            Some(at) => {
                let query = Query { from, question: question.clone() };
                let then = situation_at(scenario, at, &query, &Limits::default());
                let [world] = <[World; 1]>::try_from(then.worlds).map_err(|_| "caches can hold different things")?;
                (then.topology, world)
            }
            None => (Arc::new(topology.clone()), World::cold(SimTime::default())),
        };
        let service = self.port.as_ref().map(|port| port.parse().map_err(|_| "no such port")).transpose()?;
        let mut goal = Goal::of(&topology, from, question, service);
        if let Some(want) = &self.wants {
            goal.want = want.clone();
        }
        Ok(Situation { topology, world, goal })
    }
}

fn scenario_of(place: &str, text: &str) -> Result<Scenario, Failed> {
    let mut sources = SourceMap::default();
    let id = sources.add(place, text);
    let document = vnetdig_input::scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = vnetdig_input::scenario::lower(&[document.value], &[]);
    let mut report = String::new();
    for diagnostic in document.diagnostics.iter().chain(&lowered.diagnostics) {
        if diagnostic.severity == Severity::Error {
            let place = diagnostic.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
            writeln!(report, "{place}: {} [{}]", diagnostic.message, diagnostic.code)?;
        }
    }
    if report.is_empty() { Ok(lowered.value) } else { Err(report.into()) }
}

/// Asks what a block asks, and compares the causes found; what is wrong besides them is the caller's to see.
fn explained(place: &str, text: &str) -> Result<(Demand, Situation, Vec<String>), Failed> {
    let scenario = scenario_of(place, text)?;
    let demand = Demand::read(text).map_err(|error| format!("{place}: {error}"))?;
    let start = demand.situation(&scenario).map_err(|error| format!("{place}: {error}"))?;
    let found = diagnose(&start, &Limits::default());
    let causes: Vec<String> = found.causes.iter().map(|cause| cause.code.word().to_owned()).collect();
    if causes != demand.causes {
        let state = found.standing;
        return Err(
            format!("expected {:?}, found {causes:?}; {state:?}, missing {:?}", demand.causes, found.missing).into()
        );
    }
    if causes.is_empty() && found.standing.goal != State::Holds {
        return Err(format!("no cause was found, and the goal does not hold: {:?}", found.standing).into());
    }
    Ok((demand, start, causes))
}

fn fires(word: &str, place: &str, text: &str, is_without_fix: bool) -> Result<(), Failed> {
    let (_, start, causes) = explained(place, text)?;
    if causes.first().map(String::as_str) != Some(word) {
        return Err(format!("`{word}` must come first: {causes:?}").into());
    }
    let limits = Limits::default();
    let fixes = fixes(&start, &diagnose(&start, &limits), &limits);
    match fixes.first() {
        None if is_without_fix => Ok(()),
        None => Err("there is no fix; where none exists, `## Fix` starts with `No fix` and says why".into()),
        Some(_) if is_without_fix => Err(format!("the page says that there is no fix, and there is: {fixes:?}").into()),
        Some(first) => {
            let after = start.with(&Remedy { actions: first.actions.clone() }).ok_or("Azure would refuse the fix")?;
            if after.assess(&limits).holds() {
                Ok(())
            } else {
                Err("the goal does not hold after the first fix".into())
            }
        }
    }
}

fn stays_silent(word: &str, place: &str, text: &str) -> Result<(), Failed> {
    let (_, _, causes) = explained(place, text)?;
    if causes.iter().any(|cause| cause == word) { Err(format!("`{word}` fires").into()) } else { Ok(()) }
}

fn pages() -> Vec<Page> {
    let entries = std::fs::read_dir(docs().join("diagnoses")).expect("there is a folder of pages");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

fn every_diagnosis_has_its_page(pages: &[Page]) -> Result<(), Failed> {
    let written: BTreeSet<&str> = pages.iter().map(|page| page.word.as_str()).collect();
    let mut wrong = String::new();
    for code in Code::all() {
        let word = code.word();
        if !written.contains(word) {
            writeln!(wrong, "there is no page docs/diagnoses/{word}.md")?;
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

fn index_page() -> String {
    let mut page = String::from(
        "# Diagnoses\n\n\
         What `vnetdig explain` can find, by stable code. A code names the bad pattern, not the cure. Each page carries\n\
         a scenario in which the diagnosis comes first and one that only looks alike, and a test runs both; `vnetdig\n\
         explain --code CODE` prints it. `client` is how the client asks, `dns` what DNS answers, `path` whether packets\n\
         arrive, `server` whether what stands there takes the connection.\n\n\
         This page is written by `VNETDIG_BLESS=1 cargo test -p vnetdig-analysis --test diagnoses`.\n\n\
         | Code | Area | Pattern |\n|---|---|---|\n",
    );
    for code in Code::all() {
        let word = code.word();
        let _ = writeln!(page, "| [{word}](diagnoses/{word}.md) | {} | {} |", area(code), code.statement());
    }
    page
}

fn the_index_is_fresh() -> Result<(), Failed> {
    let path = docs().join("diagnoses.md");
    let page = index_page();
    if std::env::var_os("VNETDIG_BLESS").is_some() {
        std::fs::write(&path, &page)?;
    }
    if std::fs::read_to_string(&path).unwrap_or_default() == page {
        return Ok(());
    }
    Err("docs/diagnoses.md is not what the pages say; run with VNETDIG_BLESS=1".into())
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for page in pages() {
        let word = page.word.clone();
        let place = format!("docs/diagnoses/{word}.md");
        for (title, _, blocks) in &page.sections {
            for (line, block) in blocks {
                // Positions in messages count from the block's first line in its page.
                let text = format!("{}{block}", "\n".repeat(line - 1));
                let (word, place, is_without_fix) = (word.clone(), place.clone(), page.without_fix());
                let name = format!("{word} {}", title.to_lowercase());
                trials.push(match title.as_str() {
                    "Fires" => Trial::test(name, move || fires(&word, &place, &text, is_without_fix)),
                    "Stays silent" => Trial::test(name, move || stays_silent(&word, &place, &text)),
                    _ => Trial::test(name, || Err("a scenario stands under `Fires` or `Stays silent`".into())),
                });
            }
        }
        trials.push(Trial::test(format!("{word} has the form of a page"), move || page.form()));
    }
    trials.push(Trial::test("every diagnosis has its page", || every_diagnosis_has_its_page(&pages())));
    trials.push(Trial::test("the index page is fresh", the_index_is_fresh));
    libtest_mimic::run(&arguments, trials).exit();
}
