//! What the engine says about itself: metrics and logs. Every metric is declared here, with its
//! help text, and nowhere else.

use prometheus::proto::MetricType;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};

/// Cases by name.
const PROBLEM_INFO: &str = "vakhta_problem_info";

/// The metrics of the engine.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    /// Events folded, by kind.
    pub events: IntCounterVec,
    /// Seconds to fold one batch of events.
    pub step: Histogram,
    /// Seconds to commit one batch of events.
    pub append: Histogram,
    /// Seconds for which events wait while a snapshot copies the state.
    pub snapshot_pause: Histogram,
    /// Cases that are not archived, by state and severity.
    pub problems: GaugeVec,
    /// The worst live cases by name: the value is when each began, seconds since 1970.
    pub problem_info: GaugeVec,
    /// Cases that opened, by kind and severity.
    pub case_opened: IntCounterVec,
    /// Seconds from the beginning of a case until somebody took it.
    pub case_taken: Histogram,
    /// Seconds from the beginning of a case until it was resolved.
    pub case_resolved: Histogram,
    /// Cases that came back.
    pub case_returned: IntCounter,
    /// Cases that a person called false alarms.
    pub case_rejected: IntCounter,
    /// Tickets read, by class.
    pub tickets: IntCounterVec,
    /// Samples taken in.
    pub samples: IntCounter,
    /// Series in memory.
    pub series: Gauge,
    /// Bytes of samples in memory.
    pub series_bytes: Gauge,
    /// Seconds to evaluate the rules after one poll.
    pub rules: Histogram,
    /// Rule evaluations that failed.
    pub rule_errors: IntCounter,
    /// 1 while a source answers, by kind and source.
    pub source_up: GaugeVec,
    /// Seconds the last poll of a source took.
    pub source_seconds: GaugeVec,
    /// Effects that wait, by channel.
    pub outbox_waiting: GaugeVec,
    /// Age in seconds of the oldest effect that waits, by channel.
    pub outbox_pending: GaugeVec,
    /// Deliveries, by channel and outcome.
    pub deliveries: IntCounterVec,
    /// Requests to the API and the pages, by route and status.
    pub requests: IntCounterVec,
    /// Times the store refused to commit.
    pub store_errors: IntCounter,
}

/// The present value of a metric: name, labels, value.
pub type Reading = (String, Vec<(String, String)>, f64);

