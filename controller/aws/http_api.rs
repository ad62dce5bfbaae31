//! HTTP API of API Gateway.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{Api as Sdk, Cors, ProtocolType};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags};

use super::api_gateway::{Tagged, arn, known, pages};
use super::call::{Call, DELETE, GET, PATCH, POST, SERVICE_ROLE, request};
use super::clients::{from_map, to_map};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found};
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Listing, Question, View, answered};

/// The attribute with the URL that AWS gives to the API.
pub const ENDPOINT: &str = "apiEndpoint";

/// An HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpApi {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its name in AWS, up to 128 characters.
    pub api_name: String,
    /// Cross-origin rules, which the API then answers by itself.
    pub cors: Option<CorsRules>,
}

/// Cross-origin rules. Names of headers and methods are not told apart by case.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRules {
    /// Origins that may call.
    pub origins: BTreeSet<String>,
    /// Methods that they may use, in upper case.
    pub methods: BTreeSet<String>,
    /// Headers that they may send, in lower case.
    pub headers: BTreeSet<String>,
    /// Headers that scripts may read, in lower case.
    pub exposed: BTreeSet<String>,
    /// Whether browsers may send cookies.
    pub credentials: bool,
    /// Seconds for which a browser may keep the answer.
    pub max_age: i32,
}

impl CorsRules {
    fn read(cors: &Cors) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self {
            origins: cors.allow_origins().iter().cloned().collect(),
            methods: cors.allow_methods().iter().map(|method| method.to_ascii_uppercase()).collect(),
            headers: lower(cors.allow_headers()),
            exposed: lower(cors.expose_headers()),
            credentials: cors.allow_credentials().unwrap_or_default(),
            max_age: cors.max_age().unwrap_or_default(),
        }
    }

    fn to_sdk(&self) -> Cors {
        let list = |names: &BTreeSet<String>| Some(names.iter().cloned().collect());
        Cors::builder()
            .set_allow_origins(list(&self.origins))
            .set_allow_methods(list(&self.methods))
            .set_allow_headers(list(&self.headers))
            .set_expose_headers(list(&self.exposed))
            .allow_credentials(self.credentials)
            .max_age(self.max_age)
            .build()
    }
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpApiSeen {
    /// `HTTP` or another protocol.
    pub protocol: String,
    /// Its name.
    pub api_name: String,
    /// Its cross-origin rules.
    pub cors: Option<CorsRules>,
    /// Whether it is reached by a domain name of the user's own only.
    pub default_endpoint_disabled: bool,
}

/// `GetApis`.
pub struct HttpApis;

impl Listing for HttpApis {
    type Client = ApiClient;
    type Item = Tagged<Sdk>;

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>
    async fn list(api: &ApiGateway) -> Result<Vec<Tagged<Sdk>>, Fault> {
        let apis = pages!(api, "GetApis", api.reads().get_apis());
        Ok(apis.into_iter().map(|it| tagged(api, it)).collect())
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html>
    async fn find(api: &ApiGateway, id: &Id) -> Result<Option<Tagged<Sdk>>, Fault> {
        let found = known(api.read("GetApi", api.reads().get_api().api_id(id.as_str()).send()).await)?;
        Ok(found.map(|it| {
            let found = Sdk::builder()
                .set_api_endpoint(it.api_endpoint)
                .set_api_id(it.api_id)
                .set_cors_configuration(it.cors_configuration)
                .set_created_date(it.created_date)
                .set_disable_execute_api_endpoint(it.disable_execute_api_endpoint)
                .set_name(it.name)
                .set_protocol_type(it.protocol_type)
                .set_tags(it.tags)
                .build();
            tagged(api, found)
        }))
    }

    fn mark(item: &Tagged<Sdk>) -> Option<(Id, Tags)> {
        Some((Id::from(item.it.api_id()?), from_map(item.it.tags())))
    }
}

fn tagged(api: &ApiGateway, it: Sdk) -> Tagged<Sdk> {
    Tagged { arn: arn(api, &format!("apis/{}", it.api_id().unwrap_or_default())), it }
}

impl Resource for HttpApi {
    type Seen = HttpApiSeen;
    type Client = ApiClient;

