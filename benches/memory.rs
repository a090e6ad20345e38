//! What a finding takes in memory. A process of its own: what another measurement has freed would be used again.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]
#![expect(clippy::print_stdout, reason = "criterion measures time only")]

mod resident;
mod size;
mod storm;

use std::hint::black_box;

use resident::resident;
use size::size;
use storm::filled;
use vakhta::i18n::Catalogue;

/// With all that is known because of a finding: its cluster's counts, its case, what lies around its system.
fn main() {
    let catalogue = Catalogue::default();
    // Neither may be freed before both were measured.
    let mut kept = Vec::new();
    for (active, count) in [(50_000, 10_000), (50_000, 200)] {
        let (active, count) = (size(active), size(count));
        let empty = filled(0, count, &catalogue);
        let before = resident();
        let state = filled(active, count, &catalogue);
        let each = resident().saturating_sub(before) / active;
        println!("memory: {each} bytes a finding, {active} active, {count} systems");
        kept.push((empty, state));
    }
    black_box(kept);
}
