use aws_sdk_ec2::types::{
    Route as SdkRoute, RouteOrigin, RouteState, RouteTableAssociation, RouteTableAssociationState,
    RouteTableAssociationStateCode, Tag, VpcEndpoint as SdkEndpoint,
};
use engine::{Attributes, Class, Known, Verdict};

use super::*;
use crate::aws::VpcEndpoint;
use crate::aws::wire::{Request, Wire, answer, mark, owned, request, stamp, tags, untagged, view};

const ANYWHERE: &str = "0.0.0.0/0";

/// The table of an app subnet, with its way out through a NAT gateway.
fn app() -> RouteTable {
    let gateway = Target::NatGateway(NatGateway::reference("a"));
    RouteTable {
        name: "app-a".to_owned(),
        vpc: Vpc::reference("main"),
        routes: vec![Route { destination: ANYWHERE.parse().unwrap(), target: gateway }],
        subnets: vec![Subnet::reference("app-a")],
    }
}

/// The table of the public subnets.
fn public() -> RouteTable {
    let gateway = Target::InternetGateway(InternetGateway::reference("main"));
    RouteTable {
        name: "public".to_owned(),
        routes: vec![Route { destination: ANYWHERE.parse().unwrap(), target: gateway }],
        subnets: vec![Subnet::reference("public-a"), Subnet::reference("public-b")],
        ..app()
    }
}

fn ids() -> Ids {
    let known = [
        (Vpc::reference("main").key().clone(), "vpc-1"),
        (InternetGateway::reference("main").key().clone(), "igw-1"),
        (NatGateway::reference("a").key().clone(), "nat-1"),
        (Subnet::reference("app-a").key().clone(), "subnet-a"),
        (Subnet::reference("public-a").key().clone(), "subnet-pa"),
        (Subnet::reference("public-b").key().clone(), "subnet-pb"),
    ];
    let known = known.into_iter().map(|(key, id)| (key, Known { id: Id::from(id), attributes: Attributes::new() }));
    known.collect()
}

fn to(target: &str) -> SeenRoute {
    SeenRoute { target: target.to_owned(), blackhole: false, maker: Maker::Caller }
}

/// As declared by [`app`].
fn seen() -> RouteTableSeen {
    RouteTableSeen {
        vpc: "vpc-1".to_owned(),
        routes: Routes::from([(ANYWHERE.to_owned(), to("nat-1"))]),
        associations: Associations::from([("subnet-a".to_owned(), "rtbassoc-1".to_owned())]),
    }
}

fn with_route(destination: &str, route: SeenRoute) -> RouteTableSeen {
    let mut seen = seen();
    seen.routes.insert(destination.to_owned(), route);
    seen
}

fn with_association(what: &str) -> RouteTableSeen {
    let mut seen = seen();
    seen.associations.insert(what.to_owned(), "rtbassoc-2".to_owned());
    seen
}

fn standing(seen: RouteTableSeen) -> Live<RouteTableSeen> {
    Live { on: hangs_on(&seen), ..mark(&app()).live("rtb-1", Phase::Ready, seen) }
}

fn endpoint_route(endpoint: &str) -> SdkRoute {
    SdkRoute::builder().destination_prefix_list_id("pl-1").gateway_id(endpoint).state(RouteState::Active).build()
}

/// A table in the VPC with its local route and `routes`.
fn shown(routes: impl IntoIterator<Item = SdkRoute>) -> Sdk {
    let local = SdkRoute::builder().destination_cidr_block("10.0.0.0/16").gateway_id("local").build();
    Sdk::builder()
        .route_table_id("rtb-1")
        .vpc_id("vpc-1")
        .set_routes(Some(std::iter::once(local).chain(routes).collect()))
        .set_tags(owned::<RouteTable>("app-a"))
        .build()
}

fn read(view: &View) -> Vec<Live<RouteTableSeen>> {
    RouteTable::read(view, &stamp().owner)
}

