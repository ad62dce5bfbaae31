//! VPC link: the HTTP API's network interfaces in the VPC.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{VpcLink as Sdk, VpcLinkStatus};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace, Tags};
use engine::{Class, Unresolved};

use super::api_gateway::{Tagged, arn, known, pages};
use super::call::{Call, DELETE, GET, PATCH, POST, SERVICE_ROLE, request};
use super::clients::{from_map, to_map};
use super::cloud::ApiGateway;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource, resolved};
use super::sources::{Listing, Question, View, answered};
use super::{SecurityGroup, Subnet};

/// The attribute that is there while nothing has used the link for so long that AWS took its interfaces away.
pub const INACTIVE: &str = "inactive";

/// The way of the API into the VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcLink {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its name in AWS, up to 128 characters.
    pub link_name: String,
    /// The subnets of its interfaces, in zones that VPC links support. Fixed at creation.
    pub subnets: Vec<Ref<Subnet>>,
    /// The group around its interfaces. Fixed at creation.
    pub security_group: Ref<SecurityGroup>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcLinkSeen {
    /// Its name.
    pub link_name: String,
    /// The subnets of its interfaces.
    pub subnets: BTreeSet<String>,
    /// The groups around its interfaces.
    pub security_groups: BTreeSet<String>,
}

/// `GetVpcLinks`.
pub struct VpcLinks;

impl Listing for VpcLinks {
    type Client = ApiClient;
    type Item = Tagged<Sdk>;

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html>
    async fn list(api: &ApiGateway) -> Result<Vec<Tagged<Sdk>>, Fault> {
        let links = pages!(api, "GetVpcLinks", api.reads().get_vpc_links());
        Ok(links.into_iter().map(|link| tagged(api, link)).collect())
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks-vpclinkid.html>
    async fn find(api: &ApiGateway, id: &Id) -> Result<Option<Tagged<Sdk>>, Fault> {
        let found = known(api.read("GetVpcLink", api.reads().get_vpc_link().vpc_link_id(id.as_str()).send()).await)?;
        Ok(found.map(|link| {
            let link = Sdk::builder()
                .set_created_date(link.created_date)
                .set_name(link.name)
                .set_security_group_ids(link.security_group_ids)
                .set_subnet_ids(link.subnet_ids)
                .set_tags(link.tags)
                .set_vpc_link_id(link.vpc_link_id)
                .set_vpc_link_status(link.vpc_link_status)
                .set_vpc_link_status_message(link.vpc_link_status_message)
                .build();
            tagged(api, link)
        }))
    }

    fn mark(item: &Tagged<Sdk>) -> Option<(Id, Tags)> {
        Some((Id::from(item.it.vpc_link_id()?), from_map(item.it.tags())))
    }
}

fn tagged(api: &ApiGateway, link: Sdk) -> Tagged<Sdk> {
    Tagged { arn: arn(api, &format!("vpclinks/{}", link.vpc_link_id().unwrap_or_default())), it: link }
}

impl VpcLink {
    fn placed(&self, ids: &Ids) -> Result<(BTreeSet<String>, BTreeSet<String>), Unresolved> {
        Ok((resolved(&self.subnets, ids)?, resolved(std::slice::from_ref(&self.security_group), ids)?))
    }
}

impl Resource for VpcLink {
    type Seen = VpcLinkSeen;
    type Client = ApiClient;

    const KIND: Kind = Kind { order: 270, name: "vpc-link", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::VpcLinks];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetVpcLink"),
        request(GET, "apigateway:GetVpcLinks"),
        request(POST, "apigateway:CreateVpcLink").with(&[SERVICE_ROLE]),
        request(PATCH, "apigateway:UpdateVpcLink"),
        request(POST, "apigateway:TagResource"),
        request(DELETE, "apigateway:UntagResource"),
        request(DELETE, "apigateway:DeleteVpcLink"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs: Vec<Need> = self.subnets.iter().map(Ref::exists).collect();
        needs.push(self.security_group.exists());
        needs
    }

