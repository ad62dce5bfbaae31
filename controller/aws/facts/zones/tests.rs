use aws_sdk_ec2::types::Subnet as Sdk;
use engine::Tags;

use super::super::BroughtSubnet;
use super::*;
use crate::aws::wire::{answer, owned as tags, sdk_tags, stamp, view};

/// Zones of a region by id, the last letter of the name given; `!` marks one in which nothing can be placed.
fn listed(zones: &[&str]) -> Vec<ListedZone> {
    let zone = |zone: &&str| {
        let (id, letter) = zone.trim_end_matches('!').split_once(' ').unwrap();
        ListedZone { id: id.into(), name: format!("region-{letter}"), available: !zone.ends_with('!') }
    };
    zones.iter().map(zone).collect()
}

fn slots(zones: &[(usize, &str)]) -> BTreeMap<usize, Zone> {
    zones.iter().map(|(slot, id)| (*slot, Zone { id: (*id).into(), name: format!("name of {id}") })).collect()
}

struct Case<'a> {
    name: &'a str,
    region: &'a str,
    wanted: WantedZones,
    brought: &'a [(usize, &'a str)],
    owned: &'a [(usize, &'a str)],
    remembered: &'a [&'a str],
    listed: &'a [&'a str],
    /// The ids that are chosen, or the field that is refused and a word of the message.
    expected: Result<&'a [&'a str], (&'a str, &'a str)>,
}

const IRELAND: &[&str] = &["euw1-az3 a", "euw1-az1 b", "euw1-az2 c"];

impl Default for Case<'_> {
    fn default() -> Self {
        Case {
            name: "",
            region: "eu-west-1",
            wanted: WantedZones::Count(2),
            brought: &[],
            owned: &[],
            remembered: &[],
            listed: IRELAND,
            expected: Ok(&[]),
        }
    }
}

fn names(names: &[&str]) -> WantedZones {
    WantedZones::Names(names.iter().map(|name| (*name).to_owned()).collect())
}

fn judge(case: &Case<'_>) {
    let Case { name, region, wanted, brought, owned, remembered, listed: zones, expected } = case;
    let remembered: Vec<String> = remembered.iter().map(|id| (*id).to_owned()).collect();
    let request = Request {
        region,
        wanted,
        brought: &slots(brought),
        owned: &slots(owned),
        remembered: &remembered,
        listed: &listed(zones),
    };
    match (choose(&request), expected) {
        (Ok((zones, _)), Ok(ids)) => {
            assert_eq!(zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), *ids, "{name}");
        }
        (Err(FactsError::Unsatisfied { field, message }), Err((expected, word))) => {
            assert_eq!(field, *expected, "{name}");
            assert!(message.contains(word), "{name}: {message}");
        }
        (outcome, _) => panic!("{name}: {outcome:?}"),
    }
}

#[test]
fn zones_are_chosen() {
    let cases = [
        Case { name: "the first by id", expected: Ok(&["euw1-az1", "euw1-az2"]), ..Case::default() },
        Case {
            name: "none without VPC links",
            region: "us-east-1",
            listed: &["use1-az3 a", "use1-az2 b", "use1-az4 c"],
            expected: Ok(&["use1-az2", "use1-az4"]),
            ..Case::default()
        },
        Case {
            name: "none in which nothing can be placed",
            listed: &["euw1-az1 a!", "euw1-az2 b", "euw1-az3 c"],
            expected: Ok(&["euw1-az2", "euw1-az3"]),
            ..Case::default()
        },
        Case {
            name: "where subnets stand, even if nothing more can be placed there",
            owned: &[(1, "euw1-az1")],
            listed: &["euw1-az1 a!", "euw1-az2 b", "euw1-az3 c"],
            expected: Ok(&["euw1-az2", "euw1-az1"]),
            ..Case::default()
        },
        Case {
            name: "where subnets stand, before what is remembered",
            owned: &[(0, "euw1-az3")],
            remembered: &["euw1-az1", "euw1-az2"],
            expected: Ok(&["euw1-az3", "euw1-az2"]),
            ..Case::default()
        },
        Case {
            name: "what is remembered, before the first",
            remembered: &["euw1-az3", "euw1-az1"],
            expected: Ok(&["euw1-az3", "euw1-az1"]),
            ..Case::default()
        },
        Case {
            name: "not what is remembered twice",
            owned: &[(1, "euw1-az3")],
            remembered: &["euw1-az3", "euw1-az3"],
            expected: Ok(&["euw1-az1", "euw1-az3"]),
            ..Case::default()
        },
        Case {
            name: "not what is remembered and no more",
            remembered: &["euw1-az9"],
            expected: Ok(&["euw1-az1", "euw1-az2"]),
            ..Case::default()
        },
        Case {
            name: "more than before",
            wanted: WantedZones::Count(3),
            owned: &[(0, "euw1-az2"), (1, "euw1-az3")],
            expected: Ok(&["euw1-az2", "euw1-az3", "euw1-az1"]),
            ..Case::default()
        },
        Case {
            name: "those of brought subnets",
            brought: &[(0, "euw1-az3"), (1, "euw1-az2")],
            expected: Ok(&["euw1-az3", "euw1-az2"]),
            ..Case::default()
        },
        Case {
            name: "all zones of an unknown region",
            region: "xx-new-1",
            listed: &["xxn1-az7 a", "xxn1-az5 b"],
            expected: Ok(&["xxn1-az5", "xxn1-az7"]),
            ..Case::default()
        },
        Case {
            name: "named",
            wanted: names(&["region-c", "region-a"]),
            remembered: &["euw1-az1", "euw1-az2"],
            expected: Ok(&["euw1-az2", "euw1-az3"]),
            ..Case::default()
        },
    ];
    cases.iter().for_each(judge);
}

