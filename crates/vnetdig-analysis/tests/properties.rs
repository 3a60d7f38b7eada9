//! What holds of every network and every question.
//!
//! `PROPTEST_CASES` says how many networks each property is tried on, 256 unless it is set; 10000 before a release.

mod generator;

use proptest::prelude::*;
use vnetdig_analysis::{audit, lint};
use vnetdig_engine::{
    Block, Branch, Exchange, Footprint, Item, Limits, Link, NetworkFact, Outcome, Query, Resolution, StepKind, Trace,
    World, resolve,
};
use vnetdig_model::Id as _;
use vnetdig_model::dns::PrivateZone;
use vnetdig_model::network::{ResourceScope, Vnet, VnetId};
use vnetdig_model::record::Soa;
use vnetdig_model::scenario::SimTime;
use vnetdig_model::{Address, Fqdn, Origin, RecordData, RecordSet, Topology, TopologyBuilder, Ttl};

use generator::{Asked, Built, Order, Plan, asked, build, plan};

fn cold() -> World {
    World::cold(SimTime::default())
}

fn traced(topology: &Topology, query: &Query) -> Resolution<Trace> {
    resolve(topology, query, &cold(), &Limits::default())
}

/// Outcomes by what a client sees of them, in names and data: ids say nothing outside their topology.
fn told<R>(topology: &Topology, resolution: &Resolution<R>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for possible in resolution.outcomes() {
        let text = outcome_text(topology, &possible.branch.outcome);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn outcome_text(topology: &Topology, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(response) => {
            let data = |data: &RecordData| match data {
                RecordData::Address(Address::Symbol(symbol)) => topology.symbols()[*symbol].name.to_string(),
                other => format!("{other:?}"),
            };
            let records = response.answers.iter();
            let mut records: Vec<(usize, String)> = records
                .map(|record| {
                    // Record sets of one owner have no order among themselves (QTYPE ANY).
                    let first = response.answers.iter().position(|other| other.name == record.name);
                    (first.unwrap_or(0), format!("{} {} {}", record.name, record.ttl, data(&record.data)))
                })
                .collect();
            records.sort();
            format!("{} {records:?} {:?}", response.rcode, response.authority)
        }
        Outcome::Silence { waited, cause } => format!("silence {waited:?} {cause:?}"),
        Outcome::Indeterminate { missing } => {
            let missing = missing.iter().map(|missing| vnetdig_engine::missing_text(topology, missing));
            format!("missing {:?}", missing.collect::<Vec<_>>())
        }
    }
}

/// A network linked to nothing, and a zone of a name that is there already, linked to nothing.
fn stranger(plan: &Plan) -> impl FnOnce(&mut TopologyBuilder) {
    let apex: Fqdn = plan
        .zones
        .first()
        .map_or("a.example", |zone| generator::APEXES[usize::from(zone.apex) % generator::APEXES.len()])
        .parse()
        .expect("a literal name");
    move |builder| {
        builder.add_vnet(Vnet {
            name: "stranger".into(),
            scope: ResourceScope::default(),
            region: None,
            address_space: Vec::new(),
            dns_servers: Vec::new(),
            lock: None,
            origin: Origin::Built,
            dns_servers_origin: None,
        });
        let data = builder.add_zone(apex.clone(), Some(Soa::of_private_zone().into()), Origin::Built);
        for label in ["www", "*", "s0"] {
            let data_of = RecordData::Address(Address::Known("10.66.66.66".parse().expect("a literal address")));
            builder.add_record_set(RecordSet {
                zone: data,
                owner: apex.child(label).expect("a short name"),
                record_type: data_of.record_type(),
                ttl: Ttl(5),
                data: [data_of].into_iter().collect(),
                auto_registered: false,
                origin: Origin::Built,
            });
        }
        builder.add_private_zone(PrivateZone {
            key: "stranger".into(),
            scope: ResourceScope { resource_group: Some("stranger".into()), ..Default::default() },
            data,
            lock: None,
            origin: Origin::Built,
        });
    }
}

fn network(plan: &Plan) -> Option<Built> {
    build(plan, Order::default(), |_| {})
}

/// The rules that find something, and how often; which of several facts a finding names may follow their order.
fn broken_rules(topology: &Topology) -> Vec<&'static str> {
    let mut codes: Vec<&str> = lint::lint(topology).into_iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes
}

/// The same name in capital letters.
fn shouted(name: &Fqdn) -> Fqdn {
    name.to_string().to_uppercase().parse().expect("a name is one in any case")
}

/// Exchanges in which somebody was reached and answered: the ones the limit counts and lets pass.
fn answered(trace: &Trace) -> usize {
    let stopped = |item: &Item| match item {
        Item::Step(step) => matches!(step.kind, StepKind::LimitHit { .. } | StepKind::Undelivered { .. }),
        Item::Exchange(_) => false,
    };
    trace.exchanges.iter().skip(1).filter(|exchange| !exchange.items.iter().any(stopped)).count()
}

