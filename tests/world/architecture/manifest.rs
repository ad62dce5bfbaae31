//! The sample that says every field once, and one that brings all, as they can stand in an account of the emulator.

use aws_sdk_ec2::types::AddPrefixListEntry;
use serde_json::{Value, json};

use crate::support::emulator::REGION;
use crate::support::root;
use crate::support::stack::Stack;

/// The account of the samples.
const SAMPLE: &str = "111122223333";

/// The spec of a sample, for the account and under the identity of `stack`.
pub fn sample(name: &str, stack: &Stack) -> Value {
    let text = std::fs::read_to_string(root().join("manifests/samples").join(name)).unwrap();
    let sample: Value = serde_yaml::from_str(&text.replace(SAMPLE, stack.account.id())).unwrap();
    let mut spec = sample["spec"].clone();
    spec["identityRef"] = json!({"name": stack.namespace});
    spec
}

/// Every field once, with what it names made in the account: secrets, a policy, a prefix list, a certificate.
///
/// Left out are what nothing in an empty account can be named for (an image by its digest, a security group in a VPC that
/// is yet to be built) and the probe, which goes to a domain name that nobody registered.
pub async fn full(stack: &Stack) -> Value {
    let Stack { account, namespace, .. } = stack;
    let mut spec = sample("full.yaml", stack);
    spec["service"]["image"] = json!({"tag": "1.4.2"});
    spec["service"]["secrets"] = json!({
        "DB_URL": account.secret("shop/orders/db"),
        "FEATURE_KEY": account.parameter("/shop/orders/feature-key"),
    });
    spec["service"]["taskRolePolicies"] = json!([policy(stack, "shop-orders", "s3:GetObject").await]);
    spec["service"]["egress"] = json!([
        {"cidr": "10.20.1.0/24", "port": 5432},
        {"cidr": "10.20.2.0/24", "port": 5432, "protocol": "tcp"},
        {"prefixListId": prefix_list(stack).await, "port": 443},
    ]);
    // Unique in a region, whatever the account.
    spec["auth"]["userPool"]["domainPrefix"] = json!(namespace);
    let name = format!("{namespace}.example.com");
    spec["api"]["domain"] = json!({"name": name, "certificateArn": account.certificate(&name)});
    spec["api"].as_object_mut().unwrap().remove("readinessProbe");
    spec
}

/// ARN of a managed policy of the user's.
pub async fn policy(stack: &Stack, name: &str, actions: &str) -> String {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    });
    let made = stack.account.iam().create_policy().policy_name(name).policy_document(document.to_string());
    made.send().await.unwrap().policy.unwrap().arn.unwrap()
}

/// Id of a managed prefix list of the user's.
async fn prefix_list(stack: &Stack) -> String {
    let entry = AddPrefixListEntry::builder().cidr("192.0.2.0/24").build();
    let made = stack.account.ec2().create_managed_prefix_list().prefix_list_name("partners").address_family("IPv4");
    let made = made.max_entries(1).entries(entry).send().await.unwrap().prefix_list.unwrap();
    made.prefix_list_id.unwrap()
}

/// ARN of an image of the user's in a repository of the user's own.
pub async fn image_elsewhere(stack: &Stack, repository: &str) -> String {
    stack.account.ecr().create_repository().repository_name(repository).send().await.unwrap();
    stack.account.push(repository, "1");
    format!("{}.dkr.ecr.{REGION}.amazonaws.com/{repository}:1", stack.account.id())
}
