//! What the kinds of ECS share: names, ARNs and tags.

use engine::Tags;
use sha2::{Digest, Sha256};

use super::clients::from_list;

/// Longest name of a cluster, a service or a family.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
const NAME: usize = 255;

/// Digits of a hash that make a name unique.
const HASH_BYTES: usize = 4;

/// The name of what a stack (`namespace/name`) has in ECS: its cluster, its service, its family of task definitions.
///
/// Two stacks never have the same one, since `_` is in no name of Kubernetes; a name that is too long ends with a hash.
#[must_use]
pub fn name_of(stack: &str) -> String {
    let name = stack.replace('.', "__").replace('/', "_");
    if name.len() <= NAME {
        return name;
    }
    let readable = NAME - 1 - 2 * HASH_BYTES;
    let hash = hex::encode(&Sha256::digest(stack)[..HASH_BYTES]);
    format!("{}-{hash}", name.get(..readable).unwrap_or(&name))
}

/// ARN of the service `name` in the cluster with this ARN; `None` if that is no cluster.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>
#[must_use]
pub fn service_arn(cluster_arn: &str, name: &str) -> Option<String> {
    let (account, cluster) = cluster_arn.split_once(":cluster/")?;
    Some(format!("{account}:service/{cluster}/{name}"))
}

/// ARN of the cluster of the service with this ARN.
#[must_use]
pub fn cluster_arn(service_arn: &str) -> Option<String> {
    let (account, path) = service_arn.split_once(":service/")?;
    let (cluster, _) = path.split_once('/')?;
    Some(format!("{account}:cluster/{cluster}"))
}

/// How Application Auto Scaling names the service with this ARN: `service/CLUSTER/SERVICE`.
#[must_use]
pub fn resource_id(service_arn: &str) -> Option<&str> {
    service_arn.rsplit_once(':').map(|(_, path)| path).filter(|path| path.starts_with("service/"))
}

/// `FAMILY:REVISION` of a task definition, for people.
#[must_use]
pub fn revision(task_definition_arn: &str) -> &str {
    task_definition_arn.rsplit_once('/').map_or(task_definition_arn, |(_, revision)| revision)
}

/// The tags that an answer of ECS holds.
#[must_use]
pub fn tags(tags: &[aws_sdk_ecs::types::Tag]) -> Tags {
    from_list(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop_orders";
    const SERVICE: &str = "arn:aws:ecs:eu-west-1:123456789012:service/shop_orders/shop_orders";

    #[test]
    fn names_tell_stacks_apart() {
        assert_eq!(name_of("shop/orders"), "shop_orders");
        assert_ne!(name_of("shop/orders-a"), name_of("shop-orders/a"));
        assert_ne!(name_of("shop/a.b"), name_of("shop/a-b"));
        let long = |last: &str| name_of(&format!("{}/{}{last}", "n".repeat(63), "s".repeat(200)));
        assert_eq!(long("a").len(), NAME);
        assert_ne!(long("a"), long("b"));
    }

    #[test]
    fn arns_lead_to_each_other() {
        assert_eq!(service_arn(CLUSTER, "shop_orders").as_deref(), Some(SERVICE));
        assert_eq!(cluster_arn(SERVICE).as_deref(), Some(CLUSTER));
        assert_eq!(resource_id(SERVICE), Some("service/shop_orders/shop_orders"));
        assert_eq!(revision("arn:aws:ecs:eu-west-1:123456789012:task-definition/shop_orders:3"), "shop_orders:3");
        assert_eq!((service_arn(SERVICE, "x"), cluster_arn(CLUSTER), resource_id(CLUSTER)), (None, None, None));
    }
}