/// Whether a cache said something within one question: a server that is asked twice may know more the second time.
fn reads_a_cache(trace: &Trace) -> bool {
    trace.steps().any(|(_, step)| {
        matches!(step.kind, StepKind::FromCache { .. }) || step.basis == vnetdig_engine::Basis::RrsetLifetime
    })
}

/// The branch with one link left out, crossed twice or turned around, and with obstacles that are not there.
fn changed_ways(branch: &Branch<Trace>) -> Vec<Branch<Trace>> {
    let mut changed = Vec::new();
    for (index, exchange) in branch.record.exchanges.iter().enumerate() {
        let mut with = |change: &dyn Fn(&mut Exchange)| {
            let mut other = branch.clone();
            change(&mut other.record.exchanges[index]);
            changed.push(other);
        };
        if let Some(last) = exchange.path.last().copied() {
            with(&|exchange| exchange.path.push(last));
            if !matches!(last, Link::Device(_)) {
                with(&|exchange| {
                    exchange.path.pop();
                });
            }
        }
        if let Some(Link::Peering { from, to, near, far }) = exchange.path.first().copied() {
            with(&|exchange| exchange.path[0] = Link::Peering { from: to, to: from, near: far, far: near });
        }
        let is_lost = |item: &Item| matches!(item, Item::Step(step) if matches!(step.kind, StepKind::Undelivered { block: Some(_), .. }));
        if exchange.items.iter().any(is_lost) {
            let not_there =
                [Block::Ipv4Only(NetworkFact::Vnet(VnetId::from_index(0))), Block::NoAddress { is_ipv6: true }];
            for wrong in not_there {
                with(&|exchange| {
                    for item in &mut exchange.items {
                        if let Item::Step(step) = item
                            && let StepKind::Undelivered { block, .. } = &mut step.kind
                        {
                            *block = Some(wrong.clone());
                        }
                    }
                });
            }
        }
    }
    changed
}