#[test]
fn what_cannot_be_is_refused_with_its_field() {
    const COUNT: &str = "spec.network.availabilityZones.count";
    let cases = [
        Case {
            name: "too many",
            region: "eu-west-3",
            wanted: WantedZones::Count(3),
            listed: &["euw3-az1 a", "euw3-az2 b", "euw3-az3 c"],
            expected: Err((COUNT, "at most 2")),
            ..Case::default()
        },
        Case {
            name: "unknown name",
            wanted: names(&["region-a", "region-z"]),
            expected: Err(("spec.network.availabilityZones.names[1]", "it has region-a, region-b, region-c")),
            ..Case::default()
        },
        Case {
            name: "a name without VPC links",
            region: "us-east-1",
            wanted: names(&["region-a"]),
            listed: &["use1-az3 a", "use1-az2 b"],
            expected: Err(("spec.network.availabilityZones.names[0]", "no VPC links in region-a (use1-az3)")),
            ..Case::default()
        },
        Case {
            name: "subnets stand elsewhere",
            wanted: names(&["region-b", "region-a"]),
            owned: &[(1, "euw1-az2")],
            expected: Err(("spec.network.availabilityZones.names[1]", "cannot move")),
            ..Case::default()
        },
        Case {
            name: "brought subnets lie elsewhere",
            wanted: names(&["region-a"]),
            brought: &[(0, "euw1-az2")],
            expected: Err(("spec.network.availabilityZones.names[0]", "cannot move")),
            ..Case::default()
        },
    ];
    cases.iter().for_each(judge);
}

fn warned(region: &str, brought: &[(usize, &str)]) -> Vec<&'static str> {
    let request = Request {
        region,
        wanted: &WantedZones::Count(1),
        brought: &slots(brought),
        owned: &BTreeMap::new(),
        remembered: &[],
        listed: &listed(&["use1-az1 a"]),
    };
    choose(&request).unwrap().1.iter().map(|warning| warning.reason).collect()
}

#[test]
fn doubts_about_vpc_links_are_told() {
    assert_eq!(warned("us-east-1", &[]), Vec::<&str>::new());
    assert_eq!(warned("us-east-1", &[(0, "use1-az1")]), Vec::<&str>::new());
    assert_eq!(warned("us-east-1", &[(0, "use1-az3")]), ["ZoneNotSupported"]);
    assert_eq!(warned("xx-new-1", &[]), ["ZoneSupportUnknown"]);
}

fn subnet(name: &str, id: &str, zone: &str) -> aws_sdk_ec2::types::builders::SubnetBuilder {
    let place = Sdk::builder().availability_zone_id(zone).availability_zone(format!("name of {zone}"));
    place.subnet_id(id).set_tags(tags::<Subnet>(name))
}

#[test]
fn slots_are_read_from_the_keys_of_our_subnets() {
    let foreign = Tags::from([("Name".to_owned(), "public-c".to_owned())]);
    let view = View {
        subnets: answer([
            subnet("public-b", "subnet-3", "euw1-az2").build(),
            subnet("app-b", "subnet-2", "euw1-az2").build(),
            subnet("ecs-a", "subnet-1", "euw1-az3").build(),
            // A twin elsewhere: the one with the lower id decides, in every pass.
            subnet("ecs-a", "subnet-4", "euw1-az1").build(),
            subnet("", "subnet-5", "euw1-az1").set_tags(sdk_tags(&foreign)).build(),
            subnet("odd", "subnet-6", "euw1-az1").build(),
            subnet("app-bb", "subnet-7", "euw1-az1").build(),
        ]),
        ..view()
    };
    assert_eq!(owned(&view, &stamp().owner), slots(&[(0, "euw1-az3"), (1, "euw1-az2")]));
}

fn lay(tiers: &[(&'static str, &[(&str, &str)])]) -> Result<BTreeMap<usize, Zone>, FactsError> {
    let subnets = tiers.iter().flat_map(|(_, subnets)| subnets.iter()).map(|(id, zone)| {
        let zone = Zone { id: (*zone).into(), name: format!("name of {zone}") };
        ((*id).to_owned(), BroughtSubnet { zone, cidr: "10.0.0.0/24".parse().unwrap() })
    });
    let existing = Existing { subnets: subnets.collect(), ..Existing::default() };
    let ids = |subnets: &[(&str, &str)]| subnets.iter().map(|(id, _)| (*id).to_owned()).collect();
    let tiers = tiers.iter().map(|(field, subnets)| (*field, ids(subnets))).collect();
    brought(&WantedExisting { tiers, ..WantedExisting::default() }, &existing)
}

#[test]
fn brought_tiers_agree_on_their_zones() {
    let agreed = lay(&[("public", &[("s-1", "z1"), ("s-2", "z2")]), ("app", &[("s-3", "z1"), ("s-4", "z2")])]);
    assert_eq!(agreed.unwrap(), slots(&[(0, "z1"), (1, "z2")]));
    for (tiers, field, word) in [
        (&[("public", &[("s-1", "z1"), ("s-2", "z1")][..])][..], "public[1]", "one per zone"),
        (&[("public", &[("s-1", "z1")][..]), ("app", &[("s-3", "z2")][..])][..], "app[0]", "same order"),
    ] {
        let error = lay(tiers).unwrap_err();
        assert!(matches!(&error, FactsError::Unsatisfied { field: at, .. } if at == field), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}
