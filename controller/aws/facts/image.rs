//! The image of the service: whether it stands in its repository, and which digest its tag stands for.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use aws_sdk_ecr::types::ImageIdentifier;
use engine::Fault;
use tokio::sync::Mutex;

use super::{FORGOTTEN, Warning};
use crate::aws::cloud::Ecr;
use crate::aws::fault::is_not_found;
use crate::aws::scope::Scope;

/// Which image of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// What the tag stands for at the time.
    Tag(String),
    /// This one: `sha256:` and 64 hexadecimal digits.
    Digest(String),
}

impl fmt::Display for Reference {
    /// As it follows the repository in an image's full name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, ":{tag}"),
            Self::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

/// The repository that an image is wanted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedRepository {
    /// One of the stack's account and region, by name.
    Own(String),
    /// Any of the region: `ACCOUNT.dkr.ecr.REGION.DOMAIN/NAME`.
    Uri(String),
}

/// The image that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedImage {
    /// Where it is.
    pub repository: WantedRepository,
    /// Which one.
    pub reference: Reference,
    /// The image that was last found for this stack, under this name or another.
    pub last: Option<ResolvedImage>,
}

/// An image that was found in its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedImage {
    /// `ACCOUNT.dkr.ecr.REGION.DOMAIN/NAME`.
    pub repository_uri: String,
    /// As it was asked for.
    pub reference: Reference,
    /// What was found: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

impl ResolvedImage {
    /// From its [`name`](Self::name) and digest; `None` if that is no full name of an image.
    #[must_use]
    pub fn parse(name: &str, digest: &str) -> Option<Self> {
        let (repository_uri, reference) = parse(name)?;
        Some(Self { repository_uri, reference, digest: digest.to_owned() })
    }

    /// Its full name as it was asked for.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.repository_uri, self.reference)
    }

    /// The full name that always means this very image, as task definitions name it.
    #[must_use]
    pub fn pinned(&self) -> String {
        format!("{}@{}", self.repository_uri, self.digest)
    }
}

/// The repository and the reference in `REPOSITORY:TAG` or `REPOSITORY@DIGEST`.
#[must_use]
pub fn parse(name: &str) -> Option<(String, Reference)> {
    let (repository, reference) = match name.split_once('@') {
        Some((repository, digest)) => (repository, Reference::Digest(digest.to_owned())),
        None => name.rsplit_once(':').map(|(repository, tag)| (repository, Reference::Tag(tag.to_owned())))?,
    };
    Some((repository.to_owned(), reference))
}

/// The image of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// It stands in its repository, or is known from the time when it did.
    Resolved(ResolvedImage),
    /// It was not found and never was, under this name.
    NotFound {
        /// The repository, which may not stand either.
        repository_uri: String,
        /// What was looked for in it.
        reference: Reference,
        /// What was last found under another name: a service that runs goes on with it.
        last: Option<ResolvedImage>,
    },
}

impl Image {
    /// The image that tasks are to run; `None` until one was found for the first time.
    #[must_use]
    pub fn to_run(&self) -> Option<&ResolvedImage> {
        match self {
            Self::Resolved(image) => Some(image),
            Self::NotFound { last, .. } => last.as_ref(),
        }
    }
}

/// URI of the repository `name` of an account and region.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
#[must_use]
pub fn repository_uri(partition: &str, account: &str, region: &str, name: &str) -> String {
    format!("{account}.dkr.ecr.{region}.{}/{name}", domain(partition))
}

/// The domain of a partition's services.
#[must_use]
pub fn domain(partition: &str) -> &'static str {
    if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The last answers, by full name. That an image is not there is not kept: somebody may push it any time.
pub(super) type Cache = Mutex<BTreeMap<String, (Instant, String)>>;

/// Looks for `wanted`, unless it was found at `not_before` or later.
///
/// An image that was found once under this name stays resolved when it is gone or cannot be asked for, with a warning: what runs is
/// not taken down because of it.
///
/// # Errors
/// The fault of asking, if there is nothing to fall back to.
pub(super) async fn resolve(
    scope: &Scope,
    wanted: &WantedImage,
    not_before: Instant,
    now: Instant,
) -> Result<(Image, Option<Warning>), Fault> {
    let WantedImage { repository, reference, last } = wanted;
    let repository_uri = match repository {
        WantedRepository::Own(name) => repository_uri(&scope.partition, &scope.account, &scope.region, name),
        WantedRepository::Uri(uri) => uri.clone(),
    };
    let found = digest(scope, &repository_uri, reference, not_before, now).await;
    let known = last.clone().filter(|it| it.repository_uri == repository_uri && it.reference == *reference);
    match (found, known) {
        (Ok(Some(digest)), _) => {
            let reference = reference.clone();
            Ok((Image::Resolved(ResolvedImage { repository_uri, reference, digest }), None))
        }
        (Ok(None), Some(known)) => {
            let message = format!(
                "{} is not in its repository any more: tasks that run go on, new ones cannot start; push it again",
                known.pinned()
            );
            Ok((Image::Resolved(known), Some(Warning { reason: "ImageGone", message })))
        }
        (Ok(None), None) => {
            Ok((Image::NotFound { repository_uri, reference: reference.clone(), last: last.clone() }, None))
        }
        (Err(fault), Some(known)) => {
            let message = format!("{} cannot be looked for ({}): {} goes on", known.name(), fault.code, known.digest);
            Ok((Image::Resolved(known), Some(Warning { reason: "ImageNotLookedFor", message })))
        }
        (Err(fault), None) => Err(fault),
    }
}

async fn digest(
    scope: &Scope,
    repository_uri: &str,
    reference: &Reference,
    not_before: Instant,
    now: Instant,
) -> Result<Option<String>, Fault> {
    let name = format!("{repository_uri}{reference}");
    let known = scope.facts.images.lock().await.get(&name).cloned();
    if let Some((asked, digest)) = known
        && asked >= not_before
    {
        return Ok(Some(digest));
    }
    let found = ask(&scope.cloud.ecr, repository_uri, reference).await?;
    let mut images = scope.facts.images.lock().await;
    images.retain(|_, (asked, _)| now.saturating_duration_since(*asked) < FORGOTTEN);
    match &found {
        Some(digest) => images.insert(name, (now, digest.clone())),
        None => images.remove(&name),
    };
    Ok(found)
}

/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html>: refuses what it does not find, image or
/// repository.
async fn ask(ecr: &Ecr, repository_uri: &str, reference: &Reference) -> Result<Option<String>, Fault> {
    let (registry, repository) = repository_uri.split_once('/').unwrap_or(("", repository_uri));
    let image = match reference {
        Reference::Tag(tag) => ImageIdentifier::builder().image_tag(tag),
        Reference::Digest(digest) => ImageIdentifier::builder().image_digest(digest),
    };
    let account = registry.split('.').next().filter(|account| !account.is_empty());
    let call = ecr
        .reads()
        .describe_images()
        .set_registry_id(account.map(Into::into))
        .repository_name(repository)
        .image_ids(image.build());
    match ecr.read("DescribeImages", call.send()).await {
        Ok(answer) => Ok(answer.image_details().iter().find_map(|image| image.image_digest().map(Into::into))),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests;
