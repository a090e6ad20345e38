//! How often each of a few kinds was counted: like [`super::Counts`], for values of which there is a handful,
//! without a list. Nearly everything that a comparison asks of a system is in one of these.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Impact, Severity};

/// The most kinds.
const MOST: usize = 6;

/// A value of which there is a handful.
pub trait Rung: Copy + Ord + 'static {
    /// All of them, in order; at most six.
    const ALL: &'static [Self];
}

impl Rung for Impact {
    const ALL: &'static [Self] = &[Self::Slow, Self::Errors, Self::Down, Self::Stale, Self::Unfelt];
}

impl Rung for Severity {
    const ALL: &'static [Self] = &Self::ALL;
}

/// Counts by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rungs<K> {
    counts: [u32; MOST],
    kind: PhantomData<K>,
}

impl<K> Default for Rungs<K> {
    fn default() -> Self {
        Self { counts: [0; MOST], kind: PhantomData }
    }
}

impl<K: Rung> Rungs<K> {
    /// Adds (`up`) or takes away one of a kind.
    pub(super) fn change(&mut self, kind: K, up: bool) {
        let known = K::ALL.iter().zip(&mut self.counts).find(|(known, _)| **known == kind);
        let Some((_, count)) = known else { return };
        *count = if up { *count + 1 } else { count.saturating_sub(1) };
    }

    /// How often a kind is there.
    #[must_use]
    pub fn count(&self, kind: K) -> u32 {
        self.iter().find(|(known, _)| *known == kind).map_or(0, |(_, count)| count)
    }

    /// Nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// The largest kind that is there.
    #[must_use]
    pub fn last(&self) -> Option<K> {
        self.iter().last().map(|(kind, _)| kind)
    }

    /// The kinds that are there with their counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (K, u32)> + '_ {
        let all = K::ALL.iter().zip(&self.counts);
        all.filter(|(_, count)| **count > 0).map(|(kind, count)| (*kind, *count))
    }

    /// All counts added up.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.iter().sum()
    }
}

/// Written as a list of pairs, like the counts of other values.
impl<K: Rung + Serialize> Serialize for Rungs<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, K: Rung + Deserialize<'de>> Deserialize<'de> for Rungs<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut rungs = Self::default();
        for (kind, count) in Vec::<(K, u32)>::deserialize(deserializer)? {
            let known = K::ALL.iter().zip(&mut rungs.counts).find(|(known, _)| **known == kind);
            if let Some((_, known)) = known {
                *known = count;
            }
        }
        Ok(rungs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_leaves_no_trace() {
        let mut rungs: Rungs<Severity> = Rungs::default();
        rungs.change(Severity::Warning, true);
        let before = rungs;
        rungs.change(Severity::Critical, true);
        rungs.change(Severity::Warning, true);
        assert_eq!((rungs.last(), rungs.total()), (Some(Severity::Critical), 3));
        assert_eq!(rungs.count(Severity::Warning), 2);
        let written = serde_json::to_string(&rungs).unwrap();
        assert_eq!(written, r#"[["warning",2],["critical",1]]"#);
        assert_eq!(serde_json::from_str::<Rungs<Severity>>(&written).unwrap(), rungs);
        rungs.change(Severity::Critical, false);
        rungs.change(Severity::Warning, false);
        assert_eq!(rungs, before);
        assert!(!rungs.is_empty());
    }

    #[test]
    fn every_kind_has_its_place() {
        assert!(<Impact as Rung>::ALL.len() <= MOST && <Severity as Rung>::ALL.len() <= MOST);
        assert!(<Impact as Rung>::ALL.is_sorted() && <Severity as Rung>::ALL.is_sorted());
    }
}
