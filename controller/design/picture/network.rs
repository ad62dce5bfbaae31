//! The VPC: its zones, their subnets, what stands in them, and the ways out.

use engine::Key;

use super::compose::{Sketch, id_of};
use super::{Part, Picture, Shape, gateway};
use crate::api::spec::Zones;
use crate::aws::{
    Attachment, Body, InternetGateway, NatGateway, Placement, Resource as _, Subnet, Target, Vpc, VpcEndpoint,
};
use crate::design::SLOTS;

/// The load balancer's part in a subnet.
pub(super) const BALANCER: &str = "load-balancer";
/// The service's part in a subnet.
pub(super) const TASK: &str = "ecs-service";
/// All endpoints together.
pub(super) const ENDPOINTS: &str = "vpc-endpoints";

/// The tiers, from the internet inwards, with what they are called.
const TIERS: [(&str, &str); 3] =
    [("public", "Public subnet"), ("app", "Private app subnet"), ("ecs", "Private ECS subnet")];

/// The part of `what` that stands in the subnet `key`.
pub(super) fn in_subnet(what: &str, key: &Key) -> String {
    format!("{what}/{}", key.name)
}

/// The VPC with everything in it.
pub(super) fn vpc(sketch: &Sketch<'_>) -> Part {
    let mut parts: Vec<Part> = gateway::link(sketch).into_iter().collect();
    let network = &sketch.spec.network;
    let zones = SLOTS.iter().take(network.zones.count()).enumerate();
    parts.extend(zones.map(|(index, slot)| {
        let name = match &network.zones {
            Zones::Names(names) => names.get(index).map_or(*slot, String::as_str),
            Zones::Count(_) => slot,
        };
        let label = format!("Availability zone {}", title(name));
        Part::Group(Shape::new(format!("zone/{slot}"), [label]), subnets(sketch, slot))
    }));
    parts.extend(nat_gateways(sketch, None));
    parts.extend(internet_gateway(sketch));
    parts.extend(endpoints(sketch));
    Part::Group(vpc_shape(sketch), parts)
}

/// Letters stand for places, names are names.
fn title(name: &str) -> String {
    if name.len() == 1 { name.to_uppercase() } else { name.to_owned() }
}

fn vpc_shape(sketch: &Sketch<'_>) -> Shape {
    let own = sketch.first(|body| match body {
        Body::Vpc(it) => Some(it),
        _ => None,
    });
    let id = id_of::<Vpc>("main");
    if let Some(vpc) = own {
        let secondary = vpc.secondary_cidr.map_or_else(String::new, |cidr| format!(" + {cidr}"));
        return Shape::new(id, ["VPC".to_owned(), format!("{}{secondary}", vpc.cidr)]);
    }
    let brought = sketch.given(Vpc::KIND).map(|(_, id)| id.to_owned()).next().unwrap_or_default();
    Shape::new(id, ["VPC".to_owned(), brought]).brought()
}

/// The subnets of a zone that there are, each with what stands in it.
fn subnets(sketch: &Sketch<'_>, slot: &str) -> Vec<Part> {
    let subnet = |(tier, called): &(&str, &str)| {
        let reference = Subnet::reference(format!("{tier}-{slot}"));
        let called = format!("{called} {}", title(slot));
        let built = sketch.first(|body| match body {
            Body::Subnet(it) if it.name == *reference.key().name => Some(it.cidr.to_string()),
            _ => None,
        });
        let given = sketch.given(Subnet::KIND).find(|(key, _)| *key == reference.key());
        let id = reference.key().to_string();
        let shape = match (built, given) {
            (Some(cidr), _) => Shape::new(id, [called, cidr]),
            (None, Some((_, brought))) => Shape::new(id, [called, brought.to_owned()]).brought(),
            (None, None) => return None,
        };
        Some(Part::Group(shape, standing(sketch, reference.key())))
    };
    TIERS.iter().filter_map(subnet).collect()
}

/// What stands in the subnet `key`.
fn standing(sketch: &Sketch<'_>, key: &Key) -> Vec<Part> {
    let mut parts = nat_gateways(sketch, Some(key));
    for body in sketch.bodies() {
        match body {
            Body::LoadBalancer(it) if it.subnets.iter().any(|subnet| subnet.key() == key) => {
                parts.push(Part::Single(Shape::new(in_subnet(BALANCER, key), ["NLB".to_owned()])));
            }
            Body::EcsService(it) if it.subnets.iter().any(|subnet| subnet.key() == key) => {
                let label = ["ECS Fargate task".to_owned(), it.service_name.clone()];
                parts.push(Part::Single(Shape::new(in_subnet(TASK, key), label)));
            }
            _ => {}
        }
    }
    parts
}

