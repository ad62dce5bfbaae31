//! The repository of the service's images.

use super::Draft;
use crate::api::Spec;
use crate::api::spec::{Registry, Repository as Declared};
use crate::aws::facts::{Facts, repository_uri};
use crate::aws::{ARN, Repository, Resource, URI};

/// Adds the repository, built or brought.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    match &spec.registry {
        Registry::Own(declared) => draft.node(repository(declared)),
        Registry::Brought(name) => {
            let uri = repository_uri(&facts.partition, &facts.account, &facts.region, name);
            let attributes = [(ARN, super::names::repository_arn(spec, facts)), (URI, uri)];
            draft.given_with(Repository::reference("main").key(), name, attributes);
        }
    }
}

fn repository(declared: &Declared) -> Repository {
    let Declared { name, tag_immutability, scan_on_push, keep_images, kms_key_arn } = declared;
    Repository {
        repository_name: name.clone(),
        immutable_tags: *tag_immutability,
        scan_on_push: *scan_on_push,
        kms_key_arn: kms_key_arn.clone(),
        keep_images: *keep_images,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{bodies, graph, spec};
    use super::*;
    use crate::aws::Body;

    #[test]
    fn a_repository_is_built_as_declared() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let registry = json!({
            "name": "team/images", "tagImmutability": false, "scanOnPush": false, "keepImages": 5,
            "encryption": {"kmsKeyArn": key},
        });
        let declared = Repository {
            repository_name: "team/images".into(),
            immutable_tags: false,
            scan_on_push: false,
            kms_key_arn: Some(key.into()),
            keep_images: 5,
        };
        let default = Repository {
            repository_name: "shop/orders".into(),
            immutable_tags: true,
            scan_on_push: true,
            kms_key_arn: None,
            keep_images: 30,
        };
        for (changes, expected) in [(json!({"registry": registry}), declared), (json!({}), default)] {
            let repositories = bodies(&spec(changes)).into_iter().filter_map(|body| match body {
                Body::Repository(repository) => Some(repository),
                _ => None,
            });
            assert_eq!(repositories.collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn a_brought_repository_is_given_with_where_to_push() {
        let graph = graph(&spec(json!({"registry": {"existing": {"repositoryName": "theirs"}}})));
        let given = &graph.given()[Repository::reference("main").key()];
        assert_eq!(given.id.as_str(), "theirs");
        assert_eq!(given.attributes[ARN], "arn:aws:ecr:eu-west-1:111122223333:repository/theirs");
        assert_eq!(given.attributes[URI], "111122223333.dkr.ecr.eu-west-1.amazonaws.com/theirs");
    }
}
