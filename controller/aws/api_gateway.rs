//! What the kinds of API Gateway share: ARNs, pages, and the content of an API that is ours.
//!
//! Integrations, authorizers and routes cannot carry tags. Whatever is in an API of ours is ours: what is not declared there goes.

use std::collections::BTreeSet;

use aws_config::Region;
use engine::{Fault, Id};

use super::cloud::ApiGateway;
use super::domain_name::DomainName;
use super::fault::is_not_found;
use super::http_api::HttpApi;
use super::resource::Resource as _;
use super::sources::{Details, Look};

/// Something as a list shows it, and the ARN by which its tags are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged<T> {
    /// Its ARN.
    pub arn: String,
    /// What the list shows.
    pub it: T,
}

/// The ARN of what stands at `path`, for example `apis/a1b2c3`.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
pub(super) fn arn(api: &ApiGateway, path: &str) -> String {
    let region = api.reads().config().region().map(Region::as_ref).unwrap_or_default();
    let partition = match region {
        china if china.starts_with("cn-") => "aws-cn",
        gov if gov.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:apigateway:{region}::/{path}")
}

/// The id of what AWS calls `child` within `parent`: unique in an API only.
pub(super) fn child(parent: &str, child: &str) -> Id {
    Id::from(format!("{parent}/{child}"))
}

/// The parent and what AWS calls the child; a parent alone has none.
pub(super) fn split(id: &Id) -> (&str, Option<&str>) {
    id.as_str().split_once('/').map_or((id.as_str(), None), |(parent, child)| (parent, Some(child)))
}

/// The child's own id in a call.
pub(super) fn own(id: &Id) -> &str {
    split(id).1.unwrap_or_default()
}

/// The stack's APIs: whose content is asked for.
pub(super) fn apis(look: &Look<'_>) -> BTreeSet<Id> {
    HttpApi::read(look.view, look.owner).into_iter().map(|live| live.id).collect()
}

/// The stack's domain names: whose mappings are asked for.
pub(super) fn domains(look: &Look<'_>) -> BTreeSet<Id> {
    DomainName::read(look.view, look.owner).into_iter().map(|live| live.id).collect()
}

/// Every item of the stack's APIs with the id of its API.
pub(super) fn content<T>(details: &Details<Vec<T>>) -> impl Iterator<Item = (&Id, &T)> {
    details.iter().flat_map(|(api, items)| items.iter().map(move |item| (api, item)))
}

/// What is known of a child that was asked for by its own id: that it stands, or that it does not. What it is like is in the list of
/// its parent only, and is waited for there.
pub(super) fn stands<T, I>(answer: Result<T, Fault>) -> Result<Option<Vec<I>>, Fault> {
    Ok(known(answer)?.map(|_| Vec::new()))
}

/// `None` for what AWS does not know.
pub(super) fn known<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// All items of a paged question: the service's SDK offers no paginator.
macro_rules! pages {
    ($api:ident, $operation:literal, $call:expr) => {{
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = $api.read($operation, $call.set_next_token(token.take()).send()).await?;
            items.extend(answer.items.unwrap_or_default());
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break items;
            }
        }
    }};
}
pub(super) use pages;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::wire::Wire;

    #[test]
    fn ids_of_content_name_their_parent() {
        let id = child("a1", "$default");
        assert_eq!((id.as_str(), split(&id), own(&id)), ("a1/$default", ("a1", Some("$default")), "$default"));
        assert_eq!(split(&Id::from("a1")), ("a1", None));
    }

    #[test]
    fn arns_are_those_of_the_region() {
        assert_eq!(arn(&Wire::default().cloud().api, "apis/a1"), "arn:aws:apigateway:eu-west-1::/apis/a1");
    }
}
