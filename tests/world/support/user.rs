//! The user's own clients: who is root in the account. Their calls are in its ledger, too.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};

use super::emulator::{Account, REGION, http};

impl Account {
    fn root(&self) -> SdkConfig {
        let credentials = Credentials::new(&self.id, "any", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    /// Virtual networks.
    pub fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.root())
    }

    /// Images.
    pub fn ecr(&self) -> aws_sdk_ecr::Client {
        aws_sdk_ecr::Client::new(&self.root())
    }

    /// Containers.
    pub fn ecs(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.root())
    }

    /// Load balancers.
    pub fn elb(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        aws_sdk_elasticloadbalancingv2::Client::new(&self.root())
    }

    /// Roles.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.root())
    }

    /// Log groups.
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.root())
    }

    /// User pools.
    pub fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        aws_sdk_cognitoidentityprovider::Client::new(&self.root())
    }

    /// HTTP APIs.
    pub fn api(&self) -> aws_sdk_apigatewayv2::Client {
        aws_sdk_apigatewayv2::Client::new(&self.root())
    }

    /// Application Auto Scaling.
    pub fn scaling(&self) -> aws_sdk_applicationautoscaling::Client {
        aws_sdk_applicationautoscaling::Client::new(&self.root())
    }

    /// A call of a service for which the controller needs no SDK, by its JSON protocol: `target` is the operation's full name.
    pub fn call(&self, service: &str, target: &str, request: &Value) -> Value {
        let scope = format!("{}/20260101/{REGION}/{service}/aws4_request", self.id);
        let headers = format!(
            "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\nX-Amz-Date: 20260101T000000Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=any\r\n"
        );
        let (status, answer) = http(&self.endpoint, "POST", "/", &headers, Some(request));
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    /// Makes a secret; its ARN.
    pub fn secret(&self, name: &str) -> String {
        let request = json!({"Name": name, "SecretString": "any", "ClientRequestToken": "0".repeat(32)});
        let made = self.call("secretsmanager", "secretsmanager.CreateSecret", &request);
        made["ARN"].as_str().unwrap().to_owned()
    }

    /// Makes a parameter; its ARN.
    pub fn parameter(&self, name: &str) -> String {
        let request = json!({"Name": name, "Value": "any", "Type": "SecureString"});
        self.call("ssm", "AmazonSSM.PutParameter", &request);
        format!("arn:aws:ssm:{REGION}:{}:parameter{name}", self.id)
    }

    /// Asks for a certificate; its ARN.
    pub fn certificate(&self, domain: &str) -> String {
        let made = self.call("acm", "CertificateManager.RequestCertificate", &json!({"DomainName": domain}));
        made["CertificateArn"].as_str().unwrap().to_owned()
    }
}
