//! From when on a declaration counts as applied, so that what differs was changed by somebody else.

use engine::{Class, Effect, Fault, Phase, State};

use super::bench::{Bench, fault, key, kind, network};

fn built() -> Bench {
    let mut bench = network();
    bench.settle();
    bench.seconds += 1000;
    bench
}

fn applied(bench: &mut Bench) -> Option<i64> {
    bench.pass();
    bench.status().applied_generation
}

fn lose(bench: &mut Bench, text: &str) {
    bench.cloud.live.retain(|live| live.key != key(text));
}

#[test]
fn it_is_when_a_pass_leaves_nothing_to_do() {
    let mut bench = network();
    assert_eq!(applied(&mut bench), None, "built just now");
    bench.settle();
    assert_eq!(bench.status().applied_generation, Some(1));
    bench.stack.metadata.generation = Some(2);
    assert_eq!(applied(&mut bench), Some(2));
    bench.stack.controls.suspend = true;
    bench.stack.metadata.generation = Some(3);
    assert_eq!(applied(&mut bench), Some(2), "not looked at");
}

/// What a policy leaves as it is, and what that breaks, is nothing of the declaration's own.
#[test]
fn it_stays_so_while_something_is_not_usable() {
    let mut bench = built();
    bench.withheld.insert(key("elastic-ip/a"));
    lose(&mut bench, "elastic-ip/a");
    bench.cloud.live[0].phase = Phase::Broken("no task runs".into());
    assert_eq!(applied(&mut bench), Some(1));
    assert!(bench.condition("Reconciling").is_some(), "as far as users see, it goes on");
    bench.unknown.insert(kind("subnet"), fault(Class::Throttled, "Slow"));
    assert_eq!(applied(&mut bench), Some(1));
    bench.stack.metadata.generation = Some(2);
    assert_eq!(applied(&mut bench), None, "of the new one nobody knows what is to be done");
}

/// What hangs on something that is held back waits for as long as that is.
#[test]
fn what_waits_for_what_is_held_back_is_done() {
    let mut bench = built();
    bench.withheld.insert(key("security-group/endpoints"));
    for text in ["vpc-endpoint/s3", "security-group/endpoints"] {
        lose(&mut bench, text);
    }
    bench.stack.metadata.generation = Some(2);
    assert_eq!(applied(&mut bench), Some(2));
    assert!(matches!(bench.outcome.as_ref().unwrap().states[&key("vpc-endpoint/s3")], State::Blocked(..)));
    bench.withheld.clear();
    bench.cloud.faults.insert(key("security-group/endpoints"), fault(Class::Denied, "UnauthorizedOperation"));
    bench.stack.metadata.generation = Some(3);
    assert_eq!(applied(&mut bench), None, "here it is the declaration that is not done");
}

#[test]
fn a_change_of_the_controllers_own_begins_anew() {
    let mut bench = built();
    lose(&mut bench, "elastic-ip/a");
    bench.cloud.faults.insert(key("elastic-ip/a"), fault(Class::Quota, "AddressLimitExceeded"));
    assert_eq!(applied(&mut bench), Some(1), "refused: nothing follows from it");
    let lost = Fault { effect: Effect::Unknown, ..fault(Class::Transient, "InternalError") };
    bench.cloud.faults.insert(key("elastic-ip/a"), lost);
    assert_eq!(applied(&mut bench), None, "it may have been made");
    bench.cloud.faults.clear();
    // Looks spread over the settle window say that it was not.
    for _ in 0..10 {
        bench.seconds += 30;
        bench.settle();
    }
    assert_eq!(bench.status().applied_generation, Some(1));
}
