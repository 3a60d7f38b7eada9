//! The real cases: what their scenarios show, and what shows the cases that have none. `docs/cases.md` is written from
//! it, and is compared here.
//!
//! A scenario says in comments at its head how well its case is known (`# evidence: B`), what came of it
//! (`# observed: failure`), and what of it does not happen here (`# not reproduced: …`). `# stands in: …` says that the
//! cause found is not the confirmed one, `# control plane: topology/…` that what failed was refused before any question
//! was asked, and which validation speaks of it, `# confirmed: CODE` which cause was confirmed, where that is not the first
//! one its first diagnosis names, and `# no fix: …` why there is none. Cases without a scenario are in
//! `scenarios/cases/left-out.toml`. The folder `cases` beside the corpus that `VNETDIG_CORPUS` names holds the cases
//! themselves; without that variable they are not compared.
//!
//! `VNETDIG_BLESS=1 cargo test -p vnetdig --test cases` writes the page anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vnetdig_analysis::diagnose::{Remedy, diagnose, examine_diagnoses, fixes, situation_of};
use vnetdig_engine::{Limits, Missing, run};
use vnetdig_input::scenario;
use vnetdig_model::diagnosis::Code;
use vnetdig_model::{Severity, SourceMap};

/// Longest run of words a title may share with that of its case: product and resource names come in runs.
const SHARED_WORDS: usize = 4;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder by the number their names begin with, those of other names left out.
fn numbered(folder: &Path, extension: &str) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let numbered = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        let number = name.split_once('-')?.0;
        let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && name.ends_with(extension)).then(|| (number.to_owned(), path.clone()))
    });
    numbered.collect()
}

/// A case with a scenario, and what came of playing it.
struct Case {
    number: String,
    file: String,
    title: String,
    evidence: String,
    /// Whether something failed when it was observed.
    is_failure: bool,
    not_reproduced: Option<String>,
    /// What is found in place of the confirmed cause.
    stands_in: Option<String>,
    /// The validation that speaks of what the control plane refused.
    control_plane: Option<String>,
    /// Checks that do not hold, the diagnosis left aside.
    broken: Vec<String>,
    /// The causes expected somewhere, in order of appearance.
    mechanism: Vec<Code>,
    is_first: bool,
    is_listed: bool,
    /// How many failing questions a first fix mends, of how many; and why there is none for the others.
    fixed: usize,
    asked: usize,
    without_fix: Vec<String>,
}

/// What a case without a scenario is, and what shows it.
struct LeftOut {
    number: String,
    evidence: String,
    title: String,
    why: String,
    diagnostics: Vec<String>,
}

/// The value of a comment at the head of a scenario.
fn comment<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let head = text.lines().take_while(|line| line.starts_with('#'));
    let mut values = head.filter_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": "));
    values.next()
}

