//! A multiset: how often each value was added and not taken away again. Adding and removing are
//! inverse to the byte, because a value with a count of zero is not kept.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::slice;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

/// Up to so many different values are a list; it becomes one again at half as many.
const FEW: usize = 512;

/// Values with their counts, in order. Most have one, which is kept in place, or a few, and moments come nearly in
/// order: they are a sorted list, which is small and whose ends are at hand. The many users of a large storm are a
/// tree, so that one more costs the same however many there are.
#[derive(Clone, Debug)]
pub struct Counts<K>(Kept<K>);

#[derive(Clone, Debug)]
enum Kept<K> {
    Few(SmallVec<[(K, u32); 1]>),
    Many(BTreeMap<K, u32>),
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Kept::Few(SmallVec::new()))
    }
}

impl<K: Ord> PartialEq for Counts<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord> Eq for Counts<K> {}

impl Counts<CompactString> {
    /// Adds (`up`) or takes away one of a name.
    pub(super) fn change_name(&mut self, name: &str, up: bool) {
        self.change(&name.into(), up);
    }
}

impl<K: Ord + Clone> Counts<K> {
    /// Adds (`up`) or takes away one of a value.
    pub(super) fn change(&mut self, value: &K, up: bool) {
        if up { self.add(value) } else { self.remove(value) }
    }

    fn add(&mut self, value: &K) {
        let few = match &mut self.0 {
            Kept::Few(few) => few,
            Kept::Many(many) => {
                match many.get_mut(value) {
                    Some(count) => *count += 1,
                    None => drop(many.insert(value.clone(), 1)),
                }
                return;
            }
        };
        match few.binary_search_by(|(known, _)| known.cmp(value)) {
            Ok(at) => {
                if let Some((_, count)) = few.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => {
                few.insert(at, (value.clone(), 1));
                if few.len() > FEW {
                    self.0 = Kept::Many(std::mem::take(few).into_iter().collect());
                }
            }
        }
    }

    fn remove(&mut self, value: &K) {
        match &mut self.0 {
            Kept::Few(few) => {
                let Ok(at) = few.binary_search_by(|(known, _)| known.cmp(value)) else { return };
                let Some((_, count)) = few.get_mut(at) else { return };
                *count -= 1;
                if *count == 0 {
                    few.remove(at);
                }
            }
            Kept::Many(many) => {
                let Some(count) = many.get_mut(value) else { return };
                *count -= 1;
                if *count == 0 {
                    many.remove(value);
                    if many.len() <= FEW / 2 {
                        self.0 = Kept::Few(std::mem::take(many).into_iter().collect());
                    }
                }
            }
        }
    }
}

impl<K: Ord> Counts<K> {
    /// How often a value is there.
    pub fn count<Q: Ord + ?Sized>(&self, value: &Q) -> u32
    where
        K: std::borrow::Borrow<Q>,
    {
        match &self.0 {
            Kept::Few(few) => {
                let at = few.binary_search_by(|(known, _)| known.borrow().cmp(value)).ok();
                at.and_then(|at| few.get(at)).map_or(0, |(_, count)| *count)
            }
            Kept::Many(many) => many.get(value).copied().unwrap_or(0),
        }
    }

    /// Different values.
    #[must_use]
    pub fn len(&self) -> u32 {
        let len = match &self.0 {
            Kept::Few(few) => few.len(),
            Kept::Many(many) => many.len(),
        };
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    /// No value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The smallest value.
    #[must_use]
    pub fn first(&self) -> Option<&K> {
        self.iter().next().map(|(value, _)| value)
    }

    /// The largest value.
    #[must_use]
    pub fn last(&self) -> Option<&K> {
        self.iter().next_back().map(|(value, _)| value)
    }

    /// Values with their counts, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K> {
        match &self.0 {
            Kept::Few(few) => Iter::Few(few.iter()),
            Kept::Many(many) => Iter::Many(many.iter()),
        }
    }

    /// All counts added up.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// The largest value that is less than `bound`.
    #[must_use]
    pub fn last_before(&self, bound: &K) -> Option<&K> {
        match &self.0 {
            Kept::Few(few) => {
                let at = few.partition_point(|(known, _)| known < bound);
                at.checked_sub(1).and_then(|at| few.get(at)).map(|(value, _)| value)
            }
            Kept::Many(many) => many.range(..bound).next_back().map(|(value, _)| value),
        }
    }
}

/// Values with their counts, in order.
#[derive(Debug)]
pub enum Iter<'a, K> {
    /// Of a list.
    Few(slice::Iter<'a, (K, u32)>),
    /// Of a tree.
    Many(btree_map::Iter<'a, K, u32>),
}

impl<'a, K> Iterator for Iter<'a, K> {
    type Item = (&'a K, u32);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(few) => few.next().map(|(value, count)| (value, *count)),
            Self::Many(many) => many.next().map(|(value, count)| (value, *count)),
        }
    }
}

impl<K> DoubleEndedIterator for Iter<'_, K> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(few) => few.next_back().map(|(value, count)| (value, *count)),
            Self::Many(many) => many.next_back().map(|(value, count)| (value, *count)),
        }
    }
}

/// Written as a list of pairs, whatever it is kept as.
impl<K: Ord + Serialize> Serialize for Counts<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, K: Ord + Deserialize<'de>> Deserialize<'de> for Counts<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let few = Vec::<(K, u32)>::deserialize(deserializer)?;
        Ok(Self(if few.len() > FEW {
            Kept::Many(few.into_iter().collect())
        } else {
            // Not as long as what was read: most are one.
            Kept::Few(few.into_iter().collect())
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(values: &[u16]) -> Counts<u16> {
        let mut counts = Counts::default();
        for value in values {
            counts.change(value, true);
        }
        counts
    }

    proptest! {
        /// Few values and many: it becomes a tree and a list again.
        #[test]
        fn removing_what_was_added_leaves_no_trace(
            kept in prop::collection::vec(0..2_000_u16, 0..600),
            passing in prop::collection::vec(0..2_000_u16, 0..600),
        ) {
            let before = counted(&kept);
            let mut counts = before.clone();
            for value in &passing {
                counts.change(value, true);
            }
            let all = u32::try_from(kept.len() + passing.len()).unwrap();
            prop_assert_eq!(counts.total(), all);
            for value in passing.iter().rev() {
                counts.change(value, false);
            }
            prop_assert_eq!(&counts, &before);
            let written = serde_json::to_string(&counts).unwrap();
            prop_assert_eq!(&written, &serde_json::to_string(&before).unwrap());
            let read: Counts<u16> = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read, before);
        }

        #[test]
        fn it_is_the_sorted_list_of_what_was_added(
            values in prop::collection::vec(0..2_000_u16, 0..1_000),
        ) {
            let counts = counted(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            let listed: Vec<u16> = counts
                .iter()
                .flat_map(|(value, count)| (0..count).map(|_| *value))
                .collect();
            prop_assert_eq!(&listed, &sorted);
            prop_assert_eq!(counts.first(), sorted.first());
            prop_assert_eq!(counts.last(), sorted.last());
            for bound in (0..2_000).step_by(37) {
                let before = sorted.iter().rev().find(|value| **value < bound);
                prop_assert_eq!(counts.last_before(&bound), before);
                let same = sorted.iter().filter(|value| **value == bound).count();
                prop_assert_eq!(counts.count(&bound), u32::try_from(same).unwrap());
            }
        }
    }
}
