//! The table: what may not be named where, and why.

/// Paths that the code of one room may not name. A path stands for all below it; `aws_*` for every first segment that begins so.
pub struct Wall {
    /// Folder or file, from the root of the repository.
    pub place: &'static str,
    /// Files in it to which this does not apply.
    pub except: &'static [&'static str],
    pub forbidden: &'static [&'static str],
    pub reason: &'static str,
}

const CLOCK: &[&str] = &[
    "std::time::Instant::now",
    "std::time::SystemTime",
    "tokio::time::Instant::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
];
const CLIENTS: &[&str] = &[
    "kube::Api",
    "kube::Client",
    "kube::Config",
    "kube::api",
    "kube::client",
    "kube::config",
    "kube::runtime",
    "tokio",
];
const SDK: &[&str] = &["aws_*"];
const WAITING: &[&str] = &["async", "await"];

pub const WALLS: &[Wall] = &[
    Wall {
        place: "controller/engine",
        except: &[],
        forbidden: &[
            "aws_*",
            "kube",
            "k8s_openapi",
            "tokio",
            "jiff",
            "rand",
            "std::time",
            "std::env",
            "std::fs",
            "std::net",
        ],
        reason: "the engine knows neither AWS nor Kubernetes, no runtime, no clock: a plan follows from values alone",
    },
    Wall {
        place: "controller/api",
        except: &[],
        forbidden: &["engine", "crate::aws", "crate::design", "crate::status", "crate::operator"],
        reason: "api is the first room: it says what users declare, and uses no other",
    },
    Wall { place: "controller/api", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall {
        place: "controller/api",
        except: &[],
        forbidden: CLIENTS,
        reason: "validation is pure: no client, no runtime",
    },
    Wall {
        place: "controller/api",
        except: &[],
        forbidden: WAITING,
        reason: "validation is pure: nothing to wait for",
    },
    Wall {
        place: "controller/api",
        except: &[],
        forbidden: CLOCK,
        reason: "the verdict on a manifest depends on it alone",
    },
    Wall {
        place: "controller/aws",
        except: &[],
        forbidden: &["crate::api", "crate::design", "crate::status", "crate::operator"],
        reason: "aws reads and writes what it is told to; what a stack means is decided in later rooms",
    },
    Wall {
        place: "controller/aws",
        except: &[],
        forbidden: &["kube", "k8s_openapi"],
        reason: "aws would work the same without Kubernetes",
    },
    Wall {
        place: "controller/aws",
        // A token bucket is about real time: it decides when a call leaves, never what a pass decides. And a shared answer is
        // good for whoever came before its flight really started.
        // How long an answer took is only counted.
        except: &["controller/aws/limits.rs", "controller/aws/meter.rs", "controller/aws/sources.rs"],
        forbidden: CLOCK,
        reason: "the time of a look is the caller's",
    },
    Wall {
        place: "controller/design",
        except: &[],
        forbidden: &["crate::status", "crate::operator"],
        reason: "what is desired does not depend on how it is reported",
    },
    Wall {
        place: "controller/design",
        except: &[],
        forbidden: &["crate::aws::ec2", "crate::aws::scope", "crate::aws::observe", "crate::aws::limits"],
        reason: "design declares kinds from facts; it neither asks AWS nor calls it",
    },
    Wall { place: "controller/design", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall {
        place: "controller/design",
        except: &[],
        forbidden: &["kube", "k8s_openapi"],
        reason: "after validation nobody reads the manifest again",
    },
    Wall { place: "controller/design", except: &[], forbidden: &["tokio"], reason: "the graph is a pure function" },
    Wall { place: "controller/design", except: &[], forbidden: WAITING, reason: "the graph is a pure function" },
    Wall { place: "controller/design", except: &[], forbidden: CLOCK, reason: "the graph is the same at any time" },
    Wall {
        place: "controller/status",
        except: &[],
        forbidden: &["crate::operator", "crate::design"],
        reason: "status tells what came of a pass; it takes part in no decision",
    },
    Wall {
        place: "controller/status",
        except: &[],
        forbidden: &["crate::aws::ec2", "crate::aws::scope", "crate::aws::limits"],
        reason: "status knows what was seen, not how",
    },
    Wall { place: "controller/status", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall {
        place: "controller/status",
        except: &[],
        forbidden: CLIENTS,
        reason: "status is a value; operator writes it",
    },
    Wall { place: "controller/status", except: &[], forbidden: WAITING, reason: "status is a pure function" },
    Wall { place: "controller/status", except: &[], forbidden: CLOCK, reason: "status takes the time as a parameter" },
    Wall { place: "controller/operator", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall {
        place: "controller/operator/lease.rs",
        except: &[],
        forbidden: CLIENTS,
        reason: "who leads is decided from the record and the time alone",
    },
    Wall { place: "controller/operator/lease.rs", except: &[], forbidden: WAITING, reason: "nothing to wait for" },
    Wall {
        place: "controller/operator/lease.rs",
        except: &[],
        forbidden: CLOCK,
        reason: "an election takes the time as a parameter",
    },
    Wall { place: "controller/cli", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall {
        place: "controller/cli",
        except: &[],
        forbidden: CLIENTS,
        reason: "commands for people need no cluster; who looks at AWS is operator",
    },
    Wall { place: "controller/cli", except: &[], forbidden: CLOCK, reason: "only operator reads the clock" },
    Wall { place: "controller/main.rs", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall { place: "controller/check.rs", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall { place: "controller/start.rs", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
    Wall { place: "controller/lib.rs", except: &[], forbidden: SDK, reason: "only the aws room names an AWS SDK" },
];

/// What a kind may use of another beside `Ref<Kind>`: file, path, reason.
pub const NEIGHBOURS: &[(&str, &str, &str)] = &[
    (
        "controller/aws/nat_gateway.rs",
        "crate::aws::elastic_ip::PUBLIC_IP",
        "the name of an attribute that both kinds publish",
    ),
    (
        "controller/aws/ecs_service.rs",
        "crate::aws::task_definition::REGISTERED",
        "the name of an attribute of what both kinds read",
    ),
    (
        "controller/aws/ecs_service/questions.rs",
        "crate::aws::ecs_cluster::EcsCluster",
        "a service is asked for within its cluster, which is known by its mark",
    ),
    (
        "controller/aws/ecs_service/rollout.rs",
        "crate::aws::task_definition",
        "whether a rollout may have failed is told by the revisions that stand beside the one that runs",
    ),
    (
        "controller/aws/ecs_service/shown.rs",
        "crate::aws::task_definition",
        "what tasks run, and with which roles, is said of their task definition only",
    ),
    (
        "controller/aws/scalable_target.rs",
        "crate::aws::ecs_service::owned",
        "what scales a service carries no mark: its service says whose it is",
    ),
    (
        "controller/aws/scaling_policy.rs",
        "crate::aws::ScalableTarget::read",
        "a policy carries no mark: its target says whose it is",
    ),
    (
        "controller/aws/task_definition/questions.rs",
        "crate::aws::ecs_service::owned",
        "what the service runs is asked about, whoever registered it",
    ),
    (
        "controller/aws/subnet.rs",
        "crate::aws::vpc_cidr::holding",
        "EC2 does not say which association holds a subnet's block; that file reads associations",
    ),
    (
        "controller/aws/vpc.rs",
        "crate::aws::security_group_rule",
        "the rules of a VPC's default group are content of the VPC, read and revoked like any others",
    ),
    (
        "controller/aws/security_group.rs",
        "crate::aws::security_group_rule",
        "rules that nobody declared are drift of their group, read and revoked like any others",
    ),
];
