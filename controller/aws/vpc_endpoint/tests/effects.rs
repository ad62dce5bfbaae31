use super::*;

#[tokio::test]
async fn create_of_an_interface_endpoint_leaves_nothing_to_defaults() {
    let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>\
        <vpcId>vpc-1</vpcId><state>pending</state><privateDnsEnabled>true</privateDnsEnabled></vpcEndpoint>";
    let wire = Wire::default().answer("CreateVpcEndpoint", made);
    let mark = mark(&interface());
    let live = interface().create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let sent = &wire.requests()[0];
    let policy = allow("ecr:GetAuthorizationToken").to_string();
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("VpcId", "vpc-1"),
        ("ServiceName", "com.amazonaws.eu-west-1.ecr.api"),
        ("VpcEndpointType", "Interface"),
        ("SubnetId.1", "subnet-a"),
        ("SubnetId.2", "subnet-b"),
        ("SecurityGroupId.1", "sg-1"),
        ("PrivateDnsEnabled", "true"),
        ("PolicyDocument", policy.as_str()),
    ];
    assert_eq!(untagged(sent), request("CreateVpcEndpoint", &parameters));
    assert_eq!(sent["TagSpecification.1.ResourceType"], "vpc-endpoint");
    assert_eq!(tags(sent), mark.tags);
    assert_eq!((live.key, live.id), (mark.key, Id::from("vpce-1")));
    assert_eq!(live.phase, Phase::Pending("pending".to_owned()));
}

#[tokio::test]
async fn create_of_a_gateway_endpoint_names_tables_and_no_policy_if_none_is_declared() {
    let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType>\
        <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.eu-west-1.s3</serviceName><state>available</state>\
        <routeTableIdSet><item>rtb-1</item></routeTableIdSet></vpcEndpoint>";
    let wire = Wire::default().answer("CreateVpcEndpoint", made);
    let mark = mark(&gateway());
    let live = gateway().create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("VpcId", "vpc-1"),
        ("ServiceName", "com.amazonaws.eu-west-1.s3"),
        ("VpcEndpointType", "Gateway"),
        ("RouteTableId.1", "rtb-1"),
    ];
    assert_eq!(untagged(&wire.requests()[0]), request("CreateVpcEndpoint", &parameters));
    assert_eq!(live.phase, Phase::Ready);
    assert_eq!(gateway().compare(&live.seen, &ids()).verdict(), Verdict::InSync);
}

#[tokio::test]
async fn a_token_that_returns_a_dead_endpoint_is_no_success() {
    for state in ["deleting", "deleted"] {
        let made = format!("<vpcEndpoint><vpcEndpointId>vpce-0</vpcEndpointId><state>{state}</state></vpcEndpoint>");
        let wire = Wire::default().answer("CreateVpcEndpoint", &made);
        let live = interface().create(&wire.ec2(), &ids(), &mark(&interface())).await.unwrap();
        assert_eq!(live.phase, Phase::Deleting);
    }
}

#[tokio::test]
async fn a_refused_create_is_classified() {
    let cases = [("VpcEndpointLimitExceeded", Class::Quota), ("InvalidParameter", Class::Invalid)];
    for (code, class) in cases {
        let wire = Wire::default().refuse(400, code);
        let fault = interface().create(&wire.ec2(), &ids(), &mark(&interface())).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str(), fault.operation), (class, code, "CreateVpcEndpoint"));
    }
}

