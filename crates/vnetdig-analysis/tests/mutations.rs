//! The audit accepts what the engine made of every scenario in the repository, and rejects what was changed in it.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vnetdig_analysis::{audit, cell, matrix};
use vnetdig_engine::{
    Block, Branch, Candidate, Exchange, Item, Limits, Link, Outcome, Party, Query, Record, Rejection, Response,
    ServerSource, Step, StepKind, Trace, Vantage,
};
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::{Address, Fqdn, RecordData, ResponseCode, Scenario, Severity, SourceMap, Topology, Ttl};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The scenarios of the repository, those in the pages included, each with its place.
fn scenarios() -> Vec<(String, Scenario)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for path in files(&repository().join("scenarios"), ".vnetdig.yaml") {
        texts.push((path.display().to_string(), fs::read_to_string(&path).expect("the file can be read")));
    }
    for path in files(&repository().join("docs"), ".md") {
        let page = fs::read_to_string(&path).expect("the page can be read");
        for (index, block) in page.split("\n```yaml scenario\n").skip(1).enumerate() {
            let text = block.split("\n```").next().unwrap_or_default();
            texts.push((format!("{} block {index}", path.display()), format!("{text}\n")));
        }
    }
    let read = texts.into_iter().filter_map(|(place, text)| {
        let mut sources = SourceMap::default();
        let id = sources.add(place.clone(), text);
        let document = parse(&sources, id, &vnetdig_input::Limits::default());
        let lowered = lower(&[document.value], &[]);
        let is_sound = lowered.diagnostics.iter().all(|found| found.severity != Severity::Error);
        is_sound.then_some((place, lowered.value))
    });
    read.collect()
}

/// A trace with what it is a trace of.
struct Case {
    place: String,
    topology: std::sync::Arc<Topology>,
    query: Query,
    branch: Branch<Trace>,
    /// Caches were empty, so that everything in the reply has its step.
    is_cold: bool,
}

fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    for (place, scenario) in scenarios() {
        let run = vnetdig_engine::run(&scenario, &Limits::default());
        for stage in run.stages {
            for result in stage.results {
                let query = Query { from: result.asker, question: result.check.question.clone() };
                for branch in result.resolution.branches {
                    let (place, topology) = (place.clone(), stage.topology.clone());
                    found.push(Case { place, topology, query: query.clone(), branch, is_cold: stage.at.is_none() });
                }
            }
        }
    }
    found
}

#[test]
fn every_trace_of_every_scenario_is_accepted() {
    let cases = cases();
    assert!(cases.len() > 100, "only {} traces", cases.len());
    let mut rejected = Vec::new();
    for case in cases {
        let found: Vec<String> =
            audit(&case.topology, &case.query, &case.branch).iter().map(ToString::to_string).collect();
        if !found.is_empty() {
            let question = &case.query.question;
            rejected.push(format!(
                "{} {} {}\n  {}",
                case.place,
                question.name.name,
                question.record_type,
                found.join("\n  ")
            ));
        }
    }
    assert!(rejected.is_empty(), "{}", rejected.join("\n"));
}

