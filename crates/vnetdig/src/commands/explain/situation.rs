//! What is to be explained: who asks what, when, and what should come of it.

use std::net::IpAddr;
use std::sync::Arc;

use clap::Args;
use vnetdig_analysis::diagnose::{Goal, Situation, Want};
use vnetdig_engine::{Limits, Query, Resolution, Trace, World, resolve, situation_at};
use vnetdig_model::Scenario;
use vnetdig_model::scenario::{Asker, SimTime, TypedQuestion};
use vnetdig_model::switches::parse_duration;

use crate::Stop;
use crate::args::{Port, port};
use crate::commands::trace::server;
use crate::commands::trace::words::Words;

/// A question, and what should come of it.
#[derive(Debug, Args)]
pub(crate) struct GoalArgs {
    /// Who asks: a client, or a plain virtual machine in a `VNET` or `VNET/SUBNET`; or `all` clients.
    ///
    /// May be left out when there is only one client.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<String>,
    /// The name to ask for, and in any order a record type and `@SERVER`, as `trace` takes them.
    #[arg(value_name = "NAME|TYPE|@SERVER|+FLAG")]
    pub(crate) words: Vec<String>,
    /// The record type; A unless given.
    #[arg(short = 't', value_name = "TYPE")]
    pub(crate) record_type: Option<String>,
    /// What a connection is opened to: a port such as `5432` or `53/udp`, `icmp`, or `none`.
    ///
    /// Unless given it is 5432 at names of PostgreSQL servers; at names of other services it is the first port declared
    /// for them, or the one that services of their kind listen on; and `none` at all other names.
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub(crate) port: Option<Port>,
    /// What the answer should be: `private`, `public`, `answer`, or an address; addresses may be several, with commas.
    ///
    /// Unless given it is private where the topology holds a private address for the name, and any answer otherwise.
    #[arg(long, value_name = "WHAT", value_parser = want)]
    pub(crate) expect: Option<Want>,
    /// When it is asked, after the start of the scenario's timeline, such as `90s` or `5m`.
    ///
    /// Everything the timeline says until then has happened, and caches hold what its checks left in them.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<SimTime>,
}

fn want(text: &str) -> Result<Want, String> {
    match text {
        "private" => Ok(Want::Private),
        "public" => Ok(Want::Public),
        "answer" => Ok(Want::Answered),
        _ => {
            let addresses: Result<Vec<IpAddr>, _> = text.split(',').map(|one| one.trim().parse()).collect();
            addresses
                .map(Want::Addresses)
                .map_err(|_| "expected `private`, `public`, `answer` or an address".to_owned())
        }
    }
}

fn time(text: &str) -> Result<SimTime, String> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let time = parse_duration(text).map(SimTime);
    time.ok_or_else(|| "expected a number with a unit, such as `90s`, `5m` or `2h`".to_owned())
}

/// What is explained, and how many worlds there are then.
pub(crate) struct Played {
    /// The one that misses the goal, where one does.
    pub(crate) situation: Situation,
    pub(crate) worlds: usize,
}

/// The situation that a client asks in.
pub(crate) fn situations(
    scenario: &Scenario,
    from: Asker,
    words: &Words,
    args: &GoalArgs,
    limits: &Limits,
) -> Result<Played, Stop> {
    let server = words.server.as_deref().map(|text| server(&scenario.topology, text).map_err(Stop::usage));
    let server = server.transpose()?;
    let question = TypedQuestion { name: words.name.clone(), record_type: words.record_type, server };
    let query = Query { from, question: question.clone() };
    let (topology, possible) = match args.at {
        Some(at) => {
            let then = situation_at(scenario, at, &query, limits);
            (then.topology, then.worlds)
        }
        None => (Arc::new(scenario.topology.clone()), vec![World::cold(SimTime::default())]),
    };
    let count = possible.len();
    let mut first = None;
    for world in possible {
        let service = match args.port {
            Some(Port::None) => None,
            Some(Port::Of(service)) => Some(service),
            None => {
                let resolution: Resolution<Trace> = resolve(&topology, &query, &world, limits);
                Goal::usual_service(&topology, &question, &resolution)
            }
        };
        let mut goal = Goal::of(&topology, from, question.clone(), service);
        if let Some(want) = &args.expect {
            goal.want = want.clone();
        }
        let situation = Situation { topology: Arc::clone(&topology), world, goal };
        if count == 1 || !situation.assess(limits).holds() {
            return Ok(Played { situation, worlds: count });
        }
        first.get_or_insert(situation);
    }
    let situation = first.expect("there is at least one world");
    Ok(Played { situation, worlds: count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_is_a_word_or_addresses() {
        let address: IpAddr = "10.2.0.5".parse().expect("an address");
        for (text, expected) in [
            ("private", Some(Want::Private)),
            ("public", Some(Want::Public)),
            ("answer", Some(Want::Answered)),
            ("10.2.0.5", Some(Want::Addresses(vec![address]))),
            ("10.2.0.5, 10.2.0.5", Some(Want::Addresses(vec![address; 2]))),
            ("privat", None),
            ("10.2.0", None),
            ("", None),
        ] {
            assert_eq!(want(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time("+5m"), time("300s"));
        assert!(time("5").is_err());
    }
}
