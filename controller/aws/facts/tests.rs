#![expect(clippy::disallowed_methods, reason = "some time to begin with")]

use engine::{Class, Effect};

use super::*;
use crate::aws::wire::{Wire, request, stamp, view};

const ZONES: &str = "<availabilityZoneInfo>\
    <item><zoneName>eu-west-1a</zoneName><zoneId>euw1-az3</zoneId><zoneState>available</zoneState>\
        <zoneType>availability-zone</zoneType></item>\
    <item><zoneName>eu-west-1b</zoneName><zoneId>euw1-az1</zoneId><zoneState>available</zoneState>\
        <zoneType>availability-zone</zoneType></item>\
    <item><zoneName>eu-west-1-dub-1a</zoneName><zoneId>euw1-az2</zoneId><zoneState>available</zoneState>\
        <zoneType>local-zone</zoneType></item>\
    </availabilityZoneInfo>";
const LISTS: &str = "<prefixListSet><item><prefixListId>pl-s3</prefixListId>\
    <prefixListName>com.amazonaws.eu-west-1.s3</prefixListName></item></prefixListSet>";
const VPC: &str = "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlockAssociationSet><item><cidrBlock>10.0.0.0/16</cidrBlock>\
    <cidrBlockState><state>associated</state></cidrBlockState></item></cidrBlockAssociationSet></item></vpcSet>";

/// A scope in which the image is known for longer than any of these tests looks ahead; asking for it has tests of its own.
fn scope(wire: &Wire) -> Scope {
    let scope = Scope::new("111122223333".into(), "aws".into(), "eu-west-1".into(), wire.cloud());
    let name = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders:1";
    let known = (Instant::now() + Duration::from_hours(12), "sha256:00".to_owned());
    scope.facts.images.try_lock().unwrap().insert(name.to_owned(), known);
    scope
}

fn wanted() -> Wanted {
    Wanted {
        zones: WantedZones::Count(2),
        remembered_zones: Vec::new(),
        s3_prefix_list: true,
        image: image(),
        failed_rollout: None,
        permissions_boundary: None,
        user_pool: None,
        existing: WantedExisting::default(),
    }
}

fn image() -> WantedImage {
    WantedImage {
        repository: WantedRepository::Own("shop/orders".into()),
        reference: Reference::Tag("1".into()),
        last: None,
    }
}

fn account_wide(wire: Wire) -> Wire {
    wire.answer("DescribeAvailabilityZones", ZONES).answer("DescribeManagedPrefixLists", LISTS)
}

async fn ask(scope: &Scope, wanted: &Wanted, not_before: Instant, now: Instant) -> Result<Facts, FactsError> {
    facts(scope, &stamp().owner, &view(), wanted, not_before, now).await
}

#[tokio::test]
async fn zones_and_prefix_list_are_asked_for_once_an_hour() {
    let wire = account_wide(account_wide(Wire::default()));
    let (scope, start) = (scope(&wire), Instant::now());
    let first = ask(&scope, &wanted(), start, start).await.unwrap();
    assert_eq!(first.zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["euw1-az1", "euw1-az3"]);
    assert_eq!(first.s3_prefix_list.as_deref(), Some("pl-s3"));
    assert_eq!((first.account.as_str(), first.partition.as_str()), ("111122223333", "aws"));
    assert_eq!(first.image.to_run().map(|image| image.digest.as_str()), Some("sha256:00"));
    // Neither a caller that wants fresh answers about its own things nor the 60th minute asks again.
    let late = start + Duration::from_secs(3599);
    assert_eq!(ask(&scope, &wanted(), late, late).await.unwrap(), first);
    let later = start + Duration::from_hours(1);
    assert_eq!(ask(&scope, &wanted(), later, later).await.unwrap(), first);
    let filter = [("Filter.1.Name", "prefix-list-name"), ("Filter.1.Value.1", "com.amazonaws.eu-west-1.s3")];
    let round = [request("DescribeAvailabilityZones", &[]), request("DescribeManagedPrefixLists", &filter)];
    assert_eq!(wire.requests(), [round.clone(), round].concat());
}

#[tokio::test]
async fn what_is_not_answered_is_not_remembered() {
    let wire = account_wide(Wire::default().refuse(403, "UnauthorizedOperation"));
    let (scope, now) = (scope(&wire), Instant::now());
    let refused = ask(&scope, &wanted(), now, now).await.unwrap_err();
    assert!(matches!(refused, FactsError::Fault(fault) if fault.class == Class::Denied));
    ask(&scope, &wanted(), now, now).await.unwrap();
    assert_eq!(wire.requests().len(), 3);
}

#[tokio::test]
async fn a_region_without_the_prefix_list_is_refused() {
    let wire = Wire::default()
        .answer("DescribeAvailabilityZones", ZONES)
        .answer("DescribeManagedPrefixLists", "<prefixListSet/>");
    let (scope, now) = (scope(&wire), Instant::now());
    let refused = ask(&scope, &wanted(), now, now).await.unwrap_err().to_string();
    assert!(refused.starts_with("spec.region: eu-west-1 has no managed prefix list"), "{refused}");
    assert_eq!(wire.requests().len(), 2);
}

/// A failed look at the subnets.
fn blind() -> (View, Fault) {
    let fault = Fault {
        class: Class::Throttled,
        effect: Effect::None,
        operation: "DescribeSubnets",
        code: "RequestLimitExceeded".into(),
        message: String::new(),
        request_id: None,
    };
    (View { subnets: Err(fault.clone()), ..view() }, fault)
}