    fn compare(&self, seen: &VpcLinkSeen, ids: &Ids) -> Comparison {
        let VpcLinkSeen { link_name, subnets, security_groups } = seen;
        let table = Comparison::default().field("name", &self.link_name, link_name);
        match self.placed(ids) {
            Ok((declared, groups)) => {
                table.fixed("subnets", &declared, subnets).fixed("securityGroups", &groups, security_groups)
            }
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<VpcLinkSeen>> {
        let read = |Tagged { arn, it }: &Tagged<Sdk>| {
            let (key, attempt) = owner.mark_of(Self::KIND, &it.tags())?;
            let tags = from_map(it.tags());
            let seen = VpcLinkSeen {
                link_name: it.name().unwrap_or_default().to_owned(),
                subnets: it.subnet_ids().iter().cloned().collect(),
                security_groups: it.security_group_ids().iter().cloned().collect(),
            };
            let inactive = it.vpc_link_status() == Some(&VpcLinkStatus::Inactive);
            let inactive = inactive.then(|| (INACTIVE.into(), "true".to_owned()));
            Some(Live {
                key,
                attempt,
                id: Id::from(it.vpc_link_id()?),
                attributes: std::iter::once((ARN.into(), arn.clone())).chain(inactive).collect(),
                phase: phase(it.vpc_link_status(), it.vpc_link_status_message()),
                on: hangs_on(&seen),
                seen,
                within: None,
                tags,
                created: it.created_date().map(aws_smithy_types::DateTime::secs),
            })
        };
        answered(&view.listed.vpc_links).iter().filter_map(read).collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html>: always with a group, for what it takes
    /// without one is not documented.
    async fn create(&self, api: &ApiGateway, ids: &Ids, mark: &Mark) -> Result<Live<VpcLinkSeen>, Fault> {
        const OPERATION: &str = "CreateVpcLink";
        let (subnets, security_groups) = self.placed(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .create_vpc_link()
            .name(&self.link_name)
            .set_subnet_ids(Some(subnets.iter().cloned().collect()))
            .set_security_group_ids(Some(security_groups.iter().cloned().collect()))
            .set_tags(Some(to_map(&mark.tags)));
        let made = api.write(OPERATION, call.send()).await?;
        let id = made.vpc_link_id().ok_or_else(|| incomplete(OPERATION, "vpcLinkId"))?;
        let seen = VpcLinkSeen { link_name: self.link_name.clone(), subnets, security_groups };
        Ok(Live {
            attributes: [(ARN.into(), arn(api, &format!("vpclinks/{id}")))].into_iter().collect(),
            on: hangs_on(&seen),
            ..mark.live(id, phase(made.vpc_link_status(), made.vpc_link_status_message()), seen)
        })
    }

    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<VpcLinkSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<VpcLinkSeen>, Fault> {
        let call = api.writes().update_vpc_link().vpc_link_id(live.id.as_str()).name(&self.link_name);
        api.write("UpdateVpcLink", call.send()).await?;
        let seen = VpcLinkSeen { link_name: self.link_name.clone(), ..live.seen.clone() };
        Ok(Live { seen, ..live.clone() })
    }

    /// Refused while an integration refers to it, by a code that says no more than that the request is bad: what there is to refuse
    /// of it beside that passes too.
    async fn delete(api: &ApiGateway, live: &Live<VpcLinkSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_vpc_link().vpc_link_id(live.id.as_str());
        match api.write("DeleteVpcLink", call.send()).await {
            Ok(_) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) if fault.code == "BadRequestException" => Err(Fault { class: Class::NotYet, ..fault }),
            Err(fault) => Err(fault),
        }
    }
}

/// An inactive link comes back by the traffic that needs it: it is as usable as a ready one, only slower at first.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html>
fn phase(status: Option<&VpcLinkStatus>, message: Option<&str>) -> Phase {
    match status {
        Some(VpcLinkStatus::Available | VpcLinkStatus::Inactive) => Phase::Ready,
        Some(VpcLinkStatus::Failed) => Phase::Failed(message.unwrap_or("failed").to_owned()),
        Some(VpcLinkStatus::Deleting) => Phase::Deleting,
        Some(other) => Phase::Pending(other.as_str().to_owned()),
        None => Phase::Pending("no status".to_owned()),
    }
}

/// Its interfaces keep subnets and groups from being deleted.
fn hangs_on(seen: &VpcLinkSeen) -> Vec<Id> {
    seen.subnets.iter().chain(&seen.security_groups).map(|id| Id::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests;
