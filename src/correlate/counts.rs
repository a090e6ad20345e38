//! A multiset: how often each value was added and not taken away again. Adding and removing are
//! inverse to the byte, because a value with a count of zero is not kept.

use serde::{Deserialize, Serialize};

/// Values with their counts, in order. A sorted list: most have one to four values, and the long ones
/// (moments, users) grow at their end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts<K>(Vec<(K, u32)>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone> Counts<K> {
    /// Adds (`up`) or takes away one of a value.
    pub(super) fn change(&mut self, value: &K, up: bool) {
        if up { self.add(value) } else { self.remove(value) }
    }

    fn add(&mut self, value: &K) {
        let at = match self.0.last() {
            Some((last, _)) if last < value => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.cmp(value)),
        };
        match at {
            Ok(at) => {
                if let Some((_, count)) = self.0.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => self.0.insert(at, (value.clone(), 1)),
        }
    }

    fn remove(&mut self, value: &K) {
        let Ok(at) = self.0.binary_search_by(|(known, _)| known.cmp(value)) else { return };
        let Some((_, count)) = self.0.get_mut(at) else { return };
        *count -= 1;
        if *count == 0 {
            self.0.remove(at);
        }
    }

    /// How often a value is there.
    pub fn count<Q: Ord + ?Sized>(&self, value: &Q) -> u32
    where
        K: std::borrow::Borrow<Q>,
    {
        let at = self.0.binary_search_by(|(known, _)| known.borrow().cmp(value)).ok();
        at.and_then(|at| self.0.get(at)).map_or(0, |(_, count)| *count)
    }

    /// Different values.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// No value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest value.
    #[must_use]
    pub fn first(&self) -> Option<&K> {
        self.0.first().map(|(value, _)| value)
    }

    /// The largest value.
    #[must_use]
    pub fn last(&self) -> Option<&K> {
        self.0.last().map(|(value, _)| value)
    }

    /// Values with their counts, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, u32)> {
        self.0.iter().map(|(value, count)| (value, *count))
    }

    /// All counts added up.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().map(|(_, count)| *count).sum()
    }

    /// The largest value that is less than `bound`.
    #[must_use]
    pub fn last_before(&self, bound: &K) -> Option<&K> {
        let at = self.0.partition_point(|(known, _)| known < bound);
        at.checked_sub(1).and_then(|at| self.0.get(at)).map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn removing_what_was_added_leaves_no_trace(
            kept in prop::collection::vec(0..20_u8, 0..20), passing in prop::collection::vec(0..20_u8, 0..20),
        ) {
            let mut counts = Counts::default();
            for value in &kept {
                counts.change(value, true);
            }
            let before = counts.clone();
            for value in &passing {
                counts.change(value, true);
            }
            let all = u32::try_from(kept.len() + passing.len()).unwrap();
            prop_assert_eq!(counts.total(), all);
            for value in passing.iter().rev() {
                counts.change(value, false);
            }
            prop_assert_eq!(counts, before);
        }
    }
}
