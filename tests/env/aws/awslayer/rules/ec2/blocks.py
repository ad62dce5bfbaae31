"""CIDR blocks: form, size, and which may stand beside which in one VPC."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from ...errors import AwsError
from ...registry import rule

_PRIVATE = tuple(IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_BENCHMARK = IPv4Network("198.19.0.0/16")
_LOW_TEN = IPv4Network("10.0.0.0/15")
_TEN_ZERO = IPv4Network("10.0.0.0/16")
_SECOND_DEFAULT = IPv4Network("172.31.0.0/16")
_RANGE_172 = IPv4Network("172.16.0.0/12")
_NEVER = tuple(IPv4Network(n) for n in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"))


@rule("ec2.CreateVpc", "ec2.AssociateVpcCidrBlock", "ec2.CreateSubnet", "ec2.CreateRoute", "ec2.ReplaceRoute")
def block_in_canonical_form(text: str, parameter: str = "cidrBlock") -> IPv4Network:
    """A block is read and brought to its canonical form (100.68.0.18/18 becomes 100.68.0.0/18).

    Source: aws-facts 1.2; botocore ec2.CreateSubnet ("If you specify 100.68.0.18/18, we modify it").
    """
    try:
        if "/" not in text:
            raise ValueError(text)
        return IPv4Network(text, strict=False)
    except ValueError as error:
        message = f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        raise AwsError("InvalidParameterValue", message) from error


@rule("ec2.CreateVpc", "ec2.AssociateVpcCidrBlock")
def vpc_block_size(block: IPv4Network) -> None:
    """A block of a VPC is between /16 and /28.

    Source: aws-facts 1.2; VPC User Guide, vpc-cidr-blocks.
    """
    if not 16 <= block.prefixlen <= 28:
        raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")


@rule("ec2.CreateVpc", "ec2.AssociateVpcCidrBlock")
def vpc_block_usable(block: IPv4Network) -> None:
    """0/8, 127/8, 169.254/16 and 224/4 are never blocks of a VPC.

    Source: aws-facts 1.1, last row of the association table.
    """
    if any(block.overlaps(never) for never in _NEVER):
        raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")


@rule("ec2.AssociateVpcCidrBlock")
def vpc_blocks_may_stand_together(associated: Iterable[IPv4Network], added: IPv4Network) -> None:
    """The association table: which block may be added to a VPC that has which blocks.

    Source: aws-facts 1.1; VPC User Guide, vpc-cidr-blocks, "IPv4 CIDR block association restrictions".
    """
    if any(_restricted(existing, added) for existing in associated):
        raise AwsError(
            "InvalidVpc.Range",
            f"The CIDR '{added}' is restricted. Use a CIDR from the same private address range as the "
            "current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see "
            "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
        )


@rule("ec2.AssociateVpcCidrBlock")
def vpc_blocks_do_not_overlap(associated: Iterable[IPv4Network], added: IPv4Network) -> None:
    """A block that overlaps one of the VPC's is refused.

    Source: VPC User Guide, vpc-cidr-blocks ("The CIDR block must not overlap with any existing CIDR
    block that's associated with the VPC"); the code is not documented, InvalidVpc.Range is assumed.
    """
    for existing in associated:
        if existing.overlaps(added):
            raise AwsError("InvalidVpc.Range", f"The CIDR '{added}' conflicts with '{existing}' of the VPC.")


def _restricted(existing: IPv4Network, added: IPv4Network) -> bool:
    home = next((p for p in _PRIVATE if existing.subnet_of(p)), None)
    if home is None:
        # Public, 100.64/10 or 198.19/16: nothing private may follow; 198.19/16 only beside itself.
        if any(added.overlaps(p) for p in _PRIVATE):
            return True
        return added.overlaps(_BENCHMARK) and not existing.subnet_of(_BENCHMARK)
    if any(added.overlaps(p) for p in _PRIVATE if p != home) or added.overlaps(_BENCHMARK):
        return True
    if existing.overlaps(_LOW_TEN) and added.overlaps(_TEN_ZERO):
        return True
    return home == _RANGE_172 and added.overlaps(_SECOND_DEFAULT)