#[test]
fn every_cell_of_every_scenario_is_what_the_client_gets_by_itself() {
    let (limits, mut count) = (Limits::default(), 0);
    for (place, scenario) in scenarios() {
        let topology = &scenario.topology;
        let matrix = matrix(topology, &limits, None);
        for (client, class) in matrix.rows() {
            for (column, name) in matrix.names.iter().enumerate() {
                let mut by_class = matrix.cell(class, column).clone();
                by_class.missing = matrix.missing_for(topology, class, column, client).map(Box::new);
                let client_name = &topology.facts().clients[client].name;
                assert_eq!(by_class, cell(topology, &limits, client, name), "{place}: {client_name} {}", name.name);
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count} cells");
}

// ---- changes ----

/// A change of a branch; `None` when there is nothing to change.
type Change = fn(&Topology, &mut Branch<Trace>) -> Option<()>;

fn name(text: &str) -> Fqdn {
    text.parse().expect(text)
}

fn steps(branch: &mut Branch<Trace>) -> impl Iterator<Item = &mut Step> {
    branch.record.exchanges.iter_mut().flat_map(|exchange| &mut exchange.items).filter_map(|item| match item {
        Item::Step(step) => Some(step),
        Item::Exchange(_) => None,
    })
}

/// Changes what the first step of a kind says.
fn first_step(branch: &mut Branch<Trace>, change: impl Fn(&mut StepKind) -> Option<()>) -> Option<()> {
    steps(branch).find_map(|step| change(&mut step.kind))
}

/// Takes steps of a kind away.
fn without(branch: &mut Branch<Trace>, is_gone: impl Fn(&StepKind) -> bool) -> Option<()> {
    let mut count = 0;
    for exchange in &mut branch.record.exchanges {
        let before = exchange.items.len();
        exchange.items.retain(|item| !matches!(item, Item::Step(step) if is_gone(&step.kind)));
        count += before - exchange.items.len();
    }
    (count > 0).then_some(())
}

/// All replies, and the outcome.
fn replies(branch: &mut Branch<Trace>) -> impl Iterator<Item = &mut Response> {
    let inner = branch.record.exchanges.iter_mut().filter_map(|exchange| exchange.reply.as_mut());
    inner.chain([&mut branch.outcome]).filter_map(|outcome| match outcome {
        Outcome::Response(response) => Some(response),
        _ => None,
    })
}

/// Changes a record wherever it is told.
fn everywhere(branch: &mut Branch<Trace>, change: impl Fn(&mut Record)) -> Option<()> {
    let last = branch.outcome.response()?.answers.last()?.clone();
    for response in replies(branch) {
        for record in &mut response.answers {
            if record.name == last.name && record.data == last.data {
                change(record);
            }
        }
    }
    Some(())
}

fn delivered(branch: &mut Branch<Trace>) -> Option<&mut Exchange> {
    let lost = |exchange: &Exchange| {
        exchange.items.iter().any(|item| {
            matches!(item, Item::Step(Step { kind: StepKind::Undelivered { .. } | StepKind::NotDeclared, .. }))
        })
    };
    branch.record.exchanges.iter_mut().skip(1).find(|exchange| !lost(exchange))
}

fn invented() -> Record {
    let data = RecordData::Address(Address::Known("10.99.99.99".parse().expect("a literal address")));
    Record { name: name("invented.example"), ttl: Ttl(1), data }
}

/// Changes of the tree of exchanges and of who asks whom.
const OF_SHAPE: [(&str, Change); 15] = [
    ("a reply is taken away", |_, branch| {
        branch.record.exchanges.last_mut()?.reply = None;
        Some(())
    }),
    ("the trace is empty", |_, branch| {
        branch.record = Trace::default();
        Some(())
    }),
    ("the client waited longer", |_, branch| {
        branch.elapsed += Duration::from_millis(1);
        Some(())
    }),
    ("a parent comes after its child", |_, branch| {
        branch.record.exchanges.get_mut(1)?.parent = Some(1);
        Some(())
    }),
    ("parent and child change places", |_, branch| {
        branch.record.exchanges.get(1)?;
        branch.record.exchanges.swap(0, 1);
        Some(())
    }),
    ("a child is not listed", |_, branch| {
        let exchange = &mut branch.record.exchanges[0];
        let position = exchange.items.iter().position(|item| matches!(item, Item::Exchange(_)))?;
        exchange.items.remove(position);
        Some(())
    }),
    ("a child is listed twice", |_, branch| {
        let exchange = &mut branch.record.exchanges[0];
        let item = exchange.items.iter().find(|item| matches!(item, Item::Exchange(_)))?.clone();
        exchange.items.push(item);
        Some(())
    }),
    ("an exchange is left out", |_, branch| {
        (branch.record.exchanges.len() > 1).then(|| branch.record.exchanges.pop())?;
        Some(())
    }),
    ("somebody else asks", |topology, branch| {
        let client = topology.facts().clients.ids().next()?;
        branch.record.exchanges.get_mut(1)?.asker = Party::LocalDns(client);
        Some(())
    }),
    ("the question of a child is another", |_, branch| {
        branch.record.exchanges.get_mut(1)?.question.name = name("other.example");
        Some(())
    }),
    ("the client's question is another", |_, branch| {
        branch.record.exchanges[0].question.name = name("other.example");
        Some(())
    }),
    ("another address is asked", |_, branch| {
        let exchange = delivered(branch).filter(|exchange| exchange.address.is_some())?;
        exchange.address = Some("192.0.2.99:53".parse().expect("a literal address"));
        Some(())
    }),
    ("the query leaves from another network", |topology, branch| {
        let mut exchanges = branch.record.exchanges.iter_mut();
        let exchange = exchanges.find(|exchange| matches!(exchange.server, Party::AzureDns(Vantage::Vnet(_))))?;
        let Party::AzureDns(Vantage::Vnet(vnet)) = exchange.server else { return None };
        let other = topology.facts().vnets.ids().find(|other| *other != vnet);
        exchange.server = Party::AzureDns(other.map_or(Vantage::Public, Vantage::Vnet));
        Some(())
    }),
    ("the way leads over what is not there", |_, branch| {
        let exchange = delivered(branch).filter(|exchange| matches!(exchange.server, Party::Server(_)))?;
        exchange.path = vec![Link::HubConnection { from: Place::Internet, to: Place::Internet }];
        Some(())
    }),
    ("the way is left out", |_, branch| {
        let mut exchanges = branch.record.exchanges.iter_mut();
        exchanges.find(|exchange| !exchange.path.is_empty())?.path.clear();
        Some(())
    }),
];

/// Changes of the links a query crosses, and of why it does not arrive.
const OF_WAYS: [(&str, Change); 8] = [
    ("the first link is left out", |_, branch| {
        let mut exchanges = branch.record.exchanges.iter_mut();
        exchanges.find(|exchange| exchange.path.len() > 1)?.path.remove(0);
        Some(())
    }),
    ("a link is crossed twice", |_, branch| {
        let mut exchanges = branch.record.exchanges.iter_mut();
        let path = &mut exchanges.find(|exchange| !exchange.path.is_empty())?.path;
        path.push(*path.last()?);
        Some(())
    }),
    ("a peering is crossed the other way", |_, branch| {
        first_peering(branch, |from, to, near, far| {
            std::mem::swap(from, to);
            std::mem::swap(near, far);
        })
    }),
    ("the halves of a peering change places", |_, branch| {
        first_peering(branch, |_, _, near, far| std::mem::swap(near, far))
    }),
    ("a connection leads elsewhere", |_, branch| {
        let mut links = branch.record.exchanges.iter_mut().flat_map(|exchange| &mut exchange.path);
        links.find_map(|link| {
            let Link::Connection { to, .. } = link else { return None };
            *to = Place::Internet;
            Some(())
        })
    }),
    ("the query is dropped by somebody else's rules", |_, branch| {
        block(branch, |block| {
            *block = Block::ApplianceUnreachable {
                route: vnetdig_engine::NetworkFact::Vnet(first_id()),
                address: "192.0.2.1".parse().expect("a literal address"),
            };
        })
    }),
    ("networks are not peered that are", |topology, branch| {
        let half = topology.facts().peerings.values().find(|half| {
            let mut others = topology.facts().peerings.values();
            let both = |state| state == vnetdig_model::network::PeeringState::Connected;
            both(half.state)
                && others.any(|other| (other.local, other.remote) == (half.remote, half.local) && both(other.state))
        })?;
        let (from, to) = (half.local, half.remote);
        block(branch, |block| *block = Block::PeeringNotConnected { from, to, near: None, far: None })
    }),
    ("nothing is shared between networks that are not peered", |_, branch| {
        branch.record.exchanges.iter_mut().flat_map(|exchange| &mut exchange.items).find_map(|item| match item {
            Item::Step(Step {
                kind: StepKind::Undelivered { block: Some(Block::NotTransitive { shared, .. }), .. },
                ..
            }) => {
                shared.clear();
                Some(())
            }
            _ => None,
        })
    }),
];

fn first_id<I: vnetdig_model::id::Id>() -> I {
    I::from_index(0)
}

/// Changes the first peering that is crossed.
fn first_peering(
    branch: &mut Branch<Trace>,
    change: fn(
        &mut VnetId,
        &mut VnetId,
        &mut vnetdig_model::network::PeeringId,
        &mut vnetdig_model::network::PeeringId,
    ),
) -> Option<()> {
    let mut links = branch.record.exchanges.iter_mut().flat_map(|exchange| &mut exchange.path);
    links.find_map(|link| {
        let Link::Peering { from, to, near, far } = link else { return None };
        change(from, to, near, far);
        Some(())
    })
}

/// Changes every reason of the first query that does not arrive.
fn block(branch: &mut Branch<Trace>, change: impl Fn(&mut Block)) -> Option<()> {
    branch.record.exchanges.iter_mut().find_map(|exchange| {
        let mut count = 0;
        for item in &mut exchange.items {
            if let Item::Step(Step { kind: StepKind::Undelivered { block: Some(block), .. }, .. }) = item {
                change(block);
                count += 1;
            }
        }
        (count > 0).then_some(())
    })
}

/// Changes of what came back.
const OF_REPLIES: [(&str, Change); 11] = [
    ("the outcome has another code", |_, branch| {
        replies(branch).last()?.rcode = ResponseCode::NotImp;
        Some(())
    }),
    ("the code is another everywhere", |_, branch| {
        let response = branch.outcome.response()?;
        let other = match response.rcode {
            ResponseCode::NXDomain => ResponseCode::NoError,
            _ => ResponseCode::NXDomain,
        };
        replies(branch).for_each(|response| response.rcode = other);
        Some(())
    }),
    ("the last record is left out at the end", |_, branch| {
        branch.outcome.response()?.answers.last()?;
        let reply = branch.record.exchanges[0].reply.as_mut()?;
        for outcome in [reply, &mut branch.outcome] {
            let Outcome::Response(response) = outcome else { return None };
            response.answers.pop();
        }
        Some(())
    }),
    ("the last record is left out everywhere", |_, branch| {
        let last = branch.outcome.response()?.answers.last()?.clone();
        for response in replies(branch) {
            response.answers.retain(|record| record.name != last.name || record.data != last.data);
        }
        Some(())
    }),
    ("a record is invented at the end", |_, branch| {
        let reply = branch.record.exchanges[0].reply.as_mut()?;
        for outcome in [reply, &mut branch.outcome] {
            let Outcome::Response(response) = outcome else { return None };
            response.answers.push(invented());
        }
        Some(())
    }),
    ("a record is invented everywhere", |_, branch| {
        branch.outcome.response()?;
        replies(branch).for_each(|response| response.answers.push(invented()));
        Some(())
    }),
    ("an address is another", |_, branch| {
        let last = branch.outcome.response()?.answers.last()?;
        matches!(last.data, RecordData::Address(_)).then_some(())?;
        everywhere(branch, |record| record.data = invented().data)
    }),
    ("an owner is another", |_, branch| everywhere(branch, |record| record.name = name("other.example"))),
    ("a TTL is larger", |_, branch| everywhere(branch, |record| record.ttl = Ttl(record.ttl.0 + 100_000))),
    ("the SOA is that of another zone", |_, branch| {
        branch.outcome.response()?.authority.as_ref()?;
        for response in replies(branch) {
            if let Some(authority) = &mut response.authority {
                authority.owner = name("other.example");
            }
        }
        Some(())
    }),
    ("silence is an answer", |_, branch| {
        let lost = |exchange: &&mut Exchange| matches!(exchange.reply, Some(Outcome::Silence { .. }));
        branch.record.exchanges.iter_mut().skip(1).find(lost)?.reply = Some(Outcome::rcode(ResponseCode::NXDomain));
        Some(())
    }),
];

/// Changes of what was chosen, and of why the others were not.
const OF_CHOICES: [(&str, Change); 12] = [
    ("another zone is chosen", |topology, branch| {
        let zones: Vec<_> = topology.facts().private_zones.ids().collect();
        first_step(branch, |kind| {
            let StepKind::ZoneChosen { zone, .. } = kind else { return None };
            *zone = *zones.iter().find(|other| *other != zone)?;
            Some(())
        })
    }),
    ("the chosen zone is not linked", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::ZoneChosen { link, .. } = kind else { return None };
            *link = None;
            Some(())
        })
    }),
    ("no zone covers although one does", |_, branch| {
        first_step(branch, |kind| matches!(kind, StepKind::ZoneChosen { .. }).then(|| *kind = StepKind::NoZone))
    }),
    ("a zone is chosen that is not linked", |topology, branch| {
        let zone = topology.facts().private_zones.ids().next()?;
        let link = topology.facts().zone_links.ids().next();
        first_step(branch, |kind| matches!(kind, StepKind::NoZone).then(|| *kind = StepKind::ZoneChosen { zone, link }))
    }),
    ("the chosen zone lost as well", |_, branch| {
        steps(branch).find_map(|step| {
            let StepKind::ZoneChosen { zone, .. } = step.kind else { return None };
            step.rejected.push((Candidate::Zone(zone), Rejection::NotLinked));
            Some(())
        })
    }),
    ("a reason is another", |_, branch| {
        steps(branch).find_map(|step| {
            let is_zone_or_rule = |lost: &&mut (Candidate, Rejection)| {
                matches!(lost.0, Candidate::Zone(_) | Candidate::Rule(_) | Candidate::ConditionalForwarder(..))
            };
            let (_, reason) = step.rejected.iter_mut().find(is_zone_or_rule)?;
            *reason = match reason {
                Rejection::ShorterMatch => Rejection::NotLinked,
                _ => Rejection::ShorterMatch,
            };
            Some(())
        })
    }),
    ("another rule is chosen", |topology, branch| {
        let rules: Vec<_> = topology.facts().forwarding_rules.ids().collect();
        first_step(branch, |kind| {
            let StepKind::RuleChosen { rule } = kind else { return None };
            *rule = *rules.iter().find(|other| *other != rule)?;
            Some(())
        })
    }),
    ("another forwarder covers the name", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::ConditionalForwarder { domain } = kind else { return None };
            *domain = name("other.example");
            Some(())
        })
    }),
    ("the client has other servers", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::ServersOf { servers, .. } = kind else { return None };
            servers.push("192.0.2.98".parse().expect("a literal address"));
            Some(())
        })
    }),
    ("the servers come from elsewhere", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::ServersOf { source, .. } = kind else { return None };
            *source = match source {
                ServerSource::Guest => ServerSource::Nic,
                _ => ServerSource::Guest,
            };
            Some(())
        })
    }),
    ("a reserved suffix keeps another name", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::ReservedSuffix { suffix } = kind else { return None };
            *suffix = name("other.example");
            Some(())
        })
    }),
    ("nobody blocked the name", |_, branch| without(branch, |kind| matches!(kind, StepKind::PolicyBlocks { .. }))),
];

