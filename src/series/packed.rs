//! The samples of one series as bytes, to be kept on disk: compressed as in memory, behind a head.

use super::chunk::{Closed, Open};

/// Bytes of the head: how many samples, and the time of the first.
const HEAD: usize = 12;

/// Packs samples, which are in order of time; none give nothing.
#[must_use]
pub fn pack(samples: &[(i64, f64)]) -> Vec<u8> {
    let Some(((at, value), rest)) = samples.split_first() else { return Vec::new() };
    let mut open = Open::new(*at, *value);
    for (at, value) in rest {
        open.push(*at, *value);
    }
    let closed = open.close();
    let mut bytes = Vec::with_capacity(HEAD + closed.heap_bytes());
    bytes.extend(closed.count().to_le_bytes());
    bytes.extend(closed.start.to_le_bytes());
    bytes.extend(closed.words().iter().flat_map(|word| word.to_le_bytes()));
    bytes
}

/// The samples that were packed, in order of time; none when these bytes are no such thing.
#[must_use]
pub fn unpack(bytes: &[u8]) -> Option<Vec<(i64, f64)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let (start, rest) = rest.split_first_chunk::<8>()?;
    let (words, rest) = rest.as_chunks::<8>();
    let count = u32::from_le_bytes(*count);
    // A sample takes two bits at least, the first one a whole word.
    let most = words.len().checked_sub(1)?.saturating_mul(32).saturating_add(1);
    if !rest.is_empty() || usize::try_from(count).ok()? > most {
        return None;
    }
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let closed = Closed::of(words, count, i64::from_le_bytes(*start));
    let samples: Vec<(i64, f64)> = closed.samples().collect();
    let is_whole = usize::try_from(count).is_ok_and(|count| count == samples.len());
    let is_ordered = samples.is_sorted_by(|(one, _), (next, _)| one < next);
    (is_whole && is_ordered).then_some(samples)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_back_to_the_bit(
            steps in prop::collection::vec((1..100_000_i64, any::<u64>()), 0..500),
        ) {
            let mut at = 1_790_000_000_000;
            let samples: Vec<(i64, f64)> = steps
                .iter()
                .map(|(step, bits)| {
                    at += step;
                    (at, f64::from_bits(*bits))
                })
                .collect();
            let back = unpack(&pack(&samples)).unwrap();
            let bits = |samples: &[(i64, f64)]| -> Vec<(i64, u64)> {
                samples.iter().map(|(at, value)| (*at, value.to_bits())).collect()
            };
            prop_assert_eq!(bits(&back), bits(&samples));
        }

        /// A damaged file is told from a whole one, or gives samples in order; never a panic.
        #[test]
        fn damaged_bytes_are_refused_or_are_samples(
            mut bytes in prop::collection::vec(any::<u8>(), 0..400),
            count in 0..200_u32,
        ) {
            if let Some(head) = bytes.first_chunk_mut::<4>() {
                *head = count.to_le_bytes();
            }
            if let Some(samples) = unpack(&bytes) {
                prop_assert!(samples.is_sorted_by(|(one, _), (next, _)| one < next));
            }
        }
    }
}
