//! What the controller may do is what it did in the worlds of the whole suite, both ways: its rights in Kubernetes against the API
//! servers' audit logs, the calls that its code names, from which the IAM policies follow, against the emulators' ledgers.
//!
//! It comes after the world tests, whose worlds leave records of what was used in them: `make test-world`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod kubernetes;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::File;
use std::path::PathBuf;

use serde::Deserialize;

/// What was used in one world (`tests/env/world/record.py`).
#[derive(Deserialize)]
struct Record {
    kubernetes: Vec<kubernetes::Request>,
    aws: Vec<aws::Operation>,
}

/// The records of all worlds, once the last of them has ended.
fn records() -> Vec<Record> {
    let folder = std::env::var_os("FARGATESTACK_RECORD").map(PathBuf::from);
    let folder = folder.expect("FARGATESTACK_RECORD names the folder of the world tests' records: run make test-world");
    // Held by every world that has yet to leave its record.
    let lock = File::open(folder.join("worlds.lock")).expect("a world left a record");
    lock.lock().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let records: Vec<_> =
        files.map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect();
    assert!(!records.is_empty(), "no world left a record");
    records
}

/// Fails, naming what differs, unless what is granted is what was used.
#[track_caller]
fn equal<T: Ord + Debug>(granted: &BTreeSet<T>, used: &BTreeSet<T>) {
    let idle: Vec<_> = granted.difference(used).collect();
    let missing: Vec<_> = used.difference(granted).collect();
    assert!(
        idle.is_empty() && missing.is_empty(),
        "granted and never used: {idle:#?}\nused and not granted: {missing:#?}"
    );
}
