use engine::{Phase, Tags};

use super::*;
use crate::api::status::ConditionStatus::{False, True};
use crate::status::tests::bench::{Bench, key, network, piece};
use crate::status::{changed, rest};

const OLD: &str = "arn:aws:ecs:eu-west-1:1:task-definition/shop_orders:2";
const NEW: &str = "arn:aws:ecs:eu-west-1:1:task-definition/shop_orders:3";

/// A service as AWS shows it: what it runs, its phase, and more attributes.
struct Shown<'a> {
    runs: &'a str,
    phase: Phase,
    attributes: &'a [(&'static str, &'a str)],
}

fn live(name: &str, id: &str, phase: Phase) -> Live<u8> {
    Live {
        key: key(name),
        attempt: 0,
        id: Id::from(id),
        attributes: engine::Attributes::new(),
        phase,
        seen: 0,
        on: Vec::new(),
        within: None,
        tags: Tags::new(),
        created: None,
    }
}

/// A stack whose declared task definition is [`NEW`].
fn stack(shown: &Shown<'_>) -> Bench {
    let mut bench = network();
    bench.declared.extend([piece("task-definition/main", &[]), piece("ecs-service/main", &["task-definition/main"])]);
    bench.settle();
    bench.seconds += 100;
    show(&mut bench, shown);
    bench
}

fn show(bench: &mut Bench, shown: &Shown<'_>) {
    let Shown { runs, phase, attributes } = shown;
    bench.cloud.live.retain(|live| live.key != key("task-definition/main") && live.key != key("ecs-service/main"));
    let mut service = live("ecs-service/main", "service", phase.clone());
    let counts = [(attribute::RUNNING, "2"), (attribute::DESIRED, "2"), (attribute::TASK_DEFINITION, *runs)];
    service.attributes =
        counts.iter().chain(*attributes).map(|(name, value)| ((*name).into(), (*value).to_owned())).collect();
    bench.cloud.live.extend([live("task-definition/main", NEW, Phase::Ready), service]);
    bench.known = false;
    bench.stack.status.resources.retain(|record| !record.key.starts_with("ecs-") && !record.key.starts_with("task-"));
    bench.pass();
    let before = bench.pass();
    assert!(!changed(&before, bench.status()), "the second look says something else");
}

const FAILED: [(&str, &str); 3] = [
    (attribute::FAILED_DEPLOYMENT, "d1"),
    (attribute::FAILED_TASK_DEFINITION, NEW),
    (attribute::FAILURE, "tasks failed to start"),
];

#[test]
fn a_service_that_works_is_ready_and_counts_its_tasks() {
    let bench = stack(&Shown { runs: NEW, phase: Phase::Ready, attributes: &[] });
    assert_eq!(bench.is("ServiceReady"), (True, "Ready"));
    let service = bench.status().service.clone().unwrap();
    assert_eq!((service.tasks.as_deref(), bench.status().replicas), (Some("2/2"), Some(2)));
    assert_eq!(service.failed_rollout, None);
}

#[test]
fn no_task_wanted_is_no_service_and_no_trouble() {
    let zero = [(attribute::RUNNING, "0"), (attribute::DESIRED, "0")];
    let bench = stack(&Shown { runs: NEW, phase: Phase::Ready, attributes: &zero });
    assert_eq!(bench.is("ServiceReady"), (False, "ScaledToZero"));
    assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None));
    assert_eq!(bench.rest(), crate::status::tests::bench::RESYNC);
    assert_eq!(bench.status().service.as_ref().unwrap().tasks.as_deref(), Some("0/0"));
}

#[test]
fn a_rollback_stalls_and_is_remembered_until_the_declaration_changes() {
    let mut bench = stack(&Shown { runs: OLD, phase: Phase::Ready, attributes: &FAILED });
    assert_eq!(bench.is("ServiceReady"), (False, "RolledBack"));
    assert_eq!(bench.is("Stalled"), (True, "RolledBack"));
    let message = bench.message("ServiceReady");
    assert!(message.contains("shop_orders:3 failed (tasks failed to start) and shop_orders:2 runs on"), "{message}");
    let remembered = bench.status().service.clone().unwrap().failed_rollout.unwrap();
    assert_eq!((remembered.deployment.as_str(), remembered.generation), ("d1", 1));
    assert_eq!(failed_rollout(&bench.stack).map(|failed| failed.stands), Some(true));

    // Another generation tries it again; until AWS shows another failure the memory stays as it is.
    bench.stack.metadata.generation = Some(2);
    assert_eq!(failed_rollout(&bench.stack).map(|failed| failed.stands), Some(false));
    bench.pass();
    assert_eq!(bench.status().service.clone().unwrap().failed_rollout, Some(remembered));
    let again = [(attribute::FAILED_DEPLOYMENT, "d2"), FAILED[1], FAILED[2]];
    show(&mut bench, &Shown { runs: OLD, phase: Phase::Ready, attributes: &again });
    let remembered = bench.status().service.clone().unwrap().failed_rollout.unwrap();
    assert_eq!((remembered.deployment.as_str(), remembered.generation), ("d2", 2));

    show(&mut bench, &Shown { runs: NEW, phase: Phase::Ready, attributes: &[] });
    assert_eq!(bench.status().service.clone().unwrap().failed_rollout, None);
    assert_eq!(bench.is("ServiceReady"), (True, "Ready"));
}

