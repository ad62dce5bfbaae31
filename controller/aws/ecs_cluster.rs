//! ECS cluster with the capacity providers of Fargate.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html>

use std::collections::BTreeSet;

use aws_sdk_ecs::Client as EcsClient;
use aws_sdk_ecs::types::{CapacityProviderStrategyItem, Cluster as Sdk, ClusterField};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Replace, Tags};

use super::call::{Call, ECS_TAGS, SERVICE_ROLE, call};
use super::clients::to_list;
use super::cloud::Ecs;
use super::ecs;
use super::fault::{incomplete, is_not_found, refused};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Listing, Question, View, answered};

mod tenants;

/// What tasks can run on.
const CAPACITY_PROVIDERS: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// How many clusters one call describes.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html>
const PAGE: usize = 100;

/// Where the service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsCluster {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its name in AWS. Fixed at creation.
    pub cluster_name: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EcsClusterSeen {
    /// Its name.
    pub cluster_name: String,
    /// What tasks can run on.
    pub capacity_providers: BTreeSet<String>,
    /// What tasks that say nothing run on. Not declared; taken over when the providers are put right.
    pub default_strategy: Vec<CapacityProviderStrategyItem>,
}

/// `ListClusters`, and `DescribeClusters` of all of them.
pub struct EcsClusters;

impl Listing for EcsClusters {
    type Client = EcsClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListClusters.html>
    async fn list(ecs: &Ecs) -> Result<Vec<Sdk>, Fault> {
        let call = ecs.reads().list_clusters().into_paginator().items().send();
        let arns = ecs.read("ListClusters", call.collect::<Result<Vec<_>, _>>()).await?;
        let mut clusters = Vec::new();
        for page in arns.chunks(PAGE) {
            clusters.extend(describe(ecs, page.to_vec()).await?);
        }
        Ok(clusters)
    }

    async fn find(ecs: &Ecs, arn: &Id) -> Result<Option<Sdk>, Fault> {
        Ok(describe(ecs, vec![arn.to_string()]).await?.into_iter().next())
    }

