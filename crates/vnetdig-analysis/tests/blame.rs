//! The causes a diagnosis names are enough, none of them is needless, and brute force finds no smaller set of changes
//! that reaches the goal.
//!
//! Faults are put into small topologies: some on the way of the goal, and some elsewhere as decoys. The universe is
//! the inverse of each and the remedy of each cause; every subset smaller than the set of causes is tried.
#![expect(clippy::disallowed_methods, reason = "the table of faults reads the repository")]

#[expect(dead_code, reason = "the table of faults serves several tests")]
mod injected;

use vnetdig_analysis::diagnose::{Remedy, Situation, diagnose};
use vnetdig_engine::Limits;

use injected::{Draw, Fault, broken, elsewhere, first_remedies, generated, makes_facts, on_the_way};

fn reaches(situation: &Situation, limits: &Limits) -> bool {
    situation.assess(limits).failing().next().is_none()
}

/// A set of changes smaller than this that reaches the goal, if there is one: faults undone, and remedies applied.
/// Ids in remedies say something only while every fault that makes facts is there.
fn smaller(
    start: &Situation,
    faults: &[&Fault],
    remedies: &[Remedy],
    limits: &Limits,
) -> Option<(Vec<&'static str>, Vec<Remedy>)> {
    let size = |set: u32| set.count_ones() as usize;
    for undone in 0..1_u32 << faults.len() {
        let is_undone = |index: &usize| undone & (1 << index) != 0;
        let gone: Vec<&Fault> = (0..faults.len()).filter(is_undone).map(|index| faults[index]).collect();
        let left: Vec<&Fault> =
            (0..faults.len()).filter(|index| !is_undone(index)).map(|index| faults[index]).collect();
        if gone.len() >= remedies.len() {
            continue;
        }
        let Some(after) = broken(start, &left) else { continue };
        let can_mix = gone.iter().all(|fault| !makes_facts(fault));
        let all = if can_mix { 1_u32 << remedies.len() } else { 1 };
        for applied in (0..all).filter(|applied| gone.len() + size(*applied) < remedies.len()) {
            let chosen = remedies.iter().enumerate().filter(|(index, _)| applied & (1 << index) != 0);
            let chosen: Vec<Remedy> = chosen.map(|(_, remedy)| remedy.clone()).collect();
            let actions = chosen.iter().flat_map(|remedy| remedy.actions.clone()).collect();
            if after.with(&Remedy { actions }).is_some_and(|mended| reaches(&mended, limits)) {
                return Some((gone.iter().map(|fault| fault.kind).collect(), chosen));
            }
        }
    }
    None
}

#[test]
fn causes_are_sufficient_and_needed_and_brute_force_finds_no_smaller_set() {
    let limits = Limits::default();
    let mut draw = Draw::new(17);
    let (mut sets, mut largest) = (0, 0);
    for healthy in generated() {
        assert!(healthy.start.assess(&limits).holds(), "{}", healthy.place);
        let faults = on_the_way(&healthy.start, &limits);
        let decoys = elsewhere(&healthy.start, &limits);
        for _ in 0..12 {
            let count = 1 + draw.below(3);
            let mut chosen: Vec<&Fault> = draw.different(&faults, count);
            chosen.extend(draw.different(&decoys, 2));
            let Some(after) = broken(&healthy.start, &chosen) else { continue };
            sets += 1;
            let kinds: Vec<_> = chosen.iter().map(|fault| fault.kind).collect();
            let diagnosis = diagnose(&after, &limits);
            let codes: Vec<_> = diagnosis.causes.iter().map(|cause| cause.code.word()).collect();
            let place = format!("{} {kinds:?} {codes:?}", healthy.place);
            assert!(diagnosis.is_sufficient, "{place}");
            let holds = |without: Option<usize>| {
                let remedy = Remedy { actions: first_remedies(&diagnosis, without) };
                after.with(&remedy).is_some_and(|mended| reaches(&mended, &limits))
            };
            assert!(holds(None), "mending all is not enough: {place}");
            if codes.len() > 1 {
                for (index, code) in codes.iter().enumerate() {
                    assert!(!holds(Some(index)), "{code} is needless: {place}");
                }
            }
            let causes = diagnosis.causes.iter();
            let remedies: Vec<Remedy> = causes.filter_map(|cause| cause.remedies.first().cloned()).collect();
            assert_eq!(remedies.len(), codes.len(), "every cause has a remedy: {place}");
            let fewer = smaller(&healthy.start, &chosen, &remedies, &limits);
            assert!(fewer.is_none(), "{fewer:?} would do: {place}");
            largest = largest.max(codes.len());
        }
    }
    assert!(sets > 200, "only {sets}");
    assert!(largest >= 3, "at most {largest} causes");
}
