//! A stack that is built, and what stands in its way.

use engine::{Class, Phase};

use super::bench::{at, fault, key, kind, network};
use crate::api::status::{ConditionStatus::*, PlanRecord, PlannedStep, RecordedPhase};
use crate::status::{changed, events};

#[test]
fn a_build_ends_in_silence() {
    let mut bench = network();
    bench.settle();
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    assert_eq!(bench.is("EndpointsReady"), (True, "Ready"));
    assert_eq!(bench.is("CredentialsReady"), (True, "Ready"));
    assert_eq!(bench.is("Ready"), (True, "Ready"));
    assert_eq!(bench.condition("Reconciling"), None);
    assert_eq!(bench.condition("Stalled"), None);
    let observed = bench.status().conditions.iter().all(|condition| condition.observed_generation == Some(1));
    assert!(observed && bench.status().observed_generation == Some(1));
    assert_eq!(bench.status().account_id.as_deref(), Some("111122223333"));
    assert!(bench.status().intents.is_empty());
    let outputs = bench.status().outputs.as_ref().unwrap();
    assert!(outputs.vpc_id.as_deref().unwrap().starts_with("vpc-"));
    assert_eq!(outputs.subnet_ids.as_ref().unwrap().ecs.len(), 1);
    assert_eq!(outputs.nat_addresses.len(), 1);

    let looked = bench.status().last_observed_time;
    bench.seconds += 100_000;
    let before = bench.pass();
    assert_eq!(&before, bench.status());
    assert_eq!(bench.status().last_observed_time, looked);
    assert!(events(&before, bench.status()).is_empty() && !changed(&before, bench.status()));
    assert_eq!(bench.rest(), super::bench::RESYNC);
}

/// What a call answers is no observation: a section is ready when its resources were seen.
#[test]
fn what_was_made_in_this_pass_is_not_ready_yet() {
    let mut bench = network();
    bench.pass();
    assert_eq!(bench.outcome.as_ref().map(engine::Outcome::ready), Some(true));
    assert_eq!(bench.is("NetworkReady"), (False, "Progressing"));
    assert_eq!(bench.is("Reconciling"), (True, "Progressing"));
    bench.pass();
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
}

#[test]
fn the_network_does_not_wait_for_the_endpoints() {
    let mut bench = network();
    bench.cloud.phases.insert(key("security-group/endpoints"), Phase::Pending("pending".into()));
    bench.settle();
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    assert_eq!(bench.is("EndpointsReady"), (False, "Progressing"));
    assert_eq!(
        bench.message("EndpointsReady"),
        "security-group/endpoints: pending; 1 resource waits for others; 0 of 2 resources are as declared"
    );
    assert_eq!(bench.is("Ready"), (False, "Progressing"));
}

/// A consequence is counted; only where a section has nothing but consequences, it says for what it waits.
#[test]
fn consequences_are_not_causes() {
    let mut bench = network();
    bench.cloud.faults.insert(key("vpc/main"), fault(Class::Quota, "VpcLimitExceeded"));
    bench.settle();
    assert_eq!(bench.is("NetworkReady"), (False, "QuotaExceeded"));
    assert_eq!(
        bench.message("NetworkReady"),
        "vpc/main: Call: VpcLimitExceeded: no; tried again within 10 minutes, and at once when the stack changes; \
         1 resource waits for others; 1 of 3 resources are as declared"
    );
    assert_eq!(bench.is("EndpointsReady"), (False, "Blocked"));
    assert!(bench.message("EndpointsReady").starts_with("2 resources wait for others, the first for vpc/main"));
    assert_eq!(bench.is("Ready"), (False, "QuotaExceeded"));
    assert_eq!(bench.is("Stalled"), (True, "QuotaExceeded"));
    assert_eq!(bench.condition("Reconciling"), None);
    assert_eq!(bench.record("vpc/main").phase, RecordedPhase::Failed);
    assert_eq!(bench.record("vpc/main").id, None);
}

#[test]
fn each_class_has_its_reason_and_its_course() {
    for (class, reason, stalled) in [
        (Class::NotYet, "Waiting", false),
        (Class::Throttled, "Throttled", false),
        (Class::Conflict, "Conflict", true),
        (Class::Quota, "QuotaExceeded", true),
        (Class::Denied, "AccessDenied", true),
        (Class::Invalid, "Refused", true),
        (Class::Bug, "Failed", true),
    ] {
        let mut bench = network();
        bench.cloud.faults.insert(key("subnet/ecs-a"), fault(class, "Code"));
        bench.settle();
        assert_eq!(bench.is("NetworkReady"), (False, reason));
        assert_eq!(bench.is("Ready"), (False, reason));
        assert_eq!(bench.is(if stalled { "Stalled" } else { "Reconciling" }), (True, reason), "{class:?}");
        assert_eq!(bench.condition(if stalled { "Reconciling" } else { "Stalled" }), None, "{class:?}");
    }
}

/// While anything else moves, a failure is not the end.
#[test]
fn stalled_only_at_a_standstill() {
    let mut bench = network();
    bench.cloud.faults.insert(key("subnet/ecs-a"), fault(Class::Denied, "UnauthorizedOperation"));
    bench.pass();
    assert_eq!(bench.condition("Stalled"), None);
    assert_eq!(bench.is("Reconciling"), (True, "AccessDenied"));
    bench.settle();
    assert_eq!(bench.is("Stalled"), (True, "AccessDenied"));
    bench.cloud.faults.clear();
    bench.settle();
    assert_eq!(bench.condition("Stalled"), None);
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
}

