//! `spec.loadBalancer`: the internal network load balancer, as written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The internal network load balancer between the API and the tasks.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancer {
    /// VpcLink: the load balancer carries the VPC link's security group. Dedicated: it has a group of its own between
    /// the VPC link's and the tasks'. Default: VpcLink.
    #[serde(default)]
    pub security_group: SecurityGroupMode,
    /// Whether each zone's address reaches the tasks of all zones. Default: true.
    #[serde(default = "yes")]
    pub cross_zone: bool,
    /// TCP port of the listener, 1 to 65535. Default: 80.
    #[serde(default = "port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
}

impl Default for LoadBalancer {
    fn default() -> Self {
        Self { security_group: SecurityGroupMode::default(), cross_zone: true, port: port() }
    }
}

fn yes() -> bool {
    true
}

fn port() -> i32 {
    80
}

/// Which security group the load balancer carries.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum SecurityGroupMode {
    /// That of the VPC link.
    #[default]
    VpcLink,
    /// One of its own.
    Dedicated,
}
