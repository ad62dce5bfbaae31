//! The image of the service: the memory of it, and what to do when it is missing.

use super::pass::Pass;
use super::reasons::Reason;
use crate::api::Status;
use crate::api::status::{ImageStatus, ServiceStatus};
use crate::aws::facts::{Image, Reference, ResolvedImage};

/// The image that earlier passes last found.
#[must_use]
pub fn last_image(status: &Status) -> Option<ResolvedImage> {
    let image = status.service.as_ref()?.image.as_ref()?;
    ResolvedImage::parse(&image.name, &image.digest)
}

/// The service at a glance, with the image that is known now.
pub(super) fn remembered<S>(pass: &Pass<'_, S>, service: Option<ServiceStatus>) -> Option<ServiceStatus> {
    let Some(image) = pass.facts.and_then(|facts| facts.image.to_run()) else { return service };
    let image = ImageStatus { name: image.name(), digest: image.digest.clone() };
    Some(ServiceStatus { image: Some(image), ..service.unwrap_or_default() })
}

/// That the declared image is in no repository, and how to push it; `None` if it stands.
pub(super) fn missing<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let facts = pass.facts.filter(|_| !pass.deleting)?;
    let Image::NotFound { repository_uri, reference, last } = &facts.image else { return None };
    let registry = repository_uri.split('/').next().unwrap_or_default();
    let login = format!(
        "aws ecr get-login-password --region {} | docker login --username AWS --password-stdin {registry}",
        facts.region
    );
    let fix = match reference {
        Reference::Tag(tag) => format!("push it: `{login}; docker push {repository_uri}:{tag}`"),
        Reference::Digest(_) => "push it, or correct spec.service.image".to_owned(),
    };
    let meanwhile = last.as_ref().map_or_else(String::new, |last| format!("; tasks go on with {}", last.name()));
    Some((Reason::ImageNotFound, format!("{repository_uri}{reference} does not exist: {fix}{meanwhile}")))
}
