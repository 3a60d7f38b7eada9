//! One question: untraced, with a footprint, with the full trace; hot and random, as the estate grows.
//!
//! `cargo bench -p vnetdig-engine` prints the times; `docs/performance.md` keeps what was measured. Before the
//! times it prints the allocations of one warm untraced answer and fails when there are more than two.

#![expect(clippy::print_stderr, reason = "the bench tells the allocations it counted")]

mod estate;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vnetdig_engine::{Footprint, Limits, Query, Trace, World, resolve, verdict};
use vnetdig_model::{Topology, Verdict};

/// A fixed pseudo-random walk over the servers, so that every run asks the same questions.
fn questions(topology: &Topology, servers: usize, count: usize) -> Vec<Query> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % servers as u64).expect("a small number")
    };
    (0..count).map(|_| estate::query(topology, next())).collect()
}

fn traces(criterion: &mut Criterion) {
    let limits = Limits::default();
    for records in [1_000, 10_000, 100_000, 1_000_000] {
        let topology = estate::estate(records);
        let world = World::without_memory();
        let hot = estate::query(&topology, 7);
        let counted = allocation_counter::measure(|| {
            black_box(resolve::<()>(&topology, &hot, &world, &limits));
        });
        eprintln!("{records} records: a warm untraced answer makes {} allocations", counted.count_total);
        assert!(counted.count_total <= 2, "a warm untraced answer makes at most two allocations");
        let traced = allocation_counter::measure(|| {
            black_box(resolve::<Trace>(&topology, &hot, &world, &limits));
        });
        assert!(traced.count_total > 2, "the counter counts: a traced answer allocates");
        let resolution = resolve::<()>(&topology, &hot, &world, &limits);
        assert_eq!(verdict(&topology, hot.question.record_type, &resolution), Verdict::Private, "the answer is right");

        let mut group = criterion.benchmark_group("one-question");
        group.bench_function(BenchmarkId::new("untraced-hot", records), |bencher| {
            bencher.iter(|| black_box(resolve::<()>(&topology, black_box(&hot), &world, &limits)));
        });
        let random = questions(&topology, records / 2, 4096);
        let mut at = 0;
        let mut step = || {
            at = (at + 1) % random.len();
            &random[at]
        };
        group.bench_function(BenchmarkId::new("untraced-random", records), |bencher| {
            bencher.iter(|| black_box(resolve::<()>(&topology, step(), &world, &limits)));
        });
        group.bench_function(BenchmarkId::new("footprint-hot", records), |bencher| {
            bencher.iter(|| black_box(resolve::<Footprint>(&topology, black_box(&hot), &world, &limits)));
        });
        group.bench_function(BenchmarkId::new("trace-hot", records), |bencher| {
            bencher.iter(|| black_box(resolve::<Trace>(&topology, black_box(&hot), &world, &limits)));
        });
        group.bench_function(BenchmarkId::new("trace-random", records), |bencher| {
            bencher.iter(|| black_box(resolve::<Trace>(&topology, step(), &world, &limits)));
        });
        group.finish();
    }
}

criterion_group!(benches, traces);
criterion_main!(benches);
