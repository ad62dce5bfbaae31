//! EC2's client, and tags as EC2 writes them.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use engine::{Fault, TagChange, Tags};

use super::clients::to_list;
use super::cloud::{Client, Service};
use super::meter::Requests;

pub use super::cloud::Ec2;

impl Client for aws_sdk_ec2::Client {
    const SERVICE: &'static str = "ec2";

    fn new(config: &SdkConfig, requests: Requests) -> Self {
        Self::from_conf(aws_sdk_ec2::config::Builder::from(config).interceptor(requests).build())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>
    async fn retag(ec2: &Service<Self>, id: &str, change: &TagChange) -> Result<(), Fault> {
        if !change.set.is_empty() {
            let call = ec2.writes().create_tags().resources(id).set_tags(Some(to_list(&change.set)));
            ec2.write("CreateTags", call.send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
            let call = ec2.writes().delete_tags().resources(id).set_tags(Some(keys));
            ec2.write("DeleteTags", call.send()).await?;
        }
        Ok(())
    }
}

/// The tags in the form that create calls take.
#[must_use]
pub fn specification(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_list(tags))).build()
}
