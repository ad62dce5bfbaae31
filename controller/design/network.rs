//! VPC, subnets, gateways and routes.

use engine::Ref;
use ipnet::Ipv4Net;

use super::{Draft, SLOTS};
use crate::api::Spec;
use crate::api::spec::{NatMode, Network};
use crate::aws::facts::Facts;
use crate::aws::{
    ElasticIp, InternetGateway, NatGateway, Placement, Resource, Route, RouteTable, Subnet, Target, Vpc, VpcCidr,
};

/// The one VPC of a stack, its own or brought.
pub(super) fn vpc() -> Ref<Vpc> {
    Vpc::reference("main")
}

/// The subnets of the tasks, one per slot, their own or brought.
pub(super) fn ecs_subnets(network: &Network) -> Vec<Ref<Subnet>> {
    subnets("ecs", network.zones.count())
}

/// The route tables of the tasks' subnets: the stack's own one, or those that the user brings.
pub(super) fn ecs_route_tables(network: &Network) -> Vec<Ref<RouteTable>> {
    if network.existing.ecs_subnet_ids.is_empty() {
        return vec![RouteTable::reference("ecs")];
    }
    (1..=network.existing.ecs_route_table_ids.len()).map(|n| RouteTable::reference(format!("ecs-{n}"))).collect()
}

/// Adds the network without its groups and endpoints.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let network = &spec.network;
    draw_vpc(network, facts, draft);
    let existing = &network.existing;
    let ecs_block = existing.vpc_id.is_none().then(|| VpcCidr::reference("ecs"));
    draw_tier("public", &network.public_subnets, &existing.public_subnet_ids, None, facts, draft);
    draw_tier("app", &network.app_subnets, &existing.app_subnet_ids, None, facts, draft);
    draw_tier("ecs", &network.ecs_subnets, &existing.ecs_subnet_ids, ecs_block.as_ref(), facts, draft);
    draw_nat_gateways(network, draft);
    draw_route_tables(network, draft);
}

fn draw_vpc(network: &Network, facts: &Facts, draft: &mut Draft) {
    let gateway = InternetGateway::reference("main");
    if network.existing.vpc_id.is_none() {
        draft.node(Vpc { name: "main", cidr: network.vpc_cidr, secondary_cidr: Some(network.ecs_cidr) });
        draft.node(VpcCidr { name: "ecs", vpc: vpc(), cidr: network.ecs_cidr });
        draft.node(InternetGateway { name: "main", vpc: vpc() });
    } else if let Some(brought) = &facts.existing.vpc {
        draft.given(vpc().key(), &brought.id);
        draft.given(gateway.key(), &brought.internet_gateway);
    }
}

/// One subnet per slot: built with these blocks, or brought.
fn draw_tier(
    tier: &str,
    blocks: &[Ipv4Net],
    brought: &[String],
    block: Option<&Ref<VpcCidr>>,
    facts: &Facts,
    draft: &mut Draft,
) {
    for ((slot, cidr), zone) in SLOTS.iter().zip(blocks).zip(&facts.zones) {
        let name = format!("{tier}-{slot}");
        draft.node(Subnet { name, vpc: vpc(), block: block.cloned(), cidr: *cidr, zone_id: zone.id.clone() });
    }
    for (reference, id) in subnets(tier, brought.len()).iter().zip(brought) {
        draft.given(reference.key(), id);
    }
}

/// Slots that get a NAT gateway of their own.
fn nat_slots(network: &Network) -> &'static [&'static str] {
    match network.nat {
        NatMode::Zonal => &SLOTS[..network.zones.count().min(SLOTS.len())],
        NatMode::Single => &SLOTS[..1],
        NatMode::Regional | NatMode::None => &[],
    }
}

fn draw_nat_gateways(network: &Network, draft: &mut Draft) {
    let internet_gateway = InternetGateway::reference("main");
    for slot in nat_slots(network) {
        let address = ElasticIp::reference(*slot);
        draft.node(ElasticIp { name: (*slot).to_owned() });
        draft.node(NatGateway {
            name: (*slot).to_owned(),
            vpc: vpc(),
            internet_gateway: internet_gateway.clone(),
            placement: Placement::Zonal { subnet: Subnet::reference(format!("public-{slot}")), address },
        });
    }
    if network.nat == NatMode::Regional {
        draft.node(NatGateway {
            name: "regional".to_owned(),
            vpc: vpc(),
            internet_gateway,
            placement: Placement::Regional,
        });
    }
}

/// The NAT gateway that the application subnet of `slot` uses.
fn nat_of(network: &Network, slot: &str) -> Option<Ref<NatGateway>> {
    match network.nat {
        NatMode::Zonal => Some(NatGateway::reference(slot)),
        NatMode::Single => Some(NatGateway::reference(SLOTS[0])),
        NatMode::Regional => Some(NatGateway::reference("regional")),
        NatMode::None => None,
    }
}

fn draw_route_tables(network: &Network, draft: &mut Draft) {
    let zones = network.zones.count();
    let table = |name: String, routes, subnets| RouteTable { name, vpc: vpc(), routes, subnets };
    let default = |target| Route { destination: Ipv4Net::default(), target };
    if !network.public_subnets.is_empty() {
        let out = default(Target::InternetGateway(InternetGateway::reference("main")));
        draft.node(table("public".to_owned(), vec![out], subnets("public", zones)));
    }
    if !network.app_subnets.is_empty() {
        for slot in SLOTS.iter().take(zones) {
            let out = nat_of(network, slot).map(|nat| default(Target::NatGateway(nat)));
            let subnet = Subnet::reference(format!("app-{slot}"));
            draft.node(table(format!("app-{slot}"), out.into_iter().collect(), vec![subnet]));
        }
    }
    if network.ecs_subnets.is_empty() {
        for (reference, id) in ecs_route_tables(network).iter().zip(&network.existing.ecs_route_table_ids) {
            draft.given(reference.key(), id);
        }
    } else {
        // No routes but the local ones and those of gateway endpoints: tasks are isolated.
        draft.node(table("ecs".to_owned(), Vec::new(), subnets("ecs", zones)));
    }
}

fn subnets(tier: &str, count: usize) -> Vec<Ref<Subnet>> {
    SLOTS.iter().take(count).map(|slot| Subnet::reference(format!("{tier}-{slot}"))).collect()
}