    fn mark(cluster: &Sdk) -> Option<(Id, Tags)> {
        Some((Id::from(cluster.cluster_arn()?), ecs::tags(cluster.tags())))
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html>: shows deleted clusters as INACTIVE for a
/// while; those are left out.
async fn describe(ecs: &Ecs, clusters: Vec<String>) -> Result<Vec<Sdk>, Fault> {
    let call = ecs.reads().describe_clusters().set_clusters(Some(clusters));
    let call = call.include(ClusterField::Tags).include(ClusterField::Attachments);
    let mut clusters = ecs.read("DescribeClusters", call.send()).await?.clusters.unwrap_or_default();
    clusters.retain(|cluster| cluster.status() != Some("INACTIVE"));
    Ok(clusters)
}

impl Resource for EcsCluster {
    type Seen = EcsClusterSeen;
    type Client = EcsClient;

    const KIND: Kind =
        Kind { order: 150, name: "ecs-cluster", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::EcsClusters];
    const CALLS: &'static [Call] = &[
        call("ecs:CreateCluster").with(&[ECS_TAGS, SERVICE_ROLE]),
        call("ecs:DeleteCluster"),
        call("ecs:DescribeClusters"),
        call("ecs:DescribeServices"),
        call("ecs:DescribeTasks"),
        call("ecs:ListClusters"),
        call("ecs:ListServices"),
        call("ecs:ListTasks"),
        call("ecs:PutClusterCapacityProviders"),
        call("ecs:TagResource"),
        call("ecs:UntagResource"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &EcsClusterSeen, _: &Ids) -> Comparison {
        let EcsClusterSeen { cluster_name, capacity_providers, default_strategy: _ } = seen;
        let declared = CAPACITY_PROVIDERS.map(str::to_owned).into();
        Comparison::default().fixed("clusterName", &self.cluster_name, cluster_name).field(
            "capacityProviders",
            &declared,
            capacity_providers,
        )
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<EcsClusterSeen>> {
        answered(&view.listed.ecs_clusters)
            .iter()
            .filter_map(|cluster| {
                let tags = ecs::tags(cluster.tags());
                live(cluster, owner.mark_of(Self::KIND, &tags)?, tags)
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html>
    ///
    /// The call returns a cluster of that name that is there already, whoever's it is: it is asked for first.
    async fn create(&self, ecs: &Ecs, _: &Ids, mark: &Mark) -> Result<Live<EcsClusterSeen>, Fault> {
        const OPERATION: &str = "CreateCluster";
        if let Some(standing) = describe(ecs, vec![self.cluster_name.clone()]).await?.first() {
            let tags = ecs::tags(standing.tags());
            if !mark.is_on(&tags) {
                return Err(mark.held(taken(), &format!("cluster {}", self.cluster_name), &tags));
            }
            let live = live(standing, (mark.key.clone(), mark.attempt), tags);
            return live.ok_or_else(|| incomplete("DescribeClusters", "clusterArn"));
        }
        let call = ecs
            .writes()
            .create_cluster()
            .cluster_name(&self.cluster_name)
            .set_capacity_providers(Some(CAPACITY_PROVIDERS.map(str::to_owned).into()))
            .set_tags(Some(to_list(&mark.tags)));
        let cluster = ecs.write(OPERATION, call.send()).await?.cluster;
        let cluster = cluster.ok_or_else(|| incomplete(OPERATION, "cluster"))?;
        let live = live(&cluster, (mark.key.clone(), mark.attempt), mark.tags.clone());
        live.ok_or_else(|| incomplete(OPERATION, "clusterArn"))
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html>: replaces the default
    /// strategy too, so what stands of it is sent along.
    async fn update(
        &self,
        ecs: &Ecs,
        live: &Live<EcsClusterSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<EcsClusterSeen>, Fault> {
        let mut default_strategy = live.seen.default_strategy.clone();
        default_strategy.retain(|item| CAPACITY_PROVIDERS.contains(&item.capacity_provider()));
        let capacity_providers: BTreeSet<String> = CAPACITY_PROVIDERS.map(str::to_owned).into();
        let call = ecs
            .writes()
            .put_cluster_capacity_providers()
            .cluster(live.id.as_str())
            .set_capacity_providers(Some(capacity_providers.iter().cloned().collect()))
            .set_default_capacity_provider_strategy(Some(default_strategy.clone()));
        ecs.write("PutClusterCapacityProviders", call.send()).await?;
        let seen = EcsClusterSeen { capacity_providers, default_strategy, ..live.seen.clone() };
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html>: refused while services or tasks of
    /// anybody's are in it.
    async fn delete(ecs: &Ecs, live: &Live<EcsClusterSeen>) -> Result<Deletion, Fault> {
        let call = ecs.writes().delete_cluster().cluster(live.id.as_str());
        match ecs.write("DeleteCluster", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(tenants::named(ecs, live.id.as_str(), fault).await),
        }
    }
}

/// As other services refuse a name that is taken; this one does not.
fn taken() -> Fault {
    refused("CreateCluster", "ResourceAlreadyExistsException", "")
}

fn live(cluster: &Sdk, (key, attempt): (Key, u32), tags: Tags) -> Option<Live<EcsClusterSeen>> {
    Some(Live {
        key,
        attempt,
        id: Id::from(cluster.cluster_arn()?),
        attributes: engine::Attributes::new(),
        phase: phase(cluster),
        seen: EcsClusterSeen {
            cluster_name: cluster.cluster_name().unwrap_or_default().to_owned(),
            capacity_providers: cluster.capacity_providers().iter().cloned().collect(),
            default_strategy: cluster.default_capacity_provider_strategy().to_vec(),
        },
        on: Vec::new(),
        within: None,
        tags,
        created: None,
    })
}

fn phase(cluster: &Sdk) -> Phase {
    match (cluster.status(), cluster.attachments_status()) {
        (Some("ACTIVE"), Some("UPDATE_IN_PROGRESS")) => Phase::Pending("capacity providers are being changed".into()),
        (Some("ACTIVE"), Some("UPDATE_FAILED")) => Phase::Broken("its capacity providers could not be changed".into()),
        (Some("ACTIVE"), _) => Phase::Ready,
        (Some("DEPROVISIONING"), _) => Phase::Deleting,
        (Some("FAILED"), _) => Phase::Failed("ECS could not make it".into()),
        (status, _) => Phase::Pending(status.unwrap_or("no status").to_owned()),
    }
}

#[cfg(test)]
mod tests;
