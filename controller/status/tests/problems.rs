//! Passes that end before anything can be planned.

use engine::Class;

use super::bench::{fault, key, network};
use crate::api::status::ConditionStatus::{False, True, Unknown};
use crate::api::{Invalid, ParseError, Status};
use crate::status::{Problem, Unexported, events};

fn problems() -> Vec<(Problem, &'static str, &'static str, &'static str)> {
    let invalid = Invalid { field: "spec.network.ecsCidr".into(), message: "overlaps".into() };
    let unreadable = ParseError { path: "spec.region".into(), message: "is a number".into() };
    vec![
        (Problem::Unreadable(unreadable), "UnreadableSpec", "spec.region: is a number", "Stalled"),
        (Problem::Invalid(vec![invalid]), "InvalidSpec", "spec.network.ecsCidr: overlaps", "Stalled"),
        (Problem::IdentityMissing("prod".into()), "IdentityNotFound", "AwsIdentity prod", "Stalled"),
        (Problem::IdentityRefused("not for you".into()), "IdentityRefused", "not for you", "Stalled"),
        (Problem::Credentials(fault(Class::Denied, "No")), "CredentialsUnavailable", "Call: No: no", "Stalled"),
        (Problem::Credentials(fault(Class::Transient, "Slow")), "CredentialsUnavailable", "Call: Slow", "Reconciling"),
        (
            Problem::AccountChanged { expected: "1".into(), actual: "2".into() },
            "AccountChanged",
            "leads to account 2",
            "Stalled",
        ),
        (
            Problem::ForeignIncarnation { uid: "v".into(), ids: vec!["vpc-9".into()] },
            "ForeignIncarnation",
            "fargatestack.dev/adopt-from=v",
            "Stalled",
        ),
        (
            Problem::Unsatisfied { field: "spec.network.availabilityZones".into(), message: "only 2".into() },
            "Unsatisfied",
            "spec.network.availabilityZones: only 2",
            "Stalled",
        ),
        (Problem::Facts(fault(Class::Throttled, "Slow")), "Throttled", "Call: Slow", "Reconciling"),
        (Problem::Facts(fault(Class::Denied, "No")), "AccessDenied", "Call: No", "Stalled"),
        (Problem::Design("twice".into()), "Failed", "twice", "Stalled"),
    ]
}

#[test]
fn each_has_its_reason() {
    for (problem, reason, message, course) in problems() {
        let mut bench = network();
        let credentials = problem.of_credentials();
        bench.problem = Some(problem);
        bench.settle();
        assert_eq!(bench.is("Ready"), (False, reason));
        assert!(bench.message("Ready").contains(message), "{}", bench.message("Ready"));
        assert_eq!(bench.is(course), (True, reason));
        assert_eq!(bench.is("NetworkReady").0, Unknown);
        let expected = if credentials == Some(true) { False } else { True };
        assert_eq!(bench.is("CredentialsReady").0, if credentials.is_none() { Unknown } else { expected }, "{reason}");
        assert_eq!(bench.status().observed_generation, Some(1));
    }
}

/// A stack that stands keeps its verdicts, its outputs and its memory, whatever keeps a pass from looking.
#[test]
fn what_stands_is_not_forgotten() {
    let mut built = network();
    built.settle();
    for (problem, reason, ..) in problems() {
        let mut bench = network();
        bench.stack.status = built.status().clone();
        bench.cloud.live.clone_from(&built.cloud.live);
        bench.known = true;
        bench.stack.metadata.generation = Some(2);
        bench.problem = Some(problem);
        let before = bench.pass();
        let after = bench.status();
        assert_eq!(
            (&before.resources, &before.outputs, &before.account_id),
            (&after.resources, &after.outputs, &after.account_id)
        );
        assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
        assert_eq!(bench.condition("NetworkReady").unwrap().observed_generation, Some(1));
        assert_eq!(bench.is("Ready"), (False, reason));
        assert_eq!(bench.condition("Ready").unwrap().observed_generation, Some(2));
        assert_eq!(bench.status().last_observed_time, before.last_observed_time);
        assert!(bench.condition("Warning").is_some(), "{reason}");

        bench.problem = None;
        bench.stack.metadata.generation = Some(1);
        bench.pass();
        assert_eq!(bench.outcome.as_ref().unwrap().effects, 0);
        assert_eq!(bench.is("Ready"), (True, "Ready"));
        assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None), "{reason}");
    }
}

