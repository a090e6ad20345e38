//! Compressed runs of samples, after «Gorilla: A Fast, Scalable, In-Memory Time Series Database»
//! (Pelkonen and others, VLDB 2015): times as differences of differences, values as XOR with the
//! value before. Beyond the paper, whole numbers (counters, sizes, most gauges) are stored as
//! differences of differences too. The bits lie in 64-bit words, most significant first.
//!
//! A chunk takes samples in any order of time (the store sees to the order) and gives back exactly
//! the bits it was given, NaN payloads included.

/// After so many samples a chunk is closed: decoding one stays short, its head stays cheap.
pub(super) const CHUNK_SAMPLES: u32 = 120;

/// Classes of a difference of differences, in milliseconds: prefix, its length, payload bits.
const TIME_CLASSES: [(u64, u32, u32); 3] = [(0b10, 2, 5), (0b110, 3, 10), (0b1110, 4, 20)];

/// Classes of a difference of differences of whole values, behind their mark `10`.
const WHOLE_CLASSES: [(u64, u32, u32); 3] = [(0b100, 3, 6), (0b1010, 4, 12), (0b1011, 4, 26)];

/// Whole numbers below 2^53 are exact as floats.
const WHOLE_LIMIT: f64 = 9_007_199_254_740_992.0;

/// A window of significant bits is kept for the next value unless a new one saves more than its
/// own description costs.
const WINDOW_COST: u32 = 11;

/// A chunk that can still be written to.
#[derive(Clone, Debug)]
pub(super) struct Open {
    words: Vec<u64>,
    free: u32,
    count: u32,
    leading: u32,
    length: u32,
    start: i64,
    newest: i64,
    delta: i64,
    bits: u64,
    step: i64,
}

/// A chunk that is full: the same bits without the writer's state.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    words: Box<[u64]>,
    count: u32,
    /// Time of the first sample, milliseconds since the epoch.
    pub(super) start: i64,
    /// Time of the last sample, milliseconds since the epoch.
    pub(super) end: i64,
}

impl Open {
    /// Starts a chunk with its first sample.
    pub(super) fn new(time: i64, value: f64) -> Self {
        let bits = value.to_bits();
        Self {
            words: vec![bits],
            free: 0,
            count: 1,
            leading: 0,
            length: 0,
            start: time,
            newest: time,
            delta: 0,
            bits,
            step: 0,
        }
    }

    /// Adds a sample.
    pub(super) fn push(&mut self, time: i64, value: f64) {
        self.push_time(time);
        self.push_value(value.to_bits());
        self.count += 1;
    }

    fn push_time(&mut self, time: i64) {
        let delta = time.wrapping_sub(self.newest);
        let change = delta.wrapping_sub(self.delta);
        self.newest = time;
        self.delta = delta;
        if change == 0 {
            self.write(0, 1);
            return;
        }
        for (prefix, prefix_bits, payload_bits) in TIME_CLASSES {
            let bias = (1_i64 << (payload_bits - 1)) - 1;
            if (-bias..=bias + 1).contains(&change) {
                let payload = (change + bias).cast_unsigned();
                self.write((prefix << payload_bits) | payload, prefix_bits + payload_bits);
                return;
            }
        }
        self.write(0b1111, 4);
        self.write(change.cast_unsigned(), 64);
    }

    fn push_value(&mut self, bits: u64) {
        let (before, now) = (whole(self.bits), whole(bits));
        let expected = predicted(self.bits, before, self.step);
        let change = bits ^ self.bits;
        self.bits = bits;
        let step = std::mem::replace(&mut self.step, step_between(before, now));
        if bits == expected {
            self.write(0, 1);
            return;
        }
        if before.is_some() && now.is_some() {
            let off = self.step - step;
            for (prefix, prefix_bits, payload_bits) in WHOLE_CLASSES {
                let bias = (1_i64 << (payload_bits - 1)) - 1;
                if (-bias..=bias + 1).contains(&off) {
                    let payload = (off + bias).cast_unsigned();
                    self.write((prefix << payload_bits) | payload, prefix_bits + payload_bits);
                    return;
                }
            }
        }
        self.push_change(change);
    }

    /// Writes the bits that changed, behind the mark `11`.
    fn push_change(&mut self, change: u64) {
        let leading = change.leading_zeros().min(31);
        let trailing = change.trailing_zeros().min(63);
        let length = (64 - leading).saturating_sub(trailing).max(1);
        let window_tail = 64 - self.leading - self.length;
        let fits = self.length > 0 && leading >= self.leading && trailing >= window_tail;
        if fits && self.length <= length + WINDOW_COST {
            self.write(0b110, 3);
            self.write(change >> window_tail, self.length);
            return;
        }
        self.leading = leading;
        self.length = length;
        self.write((0b111 << 11) | (u64::from(leading) << 6) | u64::from(length - 1), 14);
        self.write(change >> (64 - leading - length), length);
    }

