//! Which second block may join a VPC.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

const fn net(a: u8, b: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length)
}

/// The private ranges of RFC 1918.
const PRIVATE: [Ipv4Net; 3] = [net(10, 0, 8), net(172, 16, 12), net(192, 168, 16)];

/// Ranges in which AWS makes no VPC.
const RESERVED: [Ipv4Net; 5] = [net(0, 0, 8), net(127, 0, 8), net(169, 254, 16), net(224, 0, 4), net(240, 0, 4)];

/// Whether AWS makes a VPC of `block`.
pub(super) fn is_usable(block: Ipv4Net) -> bool {
    !RESERVED.iter().any(|range| range.contains(&block))
}

/// Why AWS refuses to add `added` to a VPC whose primary block is `primary`; `None` if it does not.
///
/// Overlaps apart, which are refused elsewhere, this is the table of
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>.
pub(super) fn refusal(primary: Ipv4Net, added: Ipv4Net) -> Option<String> {
    if let Some(range) = PRIVATE.iter().find(|range| range.contains(&added) && !range.contains(&primary)) {
        return Some(format!("is of the private range {range}, and {primary} is not"));
    }
    let exceptions = [
        (Ipv4Net::default(), net(198, 19, 16)),
        (net(172, 16, 12), net(172, 31, 16)),
        (net(10, 0, 15), net(10, 0, 16)),
    ];
    exceptions
        .iter()
        .find(|(beside, range)| beside.contains(&primary) && range.contains(&added))
        .map(|(_, range)| format!("is of {range}, which AWS adds to no VPC like {primary}"))
}
