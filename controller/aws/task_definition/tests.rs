use engine::{Class, Effect};
use serde_json::{Value, json};

use super::*;
use crate::aws::observe::{Expected, Named};
use crate::aws::sources::{Detail as _, Detailed, Look};
use crate::aws::wire::{Wire, key, mark, request, said, stamp, tags, view};

const FAMILY: &str = "shop_orders";
const IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:aa";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db";

fn arn(revision: u32) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{FAMILY}:{revision}")
}

fn definition() -> TaskDefinition {
    TaskDefinition {
        name: "main",
        family: FAMILY.to_owned(),
        image: IMAGE.to_owned(),
        any_image: false,
        cpu: 256,
        memory: 512,
        architecture: "X86_64",
        container_port: 8080,
        command: vec!["serve".to_owned()],
        environment: Variables(BTreeMap::from([("LOG_LEVEL".to_owned(), "info".to_owned())])),
        secrets: BTreeMap::from([("DB_URL".to_owned(), SECRET.to_owned())]),
        execution_role_arn: "arn:aws:iam::123456789012:role/execution".to_owned(),
        task_role_arn: "arn:aws:iam::123456789012:role/task".to_owned(),
        log_group: "/fargatestack/shop/orders/tasks".to_owned(),
        region: "eu-west-1".to_owned(),
    }
}

fn seen() -> TaskDefinitionSeen {
    let roles = [definition().execution_role_arn, definition().task_role_arn];
    TaskDefinitionSeen { definition: definition().hash(), image: IMAGE.to_owned(), roles }
}

fn shown(revision: u32, status: &str) -> Value {
    json!({
        "taskDefinitionArn": arn(revision), "family": FAMILY, "revision": revision, "status": status,
        "executionRoleArn": definition().execution_role_arn, "taskRoleArn": definition().task_role_arn,
        "containerDefinitions": [{"name": "app", "image": IMAGE}], "registeredAt": 1_700_000_000.5,
    })
}

/// As AWS answers for a revision that `declared` was registered as.
async fn described(revision: u32, status: &str, declared: &TaskDefinition) -> Option<DescribedTaskDefinition> {
    let mut all = mark(declared).tags;
    all.insert(DEFINITION.to_owned(), declared.hash());
    let tags: Vec<_> = all.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let wire = Wire::default().answer_json(&json!({"taskDefinition": shown(revision, status), "tags": tags}));
    let answer = TaskDefinitions::ask(&wire.cloud().ecs, &Id::from(arn(revision))).await.unwrap();
    let arn = arn(revision);
    let asked = [("taskDefinition", arn.as_str()), ("include.0", "TAGS")];
    assert_eq!(wire.requests(), [request("DescribeTaskDefinition", &asked)]);
    answer
}

/// What `status` reads as.
async fn read(status: &str) -> Live<TaskDefinitionSeen> {
    let described = described(3, status, &definition()).await.unwrap();
    let detailed = Detailed { task_definitions: [(arn(3), described)].into_iter().collect(), ..Detailed::default() };
    let [live] =
        TaskDefinition::read(&View { detailed, ..view() }, &stamp().owner).try_into().expect("one that is ours");
    live
}

#[test]
fn the_image_is_compared_by_itself_and_the_rest_by_its_hash() {
    let compared =
        |declared: &TaskDefinition, seen: &TaskDefinitionSeen| said(&declared.compare(seen, &Ids::default()));
    let other_image = TaskDefinitionSeen { image: "other".to_owned(), ..seen() };
    let other_definition = TaskDefinitionSeen { definition: "other".to_owned(), ..seen() };
    assert_eq!(compared(&definition(), &seen()), "in sync");
    assert_eq!(compared(&definition(), &other_image), "replace image");
    assert_eq!(compared(&definition(), &other_definition), "replace definition");
    let any = TaskDefinition { any_image: true, ..definition() };
    assert_eq!(compared(&any, &other_image), "in sync");
    assert_eq!(compared(&any, &other_definition), "replace definition");
    assert!(definition().needs().is_empty());
}

