//! Memory: what goes into a status comes out of it.

use engine::{Class, Id, Key, Live};

use super::bench::{Bench, SETTLE, at, fault, key, kind, network};
use crate::api::Status;
use crate::api::status::{IntentRecord, LingeringRecord, RecordedPhase, ResourceRecord};
use crate::aws::facts::{Existing, Facts, Image, Reference, Zone};
use crate::status::{Problem, announce, changed, recall};

fn record(text: &str, id: Option<&str>, since: i64) -> ResourceRecord {
    ResourceRecord {
        key: text.into(),
        id: id.map(Into::into),
        id_since: id.map(|_| at(since)),
        phase: RecordedPhase::Ready,
        message: None,
        applied_hash: Some("1:ab".into()),
        attempt: 2,
        since: at(since),
        missing_since: None,
    }
}

#[test]
fn what_the_engine_remembers_comes_back() {
    let mut bench = network();
    bench.settle();
    let recollection = recall(bench.status(), true, bench.now(), SETTLE);
    let outcome = bench.outcome.as_ref().unwrap();
    assert_eq!(outcome.memory(&recollection.memory), recollection.memory);
    assert_eq!(recollection.memory.records.len(), 5);
    assert_eq!(recollection.expected.len(), 5);
    assert!(recollection.unknown.is_empty() && !recollection.memory.lost);
}

/// A young id is believed gone when AWS says so twice, a settle window apart; an old one at once.
#[test]
fn one_look_is_proof_for_the_old_only() {
    let proof = |since: i64, missing: Option<i64>, now: i64| {
        let record = ResourceRecord { missing_since: missing.map(at), ..record("vpc/main", Some("vpc-1"), since) };
        let status = Status { resources: vec![record], ..Status::default() };
        recall(&status, true, at(now), SETTLE).expected[0].one_look_is_proof
    };
    for (since, missing, now, expected) in [
        (0, None, 59, false),
        (0, None, 60, true),
        (0, Some(10), 30, false),
        (100, Some(10), 60, false),
        (100, Some(10), 70, true),
        (100, None, 0, false),
    ] {
        assert_eq!(proof(since, missing, now), expected, "{since} {missing:?} {now}");
    }
}

#[test]
fn missing_is_remembered_until_it_is_seen_again() {
    let mut bench = network();
    bench.pass();
    bench.pass();
    let id = bench.record("vpc/main").id.clone().unwrap();
    bench.hidden.insert(Id::from(id.as_str()));
    bench.seconds = 10;
    bench.pass();
    assert_eq!(bench.record("vpc/main").missing_since, Some(at(10)));
    assert_eq!(bench.record("vpc/main").id.as_deref(), Some(id.as_str()));
    bench.seconds = 20;
    bench.pass();
    assert_eq!(bench.record("vpc/main").missing_since, Some(at(10)));
    bench.hidden.clear();
    bench.pass();
    assert_eq!(bench.record("vpc/main").missing_since, None);
    assert_eq!(bench.cloud.live.len(), 5, "nothing was made twice");
}

#[test]
fn an_empty_status_of_a_known_stack_is_a_lost_one() {
    let lost = |status: &Status, known: bool, now: i64| recall(status, known, at(now), SETTLE).memory.lost;
    let empty = Status::default();
    assert!(lost(&empty, true, 0) && !lost(&empty, false, 0));
    let since =
        |seconds| Status { memory_lost_since: Some(at(seconds)), observed_generation: Some(1), ..Status::default() };
    assert!(lost(&since(0), true, 59) && !lost(&since(0), true, 60));
    let processed = Status { observed_generation: Some(1), ..Status::default() };
    assert!(!lost(&processed, true, 0));
    let announced = announce(&empty, &[(key("vpc/main"), 0)], at(0));
    assert!(!lost(&announced, true, 0));
}

/// A wiped status costs time and nothing else.
#[test]
fn a_lost_status_is_rebuilt() {
    let mut bench = network();
    bench.settle();
    let records = |bench: &Bench| -> Vec<_> {
        bench.status().resources.iter().map(|it| (it.key.clone(), it.id.clone(), it.applied_hash.clone())).collect()
    };
    let before = records(&bench);
    bench.stack.status = Status::default();
    bench.seconds += 1000;
    bench.hidden.insert(bench.cloud.live[0].id.clone());
    bench.pass();
    assert_eq!(bench.is("Reconciling").1, "MemoryLost");
    assert!(bench.status().memory_lost_since.is_some());
    bench.hidden.clear();
    bench.seconds += 60;
    bench.settle();
    assert_eq!(records(&bench), before);
    assert_eq!((bench.cloud.live.len(), bench.status().memory_lost_since), (5, None));
    assert_eq!(bench.condition("Reconciling"), None);
}