fn read_table(table: Sdk) -> Live<RouteTableSeen> {
    read(&View { route_tables: answer([table]), ..view() }).remove(0)
}

mod compare {
    use super::*;

    #[test]
    fn as_declared() {
        assert_eq!(app().compare(&seen(), &ids()).verdict(), Verdict::InSync);
        let empty = RouteTable { routes: vec![], subnets: vec![], ..app() };
        let bare = RouteTableSeen { routes: Routes::new(), associations: Associations::new(), ..seen() };
        assert_eq!(empty.compare(&bare, &ids()).verdict(), Verdict::InSync);
    }

    #[test]
    fn a_block_is_compared_in_canonical_form() {
        let mut table = app();
        table.routes[0].destination = "10.1.2.3/16".parse().unwrap();
        let mut seen = seen();
        seen.routes = Routes::from([("10.1.0.0/16".to_owned(), to("nat-1"))]);
        assert_eq!(table.compare(&seen, &ids()).verdict(), Verdict::InSync);
    }

    #[test]
    fn the_vpc_is_fixed() {
        let elsewhere = RouteTableSeen { vpc: "vpc-2".to_owned(), ..seen() };
        assert!(matches!(app().compare(&elsewhere, &ids()).verdict(), Verdict::Replace(_)));
    }

    #[test]
    fn routes_and_subnets_are_changed_in_place() {
        let blackhole = SeenRoute { blackhole: true, ..to("nat-1") };
        let cases = [
            ("routes", RouteTableSeen { routes: Routes::new(), ..seen() }),
            ("routes", with_route(ANYWHERE, to("nat-2"))),
            ("routes", with_route(ANYWHERE, blackhole)),
            ("routes", with_route("192.168.0.0/16", to("pcx-1"))),
            ("routes", with_route("::/0", to("eigw-1"))),
            ("routes", with_route("pl-1", SeenRoute { maker: Maker::Endpoint, ..to("vpce-1") })),
            ("subnets", RouteTableSeen { associations: Associations::new(), ..seen() }),
            ("subnets", with_association("subnet-z")),
            ("subnets", with_association("igw-1")),
        ];
        for (field, seen) in cases {
            let Verdict::Update(changes) = app().compare(&seen, &ids()).verdict() else { panic!("{seen:?}") };
            assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field], "{seen:?}");
        }
    }

    #[test]
    fn nothing_is_compared_with_an_unknown_id() {
        for need in app().needs() {
            let mut ids = ids();
            ids.remove(&need.key);
            assert_eq!(app().compare(&seen(), &ids).verdict(), Verdict::Unknown(need.key));
        }
    }

    #[test]
    fn needs_usable_targets() {
        let (main, subnet) = (Vpc::reference("main").exists(), Subnet::reference("app-a").exists());
        assert_eq!(app().needs(), [main.clone(), subnet, NatGateway::reference("a").ready()]);
        let subnets = ["public-a", "public-b"].map(|name| Subnet::reference(name).exists());
        let gateway = InternetGateway::reference("main").ready();
        assert_eq!(public().needs(), [vec![main], subnets.to_vec(), vec![gateway]].concat());
    }
}

mod reading {
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
        let read: Vec<_> =
            read_table(table).seen.routes.into_iter().map(|(to, route)| (to, route.describe())).collect();
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
}

mod effects {
    use super::*;

    const TABLE: (&str, &str) = ("RouteTableId", "rtb-1");
    const TO_ANYWHERE: (&str, &str) = ("DestinationCidrBlock", ANYWHERE);
    const MADE: &str = "<routeTable><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet><item>\
        <destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item></routeSet></routeTable>";

    fn made() -> Wire {
        Wire::default().answer("CreateRouteTable", MADE)
    }

    fn associated(wire: Wire, id: &str) -> Wire {
        wire.answer("AssociateRouteTable", &format!("<associationId>{id}</associationId>"))
    }

