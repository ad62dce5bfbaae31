//! Private integration: what an API does with a request. Its description carries the mark that it cannot carry as tags.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html>

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{ConnectionType, Integration as Sdk, IntegrationType};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::api_gateway::{apis, child, content, known, own, pages, split, stands};
use super::call::{Call, DELETE, GET, PATCH, POST, request};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{HttpApi, Listener, VpcLink};

/// The only payload format that a private integration takes.
const PAYLOAD: &str = "1.0";
/// Milliseconds for which the service is waited for: the longest that AWS allows.
const TIMEOUT: i32 = 30_000;
/// Without it the name of a stage other than `$default` would be part of the path that the service gets.
const PATH: (&str, &str) = ("overwrite:path", "$request.path");

/// The way from an API to a listener in a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its API. Fixed at creation.
    pub api: Ref<HttpApi>,
    /// The link that it goes through.
    pub vpc_link: Ref<VpcLink>,
    /// Where it ends.
    pub listener: Ref<Listener>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationSeen {
    /// Its API.
    pub api: String,
    /// Type, connection type, method and payload format.
    pub form: Form,
    /// The VPC link.
    pub connection: String,
    /// The listener.
    pub uri: String,
    /// Milliseconds for which the service is waited for.
    pub timeout: i32,
    /// What is changed in requests.
    pub parameters: BTreeMap<String, String>,
}

/// What makes an integration a private one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// `HTTP_PROXY` or another.
    pub integration_type: String,
    /// `VPC_LINK` or another.
    pub connection_type: String,
    /// Method of the request to the service.
    pub method: String,
    /// Payload format.
    pub payload: String,
}

impl Form {
    fn private() -> Self {
        Self {
            integration_type: IntegrationType::HttpProxy.as_str().to_owned(),
            connection_type: ConnectionType::VpcLink.as_str().to_owned(),
            method: "ANY".to_owned(),
            payload: PAYLOAD.to_owned(),
        }
    }
}

/// `GetIntegrations` of the stack's APIs.
pub struct Integrations;

impl Detail for Integrations {
    type Client = ApiClient;
    type Item = Vec<Sdk>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        apis(look)
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html>
    async fn ask(api: &ApiGateway, subject: &Id) -> Result<Option<Vec<Sdk>>, Fault> {
        if let (parent, Some(own)) = split(subject) {
            let call = api.reads().get_integration().api_id(parent).integration_id(own);
            return stands(api.read("GetIntegration", call.send()).await);
        }
        let list = async {
            let call = api.reads().get_integrations().api_id(subject.as_str());
            Ok(pages!(api, "GetIntegrations", call.clone()))
        };
        known(list.await)
    }

    fn tags(_: &Vec<Sdk>) -> Option<Tags> {
        None
    }
}

impl Resource for Integration {
    type Seen = IntegrationSeen;
    type Client = ApiClient;

