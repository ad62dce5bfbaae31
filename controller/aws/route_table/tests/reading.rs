use super::*;

#[test]
fn routes_are_read_by_destination_with_whatever_they_lead_to() {
    let route = SdkRoute::builder;
    let table = shown([
        route().destination_cidr_block(ANYWHERE).nat_gateway_id("nat-1").state(RouteState::Active).build(),
        route().destination_ipv6_cidr_block("::/0").egress_only_internet_gateway_id("eigw-1").build(),
        route().destination_cidr_block("10.1.0.0/16").transit_gateway_id("tgw-1").build(),
        route().destination_cidr_block("10.2.0.0/16").vpc_peering_connection_id("pcx-1").build(),
        route().destination_cidr_block("10.3.0.0/16").network_interface_id("eni-1").build(),
        route().destination_cidr_block("10.4.0.0/16").local_gateway_id("lgw-1").build(),
        route().destination_cidr_block("10.5.0.0/16").carrier_gateway_id("cagw-1").build(),
        route().destination_cidr_block("10.6.0.0/16").core_network_arn("arn:core").build(),
        route().destination_cidr_block("10.7.0.0/16").gateway_id("igw-1").state(RouteState::Blackhole).build(),
        route().destination_prefix_list_id("pl-9").transit_gateway_id("tgw-1").build(),
    ]);
    let read: Vec<_> = read_table(table).seen.routes.into_iter().map(|(to, route)| (to, route.describe())).collect();
    let expected = [
        (ANYWHERE, "nat-1"),
        ("10.1.0.0/16", "tgw-1"),
        ("10.2.0.0/16", "pcx-1"),
        ("10.3.0.0/16", "eni-1"),
        ("10.4.0.0/16", "lgw-1"),
        ("10.5.0.0/16", "cagw-1"),
        ("10.6.0.0/16", "arn:core"),
        ("10.7.0.0/16", "igw-1 (blackhole)"),
        ("::/0", "eigw-1"),
        ("pl-9", "tgw-1"),
    ];
    assert_eq!(read, expected.map(|(to, target)| (to.to_owned(), target.to_owned())));
}

#[test]
fn the_route_of_an_own_endpoint_is_the_endpoints_that_of_another_is_foreign() {
    let own = SdkEndpoint::builder().vpc_endpoint_id("vpce-1").set_tags(owned::<VpcEndpoint>("s3")).build();
    let other = SdkEndpoint::builder().vpc_endpoint_id("vpce-2").build();
    let routes = |endpoint: &str| {
        let tables = answer([shown([endpoint_route(endpoint)])]);
        let endpoints = answer([own.clone(), other.clone()]);
        read(&View { route_tables: tables, vpc_endpoints: endpoints, ..view() }).remove(0).seen.routes
    };
    assert_eq!(routes("vpce-1"), Routes::new());
    let foreign = SeenRoute { maker: Maker::Endpoint, ..to("vpce-2") };
    assert_eq!(routes("vpce-2"), Routes::from([("pl-1".to_owned(), foreign)]));
}

#[test]
fn a_propagated_route_is_known_and_yields_to_a_static_one() {
    let propagated = |to: &str| {
        let route = SdkRoute::builder().destination_cidr_block(to).gateway_id("vgw-1");
        route.origin(RouteOrigin::EnableVgwRoutePropagation).build()
    };
    let own = SdkRoute::builder().destination_cidr_block(ANYWHERE).nat_gateway_id("nat-1").build();
    let routes = read_table(shown([propagated(ANYWHERE), own, propagated(ANYWHERE), propagated("10.9.0.0/16")]));
    let known = SeenRoute { maker: Maker::Propagation, ..to("vgw-1") };
    let expected = [(ANYWHERE.to_owned(), to("nat-1")), ("10.9.0.0/16".to_owned(), known)];
    assert_eq!(routes.seen.routes, Routes::from(expected));
}

#[test]
fn standing_associations_are_read_the_main_one_is_not() {
    let association = |id: &str| RouteTableAssociation::builder().route_table_association_id(id);
    let state = |code| RouteTableAssociationState::builder().state(code).build();
    let mut table = shown([]);
    table.associations = Some(vec![
        association("rtbassoc-0").main(true).build(),
        association("rtbassoc-1").subnet_id("subnet-a").build(),
        association("rtbassoc-2")
            .subnet_id("subnet-b")
            .association_state(state(RouteTableAssociationStateCode::Associated))
            .build(),
        association("rtbassoc-3")
            .subnet_id("subnet-c")
            .association_state(state(RouteTableAssociationStateCode::Disassociated))
            .build(),
        association("rtbassoc-4").gateway_id("igw-1").build(),
    ]);
    let read = read_table(table).seen.associations;
    let expected = [("igw-1", "rtbassoc-4"), ("subnet-a", "rtbassoc-1"), ("subnet-b", "rtbassoc-2")];
    assert_eq!(read, expected.map(|(what, id)| (what.to_owned(), id.to_owned())).into());
}

#[test]
fn it_hangs_on_its_vpc_its_subnets_and_the_gateways_that_it_leads_to() {
    let mut table = shown([
        SdkRoute::builder().destination_cidr_block(ANYWHERE).nat_gateway_id("nat-1").build(),
        SdkRoute::builder().destination_cidr_block("10.1.0.0/16").gateway_id("igw-1").build(),
        SdkRoute::builder()
            .destination_cidr_block("10.2.0.0/16")
            .nat_gateway_id("nat-2")
            .state(RouteState::Blackhole)
            .build(),
        endpoint_route("vpce-1"),
    ]);
    let association = RouteTableAssociation::builder().route_table_association_id("rtbassoc-1");
    table.associations = Some(vec![association.subnet_id("subnet-a").build()]);
    let live = read_table(table);
    assert_eq!(live.on, ["igw-1", "nat-1", "subnet-a", "vpc-1"].map(Id::from));
    assert_eq!((live.id.as_str(), live.phase, live.within), ("rtb-1", Phase::Ready, None));
}

#[test]
fn only_marked_tables_are_ours() {
    let mut theirs = shown([]);
    for tags in [None, Some(vec![Tag::builder().key("Name").value("app-a").build()])] {
        theirs.tags = tags;
        assert!(read(&View { route_tables: answer([theirs.clone()]), ..view() }).is_empty());
    }
}