/// A failed look must not move a network to other zones.
#[tokio::test]
async fn zones_are_not_chosen_without_knowing_the_subnets() {
    let wire = Wire::default();
    let (scope, now) = (scope(&wire), Instant::now());
    let (blind, fault) = blind();
    let half = Wanted { remembered_zones: vec!["euw1-az3".into()], ..wanted() };
    assert!(facts(&scope, &stamp().owner, &blind, &half, now, now).await.is_err());
    let refused = facts(&scope, &stamp().owner, &blind, &wanted(), now, now).await.unwrap_err();
    assert_eq!(refused, FactsError::Fault(fault));
    assert_eq!(wire.requests().len(), 0);
}

/// Nor must it hold up everything else, once they were chosen.
#[tokio::test]
async fn remembered_or_named_zones_need_no_look_at_the_subnets() {
    let wire = account_wide(Wire::default());
    let (scope, now) = (scope(&wire), Instant::now());
    let (blind, _) = blind();
    let remembered = ["euw1-az3", "euw1-az1"].map(str::to_owned).to_vec();
    let names = WantedZones::Names(vec!["eu-west-1a".into(), "eu-west-1b".into()]);
    let cases = [Wanted { remembered_zones: remembered.clone(), ..wanted() }, Wanted { zones: names, ..wanted() }];
    for wanted in cases {
        let found = facts(&scope, &stamp().owner, &blind, &wanted, now, now).await.unwrap();
        assert_eq!(found.zones.iter().map(|zone| zone.id.clone()).collect::<Vec<_>>(), remembered);
    }
}

#[tokio::test]
async fn what_is_brought_is_asked_for_by_filter_and_at_the_callers_pace() {
    let tier = vec!["subnet-1".to_owned(), "subnet-2".to_owned()];
    let wanted = Wanted {
        existing: WantedExisting {
            vpc: Some("vpc-1".into()),
            tiers: vec![("spec.network.existing.ecsSubnetIds", tier)],
            route_tables: vec!["rtb-1".into()],
            endpoint_group: Some("sg-1".into()),
            ..WantedExisting::default()
        },
        ..wanted()
    };
    let subnet = |n, zone| {
        format!(
            "<item><subnetId>subnet-{n}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.{n}.0/24</cidrBlock>\
             <availabilityZone>{zone}</availabilityZone><availabilityZoneId>id of {zone}</availabilityZoneId></item>"
        )
    };
    let on = |name| format!("<vpcId>vpc-1</vpcId><{name}><value>true</value></{name}>");
    let round = |wire: Wire| {
        wire.answer("DescribeVpcs", VPC)
            .answer("DescribeVpcAttribute", &on("enableDnsSupport"))
            .answer("DescribeVpcAttribute", &on("enableDnsHostnames"))
            .answer(
                "DescribeInternetGateways",
                "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>",
            )
            .answer("DescribeSubnets", &format!("<subnetSet>{}{}</subnetSet>", subnet(2, "b"), subnet(1, "a")))
            .answer(
                "DescribeRouteTables",
                "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId></item></routeTableSet>",
            )
            .answer(
                "DescribeSecurityGroups",
                "<securityGroupInfo><item><groupId>sg-1</groupId><vpcId>vpc-1</vpcId></item></securityGroupInfo>",
            )
    };
    let wire = round(account_wide(round(Wire::default())));
    let (scope, start) = (scope(&wire), Instant::now());
    let facts = ask(&scope, &wanted, start, start).await.unwrap();
    assert_eq!(facts.zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["id of a", "id of b"]);
    assert_eq!(facts.existing.vpc.as_ref().unwrap().internet_gateway, "igw-1");
    let soon = start + Duration::from_mins(1);
    assert_eq!(ask(&scope, &wanted, start, soon).await.unwrap(), facts);
    assert_eq!(ask(&scope, &wanted, soon, soon).await.unwrap(), facts);

    let filtered = |operation, name, values: &[&str]| {
        let mut request = request(operation, &[("Filter.1.Name", name)]);
        for (value, n) in values.iter().zip(1..) {
            request.insert(format!("Filter.1.Value.{n}"), (*value).to_owned());
        }
        request
    };
    let attribute = |name| request("DescribeVpcAttribute", &[("VpcId", "vpc-1"), ("Attribute", name)]);
    let expected = [
        filtered("DescribeVpcs", "vpc-id", &["vpc-1"]),
        attribute("enableDnsSupport"),
        attribute("enableDnsHostnames"),
        filtered("DescribeInternetGateways", "attachment.vpc-id", &["vpc-1"]),
        filtered("DescribeSubnets", "subnet-id", &["subnet-1", "subnet-2"]),
        filtered("DescribeRouteTables", "route-table-id", &["rtb-1"]),
        filtered("DescribeSecurityGroups", "group-id", &["sg-1"]),
    ];
    let requests = wire.requests();
    assert_eq!(requests[..7], expected);
    assert_eq!(requests[9..], expected);
}

#[tokio::test]
async fn an_unsatisfied_answer_is_asked_for_again() {
    let wanted =
        Wanted { existing: WantedExisting { vpc: Some("vpc-9".into()), ..WantedExisting::default() }, ..wanted() };
    let wire = Wire::default().answer("DescribeVpcs", "<vpcSet/>").answer("DescribeVpcs", "<vpcSet/>");
    let (scope, now) = (scope(&wire), Instant::now());
    for _ in 0..2 {
        let refused = ask(&scope, &wanted, now, now).await.unwrap_err().to_string();
        assert!(refused.starts_with("spec.network.existing.vpcId: vpc-9 does not exist"), "{refused}");
    }
    assert_eq!(wire.requests().len(), 2);
}
