//! Reading events and states that an earlier version has written: each record carries the number of its format,
//! and is brought up to today's step by step.

use serde_json::{Value, json};

use super::{Event, State};

/// The format of events that is written now.
pub const FORMAT: u32 = 2;
/// The format of states that is written now. In 3 suspected causes were kept in words; in 2 a cluster did not count
/// which of its signals is the loudest; 1 was of Problems without signals.
pub const STATE_FORMAT: u32 = 4;

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UpcastError {
    /// It was written by a newer version.
    #[error("it has format {found}, this version reads up to {newest}: start the newer version")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known here.
        newest: u32,
    },
    /// It is a state of a format that has nothing in common with today's.
    #[error("it has format {0}, which is no longer read: the log is folded instead")]
    Older(u32),
    /// It is not what its format says.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// Reads an event of any format.
///
/// # Errors
/// When it is of a newer format, or not what its format says.
pub fn event_from(format: u32, body: &str) -> Result<Event, UpcastError> {
    match format {
        FORMAT => Ok(serde_json::from_str(body)?),
        0 | 1 => Ok(serde_json::from_value(from_first(serde_json::from_str(body)?))?),
        found => Err(UpcastError::Newer { found, newest: FORMAT }),
    }
}

/// Reads a state of any format and makes it ready for use.
///
/// # Errors
/// When it is of a newer or a far older format, or not what its format says.
pub fn state_from(format: u32, body: &[u8]) -> Result<State, UpcastError> {
    let mut state: State = match format {
        0 | 1 => return Err(UpcastError::Older(format)),
        2 | 3 | STATE_FORMAT => serde_json::from_slice(body)?,
        found => return Err(UpcastError::Newer { found, newest: STATE_FORMAT }),
    };
    if format < 3 {
        state.correlate.recount();
    }
    state.revive();
    if format < 4 {
        state.correlate.rank_all();
    }
    Ok(state)
}

/// From format 1: verdicts were two words, effects had their Problem and channel beside the key.
fn from_first(mut event: Value) -> Value {
    if let Some(review) = event.get("review") {
        let verb = match review["verdict"].as_str() {
            Some("acknowledge") => "take",
            _ => "resolve",
        };
        return json!({"act": {
            "case": review["problem"], "verb": verb, "by": review["by"], "reason": review["reason"],
        }});
    }
    if let Some(delivered) = event.get_mut("delivered")
        && let Some(key) = delivered["key"].as_str().map(key_from_first)
    {
        delivered["key"] = json!(key);
    }
    event
}

/// `PRB-000001/alertmanager/3` → `…/alert3`, `…/join/7` → `…/join/7/1`, `…/join/7/left2` → `…/leave/7/2`.
fn key_from_first(key: &str) -> String {
    let mut parts = key.splitn(3, '/');
    let (Some(case), Some(channel), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return key.to_owned();
    };
    let name = match (channel, name.strip_prefix("join/")) {
        ("alertmanager", _) => format!("alert{name}"),
        (_, Some(rest)) => match rest.split_once("/left") {
            Some((ticket, n)) => format!("leave/{ticket}/{n}"),
            None => format!("join/{rest}/1"),
        },
        _ => name.to_owned(),
    };
    format!("{case}/{channel}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::world::{Core, SECOND, finding};
    use crate::model::{Impact, Role, Step, Verb};

    #[test]
    fn what_the_first_format_wrote_is_read() {
        let review = r#"{"review":{"problem":"PRB-000001","verdict":"acknowledge","by":"Иванова","reason":""}}"#;
        let Event::Act(act) = event_from(1, review).unwrap() else { panic!("{review}") };
        assert_eq!((act.verb, act.by.as_str()), (Verb::Take, "Иванова"));
        for (name, step) in [
            ("otrs/open", Step::Open),
            ("otrs/n3", Step::Note(3)),
            ("otrs/join/7", Step::Join(7, 1)),
            ("otrs/join/7/left2", Step::Leave(7, 2)),
            ("alertmanager/4", Step::Alert(4)),
        ] {
            let channel = name.split('/').next().unwrap();
            let body = format!(
                r#"{{"delivered":{{"key":"PRB-000001/{name}","problem":"PRB-000001","channel":"{channel}","state":"delivered","reference":""}}}}"#
            );
            let Event::Delivered { key, .. } = event_from(1, &body).unwrap() else {
                panic!("{body}")
            };
            assert_eq!(key.step, step, "{name}");
        }
        assert!(matches!(event_from(9, "{}"), Err(UpcastError::Newer { found: 9, .. })));
        assert_eq!(event_from(1, "\"tick\"").unwrap(), Event::Tick);
    }

    /// The second format is today's without what was not counted then, and with suspects in words.
    #[test]
    fn what_earlier_formats_did_not_know_is_found_again() {
        let mut core = Core::new();
        core.raise(0, finding("crm-db", "pg-lock-wait", Role::Cause, Impact::Slow));
        core.raise(SECOND, finding("crm-app", "http-slow", Role::Symptom, Impact::Slow));
        let now = serde_json::to_value(&core.state).unwrap();
        let mut before = now.clone();
        let clusters = before["correlate"]["clusters"].as_object_mut().unwrap();
        let mut left = 0;
        for cluster in clusters.values_mut() {
            let totals = cluster["totals"].as_object_mut().unwrap();
            left += usize::from(totals.remove("loud").is_some());
            let words = json!([{ "system": "crm-db", "probability": 1.0, "evidence": [] }]);
            let cluster = cluster.as_object_mut().unwrap();
            assert!(cluster.remove("suspects").is_some());
            cluster.insert("causes".to_owned(), words);
        }
        assert!(left > 0);
        let read = state_from(2, &serde_json::to_vec(&before).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), now);
        assert!(matches!(state_from(1, b"{}"), Err(UpcastError::Older(1))));
        assert!(matches!(state_from(9, b"{}"), Err(UpcastError::Newer { found: 9, newest: 4 })));
    }
}
