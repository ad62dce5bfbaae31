//! Domain name of the user's own for an HTTP API.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html>

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{
    DomainName as Sdk, DomainNameConfiguration, DomainNameStatus, EndpointType, SecurityPolicy,
};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags};

use super::api_gateway::{Tagged, arn, known, pages};
use super::call::{Call, DELETE, GET, PATCH, POST, SERVICE_ROLE, request};
use super::clients::{from_map, to_map};
use super::cloud::ApiGateway;
use super::fault::is_not_found;
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Listing, Question, View, answered};

/// The attribute with the name to which the domain must point.
pub const TARGET: &str = "target";

/// A domain name, unique in the region over all accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainName {
    /// Which one: `main`.
    pub name: &'static str,
    /// The name itself, and its id. Fixed at creation.
    pub domain: String,
    /// ARN of its ACM certificate, in the region.
    pub certificate_arn: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainNameSeen {
    /// The name.
    pub domain: String,
    /// ARN of its certificate.
    pub certificate_arn: String,
    /// `REGIONAL` or another type.
    pub endpoint_type: String,
    /// Oldest version of TLS that is spoken.
    pub security_policy: String,
}

/// `GetDomainNames`.
pub struct DomainNames;

impl Listing for DomainNames {
    type Client = ApiClient;
    type Item = Tagged<Sdk>;

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html>
    async fn list(api: &ApiGateway) -> Result<Vec<Tagged<Sdk>>, Fault> {
        let domains = pages!(api, "GetDomainNames", api.reads().get_domain_names());
        Ok(domains.into_iter().map(|it| tagged(api, it)).collect())
    }

    async fn find(api: &ApiGateway, id: &Id) -> Result<Option<Tagged<Sdk>>, Fault> {
        find(api, id.as_str()).await
    }

