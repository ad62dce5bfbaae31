//! Stage of an HTTP API: what of it is deployed, with its limits and its access log. Known by its name in an API of ours.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>

use std::collections::BTreeSet;

use aws_sdk_apigatewayv2::Client as ApiClient;
use aws_sdk_apigatewayv2::types::{AccessLogSettings, RouteSettings, Stage as Sdk};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::api_gateway::{Tagged, apis, arn, child, content, known, pages, split, stands};
use super::call::{Call, DELETE, Dependent, GET, PATCH, POST, request};
use super::clients::{from_map, to_map};
use super::cloud::ApiGateway;
use super::fault::{is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{ApiRoute, HttpApi, LogGroup};

/// The stage that is served at the root of the API's URL.
const DEFAULT: &str = "$default";
/// Its name here: a tag's value cannot hold the dollar sign.
const NAME: &str = "default";

/// How `LastDeploymentStatusMessage` begins after a deployment that went well. AWS offers no code for it.
///
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>
const DEPLOYED: &str = "Successfully deployed";

/// A line of the access log: what a request was and what came of it. No header, no body, nothing of the token.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>
const FORMAT: &str = concat!(
    r#"{"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp","#,
    r#""method":"$context.httpMethod","path":"$context.path","route":"$context.routeKey","status":"$context.status","#,
    r#""length":"$context.responseLength","latency":"$context.responseLatency","#,
    r#""integrationStatus":"$context.integration.status","integrationLatency":"$context.integration.latency","#,
    r#""error":"$context.error.message","integrationError":"$context.integration.error","#,
    r#""authorizerError":"$context.authorizer.error"}"#
);

/// Where requests are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// The log group.
    pub group: Ref<LogGroup>,
    /// Its ARN, without `:*`.
    pub arn: String,
}

/// The `$default` stage, which deploys every change by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its API. Fixed at creation.
    pub api: Ref<HttpApi>,
    /// The routes that its first deployment is to have: there is none without a route.
    pub routes: Vec<Ref<ApiRoute>>,
    /// Requests a second.
    pub rate: i32,
    /// Requests at once.
    pub burst: i32,
    /// Where requests are logged.
    pub access_log: Option<AccessLog>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageSeen {
    /// Its API.
    pub api: String,
    /// Its name.
    pub stage_name: String,
    /// Whether changes are deployed by themselves.
    pub auto_deploy: bool,
    /// Requests a second, and at once.
    pub throttling: (Option<i64>, Option<i32>),
    /// Routes with limits of their own, which go before those of the stage.
    pub route_settings: BTreeSet<String>,
    /// ARN of the log group, and the form of a line.
    pub access_log: Option<(String, String)>,
}

impl Stage {
    /// The stage's reference: there is one.
    #[must_use]
    pub fn only() -> Ref<Self> {
        Self::reference(NAME)
    }
}

/// `GetStages` of the stack's APIs.
pub struct Stages;

impl Detail for Stages {
    type Client = ApiClient;
    type Item = Vec<Tagged<Sdk>>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        apis(look)
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html>
    async fn ask(api: &ApiGateway, subject: &Id) -> Result<Option<Vec<Tagged<Sdk>>>, Fault> {
        let parent = match split(subject) {
            (parent, Some(own)) => {
                let call = api.reads().get_stage().api_id(parent).stage_name(own);
                return stands(api.read("GetStage", call.send()).await);
            }
            (parent, None) => parent,
        };
        known(list(api, parent).await)
    }

    /// Those of the API speak for its stages.
    fn tags(_: &Vec<Tagged<Sdk>>) -> Option<Tags> {
        None
    }
}

async fn list(api: &ApiGateway, parent: &str) -> Result<Vec<Tagged<Sdk>>, Fault> {
    let call = api.reads().get_stages().api_id(parent);
    let stages = pages!(api, "GetStages", call.clone());
    let tagged = |it: Sdk| Tagged { arn: stage_arn(api, parent, it.stage_name().unwrap_or_default()), it };
    Ok(stages.into_iter().map(tagged).collect())
}

fn stage_arn(api: &ApiGateway, parent: &str, stage: &str) -> String {
    arn(api, &format!("apis/{parent}/stages/{stage}"))
}

const DELIVERY: &str = "access logs are a log delivery, which the service sets up in the caller's name";

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html>
const ACCESS_LOGS: &[Dependent] = &[
    ("logs:CreateLogDelivery", DELIVERY),
    ("logs:CreateLogGroup", DELIVERY),
    ("logs:DeleteLogDelivery", DELIVERY),
    ("logs:DescribeLogGroups", DELIVERY),
    ("logs:DescribeResourcePolicies", DELIVERY),
    ("logs:GetLogDelivery", DELIVERY),
    ("logs:ListLogDeliveries", DELIVERY),
    ("logs:PutResourcePolicy", DELIVERY),
    ("logs:UpdateLogDelivery", DELIVERY),
];

