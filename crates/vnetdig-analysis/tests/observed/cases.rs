//! The raw blocks of the cases, held against their scenarios.
//!
//! They are read in place: `VNETDIG_CORPUS` names the corpus, and the cases lie beside it, in `../cases`. Without that
//! variable nothing is compared, and the test says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vnetdig_analysis::compare::{Agreement, compare, question_of};
use vnetdig_analysis::diagnose::{Action, Goal, Remedy, Situation, diagnose, fixes};
use vnetdig_engine::{Limits, World};
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::{Asker, SimTime};

use super::{client, held, kind, observations, root, topology};

/// A raw block and what comes of it.
struct Case {
    /// Its number.
    number: &'static str,
    /// The clients of the scenario that saw it, one for each observation; the last one saw the rest.
    client: &'static str,
    /// What is published, and what the scenario calls it.
    names: &'static [(&'static str, &'static str)],
    /// What comes of each observation, in the state the scenario starts in.
    held: &'static [&'static str],
    /// The first observation with something to mend, against the model that the first fix of `explain` makes of it: what
    /// the fix changes, and the kinds of the differences that then explain what was seen, in rank order.
    mended: &'static str,
}

const fn case(
    number: &'static str,
    client: &'static str,
    names: &'static [(&'static str, &'static str)],
    held: &'static [&'static str],
    mended: &'static str,
) -> Case {
    Case { number, client, names, held, mended }
}

const CASES: &[Case] = &[
    // The forwarder that is not there is third: a link or a record that is not there looks the same.
    case(
        "002",
        "laptop",
        &[("pgxxxx-001", "orders")],
        &["agrees"],
        "SetConditionalForwarder: UnlinkZone RemoveRecord RemoveConditionalForwarder RemoveRecord SetClientServers",
    ),
    // The servers the client asks are third, for the same reason.
    case(
        "003",
        "web-before",
        &[("larpmanager-db", "orders")],
        &["agrees"],
        "SetClientServers: UnlinkZone RemoveRecord SetClientServers",
    ),
    case("043", "kv-vm", &[("tls-appgw-kv", "keys")], &["agrees", "agrees", "agrees"], "nothing to mend"),
    case("072", "app-1", &[], &["agrees"], "nothing to mend"),
    // No edit says that a server takes addresses out; the second question went to the server behind it.
    case(
        "082",
        "desk",
        &[
            ("lust.e1.x.home", "orders.postgres.database.azure.com"),
            ("y.home.", "192.168.0.2"),
            ("x.home.", "10.0.1.10"),
            ("10.0.0.115", "10.0.2.5"),
        ],
        &["agrees", "Addresses: @10.0.1.10 SetClientServers"],
        "ExemptDomain: RemoveRecord SetForwarders RemoveRecord StopServer",
    ),
    case("095", "node", &[], &["agrees"], "nothing to mend"),
    // The third one was seen after the link.
    case(
        "117",
        "inter",
        &[("psql-core1", "orders")],
        &["agrees", "agrees", "Rcode: LinkZone"],
        "LinkZone: UnlinkZone RemoveRecord RemoveRecord SetClientServers",
    ),
    // The second one was seen after a failover, which wrote the record anew.
    case("118", "inter", &[("psql-core1", "orders")], &["agrees", "Addresses: SetRecord"], "nothing to mend"),
    case("119", "inter", &[("psql-core1", "orders")], &["agrees", "agrees"], "nothing to mend"),
    case("124", "web", &[("psql-server-tomakabe", "orders")], &["agrees"], "nothing to mend"),
    case("125", "vm-1", &[("app-smartmoney-frontend-app", "front")], &["agrees"], "nothing to mend"),
    case("126", "pc vm-1", &[("mysql-homepage", "home")], &["agrees", "agrees"], "nothing to mend"),
    // The client stands outside of the network; no fact of the topology is wrong.
    case("127", "cloud-shell", &[("psql-arkcloud-dev", "orders")], &["agrees"], "no fix of the topology"),
    case(
        "128",
        "test-app",
        &[("db-psqlflex-homelab", "orders")],
        &["agrees"],
        "LinkZone: UnlinkZone RemoveRecord SetClientServers",
    ),
    // An interactive nslookup asks the servers that it is told to.
    case(
        "131",
        "resolver-vm",
        &[("<publicname>", "publicname")],
        &["agrees", "Rcode: @168.63.129.16", "agrees", "Rcode: @1.1.1.1 SetClientServers UnlinkZone LinkZone"],
        "SetZoneGroup: RemoveRecord RemoveRecord",
    ),
    // The answer says itself that a policy blocks the name.
    case("136", "web-1", &[], &["agrees"], "AllowDomain: BlockedByPolicy"),
    case(
        "145",
        "terraform",
        &[("public-db-mysql", "orders-mysql"), ("public-db.", "orders.")],
        &["agrees", "agrees"],
        "LinkZone: UnlinkZone RemoveRecord RemoveRecord",
    ),
    case(
        "153",
        "before",
        &[
            ("release.ci.jenkins.io", "release.ci.example.com"),
            ("private.privatek8s-sponsored.jenkins.io", "private.cluster.example.com"),
        ],
        &["agrees"],
        "nothing to mend",
    ),
    // Two faults; the missing link alone explains it.
    case(
        "172",
        "pod",
        &[("$domain_name", "chat"), ("$public_ip", "20.1.2.3")],
        &["agrees"],
        "LinkZone SetZoneGroup: UnlinkZone SetRecord SetClientServers",
    ),
    // The text says neither name nor address.
    case("179", "wizard", &[], &["no question"], "no question"),
];

