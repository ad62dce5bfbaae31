//! The controller is killed at every write, and what stands at the end stands once, or not at all.

use std::io::Write as _;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::faults::{TOKENLESS, made, once};
use crate::support::cloud::same;
use crate::support::controller::{Controller, ONE_CALL, ONLY_ONE};
use crate::support::emulator::Call;
use crate::support::eventually;
use crate::support::stack::{Stack, settled};

/// How often the controller was killed.
#[derive(Debug, Default)]
struct Kills {
    /// After a call was announced and before it had its effect.
    before: usize,
    /// After the effect of a call and before its answer.
    after: usize,
}

/// Kills the controller of `stack` at each of its writes to AWS, as soon as it had its effect, and once before each kind of create
/// that cannot be told from its repetition. Starts it again each time, until the stack is `done`.
///
/// One call runs at a time: each write is the last one of some process.
fn killed_at_every_write(stack: &Stack, done: impl Fn() -> bool) -> Kills {
    let (controller, account) = (stack.controller, &stack.account);
    let (mut kills, mut left, mut last) = (Kills::default(), TOKENLESS.to_vec(), None);
    loop {
        let mark = account.now();
        for operation in &left {
            account.fault(&json!({"operation": operation, "when": "before", "action": "hang"}));
        }
        account.fault(&json!({"writes_only": true, "when": "after", "action": "hang"}));
        controller.start();
        let what = format!("it writes, or has nothing more to do; {kills:?} so far, the last one at {last:?}");
        let caught = eventually(&what, || match account.faults_hit() {
            0 => done().then_some(false),
            _ => Some(true),
        });
        controller.kill();
        account.heal();
        if !caught {
            return kills;
        }
        let writes: Vec<Call> = account.calls(mark).into_iter().filter(|call| call.write).collect();
        let [write] = writes.as_slice() else { panic!("one write for each process: {writes:?}") };
        if write.effect {
            kills.after += 1;
        } else {
            kills.before += 1;
            left.retain(|operation| *operation != write.operation);
        }
        last = Some(write.operation.clone());
    }
}

/// The writes since `mark` that had an effect.
fn effects(stack: &Stack, mark: u64) -> usize {
    stack.account.calls(mark).iter().filter(|call| call.write && call.effect).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_killed_at_every_write_builds_once_and_leaves_nothing() {
    let (controller, _ending) = Controller::alone(&[ONE_CALL, ONLY_ONE]);
    controller.kill();
    let stack = Stack::prepare(controller, "killed").await;
    let before = stack.account.dump();
    let ask = Handle::current();

    // One zone: each kind of resource is there.
    stack.declare(json!({"retain": [], "network": {"availabilityZones": {"count": 1}}})).await;
    let built = || ask.block_on(async { settled(&stack.get().await) });
    let kills = block_in_place(|| killed_at_every_write(&stack, built));
    assert_eq!((kills.before, kills.after), (TOKENLESS.len(), effects(&stack, 0)));
    assert_eq!(made(&stack.account), once(1));
    controller.start();
    stack.cloud();
    stack.stays().await;
    controller.kill();

    let mark = stack.account.now();
    stack.delete().await;
    let gone = || ask.block_on(async { stack.api.get_opt(&stack.name).await.unwrap().is_none() });
    let deletion = block_in_place(|| killed_at_every_write(&stack, gone));
    assert_eq!((deletion.before, deletion.after), (0, effects(&stack, mark)));
    same(&stack.account.dump(), &before);
    let counts = format!("killed while building {kills:?}, while deleting {deletion:?}\n");
    std::io::stderr().write_all(counts.as_bytes()).unwrap();
}
