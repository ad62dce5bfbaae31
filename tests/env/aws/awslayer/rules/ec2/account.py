"""What the account as a whole may do and is set to."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...registry import answers, rule


@rule("ec2.DescribeAccountAttributes")
def account_attributes(call: Call) -> dict[str, list[str]]:
    """The account's limits and its default VPC.

    Source: botocore ec2.DescribeAccountAttributes; aws-facts 1.2 for the limits.
    """
    default = next((v.id for v in call.ec2.vpcs.values() if v.is_default), "none")
    return {
        "supported-platforms": ["VPC"],
        "default-vpc": [default],
        "vpc-max-elastic-ips": [str(call.quota("addresses"))],
        "max-elastic-ips": [str(call.quota("addresses"))],
        "vpc-max-security-groups-per-interface": [str(call.quota("groupsPerInterface"))],
        "max-instances": ["20"],
    }


@answers("ec2", "DescribeAccountAttributes")
def describe_account_attributes(call: Call) -> dict[str, Any]:
    """Lists the attributes that are asked for, or all."""
    wanted = call.params.get("AttributeNames")
    listed = [
        {"AttributeName": name, "AttributeValues": [{"AttributeValue": v} for v in values]}
        for name, values in account_attributes(call).items()
        if not wanted or name in wanted
    ]
    return {"AccountAttributes": listed}


@answers("ec2", "DescribeVpcBlockPublicAccessOptions")
def describe_vpc_block_public_access_options(call: Call) -> dict[str, Any]:
    """Block Public Access is off, as in every account that has not asked for it; moto lacks the operation."""
    return {
        "VpcBlockPublicAccessOptions": {
            "AwsAccountId": call.account,
            "AwsRegion": call.region,
            "State": "default-state",
            "InternetGatewayBlockMode": "off",
            "ManagedBy": "account",
            "ExclusionsAllowed": "allowed",
        }
    }