    fn mark(item: &Tagged<Sdk>) -> Option<(Id, Tags)> {
        Some((Id::from(item.it.domain_name()?), from_map(item.it.tags())))
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html>
async fn find(api: &ApiGateway, domain: &str) -> Result<Option<Tagged<Sdk>>, Fault> {
    let found = known(api.read("GetDomainName", api.reads().get_domain_name().domain_name(domain).send()).await)?;
    Ok(found.map(|it| {
        let found = Sdk::builder()
            .set_domain_name(it.domain_name)
            .set_domain_name_configurations(it.domain_name_configurations)
            .set_tags(it.tags)
            .build();
        tagged(api, found)
    }))
}

fn tagged(api: &ApiGateway, it: Sdk) -> Tagged<Sdk> {
    Tagged { arn: arn(api, &format!("domainnames/{}", it.domain_name().unwrap_or_default())), it }
}

impl Resource for DomainName {
    type Seen = DomainNameSeen;
    type Client = ApiClient;

    const KIND: Kind =
        Kind { order: 330, name: "domain-name", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::DomainNames];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetDomainName"),
        request(GET, "apigateway:GetDomainNames"),
        request(POST, "apigateway:CreateDomainName").with(&[SERVICE_ROLE]),
        request(PATCH, "apigateway:UpdateDomainName"),
        request(POST, "apigateway:TagResource"),
        request(DELETE, "apigateway:UntagResource"),
        request(DELETE, "apigateway:DeleteDomainName"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &DomainNameSeen, _: &Ids) -> Comparison {
        let DomainNameSeen { domain, certificate_arn, endpoint_type, security_policy } = seen;
        Comparison::default()
            .fixed("domain", &self.domain, domain)
            .field("certificateArn", &self.certificate_arn, certificate_arn)
            .field("endpointType", EndpointType::Regional.as_str(), endpoint_type.as_str())
            .field("securityPolicy", SecurityPolicy::Tls12.as_str(), security_policy.as_str())
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<DomainNameSeen>> {
        let read = |item: &Tagged<Sdk>| {
            let (key, attempt) = owner.mark_of(Self::KIND, &item.it.tags())?;
            Some(Live { key, attempt, ..live(item)? })
        };
        answered(&view.listed.domain_names).iter().filter_map(read).collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html>
    async fn create(&self, api: &ApiGateway, _: &Ids, mark: &Mark) -> Result<Live<DomainNameSeen>, Fault> {
        const OPERATION: &str = "CreateDomainName";
        let call = api
            .writes()
            .create_domain_name()
            .domain_name(&self.domain)
            .domain_name_configurations(self.configuration())
            .set_tags(Some(to_map(&mark.tags)));
        match api.write(OPERATION, call.send()).await {
            Ok(made) => {
                let configuration = made.domain_name_configurations().first();
                let live = mark.live(self.domain.as_str(), phase(configuration), self.as_declared());
                let arn = arn(api, &format!("domainnames/{}", self.domain));
                Ok(Live { attributes: attributes(&arn, configuration), ..live })
            }
            Err(fault) if matches!(fault.code.as_str(), "ConflictException" | "BadRequestException") => {
                let ours = |item: &Tagged<Sdk>| mark.is_on(&from_map(item.it.tags()));
                match find(api, &self.domain).await? {
                    Some(found) if ours(&found) => {
                        let found = live(&found).ok_or(fault)?;
                        Ok(Live { key: mark.key.clone(), attempt: mark.attempt, ..found })
                    }
                    Some(found) => Err(mark.held(fault, &self.domain, &from_map(found.it.tags()))),
                    None => Err(self.refused(fault)),
                }
            }
            Err(fault) => Err(fault),
        }
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html>
    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<DomainNameSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<DomainNameSeen>, Fault> {
        let configuration = self.configuration();
        let call =
            api.writes().update_domain_name().domain_name(&self.domain).domain_name_configurations(configuration);
        api.write("UpdateDomainName", call.send()).await?;
        Ok(Live { seen: self.as_declared(), ..live.clone() })
    }

    async fn delete(api: &ApiGateway, live: &Live<DomainNameSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_domain_name().domain_name(live.id.as_str());
        match api.write("DeleteDomainName", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl DomainName {
    fn configuration(&self) -> DomainNameConfiguration {
        DomainNameConfiguration::builder()
            .certificate_arn(&self.certificate_arn)
            .endpoint_type(EndpointType::Regional)
            .security_policy(SecurityPolicy::Tls12)
            .build()
    }

    fn as_declared(&self) -> DomainNameSeen {
        DomainNameSeen {
            domain: self.domain.clone(),
            certificate_arn: self.certificate_arn.clone(),
            endpoint_type: EndpointType::Regional.as_str().to_owned(),
            security_policy: SecurityPolicy::Tls12.as_str().to_owned(),
        }
    }

    /// The refusal, with the fields that it may be about: AWS has one code for a certificate that does not fit and for a name
    /// that another account holds.
    fn refused(&self, fault: Fault) -> Fault {
        let message = format!(
            "{}; spec.api.domain: {} must not be in use elsewhere in the region, and certificateArn must be an issued \
             certificate for it in the stack's region",
            fault.message, self.domain
        );
        Fault { message, ..fault }
    }
}

fn live(Tagged { arn, it }: &Tagged<Sdk>) -> Option<Live<DomainNameSeen>> {
    let configuration = it.domain_name_configurations().first();
    let domain = it.domain_name()?;
    Some(Live {
        key: engine::Key::new(DomainName::KIND, domain),
        attempt: 0,
        id: Id::from(domain),
        attributes: attributes(arn, configuration),
        phase: phase(configuration),
        seen: DomainNameSeen {
            domain: domain.to_owned(),
            certificate_arn: configuration.and_then(|it| it.certificate_arn()).unwrap_or_default().to_owned(),
            endpoint_type: configuration
                .and_then(|it| it.endpoint_type())
                .map(EndpointType::as_str)
                .unwrap_or_default()
                .to_owned(),
            security_policy: configuration
                .and_then(|it| it.security_policy())
                .map(SecurityPolicy::as_str)
                .unwrap_or_default()
                .to_owned(),
        },
        on: Vec::new(),
        within: None,
        tags: from_map(it.tags()),
        created: None,
    })
}

fn attributes(arn: &str, configuration: Option<&DomainNameConfiguration>) -> engine::Attributes {
    let target = configuration.and_then(DomainNameConfiguration::api_gateway_domain_name);
    let target = target.map(|target| (TARGET.into(), target.to_owned()));
    std::iter::once((ARN.into(), arn.to_owned())).chain(target).collect()
}

fn phase(configuration: Option<&DomainNameConfiguration>) -> Phase {
    let message = |word: &str| {
        let told = configuration.and_then(DomainNameConfiguration::domain_name_status_message);
        told.unwrap_or(word).to_owned()
    };
    match configuration.and_then(DomainNameConfiguration::domain_name_status) {
        Some(DomainNameStatus::Available) => Phase::Ready,
        Some(
            other @ (DomainNameStatus::PendingCertificateReimport | DomainNameStatus::PendingOwnershipVerification),
        ) => Phase::Broken(message(other.as_str())),
        Some(other) => Phase::Pending(message(other.as_str())),
        None => Phase::Pending("no status".to_owned()),
    }
}

#[cfg(test)]
mod tests;
