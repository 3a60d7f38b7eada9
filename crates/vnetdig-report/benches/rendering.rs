//! From the trace of a typical question to what is shown: view, JSON, text.
//!
//! The question is the first check of the learning scenario about inbound endpoints: a spoke asks the endpoint in
//! the hub, and the public alias leads into a private zone. `docs/performance.md` keeps what was measured.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vnetdig_engine::{Limits, Query, Trace, World, resolve};
use vnetdig_input::scenario;
use vnetdig_model::SourceMap;
use vnetdig_model::scenario::SimTime;
use vnetdig_report::{TextOptions, json, text, view};

const SCENARIO: &str = include_str!("../../../scenarios/learn/06-private-resolver-inbound.vnetdig.yaml");

fn rendering(criterion: &mut Criterion) {
    let mut sources = SourceMap::default();
    let id = sources.add("06-private-resolver-inbound.vnetdig.yaml", SCENARIO);
    let document = scenario::parse(&sources, id, &vnetdig_input::Limits::default()).value;
    let scenario = scenario::lower(&[document], &[]).value;
    let topology = &scenario.topology;
    let check = scenario.checks.first().expect("the scenario has checks");
    let from = *check.from.first().expect("a check has a client");
    let query = Query { from, question: check.question.clone() };
    let world = World::cold(SimTime::default());
    let resolution = resolve::<Trace>(topology, &query, &world, &Limits::default());
    let shown = view::trace(topology, &sources, &query, &resolution);
    let brief = TextOptions { verbose: false, color: false };
    let verbose = TextOptions { verbose: true, color: false };
    assert!(text::trace(&shown, brief).contains("10.0.30.5"), "the answer is right");

    let mut group = criterion.benchmark_group("rendering");
    group.bench_function("trace", |bencher| {
        bencher.iter(|| black_box(resolve::<Trace>(topology, black_box(&query), &world, &Limits::default())));
    });
    group.bench_function("view", |bencher| {
        bencher.iter(|| black_box(view::trace(topology, &sources, &query, black_box(&resolution))));
    });
    group.bench_function("json", |bencher| bencher.iter(|| black_box(json::trace(black_box(&shown)))));
    group.bench_function("view-and-json", |bencher| {
        bencher.iter(|| black_box(json::trace(&view::trace(topology, &sources, &query, black_box(&resolution)))));
    });
    group.bench_function("text", |bencher| bencher.iter(|| black_box(text::trace(black_box(&shown), brief))));
    group.bench_function("text-verbose", |bencher| bencher.iter(|| black_box(text::trace(black_box(&shown), verbose))));
    group.finish();
}

criterion_group!(benches, rendering);
criterion_main!(benches);
