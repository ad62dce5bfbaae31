use aws_sdk_ec2::types::Tag;
use engine::{Class, Effect};

use super::*;
use crate::aws::wire::{Wire, answer, ids, key, mark, request, said, sdk_tags, stamp, view};

const BLOCK: &str = "172.10.0.0/16";

fn block() -> VpcCidr {
    VpcCidr { name: "ecs", vpc: Vpc::reference("main"), cidr: BLOCK.parse().unwrap() }
}

fn known() -> Ids {
    ids([(key::<Vpc>("main"), "vpc-1")])
}

fn seen(vpc: &str, cidr: &str) -> VpcCidrSeen {
    VpcCidrSeen { vpc: vpc.to_owned(), cidr: cidr.to_owned() }
}

fn made() -> Live<VpcCidrSeen> {
    mark(&block()).live("vpc-cidr-assoc-1", Phase::Ready, seen("vpc-1", BLOCK))
}

#[test]
fn fields_are_compared() {
    let cases = [
        (seen("vpc-1", BLOCK), "in sync"),
        (seen("vpc-2", BLOCK), "replace vpc"),
        (seen("vpc-1", "100.64.0.0/16"), "replace cidr"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&block().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&block().compare(&seen("vpc-1", BLOCK), &Ids::default())), "unknown vpc/main");
    assert_eq!(block().needs(), [Vpc::reference("main").exists()]);
}

/// One association as EC2 writes it in an answer.
fn xml(element: &str, cidr: &str, state: &str) -> String {
    format!(
        "<{element}><associationId>vpc-cidr-assoc-1</associationId><cidrBlock>{cidr}</cidrBlock>\
         <cidrBlockState><state>{state}</state></cidrBlockState></{element}>"
    )
}

fn vpc_with(association: &str) -> String {
    format!(
        "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlockAssociationSet>{association}</cidrBlockAssociationSet></item></vpcSet>"
    )
}

#[tokio::test]
async fn a_create_associates_what_is_not_associated() {
    // Others' blocks, and what is left of an earlier association, are not it.
    let before = [
        vpc_with(""),
        vpc_with(&xml("item", "10.0.0.0/16", "associated")),
        vpc_with(&xml("item", BLOCK, "disassociating")),
        vpc_with(&xml("item", BLOCK, "failed")),
    ];
    for before in before {
        let associating = xml("cidrBlockAssociation", BLOCK, "associating");
        let wire = Wire::default().answer("DescribeVpcs", &before).answer("AssociateVpcCidrBlock", &associating);
        let made = block().create(&wire.ec2(), &known(), &mark(&block())).await.unwrap();
        assert_eq!((made.id, made.phase), (Id::from("vpc-cidr-assoc-1"), Phase::Pending("associating".to_owned())));
        assert_eq!(said(&block().compare(&made.seen, &known())), "in sync");
        assert_eq!((made.on, made.within), (vec![Id::from("vpc-1")], Some(Id::from("vpc-1"))));
        let look = request("DescribeVpcs", &[("VpcId.1", "vpc-1")]);
        let associate = request("AssociateVpcCidrBlock", &[("VpcId", "vpc-1"), ("CidrBlock", BLOCK)]);
        assert_eq!(wire.requests(), [look, associate], "{before}");
    }
}

