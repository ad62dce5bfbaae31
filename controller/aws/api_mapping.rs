//! API mapping: what a domain name leads to. Known by its path under a domain name of ours.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::ApiMapping as Sdk;
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::api_gateway::{child, content, domains, known, own, pages, split, stands};
use super::call::{Call, DELETE, GET, PATCH, POST, request};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{DomainName, HttpApi, Stage};

/// Its name here: it stands at the root of the domain.
const NAME: &str = "main";

/// The way from a domain name to a stage of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMapping {
    /// The domain name. Fixed at creation.
    pub domain: Ref<DomainName>,
    /// The API.
    pub api: Ref<HttpApi>,
    /// Its stage.
    pub stage: Ref<Stage>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMappingSeen {
    /// The domain name.
    pub domain: String,
    /// The stage, by the id that it has here.
    pub stage: String,
    /// The API.
    pub api: String,
}

/// `GetApiMappings` of the stack's domain names.
pub struct ApiMappings;

impl Detail for ApiMappings {
    type Client = ApiClient;
    type Item = Vec<Sdk>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        domains(look)
    }

    async fn ask(api: &ApiGateway, subject: &Id) -> Result<Option<Vec<Sdk>>, Fault> {
        match split(subject) {
            (domain, Some(own)) => {
                let call = api.reads().get_api_mapping().domain_name(domain).api_mapping_id(own);
                stands(api.read("GetApiMapping", call.send()).await)
            }
            (domain, None) => known(list(api, domain).await),
        }
    }

    fn tags(_: &Vec<Sdk>) -> Option<Tags> {
        None
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-apimappings.html>
async fn list(api: &ApiGateway, domain: &str) -> Result<Vec<Sdk>, Fault> {
    let call = api.reads().get_api_mappings().domain_name(domain);
    Ok(pages!(api, "GetApiMappings", call.clone()))
}

impl Resource for ApiMapping {
    type Seen = ApiMappingSeen;
    type Client = ApiClient;

    const KIND: Kind =
        Kind { order: 340, name: "api-mapping", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::ApiMappings, Question::DomainNames];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetApiMapping"),
        request(GET, "apigateway:GetApiMappings"),
        request(POST, "apigateway:CreateApiMapping"),
        request(PATCH, "apigateway:UpdateApiMapping"),
        request(DELETE, "apigateway:DeleteApiMapping"),
    ];

    fn name(&self) -> &str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.domain.exists(), self.api.exists(), self.stage.exists()]
    }

    fn compare(&self, seen: &ApiMappingSeen, ids: &Ids) -> Comparison {
        let ApiMappingSeen { domain, api, stage } = seen;
        Comparison::default()
            .fixed_ref("domain", ids.of(&self.domain), domain)
            .field_ref("api", ids.of(&self.api), api)
            .field_ref("stage", ids.of(&self.stage), stage)
    }

    /// Every mapping of a domain name of ours: one at another path bears that as its name.
    fn read(view: &View, _: &Owner) -> Vec<Live<ApiMappingSeen>> {
        content(&view.detailed.api_mappings).filter_map(|(domain, it)| live(domain, it)).collect()
    }

    async fn create(&self, api: &ApiGateway, ids: &Ids, mark: &Mark) -> Result<Live<ApiMappingSeen>, Fault> {
        const OPERATION: &str = "CreateApiMapping";
        let domain = ids.of(&self.domain).map_err(|cause| unresolved(OPERATION, &cause))?;
        let target = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let stage = ids.of(&self.stage).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call =
            api.writes().create_api_mapping().domain_name(domain.as_str()).api_id(target.as_str()).stage(own(stage));
        match api.write(OPERATION, call.send()).await {
            Ok(made) => {
                let own = made.api_mapping_id().ok_or_else(|| incomplete(OPERATION, "apiMappingId"))?;
                let seen = ApiMappingSeen {
                    domain: domain.as_str().to_owned(),
                    api: target.as_str().to_owned(),
                    stage: stage.as_str().to_owned(),
                };
                let id = child(domain.as_str(), own);
                Ok(Live { on: hangs_on(&seen), ..mark.live(id.as_str(), Phase::Ready, seen) })
            }
            // Under a domain name of ours it is ours, whoever made it; an update brings it to what is declared.
            Err(fault) if fault.code == "ConflictException" => {
                let found = list(api, domain.as_str()).await?;
                let found = found.iter().filter_map(|it| live(domain, it)).find(|live| live.key == mark.key);
                found.ok_or(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<ApiMappingSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<ApiMappingSeen>, Fault> {
        const OPERATION: &str = "UpdateApiMapping";
        let target = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let stage = ids.of(&self.stage).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .update_api_mapping()
            .domain_name(&live.seen.domain)
            .api_mapping_id(own(&live.id))
            .api_id(target.as_str())
            .stage(own(stage));
        api.write(OPERATION, call.send()).await?;
        let seen =
            ApiMappingSeen { api: target.as_str().to_owned(), stage: stage.as_str().to_owned(), ..live.seen.clone() };
        Ok(Live { on: hangs_on(&seen), seen, ..live.clone() })
    }

    async fn delete(api: &ApiGateway, live: &Live<ApiMappingSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_api_mapping().domain_name(&live.seen.domain).api_mapping_id(own(&live.id));
        match api.write("DeleteApiMapping", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

fn live(domain: &Id, it: &Sdk) -> Option<Live<ApiMappingSeen>> {
    let api = it.api_id().unwrap_or_default();
    let seen = ApiMappingSeen {
        domain: domain.as_str().to_owned(),
        api: api.to_owned(),
        stage: child(api, it.stage().unwrap_or_default()).to_string(),
    };
    let name = it.api_mapping_key().filter(|path| !path.is_empty()).unwrap_or(NAME);
    Some(Live {
        key: Key::new(ApiMapping::KIND, name),
        attempt: 0,
        id: child(domain.as_str(), it.api_mapping_id()?),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        on: hangs_on(&seen),
        seen,
        within: None,
        tags: Tags::new(),
        created: None,
    })
}

/// A domain name is not deleted before what it leads to is unhooked, nor an API or a stage to which one leads.
fn hangs_on(seen: &ApiMappingSeen) -> Vec<Id> {
    [&seen.domain, &seen.api, &seen.stage].into_iter().map(|id| Id::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests;