    const KIND: Kind = Kind { order: 290, name: "integration", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::Integrations, Question::HttpApis];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetIntegration"),
        request(GET, "apigateway:GetIntegrations"),
        request(POST, "apigateway:CreateIntegration"),
        request(PATCH, "apigateway:UpdateIntegration"),
        request(DELETE, "apigateway:DeleteIntegration"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    /// The link must be ready: requests that a pending one gets fail, and the way over an older link is to work until then.
    fn needs(&self) -> Vec<Need> {
        vec![self.api.exists(), self.vpc_link.ready(), self.listener.exists()]
    }

    fn compare(&self, seen: &IntegrationSeen, ids: &Ids) -> Comparison {
        let IntegrationSeen { api, form, connection, uri, timeout, parameters } = seen;
        Comparison::default()
            .fixed_ref("api", ids.of(&self.api), api)
            .field("form", &Form::private(), form)
            .field_ref("connection", ids.of(&self.vpc_link), connection)
            .field_ref("uri", ids.of(&self.listener), uri)
            .field("timeout", &TIMEOUT, timeout)
            .field("parameters", &declared_parameters(), parameters)
    }

    /// Every integration of an API of ours: one without our mark bears its id as its name.
    fn read(view: &View, _: &Owner) -> Vec<Live<IntegrationSeen>> {
        content(&view.detailed.integrations)
            .filter_map(|(api, it)| {
                let own = it.integration_id()?;
                let (key, attempt) = marked(it).unwrap_or_else(|| (Key::new(Self::KIND, own), 0));
                Some(live(api, own, (key, attempt), seen(api, it)))
            })
            .collect()
    }

    async fn create(&self, api: &ApiGateway, ids: &Ids, mark: &Mark) -> Result<Live<IntegrationSeen>, Fault> {
        const OPERATION: &str = "CreateIntegration";
        let parent = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let link = ids.of(&self.vpc_link).map_err(|cause| unresolved(OPERATION, &cause))?;
        let listener = ids.of(&self.listener).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .create_integration()
            .api_id(parent.as_str())
            .description(description(mark))
            .integration_type(IntegrationType::HttpProxy)
            .connection_type(ConnectionType::VpcLink)
            .connection_id(link.as_str())
            .integration_uri(listener.as_str())
            .integration_method("ANY")
            .payload_format_version(PAYLOAD)
            .timeout_in_millis(TIMEOUT)
            .request_parameters(PATH.0, PATH.1);
        let made = api.write(OPERATION, call.send()).await?;
        let own = made.integration_id().ok_or_else(|| incomplete(OPERATION, "integrationId"))?;
        let seen = as_declared(parent.as_str(), link, listener);
        Ok(live(parent, own, (mark.key.clone(), mark.attempt), seen))
    }

    /// A parameter is removed by an empty value.
    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<IntegrationSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<IntegrationSeen>, Fault> {
        const OPERATION: &str = "UpdateIntegration";
        let link = ids.of(&self.vpc_link).map_err(|cause| unresolved(OPERATION, &cause))?;
        let listener = ids.of(&self.listener).map_err(|cause| unresolved(OPERATION, &cause))?;
        let mut parameters: HashMap<String, String> =
            live.seen.parameters.keys().map(|name| (name.clone(), String::new())).collect();
        parameters.extend(declared_parameters());
        let call = api
            .writes()
            .update_integration()
            .api_id(&live.seen.api)
            .integration_id(own(&live.id))
            .integration_type(IntegrationType::HttpProxy)
            .connection_type(ConnectionType::VpcLink)
            .connection_id(link.as_str())
            .integration_uri(listener.as_str())
            .integration_method("ANY")
            .payload_format_version(PAYLOAD)
            .timeout_in_millis(TIMEOUT)
            .set_request_parameters(Some(parameters));
        api.write(OPERATION, call.send()).await?;
        let seen = as_declared(&live.seen.api, link, listener);
        Ok(Live { on: hangs_on(&seen), seen, ..live.clone() })
    }

    /// Refused while a route leads to it.
    async fn delete(api: &ApiGateway, live: &Live<IntegrationSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_integration().api_id(&live.seen.api).integration_id(own(&live.id));
        match api.write("DeleteIntegration", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

/// The mark of an integration, as its description. Read by [`marked`].
fn description(mark: &Mark) -> String {
    format!("fargatestack.dev {} attempt {}", mark.key, mark.attempt)
}

fn marked(it: &Sdk) -> Option<(Key, u32)> {
    let (name, attempt) = it.description()?.strip_prefix("fargatestack.dev integration/")?.split_once(" attempt ")?;
    Some((Key::new(Integration::KIND, name), attempt.parse().ok()?))
}

fn declared_parameters() -> BTreeMap<String, String> {
    BTreeMap::from([(PATH.0.to_owned(), PATH.1.to_owned())])
}

fn as_declared(api: &str, link: &Id, listener: &Id) -> IntegrationSeen {
    IntegrationSeen {
        api: api.to_owned(),
        form: Form::private(),
        connection: link.as_str().to_owned(),
        uri: listener.as_str().to_owned(),
        timeout: TIMEOUT,
        parameters: declared_parameters(),
    }
}

fn seen(api: &Id, it: &Sdk) -> IntegrationSeen {
    IntegrationSeen {
        api: api.as_str().to_owned(),
        form: Form {
            integration_type: it.integration_type().map(IntegrationType::as_str).unwrap_or_default().to_owned(),
            connection_type: it.connection_type().map(ConnectionType::as_str).unwrap_or_default().to_owned(),
            method: it.integration_method().unwrap_or_default().to_owned(),
            payload: it.payload_format_version().unwrap_or_default().to_owned(),
        },
        connection: it.connection_id().unwrap_or_default().to_owned(),
        uri: it.integration_uri().unwrap_or_default().to_owned(),
        timeout: it.timeout_in_millis().unwrap_or_default(),
        parameters: it.request_parameters().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
    }
}

fn live(api: &Id, own: &str, (key, attempt): (Key, u32), seen: IntegrationSeen) -> Live<IntegrationSeen> {
    Live {
        key,
        attempt,
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

/// Link and listener stay until nothing is sent to them.
fn hangs_on(seen: &IntegrationSeen) -> Vec<Id> {
    [&seen.connection, &seen.uri].into_iter().filter(|id| !id.is_empty()).map(|id| Id::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests;