    /// Writes the `count` low bits of `value`; `count` is 1 to 64, the other bits of it are zero.
    fn write(&mut self, value: u64, count: u32) {
        if self.free == 0 {
            self.words.push(0);
            self.free = 64;
        }
        let Some(last) = self.words.last_mut() else { return };
        if count <= self.free {
            self.free -= count;
            *last |= value << self.free;
            return;
        }
        let rest = count - self.free;
        *last |= value >> rest;
        self.free = 64 - rest;
        self.words.push(value << self.free);
    }

    /// Ends the chunk.
    pub(super) fn close(&mut self) -> Closed {
        Closed {
            words: std::mem::take(&mut self.words).into_boxed_slice(),
            count: self.count,
            start: self.start,
            end: self.newest,
        }
    }

    /// How many samples it holds.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Time of the first sample, milliseconds since the epoch.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// Time and value of the last sample, without decoding anything.
    pub(super) fn newest(&self) -> (i64, f64) {
        (self.newest, f64::from_bits(self.bits))
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.words.capacity() * 8
    }

    /// The samples in the order they came.
    pub(super) fn samples(&self) -> Decoder<'_> {
        Decoder::new(&self.words, self.count, self.start)
    }
}

impl Closed {
    /// A chunk as it was kept; its end is not known before it is decoded.
    pub(super) fn of(words: Box<[u64]>, count: u32, start: i64) -> Self {
        Self { words, count, start, end: i64::MAX }
    }

    /// Its bits.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many samples it holds.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// The samples in the order they came.
    pub(super) fn samples(&self) -> Decoder<'_> {
        Decoder::new(&self.words, self.count, self.start)
    }
}

/// Reads a chunk back: times in milliseconds and values.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    rest: std::slice::Iter<'a, u64>,
    current: u64,
    left: u32,
    remaining: u32,
    first: bool,
    time: i64,
    delta: i64,
    bits: u64,
    /// The last value, if it is a whole number.
    number: Option<i64>,
    step: i64,
    leading: u32,
    length: u32,
}

impl<'a> Decoder<'a> {
    fn new(words: &'a [u64], count: u32, start: i64) -> Self {
        Self {
            rest: words.iter(),
            current: 0,
            left: 0,
            remaining: count,
            first: true,
            time: start,
            delta: 0,
            bits: 0,
            number: None,
            step: 0,
            leading: 0,
            length: 0,
        }
    }

    /// Takes `count` bits, 1 to 64; none when the words end early, which a whole chunk never does.
    fn take(&mut self, count: u32) -> Option<u64> {
        if count <= self.left {
            let value = self.current >> (64 - count);
            self.current = self.current.checked_shl(count).unwrap_or_default();
            self.left -= count;
            return Some(value);
        }
        let need = count - self.left;
        let high = self.current.checked_shr(64 - self.left).unwrap_or_default();
        let next = *self.rest.next()?;
        self.current = next.checked_shl(need).unwrap_or_default();
        self.left = 64 - need;
        Some(high.checked_shl(need).unwrap_or_default() | (next >> (64 - need)))
    }

    fn take_time_change(&mut self) -> Option<i64> {
        if self.take(1)? == 0 {
            return Some(0);
        }
        for (_, _, payload_bits) in TIME_CLASSES {
            if self.take(1)? == 0 {
                let bias = (1_i64 << (payload_bits - 1)) - 1;
                return Some(self.take(payload_bits)?.cast_signed() - bias);
            }
        }
        Some(self.take(64)?.cast_signed())
    }

    fn take_value(&mut self) -> Option<u64> {
        let before = self.number;
        let bits = if self.take(1)? == 0 {
            predicted(self.bits, before, self.step)
        } else if self.take(1)? == 0 {
            let payload_bits = if self.take(1)? == 0 {
                6
            } else if self.take(1)? == 0 {
                12
            } else {
                26
            };
            let bias = (1_i64 << (payload_bits - 1)) - 1;
            let off = self.take(payload_bits)?.cast_signed() - bias;
            float(before?.wrapping_add(self.step).wrapping_add(off)).to_bits()
        } else {
            self.bits ^ self.take_change()?
        };
        self.number = whole(bits);
        self.step = step_between(before, self.number);
        Some(bits)
    }

    fn take_change(&mut self) -> Option<u64> {
        if self.take(1)? == 1 {
            let window = self.take(11)?;
            self.leading = u32::try_from(window >> 6).ok()?;
            self.length = u32::try_from(window & 63).ok()? + 1;
        }
        // A whole chunk says the window before it uses it.
        let tail = 64_u32.checked_sub(self.leading + self.length).filter(|_| self.length > 0)?;
        Some(self.take(self.length)? << tail)
    }
}

/// The value as a whole number, if it is one that survives the way there and back.
#[expect(clippy::as_conversions, reason = "checked to be whole and below 2^53")]
#[expect(clippy::float_cmp, reason = "a whole number equals itself cut")]
fn whole(bits: u64) -> Option<i64> {
    let value = f64::from_bits(bits);
    let is_whole = value.trunc() == value && value.abs() < WHOLE_LIMIT;
    let is_minus_zero = bits == (-0.0_f64).to_bits();
    (is_whole && !is_minus_zero).then_some(value as i64)
}

