//! What calls to AWS come to, counted.
//!
//! A *call* is what a kind asks for, and has an outcome by the class of its fault. A *request* is what goes over the wire: each page
//! and each of the SDK's retries of a question is one. Only the SDK knows of these, so that an interceptor counts them.

#![expect(clippy::disallowed_methods, reason = "how long an answer took is about real time; nothing is decided by it")]

use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use engine::{Class, Fault};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the buckets of a request's duration, in seconds: an attempt ends after 30.
const DURATIONS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    service: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    service: &'static str,
    operation: String,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HeldBack {
    service: &'static str,
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabel {
    service: &'static str,
}

/// The counts of one process. Clones count together.
#[derive(Clone, Debug)]
pub struct Meter {
    calls: Family<Call, Counter>,
    held_back: Family<HeldBack, Counter>,
    requests: Family<Request, Counter>,
    durations: Family<ServiceLabel, Histogram, fn() -> Histogram>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            held_back: Family::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
        }
    }
}

impl Meter {
    /// Lets `registry` show the counts.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "fargatestack_aws_calls",
            "Calls to AWS by outcome: success, or the class of the failure",
            self.calls.clone(),
        );
        registry.register(
            "fargatestack_aws_calls_held_back",
            "Calls that were not sent, since the account's rate limit as kept on our side left no slot",
            self.held_back.clone(),
        );
        registry.register(
            "fargatestack_aws_requests",
            "HTTP requests to AWS, each page and each retry of a question, by status code; error without an answer",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "fargatestack_aws_request_duration",
            "How long a request took until its answer was read",
            Unit::Seconds,
            self.durations.clone(),
        );
    }

    /// Notes how a call ended.
    pub(super) fn called<T>(&self, service: &'static str, operation: &'static str, result: &Result<T, Fault>) {
        let outcome = result.as_ref().map_or_else(|fault| outcome(fault.class), |_| "success");
        self.calls.get_or_create(&Call { service, operation, outcome }).inc();
    }

    /// Notes a call that found no slot.
    pub(super) fn held_back(&self, service: &'static str, operation: &'static str) {
        self.held_back.get_or_create(&HeldBack { service, operation }).inc();
    }

    /// What counts the requests of a client of `service`.
    pub(super) fn requests(&self, service: &'static str) -> Requests {
        Requests { service, meter: self.clone() }
    }
}

/// The word for a class of failures. Names are an interface: alerts compare them.
fn outcome(class: Class) -> &'static str {
    match class {
        Class::NotYet => "not_yet",
        Class::Throttled => "throttled",
        Class::Transient => "transient",
        Class::Conflict => "conflict",
        Class::Quota => "quota",
        Class::Denied => "denied",
        Class::Invalid => "invalid",
        Class::Bug => "unknown",
    }
}

/// Counts and times the requests of one client.
#[derive(Debug)]
pub struct Requests {
    service: &'static str,
    meter: Meter,
}

/// When the request under way was sent; nothing before it is.
#[derive(Clone, Copy, Debug)]
struct Sent(Option<Instant>);

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Sent(None));
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Sent(Some(Instant::now())));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // An attempt may end before it sends anything: without credentials.
        let Some(Sent(Some(sent))) = bag.load::<Sent>() else { return Ok(()) };
        let operation = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default().to_owned();
        let code = context.response().map_or_else(|| "error".to_owned(), |answer| answer.status().to_string());
        let service = self.service;
        self.meter.requests.get_or_create(&Request { service, operation, code }).inc();
        self.meter.durations.get_or_create(&ServiceLabel { service }).observe(sent.elapsed().as_secs_f64());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;
    use crate::aws::limits::Limits;
    use crate::aws::wire::Wire;

    /// The lines about `metric`, sorted.
    fn shown(meter: &Meter, metric: &str) -> Vec<String> {
        let (mut registry, mut text) = (Registry::default(), String::new());
        meter.register(&mut registry);
        encode(&mut text, &registry).unwrap();
        let mut lines: Vec<_> = text.lines().filter(|line| line.starts_with(metric)).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    #[tokio::test]
    async fn calls_are_counted_by_outcome_and_requests_by_code() {
        let wire = Wire::default()
            .answer("DescribeVpcs", "")
            .answer("DescribeVpcs", "")
            .refuse(403, "UnauthorizedOperation")
            .refuse(503, "RequestLimitExceeded")
            .refuse_json(400, "ClusterNotFoundException");
        let cloud = wire.cloud();
        for _ in 0..3 {
            let _ = cloud.ec2.read("DescribeVpcs", cloud.ec2.reads().describe_vpcs().send()).await;
        }
        let _ = cloud.ec2.write("CreateVpc", cloud.ec2.writes().create_vpc().send()).await;
        let _ = cloud.ecs.write("DeleteCluster", cloud.ecs.writes().delete_cluster().cluster("it").send()).await;
        let meter = wire.meter();
        let call = |service: &str, operation: &str, outcome: &str, count: u8| {
            format!(
                "fargatestack_aws_calls_total{{service=\"{service}\",operation=\"{operation}\",outcome=\"{outcome}\"}} {count}"
            )
        };
        let expected = [
            call("ec2", "CreateVpc", "throttled", 1),
            call("ec2", "DescribeVpcs", "denied", 1),
            call("ec2", "DescribeVpcs", "success", 2),
            call("ecs", "DeleteCluster", "not_yet", 1),
        ];
        assert_eq!(shown(meter, "fargatestack_aws_calls_total"), expected);
        let request = |service: &str, operation: &str, code: u16, count: u8| {
            format!(
                "fargatestack_aws_requests_total{{service=\"{service}\",operation=\"{operation}\",code=\"{code}\"}} {count}"
            )
        };
        let expected = [
            request("ec2", "CreateVpc", 503, 1),
            request("ec2", "DescribeVpcs", 200, 2),
            request("ec2", "DescribeVpcs", 403, 1),
            request("ecs", "DeleteCluster", 400, 1),
        ];
        assert_eq!(shown(meter, "fargatestack_aws_requests_total"), expected);
        let counts = shown(meter, "fargatestack_aws_request_duration_seconds_count");
        let expected = [("ec2", 4), ("ecs", 1)].map(|(service, count)| {
            format!("fargatestack_aws_request_duration_seconds_count{{service=\"{service}\"}} {count}")
        });
        assert_eq!(counts, expected);
    }

    #[tokio::test]
    async fn what_the_own_rate_limit_holds_back_is_no_call() {
        let wire = Wire::default().answer_json(&serde_json::json!({}));
        let api = wire.within(&Limits::default()).api;
        let create = || api.writes().create_vpc_link().name("it").set_subnet_ids(Some(Vec::new())).send();
        api.write("CreateVpcLink", create()).await.unwrap();
        api.write("CreateVpcLink", create()).await.unwrap_err();
        let labels = "{service=\"apigateway\",operation=\"CreateVpcLink\"";
        let expected = [
            format!("fargatestack_aws_calls_held_back_total{labels}}} 1"),
            format!("fargatestack_aws_calls_total{labels},outcome=\"success\"}} 1"),
        ];
        assert_eq!(shown(wire.meter(), "fargatestack_aws_calls"), expected);
    }
}
