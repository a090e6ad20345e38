//! Names that were there lately and are not now.
//!
//! A series that just ends leaves its last value standing as the last word about it. So what ended
//! is said for a while: an unmounted filesystem is gone, a program that ended holds no files.

use std::collections::BTreeMap;

/// For how many rounds a name is spoken of after it went.
const ROUNDS: u32 = 30;

/// The most names that are remembered.
const NAMES: usize = 512;

/// Remembers names and for how many rounds they have been gone.
#[derive(Debug)]
pub(super) struct Fading<T> {
    names: BTreeMap<T, u32>,
}

impl<T> Default for Fading<T> {
    fn default() -> Self {
        Self { names: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Fading<T> {
    /// Takes the names of this round and gives those that went lately, in order.
    pub(super) fn gone(&mut self, present: impl IntoIterator<Item = T>) -> Vec<T> {
        for rounds in self.names.values_mut() {
            *rounds += 1;
        }
        for name in present {
            if self.names.len() < NAMES || self.names.contains_key(&name) {
                self.names.insert(name, 0);
            }
        }
        self.names.retain(|_, rounds| *rounds <= ROUNDS);
        self.names.iter().filter(|(_, rounds)| **rounds > 0).map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_is_spoken_of_for_a_while() {
        let mut fading = Fading::default();
        assert!(fading.gone(["a", "b"]).is_empty());
        for _ in 0..ROUNDS {
            assert_eq!(fading.gone(["a"]), ["b"]);
        }
        assert!(fading.gone(["a"]).is_empty());
        assert_eq!(fading.gone(["b"]), ["a"]);
    }
}
