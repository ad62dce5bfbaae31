//! Route of an HTTP API: which requests go where, and who may send them. Known by its key in an API of ours.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{AuthorizationType, Route as Sdk};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
    Unresolved,
};

use super::api_gateway::{apis, child, content, known, own, pages, split, stands};
use super::call::{Call, DELETE, GET, PATCH, POST, request};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{Authorizer, HttpApi, Integration};

/// Who may use a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Everybody.
    Open,
    /// Who has a token that the authorizer accepts, with one of the scopes if there are any.
    Token {
        /// What checks the token.
        authorizer: Ref<Authorizer>,
        /// Scopes of which the token must carry one.
        scopes: BTreeSet<String>,
    },
}

/// A route to an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRoute {
    /// `$default`, or a method and a path: its name here and in AWS. Fixed at creation.
    pub route_key: String,
    /// Its API. Fixed at creation.
    pub api: Ref<HttpApi>,
    /// Where its requests go.
    pub integration: Ref<Integration>,
    /// Who may use it.
    pub admission: Admission,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRouteSeen {
    /// Its API.
    pub api: String,
    /// Its key.
    pub route_key: String,
    /// The integration behind it.
    pub integration: String,
    /// Who may use it.
    pub admission: AdmissionSeen,
}

/// Who may use a route, as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionSeen {
    /// `NONE`, `JWT` or another.
    pub authorization_type: String,
    /// The authorizer; empty unless one is asked.
    pub authorizer: String,
    /// Scopes; empty unless a token is asked for.
    pub scopes: BTreeSet<String>,
}

impl Admission {
    fn resolved(&self, ids: &Ids) -> Result<AdmissionSeen, Unresolved> {
        Ok(match self {
            Self::Open => AdmissionSeen {
                authorization_type: AuthorizationType::None.as_str().to_owned(),
                authorizer: String::new(),
                scopes: BTreeSet::new(),
            },
            Self::Token { authorizer, scopes } => AdmissionSeen {
                authorization_type: AuthorizationType::Jwt.as_str().to_owned(),
                authorizer: ids.of(authorizer)?.as_str().to_owned(),
                scopes: scopes.clone(),
            },
        })
    }
}

impl AdmissionSeen {
    fn kind(&self) -> AuthorizationType {
        AuthorizationType::from(self.authorization_type.as_str())
    }

    /// The authorizer as a call takes it.
    fn authorizer_id(&self) -> Option<String> {
        (!self.authorizer.is_empty()).then(|| own(&Id::from(self.authorizer.as_str())).to_owned())
    }

    fn scopes(&self) -> Vec<String> {
        self.scopes.iter().cloned().collect()
    }
}

/// `GetRoutes` of the stack's APIs.
pub struct ApiRoutes;

