//! One door to all methods that watch one value of one object.

use serde::{Deserialize, Serialize};

use crate::{ConfigError, Verdict, counter, forecast, freshness, no_data, outlier, threshold};

/// A method with its parameters, shared by all objects of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Level with hysteresis.
    Threshold(threshold::Config),
    /// Time left until a limit is reached.
    Forecast(forecast::Config),
    /// Unlike its own past.
    Outlier(outlier::Config),
    /// Increase of a counter inside a window.
    CounterIncrease(counter::Config),
    /// Age of the last good result.
    Freshness(freshness::Config),
    /// No value any more.
    NoData(no_data::Config),
}

/// What a method remembers of one object; can be saved and restored at any point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Of [`Method::Threshold`].
    Threshold(threshold::State),
    /// Of [`Method::Forecast`].
    Forecast(Box<forecast::State>),
    /// Of [`Method::Outlier`].
    Outlier(Box<outlier::State>),
    /// Of [`Method::CounterIncrease`].
    CounterIncrease(counter::State),
    /// Of [`Method::Freshness`].
    Freshness(freshness::State),
    /// Of [`Method::NoData`].
    NoData(no_data::State),
}

impl State {
    /// How much memory the state takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let boxed = match self {
            Self::Threshold(_) | Self::Freshness(_) | Self::NoData(_) => 0,
            Self::CounterIncrease(state) => state.heap_bytes(),
            Self::Forecast(state) => size_of::<forecast::State>() + state.heap_bytes(),
            Self::Outlier(state) => size_of::<outlier::State>() + state.heap_bytes(),
        };
        size_of::<Self>() + boxed
    }
}

impl Method {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// As the method's own `check`.
    pub fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Threshold(config) => config.check(),
            Self::Forecast(config) => config.check(),
            Self::Outlier(config) => config.check(),
            Self::CounterIncrease(config) => config.check(),
            Self::Freshness(config) => config.check(),
            Self::NoData(config) => config.check(),
        }
    }

    /// Whether the state holds an object's usual behaviour, which takes long to learn: it is worth
    /// keeping while the object gives no value.
    #[must_use]
    pub const fn learns(&self) -> bool {
        matches!(self, Self::Outlier(_))
    }

    /// How long a fault must last before the method says so, ms: a start with an empty memory cannot know better
    /// before.
    #[must_use]
    pub const fn hold_ms(&self) -> i64 {
        match self {
            Self::Threshold(config) => config.hold_ms,
            Self::Outlier(config) => config.hold_ms,
            _ => 0,
        }
    }

    /// The state of an object that has just been seen for the first time.
    #[must_use]
    pub fn start(&self) -> State {
        match self {
            Self::Threshold(_) => State::Threshold(threshold::State::default()),
            Self::Forecast(_) => State::Forecast(Box::default()),
            Self::Outlier(_) => State::Outlier(Box::default()),
            Self::CounterIncrease(_) => State::CounterIncrease(counter::State::default()),
            Self::Freshness(_) => State::Freshness(freshness::State::default()),
            Self::NoData(_) => State::NoData(no_data::State::default()),
        }
    }

    /// Takes a point (Unix milliseconds). A value that is not finite is «not known»: it never
    /// alarms and never clears. A point not newer than the last one changes nothing. The state of
    /// another method is replaced by a new one.
    pub fn step(&self, state: &mut State, at_ms: i64, value: f64) -> Verdict {
        self.feed(state, at_ms, Some(value))
    }

    /// Notes that the object gave no value in this evaluation. What was abnormal stays so; what
    /// was normal is [`Status::Warming`](crate::Status::Warming) after three usual intervals.
    /// Only [`Method::NoData`] raises.
    pub fn absent(&self, state: &mut State, at_ms: i64) -> Verdict {
        self.feed(state, at_ms, None)
    }

    fn feed(&self, state: &mut State, at_ms: i64, value: Option<f64>) -> Verdict {
        let value = value.unwrap_or(f64::NAN);
        match (self, &mut *state) {
            (Self::Threshold(config), State::Threshold(own)) => own.step(config, at_ms, value),
            (Self::Forecast(config), State::Forecast(own)) => own.step(config, at_ms, value),
            (Self::Outlier(config), State::Outlier(own)) => own.step(config, at_ms, value),
            (Self::CounterIncrease(config), State::CounterIncrease(own)) => {
                own.step(config, at_ms, value)
            }
            (Self::Freshness(config), State::Freshness(own)) => own.step(config, at_ms, value),
            (Self::NoData(config), State::NoData(own)) => own.step(config, at_ms, value),
            _ => {
                *state = self.start();
                self.feed(state, at_ms, Some(value))
            }
        }
    }
}