#[tokio::test]
async fn each_difference_is_its_own_parameter_of_one_call() {
    let policy = allow("ecr:GetAuthorizationToken").to_string();
    let cases = [
        (
            interface(),
            VpcEndpointSeen { subnets: set(["subnet-a", "subnet-b", "subnet-z"]), ..interface_seen() },
            vec![("RemoveSubnetId.1", "subnet-z")],
        ),
        (
            interface(),
            VpcEndpointSeen { security_groups: set(["sg-0"]), ..interface_seen() },
            vec![("AddSecurityGroupId.1", "sg-1"), ("RemoveSecurityGroupId.1", "sg-0")],
        ),
        (interface(), VpcEndpointSeen { private_dns: false, ..interface_seen() }, vec![("PrivateDnsEnabled", "true")]),
        (
            interface(),
            VpcEndpointSeen { policy: Some(allow("*").to_string()), ..interface_seen() },
            vec![("PolicyDocument", policy.as_str())],
        ),
        (
            gateway(),
            VpcEndpointSeen { route_tables: set(["rtb-0"]), ..gateway_seen() },
            vec![("AddRouteTableId.1", "rtb-1"), ("RemoveRouteTableId.1", "rtb-0")],
        ),
        (
            gateway(),
            VpcEndpointSeen { policy: Some(allow("s3:GetObject").to_string()), ..gateway_seen() },
            vec![("ResetPolicy", "true")],
        ),
        (
            interface(),
            VpcEndpointSeen { private_dns: false, subnets: set(["subnet-a"]), ..interface_seen() },
            vec![("PrivateDnsEnabled", "true"), ("AddSubnetId.1", "subnet-b")],
        ),
    ];
    for (declared, seen, changes) in cases {
        let wire = Wire::default().answer("ModifyVpcEndpoint", "<return>true</return>");
        let live = declared.update(&wire.ec2(), &standing(seen), &[], &ids()).await.unwrap();
        let parameters = [vec![("VpcEndpointId", "vpce-1")], changes].concat();
        assert_eq!(wire.requests(), [request("ModifyVpcEndpoint", &parameters)]);
        assert_eq!(declared.compare(&live.seen, &ids()).verdict(), Verdict::InSync);
        assert_eq!(live.on, hangs_on(&live.seen));
    }
}

/// EC2 refuses a second subnet of a zone, also while the first one is on its way out.
#[tokio::test]
async fn a_subnet_makes_room_before_another_comes() {
    let seen = VpcEndpointSeen { subnets: set(["subnet-a", "subnet-z"]), private_dns: false, ..interface_seen() };
    let modified = "<return>true</return>";
    let wire = Wire::default().answer("ModifyVpcEndpoint", modified).answer("ModifyVpcEndpoint", modified);
    let live = interface().update(&wire.ec2(), &standing(seen), &[], &ids()).await.unwrap();
    assert!(matches!(interface().compare(&live.seen, &ids()).verdict(), Verdict::Update(_)), "it goes on");
    let live = interface().update(&wire.ec2(), &live, &[], &ids()).await.unwrap();
    assert_eq!(interface().compare(&live.seen, &ids()).verdict(), Verdict::InSync);
    let first = [("VpcEndpointId", "vpce-1"), ("RemoveSubnetId.1", "subnet-z"), ("PrivateDnsEnabled", "true")];
    let second = [("VpcEndpointId", "vpce-1"), ("AddSubnetId.1", "subnet-b")];
    assert_eq!(wire.requests(), [request("ModifyVpcEndpoint", &first), request("ModifyVpcEndpoint", &second)]);
}

#[tokio::test]
async fn a_refused_update_is_classified() {
    let wire = Wire::default().refuse(503, "RequestLimitExceeded");
    let seen = VpcEndpointSeen { private_dns: false, ..interface_seen() };
    let fault = interface().update(&wire.ec2(), &standing(seen), &[], &ids()).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::Throttled, "ModifyVpcEndpoint"));
}

#[tokio::test]
async fn delete_takes_its_time_and_reads_the_refusals_inside_the_answer() {
    let answered = |unsuccessful: &str| {
        let inner = format!("<unsuccessful>{unsuccessful}</unsuccessful>");
        Wire::default().answer("DeleteVpcEndpoints", &inner)
    };
    let item = |code: &str| {
        format!(
            "<item><resourceId>vpce-1</resourceId><error><code>{code}</code><message>said so</message></error></item>"
        )
    };
    let delete = async |wire: &Wire| VpcEndpoint::delete(&wire.ec2(), &standing(interface_seen())).await;

    let going = answered("");
    assert_eq!(delete(&going).await, Ok(Deletion::Going));
    assert_eq!(going.requests(), [request("DeleteVpcEndpoints", &[("VpcEndpointId.1", "vpce-1")])]);
    assert_eq!(delete(&answered(&item("InvalidVpcEndpointId.NotFound"))).await, Ok(Deletion::Gone));
    assert_eq!(delete(&Wire::default().refuse(400, "InvalidVpcEndpointId.NotFound")).await, Ok(Deletion::Gone));

    for (code, class) in [("DependencyViolation", Class::NotYet), ("UnauthorizedOperation", Class::Denied)] {
        let fault = delete(&answered(&item(code))).await.unwrap_err();
        let told = (fault.class, fault.code.as_str(), fault.message.as_str(), fault.operation);
        assert_eq!(told, (class, code, "said so", "DeleteVpcEndpoints"));
    }
}