#[tokio::test]
async fn a_create_finds_what_is_associated_already() {
    for (state, phase) in [("associated", Phase::Ready), ("associating", Phase::Pending("associating".to_owned()))] {
        let wire = Wire::default().answer("DescribeVpcs", &vpc_with(&xml("item", BLOCK, state)));
        let made = block().create(&wire.ec2(), &known(), &mark(&block())).await.unwrap();
        assert_eq!((made.id, made.phase), (Id::from("vpc-cidr-assoc-1"), phase));
        assert_eq!(wire.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_vpc_too_young_to_be_listed_is_no_obstacle() {
    let wire = Wire::default()
        .refuse(400, "InvalidVpcID.NotFound")
        .answer("AssociateVpcCidrBlock", &xml("cidrBlockAssociation", BLOCK, "associating"));
    let made = block().create(&wire.ec2(), &known(), &mark(&block())).await.unwrap();
    assert_eq!(made.id, Id::from("vpc-cidr-assoc-1"));
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test]
async fn a_refused_create_comes_back_classified() {
    let cases = [
        ("InvalidVpc.Range", Class::Invalid),
        ("CidrBlockLimitExceeded", Class::Quota),
        ("InvalidVpcID.NotFound", Class::NotYet),
    ];
    for (code, class) in cases {
        let wire = Wire::default().answer("DescribeVpcs", &vpc_with("")).refuse(400, code);
        let fault = block().create(&wire.ec2(), &known(), &mark(&block())).await.unwrap_err();
        let expected = (class, Effect::None, "AssociateVpcCidrBlock");
        assert_eq!((fault.class, fault.effect, fault.operation), expected, "{code}");
    }
    // A VPC that cannot be looked at may have the block: nothing is sent.
    let denied = Wire::default().refuse(403, "UnauthorizedOperation");
    let fault = block().create(&denied.ec2(), &known(), &mark(&block())).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::Denied, "DescribeVpcs"));
    assert_eq!(denied.requests().len(), 1);
}

#[tokio::test]
async fn a_delete_says_whether_it_is_gone() {
    for (state, deletion) in [("disassociating", Deletion::Going), ("disassociated", Deletion::Gone)] {
        let answer = xml("cidrBlockAssociation", BLOCK, state);
        let wire = Wire::default().answer("DisassociateVpcCidrBlock", &answer);
        assert_eq!(VpcCidr::delete(&wire.ec2(), &made()).await, Ok(deletion), "{state}");
        let parameters = [("AssociationId", "vpc-cidr-assoc-1")];
        assert_eq!(wire.requests(), [request("DisassociateVpcCidrBlock", &parameters)]);
    }
    for code in ["InvalidVpcCidrBlockAssociationID.NotFound", "InvalidVpcID.NotFound"] {
        let gone = Wire::default().refuse(400, code);
        assert_eq!(VpcCidr::delete(&gone.ec2(), &made()).await, Ok(Deletion::Gone), "{code}");
    }
    let used = Wire::default().refuse(400, "DependencyViolation");
    assert_eq!(VpcCidr::delete(&used.ec2(), &made()).await.unwrap_err().class, Class::NotYet);
}

fn association(id: &str, cidr: &str, state: Option<&str>) -> Association {
    let state = state.map(|state| VpcCidrBlockState::builder().state(state.into()).status_message("no room").build());
    Association::builder().association_id(id).cidr_block(cidr).set_cidr_block_state(state).build()
}

/// The tags of our VPC, with the secondary block that it names.
fn naming(cidr: &str) -> Option<Vec<Tag>> {
    let named = Tags::from([(owner::SECONDARY_CIDR.to_owned(), cidr.to_owned())]);
    sdk_tags(&stamp().tags(&key::<Vpc>("main"), 0, named))
}

fn read(tags: Option<Vec<Tag>>, associations: Vec<Association>) -> Vec<Live<VpcCidrSeen>> {
    let vpc = Sdk::builder().vpc_id("vpc-1").set_tags(tags).set_cidr_block_association_set(Some(associations));
    VpcCidr::read(&View { vpcs: answer([vpc.build()]), ..view() }, &stamp().owner)
}

#[test]
fn ours_is_the_one_that_the_mark_of_our_vpc_names() {
    let all = || {
        ["10.0.0.0/16", BLOCK, "100.64.0.0/16"]
            .iter()
            .enumerate()
            .map(|(n, cidr)| association(&format!("vpc-cidr-assoc-{n}"), cidr, Some("associated")))
            .collect::<Vec<_>>()
    };
    let read_with = |tags| read(tags, all());
    let read = read_with(naming(BLOCK));
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<VpcCidr>("ecs"), Id::from("vpc-cidr-assoc-1")));
    assert_eq!((it.seen.clone(), it.phase.clone()), (seen("vpc-1", BLOCK), Phase::Ready));
    assert_eq!((it.on.clone(), it.within.clone()), (vec![Id::from("vpc-1")], Some(Id::from("vpc-1"))));

    assert!(read_with(naming("192.0.2.0/24")).is_empty(), "no such association");
    assert!(read_with(sdk_tags(&mark(&vpc_without_block()).tags)).is_empty(), "our VPC names none");
    let strangers = Tags::from([(owner::SECONDARY_CIDR.to_owned(), BLOCK.to_owned())]);
    assert!(read_with(sdk_tags(&strangers)).is_empty(), "not our VPC");
}

fn vpc_without_block() -> Vpc {
    Vpc { name: "main", cidr: "10.0.0.0/16".parse().unwrap(), secondary_cidr: None }
}

#[test]
fn every_state_has_its_phase() {
    let failed = || Phase::Failed("the association failed: no room".to_owned());
    let cases = [
        (Some("associated"), Some(Phase::Ready)),
        (Some("associating"), Some(Phase::Pending("associating".to_owned()))),
        (Some("failing"), Some(failed())),
        (Some("failed"), Some(failed())),
        (Some("disassociating"), Some(Phase::Deleting)),
        // Over: as good as not listed.
        (Some("disassociated"), None),
        (Some("new"), Some(Phase::Pending("new".to_owned()))),
        (None, Some(Phase::Pending("no state".to_owned()))),
    ];
    for (state, expected) in cases {
        let read = read(naming(BLOCK), vec![association("vpc-cidr-assoc-1", BLOCK, state)]);
        assert_eq!(read.into_iter().next().map(|it| it.phase), expected, "{state:?}");
    }
}

#[test]
fn a_block_lies_in_ours_or_in_none() {
    let vpc = Sdk::builder()
        .vpc_id("vpc-1")
        .set_tags(naming(BLOCK))
        .cidr_block_association_set(association("vpc-cidr-assoc-0", "10.0.0.0/16", Some("associated")))
        .cidr_block_association_set(association("vpc-cidr-assoc-1", BLOCK, Some("associated")))
        .build();
    let held = |block: &str| holding(&vpc, &stamp().owner, block.parse().unwrap());
    assert_eq!(held("172.10.240.0/20"), Some(Id::from("vpc-cidr-assoc-1")));
    assert_eq!(held("172.8.0.0/14"), None, "it is wider");
    assert_eq!(held("10.0.0.0/20"), None, "the primary block is no resource of its own");
}
