//! The toy kinds: every combination of creation, replacement, data, generations and nesting that real kinds have.

use engine::{Creation, Kind, Replace};

const fn kind(order: u16, name: &'static str, creation: Creation) -> Kind {
    Kind { order, name, creation, holds_data: false, keep: 0 }
}

/// Like a VPC: immutable, no token, no name.
pub const BASE: Kind = kind(0, "base", Creation::Intent);
/// Like a user pool: as a base, and data lives in it.
pub const POOL: Kind = Kind { holds_data: true, ..kind(1, "pool", Creation::Intent) };
/// Like a repository: a name of its own, and data lives in it.
pub const REPOSITORY: Kind = Kind { holds_data: true, ..kind(2, "repository", Creation::NaturalKey) };
/// Like a target group: create-first, with a name that carries the hash.
pub const GROUP: Kind = kind(3, "group", Creation::NaturalKey);
/// Like a VPC link: create-first, without a token.
pub const LINK: Kind = kind(4, "link", Creation::Intent);
/// Like a NAT gateway: holds a slot that its successor needs.
pub const GATE: Kind = kind(5, "gate", Creation::Token);
/// Like an API: a parent.
pub const PARENT: Kind = kind(6, "parent", Creation::Intent);
/// Like a route of an API: dies with its parent.
pub const CHILD: Kind = kind(7, "child", Creation::Intent);
/// Like a route table.
pub const TABLE: Kind = kind(8, "table", Creation::Token);
/// Like a task definition: generations are kept.
pub const REVISION: Kind = Kind { keep: 2, ..kind(9, "revision", Creation::Intent) };
/// Like a service: delete-first, with a name of its own.
pub const SERVICE: Kind = kind(10, "service", Creation::NaturalKey);

/// All of them, in creation order.
pub const ALL: [Kind; 11] = [BASE, POOL, REPOSITORY, GROUP, LINK, GATE, PARENT, CHILD, TABLE, REVISION, SERVICE];

/// In which order a kind is replaced.
pub fn mode(kind: Kind) -> Replace {
    if [BASE, POOL, REPOSITORY].contains(&kind) {
        Replace::Never
    } else if [GATE, SERVICE].contains(&kind) {
        Replace::DeleteFirst
    } else {
        Replace::CreateFirst
    }
}
