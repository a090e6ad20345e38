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
            let range = -20.0..=20.0;
            let mut set = |key: &'static str, weight: &mut f64| {
                if let Some(value) = inner.number(key, range.clone()) {
                    *weight = value;
                }
            };
            set("prior", &mut weights.prior);
            set("same_system", &mut weights.same_system);
            set("sibling", &mut weights.sibling);
            set("time_scale_seconds", &mut weights.time_scale_seconds);
            set("lasting_scale_seconds", &mut weights.lasting_scale_seconds);
            set("ticket_scale_seconds", &mut weights.ticket_scale_seconds);
            set("other_instance", &mut weights.other_instance);
            set("felt_differs", &mut weights.felt_differs);
            set("unlike", &mut weights.unlike);
            set("together", &mut weights.together);
            set("two_causes", &mut weights.two_causes);
            set("impact_fits", &mut weights.impact_fits);
            set("impact_differs", &mut weights.impact_differs);
            set("vague", &mut weights.vague);
            set("likeness", &mut weights.likeness);
            set("mrf", &mut weights.mrf);
            set("no_system", &mut weights.no_system);
            set("merge", &mut weights.merge);
            inner.finish();
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
