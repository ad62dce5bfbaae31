//! JWT authorizer of an HTTP API: which tokens are accepted. Known by its name in an API of ours.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{Authorizer as Sdk, AuthorizerType, JwtConfiguration};
use engine::{
    Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
    Unresolved,
};

use super::api_gateway::{apis, child, content, known, own, pages, split, stands};
use super::call::{Call, DELETE, GET, PATCH, POST, request};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{CLIENT_ID, HttpApi, ISSUER, UserPool, UserPoolClient};

/// Where a request carries its token.
const IDENTITY_SOURCE: &str = "$request.header.Authorization";

/// Who issues the tokens, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// A user pool, and the clients whose tokens are accepted.
    Pool {
        /// The pool.
        pool: Ref<UserPool>,
        /// Its clients.
        clients: Vec<Ref<UserPoolClient>>,
    },
    /// An issuer elsewhere.
    External {
        /// Its URL.
        issuer: String,
        /// Accepted values of the tokens' `aud`.
        audience: BTreeSet<String>,
    },
}

impl Issuer {
    /// The issuer's URL and the accepted audiences.
    fn resolved(&self, ids: &Ids) -> Result<(String, BTreeSet<String>), Unresolved> {
        Ok(match self {
            Self::Pool { pool, clients } => {
                let audience = clients.iter().map(|client| ids.attribute(client, CLIENT_ID).map(str::to_owned));
                (ids.attribute(pool, ISSUER)?.to_owned(), audience.collect::<Result<_, _>>()?)
            }
            Self::External { issuer, audience } => (issuer.clone(), audience.clone()),
        })
    }
}

/// What checks the tokens of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Which one, and its name in AWS: `jwt`.
    pub name: &'static str,
    /// Its API. Fixed at creation.
    pub api: Ref<HttpApi>,
    /// Whose tokens are accepted.
    pub issuer: Issuer,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerSeen {
    /// Its API.
    pub api: String,
    /// `JWT` or another type.
    pub authorizer_type: String,
    /// URL of the issuer.
    pub issuer: String,
    /// Accepted audiences.
    pub audience: BTreeSet<String>,
    /// Where requests carry their token.
    pub identity_source: Vec<String>,
}

/// `GetAuthorizers` of the stack's APIs.
pub struct Authorizers;

