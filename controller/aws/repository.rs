//! Image repository of ECR.
//!
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Repositories.html>

use std::collections::BTreeSet;

use aws_sdk_ecr::Client as EcrClient;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Repository as Sdk,
};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags};
use serde_json::{Value, json};

use super::call::{Call, ECR_TAGS, call};
use super::clients::{from_list, to_list};
use super::cloud::Ecr;
use super::document::says;
use super::fault::{incomplete, is_not_found};
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Detail, Listing, Look, Question, View, answered};

/// The attribute that holds the name by which images are pushed and pulled.
pub const URI: &str = "uri";

/// Where the service's images are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name in AWS. Fixed at creation.
    pub repository_name: String,
    /// A pushed tag never moves.
    pub immutable_tags: bool,
    /// Images are scanned when they are pushed.
    pub scan_on_push: bool,
    /// ARN of the KMS key or alias that encrypts it; AES256 with a key of AWS's if none. Fixed at creation.
    pub kms_key_arn: Option<String>,
    /// How many images its lifecycle policy keeps.
    pub keep_images: i32,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySeen {
    /// Its name.
    pub repository_name: String,
    /// `MUTABLE`, `IMMUTABLE`, or one of them with exceptions.
    pub tag_mutability: String,
    /// Images are scanned when they are pushed.
    pub scan_on_push: bool,
    /// ARN of its KMS key; none with AES256.
    pub kms_key_arn: Option<String>,
    /// Its lifecycle policy, as AWS writes it.
    pub lifecycle: Option<String>,
}

/// `DescribeRepositories`.
pub struct Repositories;

