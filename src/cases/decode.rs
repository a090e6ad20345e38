//! Reading what an operator may set about the life of a case.

use super::Lifecycle;
use crate::config::{Diagnostics, Node, Reader};

impl Lifecycle {
    /// Reads the section `lifecycle`; what is not set stays as usual.
    pub fn decode(node: &Node, errors: &mut Diagnostics) -> Self {
        let mut lifecycle = Self::default();
        let mut reader = Reader::new(node, errors);
        let mut set = |key: &'static str, value: &mut i64| {
            let given =
                reader.duration(key).and_then(|given| i64::try_from(given.as_millis()).ok());
            *value = given.unwrap_or(*value);
        };
        set("resolve_after", &mut lifecycle.resolve_after_ms);
        set("close_after", &mut lifecycle.close_after_ms);
        set("quiet_after", &mut lifecycle.quiet_after_ms);
        set("forget_after", &mut lifecycle.forget_after_ms);
        set("lower_after", &mut lifecycle.lower_after_ms);
        set("settle_cause", &mut lifecycle.settle_cause_ms);
        reader.finish();
        lifecycle
    }
}