impl Detail for Authorizers {
    type Client = ApiClient;
    type Item = Vec<Sdk>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        apis(look)
    }

    async fn ask(api: &ApiGateway, subject: &Id) -> Result<Option<Vec<Sdk>>, Fault> {
        match split(subject) {
            (parent, Some(own)) => {
                let call = api.reads().get_authorizer().api_id(parent).authorizer_id(own);
                stands(api.read("GetAuthorizer", call.send()).await)
            }
            (parent, None) => known(list(api, parent).await),
        }
    }

    fn tags(_: &Vec<Sdk>) -> Option<Tags> {
        None
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html>
async fn list(api: &ApiGateway, parent: &str) -> Result<Vec<Sdk>, Fault> {
    let call = api.reads().get_authorizers().api_id(parent);
    Ok(pages!(api, "GetAuthorizers", call.clone()))
}

impl Resource for Authorizer {
    type Seen = AuthorizerSeen;
    type Client = ApiClient;

    const KIND: Kind =
        Kind { order: 300, name: "authorizer", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::Authorizers, Question::HttpApis];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetAuthorizer"),
        request(GET, "apigateway:GetAuthorizers"),
        request(POST, "apigateway:CreateAuthorizer"),
        request(PATCH, "apigateway:UpdateAuthorizer"),
        request(DELETE, "apigateway:DeleteAuthorizer"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    /// The pool must be ready: AWS reads the issuer's discovery document.
    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.api.exists()];
        if let Issuer::Pool { pool, clients } = &self.issuer {
            needs.push(pool.ready());
            needs.extend(clients.iter().map(Ref::exists));
        }
        needs
    }

    fn compare(&self, seen: &AuthorizerSeen, ids: &Ids) -> Comparison {
        let AuthorizerSeen { api, authorizer_type, issuer, audience, identity_source } = seen;
        let table = Comparison::default()
            .fixed_ref("api", ids.of(&self.api), api)
            .field("type", AuthorizerType::Jwt.as_str(), authorizer_type.as_str())
            .field("identitySource", [IDENTITY_SOURCE.to_owned()].as_slice(), identity_source.as_slice());
        match self.issuer.resolved(ids) {
            Ok((declared, accepted)) => table.field("issuer", &declared, issuer).field("audience", &accepted, audience),
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    /// Every authorizer of an API of ours.
    fn read(view: &View, _: &Owner) -> Vec<Live<AuthorizerSeen>> {
        content(&view.detailed.authorizers)
            .filter_map(|(api, it)| {
                let key = Key::new(Self::KIND, it.name()?);
                Some(live(key, api, it.authorizer_id()?, seen(api, it)))
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html>
    ///
    /// Looks first: whether AWS refuses a second one of the same name is not documented.
    async fn create(&self, api: &ApiGateway, ids: &Ids, mark: &Mark) -> Result<Live<AuthorizerSeen>, Fault> {
        const OPERATION: &str = "CreateAuthorizer";
        let parent = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let (issuer, audience) = self.issuer.resolved(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let same_name = |it: &Sdk| it.name() == Some(self.name);
        if let Some(found) = list(api, parent.as_str()).await?.into_iter().find(same_name) {
            let own = found.authorizer_id().ok_or_else(|| incomplete("GetAuthorizers", "authorizerId"))?;
            return Ok(live(mark.key.clone(), parent, own, seen(parent, &found)));
        }
        let call = api
            .writes()
            .create_authorizer()
            .api_id(parent.as_str())
            .name(self.name)
            .authorizer_type(AuthorizerType::Jwt)
            .identity_source(IDENTITY_SOURCE)
            .jwt_configuration(configuration(&issuer, &audience));
        let made = api.write(OPERATION, call.send()).await.map_err(|fault| self.soon(fault))?;
        let own = made.authorizer_id().ok_or_else(|| incomplete(OPERATION, "authorizerId"))?;
        Ok(live(mark.key.clone(), parent, own, as_declared(parent.as_str(), issuer, audience)))
    }

    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<AuthorizerSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<AuthorizerSeen>, Fault> {
        const OPERATION: &str = "UpdateAuthorizer";
        let (issuer, audience) = self.issuer.resolved(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .update_authorizer()
            .api_id(&live.seen.api)
            .authorizer_id(own(&live.id))
            .name(self.name)
            .authorizer_type(AuthorizerType::Jwt)
            .identity_source(IDENTITY_SOURCE)
            .jwt_configuration(configuration(&issuer, &audience));
        api.write(OPERATION, call.send()).await.map_err(|fault| self.soon(fault))?;
        Ok(Live { seen: as_declared(&live.seen.api, issuer, audience), ..live.clone() })
    }

    async fn delete(api: &ApiGateway, live: &Live<AuthorizerSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_authorizer().api_id(&live.seen.api).authorizer_id(own(&live.id));
        match api.write("DeleteAuthorizer", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl Authorizer {
    /// A pool that was made just now may not serve its discovery document yet: that passes. What an issuer elsewhere does not
    /// serve, somebody has to look at.
    fn soon(&self, fault: Fault) -> Fault {
        match &self.issuer {
            Issuer::Pool { .. } if fault.code == "BadRequestException" => Fault { class: Class::NotYet, ..fault },
            Issuer::Pool { .. } | Issuer::External { .. } => fault,
        }
    }
}

fn configuration(issuer: &str, audience: &BTreeSet<String>) -> JwtConfiguration {
    JwtConfiguration::builder().issuer(issuer).set_audience(Some(audience.iter().cloned().collect())).build()
}

fn as_declared(api: &str, issuer: String, audience: BTreeSet<String>) -> AuthorizerSeen {
    AuthorizerSeen {
        api: api.to_owned(),
        authorizer_type: AuthorizerType::Jwt.as_str().to_owned(),
        issuer,
        audience,
        identity_source: vec![IDENTITY_SOURCE.to_owned()],
    }
}

fn seen(api: &Id, it: &Sdk) -> AuthorizerSeen {
    let jwt = it.jwt_configuration();
    AuthorizerSeen {
        api: api.as_str().to_owned(),
        authorizer_type: it.authorizer_type().map(AuthorizerType::as_str).unwrap_or_default().to_owned(),
        issuer: jwt.and_then(JwtConfiguration::issuer).unwrap_or_default().to_owned(),
        audience: jwt.map(JwtConfiguration::audience).unwrap_or_default().iter().cloned().collect(),
        identity_source: it.identity_source().to_vec(),
    }
}

fn live(key: Key, api: &Id, own: &str, seen: AuthorizerSeen) -> Live<AuthorizerSeen> {
    Live {
        key,
        attempt: 0,
        id: child(api.as_str(), own),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        seen,
        on: Vec::new(),
        within: Some(api.clone()),
        tags: Tags::new(),
        created: None,
    }
}

#[cfg(test)]
mod tests;
