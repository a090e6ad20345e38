//! The systems where a cluster is alive, by number.

use fixedbitset::FixedBitSet;
use smallvec::SmallVec;

/// Up to so many are a list, which is looked through faster than it is searched.
const FEW: usize = 32;

/// A set of systems. Most clusters are on a few; the largest are on thousands, and are asked about each of the
/// hundreds around a signal.
#[derive(Debug)]
pub(super) enum Alive {
    Few(SmallVec<[u32; 8]>),
    Many(FixedBitSet),
}

impl Default for Alive {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

/// The place of a system in a row of bits.
fn place(system: u32) -> usize {
    usize::try_from(system).unwrap_or(usize::MAX)
}

impl Alive {
    pub(super) fn contains(&self, system: u32) -> bool {
        match self {
            Self::Few(few) => few.contains(&system),
            Self::Many(many) => many.contains(place(system)),
        }
    }

    pub(super) fn insert(&mut self, system: u32) {
        match self {
            Self::Few(few) if few.contains(&system) => {}
            Self::Few(few) if few.len() < FEW => few.push(system),
            Self::Few(few) => {
                let all = few.iter().copied().chain([system]).map(place);
                *self = Self::Many(all.collect());
            }
            Self::Many(many) => many.grow_and_insert(place(system)),
        }
    }

    pub(super) fn remove(&mut self, system: u32) {
        match self {
            Self::Few(few) => few.retain(|known| *known != system),
            Self::Many(many) if many.contains(place(system)) => many.remove(place(system)),
            Self::Many(_) => {}
        }
    }

    /// In no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let (few, many) = match self {
            Self::Few(few) => (Some(few), None),
            Self::Many(many) => (None, Some(many)),
        };
        let many = many.into_iter().flat_map(FixedBitSet::ones);
        let many = many.filter_map(|place| u32::try_from(place).ok());
        few.into_iter().flatten().copied().chain(many)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is a set, whatever comes and goes, a few or many.
        #[test]
        fn it_is_a_set(steps in prop::collection::vec((0..300_u32, 0..3_u8), 0..400)) {
            let (mut alive, mut set) = (Alive::default(), BTreeSet::new());
            for (system, what) in steps {
                if what > 0 {
                    alive.insert(system);
                    set.insert(system);
                } else {
                    alive.remove(system);
                    set.remove(&system);
                }
                prop_assert_eq!(alive.contains(system), set.contains(&system));
            }
            prop_assert!(!alive.contains(1_000_000));
            prop_assert_eq!(alive.iter().collect::<BTreeSet<u32>>(), set);
        }
    }
}
