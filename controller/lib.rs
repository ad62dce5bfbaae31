//! `fargatestack`: a Kubernetes controller that runs the ECS Fargate architecture as one object.

pub mod api;
pub mod aws;
pub mod cli;
pub mod design;
pub mod operator;
pub mod status;