/// AWS encodes the refusal anew every time: a message that repeats it would change with every pass.
#[test]
fn messages_do_not_change_with_the_try() {
    let mut bench = network();
    let refusal = |blob: &str| engine::Fault {
        message: format!("You are not authorized. Encoded authorization failure message: {blob}"),
        request_id: Some(blob.into()),
        ..fault(Class::Denied, "UnauthorizedOperation")
    };
    bench.cloud.faults.insert(key("vpc/main"), refusal("abc"));
    bench.settle();
    bench.cloud.faults.insert(key("vpc/main"), refusal("xyz"));
    let before = bench.pass();
    assert_eq!(&before, bench.status());
    assert!(bench.message("Ready").contains("UnauthorizedOperation: You are not authorized; tried"));
}

/// Nothing is concluded from a source that failed, and the outputs stay.
#[test]
fn an_unreadable_source_is_the_cause() {
    let mut bench = network();
    bench.settle();
    let outputs = bench.status().outputs.clone();
    let records: Vec<_> =
        bench.status().resources.iter().map(|record| (record.key.clone(), record.id.clone())).collect();
    for (class, reason, course) in
        [(Class::Denied, "AccessDenied", "Stalled"), (Class::Throttled, "Throttled", "Reconciling")]
    {
        bench.unknown.insert(kind("subnet"), fault(class, "Code"));
        bench.settle();
        assert_eq!(bench.is("NetworkReady"), (False, reason));
        assert!(bench.message("NetworkReady").starts_with("subnet resources cannot be read: Call: Code: no"));
        assert_eq!(bench.is(course), (True, reason));
        assert_eq!(bench.status().outputs, outputs);
    }
    bench.unknown.clear();
    bench.settle();
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    let after: Vec<_> = bench.status().resources.iter().map(|record| (record.key.clone(), record.id.clone())).collect();
    assert_eq!(records, after);
}

fn held(action: &str, key: &str) -> PlanRecord {
    let step =
        PlannedStep { action: action.into(), key: key.into(), fields: vec!["cidr".into()], reason: "drift".into() };
    PlanRecord { hash: "h".into(), steps: vec![step], more: 0 }
}

#[test]
fn drift_is_named_and_does_no_harm() {
    let mut bench = network();
    bench.settle();
    bench.cloud.live.iter_mut().find(|live| live.key == key("subnet/ecs-a")).unwrap().seen = 9;
    let before = bench.pass();
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    assert_eq!(bench.is("Drifted"), (True, "DriftReported"));
    assert_eq!(bench.message("Drifted"), "subnet/ecs-a: cidr: 9 -> 0");
    let news = events(&before, bench.status());
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(news[0].warning && news[0].action == "Drifted");
    for (action, hint) in
        [("Replace", "; status.plan replaces it, when the annotation fargatestack.dev/approve: h"), ("Update", "")]
    {
        bench.held = Some(held(action, "subnet/ecs-a"));
        bench.pass();
        let message = bench.message("Drifted");
        assert_eq!(message.strip_prefix("subnet/ecs-a: cidr: 9 -> 0").unwrap().trim_end_matches(" says so"), hint);
    }
    bench.held = None;
    bench.cloud.live.iter_mut().for_each(|live| live.seen = 0);
    let before = bench.pass();
    assert_eq!(bench.condition("Drifted"), None);
    assert_eq!(events(&before, bench.status())[0].reason, "Resolved");
}

/// What a user holds back is neither stalled nor under way.
#[test]
fn what_is_withheld_rests() {
    for (mode, reason) in [("Observe", "Observed"), ("Approve", "AwaitingApproval"), ("Apply", "DriftReported")] {
        let mut bench = network();
        bench.stack.controls.mode = serde_json::from_value(mode.into()).unwrap();
        bench.withheld = bench.declared.iter().map(engine::Node::key).collect();
        bench.settle();
        assert_eq!(bench.is("NetworkReady"), (False, reason));
        assert_eq!(bench.is("Ready"), (False, reason));
        assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None));
        assert_eq!(bench.rest(), super::bench::RESYNC);
        assert!(bench.cloud.live.is_empty());
    }
}

/// The time of a transition is that of the status, not of the reason.
#[test]
fn transition_times_move_with_the_status_only() {
    let mut bench = network();
    bench.cloud.faults.insert(key("subnet/ecs-a"), fault(Class::Throttled, "Slow"));
    bench.pass();
    bench.seconds = 50;
    bench.cloud.faults.insert(key("subnet/ecs-a"), fault(Class::Denied, "No"));
    bench.pass();
    let network = bench.condition("NetworkReady").unwrap();
    assert_eq!((network.reason.as_str(), network.last_transition_time), ("AccessDenied", at(0)));
    bench.cloud.faults.clear();
    bench.pass();
    bench.seconds = 70;
    bench.pass();
    assert_eq!(bench.condition("NetworkReady").unwrap().last_transition_time, at(70));
    assert_eq!(bench.condition("RegistryReady").unwrap().last_transition_time, at(0));
}

#[test]
fn public_address_space_is_said() {
    let mut bench = network();
    bench.settle();
    assert_eq!(bench.is("Warning"), (True, "PublicAddressSpace"));
    assert!(bench.message("Warning").contains("172.10.0.0/16") && bench.message("Warning").contains("100.64.0.0/16"));
    bench.spec.as_mut().unwrap().network.ecs_cidr = "100.64.0.0/16".parse().unwrap();
    bench.pass();
    assert_eq!(bench.condition("Warning"), None);
}
