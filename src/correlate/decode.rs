//! Reading what an operator may set about grouping.

use super::Grouping;
use crate::config::{Diagnostics, Node, Reader};

fn millis(reader: &mut Reader<'_, '_>, key: &'static str, usual: i64) -> i64 {
    let set = reader.duration(key).and_then(|value| i64::try_from(value.as_millis()).ok());
    set.unwrap_or(usual)
}

impl Grouping {
    /// Reads the section `grouping`: when tickets alone make a mass incident, and the weights.
    pub fn decode(node: &Node, errors: &mut Diagnostics) -> Self {
        let mut grouping = Self::default();
        let mut reader = Reader::new(node, errors);
        if let Some(node) = reader.node("mass") {
            let mut inner = Reader::new(node, reader.errors);
            let mass = &mut grouping.surge;
            if let Some(users) = inner.number("users", 2.0..=1000.0) {
                mass.users = whole(users);
            }
            mass.window_ms = millis(&mut inner, "window", mass.window_ms);
            if let Some(chance) = inner.number("false_alarm", 1e-9..=0.1) {
                mass.false_alarm = chance;
            }
            inner.finish();
        }
        if let Some(node) = reader.node("weights") {
            let mut inner = Reader::new(node, reader.errors);
            let weights = &mut grouping.weights;
            let mut set_within = |key: &'static str, weight: &mut f64, range| {
                if let Some(value) = inner.number(key, range) {
                    *weight = value;
                }
            };
            let seconds = 1.0..=86_400.0;
            set_within("time_scale_seconds", &mut weights.time_scale_seconds, seconds.clone());
            let lasting = &mut weights.lasting_scale_seconds;
            set_within("lasting_scale_seconds", lasting, seconds.clone());
            set_within("ticket_scale_seconds", &mut weights.ticket_scale_seconds, seconds);
            let mut set = |key: &'static str, weight: &mut f64| {
                set_within(key, weight, -20.0..=20.0);
            };
            set("prior", &mut weights.prior);
            set("same_system", &mut weights.same_system);
            set("sibling", &mut weights.sibling);
            set("other_instance", &mut weights.other_instance);
            set("felt_differs", &mut weights.felt_differs);
            set("unlike", &mut weights.unlike);
            set("together", &mut weights.together);
            set("ticket_together", &mut weights.ticket_together);
            set("two_causes", &mut weights.two_causes);
            set("second_cause", &mut weights.second_cause);
            set("impact_fits", &mut weights.impact_fits);
            set("impact_differs", &mut weights.impact_differs);
            set("vague", &mut weights.vague);
            set("likeness", &mut weights.likeness);
            set("mrf", &mut weights.mrf);
            set("no_system", &mut weights.no_system);
            set("merge", &mut weights.merge);
            inner.finish();
        }
        if let Some(judge_together) = reader.boolean("judge_together") {
            grouping.judge_together = judge_together;
        }
        reader.finish();
        grouping
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "the range was checked"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn read(text: &str) -> (Grouping, Vec<String>) {
        let mut errors = Diagnostics::default();
        let node = parse("site.yaml", text, &mut errors).unwrap();
        let grouping = Grouping::decode(&node, &mut errors);
        (grouping, errors.into_sorted().iter().map(ToString::to_string).collect())
    }

    /// Each weight may be set to what it is already.
    #[test]
    fn what_is_usual_may_be_written_down() {
        let usual = serde_json::to_value(Grouping::default().weights).unwrap();
        let numbers = usual.as_object().unwrap().iter().filter(|(_, value)| value.is_number());
        let lines: Vec<String> = numbers.map(|(key, value)| format!("  {key}: {value}")).collect();
        assert!(lines.len() > 15, "{lines:?}");
        let (grouping, errors) = read(&format!("weights:\n{}\n", lines.join("\n")));
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(grouping, Grouping::default());
    }

    #[test]
    fn judging_together_can_be_switched_off() {
        let (grouping, errors) = read("judge_together: false\n");
        assert_eq!((grouping.judge_together, errors), (false, Vec::new()));
        let (grouping, errors) = read("judge_together: maybe\n");
        assert_eq!((grouping.judge_together, errors.len()), (true, 1));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let (_, errors) = read("weights:\n  together: 21\n  ticket_scale_seconds: 0\n");
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}
