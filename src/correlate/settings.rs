//! What an operator may set about grouping.

use serde::{Deserialize, Serialize};

use super::weights::Weights;

/// How grouping weighs evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// The weights of the pieces of evidence, in log-odds.
    pub weights: Weights,
    /// When many tickets alone make a mass incident.
    #[serde(alias = "mass")]
    pub surge: Surge,
    /// A signal in no case is forgotten after this long without news, milliseconds.
    #[serde(default = "usual_forget_after")]
    pub forget_after_ms: i64,
    /// Findings in a case of more signals than this are forgotten as well, as long after they were over.
    #[serde(default = "usual_most_members")]
    pub most_members: usize,
    /// Young clusters are judged together by how faults spread.
    #[serde(default = "usual_judge_together")]
    pub judge_together: bool,
}

const fn usual_judge_together() -> bool {
    true
}

const fn usual_most_members() -> usize {
    20_000
}

const fn usual_forget_after() -> i64 {
    2 * 3_600_000
}

impl Default for Grouping {
    fn default() -> Self {
        let (weights, surge) = (Weights::default(), Surge::default());
        let (forget_after_ms, most_members) = (usual_forget_after(), usual_most_members());
        let judge_together = usual_judge_together();
        Self { weights, surge, forget_after_ms, most_members, judge_together }
    }
}

/// When tickets alone, without any finding, make a mass incident.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surge {
    /// At least this many different users.
    pub users: u32,
    /// Within this window at most, milliseconds.
    pub window_ms: i64,
    /// And the count must be this improbable at the system's usual rate.
    pub false_alarm: f64,
}

impl Default for Surge {
    fn default() -> Self {
        Self { users: 5, window_ms: 30 * 60_000, false_alarm: 1e-4 }
    }
}
