//! Known faults put into healthy topologies are explained by their codes, and by nothing else; the first fix works.
//!
//! `cargo test --release -p vnetdig-analysis --test faults -- --nocapture` prints the figures of docs/performance.md.
//! `FAULT_SETS` says how many sets of two to five faults are put into each of the generated topologies.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository and the environment")]
#![expect(clippy::print_stderr, reason = "the test tells its figures")]

#[expect(dead_code, reason = "the table of faults serves several tests")]
mod injected;

use std::collections::BTreeMap;

use vnetdig_analysis::diagnose::{Remedy, Situation, diagnose, fixes};
use vnetdig_engine::Limits;

use injected::healthy::healthy;
use injected::{Draw, Fault, broken, codes, generated, on_the_way};

/// Goals taken of one scenario, and faults of one kind put into it.
const GOALS_A_SCENARIO: usize = 2;
const FAULTS_A_KIND: usize = 1;

/// What came of one set of faults.
struct Told {
    wanted: Vec<&'static str>,
    found: Vec<&'static str>,
    /// Whether a fix was offered, and the first one works.
    is_fixed: bool,
}

impl Told {
    fn is_exact(&self) -> bool {
        self.wanted == self.found
    }
}

fn tell(start: &Situation, faults: &[&Fault], limits: &Limits) -> Option<Told> {
    let after = broken(start, faults)?;
    let diagnosis = diagnose(&after, limits);
    let mut wanted: Vec<&'static str> = faults.iter().map(|fault| fault.code).collect();
    wanted.sort_unstable();
    let first = fixes(&after, &diagnosis, limits).into_iter().next();
    let is_fixed = first.is_some_and(|fix| {
        after.with(&Remedy { actions: fix.actions }).is_some_and(|mended| mended.assess(limits).holds())
    });
    Some(Told { wanted, found: codes(&diagnosis), is_fixed })
}

/// What is done to the record of a private endpoint, or to the zone it is in.
const OF_RECORDS: &[&str] = &[
    "a zone group with the wrong zone",
    "an old address in a record",
    "clear a shared record",
    "remove a zone group",
    "link another zone of the name",
    "unlink a zone",
];

/// Faults of scenarios that are told otherwise: where (a part of the place), what was put in, why.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    (
        "cases/101-a-service-made-again",
        OF_RECORDS,
        "two zones have one name, and each has an endpoint of the service: linking the other one leads to an address, \
         and what keeps the connection from being opened there comes on top",
    ),
    ("patterns/endpoint-in-another-region", OF_RECORDS, "the same: one zone for each region"),
    ("learn/10-two-regions-with-a-replica", OF_RECORDS, "the same: one zone for each region"),
    (
        "",
        &["remove a record"],
        "nothing says what the record held, unless the name is that of a service: the cause is told, and no fix; a \
         name that nothing else declares may also be a wrong one",
    ),
    (
        "cases/",
        &["an old address in a record"],
        "where the server's address is not declared, no record can be written that holds it",
    ),
    (
        "patterns/two-regions-vnet-to-vnet",
        &["disconnect a peering", "do not lend the gateway"],
        "the spoke knows of the other region through the hub's gateway only, so that it has no route at all",
    ),
    (
        "field/single-region-virtual-wan",
        &["take a connection down"],
        "the hub learns of the branch through the connection only, so that there is no route at all",
    ),
    (
        "patterns/endpoint-point-to-site",
        &["no route in the VPN profile"],
        "two networks lack in the profile, that of the DNS server and that of the endpoint, and each is told",
    ),
];

/// Pairs of faults that one change mends: what was put in, what the other one was done to, why.
const HIDDEN: &[(&str, &str, &str)] = &[
    ("an old address in a record", "endpoint", "a declared record stands in place of what a zone group writes"),
    ("link another zone of the name", "endpoint", "a zone group with the zone that is linked mends both"),
    ("link a longer zone", "endpoint", "a record in the longer zone mends both"),
    ("deny access over a peering", "rules", "a rule that allows the port lets packets through both (S-401)"),
    ("a lease of before a change", "link", "another server for the network goes around both"),
    ("a lease of before a change", "policy", "another server for the network goes around both"),
    ("a lease of before a change", "peering", "another server for the network goes around both"),
    ("a lease of before a change", "server", "another server for the network goes around both"),
];

