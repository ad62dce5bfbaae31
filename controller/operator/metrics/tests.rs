use std::collections::BTreeSet;

use super::*;
use crate::aws::limits::Limits;
use crate::aws::wire::Wire;

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sight")
    }
}

impl Collector for Sight {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.show(encoder)
    }
}

/// What a leader shows to which everything has happened once.
async fn everything() -> String {
    let wire = Wire::default().answer_json(&serde_json::json!({}));
    let api = wire.within(&Limits::default()).api;
    let create = || api.writes().create_vpc_link().name("it").set_subnet_ids(Some(Vec::new())).send();
    api.write("CreateVpcLink", create()).await.unwrap();
    api.write("CreateVpcLink", create()).await.unwrap_err();
    let passes = Passes::default();
    passes.begin().end(&Ok::<_, ()>(Action::await_change()));
    passes.begin().end(&Ok::<_, ()>(Action::requeue(Duration::from_secs(1))));
    passes.begin().end(&Err(()));
    let running = passes.begin();
    let mut registry = registry(wire.meter(), &passes);
    let watched = Watched {
        stacks: 2,
        said: [(Said { condition: "Ready", status: "True", reason: "Ready" }, 1)].into(),
        ages: [("Vpcs", Duration::from_millis(1500))].into(),
    };
    registry.register_collector(Box::new(Sight { leads: true, watched: Some(watched) }));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    drop(running);
    text
}

#[tokio::test]
async fn what_happened_is_shown() {
    let text = everything().await;
    let expected = [
        concat!("fargatestack_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "controller_runtime_reconcile_total{controller=\"fargatestack\",result=\"success\"} 1",
        "controller_runtime_reconcile_total{controller=\"fargatestack\",result=\"requeue_after\"} 1",
        "controller_runtime_reconcile_total{controller=\"fargatestack\",result=\"error\"} 1",
        "controller_runtime_reconcile_time_seconds_count{controller=\"fargatestack\"} 3",
        "controller_runtime_active_workers{controller=\"fargatestack\"} 1",
        "controller_runtime_max_concurrent_reconciles{controller=\"fargatestack\"} 64",
        "leader_election_master_status{name=\"fargatestack-controller\"} 1",
        "fargatestack_stacks 2",
        "fargatestack_stack_conditions{condition=\"Ready\",status=\"True\",reason=\"Ready\"} 1",
        "fargatestack_source_age_seconds{source=\"Vpcs\"} 1.5",
    ];
    for line in expected {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_standby_shows_that_it_does_not_lead() {
    let text = Metrics::new(Arc::new(Term::elected())).text().unwrap();
    assert!(text.contains("leader_election_master_status{name=\"fargatestack-controller\"} 0\n"), "{text}");
    assert!(!text.contains("fargatestack_stacks"), "{text}");
}

/// Name, type and labels of every metric in `text`, as a row of the table of the documentation begins.
fn rows(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let row = |(name, kind): (&str, &str)| {
        let samples =
            text.lines().filter(|line| line.starts_with(name) && line[name.len()..].starts_with(['{', ' ', '_']));
        let labels = samples.filter_map(|line| line.split_once('{')?.1.rsplit_once('}')).flat_map(|(labels, _)| {
            labels.split(',').filter_map(|label| label.split_once('=')).map(|(label, _)| format!("`{label}`"))
        });
        let labels: BTreeSet<String> = labels.filter(|label| label != "`le`").collect();
        let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
        format!("| `{name}` | {kind} | {labels} |").replace("|  |", "| |")
    };
    types.map(row).collect()
}

#[tokio::test]
async fn every_metric_is_documented_and_nothing_else() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let document = std::fs::read_to_string(path).unwrap();
    let table = document.split("| Metric |").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let documented: BTreeSet<String> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.splitn(5, '|').take(4).collect::<Vec<_>>().join("|") + "|")
        .collect();
    assert_eq!(documented, rows(&everything().await));
}
