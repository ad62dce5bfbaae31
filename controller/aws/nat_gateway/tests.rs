use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{InternetGateway as SdkInternetGateway, InternetGatewayAttachment, NatGatewayAddress, Tag};
use engine::{Attributes, Class, Known, Verdict};

use super::*;
use crate::aws::wire::{self, Wire, answer, mark, owned, request, sdk_tags, stamp, tags, untagged, view};

fn zonal() -> NatGateway {
    NatGateway {
        name: "a".to_owned(),
        vpc: Vpc::reference("main"),
        internet_gateway: InternetGateway::reference("main"),
        placement: Placement::Zonal { subnet: Subnet::reference("public-a"), address: ElasticIp::reference("a") },
    }
}

fn regional() -> NatGateway {
    NatGateway { name: "regional".to_owned(), placement: Placement::Regional, ..zonal() }
}

fn known() -> [(Key, &'static str); 4] {
    [
        (Vpc::reference("main").key().clone(), "vpc-1"),
        (InternetGateway::reference("main").key().clone(), "igw-1"),
        (Subnet::reference("public-a").key().clone(), "subnet-1"),
        (ElasticIp::reference("a").key().clone(), "eipalloc-1"),
    ]
}

fn ids_of(known: &[(Key, &str)]) -> Ids {
    known.iter().map(|(key, id)| (key.clone(), Known { id: Id::from(*id), attributes: Attributes::new() })).collect()
}

fn ids() -> Ids {
    ids_of(&known())
}

fn zonal_seen() -> NatGatewaySeen {
    NatGatewaySeen {
        vpc: "vpc-1".to_owned(),
        availability_mode: "zonal".to_owned(),
        subnet: "subnet-1".to_owned(),
        address: "eipalloc-1".to_owned(),
    }
}

fn regional_seen() -> NatGatewaySeen {
    NatGatewaySeen {
        availability_mode: "regional".to_owned(),
        subnet: String::new(),
        address: String::new(),
        ..zonal_seen()
    }
}

fn shown(state: NatGatewayState) -> Sdk {
    let address = |allocation: &str, primary| {
        let address = NatGatewayAddress::builder().allocation_id(allocation).is_primary(primary);
        address.public_ip(if primary { "203.0.113.1" } else { "203.0.113.2" }).build()
    };
    Sdk::builder()
        .nat_gateway_id("nat-1")
        .vpc_id("vpc-1")
        .subnet_id("subnet-1")
        .state(state)
        .nat_gateway_addresses(address("eipalloc-2", false))
        .nat_gateway_addresses(address("eipalloc-1", true))
        .create_time(DateTime::from_secs(1_700_000_000))
        .set_tags(owned::<NatGateway>("a"))
        .build()
}

fn seen_by(gateway: Sdk) -> View {
    View { nat_gateways: answer([gateway]), ..view() }
}

fn read(gateway: Sdk) -> Vec<Live<NatGatewaySeen>> {
    NatGateway::read(&seen_by(gateway), &stamp().owner)
}

fn standing() -> Live<NatGatewaySeen> {
    read(shown(NatGatewayState::Available)).remove(0)
}

#[test]
fn every_field_is_fixed() {
    assert_eq!(zonal().compare(&zonal_seen(), &ids()).verdict(), Verdict::InSync);
    assert_eq!(regional().compare(&regional_seen(), &ids()).verdict(), Verdict::InSync);
    let other = || "other".to_owned();
    let cases = [
        ("vpc", zonal(), NatGatewaySeen { vpc: other(), ..zonal_seen() }),
        ("subnet", zonal(), NatGatewaySeen { subnet: other(), ..zonal_seen() }),
        ("address", zonal(), NatGatewaySeen { address: other(), ..zonal_seen() }),
        ("availabilityMode", zonal(), NatGatewaySeen { availability_mode: "regional".to_owned(), ..zonal_seen() }),
        ("availabilityMode", regional(), NatGatewaySeen { availability_mode: "zonal".to_owned(), ..regional_seen() }),
        ("vpc", regional(), NatGatewaySeen { vpc: other(), ..regional_seen() }),
    ];
    for (field, declared, seen) in cases {
        let Verdict::Replace(changes) = declared.compare(&seen, &ids()).verdict() else { panic!("{field}: not fixed") };
        assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn nothing_is_compared_with_an_unknown_id() {
    for (missing, _) in known() {
        if missing.kind == InternetGateway::KIND {
            continue;
        }
        let mut ids = ids();
        ids.remove(&missing);
        assert_eq!(zonal().compare(&zonal_seen(), &ids).verdict(), Verdict::Unknown(missing));
    }
}

#[test]
fn needs_an_attached_gateway_and_if_zonal_a_subnet_and_an_address() {
    let subnet = Subnet::reference("public-a").exists();
    let address = ElasticIp::reference("a").exists();
    let both = [Vpc::reference("main").exists(), InternetGateway::reference("main").ready()];
    assert_eq!(zonal().needs(), [both.to_vec(), vec![subnet, address]].concat());
    assert_eq!(regional().needs(), both);
}

#[test]
fn states_are_phases_and_a_deleted_one_is_gone() {
    let pending = || Phase::Pending("pending".to_owned());
    let cases = [
        (NatGatewayState::Available, vec![Phase::Ready]),
        (NatGatewayState::Pending, vec![pending()]),
        (NatGatewayState::Deleting, vec![Phase::Deleting]),
        (NatGatewayState::Deleted, vec![]),
        (NatGatewayState::from("new"), vec![Phase::Pending("new".to_owned())]),
    ];
    for (state, phases) in cases {
        let read: Vec<_> = read(shown(state.clone())).into_iter().map(|live| live.phase).collect();
        assert_eq!(read, phases, "{state:?}");
    }
    let mut failed = shown(NatGatewayState::Failed);
    failed.failure_code = Some("Gateway.NotAttached".to_owned());
    failed.failure_message = Some("no gateway".to_owned());
    assert_eq!(read(failed)[0].phase, Phase::Failed("Gateway.NotAttached: no gateway".to_owned()));
}

#[test]
fn a_zonal_gateway_hangs_on_vpc_subnet_addresses_and_internet_gateway() {
    let attached = |id: &str, vpc: &str| {
        let attachment = InternetGatewayAttachment::builder().vpc_id(vpc).build();
        SdkInternetGateway::builder().internet_gateway_id(id).attachments(attachment).build()
    };
    let gateways = answer([attached("igw-2", "vpc-2"), attached("igw-1", "vpc-1")]);
    let view = View { internet_gateways: gateways, ..seen_by(shown(NatGatewayState::Available)) };
    let live = NatGateway::read(&view, &stamp().owner).remove(0);
    let on = ["vpc-1", "subnet-1", "eipalloc-2", "eipalloc-1", "igw-1"].map(Id::from);
    assert_eq!(live.on, on);
    assert_eq!((live.id.as_str(), live.created, live.within), ("nat-1", Some(1_700_000_000), None));
    assert_eq!(live.attributes, Attributes::from([(PUBLIC_IP.into(), "203.0.113.1".to_owned())]));
    assert_eq!(live.seen, zonal_seen());
}

#[test]
fn the_addresses_of_a_regional_gateway_are_not_ours() {
    let mut gateway = shown(NatGatewayState::Available);
    gateway.subnet_id = None;
    for mode in [None, Some(AvailabilityMode::Regional)] {
        gateway.availability_mode = mode;
        let live = read(gateway.clone()).remove(0);
        assert_eq!(live.seen, regional_seen());
        assert_eq!(live.on, [Id::from("vpc-1")]);
    }
}

#[test]
fn only_marked_gateways_are_ours() {
    let mut theirs = shown(NatGatewayState::Available);
    for tags in [None, Some(vec![Tag::builder().key("Name").value("a").build()])] {
        theirs.tags = tags;
        assert!(read(theirs.clone()).is_empty());
    }
    let mut stamp = stamp();
    stamp.owner.stack = "shop/carts".to_owned();
    theirs.tags = sdk_tags(&stamp.tags(&Key::new(NatGateway::KIND, "a"), 0, Tags::new()));
    assert!(read(theirs).is_empty());
}

const MADE: &str = "<natGateway><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>\
    <state>pending</state><natGatewayAddressSet><item><allocationId>eipalloc-1</allocationId><isPrimary>true</isPrimary>\
    </item></natGatewayAddressSet></natGateway>";

#[tokio::test]
async fn create_says_where_and_carries_token_and_mark() {
    let wire = Wire::default().answer("CreateNatGateway", MADE);
    let (zonal, mark) = (zonal(), mark(&zonal()));
    let live = zonal.create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let sent = &wire.requests()[0];
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("ConnectivityType", "public"),
        ("SubnetId", "subnet-1"),
        ("AllocationId", "eipalloc-1"),
    ];
    assert_eq!(untagged(sent), request("CreateNatGateway", &parameters));
    assert_eq!(sent["TagSpecification.1.ResourceType"], "natgateway");
    assert_eq!(tags(sent), mark.tags);
    assert_eq!((live.key, live.id, live.seen), (mark.key, Id::from("nat-1"), zonal_seen()));
    assert_eq!(live.phase, Phase::Pending("pending".to_owned()));
    assert_eq!(live.on, ["vpc-1", "subnet-1", "eipalloc-1", "igw-1"].map(Id::from));
}

#[tokio::test]
async fn a_regional_one_is_created_in_its_vpc() {
    let made = "<natGateway><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId><state>pending</state>\
        <availabilityMode>regional</availabilityMode></natGateway>";
    let wire = Wire::default().answer("CreateNatGateway", made);
    let (regional, mark) = (regional(), mark(&regional()));
    let live = regional.create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("ConnectivityType", "public"),
        ("AvailabilityMode", "regional"),
        ("VpcId", "vpc-1"),
    ];
    assert_eq!(untagged(&wire.requests()[0]), request("CreateNatGateway", &parameters));
    assert_eq!(live.seen, regional_seen());
}

#[tokio::test]
async fn a_token_that_returns_a_dead_gateway_is_no_success() {
    let failed = Phase::Failed("no code: no message".to_owned());
    for (state, phase) in [("deleted", Phase::Deleting), ("deleting", Phase::Deleting), ("failed", failed)] {
        let wire = Wire::default().answer("CreateNatGateway", &MADE.replace("pending", state));
        let live = zonal().create(&wire.ec2(), &ids(), &mark(&zonal())).await.unwrap();
        assert_eq!(live.phase, phase, "{state}");
    }
}

#[tokio::test]
async fn a_refused_create_is_classified() {
    let cases = [("NatGatewayLimitExceeded", Class::Quota), ("InvalidSubnetID.NotFound", Class::NotYet)];
    for (code, class) in cases {
        let wire = Wire::default().refuse(400, code);
        let fault = zonal().create(&wire.ec2(), &ids(), &mark(&zonal())).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str(), fault.operation), (class, code, "CreateNatGateway"));
    }
}

#[tokio::test]
async fn a_create_without_an_upstream_id_sends_nothing() {
    let wire = Wire::default();
    let fault = zonal().create(&wire.ec2(), &Ids::default(), &mark(&zonal())).await.unwrap_err();
    assert_eq!(fault.class, Class::NotYet);
    assert_eq!(wire.requests(), Vec::<wire::Request>::new());
}

#[tokio::test]
async fn delete_takes_its_time_and_knows_what_is_gone() {
    let gone = Wire::default().refuse(400, "NatGatewayNotFound");
    let going = Wire::default().answer("DeleteNatGateway", "<natGatewayId>nat-1</natGatewayId>");
    for (wire, deletion) in [(going, Deletion::Going), (gone, Deletion::Gone)] {
        assert_eq!(NatGateway::delete(&wire.ec2(), &standing()).await, Ok(deletion));
        assert_eq!(wire.requests(), [request("DeleteNatGateway", &[("NatGatewayId", "nat-1")])]);
    }
    let denied = Wire::default().refuse(403, "UnauthorizedOperation");
    assert_eq!(NatGateway::delete(&denied.ec2(), &standing()).await.unwrap_err().class, Class::Denied);
}