/// Changes of what was found.
const OF_FINDINGS: [(&str, Change); 11] = [
    ("an alias leads elsewhere", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::Alias { target, .. } = kind else { return None };
            *target = name("other.example");
            Some(())
        })
    }),
    ("the chain goes on elsewhere", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::Restart { target } = kind else { return None };
            *target = name("other.example");
            Some(())
        })
    }),
    ("an alias leads elsewhere everywhere", |_, branch| {
        let other = name("other.example");
        let mut old = None;
        for step in steps(branch) {
            match &mut step.kind {
                StepKind::Alias { target, .. } | StepKind::Restart { target } | StepKind::Requery { target }
                    if *old.get_or_insert_with(|| target.clone()) == *target =>
                {
                    *target = other.clone();
                }
                _ => {}
            }
        }
        let old = RecordData::Cname(old?);
        for response in replies(branch) {
            for record in &mut response.answers {
                if record.data == old {
                    record.data = RecordData::Cname(other.clone());
                }
            }
        }
        Some(())
    }),
    ("other records were found", |topology, branch| {
        let sets: Vec<_> = topology.record_sets().ids().collect();
        first_step(branch, |kind| {
            let (StepKind::Found { record_set } | StepKind::Wildcard { record_set }) = kind else { return None };
            *record_set = *sets.iter().find(|other| *other != record_set)?;
            Some(())
        })
    }),
    ("records come from nowhere", |_, branch| {
        without(branch, |kind| matches!(kind, StepKind::Found { .. } | StepKind::Wildcard { .. }))
    }),
    ("an alias comes from nowhere", |_, branch| without(branch, |kind| matches!(kind, StepKind::Alias { .. }))),
    ("a miss is no miss", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::NameMiss { zone } = kind else { return None };
            *kind = StepKind::NoData { zone: *zone, empty_non_terminal: false };
            Some(())
        })
    }),
    ("a miss has no reason", |_, branch| {
        without(branch, |kind| {
            matches!(
                kind,
                StepKind::NameMiss { .. }
                    | StepKind::PublicNegative { .. }
                    | StepKind::Dangling { rcode: ResponseCode::NXDomain | ResponseCode::NoError }
            )
        })
    }),
    ("no data is a miss", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::NoData { zone, .. } = kind else { return None };
            *kind = StepKind::NameMiss { zone: *zone };
            Some(())
        })
    }),
    ("absence is known from elsewhere", |_, branch| {
        first_step(branch, |kind| {
            let StepKind::PublicNegative { known, .. } = kind else { return None };
            *known = name("other.example");
            Some(())
        })
    }),
    ("what is not declared is said", |_, branch| {
        without(branch, |kind| matches!(kind, StepKind::NotDeclared))?;
        let outcome = Outcome::rcode(ResponseCode::NXDomain);
        for exchange in &mut branch.record.exchanges {
            if matches!(exchange.reply, Some(Outcome::Indeterminate { .. })) {
                exchange.reply = Some(outcome.clone());
            }
        }
        if matches!(branch.outcome, Outcome::Indeterminate { .. }) {
            branch.outcome = outcome;
        }
        Some(())
    }),
];

#[test]
fn every_change_of_a_trace_is_rejected() {
    let mut cases = cases();
    // What a cache held cannot be held against the topology.
    cases.retain(|case| {
        let mut steps = case.branch.record.steps();
        case.is_cold && !steps.any(|(_, step)| matches!(step.kind, StepKind::FromCache { .. }))
    });
    let changes = OF_SHAPE.iter().chain(&OF_WAYS).chain(&OF_REPLIES).chain(&OF_CHOICES).chain(&OF_FINDINGS);
    let mut missed = Vec::new();
    for (what, change) in changes {
        let mut count = 0;
        for case in &cases {
            let mut branch = case.branch.clone();
            if change(&case.topology, &mut branch).is_none() {
                continue;
            }
            count += 1;
            if audit(&case.topology, &case.query, &branch).is_empty() {
                missed.push(format!("{what}: {} {:?}", case.place, case.query));
            }
        }
        assert!(count > 0, "{what}: there is no trace to try it on");
    }
    assert!(missed.is_empty(), "{} were accepted\n{}", missed.len(), missed.join("\n"));
}
