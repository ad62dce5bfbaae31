use aws_sdk_ec2::types::{InternetGateway, Route, SecurityGroup, Subnet, VpcCidrBlockAssociation, VpcCidrBlockState};

use super::*;
use crate::aws::sources::DnsAttributes;

fn wanted() -> WantedExisting {
    WantedExisting {
        vpc: Some("vpc-1".into()),
        blocks: vec![("spec.network.ecsCidr", "100.64.0.0/16".parse().unwrap())],
        tiers: vec![("spec.network.existing.appSubnetIds", vec!["subnet-1".into(), "subnet-2".into()])],
        route_tables: vec!["rtb-1".into()],
        endpoint_group: Some("sg-1".into()),
    }
}

fn association(block: &str, state: VpcCidrBlockStateCode) -> VpcCidrBlockAssociation {
    let state = VpcCidrBlockState::builder().state(state).build();
    VpcCidrBlockAssociation::builder().cidr_block(block).cidr_block_state(state).build()
}

fn subnet(id: &str, vpc: &str, zone: &str) -> Subnet {
    let place = Subnet::builder().availability_zone_id(zone).availability_zone(format!("name of {zone}"));
    place.subnet_id(id).vpc_id(vpc).cidr_block("10.0.1.0/24").build()
}

fn table(routes: Vec<Route>) -> RouteTable {
    RouteTable::builder().route_table_id("rtb-1").vpc_id("vpc-1").set_routes(Some(routes)).build()
}

/// Answers about a VPC that can carry a stack.
fn good() -> Answers {
    let vpc = Vpc::builder()
        .cidr_block_association_set(association("10.0.0.0/16", VpcCidrBlockStateCode::Associated))
        .cidr_block_association_set(association("100.64.0.0/15", VpcCidrBlockStateCode::Associated));
    Answers {
        vpc: Some(vpc.build()),
        dns: Some(DnsAttributes { support: true, hostnames: true }),
        internet_gateways: vec![InternetGateway::builder().internet_gateway_id("igw-1").build()],
        subnets: vec![subnet("subnet-2", "vpc-1", "z2"), subnet("subnet-1", "vpc-1", "z1")],
        route_tables: vec![table(Vec::new())],
        security_groups: vec![SecurityGroup::builder().group_id("sg-1").vpc_id("vpc-1").build()],
    }
}

#[test]
fn a_vpc_that_can_carry_a_stack_is_described() {
    let existing = check("vpc-1", &wanted(), &good()).unwrap();
    let zone = |id: &str| Zone { id: id.into(), name: format!("name of {id}") };
    let cidr: Ipv4Net = "10.0.1.0/24".parse().unwrap();
    let expected = Existing {
        vpc: Some(BroughtVpc {
            id: "vpc-1".into(),
            blocks: vec!["10.0.0.0/16".parse().unwrap(), "100.64.0.0/15".parse().unwrap()],
            internet_gateway: "igw-1".into(),
        }),
        subnets: BTreeMap::from([
            ("subnet-1".into(), BroughtSubnet { zone: zone("z1"), cidr }),
            ("subnet-2".into(), BroughtSubnet { zone: zone("z2"), cidr }),
        ]),
        warnings: Vec::new(),
    };
    assert_eq!(existing, expected);
}

#[test]
fn what_is_missing_is_named_with_its_field_and_its_fix() {
    type Spoil = fn(&mut Answers);
    let vpc = "spec.network.existing.vpcId";
    let cases: [(Spoil, &str, &str); 11] = [
        (|it| *it = Answers::default(), vpc, "vpc-1 does not exist"),
        (
            |it| {
                let block = association("100.64.0.0/16", VpcCidrBlockStateCode::Associating);
                it.vpc = Some(Vpc::builder().cidr_block_association_set(block).build());
            },
            "spec.network.ecsCidr",
            "has no block 100.64.0.0/16",
        ),
        (|it| it.dns = Some(DnsAttributes { support: false, hostnames: true }), vpc, "--enable-dns-support"),
        (|it| it.dns = Some(DnsAttributes { support: true, hostnames: false }), vpc, "--enable-dns-hostnames"),
        (|it| it.internet_gateways.clear(), vpc, "attach one"),
        (
            |it| it.subnets.retain(|subnet| subnet.subnet_id() == Some("subnet-1")),
            "spec.network.existing.appSubnetIds[1]",
            "subnet-2 does not exist",
        ),
        (
            |it| it.subnets[1] = subnet("subnet-1", "vpc-2", "z1"),
            "spec.network.existing.appSubnetIds[0]",
            "subnet-1 is in vpc-2, not in vpc-1",
        ),
        (
            |it| it.subnets[1] = Subnet::builder().subnet_id("subnet-1").vpc_id("vpc-1").build(),
            "spec.network.existing.appSubnetIds[0]",
            "no IPv4 block",
        ),
        (|it| it.route_tables.clear(), "spec.network.existing.ecsRouteTableIds[0]", "no route table of vpc-1"),
        (
            |it| it.route_tables = vec![RouteTable::builder().route_table_id("rtb-1").vpc_id("vpc-2").build()],
            "spec.network.existing.ecsRouteTableIds[0]",
            "no route table of vpc-1",
        ),
        (
            |it| it.security_groups = vec![SecurityGroup::builder().group_id("sg-1").vpc_id("vpc-2").build()],
            "spec.network.existing.endpointSecurityGroupId",
            "no security group of vpc-1",
        ),
    ];
    for (spoil, field, word) in cases {
        let mut answers = good();
        spoil(&mut answers);
        let error = check("vpc-1", &wanted(), &answers).unwrap_err();
        assert!(matches!(&error, FactsError::Unsatisfied { field: at, .. } if at == field), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_way_out_of_the_tasks_subnets_is_told() {
    let active = |route: aws_sdk_ec2::types::builders::RouteBuilder| route.state(RouteState::Active).build();
    let local = active(Route::builder().destination_cidr_block("10.0.0.0/16").gateway_id("local"));
    let endpoint = active(Route::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1"));
    let out = active(Route::builder().destination_cidr_block("0.0.0.0/0").nat_gateway_id("nat-1"));
    let dead = Route::builder().destination_cidr_block("0.0.0.0/0").state(RouteState::Blackhole).build();
    assert_eq!(open(&table(vec![local.clone(), endpoint, dead])), None);
    let warning = open(&table(vec![local, out])).unwrap();
    assert_eq!(warning.reason, "TasksNotIsolated");
    assert!(warning.message.contains("rtb-1 leads tasks to 0.0.0.0/0"), "{}", warning.message);
}
