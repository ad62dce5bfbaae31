//! The engine against a simulated world: it converges and stays, whatever happened before.
//!
//! A failing case is shrunk by proptest, printed, and its seed is kept in `property.regressions`, which is run first ever after.

mod sim;

use engine::Rule;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};
use sim::life::live;
use sim::scenario::scenarios;

/// Lives in a run of the tests; more with the environment variable `PROPTEST_CASES`.
const CASES: u32 = 20_000;

/// Lives within which a broken rule must be noticed.
const LIVES_TO_NOTICE: u32 = 30_000;

fn config(cases: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    Config {
        cases,
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/property.regressions"))),
        ..Config::default()
    }
}

#[test]
fn every_life_comes_to_rest() {
    TestRunner::new(config(CASES))
        .run(&scenarios(8, 14), |scenario| live(&scenario, None).map_err(proptest::test_runner::TestCaseError::fail))
        .unwrap();
}

/// Breaks one rule of the planner at a time.
#[test]
fn every_broken_rule_is_noticed() {
    let unnoticed: Vec<_> = Rule::ALL.into_iter().filter(|rule| !noticed(*rule)).collect();
    assert!(unnoticed.is_empty(), "nothing went wrong without {unnoticed:?}");
}

/// Whether some life goes wrong when `rule` does not hold. The lives are always the same ones.
fn noticed(rule: Rule) -> bool {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let lives = scenarios(8, 14);
    (0..LIVES_TO_NOTICE).any(|n| {
        let scenario = lives.new_tree(&mut runner).expect("no life is rejected").current();
        let wrong = live(&scenario, Some(rule)).err().filter(|_| live(&scenario, None).is_ok());
        if let Some(wrong) = &wrong {
            println!("{rule:?}, in life {n}: {wrong:.200}");
        }
        wrong.is_some()
    })
}

/// Replays one life, printing every plan: `REPLAY='<nodes>;<events>;<finish>' TRACE=1 cargo test -p engine replay -- --ignored --nocapture`,
/// with the parts as a failing case prints them.
#[test]
#[ignore = "a tool for looking at one failing case"]
fn replay() {
    let replay = std::env::var("REPLAY").expect("REPLAY names the life");
    let mut parts = replay.split(';').map(|part| {
        let numbers = part.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
        numbers.collect::<Vec<u8>>()
    });
    let mut rows =
        || parts.next().unwrap_or_default().chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]).collect();
    let (nodes, events) = (rows(), rows());
    let finish = parts.next().and_then(|part| part.first().copied()).unwrap_or_default();
    live(&sim::scenario::Scenario { nodes, events, finish }, None).unwrap();
}