impl Detail for ApiRoutes {
    type Client = ApiClient;
    type Item = Vec<Sdk>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        apis(look)
    }

    async fn ask(api: &ApiGateway, subject: &Id) -> Result<Option<Vec<Sdk>>, Fault> {
        match split(subject) {
            (parent, Some(own)) => {
                let call = api.reads().get_route().api_id(parent).route_id(own);
                stands(api.read("GetRoute", call.send()).await)
            }
            (parent, None) => known(list(api, parent).await),
        }
    }

    fn tags(_: &Vec<Sdk>) -> Option<Tags> {
        None
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>
async fn list(api: &ApiGateway, parent: &str) -> Result<Vec<Sdk>, Fault> {
    let call = api.reads().get_routes().api_id(parent);
    Ok(pages!(api, "GetRoutes", call.clone()))
}

impl Resource for ApiRoute {
    type Seen = ApiRouteSeen;
    type Client = ApiClient;

    const KIND: Kind = Kind { order: 310, name: "route", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::ApiRoutes, Question::HttpApis];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetRoute"),
        request(GET, "apigateway:GetRoutes"),
        request(POST, "apigateway:CreateRoute"),
        request(PATCH, "apigateway:UpdateRoute"),
        request(DELETE, "apigateway:DeleteRoute"),
    ];

    fn name(&self) -> &str {
        &self.route_key
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.api.exists(), self.integration.exists()];
        if let Admission::Token { authorizer, scopes: _ } = &self.admission {
            needs.push(authorizer.exists());
        }
        needs
    }

    fn compare(&self, seen: &ApiRouteSeen, ids: &Ids) -> Comparison {
        let ApiRouteSeen { api, route_key, integration, admission } = seen;
        let table = Comparison::default()
            .fixed_ref("api", ids.of(&self.api), api)
            .fixed("routeKey", &self.route_key, route_key)
            .field_ref("integration", ids.of(&self.integration), integration);
        match self.admission.resolved(ids) {
            Ok(declared) => table.field("admission", &declared, admission),
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    /// Every route of an API of ours.
    fn read(view: &View, _: &Owner) -> Vec<Live<ApiRouteSeen>> {
        content(&view.detailed.api_routes)
            .filter_map(|(api, it)| Some(live(api, it.route_id()?, seen(api, it)?)))
            .collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>
    async fn create(&self, api: &ApiGateway, ids: &Ids, _: &Mark) -> Result<Live<ApiRouteSeen>, Fault> {
        const OPERATION: &str = "CreateRoute";
        let parent = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let declared = self.as_declared(parent.as_str(), ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .create_route()
            .api_id(parent.as_str())
            .route_key(&self.route_key)
            .target(target(&declared.integration))
            .authorization_type(declared.admission.kind())
            .set_authorizer_id(declared.admission.authorizer_id())
            .set_authorization_scopes(Some(declared.admission.scopes()).filter(|scopes| !scopes.is_empty()));
        match api.write(OPERATION, call.send()).await {
            Ok(made) => {
                let own = made.route_id().ok_or_else(|| incomplete(OPERATION, "routeId"))?;
                Ok(live(parent, own, declared))
            }
            // In an API of ours it is ours, whoever made it; an update brings it to what is declared.
            Err(fault) if fault.code == "ConflictException" => {
                let same_key = |it: &Sdk| it.route_key() == Some(&self.route_key);
                let found = list(api, parent.as_str()).await?.into_iter().find(same_key);
                let found = found.and_then(|it| Some(live(parent, it.route_id()?, seen(parent, &it)?)));
                found.ok_or(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<ApiRouteSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<ApiRouteSeen>, Fault> {
        const OPERATION: &str = "UpdateRoute";
        let declared = self.as_declared(&live.seen.api, ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .update_route()
            .api_id(&live.seen.api)
            .route_id(own(&live.id))
            .target(target(&declared.integration))
            .authorization_type(declared.admission.kind())
            .set_authorizer_id(declared.admission.authorizer_id())
            .set_authorization_scopes(Some(declared.admission.scopes()));
        api.write(OPERATION, call.send()).await?;
        Ok(Live { on: hangs_on(&declared), seen: declared, ..live.clone() })
    }

    async fn delete(api: &ApiGateway, live: &Live<ApiRouteSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_route().api_id(&live.seen.api).route_id(own(&live.id));
        match api.write("DeleteRoute", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl ApiRoute {
    fn as_declared(&self, api: &str, ids: &Ids) -> Result<ApiRouteSeen, Unresolved> {
        Ok(ApiRouteSeen {
            api: api.to_owned(),
            route_key: self.route_key.clone(),
            integration: ids.of(&self.integration)?.as_str().to_owned(),
            admission: self.admission.resolved(ids)?,
        })
    }
}

/// An integration as a route's target names it.
fn target(integration: &str) -> String {
    format!("integrations/{}", own(&Id::from(integration)))
}

fn seen(api: &Id, it: &Sdk) -> Option<ApiRouteSeen> {
    let integration = it.target().and_then(|target| target.strip_prefix("integrations/"));
    let kind = it.authorization_type().unwrap_or(&AuthorizationType::None);
    let asked = *kind != AuthorizationType::None;
    let authorizer = it.authorizer_id().filter(|_| asked).map(|own| child(api.as_str(), own).to_string());
    let scopes = it.authorization_scopes().iter().filter(|_| asked).cloned();
    Some(ApiRouteSeen {
        api: api.as_str().to_owned(),
        route_key: it.route_key()?.to_owned(),
        integration: integration.map(|own| child(api.as_str(), own).to_string()).unwrap_or_default(),
        admission: AdmissionSeen {
            authorization_type: kind.as_str().to_owned(),
            authorizer: authorizer.unwrap_or_default(),
            scopes: scopes.collect(),
        },
    })
}

fn live(api: &Id, own: &str, seen: ApiRouteSeen) -> Live<ApiRouteSeen> {
    Live {
        key: Key::new(ApiRoute::KIND, seen.route_key.as_str()),
        attempt: 0,
        id: child(api.as_str(), own),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        on: hangs_on(&seen),
        seen,
        within: Some(api.clone()),
        tags: Tags::new(),
        created: None,
    }
}

/// Integration and authorizer stay while a route leads to them.
fn hangs_on(seen: &ApiRouteSeen) -> Vec<Id> {
    let ids = [&seen.integration, &seen.admission.authorizer].into_iter().filter(|id| !id.is_empty());
    ids.map(|id| Id::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests;