#[test]
fn every_fault_alone_is_explained_by_its_code() {
    let limits = Limits::default();
    let mut by_kind: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut goals: BTreeMap<String, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut topologies = 0;
    for healthy in generated().into_iter().chain(healthy("", &limits)) {
        let file = healthy.place.split(' ').next().unwrap_or_default().to_owned();
        let is_scenario = healthy.scenario.is_some();
        let count = goals.entry(file.clone()).or_default();
        *count += 1;
        if is_scenario && *count > GOALS_A_SCENARIO {
            continue;
        }
        topologies += usize::from(!is_scenario || *count == 1);
        for fault in on_the_way(&healthy.start, &limits) {
            let count = taken.entry((file.clone(), fault.kind)).or_default();
            *count += 1;
            if is_scenario && *count > FAULTS_A_KIND {
                continue;
            }
            let Some(told) = tell(&healthy.start, &[&fault], &limits) else { continue };
            let is_right = told.is_exact() && told.is_fixed;
            let mut known = EXCEPTIONS.iter();
            let excepted = !is_right
                && is_scenario
                && known.any(|(place, kinds, _)| healthy.place.starts_with(place) && kinds.contains(&fault.kind));
            let counts = by_kind.entry(fault.kind).or_default();
            counts[0] += 1;
            counts[1] += usize::from(told.is_exact());
            counts[2] += usize::from(told.is_fixed);
            counts[3] += usize::from(excepted);
            if !excepted && !is_right {
                let key = format!("{} ({}): {:?} fixed {}", fault.kind, fault.code, told.found, told.is_fixed);
                wrong.entry(key).or_default().push(healthy.place.clone());
            }
        }
    }
    let mut sum = [0; 4];
    for (kind, counts) in &by_kind {
        eprintln!("{kind}: {} injected, {} exact, {} fixed, {} excepted", counts[0], counts[1], counts[2], counts[3]);
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    eprintln!(
        "{topologies} topologies, {} kinds, {} faults: {} exact, {} fixed, {} excepted",
        by_kind.len(),
        sum[0],
        sum[1],
        sum[2],
        sum[3]
    );
    assert!(by_kind.len() >= 25, "only {} kinds", by_kind.len());
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.values().map(Vec::len).sum::<usize>(), sum[0]);
}

#[test]
fn several_faults_at_once_are_all_explained() {
    let limits = Limits::default();
    let sets: usize = std::env::var("FAULT_SETS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let mut draw = Draw::new(4);
    let mut by_size: BTreeMap<usize, [usize; 4]> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    for healthy in generated() {
        let faults = on_the_way(&healthy.start, &limits);
        for _ in 0..sets {
            let size = 2 + draw.below(4);
            let chosen = draw.different(&faults, size);
            let Some(told) = tell(&healthy.start, &chosen, &limits) else { continue };
            let kinds: Vec<&str> = chosen.iter().map(|fault| fault.kind).collect();
            let has = |subject: &str| chosen.iter().any(|fault| fault.subject == subject);
            let is_hidden = !told.is_exact()
                && told.found.len() <= told.wanted.len()
                && HIDDEN.iter().any(|(one, other, _)| kinds.contains(one) && has(other));
            let counts = by_size.entry(chosen.len()).or_default();
            counts[0] += 1;
            counts[1] += usize::from(told.is_exact());
            counts[2] += usize::from(told.is_fixed);
            counts[3] += usize::from(is_hidden);
            if !told.is_fixed || !(told.is_exact() || is_hidden) {
                wrong.push(format!("{} {kinds:?}: {:?} fixed {}", healthy.place, told.found, told.is_fixed));
            }
        }
    }
    for (size, counts) in &by_size {
        eprintln!(
            "{size} at once: {} sets, {} exact, {} fixed, {} with faults that hide one another",
            counts[0], counts[1], counts[2], counts[3]
        );
    }
    assert!(by_size.keys().max() >= Some(&5), "{by_size:?}");
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}
