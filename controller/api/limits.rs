//! Numbers and tables of AWS that the manifest is held against.

/// Days that CloudWatch Logs accepts for `PutRetentionPolicy`.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
pub const LOG_RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Longest value of a tag, in characters.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>
pub const TAG_VALUE_LENGTH: usize = 256;

/// Longest key of a tag, in characters.
pub const TAG_KEY_LENGTH: usize = 128;

/// Task sizes of Fargate: CPU units, then the smallest, the largest and the step of memory in MiB. 256 CPU units take
/// only powers of two, which the first row's step leaves to [`allows_memory`].
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
pub const TASK_SIZES: [(i32, i32, i32, i32); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Whether Fargate runs a task of `cpu` CPU units with `memory` MiB.
#[must_use]
pub fn allows_memory(cpu: i32, memory: i32) -> bool {
    TASK_SIZES.iter().any(|&(units, least, most, step)| {
        units == cpu && (least..=most).contains(&memory) && memory % step == 0 && (cpu, memory) != (256, 1536)
    })
}

/// The smallest memory in MiB that Fargate allows for `cpu` CPU units; `None` if it has no such size.
#[must_use]
pub fn least_memory(cpu: i32) -> Option<i32> {
    TASK_SIZES.iter().find(|size| size.0 == cpu).map(|size| size.1)
}
