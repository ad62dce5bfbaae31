//! From the graph to the picture: from the user on the left to the image on the right.

use engine::{Graph, Key, Kind};

use super::{Part, Picture, Shape, gateway, network};
use crate::api::Spec;
use crate::api::spec::Image;
use crate::aws::facts::parse;
use crate::aws::{Body, Listener, Node, Repository, Resource};

/// What the parts of a picture are made from.
pub(super) struct Sketch<'a> {
    pub(super) spec: &'a Spec,
    pub(super) graph: &'a Graph<Node>,
}

impl<'a> Sketch<'a> {
    /// What is built, in creation order.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &'a Body> + use<'a> {
        self.graph.nodes().values().map(|node| &node.body)
    }

    /// The first of what is built that `pick` takes.
    pub(super) fn first<T>(&self, pick: impl Fn(&'a Body) -> Option<T>) -> Option<T> {
        self.bodies().find_map(pick)
    }

    /// What the user brings of a kind: keys and ids.
    pub(super) fn given(&self, kind: Kind) -> impl Iterator<Item = (&'a Key, &'a str)> + use<'a> {
        let given = self.graph.given().iter().filter(move |(key, _)| key.kind == kind);
        given.map(|(key, known)| (key, known.id.as_str()))
    }
}

/// The id of what `name` is of kind `R`.
pub(super) fn id_of<R: Resource>(name: &str) -> String {
    R::reference(name).key().to_string()
}

/// The picture of `graph`, which is that of `spec`.
#[must_use]
pub fn compose(spec: &Spec, graph: &Graph<Node>) -> Picture {
    let sketch = Sketch { spec, graph };
    let mut picture = Picture { title: format!("{}/{}", spec.namespace, spec.name), ..Picture::default() };
    picture.parts.push(Part::Outside(Shape::new(gateway::USER, ["User".to_owned()])));
    picture.parts.extend(gateway::elsewhere(&sketch));
    let mut region = gateway::parts(&sketch);
    region.push(network::vpc(&sketch));
    region.extend(image(&sketch));
    picture.parts.push(Part::Group(Shape::new("aws", [format!("AWS {}", spec.region)]), region));
    gateway::arrows(&sketch, &mut picture);
    load_arrows(&sketch, &mut picture);
    network::arrows(&sketch, &mut picture);
    image_arrows(&sketch, &mut picture);
    picture
}

/// From the VPC link over the load balancer to the tasks.
fn load_arrows(sketch: &Sketch<'_>, picture: &mut Picture) {
    let balancer = sketch.first(|body| match body {
        Body::LoadBalancer(it) => Some(it),
        _ => None,
    });
    let port = sketch.first(|body| match body {
        Body::Listener(Listener { port, .. }) => Some(*port),
        _ => None,
    });
    let link = sketch.first(|body| match body {
        Body::VpcLink(it) => Some(id_of::<crate::aws::VpcLink>(it.name)),
        _ => None,
    });
    let Some(balancer) = balancer else { return };
    let tasks = network::tasks(sketch);
    for subnet in &balancer.subnets {
        let zone = network::in_subnet(network::BALANCER, subnet.key());
        if let Some(link) = &link {
            picture.arrow(link, &zone, port.map(|port| format!("TCP {port}")));
        }
        for task in &tasks {
            let near = *task == network::in_subnet(network::TASK, subnet.key());
            if near || balancer.cross_zone {
                picture.arrow(&zone, task, Some(format!("TCP {}", sketch.spec.service.container_port)));
            }
        }
    }
}

/// Where the image comes from that is in no repository of the stack's own.
const ELSEWHERE: &str = "image";

/// The stack's repository, and the one that the image is in if that is another.
fn image(sketch: &Sketch<'_>) -> Vec<Part> {
    let shape = |name: &str| Shape::new(id_of::<Repository>("main"), ["ECR repository".to_owned(), name.to_owned()]);
    let built = sketch.bodies().filter_map(|body| match body {
        Body::Repository(it) => Some(shape(&it.repository_name)),
        _ => None,
    });
    let given = sketch.given(Repository::KIND).map(|(_, name)| shape(name).brought());
    let mut parts: Vec<Part> = built.chain(given).map(Part::Single).collect();
    if let Image::Uri(uri) = &sketch.spec.service.image {
        let repository = parse(uri).map_or(uri.clone(), |(repository, _)| repository);
        parts.push(Part::Single(Shape::new(ELSEWHERE, ["ECR repository".to_owned(), repository]).brought()));
    }
    parts
}

/// From the repository through the endpoints to the tasks; without endpoints of the stack, from the repository to the tasks.
fn image_arrows(sketch: &Sketch<'_>, picture: &mut Picture) {
    let repository = match &sketch.spec.service.image {
        Image::Uri(_) => ELSEWHERE.to_owned(),
        Image::Tag(_) | Image::Digest(_) => id_of::<Repository>("main"),
    };
    let pull = || Some("pull image".to_owned());
    let through = network::has_endpoints(sketch);
    if through {
        picture.arrow(&repository, network::ENDPOINTS, pull());
    }
    for task in network::tasks(sketch) {
        if through {
            picture.arrow(network::ENDPOINTS, &task, None);
        } else {
            picture.arrow(&repository, &task, pull());
        }
    }
}