    async fn update(wire: &Wire, table: &RouteTable, seen: RouteTableSeen) -> Result<Live<RouteTableSeen>, Fault> {
        table.update(&wire.ec2(), &standing(seen), &[], &ids()).await
    }

    /// The update of [`app`] from `seen` sends exactly `requests` and ends as declared.
    async fn updates(wire: Wire, seen: RouteTableSeen, requests: &[Request]) {
        let live = update(&wire, &app(), seen).await.unwrap();
        assert_eq!(wire.requests(), requests);
        assert_eq!(app().compare(&live.seen, &ids()).verdict(), Verdict::InSync);
    }

    #[tokio::test]
    async fn create_carries_token_and_mark_and_fills_the_table() {
        let wire = associated(made().answer("CreateRoute", "<return>true</return>"), "rtbassoc-1");
        let mark = mark(&app());
        let live = app().create(&wire.ec2(), &ids(), &mark).await.unwrap();
        let sent = wire.requests();
        let parameters = [("ClientToken", mark.token.as_str()), ("VpcId", "vpc-1")];
        assert_eq!(untagged(&sent[0]), request("CreateRouteTable", &parameters));
        assert_eq!(sent[0]["TagSpecification.1.ResourceType"], "route-table");
        assert_eq!(tags(&sent[0]), mark.tags);
        assert_eq!(sent[1], request("CreateRoute", &[TABLE, TO_ANYWHERE, ("NatGatewayId", "nat-1")]));
        assert_eq!(sent[2], request("AssociateRouteTable", &[TABLE, ("SubnetId", "subnet-a")]));
        assert_eq!((live.key, live.id, live.phase), (mark.key, Id::from("rtb-1"), Phase::Ready));
        assert_eq!(live.seen, seen());
        assert_eq!(live.on, ["nat-1", "subnet-a", "vpc-1"].map(Id::from));
    }

    #[tokio::test]
    async fn a_route_to_the_internet_leads_to_a_gateway_id() {
        let wire = associated(made().answer("CreateRoute", ""), "rtbassoc-1");
        let wire = associated(wire, "rtbassoc-2");
        public().create(&wire.ec2(), &ids(), &mark(&public())).await.unwrap();
        let sent = wire.requests();
        assert_eq!(sent[1], request("CreateRoute", &[TABLE, TO_ANYWHERE, ("GatewayId", "igw-1")]));
        let subnets: Vec<_> = sent[2..].iter().map(|request| request["SubnetId"].as_str()).collect();
        assert_eq!(subnets, ["subnet-pa", "subnet-pb"]);
    }

    #[tokio::test]
    async fn the_id_of_a_table_is_not_lost_when_a_later_call_fails() {
        let wire = associated(made().refuse(400, "InvalidNatGatewayID.NotFound"), "rtbassoc-1");
        let live = app().create(&wire.ec2(), &ids(), &mark(&app())).await.unwrap();
        assert_eq!(live.id, Id::from("rtb-1"));
        let Phase::Pending(why) = &live.phase else { panic!("{:?}", live.phase) };
        assert!(why.contains("InvalidNatGatewayID.NotFound"), "{why}");
        assert!(matches!(app().compare(&live.seen, &ids()).verdict(), Verdict::Update(_)));
    }

    #[tokio::test]
    async fn a_refused_create_is_classified() {
        let wire = Wire::default().refuse(400, "RouteTableLimitExceeded");
        let fault = app().create(&wire.ec2(), &ids(), &mark(&app())).await.unwrap_err();
        assert_eq!((fault.class, fault.operation), (Class::Quota, "CreateRouteTable"));
    }

    #[tokio::test]
    async fn a_missing_route_is_created_or_replaced_if_it_is_there_after_all() {
        let seen = || RouteTableSeen { routes: Routes::new(), ..seen() };
        let to_nat = [TABLE, TO_ANYWHERE, ("NatGatewayId", "nat-1")];
        let (create, replace) = (request("CreateRoute", &to_nat), request("ReplaceRoute", &to_nat));
        updates(Wire::default().answer("CreateRoute", ""), seen(), std::slice::from_ref(&create)).await;
        let wire = Wire::default().refuse(400, "RouteAlreadyExists").answer("ReplaceRoute", "");
        updates(wire, seen(), &[create, replace]).await;
    }