fn questions() -> impl Strategy<Value = Vec<Asked>> {
    prop::collection::vec(asked(), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 65_536, ..ProptestConfig::default() })]

    #[test]
    fn every_question_ends_within_its_budget(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        let limits = Limits { exchanges: 60, depth: 8, aliases: 4, branches: 8 };
        for asked in &questions {
            let query = built.query(asked);
            for limits in [limits, Limits::default()] {
                let resolution = resolve::<Trace>(&built.topology, &query, &cold(), &limits);
                prop_assert!(!resolution.branches.is_empty());
                prop_assert!(resolution.branches.len() <= limits.branches as usize);
                for branch in &resolution.branches {
                    prop_assert!(answered(&branch.record) <= limits.exchanges as usize);
                    prop_assert_eq!(audit(&built.topology, &query, branch), []);
                }
            }
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer_twice(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        let again = network(&plan).expect("the plan makes a network");
        for asked in &questions {
            let query = built.query(asked);
            let (first, second) = (traced(&built.topology, &query), traced(&again.topology, &query));
            prop_assert_eq!(format!("{first:?}"), format!("{second:?}"));
        }
    }

    #[test]
    fn what_is_recorded_changes_nothing(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        for asked in &questions {
            let query = built.query(asked);
            let limits = Limits::default();
            let nothing = resolve::<()>(&built.topology, &query, &cold(), &limits);
            let footprint = resolve::<Footprint>(&built.topology, &query, &cold(), &limits);
            let trace = traced(&built.topology, &query);
            prop_assert_eq!(told(&built.topology, &nothing), told(&built.topology, &trace));
            prop_assert_eq!(told(&built.topology, &footprint), told(&built.topology, &trace));
            prop_assert_eq!(nothing.cut_by, trace.cut_by);
        }
    }

    #[test]
    fn the_audit_accepts_every_trace_whatever_the_caches_hold(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        let mut world = cold();
        for asked in questions.iter().chain(&questions) {
            let query = built.query(asked);
            let resolution = resolve::<Trace>(&built.topology, &query, &world, &Limits::default());
            for branch in &resolution.branches {
                let found = audit(&built.topology, &query, branch);
                prop_assert!(found.is_empty(), "{query:?}\n{found:#?}\n{:#?}", branch.record);
            }
            world = resolution.branches[0].after.clone();
            world.now = SimTime(world.now.0 + std::time::Duration::from_secs(12));
        }
    }

    #[test]
    fn the_audit_rejects_other_ways_and_other_obstacles(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        for asked in &questions {
            let query = built.query(asked);
            for branch in traced(&built.topology, &query).branches {
                for changed in changed_ways(&branch) {
                    let found = audit(&built.topology, &query, &changed);
                    prop_assert!(!found.is_empty(), "{query:?}\n{:#?}", changed.record);
                }
            }
        }
    }

    #[test]
    fn a_network_nobody_is_linked_to_changes_nothing(plan in plan(), questions in questions()) {
        let built = network(&plan);
        let other = build(&plan, Order::default(), stranger(&plan));
        prop_assume!(built.is_some() && other.is_some());
        let (built, other) = (built.expect("looked at"), other.expect("looked at"));
        for asked in &questions {
            let query = built.query(asked);
            let (left, right) = (traced(&built.topology, &query), traced(&other.topology, &query));
            prop_assert_eq!(told(&built.topology, &left), told(&other.topology, &right));
        }
    }

    #[test]
    fn the_order_of_declarations_changes_nothing(
        plan in plan(),
        questions in questions(),
        turn in 0_usize..5,
        backwards: bool,
    ) {
        let built = network(&plan);
        let other = build(&plan, Order { turn, backwards }, |_| {});
        prop_assume!(built.is_some() && other.is_some());
        let (built, other) = (built.expect("looked at"), other.expect("looked at"));
        for asked in &questions {
            let left = traced(&built.topology, &built.query(asked));
            let right = traced(&other.topology, &other.query(asked));
            prop_assert_eq!(told(&built.topology, &left), told(&other.topology, &right));
        }
    }

    #[test]
    fn what_looks_wrong_does_not_depend_on_the_order_of_declarations(
        plan in plan(),
        turn in 0_usize..5,
        backwards: bool,
    ) {
        let built = network(&plan);
        let other = build(&plan, Order { turn, backwards }, |_| {});
        prop_assume!(built.is_some() && other.is_some());
        let (built, other) = (built.expect("looked at"), other.expect("looked at"));
        prop_assert_eq!(broken_rules(&built.topology), broken_rules(&other.topology));
    }

    #[test]
    fn the_case_of_letters_changes_nothing(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        for asked in &questions {
            let query = built.query(asked);
            let mut loud = query.clone();
            loud.question.name.name = shouted(&query.question.name.name);
            let (left, right) = (traced(&built.topology, &query), traced(&built.topology, &loud));
            prop_assert_eq!(format!("{left:?}"), format!("{right:?}"));
        }
    }

    #[test]
    fn a_cache_that_is_not_read_is_no_cache(plan in plan(), questions in questions()) {
        let built = network(&plan);
        prop_assume!(built.is_some());
        let built = built.expect("it was just looked at");
        for asked in &questions {
            let query = built.query(asked);
            let with = traced(&built.topology, &query);
            if with.branches.iter().any(|branch| reads_a_cache(&branch.record)) {
                continue;
            }
            let without = resolve::<()>(&built.topology, &query, &World::without_memory(), &Limits::default());
            prop_assert_eq!(told(&built.topology, &with), told(&built.topology, &without));
        }
    }
}

#[test]
fn most_plans_make_a_network() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let drawn = (0..100).filter(|_| {
        let plan = plan().new_tree(&mut runner).expect("a plan can always be drawn").current();
        network(&plan).is_some()
    });
    let count = drawn.count();
    assert!(count >= 60, "only {count} of 100");
}

/// What queries cross and what keeps them, over many networks: properties that never meet a case say nothing of it.
#[test]
fn generated_networks_have_many_ways_and_many_obstacles() {
    use proptest::strategy::ValueTree as _;
    use std::collections::BTreeMap;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..2_000 {
        let (plan, questions) =
            (plan(), questions()).new_tree(&mut runner).expect("a plan can always be drawn").current();
        let Some(built) = network(&plan) else { continue };
        for asked in &questions {
            for branch in traced(&built.topology, &built.query(asked)).branches {
                for exchange in &branch.record.exchanges {
                    for link in &exchange.path {
                        let text = format!("{link:?}");
                        let kind = text.split([' ', '(']).next().unwrap_or_default().to_owned();
                        *met.entry(kind).or_default() += 1;
                    }
                    for item in &exchange.items {
                        if let Item::Step(step) = item
                            && let StepKind::Undelivered { block: Some(block), .. } = &step.kind
                        {
                            *met.entry(block.cause().word().to_owned()).or_default() += 1;
                        }
                    }
                }
            }
        }
    }
    for wanted in [
        "Peering",
        "Connection",
        "HubConnection",
        "Device",
        "Internet",
        "no-route",
        "peering-not-transitive",
        "peering-not-connected",
        "peering-lacks-prefix",
        "network-access-denied",
        "security-rule",
        "route-drops",
        "platform-address",
    ] {
        assert!(met.contains_key(wanted), "{wanted} never came up: {met:?}");
    }
}