#[test]
fn a_problem_does_not_hide_a_loss() {
    let mut bench = network();
    bench.known = true;
    bench.problem = Some(crate::status::Problem::Invalid(vec![]));
    bench.pass();
    assert_eq!(bench.status().memory_lost_since, Some(at(0)));
    assert!(recall(bench.status(), true, at(30), SETTLE).memory.lost);
    assert!(!recall(bench.status(), true, at(60), SETTLE).memory.lost);
}

/// A create whose answer was lost is sent again only after looks that are spread over the settle window.
#[test]
fn a_lost_answer_is_waited_out() {
    let mut bench = network();
    bench.cloud.faults.insert(key("vpc/main"), fault(Class::Transient, "Timeout"));
    bench.pass();
    let intent = |bench: &Bench| bench.status().intents.iter().find(|it| it.key == "vpc/main").cloned();
    assert_eq!(intent(&bench).map(|it| (it.time, it.empty_looks)), Some((at(0), 0)));
    bench.cloud.faults.clear();
    let mut sent = None;
    for second in 1..200 {
        bench.seconds = second;
        bench.pass();
        if bench.cloud.live.iter().any(|live| live.key == key("vpc/main")) {
            sent = Some(second);
            break;
        }
        let record = intent(&bench).unwrap();
        assert!(record.empty_looks <= 5, "looks are counted no more often than they are of use: {record:?}");
    }
    let sent = sent.unwrap();
    assert!((60..=90).contains(&sent), "{sent}");
    bench.settle();
    assert!(bench.status().intents.is_empty());
}

/// A kind that cannot be read gives no look, and a resource that shows up answers.
#[test]
fn an_unreadable_kind_is_no_empty_look() {
    let mut bench = network();
    bench.cloud.faults.insert(key("vpc/main"), fault(Class::Transient, "Timeout"));
    bench.pass();
    bench.unknown.insert(kind("vpc"), fault(Class::Throttled, "Slow"));
    for second in 1..100 {
        bench.seconds = second;
        bench.pass();
    }
    assert_eq!(bench.status().intents[0].empty_looks, 0);
}

/// Enough looks, enough time since the call, and enough time between the first look and the last.
#[test]
fn looks_settle_only_when_they_are_spread() {
    let settled = |looks, first: i64, last: i64, now: i64| {
        let record = IntentRecord {
            key: "vpc/main".into(),
            attempt: 0,
            time: at(0),
            empty_looks: looks,
            first_empty_look: Some(at(first)),
            last_empty_look: Some(at(last)),
        };
        let status = Status { intents: vec![record], ..Status::default() };
        recall(&status, true, at(now), SETTLE).memory.intents[&key("vpc/main")].settled
    };
    assert!(settled(3, 1, 61, 61));
    assert!(!settled(2, 1, 61, 61), "too few");
    assert!(!settled(9, 1, 60, 1000), "too close");
    assert!(!settled(9, 900, 930, 1000), "too close, though late");
}

#[test]
fn announcements_start_anew() {
    let old = IntentRecord {
        key: "vpc/main".into(),
        attempt: 0,
        time: at(0),
        empty_looks: 5,
        first_empty_look: Some(at(1)),
        last_empty_look: Some(at(90)),
    };
    let status = Status { intents: vec![old], ..Status::default() };
    assert!(recall(&status, true, at(100), SETTLE).memory.intents[&key("vpc/main")].settled);
    let again = announce(&status, &[(key("vpc/main"), 0)], at(100));
    assert_eq!(again.intents.len(), 1);
    assert_eq!((again.intents[0].time, again.intents[0].empty_looks), (at(100), 0));
    assert!(!recall(&again, true, at(100), SETTLE).memory.intents[&key("vpc/main")].settled);
    assert_eq!(announce(&status, &[], at(100)), status);
}