fn play(number: &str, path: &Path) -> Case {
    let file = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let text = read(path);
    let said = |key: &str| comment(&text, key).unwrap_or_else(|| panic!("{file} lacks the comment `# {key}: `"));
    let may_say = |key: &str| comment(&text, key).map(str::to_owned);
    let title = text.lines().find_map(|line| line.strip_prefix("title: "));
    let title = title.unwrap_or_else(|| panic!("{file} has no title"));
    let mut sources = SourceMap::default();
    let source = sources.add(&*file, &*text);
    let parsed = scenario::parse(&sources, source, &vnetdig_input::Limits::default());
    let lowered = scenario::lower(&[parsed.value], &[]);
    let mut found = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    let error = found.find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(error.is_none(), "{file} is not a sound scenario: {error:?}");

    let limits = Limits::default();
    let mut played = run(&lowered.value, &limits);
    examine_diagnoses(&mut played, &limits);
    let observed = said("observed");
    assert!(matches!(observed, "failure" | "success" | "mixed"), "{file}: `{observed}` is no outcome");
    let mut case = Case {
        number: number.to_owned(),
        title: title.to_owned(),
        evidence: said("evidence").to_owned(),
        is_failure: observed != "success",
        not_reproduced: may_say("not reproduced"),
        stands_in: may_say("stands in"),
        control_plane: may_say("control plane"),
        broken: Vec::new(),
        mechanism: Vec::new(),
        is_first: true,
        is_listed: true,
        fixed: 0,
        asked: 0,
        without_fix: Vec::new(),
        file,
    };
    for stage in &played.stages {
        for result in &stage.results {
            let question = result.check.question.name.name.to_string();
            if !result.failures.is_empty() {
                case.broken.push(question.clone());
            }
            let Some(expected) = result.check.diagnosis.as_ref().filter(|expected| !expected.is_empty()) else {
                continue;
            };
            let start = situation_of(&stage.topology, result);
            let diagnosis = diagnose(&start, &limits);
            let causes: Vec<Code> = diagnosis.causes.iter().map(|cause| cause.code).collect();
            if case.mechanism.is_empty() {
                let confirmed = may_say("confirmed").map(|word| {
                    Code::from_word(&word).unwrap_or_else(|| panic!("{}: there is no diagnosis `{word}`", case.file))
                });
                let confirmed = confirmed.or(expected.first().copied());
                case.is_first = causes.first().copied() == confirmed;
                case.is_listed = confirmed.is_some_and(|code| causes.contains(&code));
            }
            case.is_first &= causes.first() == expected.first();
            case.is_listed &= expected.iter().all(|code| causes.contains(code));
            for code in expected {
                if !case.mechanism.contains(code) {
                    case.mechanism.push(*code);
                }
            }
            case.asked += 1;
            let first = fixes(&start, &diagnosis, &limits).into_iter().next();
            let after = first.and_then(|fix| start.with(&Remedy { actions: fix.actions }));
            if after.is_some_and(|after| after.assess(&limits).holds()) {
                case.fixed += 1;
            } else {
                let helpless = diagnosis.causes.iter().filter(|cause| cause.remedies.is_empty());
                let mut reasons: Vec<String> = helpless.filter_map(|cause| reason_without_fix(cause.code)).collect();
                reasons.extend(may_say("no fix"));
                reasons.extend(diagnosis.missing.iter().map(unsaid));
                assert!(!reasons.is_empty(), "{}: no fix of {question}, and nothing says why", case.file);
                case.without_fix.extend(reasons);
            }
        }
    }
    case.without_fix.sort();
    case.without_fix.dedup();
    case
}

/// Why nothing declared can be changed about a diagnosis, as its page says: `No fix …: what to do instead.`
fn reason_without_fix(code: Code) -> Option<String> {
    let page = read(&root().join(format!("docs/diagnoses/{}.md", code.word())));
    let (_, fix) = page.split_once("\n## Fix\n")?;
    let (_, instead) = fix.trim().strip_prefix("No fix")?.split_once(": ")?;
    Some(instead.lines().next()?.to_owned())
}

/// What a scenario would have to say for a fix to be proven.
fn unsaid(missing: &Missing) -> String {
    match missing {
        Missing::FirewallRulesOf(_) => {
            "the name resolves then; whether the service lets the client in is not known.".to_owned()
        }
        Missing::PublicData { name, .. } => {
            format!("the name is sent then; what public DNS has at `{name}` is not known.")
        }
        other => format!("what the scenario does not say: {other:?}."),
    }
}

fn cases() -> Vec<Case> {
    numbered(&root().join("scenarios/cases"), ".vnetdig.yaml").iter().map(|(number, path)| play(number, path)).collect()
}

fn left_out() -> Vec<LeftOut> {
    let table: toml::Table = read(&root().join("scenarios/cases/left-out.toml")).parse().expect("the table is TOML");
    let list = table["case"].as_array().expect("`case` is a list");
    let rows = list.iter().map(|row| {
        let text = |key: &str| {
            let value = row.get(key).and_then(toml::Value::as_str);
            value.unwrap_or_else(|| panic!("a case lacks `{key}`: {row}")).to_owned()
        };
        let codes = row.get("diagnostics").and_then(toml::Value::as_array).into_iter().flatten();
        LeftOut {
            number: text("number"),
            evidence: text("evidence"),
            title: text("title"),
            why: text("why"),
            diagnostics: codes.filter_map(toml::Value::as_str).map(str::to_owned).collect(),
        }
    });
    rows.collect()
}

impl Case {
    /// Whether somebody confirmed a cause in DNS or on the way, for something that failed.
    fn has_cause(&self) -> bool {
        self.is_failure && self.evidence != "C" && self.control_plane.is_none()
    }

    /// Whether diagnoses are among those of the checks, and they are the confirmed cause.
    fn is_explained(&self) -> bool {
        !self.mechanism.is_empty() && self.stands_in.is_none()
    }

