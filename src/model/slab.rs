//! What is kept under numbers that are handed out in order and never used again.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Neighbours that lie together.
const SLOTS: usize = 64;

/// An ordered map from such numbers. Neighbours lie together: what is asked for has mostly come lately and goes with
/// what came beside it, so a tree of single values would be a look at far memory for each.
#[derive(Clone, Debug)]
pub struct Slab<T>(BTreeMap<u64, Chunk<T>>);

#[derive(Clone, Debug)]
struct Chunk<T> {
    used: usize,
    slots: Box<[Option<T>; SLOTS]>,
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Self { used: 0, slots: Box::new([const { None }; SLOTS]) }
    }
}

/// As a number of keys.
fn together() -> u64 {
    u64::try_from(SLOTS).unwrap_or(u64::MAX)
}

/// The number of a chunk, and the place in it.
fn place(key: u64) -> (u64, usize) {
    (key / together(), usize::try_from(key % together()).unwrap_or(SLOTS))
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Slab<T> {
    /// The value under a number.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<&T> {
        let (chunk, at) = place(key);
        self.0.get(&chunk)?.slots.get(at)?.as_ref()
    }

    /// The same, to change.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let (chunk, at) = place(key);
        self.0.get_mut(&chunk)?.slots.get_mut(at)?.as_mut()
    }

    /// The value under a number; one that is not there yet is made, so that there always is one.
    pub fn get_or_insert_with(&mut self, key: u64, make: impl FnOnce() -> T) -> Option<&mut T> {
        let (chunk, at) = place(key);
        let chunk = self.0.entry(chunk).or_default();
        let slot = chunk.slots.get_mut(at)?;
        chunk.used += usize::from(slot.is_none());
        Some(slot.get_or_insert_with(make))
    }

    /// Keeps a value; returns the one that was there.
    pub fn insert(&mut self, key: u64, value: T) -> Option<T> {
        let (chunk, at) = place(key);
        let chunk = self.0.entry(chunk).or_default();
        let before = chunk.slots.get_mut(at)?.replace(value);
        chunk.used += usize::from(before.is_none());
        before
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: u64) -> Option<T> {
        let (number, at) = place(key);
        let chunk = self.0.get_mut(&number)?;
        let value = chunk.slots.get_mut(at)?.take()?;
        chunk.used -= 1;
        if chunk.used == 0 {
            self.0.remove(&number);
        }
        Some(value)
    }

    /// The values, in order of number.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }

    /// The same, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut().flat_map(|chunk| chunk.slots.iter_mut().flatten())
    }

    /// Numbers with their values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.0.iter().flat_map(|(number, chunk)| {
            chunk.slots.iter().enumerate().filter_map(move |(at, slot)| {
                let key = number * together() + u64::try_from(at).unwrap_or(0);
                Some((key, slot.as_ref()?))
            })
        })
    }
}

impl<T: PartialEq> PartialEq for Slab<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T> FromIterator<(u64, T)> for Slab<T> {
    fn from_iter<I: IntoIterator<Item = (u64, T)>>(values: I) -> Self {
        let mut slab = Self::default();
        for (key, value) in values {
            slab.insert(key, value);
        }
        slab
    }
}

/// As an ordered map.
impl<T: Serialize> Serialize for Slab<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Slab<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer)
            .map(|values: BTreeMap<u64, T>| values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is an ordered map, whatever comes and goes.
        #[test]
        fn it_is_an_ordered_map(steps in prop::collection::vec((0..400_u64, any::<Option<u8>>(), any::<bool>()), 0..200)) {
            let (mut slab, mut map) = (Slab::default(), BTreeMap::new());
            for (key, value, is_kept) in steps {
                match value {
                    Some(value) if is_kept => {
                        let there = slab.get_or_insert_with(key, || value).copied();
                        prop_assert_eq!(there, Some(*map.entry(key).or_insert(value)));
                    }
                    Some(value) => prop_assert_eq!(slab.insert(key, value), map.insert(key, value)),
                    None => prop_assert_eq!(slab.remove(key), map.remove(&key)),
                }
                prop_assert_eq!(slab.get(key), map.get(&key));
            }
            prop_assert!(slab.values_mut().map(|value| *value).eq(map.values().copied()));
            prop_assert!(slab.iter().eq(map.iter().map(|(key, value)| (*key, value))));
            prop_assert!(slab.iter().rev().eq(map.iter().rev().map(|(key, value)| (*key, value))));
            let written = serde_json::to_string(&slab).unwrap();
            prop_assert_eq!(&written, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Slab<u8>>(&written).unwrap(), slab.clone());
            // Nothing is left of what is gone.
            for key in map.into_keys() {
                slab.remove(key);
            }
            prop_assert!(slab.0.is_empty());
        }
    }
}
