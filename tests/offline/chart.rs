//! The Helm chart's settings are the controller's, with the same defaults.

use std::collections::BTreeMap;
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;

/// The controller's settings by environment variable, as `controller --help` tells their defaults.
fn settings() -> BTreeMap<String, String> {
    let told =
        Command::new(env!("CARGO_BIN_EXE_fargatestack")).args(["controller", "--help"]).env_clear().output().unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    let after = |text: &str, start: &str, end: char| {
        text.split_once(start).map(|(_, rest)| rest.split(end).next().unwrap().to_owned())
    };
    let options = text.split("[env: ").skip(1);
    let settings = options.map(|option| {
        let name = option.split('=').next().unwrap().to_owned();
        (name, after(option, "[default: ", ']').unwrap_or_default())
    });
    settings.collect()
}

/// The variables of the Deployment in the plain installation, which is the chart by its defaults.
fn variables() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/install.yaml")).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap());
    let deployment = documents.into_iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
    let list = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
    let text = |variable: &Value, name: &str| variable[name].as_str().unwrap_or_default().to_owned();
    list.iter().map(|variable| (text(variable, "name"), text(variable, "value"))).collect()
}

#[test]
fn the_chart_sets_what_the_controller_knows_to_its_own_defaults() {
    let (settings, variables) = (settings(), variables());
    let ours: Vec<_> = variables.iter().filter(|(name, _)| name.starts_with("FARGATESTACK_")).collect();
    assert!(ours.len() > 5, "{ours:?}");
    for (name, value) in ours {
        // The controller's own default depends on who reads; a cluster's logs are read by machines.
        let expected = if name == "FARGATESTACK_LOG_FORMAT" {
            "json"
        } else {
            settings.get(name).map_or("unknown", String::as_str)
        };
        assert_eq!(value, expected, "{name}");
    }
}