    #[tokio::test]
    async fn a_route_to_another_target_or_into_a_blackhole_is_replaced() {
        let replace = request("ReplaceRoute", &[TABLE, TO_ANYWHERE, ("NatGatewayId", "nat-1")]);
        for route in [to("nat-0"), to("igw-1"), SeenRoute { blackhole: true, ..to("nat-1") }] {
            let wire = Wire::default().answer("ReplaceRoute", "");
            updates(wire, with_route(ANYWHERE, route), std::slice::from_ref(&replace)).await;
        }
    }

    #[tokio::test]
    async fn a_foreign_route_is_deleted_by_its_kind_of_destination() {
        let cases = [
            ("192.168.0.0/16", "DestinationCidrBlock"),
            ("::/0", "DestinationIpv6CidrBlock"),
            ("pl-9", "DestinationPrefixListId"),
        ];
        for (destination, parameter) in cases {
            let delete = request("DeleteRoute", &[TABLE, (parameter, destination)]);
            for wire in
                [Wire::default().answer("DeleteRoute", ""), Wire::default().refuse(400, "InvalidRoute.NotFound")]
            {
                updates(wire, with_route(destination, to("tgw-1")), std::slice::from_ref(&delete)).await;
            }
        }
    }

    #[tokio::test]
    async fn a_foreign_endpoints_route_is_named_after_everything_else_was_repaired() {
        let shown = "<vpcEndpointSet><item><vpcEndpointId>vpce-2</vpcEndpointId></item></vpcEndpointSet>";
        let wire = Wire::default().answer("DescribeVpcEndpoints", shown).answer("CreateRoute", "");
        let wire = associated(wire, "rtbassoc-1");
        let route = SeenRoute { maker: Maker::Endpoint, ..to("vpce-2") };
        let broken = RouteTableSeen {
            routes: Routes::from([("pl-1".to_owned(), route)]),
            associations: Associations::new(),
            ..seen()
        };
        let fault = update(&wire, &app(), broken).await.unwrap_err();
        let actions: Vec<_> = wire.requests().into_iter().map(|request| request["Action"].clone()).collect();
        assert_eq!(actions, ["DescribeVpcEndpoints", "CreateRoute", "AssociateRouteTable"]);
        assert_eq!((fault.class, fault.code.as_str()), (Class::Conflict, "RouteOfForeignEndpoint"));
        assert!(fault.message.contains("remove rtb-1 from the route tables of endpoint vpce-2"), "{}", fault.message);
    }

