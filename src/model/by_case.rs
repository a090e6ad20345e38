//! What is kept by case.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CaseId, CaseKind, Slab};

/// An ordered map from the ids of cases, which are counted up within each kind.
#[derive(Clone, Debug)]
pub struct ByCase<T> {
    mass_incidents: Slab<T>,
    problems: Slab<T>,
    emergencies: Slab<T>,
}

impl<T> Default for ByCase<T> {
    fn default() -> Self {
        let [mass_incidents, problems, emergencies] = [(); 3].map(|()| Slab::default());
        Self { mass_incidents, problems, emergencies }
    }
}

impl<T> ByCase<T> {
    fn of(&self, kind: CaseKind) -> &Slab<T> {
        match kind {
            CaseKind::MassIncident => &self.mass_incidents,
            CaseKind::Problem => &self.problems,
            CaseKind::Emergency => &self.emergencies,
        }
    }

    fn of_mut(&mut self, kind: CaseKind) -> &mut Slab<T> {
        match kind {
            CaseKind::MassIncident => &mut self.mass_incidents,
            CaseKind::Problem => &mut self.problems,
            CaseKind::Emergency => &mut self.emergencies,
        }
    }

    /// What is kept of a case.
    #[must_use]
    pub fn get(&self, id: CaseId) -> Option<&T> {
        self.of(id.kind).get(id.number)
    }

    /// The same, to change.
    pub fn get_mut(&mut self, id: CaseId) -> Option<&mut T> {
        self.of_mut(id.kind).get_mut(id.number)
    }

    /// What is kept of a case; what is not there yet is made.
    pub fn get_or_insert_with(&mut self, id: CaseId, make: impl FnOnce() -> T) -> Option<&mut T> {
        self.of_mut(id.kind).get_or_insert_with(id.number, make)
    }

    /// Keeps a value of a case; returns the one that was there.
    pub fn insert(&mut self, id: CaseId, value: T) -> Option<T> {
        self.of_mut(id.kind).insert(id.number, value)
    }

    /// Takes out what is kept of a case.
    pub fn remove(&mut self, id: CaseId) -> Option<T> {
        self.of_mut(id.kind).remove(id.number)
    }

    /// Cases with what is kept of them, in order of kind and number.
    pub fn iter(&self) -> impl Iterator<Item = (CaseId, &T)> {
        CaseKind::ALL.into_iter().flat_map(|kind| {
            self.of(kind).iter().map(move |(number, value)| (CaseId { kind, number }, value))
        })
    }

    /// What is kept, in order of kind and number.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }

    /// The cases, in order of kind and number.
    pub fn ids(&self) -> impl Iterator<Item = CaseId> {
        self.iter().map(|(id, _)| id)
    }
}

impl<T> FromIterator<(CaseId, T)> for ByCase<T> {
    fn from_iter<I: IntoIterator<Item = (CaseId, T)>>(values: I) -> Self {
        let mut all = Self::default();
        for (id, value) in values {
            all.insert(id, value);
        }
        all
    }
}

/// As an ordered map.
impl<T: Serialize> Serialize for ByCase<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByCase<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer)
            .map(|values: BTreeMap<CaseId, T>| values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is an ordered map, whatever comes and goes, also when it is written and read.
        #[test]
        fn it_is_an_ordered_map(steps in prop::collection::vec((0..3_usize, 1..300_u64, any::<Option<u8>>()), 0..100)) {
            let (mut all, mut map) = (ByCase::default(), BTreeMap::new());
            for (kind, number, value) in steps {
                let id = CaseId { kind: CaseKind::ALL[kind], number };
                match value {
                    Some(value) => prop_assert_eq!(all.insert(id, value), map.insert(id, value)),
                    None => prop_assert_eq!(all.remove(id), map.remove(&id)),
                }
                prop_assert_eq!(all.get(id), map.get(&id));
            }
            prop_assert!(all.iter().eq(map.iter().map(|(id, value)| (*id, value))));
            let written = serde_json::to_string(&all).unwrap();
            prop_assert_eq!(&written, &serde_json::to_string(&map).unwrap());
            let read: ByCase<u8> = serde_json::from_str(&written).unwrap();
            prop_assert!(read.iter().eq(all.iter()));
        }
    }
}
