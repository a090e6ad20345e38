//! The sources: each is polled by a task of its own, kept by name.

use std::sync::Arc;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::site::{Site, Source};
use crate::collect::poll::poll;
use crate::collect::{Collect, Target, alertmanager, elasticsearch, host, postgres, prometheus};

/// Everything that is polled.
pub(super) fn targets(site: &Site) -> Vec<Target> {
    let own = site.sources.iter().map(|source| source.target().clone());
    own.chain(alertmanagers(site).map(|(_, target)| target)).collect()
}

/// Each Alertmanager is polled too: its silence is a finding.
fn alertmanagers(site: &Site) -> impl Iterator<Item = (&String, Target)> {
    let urls = site.alertmanager.iter().flat_map(|config| &config.urls);
    urls.map(|url| (url, Target::new("alertmanager", short_address(url), "vakhta")))
}

/// An address without its scheme, as the name of a source.
fn short_address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// Starts, changes and stops sources, so that they are those of the site.
pub(super) fn keep(parts: &Parts, site: &Site) -> Result<()> {
    let names: Vec<String> = targets(site).iter().map(task).collect();
    let gone = parts
        .supervisor
        .retain(|name| !name.starts_with("source ") || names.iter().any(|wanted| wanted == name));
    for name in gone.iter().filter_map(|name| name.strip_prefix("source ")) {
        if let Some((kind, instance)) = name.split_once('/') {
            parts.sources.forget(kind, instance);
        }
    }
    each(site, &mut Start { parts })
}

/// What is done with each source.
pub(super) trait Visit {
    /// One source: where it is, what it was configured with, and what polls it.
    fn visit<C, S>(&mut self, target: Target, settings: S, collector: C)
    where
        C: Collect + 'static,
        S: PartialEq + Send + 'static;
}

/// Makes what polls each source, and does something with it.
pub(super) fn each(site: &Site, with: &mut impl Visit) -> Result<()> {
    for source in site.sources.clone() {
        let settings = source.clone();
        match source {
            Source::Host(target, config) => with.visit(target, settings, host::Host::new(config)),
            Source::Postgres(target, config) => {
                with.visit(target, settings, postgres::Postgres::new(config)?);
            }
            Source::Elasticsearch(target, config) => {
                with.visit(target, settings, elasticsearch::Elasticsearch::new(&config)?);
            }
            Source::Prometheus(target, config) => {
                with.visit(target, settings, prometheus::Prometheus::new(config)?);
            }
        }
    }
    for (url, target) in alertmanagers(site) {
        let collector = alertmanager::Alertmanager::new(url, target.timeout)?;
        with.visit(target, url.clone(), collector);
    }
    Ok(())
}

struct Start<'a> {
    parts: &'a Parts,
}

impl Visit for Start<'_> {
    fn visit<C, S>(&mut self, target: Target, settings: S, collector: C)
    where
        C: Collect + 'static,
        S: PartialEq + Send + 'static,
    {
        start(self.parts, target, settings, collector);
    }
}

fn task(target: &Target) -> String {
    format!("source {}/{}", target.kind, target.instance)
}

fn start<C, S>(parts: &Parts, target: Target, settings: S, collector: C)
where
    C: Collect + 'static,
    S: PartialEq + Send + 'static,
{
    let (clock, to) = (Arc::clone(&parts.clock), parts.polled.clone());
    let name = task(&target);
    parts
        .supervisor
        .keep(&name, settings, |stop: CancellationToken| poll(collector, target, clock, to, stop));
}
