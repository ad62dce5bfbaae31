"""The way of a request, built by tests: a VPC with two zones, groups, a network load balancer, tasks."""

from __future__ import annotations

from typing import Any, cast

from awslayer.app import Application
from awslayer.server import Server
from awslayer.tasks import RunningTask
from awslayer.tokens import issuer_of

from .support import Aws, permission

APP = 8080


class Way:
    """A VPC with a subnet in each of two zones, and groups that let nothing through until a test says so."""

    def __init__(self, aws: Aws, layer: Server) -> None:
        self.aws = aws
        self._world = cast(Application, layer.app).world
        self.elb: Any = aws.client("elbv2")
        self.gateway: Any = aws.client("apigatewayv2")
        self.vpc = aws.vpc()
        self.subnets = [aws.subnet(self.vpc), aws.subnet(self.vpc, "10.0.2.0/24", "eu-west-1b")]
        self.link_group = self.closed_group("link")
        self.balancer_group = self.closed_group("balancer")
        self.task_group = self.closed_group("task")

    def closed_group(self, name: str) -> str:
        made = self.aws.group(self.vpc, name)
        everything = permission("-1", None, cidr="0.0.0.0/0")
        self.aws.ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everything)
        return made

    def out(self, owner: str, port: int = APP, **peer: str) -> None:
        self.aws.ec2.authorize_security_group_egress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def let_in(self, owner: str, port: int = APP, **peer: str) -> None:
        self.aws.ec2.authorize_security_group_ingress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def no_longer_in(self, owner: str, port: int = APP, **peer: str) -> None:
        self.aws.ec2.revoke_security_group_ingress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def no_longer_out(self, owner: str, port: int = APP, **peer: str) -> None:
        self.aws.ec2.revoke_security_group_egress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def balancer_to_task(self) -> None:
        self.out(self.balancer_group, group=self.task_group)
        self.let_in(self.task_group, group=self.balancer_group)

    # --- load balancing ----------------------------------------------------------------------

    def balancer(self, name: str = "web", **more: Any) -> str:
        given = {"Type": "network", "Scheme": "internal", "Subnets": self.subnets}
        given["SecurityGroups"] = [self.balancer_group]
        made = self.elb.create_load_balancer(**{"Name": name, **given, **more})
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def target_group(self, name: str = "web", **more: Any) -> str:
        given = {"Protocol": "TCP", "Port": APP, "VpcId": self.vpc, "TargetType": "ip"}
        asked = {"Name": name, **given, **more}
        made = self.elb.create_target_group(**{k: v for k, v in asked.items() if v is not None})
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, balancer: str, group: str, port: int = 80, **more: Any) -> str:
        actions = [{"Type": "forward", "TargetGroupArn": group}]
        given = {"LoadBalancerArn": balancer, "Protocol": "TCP", "Port": port, "DefaultActions": actions}
        asked = {k: v for k, v in {**given, **more}.items() if v is not None}
        return str(self.elb.create_listener(**asked)["Listeners"][0]["ListenerArn"])

    def health(self, group: str) -> list[tuple[str, str | None]]:
        shown = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [(d["TargetHealth"]["State"], d["TargetHealth"].get("Reason")) for d in shown]

    # --- API Gateway ---------------------------------------------------------------------------

    def link(self, **more: Any) -> str:
        given = {"Name": "web", "SubnetIds": self.subnets, "SecurityGroupIds": [self.link_group]}
        return str(self.gateway.create_vpc_link(**{**given, **more})["VpcLinkId"])

    def api(self, **more: Any) -> str:
        return str(self.gateway.create_api(**{"Name": "web", "ProtocolType": "HTTP", **more})["ApiId"])

    def integration(self, api: str, link: str, listener: str, **more: Any) -> str:
        given = {"ApiId": api, "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY"}
        given |= {"ConnectionType": "VPC_LINK", "ConnectionId": link, "IntegrationUri": listener}
        asked = {"PayloadFormatVersion": "1.0", **given, **more}
        made = self.gateway.create_integration(**{k: v for k, v in asked.items() if v is not None})
        return str(made["IntegrationId"])

    def route(self, api: str, key: str = "$default", **more: Any) -> str:
        return str(self.gateway.create_route(ApiId=api, RouteKey=key, **more)["RouteId"])

    def stage(self, api: str, **more: Any) -> None:
        self.gateway.create_stage(**{"ApiId": api, "StageName": "$default", "AutoDeploy": True, **more})

    def pool(self) -> tuple[str, str]:
        """A user pool with a client that can sign in; returns their ids."""
        cognito = self.aws.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="web")["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
        return str(pool), str(made["UserPoolClient"]["ClientId"])

    def authorizer(self, api: str, pool: str, client: str, name: str = "users", **more: Any) -> str:
        given: dict[str, Any] = {"ApiId": api, "Name": name, "AuthorizerType": "JWT"}
        given["IdentitySource"] = ["$request.header.Authorization"]
        given["JwtConfiguration"] = {"Issuer": issuer_of(self.aws.region, pool), "Audience": [client]}
        return str(self.gateway.create_authorizer(**{**given, **more})["AuthorizerId"])

    # --- tasks -------------------------------------------------------------------------------

    def task(self, *target_groups: str, subnet: int = 0, port: int = APP) -> str:
        """A running task with an interface of its own, registered in target groups; returns its address."""
        made = self.aws.ec2.create_network_interface(SubnetId=self.subnets[subnet], Groups=[self.task_group])
        interface = made["NetworkInterface"]
        address = interface["PrivateIpAddress"]
        running = RunningTask(
            arn=f"arn:aws:ecs:{self.aws.region}:{self.aws.account}:task/cluster/{address}",
            account=self.aws.account,
            region=self.aws.region,
            cluster="cluster",
            service="web",
            definition="web:1",
            image="web",
            vpc=self.vpc,
            subnet=self.subnets[subnet],
            interface=interface["NetworkInterfaceId"],
            address=address,
            groups=[self.task_group],
            ports=[port],
            since=0.0,
        )
        with self._world.lock:
            self._world.region(self.aws.account, self.aws.region).tasks[running.arn] = running
        for group in target_groups:
            self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address, "Port": port}])
        return address

    def application(self, **order: Any) -> None:
        """What applications do from now on."""
        with self._world.lock:
            self._world.applications.order({"account": self.aws.account, **order})
