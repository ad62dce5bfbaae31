//! The way in: the API, its domain, and who says who may use it.

use super::compose::{Sketch, id_of};
use super::{Part, Picture, Shape};
use crate::api::spec::Auth;
use crate::aws::{Body, DomainName, HttpApi, Issuer, Resource as _, UserPool, VpcLink};

/// Who calls the API.
pub(super) const USER: &str = "user";
/// Who issues tokens that no pool of Cognito issues.
const ISSUER: &str = "issuer";

/// What is not in the account: an issuer of the user's own.
pub(super) fn elsewhere(sketch: &Sketch<'_>) -> Option<Part> {
    match &sketch.spec.auth {
        Auth::External(external) => {
            let label = ["Issuer of tokens".to_owned(), external.issuer.clone()];
            Some(Part::Outside(Shape::new(ISSUER, label).brought()))
        }
        Auth::Cognito(_) => None,
    }
}

/// Everything in front of the VPC.
pub(super) fn parts(sketch: &Sketch<'_>) -> Vec<Part> {
    let built = sketch.bodies().filter_map(|body| match body {
        Body::DomainName(it) => {
            Some(Shape::new(id_of::<DomainName>(it.name), ["Domain name".to_owned(), it.domain.clone()]))
        }
        Body::HttpApi(it) => {
            let routes = sketch.bodies().filter(|body| matches!(body, Body::ApiRoute(_))).count();
            let routes = if routes == 1 { "1 route".to_owned() } else { format!("{routes} routes") };
            Some(Shape::new(id_of::<HttpApi>(it.name), ["API Gateway".to_owned(), it.api_name.clone(), routes]))
        }
        Body::UserPool(it) => {
            Some(Shape::new(id_of::<UserPool>(it.name), ["Cognito user pool".to_owned(), it.pool_name.clone()]))
        }
        _ => None,
    });
    let given = sketch
        .given(UserPool::KIND)
        .map(|(key, id)| Shape::new(key.to_string(), ["Cognito user pool".to_owned(), id.to_owned()]).brought());
    built.chain(given).map(Part::Single).collect()
}

/// From the user to the VPC link.
pub(super) fn arrows(sketch: &Sketch<'_>, picture: &mut Picture) {
    let api = id_of::<HttpApi>("main");
    let issuer = sketch.first(|body| match body {
        Body::Authorizer(it) => Some(&it.issuer),
        _ => None,
    });
    let token = issuer.map(|_| "JWT".to_owned());
    let domain = sketch.first(|body| match body {
        Body::DomainName(it) => Some(id_of::<DomainName>(it.name)),
        _ => None,
    });
    match domain {
        Some(domain) => {
            picture.arrow(USER, &domain, token);
            picture.arrow(&domain, &api, None);
        }
        None => picture.arrow(USER, &api, token),
    }
    let authority = match issuer {
        Some(Issuer::Pool { pool, .. }) => Some(pool.key().to_string()),
        Some(Issuer::External { .. }) => Some(ISSUER.to_owned()),
        None => None,
    };
    if let Some(authority) = authority {
        picture.arrow(&api, &authority, Some("Authorize".to_owned()));
    }
    let link = sketch.first(|body| match body {
        Body::Integration(it) => Some(it.vpc_link.key().to_string()),
        _ => None,
    });
    if let Some(link) = link {
        picture.arrow(&api, &link, Some("private integration".to_owned()));
    }
}

/// The VPC link, drawn where its interfaces are: in the VPC.
pub(super) fn link(sketch: &Sketch<'_>) -> Option<Part> {
    sketch.first(|body| match body {
        Body::VpcLink(it) => Some(Part::Single(Shape::new(id_of::<VpcLink>(it.name), ["VPC link".to_owned()]))),
        _ => None,
    })
}
