//! The subnets that use a table.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, RouteTable as Sdk, RouteTableAssociation, RouteTableAssociationStateCode};
use engine::{Fault, Id};

use crate::aws::ec2::Ec2;
use crate::aws::fault::{incomplete, is_not_found};

/// Association ids by what is associated: a subnet, or (foreign in our tables) a gateway.
pub type Associations = BTreeMap<String, String>;

/// The standing associations of `table`, but not that of the VPC as its main table, which nobody can take away.
pub(super) fn read(table: &Sdk) -> Associations {
    let standing = table.associations().iter().filter(|association| stands(association));
    standing
        .filter_map(|association| {
            let what = association.subnet_id().or(association.gateway_id())?;
            Some((what.to_owned(), association.route_table_association_id()?.to_owned()))
        })
        .collect()
}

fn stands(association: &RouteTableAssociation) -> bool {
    match association.association_state().and_then(|state| state.state()) {
        Some(
            RouteTableAssociationStateCode::Disassociating
            | RouteTableAssociationStateCode::Disassociated
            | RouteTableAssociationStateCode::Failed,
        ) => false,
        Some(_) | None => true,
    }
}

/// Brings the associations of `table` from `seen` to exactly the `declared` subnets; returns them as they then are.
pub(super) async fn bring(
    ec2: &Ec2,
    table: &Id,
    declared: &BTreeSet<String>,
    seen: &Associations,
) -> Result<Associations, Fault> {
    let mut associations = Associations::new();
    for subnet in declared {
        let association = match seen.get(subnet) {
            Some(association) => association.clone(),
            None => associate(ec2, table, subnet).await?,
        };
        associations.insert(subnet.clone(), association);
    }
    for (_, association) in seen.iter().filter(|(what, _)| !declared.contains(*what)) {
        disassociate(ec2, association).await?;
    }
    Ok(associations)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html>: refused while the subnet is associated
/// with any table; then that association is moved.
async fn associate(ec2: &Ec2, table: &Id, subnet: &str) -> Result<String, Fault> {
    const OPERATION: &str = "AssociateRouteTable";
    let call = ec2.writes().associate_route_table().route_table_id(table.as_str()).subnet_id(subnet);
    match ec2.write(OPERATION, call.send()).await {
        Ok(answer) => answer.association_id.ok_or_else(|| incomplete(OPERATION, "associationId")),
        Err(fault) if fault.code == "Resource.AlreadyAssociated" => bring_here(ec2, table, subnet, fault).await,
        Err(fault) => Err(fault),
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>: leaves the subnet at no moment
/// with the VPC's main table.
async fn bring_here(ec2: &Ec2, table: &Id, subnet: &str, fault: Fault) -> Result<String, Fault> {
    const OPERATION: &str = "ReplaceRouteTableAssociation";
    let of_subnet = Filter::builder().name("association.subnet-id").values(subnet).build();
    let call = ec2.reads().describe_route_tables().filters(of_subnet);
    let tables = ec2.read("DescribeRouteTables", call.send()).await?.route_tables.unwrap_or_default();
    let found = tables.iter().find_map(|other| Some((other.route_table_id()?, read(other).remove(subnet)?)));
    match found {
        // Not listed yet: the next pass looks again.
        None => Err(fault),
        Some((here, association)) if here == table.as_str() => Ok(association),
        Some((_, association)) => {
            let call = ec2.writes().replace_route_table_association();
            let call = call.association_id(association).route_table_id(table.as_str());
            let moved = ec2.write(OPERATION, call.send()).await?.new_association_id;
            moved.ok_or_else(|| incomplete(OPERATION, "newAssociationId"))
        }
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateRouteTable.html>
pub(super) async fn disassociate(ec2: &Ec2, association: &str) -> Result<(), Fault> {
    let call = ec2.writes().disassociate_route_table().association_id(association);
    match ec2.write("DisassociateRouteTable", call.send()).await {
        Ok(_) => Ok(()),
        Err(fault) if is_not_found(&fault) => Ok(()),
        Err(fault) => Err(fault),
    }
}