/// A rollback to the same task definition takes back what else was declared.
#[test]
fn a_service_that_returned_to_other_settings_is_not_ready() {
    let mut bench = stack(&Shown { runs: NEW, phase: Phase::Ready, attributes: &[] });
    assert!(!rollout_open(bench.status()));
    show(&mut bench, &Shown { runs: NEW, phase: Phase::Pending("being rolled out".into()), attributes: &[] });
    assert!(rollout_open(bench.status()), "how it ends is to be seen");
    show(&mut bench, &Shown { runs: NEW, phase: Phase::Ready, attributes: &FAILED });
    assert_eq!(bench.is("Ready"), (False, "RolledBack"));
    assert!(bench.message("Ready").contains("shop_orders:3 runs on as before"), "{}", bench.message("Ready"));
    assert!(rollout_open(bench.status()));
}

#[test]
fn a_failed_rollout_without_a_predecessor_stalls() {
    let phase = Phase::Broken("the rollout of shop_orders:3 failed".into());
    let bench = stack(&Shown { runs: NEW, phase, attributes: &FAILED });
    assert_eq!(bench.is("ServiceReady"), (False, "RolloutFailed"));
    assert_eq!(bench.is("Stalled"), (True, "RolloutFailed"));
    assert!(bench.status().service.as_ref().unwrap().failed_rollout.is_some());
}

/// A failure of another task definition than the declared one is the past.
#[test]
fn an_earlier_failure_says_nothing_about_what_is_declared_now() {
    let earlier = [(attribute::FAILED_DEPLOYMENT, "d1"), (attribute::FAILED_TASK_DEFINITION, OLD)];
    let bench = stack(&Shown { runs: NEW, phase: Phase::Ready, attributes: &earlier });
    assert_eq!(bench.is("ServiceReady"), (True, "Ready"));
    assert_eq!(bench.status().service.as_ref().unwrap().failed_rollout, None);
}

#[test]
fn what_ended_the_tasks_is_told_while_they_are_not_there() {
    let stopped = [(attribute::STOPPED, "Essential container in task exited; exit code 1")];
    let rolling = Phase::Pending("shop_orders:3 is being rolled out".into());
    let bench = stack(&Shown { runs: NEW, phase: rolling, attributes: &stopped });
    assert_eq!(bench.is("ServiceReady"), (False, "Progressing"));
    let message = bench.message("ServiceReady");
    assert!(message.contains("shop_orders:3 is being rolled out: the application ended by itself"), "{message}");

    let few = Phase::Broken("less than 2 of 2 tasks are healthy targets".into());
    let bench = stack(&Shown { runs: NEW, phase: few, attributes: &stopped });
    assert_eq!(bench.is("ServiceReady"), (False, "Broken"));
    assert!(bench.message("ServiceReady").contains("the application ended by itself"));
    assert_eq!(bench.is("Reconciling"), (True, "Broken"));
    assert!(
        rest(bench.status(), bench.outcome.as_ref(), std::time::Duration::from_secs(300), bench.now()).as_secs() <= 30
    );
}

/// ECS begins to start tasks some seconds after a change of their number; if it does not, that is told.
#[test]
fn tasks_that_are_about_to_be_started_are_no_outage_for_a_while() {
    let mut bench = stack(&Shown { runs: NEW, phase: Phase::Ready, attributes: &[] });
    let few = || Phase::Broken("less than 4 of 4 tasks are healthy targets".into());
    let mut look = |seconds: i64, attributes: &'static [(&'static str, &'static str)]| {
        bench.seconds += seconds;
        let service = bench.cloud.live.iter_mut().find(|live| live.key == key("ecs-service/main")).unwrap();
        service.phase = few();
        service.attributes.extend(attributes.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())));
        bench.pass();
        let rest = rest(bench.status(), bench.outcome.as_ref(), crate::status::tests::bench::RESYNC, bench.now());
        (bench.is("ServiceReady").1.to_owned(), bench.is("Ready").1.to_owned(), rest.as_secs() <= 30)
    };
    let is = |reason: &str, ready: &str| (reason.to_owned(), ready.to_owned(), true);
    let about = &[(attribute::TO_START, "2")];
    assert_eq!(look(1000, about), is("Ready", "Ready"));
    assert_eq!(look(59, about), is("Ready", "Ready"));
    assert_eq!(look(1, about), is("Broken", "Broken"));

    // Whatever else is wrong is told at once.
    let mut bench = stack(&Shown { runs: NEW, phase: few(), attributes: &[] });
    assert_eq!(bench.is("ServiceReady"), (False, "Broken"));
    show(&mut bench, &Shown { runs: OLD, phase: few(), attributes: &[about[0], FAILED[0], FAILED[1]] });
    assert_eq!(bench.is("ServiceReady"), (False, "RolledBack"));
}

#[test]
fn a_pass_that_could_not_look_keeps_what_was_known() {
    let mut bench = stack(&Shown { runs: OLD, phase: Phase::Ready, attributes: &FAILED });
    let before = bench.status().service.clone();
    bench.stack.controls.suspend = true;
    bench.pass();
    assert_eq!(bench.status().service, before);
    assert_eq!(bench.status().replicas, Some(2));
}
