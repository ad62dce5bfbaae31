//! Internet gateway and its attachment.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>

use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway as Sdk, InternetGatewayAttachment, ResourceType};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace};

use super::Vpc;
use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};

/// The VPC's door to the internet: attached to its VPC, or pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGateway {
    /// Which one; a stack has one, `main`.
    pub name: &'static str,
    /// The VPC that it is attached to.
    pub vpc: Ref<Vpc>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGatewaySeen {
    /// The VPC that it is attached to, or still being detached from; a gateway has one at most.
    pub vpc: Option<String>,
}

impl Resource for InternetGateway {
    type Seen = InternetGatewaySeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind =
        Kind { order: 30, name: "internet-gateway", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::InternetGateways];
    const CALLS: &'static [Call] = &[
        call("ec2:AttachInternetGateway"),
        call("ec2:CreateInternetGateway").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteInternetGateway"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeInternetGateways"),
        call("ec2:DetachInternetGateway"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.vpc.exists()]
    }

    fn compare(&self, seen: &InternetGatewaySeen, ids: &Ids) -> Comparison {
        let InternetGatewaySeen { vpc } = seen;
        Comparison::default().field_ref("vpc", ids.of(&self.vpc), vpc.as_deref().unwrap_or_default())
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<InternetGatewaySeen>> {
        answered(&view.internet_gateways).iter().filter_map(|gateway| read_one(gateway, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html>
    ///
    /// Attaches it at once. If that fails (a fresh id may not have spread yet) the gateway stays pending and the next pass
    /// attaches it, as after a crash between the calls: what was created is never lost.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<InternetGatewaySeen>, Fault> {
        const OPERATION: &str = "CreateInternetGateway";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_internet_gateway()
            .tag_specifications(specification(ResourceType::InternetGateway, &mark.tags));
        let id = ec2
            .write(OPERATION, call.send())
            .await?
            .internet_gateway
            .and_then(|gateway| gateway.internet_gateway_id)
            .ok_or_else(|| incomplete(OPERATION, "internetGatewayId"))?;
        let attached = attach(ec2, &id, vpc).await.is_ok();
        let phase = if attached { Phase::Ready } else { not_attached() };
        Ok(placed(mark.live(id, phase, InternetGatewaySeen { vpc: attached.then(|| vpc.as_str().to_owned()) })))
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>
    ///
    /// A gateway that is attached elsewhere is detached from there first.
    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<InternetGatewaySeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<InternetGatewaySeen>, Fault> {
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved("AttachInternetGateway", &cause))?;
        detach(ec2, live).await?;
        attach(ec2, live.id.as_str(), vpc).await?;
        let seen = InternetGatewaySeen { vpc: Some(vpc.as_str().to_owned()) };
        Ok(placed(Live { phase: Phase::Ready, seen, ..live.clone() }))
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html>: refused while the VPC has mapped
    /// public addresses, those of NAT gateways among them.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInternetGateway.html>: refused while attached.
    async fn delete(ec2: &Ec2, live: &Live<InternetGatewaySeen>) -> Result<Deletion, Fault> {
        detach(ec2, live).await?;
        let call = ec2.writes().delete_internet_gateway().internet_gateway_id(live.id.as_str());
        match ec2.write("DeleteInternetGateway", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

async fn attach(ec2: &Ec2, gateway: &str, vpc: &Id) -> Result<(), Fault> {
    let call = ec2.writes().attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc.as_str());
    ec2.write("AttachInternetGateway", call.send()).await.map(|_| ())
}

/// Detaches it from where it was seen attached, if anywhere. Not attached (any more) is no fault, and neither is a gateway or a
/// VPC that is gone: what follows tells which.
async fn detach(ec2: &Ec2, live: &Live<InternetGatewaySeen>) -> Result<(), Fault> {
    let Some(vpc) = &live.seen.vpc else { return Ok(()) };
    let call = ec2.writes().detach_internet_gateway().internet_gateway_id(live.id.as_str()).vpc_id(vpc);
    match ec2.write("DetachInternetGateway", call.send()).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.code == "Gateway.NotAttached" || is_not_found(&fault) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn read_one(gateway: &Sdk, owner: &Owner) -> Option<Live<InternetGatewaySeen>> {
    let (key, attempt) = owner.mark_of(InternetGateway::KIND, gateway.tags())?;
    let tags = from_list(gateway.tags());
    let attachment = gateway.attachments().iter().find(|it| it.state() != Some(&AttachmentStatus::Detached));
    Some(placed(Live {
        key,
        attempt,
        id: Id::from(gateway.internet_gateway_id()?),
        attributes: engine::Attributes::new(),
        phase: attachment.map_or_else(not_attached, phase),
        seen: InternetGatewaySeen { vpc: attachment.and_then(|it| it.vpc_id()).map(str::to_owned) },
        on: Vec::new(),
        within: None,
        tags,
        created: None,
    }))
}

/// Fills in what it hangs on: the VPC that it is attached to.
fn placed(live: Live<InternetGatewaySeen>) -> Live<InternetGatewaySeen> {
    Live { on: live.seen.vpc.iter().map(|vpc| Id::from(vpc.as_str())).collect(), ..live }
}

/// For internet gateways EC2 says `available` instead of `attached`, which its model does not list.
fn phase(attachment: &InternetGatewayAttachment) -> Phase {
    match attachment.state().map(AttachmentStatus::as_str) {
        Some("available" | "attached") => Phase::Ready,
        Some(state) => Phase::Pending(state.to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

fn not_attached() -> Phase {
    Phase::Pending("not attached".to_owned())
}

#[cfg(test)]
mod tests;
