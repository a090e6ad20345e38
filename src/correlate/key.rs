//! The key of a system, as clusters order theirs.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The key of a system, in the order of its letters. Its beginning is kept as a number: a cluster's systems are looked
/// up by key for each signal that meets it, and the first eight bytes nearly always decide.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SystemKey {
    head: u64,
    name: CompactString,
}

impl SystemKey {
    /// The key as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl<S: AsRef<str> + Into<CompactString>> From<S> for SystemKey {
    fn from(name: S) -> Self {
        let mut head = [0; 8];
        for (byte, known) in head.iter_mut().zip(name.as_ref().as_bytes()) {
            *byte = *known;
        }
        Self { head: u64::from_be_bytes(head), name: name.into() }
    }
}

impl Ord for SystemKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for SystemKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As its name is hashed, which it may be looked up by.
impl Hash for SystemKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for SystemKey {
    fn borrow(&self) -> &str {
        self
    }
}

impl Deref for SystemKey {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for SystemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for SystemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Serialize for SystemKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for SystemKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CompactString::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_as_their_names() {
        let mut names =
            ["", "a", "ab", "ab\0", "crm-db-1", "crm-db-10", "crm-db-2", "asr", "wfm", "склад"];
        let mut keys = names.map(SystemKey::from);
        names.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys.each_ref().map(SystemKey::as_str), names);
        let written = serde_json::to_string(&keys).unwrap();
        assert_eq!(serde_json::from_str::<Vec<SystemKey>>(&written).unwrap(), keys);
    }
}