    fn row(&self) -> String {
        let mechanism: Vec<String> = self.mechanism.iter().map(|code| link(*code)).collect();
        let nothing = if self.is_failure { "none found" } else { "nothing is wrong" };
        let mechanism = if mechanism.is_empty() { nothing.to_owned() } else { mechanism.join(", ") };
        let reproduced = match (&self.not_reproduced, self.broken.is_empty()) {
            (_, false) => "no".to_owned(),
            (None, true) => "yes".to_owned(),
            (Some(what), true) => format!("in part, without {what}"),
        };
        let first = match (&self.control_plane, &self.stands_in) {
            (Some(code), _) => format!("refused by the control plane: `{code}`"),
            (None, Some(what)) => format!("no; {what}"),
            (None, None) => match (self.is_explained(), self.is_first, self.is_listed) {
                (true, true, _) if self.evidence == "C" => "yes, and nobody confirmed it",
                (true, true, _) => "yes",
                (true, false, true) => "listed",
                (false, ..) if !self.is_failure => "—",
                _ => "no",
            }
            .to_owned(),
        };
        let fixed = match (self.asked, self.fixed) {
            (0, _) => "—".to_owned(),
            (asked, fixed) if asked == fixed => "yes".to_owned(),
            (_, 0) => format!("none: {}", self.without_fix.join(" ")),
            (asked, fixed) => format!("{fixed} of {asked}; else none: {}", self.without_fix.join(" ")),
        };
        let Self { number, file, title, evidence, .. } = self;
        let number = format!("[{number}](../scenarios/cases/{file})");
        format!("| {number} | {title} | {evidence} | {mechanism} | {reproduced} | {first} | {fixed} |")
    }
}

fn link(code: Code) -> String {
    format!("[{word}](diagnoses/{word}.md)", word = code.word())
}

fn page(cases: &[Case], left_out: &[LeftOut]) -> String {
    let count = |takes: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| takes(case)).count();
    let explicable = count(&Case::has_cause);
    let refused = count(&|case| case.control_plane.is_some());
    let mut page = String::from(
        "# Cases\n\n\
         Failures and successes that people wrote about in public, retold as scenarios with other names and addresses.\n\
         Each scenario names its source, holds what was observed as checks, and names the confirmed cause as the\n\
         diagnosis that must come first. Evidence A was seen in the source, B was confirmed there, and C was not.\n\n\
         This page is written by `VNETDIG_BLESS=1 cargo test -p vnetdig --test cases`, from what comes of playing them.\n\n",
    );
    let whole = count(&|case| case.broken.is_empty() && case.not_reproduced.is_none());
    let part = count(&|case| case.broken.is_empty() && case.not_reproduced.is_some());
    let first = count(&|case| case.has_cause() && case.is_explained() && case.is_first);
    let listed = count(&|case| case.has_cause() && case.is_explained() && case.is_listed);
    let asked: usize = cases.iter().map(|case| case.asked).sum();
    let fixed: usize = cases.iter().map(|case| case.fixed).sum();
    let of = |evidence: &str| count(&|case| case.evidence == evidence);
    let rows = [
        ("Cases", format!("{}", cases.len() + left_out.len())),
        ("with a scenario", format!("{}: {} of evidence A, {} of B, {} of C", cases.len(), of("A"), of("B"), of("C"))),
        ("reproduced", format!("{whole} whole, {part} in part, of {}", cases.len())),
        ("refused by the control plane, and shown by a validation", format!("{refused}")),
        ("failures with a confirmed cause in DNS or on the way", format!("{explicable}")),
        ("that cause comes first", format!("{first} of {explicable}")),
        ("that cause is listed", format!("{listed} of {explicable}")),
        (
            "failing questions for which a fix is offered, and the goal holds with the first",
            format!("{fixed} of {asked}"),
        ),
    ];
    page.push_str("| | |\n|---|---|\n");
    for (what, figure) in rows {
        let _ = writeln!(page, "| {what} | {figure} |");
    }
    page.push('\n');
    page.push_str("| Case | Title | Evidence | Mechanism | Reproduced | Cause first | First fix proven |\n");
    page.push_str("|---|---|---|---|---|---|---|\n");
    for case in cases {
        let _ = writeln!(page, "{}", case.row());
    }
    page.push_str("\n## Without a scenario\n\n| Case | Title | Evidence | Why | Shown by |\n|---|---|---|---|---|\n");
    for LeftOut { number, evidence, title, why, diagnostics } in left_out {
        let codes: Vec<String> = diagnostics.iter().map(|code| format!("`{code}`")).collect();
        let codes = if codes.is_empty() { "—".to_owned() } else { codes.join(", ") };
        let _ = writeln!(page, "| {number} | {title} | {evidence} | {why} | {codes} |");
    }
    page
}