impl Resource for Stage {
    type Seen = StageSeen;
    type Client = ApiClient;

    const KIND: Kind = Kind { order: 320, name: "stage", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::Stages, Question::HttpApis];
    const CALLS: &'static [Call] = &[
        request(GET, "apigateway:GetStage"),
        request(GET, "apigateway:GetStages"),
        request(POST, "apigateway:CreateStage").with(ACCESS_LOGS),
        request(PATCH, "apigateway:UpdateStage").with(ACCESS_LOGS),
        request(POST, "apigateway:TagResource"),
        request(DELETE, "apigateway:UntagResource"),
        request(DELETE, "apigateway:DeleteStage"),
        request(DELETE, "apigateway:DeleteAccessLogSettings"),
        request(DELETE, "apigateway:DeleteRouteSettings"),
    ];

    fn name(&self) -> &str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.api.exists()];
        needs.extend(self.routes.iter().map(Ref::exists));
        needs.extend(self.access_log.iter().map(|log| log.group.exists()));
        needs
    }

    fn compare(&self, seen: &StageSeen, ids: &Ids) -> Comparison {
        let StageSeen { api, stage_name, auto_deploy, throttling, route_settings, access_log } = seen;
        Comparison::default()
            .fixed_ref("api", ids.of(&self.api), api)
            .fixed("stageName", DEFAULT, stage_name.as_str())
            .field("autoDeploy", &true, auto_deploy)
            .field("throttling", &self.throttling(), throttling)
            .field("routeSettings", &BTreeSet::new(), route_settings)
            .field("accessLog", &self.log_settings(), access_log)
    }

    /// Every stage of an API of ours. Its tags tell no more than its attempt: somebody may have made it, or changed them.
    fn read(view: &View, owner: &Owner) -> Vec<Live<StageSeen>> {
        content(&view.detailed.stages)
            .filter_map(|(api, Tagged { arn, it })| {
                let stage = it.stage_name()?;
                let key = Key::new(Self::KIND, if stage == DEFAULT { NAME } else { stage });
                let tags = from_map(it.tags());
                let attempt = owner.mark_of(Self::KIND, &tags).filter(|(marked, _)| *marked == key);
                Some(Live {
                    attempt: attempt.map_or(0, |(_, attempt)| attempt),
                    phase: phase(it),
                    tags,
                    created: it.created_date().map(aws_smithy_types::DateTime::secs),
                    ..live(key, api, arn, seen(api, it))
                })
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html>
    async fn create(&self, api: &ApiGateway, ids: &Ids, mark: &Mark) -> Result<Live<StageSeen>, Fault> {
        const OPERATION: &str = "CreateStage";
        let parent = ids.of(&self.api).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = api
            .writes()
            .create_stage()
            .api_id(parent.as_str())
            .stage_name(DEFAULT)
            .auto_deploy(true)
            .default_route_settings(self.route_settings())
            .set_access_log_settings(self.access_log.as_ref().map(to_sdk))
            .set_tags(Some(to_map(&mark.tags)));
        let arn = stage_arn(api, parent.as_str(), DEFAULT);
        match api.write(OPERATION, call.send()).await {
            Ok(_) => {
                let live = live(mark.key.clone(), parent, &arn, self.as_declared(parent.as_str()));
                let phase = Phase::Pending("deployed just now".to_owned());
                Ok(Live { attempt: mark.attempt, tags: mark.tags.clone(), phase, ..live })
            }
            // In an API of ours it is ours, whoever made it; an update brings it to what is declared.
            Err(fault) if fault.code == "ConflictException" => {
                let stages = list(api, parent.as_str()).await?;
                let found = stages.into_iter().find(|Tagged { arn: _, it }| it.stage_name() == Some(DEFAULT));
                let Tagged { arn, it } = found.ok_or(fault)?;
                let live = live(mark.key.clone(), parent, &arn, seen(parent, &it));
                Ok(Live { phase: phase(&it), tags: from_map(it.tags()), ..live })
            }
            Err(fault) => Err(fault),
        }
    }

    /// - <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html>
    /// - <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename-accesslogsettings.html>
    /// - <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename-routesettings-routekey.html>
    async fn update(
        &self,
        api: &ApiGateway,
        live: &Live<StageSeen>,
        changes: &[Change],
        _: &Ids,
    ) -> Result<Live<StageSeen>, Fault> {
        let parent = &live.seen.api;
        let drops_log = self.access_log.is_none() && live.seen.access_log.is_some();
        if drops_log {
            let call = api.writes().delete_access_log_settings().api_id(parent).stage_name(DEFAULT);
            api.write("DeleteAccessLogSettings", call.send()).await?;
        }
        for route in &live.seen.route_settings {
            let call = api.writes().delete_route_settings().api_id(parent).stage_name(DEFAULT).route_key(route);
            api.write("DeleteRouteSettings", call.send()).await?;
        }
        let done_so_far = |field| field == "routeSettings" || field == "accessLog" && drops_log;
        if changes.iter().any(|change| !done_so_far(change.field)) {
            let call = api
                .writes()
                .update_stage()
                .api_id(parent)
                .stage_name(DEFAULT)
                .auto_deploy(true)
                .default_route_settings(self.route_settings())
                .set_access_log_settings(self.access_log.as_ref().map(to_sdk));
            api.write("UpdateStage", call.send()).await?;
        }
        Ok(Live { seen: self.as_declared(parent), ..live.clone() })
    }

    async fn delete(api: &ApiGateway, live: &Live<StageSeen>) -> Result<Deletion, Fault> {
        let call = api.writes().delete_stage().api_id(&live.seen.api).stage_name(&live.seen.stage_name);
        match api.write("DeleteStage", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl Stage {
    fn throttling(&self) -> (Option<i64>, Option<i32>) {
        (Some(i64::from(self.rate)), Some(self.burst))
    }

    fn route_settings(&self) -> RouteSettings {
        RouteSettings::builder().throttling_rate_limit(f64::from(self.rate)).throttling_burst_limit(self.burst).build()
    }

    fn log_settings(&self) -> Option<(String, String)> {
        self.access_log.as_ref().map(|log| (log.arn.clone(), FORMAT.to_owned()))
    }

    fn as_declared(&self, api: &str) -> StageSeen {
        StageSeen {
            api: api.to_owned(),
            stage_name: DEFAULT.to_owned(),
            auto_deploy: true,
            throttling: self.throttling(),
            route_settings: BTreeSet::new(),
            access_log: self.log_settings(),
        }
    }
}

fn to_sdk(log: &AccessLog) -> AccessLogSettings {
    AccessLogSettings::builder().destination_arn(&log.arn).format(FORMAT).build()
}

fn seen(api: &Id, it: &Sdk) -> StageSeen {
    let limits = it.default_route_settings();
    let log = it.access_log_settings().filter(|log| log.destination_arn().is_some());
    StageSeen {
        api: api.as_str().to_owned(),
        stage_name: it.stage_name().unwrap_or_default().to_owned(),
        auto_deploy: it.auto_deploy().unwrap_or_default(),
        throttling: (
            limits.and_then(RouteSettings::throttling_rate_limit).map(whole),
            limits.and_then(RouteSettings::throttling_burst_limit),
        ),
        route_settings: it.route_settings().into_iter().flatten().map(|(route, _)| route.clone()).collect(),
        access_log: log.map(|log| {
            let arn = log.destination_arn().unwrap_or_default().trim_end_matches(":*");
            (arn.to_owned(), log.format().unwrap_or_default().to_owned())
        }),
    }
}

/// The declared rates are whole; any other differs from them, and is rounded up so that it still does.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and no such rate is declared")]
fn whole(rate: f64) -> i64 {
    rate.ceil() as i64
}

fn live(key: Key, api: &Id, arn: &str, seen: StageSeen) -> Live<StageSeen> {
    Live {
        key,
        attempt: 0,
        id: child(api.as_str(), &seen.stage_name),
        attributes: [(ARN.into(), arn.to_owned())].into_iter().collect(),
        phase: Phase::Ready,
        seen,
        on: Vec::new(),
        within: Some(api.clone()),
        tags: Tags::new(),
        created: None,
    }
}

/// Whether the last deployment went well: a change that was not deployed is not served, however right the rest looks.
fn phase(it: &Sdk) -> Phase {
    match (it.deployment_id(), it.last_deployment_status_message()) {
        (_, Some(message)) if !message.starts_with(DEPLOYED) => {
            Phase::Broken(format!("{message}; the next change of the API deploys it again"))
        }
        (Some(_), _) => Phase::Ready,
        (None, _) => Phase::Pending("not deployed yet".to_owned()),
    }
}

#[cfg(test)]
mod tests;