#[expect(clippy::as_conversions, reason = "writer and reader round alike")]
fn float(whole: i64) -> f64 {
    whole as f64
}

/// What the next value is if a whole one goes on by the same step and any other stays.
fn predicted(bits: u64, before: Option<i64>, step: i64) -> u64 {
    before.map_or(bits, |before| float(before + step).to_bits())
}

fn step_between(before: Option<i64>, now: Option<i64>) -> i64 {
    before.zip(now).map_or(0, |(before, now)| now - before)
}

impl Iterator for Decoder<'_> {
    type Item = (i64, f64);

    fn next(&mut self) -> Option<(i64, f64)> {
        self.remaining = self.remaining.checked_sub(1)?;
        if self.first {
            self.first = false;
            self.bits = self.take(64)?;
            self.number = whole(self.bits);
        } else {
            self.delta = self.delta.wrapping_add(self.take_time_change()?);
            self.time = self.time.wrapping_add(self.delta);
            self.bits = self.take_value()?;
        }
        Some((self.time, f64::from_bits(self.bits)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(samples: &[(i64, u64)]) {
        let mut open = Open::new(samples[0].0, f64::from_bits(samples[0].1));
        for (time, bits) in &samples[1..] {
            open.push(*time, f64::from_bits(*bits));
        }
        let read: Vec<_> = open.samples().map(|(time, value)| (time, value.to_bits())).collect();
        assert_eq!(read, samples);
        let newest = open.newest();
        assert_eq!((newest.0, newest.1.to_bits()), *samples.last().unwrap());
        let closed = open.close();
        assert_eq!((closed.start, closed.end), (samples[0].0, newest.0));
        let read: Vec<_> = closed.samples().map(|(time, value)| (time, value.to_bits())).collect();
        assert_eq!(read, samples);
    }

    #[test]
    fn class_limits_and_odd_values_come_back() {
        let steps = [1, 0, 16, -15, 17, 512, -511, 513, 524_288, -524_287, 524_289, i64::MAX];
        let odd = [0.0, -0.0, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX, 1.0, -1.0, f64::NAN];
        let mut time = 0_i64;
        let mut samples = vec![(0, 0)];
        for (step, value) in steps.iter().zip(odd.iter().cycle()) {
            time = time.wrapping_add(*step);
            samples.push((time, value.to_bits()));
        }
        check(&samples);
    }

    #[test]
    fn whole_numbers_come_back_at_every_class_limit() {
        let mut values = vec![0.0];
        for limit in [32.0, 2048.0, 33_554_432.0, WHOLE_LIMIT - 1.0, WHOLE_LIMIT, 2e18] {
            values.extend([
                0.0,
                limit,
                limit,
                0.0,
                -limit,
                1.0 - limit,
                limit + 1.0,
                0.5,
                limit,
                limit,
                -0.0,
            ]);
        }
        let samples: Vec<_> = (0..).zip(values.iter().map(|value| value.to_bits())).collect();
        check(&samples);
    }

    #[test]
    fn a_steady_counter_costs_two_bits_a_sample() {
        let mut open = Open::new(0, 1e9);
        for i in 1..i32::try_from(CHUNK_SAMPLES).unwrap() {
            open.push(i64::from(i) * 15_000, 1e9 + 977.0 * f64::from(i));
        }
        assert!(open.close().heap_bytes() <= 56);
    }

    /// A count that wanders by up to three, polled with some milliseconds of jitter.
    #[test]
    fn a_restless_gauge_costs_about_two_bytes_a_sample() {
        let mut open = Open::new(0, 40.0);
        let (mut state, mut value) = (1_u32, 40.0);
        for i in 1..i64::from(CHUNK_SAMPLES) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            value += f64::from(state >> 16 & 7).min(6.0) - 3.0;
            open.push(i * 15_000 + i64::from(state >> 24 & 3), value);
        }
        assert!(open.close().heap_bytes() <= 260);
    }

    #[test]
    fn a_steady_gauge_costs_two_bits_a_sample() {
        let mut open = Open::new(0, 5.0);
        for i in 1..i64::from(CHUNK_SAMPLES) {
            open.push(i * 15_000, 5.0);
        }
        assert!(open.close().heap_bytes() <= 48);
    }

    proptest! {
        #[test]
        fn any_samples_come_back(samples in prop::collection::vec(any::<(i64, u64)>(), 1..200)) {
            check(&samples);
        }

        #[test]
        fn likely_samples_come_back(
            steps in prop::collection::vec((14_900_i64..15_100, -50_i16..50, any::<bool>()), 1..200)
        ) {
            let mut time = 1_700_000_000_000;
            let samples: Vec<_> = steps
                .iter()
                .map(|(step, value, is_whole)| {
                    time += step;
                    let scale = if *is_whole { 1.0 } else { 0.1 };
                    (time, (f64::from(*value) * scale).to_bits())
                })
                .collect();
            check(&samples);
        }
    }
}