#[test]
fn the_page_of_cases_says_what_comes_of_them() {
    let (cases, left_out) = (cases(), left_out());
    for case in &cases {
        assert!(case.broken.is_empty(), "{}: what was observed does not come of it: {:?}", case.file, case.broken);
        let is_said = !case.mechanism.is_empty() || !case.is_failure || case.not_reproduced.is_some();
        assert!(is_said, "{}: a failure without a cause says what is not reproduced", case.file);
    }
    let unlisted: Vec<&str> = cases.iter().filter(|case| !case.is_listed).map(|case| &*case.file).collect();
    assert!(unlisted.is_empty(), "the confirmed cause is not among those found: {unlisted:?}");

    let page = page(&cases, &left_out);
    let path = root().join("docs/cases.md");
    if std::env::var_os("VNETDIG_BLESS").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let is_fresh = fs::read_to_string(&path).is_ok_and(|written| written == page);
    assert!(is_fresh, "docs/cases.md is not what the scenarios say; run with VNETDIG_BLESS=1");
}

#[test]
fn what_shows_a_case_without_a_scenario_exists() {
    let sources =
        ["vnetdig-model/src/validate", "vnetdig-analysis/src/lint"].map(|folder| root().join("crates").join(folder));
    let mut texts = String::new();
    for folder in sources.iter().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(folder).expect("it is a folder") {
            texts.push_str(&fs::read_to_string(entry.expect("an entry can be read").path()).unwrap_or_default());
        }
    }
    let mut named: Vec<(String, String)> = Vec::new();
    for LeftOut { number, diagnostics, .. } in left_out() {
        named.extend(diagnostics.into_iter().map(|code| (number.clone(), code)));
    }
    for (number, path) in numbered(&root().join("scenarios/cases"), ".vnetdig.yaml") {
        named.extend(comment(&read(&path), "control plane").map(|code| (number, code.to_owned())));
    }
    for (number, code) in named {
        assert!(texts.contains(&format!("\"{code}\"")), "case {number}: nothing reports `{code}`");
    }
}

/// The head of a case: what stands between its first two lines of three dashes.
fn head(text: &str, key: &str) -> String {
    let head = text.lines().skip(1).take_while(|line| *line != "---");
    let mut values = head.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    let value = values.next().unwrap_or_default();
    match serde_json::from_str(value) {
        Ok(Value::String(text)) => text,
        _ => value.to_owned(),
    }
}

/// The longest run of words two titles share, case aside.
fn shared_words(one: &str, other: &str) -> usize {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let starts = (0..one.len()).flat_map(|first| (0..other.len()).map(move |second| (first, second)));
    let runs = starts.map(|(first, second)| {
        one[first..].iter().zip(&other[second..]).take_while(|(left, right)| left == right).count()
    });
    runs.max().unwrap_or_default()
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says when it compares nothing")]
fn every_case_known_is_in_one_of_the_two_tables() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let known = numbered(&corpus.join("../cases"), ".md");
    assert!(!known.is_empty(), "there are cases beside the corpus");
    let mut told: BTreeMap<String, (String, String, Option<String>)> = BTreeMap::new();
    let scenarios = numbered(&root().join("scenarios/cases"), ".vnetdig.yaml");
    for (number, path) in scenarios {
        let text = read(&path);
        let said = |key: &str| comment(&text, key).map(str::to_owned);
        let title = text.lines().find_map(|line| line.strip_prefix("title: ")).unwrap_or_default();
        told.insert(number, (title.to_owned(), said("evidence").unwrap_or_default(), said("observed")));
    }
    let mut complaints = Vec::new();
    for LeftOut { number, title, evidence, .. } in left_out() {
        if told.insert(number.clone(), (title, evidence, None)).is_some() {
            complaints.push(format!("{number} is in both tables"));
        }
    }
    complaints
        .extend(told.keys().filter(|number| !known.contains_key(*number)).map(|number| format!("no case {number}")));
    for (number, path) in &known {
        let Some((title, evidence, observed)) = told.get(number) else {
            complaints.push(format!("{number} is in neither table"));
            continue;
        };
        let text = read(path);
        let shared = shared_words(title, &head(&text, "title"));
        if shared > SHARED_WORDS {
            complaints.push(format!("{number}: the title shares {shared} words in a row with that of the case"));
        }
        if *evidence != head(&text, "evidence") {
            complaints.push(format!("{number}: evidence {evidence} is not that of the case"));
        }
        if observed.as_ref().is_some_and(|observed| *observed != head(&text, "outcome")) {
            complaints.push(format!("{number}: {observed:?} is not the outcome of the case"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
