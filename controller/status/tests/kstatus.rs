//! What tools that know only kstatus read from it.

use engine::{Class, Phase};

use super::bench::{Bench, fault, key, network};
use crate::api::status::ConditionStatus;
use crate::status::Problem;

/// <https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md>, without its reading of Ready, which is for
/// objects that have nothing better.
fn computed(bench: &Bench) -> &'static str {
    let status = bench.status();
    let holds = |type_: &str| {
        let of_type = |it: &&crate::api::status::Condition| it.type_ == type_;
        status.conditions.iter().find(of_type).is_some_and(|it| it.status == ConditionStatus::True)
    };
    match () {
        () if bench.deleting() => "Terminating",
        () if status.observed_generation != bench.stack.metadata.generation => "InProgress",
        () if holds("Reconciling") => "InProgress",
        () if holds("Stalled") => "Failed",
        () => "Current",
    }
}

#[test]
fn table() {
    type Case = (&'static str, fn(&mut Bench), &'static str);
    let cases: [Case; 9] = [
        ("in sync", |_| {}, "Current"),
        ("pending", |it| drop(it.cloud.phases.insert(key("vpc/main"), Phase::Pending("p".into()))), "InProgress"),
        ("broken", |it| drop(it.cloud.phases.insert(key("vpc/main"), Phase::Broken("b".into()))), "InProgress"),
        ("throttled", |it| fails(it, Class::Throttled), "InProgress"),
        ("denied", |it| fails(it, Class::Denied), "Failed"),
        ("invalid", |it| it.problem = Some(Problem::Invalid(vec![])), "Failed"),
        ("no way in", |it| it.problem = Some(Problem::Credentials(fault(Class::Transient, "Timeout"))), "InProgress"),
        ("refused", |it| it.problem = Some(Problem::Credentials(fault(Class::Denied, "AccessDenied"))), "Failed"),
        ("deleting", Bench::delete, "Terminating"),
    ];
    for (name, prepare, expected) in cases {
        let mut bench = network();
        prepare(&mut bench);
        bench.settle();
        assert_eq!(computed(&bench), expected, "{name}");
        let both = ["Reconciling", "Stalled"].iter().filter(|type_| bench.condition(type_).is_some()).count();
        assert!(both <= 1, "{name}");
        if !bench.deleting() {
            bench.stack.metadata.generation = Some(2);
            assert_eq!(computed(&bench), "InProgress", "{name}: an older generation");
        }
    }
}

fn fails(bench: &mut Bench, class: Class) {
    bench.cloud.faults.insert(key("vpc/main"), fault(class, "Code"));
}
