//! The other services' clients, and tags as each of them writes them.

use std::collections::HashMap;

use aws_config::SdkConfig;
use engine::{Fault, TagChange, Tags};

use super::cloud::{Client, Service};
use super::meter::Requests;

/// Tags as a service that keeps them in a map takes and returns them.
pub type TagMap = HashMap<String, String>;

/// Tags as a service that keeps them in a list takes and returns them.
pub trait SdkTag: Sized {
    /// One tag.
    fn of(key: &str, value: &str) -> Option<Self>;
    /// Its key and value.
    fn pair(&self) -> (&str, &str);
}

/// Tags as an answer holds them, in any shape: looked at in place, since most of what a scope shows is other stacks'.
pub trait TagSet {
    /// The value of the tag `key`.
    fn tag(&self, key: &str) -> Option<&str>;
}

impl TagSet for Tags {
    fn tag(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl TagSet for Option<&TagMap> {
    fn tag(&self, key: &str) -> Option<&str> {
        self.and_then(|tags| tags.get(key)).map(String::as_str)
    }
}

impl<T: SdkTag> TagSet for [T] {
    fn tag(&self, key: &str) -> Option<&str> {
        self.iter().map(SdkTag::pair).find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

/// The tags as a call takes them.
#[must_use]
pub fn to_list<T: SdkTag>(tags: &Tags) -> Vec<T> {
    // A builder refuses a tag without key or value only.
    tags.iter().filter_map(|(key, value)| T::of(key, value)).collect()
}

/// The tags that an answer holds.
#[must_use]
pub fn from_list<T: SdkTag>(tags: &[T]) -> Tags {
    tags.iter().map(SdkTag::pair).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The tags as a call takes them.
#[must_use]
pub fn to_map(tags: &Tags) -> TagMap {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The tags that an answer holds.
#[must_use]
pub fn from_map(tags: Option<&TagMap>) -> Tags {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// A service with `TagResource` and `UntagResource`, which take an ARN.
macro_rules! tagged_by_arn {
    ($(#[$doc:meta])* $sdk:ident, $service:literal, $tags:path) => {
        impl Client for $sdk::Client {
            const SERVICE: &'static str = $service;

            fn new(config: &SdkConfig, requests: Requests) -> Self {
                Self::from_conf($sdk::config::Builder::from(config).interceptor(requests).build())
            }

            $(#[$doc])*
            async fn retag(service: &Service<Self>, arn: &str, change: &TagChange) -> Result<(), Fault> {
                if !change.set.is_empty() {
                    let call = service.writes().tag_resource().resource_arn(arn).set_tags(Some($tags(&change.set)));
                    service.write("TagResource", call.send()).await?;
                }
                if !change.remove.is_empty() {
                    let call = service.writes().untag_resource().resource_arn(arn).set_tag_keys(Some(keys(change)));
                    service.write("UntagResource", call.send()).await?;
                }
                Ok(())
            }
        }
    };
}

tagged_by_arn!(
    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html>
    aws_sdk_ecr, "ecr", to_list
);
tagged_by_arn!(
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html>
    aws_sdk_ecs, "ecs", to_list
);
tagged_by_arn!(
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>
    aws_sdk_cloudwatchlogs, "logs", to_map
);
tagged_by_arn!(
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html>
    aws_sdk_cognitoidentityprovider, "cognito-idp", to_map
);
tagged_by_arn!(
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html>
    aws_sdk_apigatewayv2, "apigateway", to_map
);
tagged_by_arn!(
    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html>
    aws_sdk_applicationautoscaling, "application-autoscaling", to_map
);

impl Client for aws_sdk_elasticloadbalancingv2::Client {
    const SERVICE: &'static str = "elasticloadbalancing";

    fn new(config: &SdkConfig, requests: Requests) -> Self {
        Self::from_conf(aws_sdk_elasticloadbalancingv2::config::Builder::from(config).interceptor(requests).build())
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html>
    async fn retag(elb: &Service<Self>, arn: &str, change: &TagChange) -> Result<(), Fault> {
        if !change.set.is_empty() {
            let call = elb.writes().add_tags().resource_arns(arn).set_tags(Some(to_list(&change.set)));
            elb.write("AddTags", call.send()).await?;
        }
        if !change.remove.is_empty() {
            let call = elb.writes().remove_tags().resource_arns(arn).set_tag_keys(Some(keys(change)));
            elb.write("RemoveTags", call.send()).await?;
        }
        Ok(())
    }
}

impl Client for aws_sdk_iam::Client {
    const SERVICE: &'static str = "iam";

    fn new(config: &SdkConfig, requests: Requests) -> Self {
        Self::from_conf(aws_sdk_iam::config::Builder::from(config).interceptor(requests).build())
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html>: takes the name, with which a role's ARN ends.
    async fn retag(iam: &Service<Self>, address: &str, change: &TagChange) -> Result<(), Fault> {
        let role = address.rsplit('/').next().unwrap_or(address);
        if !change.set.is_empty() {
            let call = iam.writes().tag_role().role_name(role).set_tags(Some(to_list(&change.set)));
            iam.write("TagRole", call.send()).await?;
        }
        if !change.remove.is_empty() {
            let call = iam.writes().untag_role().role_name(role).set_tag_keys(Some(keys(change)));
            iam.write("UntagRole", call.send()).await?;
        }
        Ok(())
    }
}

fn keys(change: &TagChange) -> Vec<String> {
    change.remove.iter().cloned().collect()
}

macro_rules! strict_tag {
    ($tag:path) => {
        impl SdkTag for $tag {
            fn of(key: &str, value: &str) -> Option<Self> {
                Self::builder().key(key).value(value).build().ok()
            }

            fn pair(&self) -> (&str, &str) {
                (self.key(), self.value())
            }
        }
    };
}

macro_rules! lax_tag {
    ($tag:path) => {
        impl SdkTag for $tag {
            fn of(key: &str, value: &str) -> Option<Self> {
                Some(Self::builder().key(key).value(value).build())
            }

            fn pair(&self) -> (&str, &str) {
                (self.key().unwrap_or_default(), self.value().unwrap_or_default())
            }
        }
    };
}

strict_tag!(aws_sdk_ecr::types::Tag);
strict_tag!(aws_sdk_iam::types::Tag);
lax_tag!(aws_sdk_ec2::types::Tag);
lax_tag!(aws_sdk_ecs::types::Tag);
lax_tag!(aws_sdk_elasticloadbalancingv2::types::Tag);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::wire::{Wire, request, untagged};

    #[tokio::test]
    async fn the_tags_of_a_role_are_reached_by_its_arn_too() {
        let change = TagChange { set: Tags::from([("team".to_owned(), "shop".to_owned())]), ..TagChange::default() };
        for address in ["orders-task", "arn:aws:iam::123456789012:role/fargatestack/shop/orders/orders-task"] {
            let wire = Wire::default().answer_query("TagRole", "");
            wire.cloud().iam.retag(address, &change).await.unwrap();
            assert_eq!(untagged(&wire.requests()[0]), request("TagRole", &[("RoleName", "orders-task")]));
        }
    }

    #[test]
    fn tags_survive_the_way_there_and_back() {
        let tags = Tags::from([("team".to_owned(), "shop".to_owned()), ("empty".to_owned(), String::new())]);
        assert_eq!(from_list(&to_list::<aws_sdk_ecr::types::Tag>(&tags)), tags);
        assert_eq!(from_list(&to_list::<aws_sdk_iam::types::Tag>(&tags)), tags);
        assert_eq!(from_list(&to_list::<aws_sdk_ecs::types::Tag>(&tags)), tags);
        assert_eq!(from_list(&to_list::<aws_sdk_elasticloadbalancingv2::types::Tag>(&tags)), tags);
        assert_eq!(from_map(Some(&to_map(&tags))), tags);
    }
}
