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
        for wire in [Wire::default().answer("DeleteRoute", ""), Wire::default().refuse(400, "InvalidRoute.NotFound")] {
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
    let look =
        request("DescribeRouteTables", &[("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", "subnet-a")]);
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

    let gone = Wire::default().refuse(400, "InvalidAssociationID.NotFound").refuse(400, "InvalidRouteTableID.NotFound");
    assert_eq!(RouteTable::delete(&gone.ec2(), &standing(seen())).await, Ok(Deletion::Gone));

    let used = Wire::default().answer("DisassociateRouteTable", "").refuse(400, "DependencyViolation");
    assert_eq!(RouteTable::delete(&used.ec2(), &standing(seen())).await.unwrap_err().class, Class::NotYet);
}