/// The tasks, one for each subnet in which they may run.
pub(super) fn tasks(sketch: &Sketch<'_>) -> Vec<String> {
    let subnets = sketch.first(|body| match body {
        Body::EcsService(it) => Some(&it.subnets),
        _ => None,
    });
    subnets.into_iter().flatten().map(|subnet| in_subnet(TASK, subnet.key())).collect()
}

/// The NAT gateways in the subnet `place`, or those that are in none.
fn nat_gateways(sketch: &Sketch<'_>, place: Option<&Key>) -> Vec<Part> {
    let gateways = sketch.bodies().filter_map(|body| match body {
        Body::NatGateway(it) => {
            let (stands, label) = match &it.placement {
                Placement::Zonal { subnet, .. } => (Some(subnet.key()), format!("NAT gateway {}", title(&it.name))),
                Placement::Regional => (None, "Regional NAT gateway".to_owned()),
            };
            (stands == place).then(|| Part::Single(Shape::new(id_of::<NatGateway>(&it.name), [label])))
        }
        _ => None,
    });
    gateways.collect()
}

fn internet_gateway(sketch: &Sketch<'_>) -> Option<Part> {
    let label = || "Internet gateway".to_owned();
    let built = sketch.first(|body| match body {
        Body::InternetGateway(it) => Some(Shape::new(id_of::<InternetGateway>(it.name), [label()])),
        _ => None,
    });
    let given = sketch.given(InternetGateway::KIND).map(|(key, _)| Shape::new(key.to_string(), [label()]).brought());
    built.into_iter().chain(given).map(Part::Single).next()
}

/// Whether tasks reach AWS through endpoints that are known.
pub(super) fn has_endpoints(sketch: &Sketch<'_>) -> bool {
    endpoints(sketch).is_some()
}

/// The VPC endpoints: of interfaces, built or brought, and of S3.
fn endpoints(sketch: &Sketch<'_>) -> Option<Part> {
    let mut interfaces = Vec::new();
    let mut parts = Vec::new();
    for body in sketch.bodies() {
        let Body::VpcEndpoint(VpcEndpoint { name, service_name, attachment, .. }) = body else { continue };
        match attachment {
            Attachment::Interface { .. } => {
                let own = format!("com.amazonaws.{}.", sketch.spec.region);
                interfaces.push(service_name.strip_prefix(&own).unwrap_or(service_name).to_owned());
            }
            Attachment::Gateway { .. } => {
                let label = format!("{} gateway endpoint", name.to_uppercase());
                parts.push(Part::Single(Shape::new(id_of::<VpcEndpoint>(name), [label])));
            }
        }
    }
    let label = || "Interface endpoints".to_owned();
    if !interfaces.is_empty() {
        parts.insert(0, Part::Single(Shape::new("vpc-endpoint", [label(), interfaces.join(", ")])));
    }
    if let Some(group) = &sketch.spec.network.existing.endpoint_security_group_id {
        let shape = Shape::new("vpc-endpoint", [label(), format!("of {group}")]).brought();
        parts.insert(0, Part::Single(shape));
    }
    let group = Shape::new(ENDPOINTS, ["VPC endpoints".to_owned()]);
    (!parts.is_empty()).then_some(Part::Group(group, parts))
}

/// From the subnets to the gateways, as the route tables say, and from NAT gateways on.
pub(super) fn arrows(sketch: &Sketch<'_>, picture: &mut Picture) {
    for body in sketch.bodies() {
        match body {
            Body::RouteTable(table) => {
                for (subnet, route) in
                    table.subnets.iter().flat_map(|subnet| table.routes.iter().map(move |it| (subnet, it)))
                {
                    let gateway = match &route.target {
                        Target::InternetGateway(gateway) => gateway.key(),
                        Target::NatGateway(gateway) => gateway.key(),
                    };
                    picture.arrow(&subnet.key().to_string(), &gateway.to_string(), Some(route.destination.to_string()));
                }
            }
            Body::NatGateway(it) => {
                let gateway = it.internet_gateway.key().to_string();
                picture.arrow(&id_of::<NatGateway>(&it.name), &gateway, None);
            }
            _ => {}
        }
    }
}