    const KIND: Kind = Kind { order: 280, name: "api", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::HttpApis];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetApi"),
        request(GET, "apigateway:GetApis"),
        request(POST, "apigateway:CreateApi").with(&[SERVICE_ROLE]),
        request(PATCH, "apigateway:UpdateApi"),
        request(POST, "apigateway:TagResource"),
        request(DELETE, "apigateway:UntagResource"),
        request(DELETE, "apigateway:DeleteApi"),
        request(DELETE, "apigateway:DeleteCorsConfiguration"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &HttpApiSeen, _: &Ids) -> Comparison {
        let HttpApiSeen { protocol, api_name, cors, default_endpoint_disabled } = seen;
        Comparison::default()
            .fixed("protocol", ProtocolType::Http.as_str(), protocol.as_str())
            .field("name", &self.api_name, api_name)
            .field("cors", &self.cors, cors)
            .field("defaultEndpointDisabled", &false, default_endpoint_disabled)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<HttpApiSeen>> {
        let read = |Tagged { arn, it }: &Tagged<Sdk>| {
            let (key, attempt) = owner.mark_of(Self::KIND, &it.tags())?;
            let tags = from_map(it.tags());
            Some(Live {
                key,
                attempt,
                id: Id::from(it.api_id()?),
                attributes: attributes(arn, it.api_endpoint()),
                phase: Phase::Ready,
                on: Vec::new(),
                seen: HttpApiSeen {
                    protocol: it.protocol_type().map(ProtocolType::as_str).unwrap_or_default().to_owned(),
                    api_name: it.name().unwrap_or_default().to_owned(),
                    cors: it.cors_configuration().map(CorsRules::read),
                    default_endpoint_disabled: it.disable_execute_api_endpoint().unwrap_or_default(),
                },
                within: None,
                tags,
                created: it.created_date().map(aws_smithy_types::DateTime::secs),
            })
        };
        answered(&view.listed.http_apis).iter().filter_map(read).collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>
    async fn create(&self, api: &ApiGateway, _: &Ids, mark: &Mark) -> Result<Live<HttpApiSeen>, Fault> {
        const OPERATION: &str = "CreateApi";
        let call = api
            .writes()
            .create_api()
            .name(&self.api_name)
            .protocol_type(ProtocolType::Http)
            .set_cors_configuration(self.cors.as_ref().map(CorsRules::to_sdk))
            .set_tags(Some(to_map(&mark.tags)));
        let made = api.write(OPERATION, call.send()).await?;
        let id = made.api_id().ok_or_else(|| incomplete(OPERATION, "apiId"))?;
        let live = mark.live(id, Phase::Ready, self.as_declared());
        Ok(Live { attributes: attributes(&arn(api, &format!("apis/{id}")), made.api_endpoint()), ..live })
    }

    /// - <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html>
    /// - <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-cors.html>: the only way to have none
    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<HttpApiSeen>,
        changes: &[Change],
        _: &Ids,
    ) -> Result<Live<HttpApiSeen>, Fault> {
        let id = live.id.as_str();
        let drops_cors = self.cors.is_none() && live.seen.cors.is_some();
        if drops_cors {
            let call = api.writes().delete_cors_configuration().api_id(id);
            api.write("DeleteCorsConfiguration", call.send()).await?;
        }
        if changes.iter().any(|change| change.field != "cors" || !drops_cors) {
            let call = api
                .writes()
                .update_api()
                .api_id(id)
                .name(&self.api_name)
                .set_cors_configuration(self.cors.as_ref().map(CorsRules::to_sdk))
                .disable_execute_api_endpoint(false);
            api.write("UpdateApi", call.send()).await?;
        }
        Ok(Live { seen: self.as_declared(), ..live.clone() })
    }

    /// Takes integrations, authorizers, routes and stages with it; refused while a domain name leads to it.
    async fn delete(api: &ApiGateway, live: &Live<HttpApiSeen>) -> Result<Deletion, Fault> {
        match api.write("DeleteApi", api.writes().delete_api().api_id(live.id.as_str()).send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl HttpApi {
    fn as_declared(&self) -> HttpApiSeen {
        HttpApiSeen {
            protocol: ProtocolType::Http.as_str().to_owned(),
            api_name: self.api_name.clone(),
            cors: self.cors.clone(),
            default_endpoint_disabled: false,
        }
    }
}

fn attributes(arn: &str, endpoint: Option<&str>) -> engine::Attributes {
    let endpoint = endpoint.map(|endpoint| (ENDPOINT.into(), endpoint.to_owned()));
    std::iter::once((ARN.into(), arn.to_owned())).chain(endpoint).collect()
}

#[cfg(test)]
mod tests;