#[test]
fn events_tell_a_problem_once() {
    let mut bench = network();
    bench.settle();
    bench.problem = Some(Problem::IdentityRefused("not for you".into()));
    let before = bench.pass();
    let news = events(&before, bench.status());
    let told: Vec<_> = news.iter().map(|event| (event.action.as_str(), event.reason.as_str(), event.warning)).collect();
    assert_eq!(
        told,
        [
            ("Ready", "IdentityRefused", true),
            ("Stalled", "IdentityRefused", true),
            ("CredentialsReady", "IdentityRefused", true),
        ]
    );
    let before = bench.pass();
    assert!(events(&before, bench.status()).is_empty());
    bench.problem = None;
    let before = bench.pass();
    let told: Vec<_> = events(&before, bench.status()).into_iter().map(|event| (event.action, event.reason)).collect();
    let expected = [("Ready", "Ready"), ("CredentialsReady", "Ready"), ("Stalled", "Resolved")];
    assert_eq!(told, expected.map(|(action, reason)| (action.to_owned(), reason.to_owned())));
}

/// A build tells little until something is there.
#[test]
fn a_build_is_not_told_step_by_step() {
    let mut bench = network();
    bench.spec.as_mut().unwrap().network.ecs_cidr = "100.64.0.0/16".parse().unwrap();
    bench.pass();
    assert_eq!(events(&Status::default(), bench.status()), []);
    let before = bench.pass();
    let second: Vec<_> = events(&before, bench.status()).into_iter().map(|event| event.action).collect();
    assert_eq!(second, ["Ready"]);
}

#[test]
fn suspension_is_neither_progress_nor_failure() {
    let mut bench = network();
    bench.settle();
    bench.stack.controls.suspend = true;
    bench.settle();
    assert_eq!(bench.is("Suspended"), (True, "Suspended"));
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None));
    assert_eq!(bench.is("Ready"), (True, "Ready"));
    assert_eq!(bench.rest(), super::bench::RESYNC);
    bench.stack.metadata.generation = Some(2);
    bench.settle();
    assert_eq!(bench.is("Ready"), (False, "Suspended"));
    bench.stack.controls.suspend = false;
    bench.settle();
    assert_eq!(bench.condition("Suspended"), None);
}

#[test]
fn many_causes_are_counted() {
    let mut bench = network();
    for text in ["vpc/main", "elastic-ip/a"] {
        bench.cloud.faults.insert(key(text), fault(Class::Throttled, "Slow"));
    }
    bench.settle();
    let message = bench.message("NetworkReady");
    assert!(message.starts_with("vpc/main: ") && message.contains("; elastic-ip/a: "), "{message}");
    assert!(message.contains("within a minute; 1 resource waits for others; 0 of 3 resources"), "{message}");
    assert!(message.len() < 1000);
}

/// Credentials that nobody can get at are no readiness.
#[test]
fn a_secret_that_cannot_be_written_is_told_until_it_can() {
    let mut bench = network();
    bench.settle();
    let unexported = |why: &str, lasting| Unexported { name: "orders-web-client".into(), why: why.into(), lasting };
    bench.unexported = vec![unexported("Kubernetes refused", false)];
    bench.pass();
    assert_eq!(bench.is("AuthReady"), (False, "Unavailable"));
    assert_eq!(bench.is("Reconciling"), (True, "Unavailable"));
    bench.unexported = vec![unexported("exists and is not this stack's: delete it", true)];
    bench.pass();
    assert_eq!(bench.is("AuthReady"), (False, "Conflict"));
    assert_eq!(bench.is("Stalled"), (True, "Conflict"));
    assert_eq!(bench.is("Ready"), (False, "Conflict"));
    assert_eq!(bench.message("AuthReady"), "Secret orders-web-client: exists and is not this stack's: delete it");
    bench.unexported.clear();
    bench.pass();
    assert_eq!(bench.is("AuthReady"), (True, "Ready"));
    assert_eq!(bench.condition("Stalled"), None);
}

/// Somebody took the tags off a resource: it is named with the tags, nothing is made in its place, and no deletion ends before it.
#[test]
fn what_lost_its_mark_needs_somebody() {
    let mut bench = network();
    bench.settle();
    let id = engine::Id::from(bench.record("subnet/ecs-a").id.clone().unwrap().as_str());
    let tags = [("stack".to_owned(), "shop/orders".to_owned())].into();
    bench.unmarked.insert(id.clone(), tags);
    bench.seconds += 1000;
    bench.settle();
    let named = format!("{id} stands, and does not bear this stack's tags any more: put them back: stack=shop/orders");
    for condition in ["NetworkReady", "Ready", "Stalled"] {
        assert_eq!(bench.condition(condition).unwrap().reason, "Unmarked", "{condition}");
        assert!(bench.message(condition).contains(&named), "{}", bench.message(condition));
    }
    assert_eq!((bench.condition("Reconciling"), bench.cloud.live.len()), (None, 5));
    bench.delete();
    bench.settle();
    assert!(bench.message("DeletionBlocked").contains(&named), "{}", bench.message("DeletionBlocked"));
    bench.unmarked.clear();
    bench.seconds += 1000;
    bench.settle();
    assert!(bench.condition("DeletionBlocked").is_none() && bench.cloud.live.is_empty());
}
