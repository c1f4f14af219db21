//! Times every case. `cargo bench --bench groups -- sse_decode` runs one group.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use openresponses_benches::groups;

fn times(criterion: &mut Criterion) {
    for mut case in groups::all() {
        let mut group = criterion.benchmark_group(format!("{}: {}", case.group, case.name));
        group.throughput(Throughput::Elements(case.units));
        for subject in &mut case.subjects {
            group.bench_function(subject.name, |bencher| bencher.iter(&mut subject.run));
        }
        group.finish();
    }
}

criterion_group!(benches, times);
criterion_main!(benches);
