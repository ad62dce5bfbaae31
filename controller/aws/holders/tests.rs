use engine::Class;

use super::*;
use crate::aws::wire::{Wire, request};

fn refusal(code: &str) -> Fault {
    let (effect, operation) = (engine::Effect::None, "Delete");
    Fault {
        class: Class::NotYet,
        effect,
        operation,
        code: code.into(),
        message: "has dependencies".into(),
        request_id: None,
    }
}

const INTERFACES: &str = "<networkInterfaceSet>\
    <item><networkInterfaceId>eni-2</networkInterfaceId><description>ELB net/payments/1</description><ownerId>1</ownerId>\
    <requesterManaged>true</requesterManaged><requesterId>amazon-elb</requesterId></item>\
    <item><networkInterfaceId>eni-1</networkInterfaceId><description></description><ownerId>1</ownerId>\
    <requesterManaged>false</requesterManaged><attachment><instanceId>i-1</instanceId></attachment></item>\
    </networkInterfaceSet>";

const NAMED_INTERFACES: &str = "network interface eni-1 (attached to i-1, of account 1), \
    network interface eni-2 (\"ELB net/payments/1\", made by amazon-elb)";

#[tokio::test]
async fn what_is_in_a_subnet_is_named_with_its_owner() {
    let wire = Wire::default().answer("DescribeNetworkInterfaces", INTERFACES);
    let fault = of_subnet(&wire.ec2(), "subnet-1", refusal(REFUSAL)).await;
    assert_eq!(fault, Fault { message: format!("in use by {NAMED_INTERFACES}"), ..refusal(REFUSAL) });
    let asked = [("Filter.1.Name", "subnet-id"), ("Filter.1.Value.1", "subnet-1")];
    assert_eq!(wire.requests(), [request("DescribeNetworkInterfaces", &asked)]);
}

#[tokio::test]
async fn what_a_group_is_around_and_who_refers_to_it_is_named() {
    let group = |id: &str, name: &str| {
        format!(
            "<securityGroupInfo><item><groupId>{id}</groupId><groupName>{name}</groupName><ownerId>1</ownerId></item></securityGroupInfo>"
        )
    };
    let wire = Wire::default()
        .answer("DescribeNetworkInterfaces", "<networkInterfaceSet/>")
        .answer("DescribeSecurityGroups", &group("sg-2", "theirs"))
        .answer("DescribeSecurityGroups", &group("sg-1", "ours"));
    let fault = of_security_group(&wire.ec2(), "sg-1", refusal(REFUSAL)).await;
    assert_eq!(fault.message, "in use by security group sg-2 (\"theirs\", of account 1)");
    let filters: Vec<_> = wire.requests().iter().map(|request| request["Filter.1.Name"].clone()).collect();
    assert_eq!(filters, ["group-id", "ip-permission.group-id", "egress.ip-permission.group-id"]);
}

#[tokio::test]
async fn what_is_left_in_a_vpc_is_named_but_what_goes_with_it() {
    let subnet = "<subnetSet><item><subnetId>subnet-9</subnetId><ownerId>1</ownerId>\
                  <tagSet><item><key>Name</key><value>theirs</value></item></tagSet></item></subnetSet>";
    let default =
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>default</groupName></item></securityGroupInfo>";
    let main = "<routeTableSet><item><routeTableId>rtb-1</routeTableId><associationSet><item><main>true</main></item></associationSet></item>\
                <item><routeTableId>rtb-2</routeTableId></item></routeTableSet>";
    let gateway = "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>";
    let endpoint =
        "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><ownerId>2</ownerId></item></vpcEndpointSet>";
    let wire = Wire::default()
        .answer("DescribeSubnets", subnet)
        .answer("DescribeNetworkInterfaces", "<networkInterfaceSet/>")
        .answer("DescribeSecurityGroups", default)
        .answer("DescribeRouteTables", main)
        .answer("DescribeInternetGateways", gateway)
        .answer("DescribeVpcEndpoints", endpoint);
    let fault = of_vpc(&wire.ec2(), "vpc-1", refusal(REFUSAL)).await;
    let expected = "in use by subnet subnet-9 (\"theirs\", of account 1), route table rtb-2, internet gateway igw-1, \
                    VPC endpoint vpce-1 (of account 2)";
    assert_eq!(fault.message, expected);
    assert!(wire.requests().iter().all(|request| request["Filter.1.Value.1"] == "vpc-1"));
}

/// Nobody asks about another refusal; who must not ask, or finds nothing, passes on what AWS said.
#[tokio::test]
async fn without_an_answer_the_refusal_stays_as_it_is() {
    let other = refusal("UnauthorizedOperation");
    assert_eq!(of_vpc(&Wire::default().ec2(), "vpc-1", other.clone()).await, other);
    let denied = Wire::default().refuse(403, "UnauthorizedOperation");
    assert_eq!(of_subnet(&denied.ec2(), "subnet-1", refusal(REFUSAL)).await, refusal(REFUSAL));
    let nothing = Wire::default().answer("DescribeNetworkInterfaces", "<networkInterfaceSet/>");
    assert_eq!(of_subnet(&nothing.ec2(), "subnet-1", refusal(REFUSAL)).await, refusal(REFUSAL));
}

#[test]
fn a_long_list_is_cut() {
    let fault = named(Ok((0..7).map(|n| format!("subnet {n}")).collect()), refusal(REFUSAL));
    assert_eq!(fault.message, "in use by subnet 0, subnet 1, subnet 2, subnet 3, subnet 4, 2 more");
}