/// The lines of `raw: |` in the head of a case, without their indentation.
fn raw_block(case: &str) -> Option<String> {
    let (_, behind) = case.split_once("\n  raw: |\n")?;
    let lines = behind.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines: Vec<&str> = lines.map(|line| line.get(4..).unwrap_or_default()).collect();
    Some(lines.join("\n"))
}

/// The only file of a folder whose name starts so.
fn file_of(folder: &Path, number: &str) -> String {
    let starts = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number));
    let mut paths = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    let path = paths.find(starts).unwrap_or_else(|| panic!("nothing in {} starts with {number}", folder.display()));
    std::fs::read_to_string(path).expect("a file")
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says when nothing is compared")]
fn the_model_agrees_with_what_was_seen_and_a_mended_one_parts_from_it() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let mut wrong = Vec::new();
    for case in CASES {
        let raw = raw_block(&file_of(&corpus.with_file_name("cases"), case.number)).expect("the case has a raw block");
        let raw = case.names.iter().fold(raw, |raw, (published, ours)| raw.replace(published, ours));
        let topology = topology(&file_of(&root().join("scenarios/cases"), case.number));
        let clients: Vec<Asker> = case.client.split(' ').map(|name| client(&topology, name)).collect();
        let from = |index: usize| clients[index.min(clients.len() - 1)];
        let seen = observations(&raw);
        let found: Vec<String> =
            seen.iter().enumerate().map(|(index, seen)| held(&topology, from(index), seen)).collect();
        if found != case.held {
            wrong.push(format!("{} is {found:?}", case.number));
        }
        let tried = seen.iter().enumerate().map(|(index, seen)| mended(&topology, from(index), seen));
        let mended = tried.reduce(|first, next| if first.contains(':') { first } else { next }).unwrap_or_default();
        if mended != case.mended {
            wrong.push(format!("{} mended is {mended:?}", case.number));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What explains an observation to a model in which the fault is mended.
fn mended(topology: &Arc<vnetdig_model::Topology>, from: Asker, seen: &Observation) -> String {
    let limits = Limits::default();
    let Some(question) = question_of(seen) else { return "no question".to_owned() };
    let goal = Goal::of(topology, from, question, None);
    let start = Situation { topology: Arc::clone(topology), world: World::cold(SimTime::default()), goal };
    let diagnosis = diagnose(&start, &limits);
    if diagnosis.causes.is_empty() {
        return "nothing to mend".to_owned();
    }
    let fixes = fixes(&start, &diagnosis, &limits);
    let Some(fix) = fixes.iter().find(|fix| fix.actions.iter().all(|action| matches!(action, Action::Edit(_)))) else {
        return "no fix of the topology".to_owned();
    };
    let done: Vec<String> = fix
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::Edit(edit) => Some(kind(&vnetdig_analysis::compare::Difference::Fact(edit.clone()))),
            _ => None,
        })
        .collect();
    let after = start.with(&Remedy { actions: fix.actions.clone() }).expect("a fix can be applied");
    let compared = compare(&after.topology, from, seen, &limits).expect("the observation has a question");
    if compared.agreement == Agreement::Agrees {
        return format!("{}: agrees still", done.join(" "));
    }
    let kinds: Vec<String> = compared.explanations.iter().map(|found| kind(&found.difference)).collect();
    format!("{}: {}", done.join(" "), kinds.join(" "))
}
