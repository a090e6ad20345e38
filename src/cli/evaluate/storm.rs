//! `evaluate storm DIR`: alerts and tickets of a recorded or simulated storm through the fold, as production
//! does it: every event goes through `step`, time passes by ticks, alerts end.
//!
//! Reads `topology.json` (`entities`, `depends_on`) and `events.jsonl` in order of arrival; writes
//! which cluster each event ended up in, and the ranked causes of each cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::cli::backup::refused;
use crate::correlate::{Cluster, alert_id, ticket_id};
use crate::fold::{Event, Settings, State};
use crate::i18n::Catalogue;
use crate::model::{ForeignAlert, Message, Severity, Text, Ticket, TicketClass, Time};
use crate::text;
use crate::topology::System;

/// A storm's alerts say when they begin and never when they end: they are over when they are not repeated for
/// this long, as Alertmanager has it.
const LASTS_MS: i64 = 5 * 60_000;

/// After the last event so much time passes for what is due then.
const SETTLES_MS: i64 = 60_000;

#[derive(Deserialize)]
struct World {
    entities: Vec<Entity>,
    depends_on: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Entity {
    id: String,
    label: Option<String>,
}

#[derive(Deserialize)]
struct StormEvent {
    id: String,
    t: f64,
    #[serde(rename = "type")]
    kind: String,
    entity: Option<String>,
    #[serde(rename = "kind")]
    symptom: Option<String>,
    text: Option<String>,
}

#[derive(Default, Serialize)]
struct Prediction {
    assign: BTreeMap<String, String>,
    ranking: BTreeMap<String, Vec<String>>,
}

/// A run under way.
struct Run {
    state: State,
    catalogue: Catalogue,
    /// Signal → the event's id in the file.
    names: BTreeMap<String, String>,
    prediction: Prediction,
}

/// Runs the storm in `dir` and writes the prediction to `out`; returns the number of events.
///
/// # Errors
/// When a file cannot be read, is not as described, or cannot be written.
pub(super) fn run(dir: &Path, out: &Path) -> Result<usize, Failure> {
    let file = dir.join("topology.json");
    let world = fs::read_to_string(&file).map_err(refused("cli-cannot-read", &file))?;
    let world: World = serde_json::from_str(&world)
        .map_err(|error| unexpected("cli-storm-file", &file, 1, &error))?;
    let file = dir.join("events.jsonl");
    let events = fs::read_to_string(&file).map_err(refused("cli-cannot-read", &file))?;
    let mut run = Run {
        state: State::default(),
        catalogue: Catalogue::default(),
        names: BTreeMap::new(),
        prediction: Prediction::default(),
    };
    let settings = Settings { systems: systems(&world), ..Settings::default() };
    run.step(Time::default(), &Event::Configured(Box::new(settings)));
    let (mut count, mut last) = (0, Time::default());
    for (line, text) in events.lines().enumerate() {
        let event: StormEvent = serde_json::from_str(text)
            .map_err(|error| unexpected("cli-storm-line", &file, line + 1, &error))?;
        let now = Time::from_seconds(event.t);
        run.pass(now);
        last = now;
        if event.kind == "ticket" {
            let ticket = ticket(&event, count, now);
            run.names.insert(ticket_id(ticket.id), event.id);
            run.step(now, &Event::Ticket(Box::new(ticket)));
        } else {
            let alert = alert(&event, now);
            run.names.insert(alert_id(&alert), event.id);
            run.step(now, &Event::Alert(Box::new(alert)));
        }
        count += 1;
    }
    run.pass(last.plus_millis(SETTLES_MS));
    run.collect_all();
    let prediction = serde_json::to_string(&run.prediction).unwrap_or_default();
    fs::write(out, prediction).map_err(refused("cli-cannot-write", out))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// A file, or a line of it, that is not what it should be.
fn unexpected(key: &'static str, file: &Path, line: usize, error: &serde_json::Error) -> Failure {
    let message = Message::new(key).word("file", file.display().to_string());
    Failure::run(message.word("line", line.to_string()).word("error", error.to_string()))
}

impl Run {
    /// Lets time pass as the engine does: a tick at each moment that is due.
    fn pass(&mut self, until: Time) {
        while let Some(at) = self.state.next_timer().filter(|at| *at <= until) {
            self.step(at, &Event::Tick);
        }
    }

    /// One step; what is closed by it is noted as it was.
    fn step(&mut self, at: Time, event: &Event) {
        let outcome = self.state.step(at, event, &self.catalogue);
        for case in outcome.archived {
            let name = format!("case {}", case.summary.id);
            for member in &case.members {
                self.assign(&member.signal, &name);
            }
            let ranking = case.causes.iter().map(|cause| cause.system.clone()).collect();
            self.prediction.ranking.insert(name, ranking);
        }
    }

    fn assign(&mut self, signal: &str, name: &str) {
        if let Some(id) = self.names.get(signal) {
            self.prediction.assign.insert(id.clone(), name.to_owned());
        }
    }

    /// Notes what is open at the end.
    fn collect_all(&mut self) {
        let mut found: Vec<(String, Vec<String>, Vec<String>)> = Vec::new();
        let name = |cluster: &Cluster| match cluster.standing().case {
            Some(case) => format!("case {case}"),
            None => format!("cluster {}", cluster.id()),
        };
        for cluster in self.state.correlate().clusters() {
            let members = cluster.members().keys();
            let signals = members.filter_map(|key| self.state.correlate().signal(*key));
            let ids = signals.map(|signal| signal.id.to_string()).collect();
            let causes = cluster.suspects().iter().map(|one| one.system.to_string()).collect();
            found.push((name(cluster), ids, causes));
        }
        for (name, ids, causes) in found {
            for id in ids {
                self.assign(&id, &name);
            }
            self.prediction.ranking.insert(name, causes);
        }
    }
}

fn systems(world: &World) -> Vec<System> {
    let mut needs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (caller, callee) in &world.depends_on {
        needs.entry(caller).or_default().push(callee.clone());
    }
    world
        .entities
        .iter()
        .map(|entity| System {
            contact: Text::default(),
            key: entity.id.clone(),
            name: Text::same(entity.id.as_str()),
            short: Text::same(entity.id.as_str()),
            owner: Text::default(),
            queue: String::new(),
            words: entity.label.iter().cloned().collect(),
            depends_on: needs.remove(entity.id.as_str()).unwrap_or_default(),
        })
        .collect()
}

/// The `index`-th ticket of the storm: its id is its place, since ids in files may be any text.
fn ticket(event: &StormEvent, index: u64, now: Time) -> Ticket {
    let text = event.text.clone().unwrap_or_default();
    let is_request = text::is_request(&text, "").is_some();
    Ticket {
        id: index,
        number: event.id.clone(),
        title: text,
        text: String::new(),
        class: if is_request { TicketClass::Request } else { TicketClass::Incident },
        queue: String::new(),
        state_type: "new".into(),
        user: event.id.clone(),
        mrf: None,
        channel: String::new(),
        service: String::new(),
        step: String::new(),
        joined_to: String::new(),
        created: now,
        changed: now,
    }
}

fn alert(event: &StormEvent, now: Time) -> ForeignAlert {
    let name = event.symptom.clone().unwrap_or_default();
    ForeignAlert {
        source: "storm".to_owned(),
        fingerprint: event.id.clone(),
        title: Text::same(name.as_str()),
        system: event.entity.clone().unwrap_or_default(),
        object: String::new(),
        severity: Severity::Warning,
        role: text::role_of_alert(&name),
        name,
        spreads: true,
        impact: None,
        mrf: None,
        labels: BTreeMap::new(),
        url: String::new(),
        runbook: String::new(),
        since: now,
        ended: None,
        expires_at: Some(now.plus_millis(LASTS_MS)),
    }
}
