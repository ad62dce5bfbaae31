use super::*;

fn installation() -> Installation {
    Installation { partition: "aws".into(), cluster: Some("8f4b2f0a-0000-4000-8000-000000000000".into()) }
}

fn statements(part: &str) -> Vec<Value> {
    policy(part, &installation()).unwrap()["Statement"].as_array().unwrap().clone()
}

fn actions(statement: &Value) -> BTreeSet<String> {
    statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// An action that the code does not name is not allowed, and one that it names is not forgotten.
#[test]
fn what_is_allowed_is_what_the_code_names() {
    let allowed: BTreeSet<String> = parts().into_iter().flat_map(statements).flat_map(|it| actions(&it)).collect();
    assert_eq!(allowed, named().into_iter().map(str::to_owned).collect());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: white space does not count.
#[test]
fn every_policy_fits_into_a_managed_one() {
    for part in parts() {
        let length = policy(part, &installation()).unwrap().to_string().len();
        assert!(length <= 6144, "{part}: {length}");
    }
}

#[test]
fn what_is_made_is_marked_and_what_is_changed_is_ours() {
    for part in parts() {
        for statement in statements(part) {
            let uid = installation().cluster.unwrap();
            let condition = &statement["Condition"]["StringEquals"];
            match statement["Sid"].as_str().unwrap() {
                "Look" => assert!(actions(&statement).iter().all(|it| looks(it.split_once(':').unwrap().1))),
                "Make" | "MakeRules" => assert_eq!(condition["aws:RequestTag/fargatestack.dev/cluster"], uid),
                "ChangeOwn" => assert_eq!(condition["aws:ResourceTag/fargatestack.dev/cluster"], uid),
                sid => assert!(
                    statement["Resource"] != json!(["*"]) || !condition.is_null() || FREE.contains(&sid),
                    "{sid}"
                ),
            }
        }
    }
}

/// Of these AWS cannot tell whose they are.
const FREE: [&str; 3] = ["PrivateNames", "EndTaskDefinitions", "DeliverLogs"];

#[test]
fn without_a_cluster_any_mark_will_do() {
    let any = Installation { partition: "aws-cn".into(), cluster: None };
    let policy = policy("entrance", &any).unwrap().to_string();
    assert!(policy.contains(r#"{"Null":{"aws:ResourceTag/fargatestack.dev/cluster":"false"}}"#), "{policy}");
    assert!(policy.contains("arn:aws-cn:apigateway:*::/apis"));
}
