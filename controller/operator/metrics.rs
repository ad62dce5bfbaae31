//! What is shown at `/metrics`: counts that grow as things happen, and gauges read at each scrape.
//!
//! No label has an unbounded set of values: no stack, no namespace, no account, no resource. Names are controller-runtime's and
//! client-go's where they have one for the same thing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use kube::runtime::controller::Action;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::context::Context;
use super::election::Term;
use super::rbac::LEASE;
use crate::aws::meter::Meter;
use crate::status::{self, Said};

/// The value of the label `controller` of controller-runtime's metrics.
const CONTROLLER: &str = "fargatestack";

/// Upper bounds of the buckets of a pass's duration, in seconds.
const DURATIONS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    result: &'static str,
}

/// Counts of passes. Clones count together.
#[derive(Clone, Debug)]
pub struct Passes {
    ended: Family<Ended, Counter>,
    durations: Histogram,
    running: Gauge,
}

impl Default for Passes {
    fn default() -> Self {
        Self { ended: Family::default(), durations: Histogram::new(DURATIONS), running: Gauge::default() }
    }
}

impl Passes {
    /// A pass begins.
    #[must_use]
    pub fn begin(&self) -> Running {
        self.running.inc();
        Running { passes: self.clone(), since: Instant::now() }
    }

    fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_label(("controller".into(), CONTROLLER.into()));
        registry.register(
            "controller_runtime_reconcile",
            "Passes over a stack by result: success waits for a change, requeue_after comes again by itself, error was refused by \
             Kubernetes and comes again soon",
            self.ended.clone(),
        );
        registry.register_with_unit(
            "controller_runtime_reconcile_time",
            "How long a pass took",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("controller_runtime_active_workers", "Passes under way", self.running.clone());
        let most = Gauge::<i64>::default();
        most.set(i64::from(super::run::CONCURRENCY));
        registry.register(
            "controller_runtime_max_concurrent_reconciles",
            "How many passes may be under way at the same time",
            most,
        );
    }
}

/// A pass under way; dropped, it is not any more.
#[derive(Debug)]
pub struct Running {
    passes: Passes,
    since: Instant,
}

impl Running {
    /// It ended by itself.
    pub fn end<E>(self, result: &Result<Action, E>) {
        let result = match result {
            Ok(action) if *action == Action::await_change() => "success",
            Ok(_) => "requeue_after",
            Err(_) => "error",
        };
        self.passes.ended.get_or_create(&Ended { result }).inc();
        self.passes.durations.observe(self.since.elapsed().as_secs_f64());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.passes.running.dec();
    }
}

/// Everything that is shown.
#[derive(Debug)]
pub struct Metrics {
    /// Calls to AWS.
    pub meter: Meter,
    /// Passes.
    pub passes: Passes,
    registry: Registry,
    live: Arc<Live>,
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(term: Arc<Term>) -> Self {
        let (meter, passes) = (Meter::default(), Passes::default());
        let live = Arc::new(Live { term, context: OnceLock::new() });
        let mut registry = registry(&meter, &passes);
        registry.register_collector(Box::new(Arc::clone(&live)));
        Self { meter, passes, registry, live }
    }

    /// From now on stacks and sources are shown, too: this process leads.
    pub fn watch(&self, context: Arc<Context>) {
        // It leads once at most.
        let _ = self.live.context.set(context);
    }

    /// All of it, in the Prometheus text format.
    ///
    /// # Errors
    /// None that can be foreseen: it writes to memory.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn registry(meter: &Meter, passes: &Passes) -> Registry {
    let mut registry = Registry::default();
    registry.register(
        "fargatestack_build",
        "The version that runs",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    passes.register(&mut registry);
    meter.register(&mut registry);
    registry
}

/// What is read at each scrape.
struct Live {
    term: Arc<Term>,
    context: OnceLock<Arc<Context>>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("term", &self.term).finish_non_exhaustive()
    }
}

impl Collector for Live {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let watched = self.context.get().map(|context| {
            let stacks = context.stacks.state();
            let now = Instant::now();
            // Every scope in use is used at least once in a resync of its stacks.
            let since = now.checked_sub(context.intervals.resync * 2).unwrap_or(now);
            Watched {
                stacks: stacks.len(),
                said: status::tally(stacks.iter().map(|stack| &stack.status)),
                ages: context.scopes.ages(since, now),
            }
        });
        Sight { leads: self.term.runs(), watched }.show(encoder)
    }
}

/// What a scrape saw.
struct Sight {
    leads: bool,
    watched: Option<Watched>,
}

/// What it saw of stacks and AWS.
struct Watched {
    stacks: usize,
    said: BTreeMap<Said, u64>,
    ages: BTreeMap<&'static str, Duration>,
}

impl Sight {
    fn show(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        gauge(
            &mut encoder,
            "leader_election_master_status",
            "Whether this process leads: 1 or 0.",
            [([("name", LEASE)], u64::from(self.leads))],
        )?;
        let Some(Watched { stacks, said, ages }) = &self.watched else { return Ok(()) };
        gauge::<[(&str, &str); 0], _>(
            &mut encoder,
            "fargatestack_stacks",
            "FargateStacks in the cluster.",
            [([], *stacks)],
        )?;
        let conditions = said.iter().map(|(Said { condition, status, reason }, count)| {
            ([("condition", *condition), ("status", *status), ("reason", *reason)], *count)
        });
        gauge(&mut encoder, "fargatestack_stack_conditions", "FargateStacks by what a condition says.", conditions)?;
        let ages = ages.iter().map(|(source, age)| ([("source", *source)], age.as_secs_f64()));
        gauge(
            &mut encoder,
            "fargatestack_source_age_seconds",
            "How long ago AWS last answered a question about a whole account and region: the longest of all that are in use.",
            ages,
        )
    }
}

fn gauge<L: EncodeLabelSet, V: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (L, V)>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
