//! The engine against a simulated world. Whatever happened before (crashes before and after effects and around announcing and
//! persisting, lost answers, throttling, slow and failing creates, slow deletes, lists that lag and omit, failed sources, lost
//! memory, twins, foreign edits and deletes, edits of the specification, new versions of the controller), once it stops:
//!
//! - everything becomes as declared, and then not one write is made (eventually stable);
//! - a deletion ends with nothing, and one resource that cannot be deleted holds back only what it hangs on, and is named.
//!
//! And at every call: nothing is refused that could have been foreseen; nothing healthy is created beside, replaced or deleted
//! unless the declaration changed; a create-first key has no gap; what holds data stays; kept generations stay.
//!
//! A failing life is shrunk, printed, and its seed is kept in `property.regressions`, which is run first ever after. `replay`
//! prints what happened in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod sim;

use std::fmt::Debug;

use engine::Rule;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use sim::life::{live, passes_to_change};
use sim::scenario::{Event, Scenario, Spec, scenarios};

/// Lives in a run of the tests. `PROPTEST_CASES` sets another number.
const LIVES: u32 = 20_000;

/// Longer lives of larger stacks in a run of the tests.
const LONG_LIVES: u32 = 3_000;

/// Changes from one specification to another whose passes are counted.
const CHANGES: u32 = 2_000;

/// Lives within which a broken rule must be noticed.
const LIVES_TO_NOTICE: u32 = 30_000;

/// Lives that notice what few others do. They only save the search; after a change of the simulation others may be better.
const WITNESSES: [(Rule, u32); 5] = [
    (Rule::DeletingIsNotChosen, 19_037),
    (Rule::EndIsProven, 2_390),
    (Rule::ReplacedIsUnresolved, 636),
    (Rule::UnknownKindsHold, 494),
    (Rule::WithinDiesWithItsParent, 734),
];

/// Nodes and events of a life.
const SIZE: (usize, usize) = (8, 14);
const LONG: (usize, usize) = (16, 40);

/// Holds at least `cases` of what `strategy` makes against `check`, on all processors.
fn hold<S: Strategy>(cases: u32, strategy: impl Fn() -> S + Sync, check: impl Fn(S::Value) -> Result<(), String> + Sync)
where
    S::Value: Debug + Send,
{
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let threads = std::thread::available_parallelism().map_or(1, |threads| u32::try_from(threads.get()).unwrap_or(1));
    let config = Config {
        cases: cases.div_ceil(threads),
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/property.regressions"))),
        ..Config::default()
    };
    let run = || TestRunner::new(config.clone()).run(&strategy(), |case| check(case).map_err(TestCaseError::fail));
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().expect("no case panics")).collect()
    });
    for outcome in outcomes {
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(why, what)) => panic!("{why}\nin {what:?}"),
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    }
}

#[test]
fn every_life_comes_to_rest() {
    hold(LIVES, || scenarios(SIZE.0, SIZE.1), |life| live(&life, None));
}

#[test]
fn every_long_life_comes_to_rest() {
    hold(LONG_LIVES, || scenarios(LONG.0, LONG.1), |life| live(&life, None));
}