/// A metric could not be declared: a mistake in this file.
#[derive(Debug, thiserror::Error)]
#[error("cannot declare the engine's metrics: {0}")]
pub struct TelemetryError(#[from] prometheus::Error);

impl Metrics {
    /// Declares all metrics.
    ///
    /// # Errors
    /// When two of them have one name.
    pub fn new() -> Result<Self, TelemetryError> {
        let registry = Registry::new();
        let declare = Declare(&registry);
        Ok(Self {
            events: declare.counters("vakhta_events_total", "Events folded.", &["kind"])?,
            step: declare.histogram("vakhta_step_seconds", "Time to fold one batch of events.")?,
            append: declare
                .histogram("vakhta_append_seconds", "Time to commit one batch of events.")?,
            snapshot_pause: declare.histogram(
                "vakhta_snapshot_pause_seconds",
                "Time for which events wait while a snapshot copies the state.",
            )?,
            problems: declare.gauges(
                "vakhta_problems",
                "Cases that are not archived.",
                &["state", "severity"],
            )?,
            problem_info: declare.gauges(
                PROBLEM_INFO,
                "The worst live cases by name; the value is when each began, seconds since 1970.",
                &["problem", "system", "severity", "state", "owner", "title"],
            )?,
            case_opened: declare.counters(
                "vakhta_case_opened_total",
                "Cases that opened.",
                &["kind", "severity"],
            )?,
            case_taken: declare.long_histogram(
                "vakhta_case_taken_seconds",
                "From the beginning of a case until somebody took it.",
            )?,
            case_resolved: declare.long_histogram(
                "vakhta_case_resolved_seconds",
                "From the beginning of a case until it was resolved.",
            )?,
            case_returned: declare
                .counter("vakhta_case_returned_total", "Cases that came back.")?,
            case_rejected: declare.counter(
                "vakhta_case_rejected_total",
                "Cases that a person called false alarms.",
            )?,
            tickets: declare.counters("vakhta_tickets_total", "Tickets read.", &["class"])?,
            samples: declare.counter("vakhta_samples_total", "Samples taken in.")?,
            series: declare.gauge("vakhta_series", "Series in memory.")?,
            series_bytes: declare.gauge("vakhta_series_bytes", "Bytes of samples in memory.")?,
            rules: declare
                .histogram("vakhta_rules_seconds", "Time to evaluate the rules after one poll.")?,
            rule_errors: declare
                .counter("vakhta_rule_errors_total", "Rule evaluations that failed.")?,
            source_up: declare.gauges(
                "vakhta_source_up",
                "1 while a source answers.",
                &["kind", "source"],
            )?,
            source_seconds: declare.gauges(
                "vakhta_source_poll_seconds",
                "Duration of the last poll of a source.",
                &["kind", "source"],
            )?,
            outbox_waiting: declare.gauges(
                "vakhta_outbox_waiting",
                "Effects that wait for delivery.",
                &["channel"],
            )?,
            outbox_pending: declare.gauges(
                "vakhta_outbox_pending_seconds",
                "Age of the oldest effect that waits for delivery.",
                &["channel"],
            )?,
            deliveries: declare.counters(
                "vakhta_deliveries_total",
                "Attempts to deliver an effect.",
                &["channel", "outcome"],
            )?,
            requests: declare.counters(
                "vakhta_http_requests_total",
                "Requests answered.",
                &["route", "status"],
            )?,
            store_errors: declare
                .counter("vakhta_store_errors_total", "Times the store refused to commit.")?,
            registry,
        })
    }

    /// The present value of everything, histograms as their sums, counts and buckets: name, labels, value.
    #[must_use]
    pub fn values(&self) -> Vec<Reading> {
        let mut values = Vec::new();
        for family in self.registry.gather() {
            for metric in family.get_metric() {
                let labels: Vec<(String, String)> = metric
                    .get_label()
                    .iter()
                    .map(|label| (label.name().to_owned(), label.value().to_owned()))
                    .collect();
                let name = family.name();
                match family.get_field_type() {
                    MetricType::COUNTER => {
                        values.push((name.to_owned(), labels, metric.get_counter().get_value()));
                    }
                    MetricType::GAUGE => {
                        values.push((name.to_owned(), labels, metric.get_gauge().get_value()));
                    }
                    MetricType::HISTOGRAM => read_histogram(name, &labels, metric, &mut values),
                    MetricType::SUMMARY | MetricType::UNTYPED => {}
                }
            }
        }
        values
    }

    /// Every metric: name, kind as Prometheus names it, what it says.
    #[must_use]
    pub fn described(&self) -> Vec<(String, &'static str, String)> {
        let kind = |family: &prometheus::proto::MetricFamily| match family.get_field_type() {
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            MetricType::SUMMARY => "summary",
            MetricType::UNTYPED => "unknown",
        };
        let families = self.registry.gather();
        families.iter().map(|f| (f.name().to_owned(), kind(f), f.help().to_owned())).collect()
    }

    /// All metrics in the text format of Prometheus; cases by name, with their titles and owners, only when asked for:
    /// those are for who may look at cases.
    #[must_use]
    pub fn render(&self, with_names: bool) -> String {
        let mut text = Vec::new();
        let mut families = self.registry.gather();
        families.retain(|family| with_names || family.name() != PROBLEM_INFO);
        if let Err(error) = TextEncoder::new().encode(&families, &mut text) {
            tracing::error!(%error, "cannot encode metrics");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

fn read_histogram(
    name: &str,
    labels: &[(String, String)],
    metric: &prometheus::proto::Metric,
    values: &mut Vec<Reading>,
) {
    let histogram = metric.get_histogram();
    // Counts stay far below what a float holds exactly.
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let count = number(histogram.get_sample_count());
    values.push((format!("{name}_sum"), labels.to_vec(), histogram.get_sample_sum()));
    values.push((format!("{name}_count"), labels.to_vec(), count));
    let buckets = histogram.get_bucket().iter();
    let bounds =
        buckets.map(|bucket| (bucket.upper_bound().to_string(), number(bucket.cumulative_count())));
    for (le, count) in bounds.chain([("+Inf".to_owned(), count)]) {
        let mut labels = labels.to_vec();
        labels.push(("le".to_owned(), le));
        values.push((format!("{name}_bucket"), labels, count));
    }
}

struct Declare<'a>(&'a Registry);

impl Declare<'_> {
    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, TelemetryError> {
        let metric = IntCounter::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counters(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<IntCounterVec, TelemetryError> {
        let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<Gauge, TelemetryError> {
        let metric = Gauge::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, TelemetryError> {
        let metric = GaugeVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn histogram(&self, name: &str, help: &str) -> Result<Histogram, TelemetryError> {
        self.histogram_of(name, help, vec![0.000_1, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5])
    }

    /// Of what people do: from a minute to a day.
    fn long_histogram(&self, name: &str, help: &str) -> Result<Histogram, TelemetryError> {
        let minutes = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 1440.0];
        self.histogram_of(name, help, minutes.map(|minute| minute * 60.0).to_vec())
    }

    fn histogram_of(
        &self,
        name: &str,
        help: &str,
        buckets: Vec<f64>,
    ) -> Result<Histogram, TelemetryError> {
        let metric = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

/// Starts logging to standard error: human lines on a terminal, JSON otherwise or when asked.
pub fn start_logging(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("VAKHTA_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn,reqwest=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second start (in tests) finds logging already there, which is as good.
    let started = if json { builder.json().try_init() } else { builder.compact().try_init() };
    drop(started);
}
