//! The pause before the next look.

use std::time::Duration;

use engine::{Class, Phase};

use super::bench::{RESYNC, at, fault, key, network};
use crate::status::{Problem, announce, at_rest, rest};

/// Half the age of the trouble, within the bounds of its class.
#[test]
fn pauses_grow_with_the_age_of_the_trouble() {
    for (class, age, pause) in [
        (Class::NotYet, 0, 2),
        (Class::NotYet, 20, 10),
        (Class::NotYet, 900, 30),
        (Class::Throttled, 0, 5),
        (Class::Throttled, 900, 60),
        (Class::Denied, 0, 30),
        (Class::Denied, 200, 100),
        (Class::Denied, 90_000, 600),
        (Class::Quota, 0, 30),
        (Class::Conflict, 0, 30),
        (Class::Invalid, 0, 30),
        (Class::Bug, 0, 30),
    ] {
        let mut bench = network();
        bench.settle();
        bench.cloud.live.retain(|live| live.key != key("vpc-endpoint/s3"));
        bench.cloud.faults.insert(key("vpc-endpoint/s3"), fault(class, "Code"));
        bench.seconds += 1000;
        bench.pass();
        bench.seconds += age;
        bench.pass();
        assert_eq!(bench.rest(), Duration::from_secs(pause), "{class:?} {age}");
    }
}

#[test]
fn the_quickest_trouble_decides() {
    let mut bench = network();
    bench.cloud.phases.insert(key("subnet/ecs-a"), Phase::Pending("pending".into()));
    bench.cloud.faults.insert(key("elastic-ip/a"), fault(Class::Denied, "Code"));
    bench.pass();
    assert_eq!(bench.rest(), Duration::from_secs(1), "something was made");
    bench.pass();
    assert_eq!(bench.rest(), Duration::from_secs(2));
    bench.seconds = 4000;
    bench.pass();
    assert_eq!(bench.rest(), Duration::from_secs(30));
}

/// What a create left is settled soon after its announcement, also in a build that has been in trouble for long.
#[test]
fn an_open_create_is_looked_for_at_its_own_pace() {
    let mut bench = network();
    bench.cloud.phases.insert(key("subnet/ecs-a"), Phase::Pending("pending".into()));
    for seconds in [0, 0, 4000] {
        bench.seconds = seconds;
        bench.pass();
    }
    assert_eq!(bench.rest(), Duration::from_secs(30));
    for (age, pause) in [(1, 2), (20, 10), (100, 30)] {
        let announced = announce(bench.status(), &[(key("internet-gateway/main"), 0)], at(bench.seconds - age));
        let rest = rest(&announced, bench.outcome.as_ref(), RESYNC, bench.now());
        assert_eq!(rest, Duration::from_secs(pause), "{age}");
    }
}

#[test]
fn problems_rest() {
    for (problem, age, pause) in [
        (Problem::Invalid(vec![]), 0, 600),
        (Problem::IdentityMissing("prod".into()), 0, 600),
        (Problem::Credentials(fault(Class::Transient, "Timeout")), 0, 2),
        (Problem::Credentials(fault(Class::Transient, "Timeout")), 100, 50),
        (Problem::Facts(fault(Class::Throttled, "Slow")), 0, 5),
        (Problem::Facts(fault(Class::Transient, "Slow")), 9000, 120),
    ] {
        let mut bench = network();
        bench.problem = Some(problem);
        bench.pass();
        bench.seconds += age;
        bench.pass();
        assert_eq!(bench.rest(), Duration::from_secs(pause), "{:?} {age}", bench.problem);
    }
}

#[test]
fn only_a_finished_stack_is_at_rest() {
    let mut bench = network();
    assert!(!at_rest(&bench.stack));
    bench.pass();
    assert!(!at_rest(&bench.stack));
    bench.settle();
    assert!(at_rest(&bench.stack));
    assert_eq!(bench.rest(), RESYNC);
    bench.stack.metadata.generation = Some(2);
    assert!(!at_rest(&bench.stack));
    bench.stack.metadata.generation = Some(1);
    bench.delete();
    assert!(!at_rest(&bench.stack));
}