    #[tokio::test]
    async fn an_own_endpoint_that_the_list_omits_and_one_that_is_gone_are_in_nobodys_way() {
        let tag = |(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>");
        let tags: String = mark(&app()).tags.iter().map(tag).collect();
        let own = format!(
            "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><tagSet>{tags}</tagSet></item></vpcEndpointSet>"
        );
        let ask = request("DescribeVpcEndpoints", &[("VpcEndpointId.1", "vpce-1")]);
        let listed = Wire::default().answer("DescribeVpcEndpoints", &own);
        for wire in [listed, Wire::default().refuse(400, "InvalidVpcEndpointId.NotFound")] {
            let route = SeenRoute { maker: Maker::Endpoint, ..to("vpce-1") };
            updates(wire, with_route("pl-1", route), std::slice::from_ref(&ask)).await;
        }
    }

    #[tokio::test]
    async fn a_propagated_route_is_named_and_a_declared_one_is_put_over_it() {
        let propagated = || SeenRoute { maker: Maker::Propagation, ..to("vgw-1") };
        let fault = update(&Wire::default(), &app(), with_route("10.9.0.0/16", propagated())).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str()), (Class::Conflict, "PropagatedRoute"));
        let create = request("CreateRoute", &[TABLE, TO_ANYWHERE, ("NatGatewayId", "nat-1")]);
        updates(Wire::default().answer("CreateRoute", ""), with_route(ANYWHERE, propagated()), &[create]).await;
    }

    #[tokio::test]
    async fn a_subnet_that_uses_no_table_is_associated() {
        let bare = RouteTableSeen { associations: Associations::new(), ..seen() };
        let associate = request("AssociateRouteTable", &[TABLE, ("SubnetId", "subnet-a")]);
        updates(associated(Wire::default(), "rtbassoc-1"), bare, &[associate]).await;
    }

    #[tokio::test]
    async fn a_subnet_that_uses_another_table_is_moved() {
        let tables = |id: &str| {
            format!(
                "<routeTableSet><item><routeTableId>{id}</routeTableId><associationSet><item>\
                 <routeTableAssociationId>rtbassoc-8</routeTableAssociationId><subnetId>subnet-b</subnetId></item><item>\
                 <routeTableAssociationId>rtbassoc-9</routeTableAssociationId><subnetId>subnet-a</subnetId></item>\
                 </associationSet></item></routeTableSet>"
            )
        };
        let bare = || RouteTableSeen { associations: Associations::new(), ..seen() };
        let taken = || Wire::default().refuse(400, "Resource.AlreadyAssociated");
        let associate = request("AssociateRouteTable", &[TABLE, ("SubnetId", "subnet-a")]);
        let look = request(
            "DescribeRouteTables",
            &[("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", "subnet-a")],
        );
        let moved = "<newAssociationId>rtbassoc-10</newAssociationId>";
        let elsewhere =
            taken().answer("DescribeRouteTables", &tables("rtb-2")).answer("ReplaceRouteTableAssociation", moved);
        let replace = request("ReplaceRouteTableAssociation", &[TABLE, ("AssociationId", "rtbassoc-9")]);
        updates(elsewhere, bare(), &[associate.clone(), look.clone(), replace]).await;
        let here = taken().answer("DescribeRouteTables", &tables("rtb-1"));
        updates(here, bare(), &[associate, look]).await;
        let nowhere = taken().answer("DescribeRouteTables", "<routeTableSet/>");
        assert_eq!(update(&nowhere, &app(), bare()).await.unwrap_err().class, Class::Conflict);
        assert_eq!(nowhere.requests().len(), 2);
    }

    #[tokio::test]
    async fn what_is_not_declared_is_disassociated() {
        let disassociate = request("DisassociateRouteTable", &[("AssociationId", "rtbassoc-2")]);
        for what in ["subnet-z", "igw-1"] {
            let gone = Wire::default().refuse(400, "InvalidAssociationID.NotFound");
            for wire in [Wire::default().answer("DisassociateRouteTable", ""), gone] {
                updates(wire, with_association(what), std::slice::from_ref(&disassociate)).await;
            }
        }
    }

    #[tokio::test]
    async fn delete_disassociates_first_and_knows_what_is_gone() {
        let wire = Wire::default().answer("DisassociateRouteTable", "").answer("DeleteRouteTable", "");
        assert_eq!(RouteTable::delete(&wire.ec2(), &standing(seen())).await, Ok(Deletion::Gone));
        let disassociate = request("DisassociateRouteTable", &[("AssociationId", "rtbassoc-1")]);
        assert_eq!(wire.requests(), [disassociate, request("DeleteRouteTable", &[TABLE])]);

        let gone =
            Wire::default().refuse(400, "InvalidAssociationID.NotFound").refuse(400, "InvalidRouteTableID.NotFound");
        assert_eq!(RouteTable::delete(&gone.ec2(), &standing(seen())).await, Ok(Deletion::Gone));

        let used = Wire::default().answer("DisassociateRouteTable", "").refuse(400, "DependencyViolation");
        assert_eq!(RouteTable::delete(&used.ec2(), &standing(seen())).await.unwrap_err().class, Class::NotYet);
    }
}
