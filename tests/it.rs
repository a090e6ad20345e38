//! The product on real parts: PostgreSQL, Elasticsearch, Znuny, Alertmanager, Prometheus, Chromium.
//! `tests/run it` installs and starts them; a part that cannot be had leaves its tests out, loudly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking, measures real time and may print"
)]

#[path = "it/crash.rs"]
mod crash;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/harness.rs"]
mod harness;
#[path = "it/lock_chain.rs"]
mod lock_chain;
#[path = "it/monitoring.rs"]
mod monitoring;
#[path = "it/otrs.rs"]
mod otrs;
#[path = "it/outages.rs"]
mod outages;
#[path = "it/pages.rs"]
mod pages;
#[path = "it/quiet.rs"]
mod quiet;

/// The cases of the ticket system's client, on a real Znuny.
#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_system_client() {
    let Some(_znuny) = harness::znuny() else { return };
    otrs::canary_tells_right_from_wrong().await;
    otrs::refusals_are_told_apart().await;
    otrs::reader_follows_changes().await;
    otrs::reader_misses_nothing_under_load().await;
    otrs::a_problem_lives_once().await;
    otrs::users_tickets_join_once().await;
    otrs::a_half_built_ticket_is_completed().await;
    otrs::a_lost_answer_opens_no_second_ticket().await;
    otrs::twins_are_closed().await;
}
