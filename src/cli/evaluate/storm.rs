//! `evaluate storm DIR`: alerts and tickets of a recorded or simulated storm through the grouping.
//!
//! Reads `topology.json` (`entities`, `depends_on`) and `events.jsonl` in order of arrival; writes
//! which group each event ended up in, and the ranked causes of each group.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::correlate::{Grouping, Lifecycle, State};
use crate::model::{Incident, IncidentKind, Role, Severity, Text, Ticket, TicketClass, Time};
use crate::text;
use crate::topology::System;

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

/// Runs the storm in `dir` and writes the prediction to `out`; returns the number of events.
///
/// # Errors
/// When a file cannot be read, is not as described, or cannot be written.
pub(super) fn run(dir: &Path, out: &Path) -> Result<usize> {
    let world = fs::read_to_string(dir.join("topology.json"))
        .with_context(|| format!("cannot read topology.json in {}", dir.display()))?;
    let world: World = serde_json::from_str(&world).context("topology.json is not as expected")?;
    let events = fs::read_to_string(dir.join("events.jsonl"))
        .with_context(|| format!("cannot read events.jsonl in {}", dir.display()))?;
    let mut state = State::default();
    state.configure(systems(&world), Grouping::default(), Lifecycle::default());
    let mut prediction = Prediction::default();
    let mut tickets = Vec::new();
    let mut count = 0;
    for (line, text) in events.lines().enumerate() {
        let event: StormEvent = serde_json::from_str(text)
            .with_context(|| format!("events.jsonl line {}: not as expected", line + 1))?;
        count += 1;
        let now = Time::from_seconds(event.t);
        while let Some(due) = state.next_timer().filter(|due| *due <= now) {
            state.tick(due);
            collect(state.take_finished().iter(), &tickets, &mut prediction);
        }
        if event.kind == "ticket" {
            state.ticket(now, &ticket(&event, tickets.len(), now));
            tickets.push(event.id);
        } else {
            state.incident(now, alert(&event, now));
        }
    }
    collect(state.groups(), &tickets, &mut prediction);
    fs::write(out, serde_json::to_string(&prediction)?)
        .with_context(|| format!("cannot write {}", out.display()))?;
    Ok(count)
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
            key: entity.id.clone(),
            name: Text::new(&entity.id, &entity.id),
            short: Text::new(&entity.id, &entity.id),
            owner: Text::default(),
            queue: String::new(),
            words: entity.label.iter().cloned().collect(),
            depends_on: needs.remove(entity.id.as_str()).unwrap_or_default(),
        })
        .collect()
}

/// The `index`-th ticket of the storm: its id is its place, since ids in files may be any text.
fn ticket(event: &StormEvent, index: usize, now: Time) -> Ticket {
    let text = event.text.clone().unwrap_or_default();
    let is_request = text::is_request(&text, "").is_some();
    Ticket {
        id: u64::try_from(index).unwrap_or(u64::MAX),
        number: event.id.clone(),
        title: text,
        text: String::new(),
        class: if is_request { TicketClass::Request } else { TicketClass::Incident },
        queue: String::new(),
        state_type: "new".into(),
        user: event.id.clone(),
        mrf: None,
        created: now,
        changed: now,
    }
}

fn alert(event: &StormEvent, now: Time) -> Incident {
    Incident {
        id: event.id.clone(),
        kind: IncidentKind::Alert,
        systems: event.entity.iter().map(|entity| (entity.clone(), 1.0)).collect(),
        symptom: event.symptom.clone().unwrap_or_default(),
        mrf: None,
        impact: None,
        stems: Vec::new(),
        title: Text::default(),
        severity: Severity::Warning,
        role: Role::Symptom,
        spreads: true,
        number: String::new(),
        user: String::new(),
        since: now,
        ended: Some(now),
        detail: None,
    }
}

/// Notes the groups as they are: who is in them, and what is suspected. `tickets` gives the ids
/// that tickets have in the file.
fn collect<'a>(
    groups: impl Iterator<Item = &'a crate::correlate::Group>,
    tickets: &[String],
    prediction: &mut Prediction,
) {
    for group in groups {
        let name = format!("g{}", group.number());
        for member in group.members() {
            let place = member.incident.strip_prefix("ticket:").and_then(|n| n.parse().ok());
            let ticket = place.and_then(|place: usize| tickets.get(place));
            let id = ticket.unwrap_or(&member.incident);
            prediction.assign.insert(id.clone(), name.clone());
        }
        let ranking = group.causes().iter().map(|cause| cause.system.clone()).collect();
        prediction.ranking.insert(name, ranking);
    }
}
