//! Whose services and tasks keep a cluster from being deleted.

use aws_sdk_ecs::types::{Service, Task};
use engine::Fault;

use crate::aws::cloud::Ecs;

/// How many are named: as many as one call describes of services.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
const NAMED: i32 = 10;

/// The refusal to delete the cluster, with what is in it. Who must not look, or finds nothing, has AWS's own words.
pub(super) async fn named(ecs: &Ecs, cluster: &str, refusal: Fault) -> Fault {
    let tenants = match refusal.code.as_str() {
        "ClusterContainsServicesException" => services(ecs, cluster).await,
        "ClusterContainsTasksException" => tasks(ecs, cluster).await,
        _ => return refusal,
    };
    match tenants {
        Ok(tenants) if !tenants.is_empty() => Fault { message: format!("it holds {}", tenants.join(", ")), ..refusal },
        Ok(_) | Err(_) => refusal,
    }
}

/// - <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html>
/// - <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
async fn services(ecs: &Ecs, cluster: &str) -> Result<Vec<String>, Fault> {
    let call = ecs.reads().list_services().cluster(cluster).max_results(NAMED);
    let arns = ecs.read("ListServices", call.send()).await?.service_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let call = ecs.reads().describe_services().cluster(cluster).set_services(Some(arns));
    let services = ecs.read("DescribeServices", call.send()).await?.services.unwrap_or_default();
    Ok(services.iter().map(service).collect())
}

fn service(it: &Service) -> String {
    let maker = it.created_by().map(|maker| format!(" (made by {maker})")).unwrap_or_default();
    format!("service {}{maker}", it.service_name().unwrap_or_default())
}

/// - <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html>
/// - <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
async fn tasks(ecs: &Ecs, cluster: &str) -> Result<Vec<String>, Fault> {
    let call = ecs.reads().list_tasks().cluster(cluster).max_results(NAMED);
    let arns = ecs.read("ListTasks", call.send()).await?.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let call = ecs.reads().describe_tasks().cluster(cluster).set_tasks(Some(arns));
    let tasks = ecs.read("DescribeTasks", call.send()).await?.tasks.unwrap_or_default();
    Ok(tasks.iter().map(task).collect())
}

/// The group names the service or the family of the task.
fn task(it: &Task) -> String {
    let id = it.task_arn().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let known = it.group().into_iter().map(str::to_owned);
    let known: Vec<String> = known.chain(it.started_by().map(|who| format!("started by {who}"))).collect();
    if known.is_empty() { format!("task {id}") } else { format!("task {id} ({})", known.join(", ")) }
}