/// What went wrong in a life, and the life.
type Past = (&'static str, &'static [[u8; 4]], &'static [Event], u8);

/// Lives that went wrong before the planner was mended, as they were printed.
#[test]
fn lives_that_once_went_wrong() {
    let lives: [Past; 5] = [
        (
            "a child stayed although only its parent could not be deleted",
            &[[6, 0, 0, 0], [254, 0, 0, 0], [73, 0, 0, 0], [102, 0, 0, 0]],
            &[],
            59,
        ),
        (
            "a child stayed although only what hangs on its parent could not be deleted",
            &[[97, 0, 0, 55], [22, 0, 0, 0], [144, 46, 152, 34], [23, 0, 0, 0], [127, 0, 182, 249]],
            &[
                [0, 0, 0, 0],
                [11, 40, 0, 0],
                [154, 102, 0, 0],
                [60, 0, 0, 0],
                [72, 1, 0, 0],
                [254, 56, 88, 0],
                [130, 18, 0, 136],
                [232, 128, 67, 0],
                [156, 0, 0, 0],
                [88, 81, 70, 0],
                [216, 27, 0, 0],
                [52, 20, 0, 0],
                [9, 0, 0, 0],
            ],
            91,
        ),
        (
            "a user's tag stayed when the controller died after writing it",
            &[[75, 0, 0, 0]],
            &[[15, 0, 0, 30], [223, 125, 0, 0], [87, 0, 0, 7]],
            67,
        ),
        (
            "failed generations pushed a good one out of what is kept",
            &[[172, 6, 0, 0], [64, 0, 0, 0]],
            &[[24, 0, 0, 0], [186, 134, 0, 0], [132, 188, 58, 0], [163, 29, 2, 0], [24, 118, 0, 0]],
            19,
        ),
        (
            "a parent was deleted while memory was lost, together with a child that was not listed",
            &[[146, 0, 0, 0], [144, 0, 0, 71], [167, 0, 0, 0], [46, 0, 82, 0], [0, 0, 0, 0]],
            &[
                [155, 36, 0, 0],
                [120, 34, 0, 0],
                [107, 108, 0, 0],
                [76, 1, 0, 0],
                [23, 65, 0, 0],
                [115, 146, 0, 0],
                [24, 0, 0, 0],
            ],
            0,
        ),
    ];
    for (what, nodes, events, finish) in lives {
        let life = Scenario { nodes: nodes.to_vec(), events: events.to_vec(), finish };
        assert_eq!(live(&life, None), Ok(()), "{what}");
    }
}

/// Once faults stop, it takes no more passes than the longest chain of needs, before or after, and three.
#[test]
fn a_change_takes_no_more_passes_than_it_must() {
    let changes = || (scenarios(SIZE.0, 0), scenarios(SIZE.0, 0));
    hold(CHANGES, changes, |(before, after)| {
        let (before, after) = (Spec::new(&before.nodes), Spec::new(&after.nodes));
        let passes = passes_to_change(&before, &after)?;
        let bound = before.depth().max(after.depth()) + 3;
        if passes > bound { Err(format!("{passes} passes, not {bound}")) } else { Ok(()) }
    });
}

/// Breaks one rule of the planner at a time; [`Rule`] says what each of them means. Prints how each was noticed.
#[test]
fn every_broken_rule_is_noticed() {
    let unnoticed: Vec<Rule> = std::thread::scope(|scope| {
        let runs = Rule::ALL.map(|rule| (rule, scope.spawn(move || noticed(rule))));
        runs.into_iter().filter_map(|(rule, run)| (!run.join().expect("no life panics")).then_some(rule)).collect()
    });
    assert!(unnoticed.is_empty(), "nothing went wrong without {unnoticed:?}");
}

/// Whether some life goes wrong only because `rule` does not hold. The lives are always the same ones, and the one that
/// noticed it before comes first.
fn noticed(rule: Rule) -> bool {
    let witness = WITNESSES.iter().find(|(of, _)| *of == rule).map(|(_, life)| *life);
    witness.into_iter().chain(0..LIVES_TO_NOTICE).any(|number| {
        let life = numbered(number);
        let wrong = live(&life, Some(rule)).err().filter(|_| live(&life, None).is_ok());
        if let Some(wrong) = &wrong {
            println!("{rule:?}, in life {number}: {wrong:.200}");
        }
        wrong.is_some()
    })
}

/// The life of this number.
fn numbered(number: u32) -> Scenario {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    scenarios(SIZE.0, SIZE.1).new_tree(&mut runner).expect("no life is rejected").current()
}

/// Replays one life and prints every plan:
/// `REPLAY='<nodes>;<events>;<finish>' TRACE=1 cargo test -p engine replay -- --ignored --nocapture`, with the three parts as a
/// failing life prints them.
#[test]
#[ignore = "a tool for looking at one failing life"]
fn replay() {
    let replay = std::env::var("REPLAY").expect("REPLAY names the life");
    let mut parts = replay.split(';').map(|part| {
        let numbers = part.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
        numbers.collect::<Vec<u8>>()
    });
    let rows = |part: Vec<u8>| part.chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]).collect();
    let mut next = || parts.next().unwrap_or_default();
    let (nodes, events) = (rows(next()), rows(next()));
    let finish = next().first().copied().unwrap_or_default();
    live(&Scenario { nodes, events, finish }, None).unwrap();
}
