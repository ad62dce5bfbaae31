//! What is registered of a declared task, and the hash by which it is recognised.

use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, KeyValuePair, LogConfiguration, LogDriver, NetworkMode,
    OsFamily, PortMapping, RuntimePlatform, Secret, TransportProtocol,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{TaskDefinition, Variables};

/// Name of the container in a task.
pub const CONTAINER: &str = "app";

/// How many bytes of the hash are kept: enough to tell revisions of one stack apart.
const HASH_BYTES: usize = 16;

impl TaskDefinition {
    /// Hash of everything that is declared but the image, which AWS shows as it was declared.
    ///
    /// Persisted in a tag: another way to build it registers every stack's definition anew.
    pub(super) fn hash(&self) -> String {
        let Self {
            name: _,
            family,
            image: _,
            any_image: _,
            cpu,
            memory,
            architecture,
            container_port,
            command,
            environment: Variables(environment),
            secrets,
            execution_role_arn,
            task_role_arn,
            log_group,
            region,
        } = self;
        let declared = json!([
            family,
            cpu,
            memory,
            architecture,
            container_port,
            command,
            environment,
            secrets,
            execution_role_arn,
            task_role_arn,
            log_group,
            region,
        ]);
        hex::encode(&Sha256::digest(declared.to_string())[..HASH_BYTES])
    }

    /// The call that registers it, without tags.
    pub(super) fn register(&self, call: RegisterTaskDefinitionFluentBuilder) -> RegisterTaskDefinitionFluentBuilder {
        let platform = RuntimePlatform::builder()
            .operating_system_family(OsFamily::Linux)
            .cpu_architecture(CpuArchitecture::from(self.architecture))
            .build();
        call.family(&self.family)
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .runtime_platform(platform)
            .cpu(self.cpu.to_string())
            .memory(self.memory.to_string())
            .execution_role_arn(&self.execution_role_arn)
            .task_role_arn(&self.task_role_arn)
            .container_definitions(self.container())
    }

    fn container(&self) -> ContainerDefinition {
        let port = i32::from(self.container_port);
        let mapping = PortMapping::builder().container_port(port).protocol(TransportProtocol::Tcp).build();
        let variables = self.environment.0.iter();
        let variables = variables.map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
        // A builder refuses a secret without name or source only.
        let secrets =
            self.secrets.iter().filter_map(|(name, from)| Secret::builder().name(name).value_from(from).build().ok());
        ContainerDefinition::builder()
            .name(CONTAINER)
            .image(&self.image)
            .essential(true)
            .port_mappings(mapping)
            .set_command((!self.command.is_empty()).then(|| self.command.clone()))
            .set_environment(Some(variables.collect()))
            .set_secrets(Some(secrets.collect()))
            .set_log_configuration(self.log_configuration())
            .build()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>
    fn log_configuration(&self) -> Option<LogConfiguration> {
        let options = [
            ("awslogs-group", self.log_group.as_str()),
            ("awslogs-region", &self.region),
            ("awslogs-stream-prefix", CONTAINER),
        ];
        let options = options.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // A builder refuses a configuration without driver only.
        LogConfiguration::builder().log_driver(LogDriver::Awslogs).set_options(Some(options)).build().ok()
    }
}