/// A newer controller may have made what this one does not know.
#[test]
fn unknown_kinds_are_kept_as_they_are() {
    let mut bench = network();
    bench.settle();
    let strange = ResourceRecord { message: Some("m".into()), ..record("quantum-link/main", Some("q-1"), 5) };
    bench.stack.status.resources.push(strange.clone());
    let lingering = LingeringRecord { key: "quantum-link/old".into(), id: "q-0".into(), missing_since: None };
    bench.stack.status.lingering.push(lingering.clone());
    let recollection = recall(bench.status(), true, bench.now(), SETTLE);
    assert_eq!(recollection.unknown, ["quantum-link/main", "quantum-link/old"]);
    let before = bench.pass();
    assert!(!changed(&before, bench.status()));
    assert!(bench.status().resources.contains(&strange) && bench.status().lingering.contains(&lingering));
}

/// Numbers that follow from a seed alone (xorshift), so that a failing life replays.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// AWS does not show everything at once: what was made just now is neither listed nor found by its id.
fn hide_the_young(bench: &mut Bench, key: &Key) {
    let young = |live: &&Live<u8>| {
        let mut records = bench.status().resources.iter();
        let record = records.find(|record| record.id.as_deref() == Some(live.id.as_str()));
        live.key == *key && record.is_some_and(|record| record.id_since == Some(bench.now()))
    };
    bench.hidden = bench.cloud.live.iter().filter(young).map(|live| live.id.clone()).collect();
}

/// Whatever fails, hides or moves: a status says what the engine remembers; the same look once more changes nothing that is not
/// of time; and when the faults end, the stack is whole, once.
#[test]
fn any_life_is_remembered() {
    let keys = ["vpc/main", "subnet/ecs-a", "elastic-ip/a", "security-group/endpoints", "vpc-endpoint/s3"].map(key);
    let classes = [
        Class::NotYet,
        Class::Throttled,
        Class::Transient,
        Class::Conflict,
        Class::Quota,
        Class::Denied,
        Class::Invalid,
        Class::Bug,
    ];
    for seed in 1..300 {
        let mut dice = Dice(seed);
        let mut bench = network();
        for _ in 0..dice.below(25) {
            let (key, class) = (dice.pick(&keys), dice.pick(&classes));
            match dice.below(5) {
                0 => drop(bench.cloud.faults.insert(key, fault(class, "Code"))),
                1 => bench.cloud.faults.clear(),
                2 => drop(bench.unknown.insert(key.kind, fault(class, "Code"))),
                3 => bench.unknown.clear(),
                _ => hide_the_young(&mut bench, &key),
            }
            bench.seconds += i64::try_from(dice.below(55)).unwrap();
            let before = recall(bench.status(), bench.known, bench.now(), SETTLE).memory;
            bench.pass();
            let expected = bench.outcome.as_ref().unwrap().memory(&before);
            let after = recall(bench.status(), true, bench.now(), SETTLE).memory;
            assert_eq!(after.records, expected.records, "seed {seed}");
            assert_eq!(after.lingering, expected.lingering, "seed {seed}");
            assert!(after.intents.keys().eq(expected.intents.keys()), "seed {seed}");
            bench.hidden.clear();
        }
        bench.cloud.faults.clear();
        bench.unknown.clear();
        for _ in 0..4 {
            bench.settle();
            bench.seconds += 1000;
        }
        let silent = bench.pass();
        assert_eq!(&silent, bench.status(), "seed {seed}");
        assert_eq!(bench.is("NetworkReady").1, "Ready", "seed {seed}: {:#?}", bench.status());
        assert_eq!((bench.condition("Reconciling"), bench.condition("Stalled")), (None, None), "seed {seed}");
    }
}

/// Zones that were chosen outlast a pass that could not ask, and are given to the next one that can.
#[test]
fn zones_are_remembered() {
    let zone = |id: &str| Zone { id: id.into(), name: format!("name of {id}") };
    let mut bench = network();
    bench.facts = Some(Facts {
        account: "111122223333".into(),
        partition: "aws".into(),
        region: "eu-west-1".into(),
        zones: vec![zone("euw1-az3"), zone("euw1-az1")],
        s3_prefix_list: None,
        image: Image::NotFound { repository_uri: "r".into(), reference: Reference::Tag("1".into()), last: None },
        running_image: None,
        failed_rollout: None,
        permissions_boundary: None,
        user_pool: None,
        existing: Existing::default(),
        warnings: Vec::new(),
    });
    bench.pass();
    assert_eq!(bench.status().zones, ["euw1-az3", "euw1-az1"]);
    bench.facts = None;
    bench.problem = Some(Problem::Facts(fault(Class::Throttled, "RequestLimitExceeded")));
    bench.pass();
    assert_eq!(bench.status().zones, ["euw1-az3", "euw1-az1"]);
}