impl Listing for Repositories {
    type Client = EcrClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html>
    async fn list(ecr: &Ecr) -> Result<Vec<Sdk>, Fault> {
        let call = ecr.reads().describe_repositories().into_paginator().page_size(1000).items().send();
        ecr.read("DescribeRepositories", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(ecr: &Ecr, id: &Id) -> Result<Option<Sdk>, Fault> {
        let call = ecr.reads().describe_repositories().repository_names(id.as_str());
        let answer = ecr.read("DescribeRepositories", call.send()).await?;
        Ok(answer.repositories.unwrap_or_default().into_iter().next())
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

/// What a repository's own questions answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryDetail {
    /// All its tags.
    pub tags: Tags,
    /// Its lifecycle policy, as AWS writes it.
    pub lifecycle: Option<String>,
}

/// `ListTagsForResource` and `GetLifecyclePolicy` of the repositories that may be the stack's, by ARN: names are chosen by users, so
/// only those that the declaration, memory or the stack's own name say are asked for.
pub struct RepositoryDetails;

impl Detail for RepositoryDetails {
    type Client = EcrClient;
    type Item = RepositoryDetail;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let expected: BTreeSet<Id> = look.expected(Repository::KIND).collect();
        let chosen = look.named.chosen.get(Repository::KIND.name);
        let ours = |repository: &&Sdk| {
            let name = repository.repository_name().unwrap_or_default();
            name == look.owner.stack || expected.contains(name) || chosen.is_some_and(|chosen| chosen == name)
        };
        let listed = answered(&look.view.listed.repositories).iter().filter(ours);
        listed.filter_map(|repository| repository.repository_arn().map(Id::from)).collect()
    }

    async fn ask(ecr: &Ecr, arn: &Id) -> Result<Option<RepositoryDetail>, Fault> {
        let Some((_, name)) = arn.as_str().split_once(":repository/") else { return Ok(None) };
        match detail(ecr, arn.as_str(), name).await {
            Ok(detail) => Ok(Some(detail)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(detail: &RepositoryDetail) -> Option<Tags> {
        Some(detail.tags.clone())
    }
}

/// - <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html>
/// - <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html>
async fn detail(ecr: &Ecr, arn: &str, name: &str) -> Result<RepositoryDetail, Fault> {
    let tags = ecr.reads().list_tags_for_resource().resource_arn(arn);
    let tags = ecr.read("ListTagsForResource", tags.send()).await?;
    let policy = ecr.reads().get_lifecycle_policy().repository_name(name);
    let lifecycle = match ecr.read("GetLifecyclePolicy", policy.send()).await {
        Ok(answer) => answer.lifecycle_policy_text,
        Err(fault) if fault.code == "LifecyclePolicyNotFoundException" => None,
        Err(fault) => return Err(fault),
    };
    Ok(RepositoryDetail { tags: from_list(tags.tags()), lifecycle })
}

impl Repository {
    fn tag_mutability(&self) -> ImageTagMutability {
        if self.immutable_tags { ImageTagMutability::Immutable } else { ImageTagMutability::Mutable }
    }

    fn scanning(&self) -> ImageScanningConfiguration {
        ImageScanningConfiguration::builder().scan_on_push(self.scan_on_push).build()
    }

    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>
    fn lifecycle(&self) -> Value {
        json!({ "rules": [{
            "rulePriority": 1,
            "description": "keeps the newest images",
            "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": self.keep_images },
            "action": { "type": "expire" },
        }] })
    }

    /// What a create call makes of it, but for the lifecycle policy.
    fn seen(&self) -> RepositorySeen {
        RepositorySeen {
            repository_name: self.repository_name.clone(),
            tag_mutability: self.tag_mutability().as_str().to_owned(),
            scan_on_push: self.scan_on_push,
            kms_key_arn: self.kms_key_arn.clone(),
            lifecycle: None,
        }
    }

    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html>
    async fn put_lifecycle(&self, ecr: &Ecr) -> Result<String, Fault> {
        let text = self.lifecycle().to_string();
        let call =
            ecr.writes().put_lifecycle_policy().repository_name(&self.repository_name).lifecycle_policy_text(&text);
        ecr.write("PutLifecyclePolicy", call.send()).await.map(|_| text)
    }

    /// What stands under its name, when AWS says that something does: what an earlier, lost call of the same create made.
    async fn standing(&self, ecr: &Ecr, mark: &Mark, refusal: Fault) -> Result<Live<RepositorySeen>, Fault> {
        let found = Repositories::find(ecr, &Id::from(self.repository_name.as_str())).await?;
        let Some(arn) = found.as_ref().and_then(|it| it.repository_arn()) else { return Err(refusal) };
        let detail = detail(ecr, arn, &self.repository_name).await?;
        if !mark.is_on(&detail.tags) {
            return Err(mark.held(refusal, &format!("repository {}", self.repository_name), &detail.tags));
        }
        let live = found.as_ref().and_then(|it| live(it, &detail, (mark.key.clone(), mark.attempt)));
        live.ok_or_else(|| incomplete("DescribeRepositories", "repositoryUri"))
    }
}

impl Resource for Repository {
    type Seen = RepositorySeen;
    type Client = EcrClient;

    const KIND: Kind =
        Kind { order: 120, name: "repository", creation: Creation::NaturalKey, holds_data: true, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] = &[Question::Repositories, Question::RepositoryDetails];
    const CALLS: &'static [Call] = &[
        call("ecr:CreateRepository").with(&[ECR_TAGS]),
        call("ecr:DeleteRepository"),
        call("ecr:DescribeImages"),
        call("ecr:DescribeRepositories"),
        call("ecr:GetLifecyclePolicy"),
        call("ecr:ListTagsForResource"),
        call("ecr:PutImageScanningConfiguration"),
        call("ecr:PutImageTagMutability"),
        call("ecr:PutLifecyclePolicy"),
        call("ecr:TagResource"),
        call("ecr:UntagResource"),
    ];

    fn name(&self) -> &'static str {
        "main"
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &RepositorySeen, _: &Ids) -> Comparison {
        let RepositorySeen { repository_name, tag_mutability, scan_on_push, kms_key_arn, lifecycle } = seen;
        let declared = self.kms_key_arn.as_deref();
        // AWS answers with the key behind an alias.
        let alias = declared.filter(|declared| declared.contains(":alias/") && kms_key_arn.is_some());
        Comparison::default()
            .fixed("repositoryName", &self.repository_name, repository_name)
            .fixed("kmsKeyArn", &declared, &alias.or(kms_key_arn.as_deref()))
            .field("tagMutability", self.tag_mutability().as_str(), tag_mutability.as_str())
            .field("scanOnPush", &self.scan_on_push, scan_on_push)
            .opaque(LIFECYCLE, &true, &lifecycle.as_deref().is_some_and(|seen| says(&self.lifecycle(), seen)))
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<RepositorySeen>> {
        let read_one = |repository: &Sdk| {
            let detail = view.detailed.repository_details.get(repository.repository_arn()?)?;
            live(repository, detail, owner.mark_of(Self::KIND, &detail.tags)?)
        };
        answered(&view.listed.repositories).iter().filter_map(read_one).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
    ///
    /// The lifecycle policy is a call of its own; if it fails, an update makes up for it.
    async fn create(&self, ecr: &Ecr, _: &Ids, mark: &Mark) -> Result<Live<RepositorySeen>, Fault> {
        const OPERATION: &str = "CreateRepository";
        let encryption = EncryptionConfiguration::builder()
            .encryption_type(self.kms_key_arn.as_ref().map_or(EncryptionType::Aes256, |_| EncryptionType::Kms))
            .set_kms_key(self.kms_key_arn.clone())
            .build()
            .ok();
        let call = ecr
            .writes()
            .create_repository()
            .repository_name(&self.repository_name)
            .image_tag_mutability(self.tag_mutability())
            .image_scanning_configuration(self.scanning())
            .set_encryption_configuration(encryption)
            .set_tags(Some(to_list(&mark.tags)));
        let made = match ecr.write(OPERATION, call.send()).await {
            Ok(answer) => answer.repository.ok_or_else(|| incomplete(OPERATION, "repository"))?,
            Err(fault) if fault.code == "RepositoryAlreadyExistsException" => {
                return self.standing(ecr, mark, fault).await;
            }
            Err(fault) => return Err(fault),
        };
        let detail = RepositoryDetail { tags: mark.tags.clone(), lifecycle: self.put_lifecycle(ecr).await.ok() };
        let live = live(&made, &detail, (mark.key.clone(), mark.attempt));
        let live = live.ok_or_else(|| incomplete(OPERATION, "repositoryUri"))?;
        Ok(Live { seen: RepositorySeen { lifecycle: detail.lifecycle, ..self.seen() }, ..live })
    }

    /// - <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html>
    /// - <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html>
    async fn update(
        &self,
        ecr: &Ecr,
        live: &Live<RepositorySeen>,
        changes: &[Change],
        _: &Ids,
    ) -> Result<Live<RepositorySeen>, Fault> {
        let name = live.id.as_str();
        let mut seen = live.seen.clone();
        if seen.tag_mutability != self.tag_mutability().as_str() {
            let call = ecr.writes().put_image_tag_mutability().repository_name(name);
            let call = call.image_tag_mutability(self.tag_mutability());
            ecr.write("PutImageTagMutability", call.send()).await?;
            self.tag_mutability().as_str().clone_into(&mut seen.tag_mutability);
        }
        if seen.scan_on_push != self.scan_on_push {
            let call = ecr.writes().put_image_scanning_configuration().repository_name(name);
            let call = call.image_scanning_configuration(self.scanning());
            ecr.write("PutImageScanningConfiguration", call.send()).await?;
            seen.scan_on_push = self.scan_on_push;
        }
        if changes.iter().any(|change| change.field == LIFECYCLE) {
            seen.lifecycle = Some(self.put_lifecycle(ecr).await?);
        }
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html>: never with its images.
    async fn delete(ecr: &Ecr, live: &Live<RepositorySeen>) -> Result<Deletion, Fault> {
        let name = live.id.as_str();
        let call = ecr.writes().delete_repository().repository_name(name).force(false);
        match ecr.write("DeleteRepository", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) if fault.code == "RepositoryNotEmptyException" => {
                let images = count_images(ecr, name).await.map_or_else(|_| "images".to_owned(), images);
                let message = format!("{name} holds {images}: delete them, or keep it by spec.retain: [Repository]");
                Err(Fault { message, ..fault })
            }
            Err(fault) => Err(fault),
        }
    }
}

/// The field that stands for the lifecycle policy.
const LIFECYCLE: &str = "lifecyclePolicy";

/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html>
async fn count_images(ecr: &Ecr, name: &str) -> Result<usize, Fault> {
    let call = ecr.reads().describe_images().repository_name(name).into_paginator().items().send();
    ecr.read("DescribeImages", call.collect::<Result<Vec<_>, _>>()).await.map(|images| images.len())
}

fn images(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{count} images") }
}

fn live(sdk: &Sdk, detail: &RepositoryDetail, (key, attempt): (engine::Key, u32)) -> Option<Live<RepositorySeen>> {
    let name = sdk.repository_name()?.to_owned();
    let encryption = sdk.encryption_configuration();
    let attributes = [(ARN.into(), sdk.repository_arn()?.to_owned()), (URI.into(), sdk.repository_uri()?.to_owned())];
    Some(Live {
        key,
        attempt,
        id: Id::from(name.clone()),
        attributes: attributes.into_iter().collect(),
        phase: Phase::Ready,
        seen: RepositorySeen {
            repository_name: name,
            tag_mutability: sdk.image_tag_mutability().map_or("", ImageTagMutability::as_str).to_owned(),
            scan_on_push: sdk.image_scanning_configuration().is_some_and(ImageScanningConfiguration::scan_on_push),
            kms_key_arn: encryption.and_then(|it| it.kms_key()).map(str::to_owned),
            lifecycle: detail.lifecycle.clone(),
        },
        on: Vec::new(),
        within: None,
        tags: detail.tags.clone(),
        created: sdk.created_at().map(aws_smithy_types::DateTime::secs),
    })
}

#[cfg(test)]
mod tests;
