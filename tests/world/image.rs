//! The image runs as the chart runs it: from nothing, by a number that is not root's, with nothing to write to.

use std::net::TcpStream;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::chart::{NAMESPACE, current};
use crate::support::container::Image;
use crate::support::emulator::{REGION, http_text};

/// What `manifests/rbac.yaml` calls the controller's account.
const ACCOUNT: &str = "fargatestack-controller";
/// A name of the emulator that stands in the hosts file of a container alone.
const EMULATOR: &str = "aws.emulator.example";
/// An address of its own on loopback, and ports that developers seldom use.
const ADDRESS: &str = "127.83.65.1";
const PORTS: [u16; 2] = [28080, 28081];
/// Where the certificate authorities of AWS are looked for.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Host and port of a URL.
fn authority(url: &str) -> (&str, &str) {
    url.split_once("://").and_then(|(_, rest)| rest.split_once(':')).expect("a URL with a port")
}

fn server(world: &World) -> String {
    let view = ["config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"];
    world.kubectl(&view, "").expect_success()
}

/// The specs of the Pods that the chart renders: the controller's, and the check's.
fn pods(world: &World) -> (Value, Value) {
    let (server, emulator) = (server(world), world.value("AWS_ENDPOINT_URL"));
    let variables = [
        ("KUBERNETES_SERVICE_HOST", authority(&server).0),
        ("KUBERNETES_SERVICE_PORT", authority(&server).1),
        ("AWS_ENDPOINT_URL", &format!("http://{EMULATOR}:{}", authority(emulator).1)),
        ("AWS_ACCESS_KEY_ID", world.value("AWS_ACCESS_KEY_ID")),
        ("AWS_SECRET_ACCESS_KEY", "any"),
    ];
    let values = json!({
        "fullnameOverride": ACCOUNT,
        "bindAddress": ADDRESS,
        "metrics": {"port": PORTS[0]},
        "healthProbe": {"port": PORTS[1]},
        "aws": {"region": REGION},
        "extraEnv": variables.map(|(name, value)| json!({"name": name, "value": value})),
    });
    let chart = current().to_string_lossy().into_owned();
    let arguments = ["template", "fargatestack", &chart, "--namespace", NAMESPACE, "--values=-"];
    let rendered = world.tool("helm", &arguments, &values.to_string()).expect_success();
    let documents: Vec<Value> =
        serde_yaml::Deserializer::from_str(&rendered).map(|it| Value::deserialize(it).unwrap()).collect();
    let of = |kind: &str| documents.iter().find(|it| it["kind"] == kind).expect("the chart renders it").clone();
    (of("Deployment")["spec"]["template"]["spec"].take(), of("Pod")["spec"].take())
}

/// A folder with what a kubelet gives a Pod of the controller's account.
fn credentials(world: &World) -> PathBuf {
    let folder = PathBuf::from(world.value("STATE_DIR")).join("data/credentials");
    std::fs::create_dir_all(&folder).unwrap();
    let authority = ["get", "configmap", "kube-root-ca.crt", "-n", NAMESPACE, r"--output=jsonpath={.data.ca\.crt}"];
    let token = ["create", "token", ACCOUNT, "-n", NAMESPACE];
    for (name, text) in [
        ("ca.crt", world.kubectl(&authority, "").expect_success()),
        ("token", world.kubectl(&token, "").expect_success().trim().to_owned()),
        ("namespace", NAMESPACE.to_owned()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// The image's user is the chart's, its program is its entry point, and there is nothing else in it.
fn contains_no_more_than_it_says(image: &Image, pod: &Value) {
    assert!(
        pod["containers"][0]["image"] == image.name.as_str(),
        "the chart asks for {}",
        pod["containers"][0]["image"]
    );
    let config = image.config();
    let context = &pod["securityContext"];
    assert_eq!(config["User"], format!("{}:{}", context["runAsUser"], context["runAsGroup"]));
    assert_eq!(config["Entrypoint"], json!(["/fargatestack"]));
    let labels = ["title", "description", "licenses", "version", "revision"];
    for label in labels.map(|it| format!("org.opencontainers.image.{it}")) {
        assert!(config["Labels"][&label].as_str().is_some_and(|it| !it.is_empty()), "{label}: {config}");
    }
    assert_eq!(image.files(), [&AUTHORITIES[1..], "fargatestack"]);
}

/// Where a probe of the Pod asks, and what it is answered there.
fn probed(pod: &Value, probe: &str) -> Option<u16> {
    let container = &pod["containers"][0];
    let get = &container[probe]["httpGet"];
    let ports = container["ports"].as_array().expect("ports");
    let port = ports.iter().find(|it| it["name"] == get["port"]).expect("the probe's port")["containerPort"].clone();
    let address = format!("{ADDRESS}:{port}");
    TcpStream::connect(&address).ok()?;
    Some(http_text(&address, "GET", get["path"].as_str().unwrap(), "", "").0)
}

/// What `check` says of AWS with these further options.
fn of_aws(image: &Image, check: &Value, credentials: &Path, options: &[String]) -> String {
    let (told, ended_well) = image.ended(check, credentials, options);
    assert!(!ended_well, "{told}");
    told.lines().find(|line| line.starts_with("FAILED  AWS: ")).expect("AWS is not reached").to_owned()
}

#[test]
#[ignore = "needs buildah, podman and runc: make test-image"]
fn the_image_runs_as_the_chart_runs_it() {
    let world = World::shared();
    world.launch(&["install"]);
    let image = Image::built(world);
    let (pod, check) = pods(world);
    contains_no_more_than_it_says(&image, &pod);

    let credentials = credentials(world);
    let known = format!("--add-host={EMULATOR}:127.0.0.1");
    let mut controller = image.start(&pod, &credentials, std::slice::from_ref(&known));
    for probe in ["livenessProbe", "readinessProbe"] {
        controller.eventually(probe, || (probed(&pod, probe)? == 200).then_some(()));
    }
    // As the chart's own test: the API server by the Pod's credentials, AWS by its name.
    let (told, ended_well) = image.ended(&check, &credentials, &[known]);
    assert!(ended_well && told.contains("ok      leader: image_") && told.contains("ok      AWS: "), "{told}");

    // A name that nobody knows is told as that.
    let unknown = of_aws(&image, &check, &credentials, &["--env=AWS_ENDPOINT_URL=http://aws.invalid".into()]);
    assert!(unknown.contains("failed to lookup address information"), "{unknown}");
    // AWS is believed by the image's own authorities: another certificate is refused, and believed when they say so.
    let elsewhere = format!("--env=AWS_ENDPOINT_URL={}", server(world));
    let stranger = of_aws(&image, &check, &credentials, std::slice::from_ref(&elsewhere));
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let trusted = format!("--volume={}:{AUTHORITIES}:ro", credentials.join("ca.crt").display());
    let answered = of_aws(&image, &check, &credentials, &[elsewhere, trusted]);
    assert!(!answered.contains("UnknownIssuer"), "{answered}");

    image.signal("TERM");
    let (code, log) = controller.end();
    assert_eq!(code, Some(0), "{log}");
}