#[test]
fn every_declared_part_is_in_the_hash() {
    let base = definition();
    let variable = |value: &str| Variables(BTreeMap::from([("LOG_LEVEL".to_owned(), value.to_owned())]));
    let other = || "other".to_owned();
    let changed = [
        TaskDefinition { family: other(), ..base.clone() },
        TaskDefinition { cpu: 512, ..base.clone() },
        TaskDefinition { memory: 1024, ..base.clone() },
        TaskDefinition { architecture: "ARM64", ..base.clone() },
        TaskDefinition { container_port: 80, ..base.clone() },
        TaskDefinition { command: Vec::new(), ..base.clone() },
        TaskDefinition { environment: variable("debug"), ..base.clone() },
        TaskDefinition { secrets: BTreeMap::new(), ..base.clone() },
        TaskDefinition { execution_role_arn: other(), ..base.clone() },
        TaskDefinition { task_role_arn: other(), ..base.clone() },
        TaskDefinition { log_group: other(), ..base.clone() },
        TaskDefinition { region: other(), ..base.clone() },
    ];
    for declared in changed {
        assert_ne!(declared.hash(), base.hash(), "{declared:?}");
    }
    let same = TaskDefinition { image: other(), any_image: true, ..base.clone() };
    assert_eq!(same.hash(), base.hash());
    // Written to AWS: another hash for the same declaration rolls every service.
    assert_eq!(base.hash(), "b1b8e18466879581874c12cc20a1e6b5");
}

#[test]
fn values_of_variables_are_not_printed() {
    let printed = format!("{:?}", definition());
    assert!(printed.contains("LOG_LEVEL") && !printed.contains("info"), "{printed}");
}

#[tokio::test]
async fn each_status_is_a_phase_and_what_is_being_deleted_is_gone() {
    let live = read("ACTIVE").await;
    assert_eq!((live.key, live.id.as_str()), (key::<TaskDefinition>("main"), arn(3).as_str()));
    assert_eq!((live.phase, live.seen), (Phase::Ready, seen()));
    assert_eq!((live.attributes[REGISTERED].as_str(), live.created), ("1700000000500", Some(1_700_000_000)));
    assert_eq!(read("INACTIVE").await.phase, Phase::Failed("it was deregistered".into()));
    assert_eq!(described(3, "DELETE_IN_PROGRESS", &definition()).await, None);
}

#[tokio::test]
async fn what_the_family_lists_the_service_runs_or_memory_expects_is_described() {
    let listed = [(FAMILY.to_owned(), vec![arn(3), arn(2)])].into_iter().collect();
    let view = View { detailed: Detailed { task_definition_arns: listed, ..Detailed::default() }, ..view() };
    let expected = [Expected { kind: TaskDefinition::KIND, id: Id::from(arn(1)), one_look_is_proof: true }];
    let (owner, named) = (stamp().owner, Named::default());
    let look = Look { view: &view, owner: &owner, expected: &expected, named: &named };
    assert_eq!(TaskDefinitions::subjects(&look), [1, 2, 3].map(arn).map(Id::from).into());
    assert_eq!(TaskDefinitionArns::subjects(&look), [Id::from(FAMILY)].into());

    let wire = Wire::default().answer_json(&json!({"taskDefinitionArns": [arn(3)]}));
    let arns = TaskDefinitionArns::ask(&wire.cloud().ecs, &Id::from(FAMILY)).await.unwrap();
    assert_eq!(arns, Some(vec![arn(3)]));
    let asked = [("familyPrefix", FAMILY), ("status", "ACTIVE"), ("sort", "DESC"), ("maxResults", "20")];
    assert_eq!(wire.requests(), [request("ListTaskDefinitions", &asked)]);
}

