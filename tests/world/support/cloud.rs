//! The resources of one stack in AWS, by logical id.

use std::collections::BTreeMap;

use fargatestack::aws::owner::{KEY, STACK};
use serde_json::Value;

use super::emulator::{Account, REGION};

/// Lists of the dump whose members carry tags, and the member that is their id.
const LISTS: [(&str, &str); 9] = [
    ("vpcs", "VpcId"),
    ("subnets", "SubnetId"),
    ("internetGateways", "InternetGatewayId"),
    ("addresses", "AllocationId"),
    ("natGateways", "NatGatewayId"),
    ("routeTables", "RouteTableId"),
    ("securityGroups", "GroupId"),
    ("securityGroupRules", "SecurityGroupRuleId"),
    ("vpcEndpoints", "VpcEndpointId"),
];

/// What a stack has in AWS. Reading it fails the test if two resources bear the same logical id.
#[derive(Clone, Debug)]
pub struct Cloud {
    resources: BTreeMap<String, (String, Value)>,
    all: Value,
}

impl Cloud {
    /// What the stack `name` (`namespace/name`) has in `account`.
    #[track_caller]
    pub fn of(account: &Account, name: &str) -> Self {
        let all = account.dump()["network"][REGION].take();
        let mut resources = BTreeMap::new();
        for (list, id) in LISTS {
            for body in items(&all, list) {
                if tag(body, STACK) != Some(name) {
                    continue;
                }
                let key = tag(body, KEY).unwrap_or_else(|| panic!("{body} has no key")).to_owned();
                let entry = (body[id].as_str().unwrap().to_owned(), body.clone());
                if let Some((twin, _)) = resources.insert(key.clone(), entry) {
                    panic!("two of {key}: {twin} and {body}");
                }
            }
        }
        Self { resources, all }
    }

    /// Logical ids, in order.
    pub fn keys(&self) -> Vec<&str> {
        self.resources.keys().map(String::as_str).collect()
    }

    /// AWS ids by logical id.
    pub fn ids(&self) -> BTreeMap<String, String> {
        self.resources.iter().map(|(key, (id, _))| (key.clone(), id.clone())).collect()
    }

    /// It has nothing.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// AWS id of `key`.
    #[track_caller]
    pub fn id(&self, key: &str) -> &str {
        self.entry(key).0.as_str()
    }

    /// How AWS shows `key`.
    #[track_caller]
    pub fn body(&self, key: &str) -> &Value {
        &self.entry(key).1
    }

    #[track_caller]
    fn entry(&self, key: &str) -> &(String, Value) {
        self.resources.get(key).unwrap_or_else(|| panic!("no {key} among {:?}", self.keys()))
    }

    /// The value of a tag of `key`.
    #[track_caller]
    pub fn tag(&self, key: &str, name: &str) -> Option<&str> {
        tag(self.body(key), name)
    }

    /// Routes of the table `key` beside the local ones: destination to target.
    #[track_caller]
    pub fn routes(&self, key: &str) -> BTreeMap<String, String> {
        let routes = items(self.body(key), "Routes").iter().filter_map(|route| {
            let text = |name: &str| route[name].as_str().map(str::to_owned);
            let destination = text("DestinationCidrBlock").or(text("DestinationPrefixListId"))?;
            let target = text("NatGatewayId").or(text("GatewayId"))?;
            (target != "local").then_some((destination, target))
        });
        routes.collect()
    }

    /// Ids of the subnets that use the table `key`.
    #[track_caller]
    pub fn subnets_of(&self, key: &str) -> Vec<String> {
        let mut subnets: Vec<_> = items(self.body(key), "Associations")
            .iter()
            .filter_map(|association| association["SubnetId"].as_str().map(str::to_owned))
            .collect();
        subnets.sort();
        subnets
    }

    /// All rules of the group `key`, ours or not, one line each: direction, protocol, ports, peer; groups of the stack by
    /// logical id.
    #[track_caller]
    pub fn rules(&self, key: &str) -> Vec<String> {
        self.rules_of(self.id(key))
    }

    /// The same of the default group of the stack's VPC.
    #[track_caller]
    pub fn default_group_rules(&self) -> Vec<String> {
        self.rules_of(self.default_group())
    }

    /// Id of the default group of the stack's VPC.
    #[track_caller]
    pub fn default_group(&self) -> &str {
        let vpc = self.id("vpc/main");
        let mut groups = items(&self.all, "securityGroups").iter();
        let group = groups.find(|group| group["VpcId"] == vpc && group["GroupName"] == "default");
        group.and_then(|group| group["GroupId"].as_str()).expect("every VPC has a default group")
    }

    fn rules_of(&self, group: &str) -> Vec<String> {
        let rules = items(&self.all, "securityGroupRules").iter().filter(|rule| rule["GroupId"] == group);
        let mut lines: Vec<_> = rules.map(|rule| self.line(rule)).collect();
        lines.sort();
        lines
    }

    fn line(&self, rule: &Value) -> String {
        let direction = if rule["IsEgress"] == true { "to" } else { "from" };
        let peer = ["CidrIpv4", "PrefixListId"].iter().find_map(|name| rule[name].as_str());
        let peer = peer.or_else(|| rule["ReferencedGroupInfo"]["GroupId"].as_str()).unwrap_or("nobody");
        let known = self.resources.iter().find(|(_, (id, _))| id == peer).map(|(key, _)| key.as_str());
        let (protocol, port) = (rule["IpProtocol"].as_str().unwrap_or_default(), &rule["FromPort"]);
        format!("{direction} {} {protocol}/{port}", known.unwrap_or(peer))
    }
}

/// The list `name` of `of`.
pub fn items<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The value of the tag `name` of a resource as AWS shows it.
pub fn tag<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    items(body, "Tags").iter().find(|tag| tag["Key"] == name)?["Value"].as_str()
}

/// Fails the test, naming what differs, unless two dumps are equal.
#[track_caller]
pub fn same(after: &Value, before: &Value) {
    let mut differences = Vec::new();
    for (list, items_after) in after["network"][REGION].as_object().unwrap() {
        let (items_after, items_before) = (items_after.as_array().unwrap(), items(&before["network"][REGION], list));
        let added =
            items_after.iter().filter(|item| !items_before.contains(item)).map(|item| format!("{list} + {item}"));
        let removed =
            items_before.iter().filter(|item| !items_after.contains(item)).map(|item| format!("{list} - {item}"));
        differences.extend(added.chain(removed));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(after, before);
}
