//! The weights of the pieces of evidence, in log-odds (nats).

use serde::{Deserialize, Serialize};

/// What each piece of evidence for «same cause» weighs. Distances are hops along «depends on».
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weights {
    /// Against, before anything is known: two signals picked at random have different causes.
    pub prior: f64,
    /// The same system.
    pub same_system: f64,
    /// The other one is depended on, by hops 1, 2, 3.
    pub needs: [f64; 3],
    /// The other one is a caller, by hops 1, 2, 3; tickets are weighed by `needs` both ways.
    pub serves: [f64; 3],
    /// Both depend on a third one.
    pub sibling: f64,
    /// Neither names a system.
    pub no_system: f64,
    /// At the same moment; falls by 1 for each time scale and goes on below zero.
    pub together: f64,
    /// The same for a ticket: it is written when somebody finds the time.
    pub ticket_together: f64,
    /// Seconds after which nearness in time is worth one less, between signals of monitoring that came
    /// and went.
    pub time_scale_seconds: f64,
    /// The same to a fault that lasts.
    pub lasting_scale_seconds: f64,
    /// The same for tickets, which come late and for long.
    pub ticket_scale_seconds: f64,
    /// Two causes in different systems.
    pub two_causes: f64,
    /// A second cause, seen from a system where the first one is only felt.
    pub second_cause: f64,
    /// Two causes in one system, at different instances.
    pub other_instance: f64,
    /// What is felt fits what is broken.
    pub impact_fits: f64,
    /// What is felt does not fit what is broken.
    pub impact_differs: f64,
    /// Tickets about one system that say something else than most there.
    pub felt_differs: f64,
    /// A ticket that does not say what is felt, about a neighbour.
    pub vague: f64,
    /// Text likeness 1; 0.2 counts as nothing.
    pub likeness: f64,
    /// What unlike words may take away among tickets alone: one fault is told in many words.
    pub unlike: f64,
    /// The same branch (and, negated, different branches).
    pub mrf: f64,
    /// A finding may tie two clusters together when it fits both at least this well.
    pub merge: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            prior: -3.0,
            same_system: 4.0,
            needs: [3.2, 2.4, 1.2],
            serves: [1.9, 1.5, 1.2],
            sibling: 0.8,
            no_system: 2.2,
            together: 1.4,
            ticket_together: 1.0,
            time_scale_seconds: 120.0,
            lasting_scale_seconds: 120.0,
            ticket_scale_seconds: 900.0,
            two_causes: -4.0,
            second_cause: -2.0,
            other_instance: -2.5,
            impact_fits: 0.8,
            impact_differs: -1.5,
            felt_differs: -0.6,
            vague: -0.7,
            likeness: 4.0,
            unlike: -0.8,
            mrf: 0.5,
            merge: 1.0,
        }
    }
}