#[tokio::test]
async fn one_that_never_was_is_no_fault() {
    let ask = async |code| {
        let wire = Wire::default().refuse_json(400, code);
        TaskDefinitions::ask(&wire.cloud().ecs, &Id::from(arn(9))).await
    };
    assert_eq!(ask("ClientException").await, Ok(None));
    assert_eq!(ask("AccessDeniedException").await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn a_registration_says_everything_and_carries_hash_and_mark() {
    let wire = Wire::default().answer_json(&json!({"taskDefinition": shown(4, "ACTIVE")}));
    let mark = mark(&definition());
    let made = definition().create(&wire.cloud().ecs, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, made.seen), (arn(4).as_str(), Phase::Ready, seen()));
    assert_eq!(made.attributes[REGISTERED], "1700000000500");
    let [register] = wire.requests().try_into().unwrap();
    let mut expected_tags = mark.tags;
    expected_tags.insert(DEFINITION.to_owned(), definition().hash());
    assert_eq!(tags(&register), expected_tags);
    let container = |name: &str| format!("containerDefinitions.0.{name}");
    let expected = [
        ("family".to_owned(), FAMILY),
        ("networkMode".to_owned(), "awsvpc"),
        ("requiresCompatibilities.0".to_owned(), "FARGATE"),
        ("runtimePlatform.operatingSystemFamily".to_owned(), "LINUX"),
        ("runtimePlatform.cpuArchitecture".to_owned(), "X86_64"),
        ("cpu".to_owned(), "256"),
        ("memory".to_owned(), "512"),
        ("executionRoleArn".to_owned(), "arn:aws:iam::123456789012:role/execution"),
        ("taskRoleArn".to_owned(), "arn:aws:iam::123456789012:role/task"),
        (container("name"), "app"),
        (container("image"), IMAGE),
        // The SDK says it although it was not set.
        (container("cpu"), "0"),
        (container("essential"), "true"),
        (container("portMappings.0.containerPort"), "8080"),
        (container("portMappings.0.protocol"), "tcp"),
        (container("command.0"), "serve"),
        (container("environment.0.name"), "LOG_LEVEL"),
        (container("environment.0.value"), "info"),
        (container("secrets.0.name"), "DB_URL"),
        (container("secrets.0.valueFrom"), SECRET),
        (container("logConfiguration.logDriver"), "awslogs"),
        (container("logConfiguration.options.awslogs-group"), "/fargatestack/shop/orders/tasks"),
        (container("logConfiguration.options.awslogs-region"), "eu-west-1"),
        (container("logConfiguration.options.awslogs-stream-prefix"), "app"),
    ];
    let parameters: Vec<(&str, &str)> = expected.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut said = register;
    said.retain(|name, _| !name.starts_with("tags."));
    assert_eq!(said, request("RegisterTaskDefinition", &parameters));
}

#[tokio::test]
async fn a_delete_deregisters_first_and_goes_on_where_it_stopped() {
    let live = |phase| mark(&definition()).live(arn(3), phase, seen());
    let delete = async |wire: Wire, phase| {
        let deleted = TaskDefinition::delete(&wire.cloud().ecs, &live(phase)).await;
        (deleted, wire.requests())
    };
    let arn = arn(3);
    let deregister = request("DeregisterTaskDefinition", &[("taskDefinition", arn.as_str())]);
    let gone = request("DeleteTaskDefinitions", &[("taskDefinitions.0", arn.as_str())]);
    let wire = Wire::default().answer_json(&json!({})).answer_json(&json!({}));
    assert_eq!(delete(wire, Phase::Ready).await, (Ok(Deletion::Gone), vec![deregister.clone(), gone.clone()]));
    let inactive = Phase::Failed("it was deregistered".into());
    assert_eq!(
        delete(Wire::default().answer_json(&json!({})), inactive.clone()).await,
        (Ok(Deletion::Gone), vec![gone.clone()])
    );
    let unknown = Wire::default().refuse_json(400, "ClientException");
    assert_eq!(delete(unknown, Phase::Ready).await, (Ok(Deletion::Gone), vec![deregister]));
    // The call succeeds as a whole, and names what it did not delete.
    let refused = json!({"failures": [{"arn": arn, "reason": "SomethingNew", "detail": "no"}]});
    let (fault, _) = delete(Wire::default().answer_json(&refused), inactive).await;
    let fault = fault.unwrap_err();
    assert_eq!((fault.class, fault.effect, fault.code.as_str()), (Class::Bug, Effect::None, "SomethingNew"));
}
