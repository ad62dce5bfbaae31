//! Checks of `spec.service`.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::Findings;
use crate::api::limits;
use crate::api::manifest::{Hidden, service as raw, task};
use crate::api::spec::{Autoscaling, Destination, Egress, ExistingService, HealthCheck, Image, SecretSource, Service};

/// The checked service; `None` only together with a finding.
pub(super) fn check(service: &raw::Service, region: &str, findings: &mut Findings) -> Option<Service> {
    let image = image(&service.image, region, findings);
    let container_port = findings.port("spec.service.containerPort", service.container_port);
    let memory = memory(service.cpu, service.memory, findings);
    let autoscaling = autoscaling(service.autoscaling.as_ref(), findings);
    deployment(service, findings);
    let secrets = secrets(service, findings);
    let egress = egress(service.egress.as_deref().unwrap_or_default(), findings);
    if !limits::LOG_RETENTION_DAYS.contains(&service.log_retention_days) {
        findings.refuse(
            "spec.service.logRetentionDays",
            "is no number of days that CloudWatch Logs knows: use 14, 30, 90 or 365",
        );
    }
    Some(Service {
        image: image?,
        image_owner: service.image_owner,
        container_port: container_port?,
        cpu: service.cpu,
        memory: memory?,
        architecture: service.architecture,
        desired_count: service.desired_count,
        autoscaling,
        deployment: service.deployment.clone(),
        environment: service.environment.clone().unwrap_or_default(),
        secrets,
        command: service.command.clone().unwrap_or_default(),
        health_check: service
            .health_check
            .as_ref()
            .map_or(HealthCheck::Tcp, |check| HealthCheck::Http(check.path.clone())),
        egress,
        capacity: service.capacity.clone(),
        enable_execute_command: service.enable_execute_command,
        task_role_policies: service.task_role_policies.iter().flatten().cloned().collect(),
        log_retention_days: service.log_retention_days,
        existing: service.existing.clone().unwrap_or(ExistingService {
            cluster_arn: None,
            execution_role_arn: None,
            task_role_arn: None,
        }),
    })
}

fn image(image: &task::Image, region: &str, findings: &mut Findings) -> Option<Image> {
    let image = match (&image.tag, &image.digest, &image.uri) {
        (Some(tag), None, None) => Image::Tag(tag.clone()),
        (None, Some(digest), None) => Image::Digest(digest.clone()),
        (None, None, Some(uri)) => Image::Uri(uri.clone()),
        _ => {
            findings.refuse("spec.service.image", "needs exactly one of tag, digest and uri");
            return None;
        }
    };
    match &image {
        Image::Uri(uri) if !uri.contains(&format!(".dkr.ecr.{region}.")) => {
            findings.refuse(
                "spec.service.image.uri",
                format!("must be an ECR repository of {region}: isolated tasks reach no other"),
            );
            None
        }
        Image::Tag(_) | Image::Digest(_) | Image::Uri(_) => Some(image),
    }
}

fn memory(cpu: i32, memory: Option<i32>, findings: &mut Findings) -> Option<i32> {
    let Some(least) = limits::least_memory(cpu) else {
        findings.refuse(
            "spec.service.cpu",
            format!("{cpu} is no size of Fargate: use 256, 512, 1024, 2048, 4096, 8192 or 16384"),
        );
        return None;
    };
    let memory = memory.unwrap_or(least);
    if !limits::allows_memory(cpu, memory) {
        findings.refuse(
            "spec.service.memory",
            format!("{memory} MiB is not allowed for cpu {cpu}: leave it out for {least}"),
        );
    }
    Some(memory)
}

fn autoscaling(autoscaling: Option<&raw::Autoscaling>, findings: &mut Findings) -> Option<Autoscaling> {
    let &raw::Autoscaling { min, max, cpu_percent } = autoscaling?;
    if !(0 <= min && min <= max) {
        findings.refuse("spec.service.autoscaling", format!("min {min} must be from 0 to max {max}"));
    }
    if !(1..=100).contains(&cpu_percent) {
        findings.refuse("spec.service.autoscaling.cpuPercent", format!("{cpu_percent} is no percentage: use 1 to 100"));
    }
    Some(Autoscaling { min, max, cpu_percent })
}

/// ECS can replace a task only if it may start one more, or stop one first.
fn deployment(service: &raw::Service, findings: &mut Findings) {
    let desired = i64::from(service.desired_count);
    let most = desired * i64::from(service.deployment.maximum_percent) / 100;
    let least = (desired * i64::from(service.deployment.minimum_healthy_percent) + 99) / 100;
    if desired < 0 {
        findings.refuse("spec.service.desiredCount", "must not be negative");
    } else if desired > 0 && most <= desired && least >= desired {
        findings.refuse(
            "spec.service.deployment",
            "leaves no room to replace a task: raise maximumPercent or lower minimumHealthyPercent",
        );
    }
}

/// Never repeats a value: it may be a secret, put here by mistake.
fn secrets(service: &raw::Service, findings: &mut Findings) -> BTreeMap<String, SecretSource> {
    let nothing = Hidden::default();
    let environment = service.environment.as_ref().unwrap_or(&nothing);
    let mut sources = BTreeMap::new();
    for (name, arn) in service.secrets.iter().flat_map(|secrets| secrets.iter()) {
        let field = format!("spec.service.secrets[{name}]");
        if environment.contains_key(name) {
            findings.refuse(&field, "is also in environment: keep it in one of them");
        }
        match source(arn) {
            Some(source) => {
                sources.insert(name.clone(), source);
            }
            None => findings.refuse(
                &field,
                "must be the ARN of a Secrets Manager secret or an SSM parameter, never the secret itself",
            ),
        }
    }
    sources
}

/// By the service in `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
fn source(arn: &str) -> Option<SecretSource> {
    let mut parts = arn.splitn(6, ':');
    let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let resource = parts.nth(2)?;
    match service {
        _ if prefix != "arn" || !partition.starts_with("aws") => None,
        "secretsmanager" if resource.starts_with("secret:") => Some(SecretSource::SecretsManager(arn.into())),
        "ssm" if resource.starts_with("parameter/") => Some(SecretSource::Parameter(arn.into())),
        _ => None,
    }
}

fn egress(entries: &[task::Egress], findings: &mut Findings) -> Vec<Egress> {
    let mut checked = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let field = format!("spec.service.egress[{index}]");
        let port = findings.port(&format!("{field}.port"), entry.port);
        let destination = destination(&field, entry, findings);
        let (Some(port), Some(destination)) = (port, destination) else { continue };
        let entry = Egress { destination, port, protocol: entry.protocol };
        if checked.contains(&entry) {
            findings.refuse(&field, "is listed twice: remove one of them");
        }
        checked.push(entry);
    }
    checked
}

fn destination(field: &str, entry: &task::Egress, findings: &mut Findings) -> Option<Destination> {
    let destination = match (&entry.cidr, &entry.security_group_id, &entry.prefix_list_id) {
        (Some(cidr), None, None) => {
            let block = cidr.parse::<Ipv4Net>().ok().filter(|block| *block == block.trunc());
            if block.is_none() {
                findings.refuse(
                    format_args!("{field}.cidr"),
                    format!("{cidr} is no canonical IPv4 block: write one like 10.0.1.0/24"),
                );
            }
            return block.map(Destination::Cidr);
        }
        (None, Some(group), None) => Destination::SecurityGroup(group.clone()),
        (None, None, Some(list)) => Destination::PrefixList(list.clone()),
        _ => {
            findings.refuse(field, "needs exactly one of cidr, securityGroupId and prefixListId");
            return None;
        }
    };
    Some(destination)
}
