//! User pool of Cognito.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html>
//!
//! The declaration models few of a pool's settings. What it does not model (messages, triggers, senders, the composition of
//! passwords) gets a sound value when the pool is made and is the user's from then on: every change reads the whole description
//! and writes it back, since Cognito resets what an update leaves out.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client as CognitoClient;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, DeletionProtectionType, IssuerType, PasswordPolicyType,
    RecoveryOptionNameType, RecoveryOptionType, SoftwareTokenMfaConfigType, UserPoolDescriptionType, UserPoolMfaType,
    UserPoolPolicyType, UserPoolType as Sdk, UsernameConfigurationType, VerifiedAttributeType,
};
use engine::{
    Attributes, Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags,
};

use super::call::{Call, POOL_TAGS, call};
use super::clients::{from_map, to_map};
use super::cloud::Cognito;
use super::fault::{incomplete, is_not_found};
use super::owner::Owner;
use super::pools::PAGE;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Detail, Listing, Look, Question, View, answered};
use settings::{replacement, set_mfa};

mod settings;

/// The attribute of a user pool in which the issuer of its tokens stands.
pub const ISSUER: &str = "issuer";

/// Longest name of a pool.
const NAME: usize = 128;

/// Days for which the password of an invitation is good.
const INVITATION_DAYS: i32 = 7;

/// Who signs in, and who signs the tokens. Attributes: `arn`, [`ISSUER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPool {
    /// `main`.
    pub name: &'static str,
    /// Its name in AWS, as [`UserPool::name_of`] says.
    pub pool_name: String,
    /// Whether users may register themselves.
    pub self_sign_up: bool,
    /// Second factor.
    pub mfa: Mfa,
    /// Least length of passwords.
    pub password_min_length: i32,
}

/// Second factor: a software token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    /// None is asked for.
    Off,
    /// Users decide.
    Optional,
    /// Everybody needs one.
    Required,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolSeen {
    /// Its name.
    pub pool_name: String,
    /// Whether users may register themselves.
    pub self_sign_up: bool,
    /// Second factor.
    pub mfa: Mfa,
    /// Whether a software token may be it.
    pub software_token: bool,
    /// Least length of passwords.
    pub password_min_length: i32,
    /// Whether a delete is refused.
    pub deletion_protection: bool,
}

impl UserPool {
    /// The name in AWS of the pool of `stack` (`namespace/name`), by which it is found among the pools of the account. Names of
    /// pools are not unique: the tags decide.
    #[must_use]
    pub fn name_of(stack: &str) -> String {
        // `/` is not allowed in it; a namespace has no dots.
        let name = format!("fargatestack-{}", stack.replacen('/', ".", 1));
        name.get(..NAME).unwrap_or(&name).to_owned()
    }
}

/// Issuer of the tokens of `pool`.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html>
#[must_use]
pub(super) fn issuer(pool: &Sdk) -> Option<String> {
    let (id, arn) = (pool.id()?, pool.arn()?);
    let mut parts = arn.split(':');
    let (partition, region) = (parts.nth(1)?, parts.nth(1)?);
    let domain = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let host = match pool.issuer_configuration().and_then(|issuer| issuer.r#type()) {
        Some(IssuerType::Updated) => "issuer-cognito-idp",
        _ => "cognito-idp",
    };
    Some(format!("https://{host}.{region}.{domain}/{id}"))
}

/// `ListUserPools`: ids and names, no tags.
pub struct UserPools;

impl Listing for UserPools {
    type Client = CognitoClient;
    type Item = UserPoolDescriptionType;

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPools.html>
    async fn list(cognito: &Cognito) -> Result<Vec<UserPoolDescriptionType>, Fault> {
        let call = cognito.reads().list_user_pools().max_results(PAGE).into_paginator().items().send();
        cognito.read("ListUserPools", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(cognito: &Cognito, id: &Id) -> Result<Option<UserPoolDescriptionType>, Fault> {
        let pool = UserPoolDetails::ask(cognito, id).await?.map(|found| found.pool);
        Ok(pool.map(|it| UserPoolDescriptionType::builder().set_id(it.id).set_name(it.name).build()))
    }

    fn mark(_: &UserPoolDescriptionType) -> Option<(Id, Tags)> {
        None
    }
}

/// Everything about one pool.
#[derive(Clone, Debug)]
pub struct UserPoolDetail {
    /// Its description.
    pub pool: Sdk,
    /// Whether a software token may be the second factor.
    pub software_token: bool,
}

/// `DescribeUserPool` and `GetUserPoolMfaConfig` of the pools under the name of the stack that looks, by id.
pub struct UserPoolDetails;

impl Detail for UserPoolDetails {
    type Client = CognitoClient;
    type Item = UserPoolDetail;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let name = UserPool::name_of(&look.owner.stack);
        let listed = answered(&look.view.listed.user_pools).iter();
        let named = listed.filter(|pool| pool.name() == Some(&name)).filter_map(|pool| pool.id().map(Id::from));
        named.chain(look.expected(UserPool::KIND)).collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html>,
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserPoolMfaConfig.html>: a description
    /// tells whether there is a second factor, not which.
    async fn ask(cognito: &Cognito, id: &Id) -> Result<Option<UserPoolDetail>, Fault> {
        let Some(pool) = describe(cognito, id.as_str()).await? else { return Ok(None) };
        match settings::mfa(cognito, id.as_str()).await {
            Ok(mfa) => {
                let software_token =
                    mfa.software_token_mfa_configuration().is_some_and(SoftwareTokenMfaConfigType::enabled);
                Ok(Some(UserPoolDetail { pool, software_token }))
            }
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(detail: &UserPoolDetail) -> Option<Tags> {
        Some(from_map(detail.pool.user_pool_tags()))
    }
}

pub(super) async fn describe(cognito: &Cognito, id: &str) -> Result<Option<Sdk>, Fault> {
    let call = cognito.reads().describe_user_pool().user_pool_id(id);
    match cognito.read("DescribeUserPool", call.send()).await {
        Ok(answer) => Ok(answer.user_pool),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Resource for UserPool {
    type Seen = UserPoolSeen;
    type Client = CognitoClient;

    const KIND: Kind = Kind { order: 230, name: "user-pool", creation: Creation::Intent, holds_data: true, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] = &[Question::UserPoolDetails, Question::UserPools];
    const CALLS: &'static [Call] = &[
        call("cognito-idp:CreateUserPool").with(&[POOL_TAGS]),
        call("cognito-idp:DeleteUserPool"),
        call("cognito-idp:DescribeUserPool"),
        call("cognito-idp:GetUserPoolMfaConfig"),
        call("cognito-idp:ListUserPools"),
        call("cognito-idp:SetUserPoolMfaConfig"),
        call("cognito-idp:TagResource"),
        call("cognito-idp:UntagResource"),
        call("cognito-idp:UpdateUserPool"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &UserPoolSeen, _: &Ids) -> Comparison {
        let UserPoolSeen { pool_name, self_sign_up, mfa, software_token, password_min_length, deletion_protection } =
            seen;
        let comparison = Comparison::default()
            .field("poolName", &self.pool_name, pool_name)
            .field("selfSignUp", &self.self_sign_up, self_sign_up)
            .field("passwordMinLength", &self.password_min_length, password_min_length)
            .field("deletionProtection", &true, deletion_protection)
            .field(settings::MFA, &self.mfa, mfa);
        if self.mfa == Mfa::Off { comparison } else { comparison.field(settings::TOKEN, &true, software_token) }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<UserPoolSeen>> {
        let details = view.detailed.user_pool_details.iter();
        details.filter_map(|(_, detail)| read_one(detail, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>
    ///
    /// The second factor is a call of its own, since a pool is made without a software token; if it fails, an update makes up
    /// for it.
    async fn create(&self, cognito: &Cognito, _: &Ids, mark: &Mark) -> Result<Live<UserPoolSeen>, Fault> {
        const OPERATION: &str = "CreateUserPool";
        let call = cognito
            .writes()
            .create_user_pool()
            .pool_name(&self.pool_name)
            .policies(UserPoolPolicyType::builder().password_policy(self.passwords()).build())
            .deletion_protection(DeletionProtectionType::Active)
            .admin_create_user_config(self.sign_up())
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .set_account_recovery_setting(recovery())
            .set_username_configuration(UsernameConfigurationType::builder().case_sensitive(false).build().ok())
            .mfa_configuration(UserPoolMfaType::Off)
            .set_user_pool_tags(Some(to_map(&mark.tags)));
        let pool = cognito.write(OPERATION, call.send()).await?.user_pool;
        let pool = pool.ok_or_else(|| incomplete(OPERATION, "UserPool"))?;
        let id = pool.id().ok_or_else(|| incomplete(OPERATION, "UserPool.Id"))?.to_owned();
        let secured = self.mfa != Mfa::Off && set_mfa(cognito, &id, self.mfa).await.is_ok();
        let mut seen = seen(&pool, secured);
        if secured {
            seen.mfa = self.mfa;
        }
        Ok(Live { attributes: attributes(&pool), ..mark.live(id, Phase::Ready, seen) })
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html>: replaces everything,
    /// so the whole description goes back with the changes in it.
    async fn update(
        &self,
        cognito: &Cognito,
        live: &Live<UserPoolSeen>,
        changes: &[Change],
        _: &Ids,
    ) -> Result<Live<UserPoolSeen>, Fault> {
        let id = live.id.as_str();
        let second_factor = |change: &Change| [settings::MFA, settings::TOKEN].contains(&change.field);
        if changes.iter().any(second_factor) {
            set_mfa(cognito, id, self.mfa).await?;
        }
        if !changes.iter().all(second_factor) {
            let pool = describe(cognito, id).await?.ok_or_else(|| settings::gone("UpdateUserPool", id))?;
            cognito.write("UpdateUserPool", replacement(cognito, self.laid_over(pool)).send()).await?;
        }
        let seen = UserPoolSeen {
            pool_name: self.pool_name.clone(),
            self_sign_up: self.self_sign_up,
            mfa: self.mfa,
            software_token: self.mfa != Mfa::Off,
            password_min_length: self.password_min_length,
            deletion_protection: true,
        };
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html>: refused while the pool
    /// is protected, which it is; its clients and resource servers go with it.
    async fn delete(cognito: &Cognito, live: &Live<UserPoolSeen>) -> Result<Deletion, Fault> {
        let id = live.id.as_str();
        let Some(mut pool) = describe(cognito, id).await? else { return Ok(Deletion::Gone) };
        if pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
            pool.deletion_protection = Some(DeletionProtectionType::Inactive);
            cognito.write("UpdateUserPool", replacement(cognito, pool).send()).await?;
        }
        let call = cognito.writes().delete_user_pool().user_pool_id(id);
        match cognito.write("DeleteUserPool", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl UserPool {
    fn passwords(&self) -> PasswordPolicyType {
        PasswordPolicyType::builder()
            .minimum_length(self.password_min_length)
            .require_lowercase(true)
            .require_uppercase(true)
            .require_numbers(true)
            .require_symbols(true)
            .temporary_password_validity_days(INVITATION_DAYS)
            .build()
    }

    fn sign_up(&self) -> AdminCreateUserConfigType {
        AdminCreateUserConfigType::builder().allow_admin_create_user_only(!self.self_sign_up).build()
    }

    /// `pool` with what is declared of it.
    fn laid_over(&self, mut pool: Sdk) -> Sdk {
        pool.name = Some(self.pool_name.clone());
        pool.deletion_protection = Some(DeletionProtectionType::Active);
        let sign_up = pool.admin_create_user_config.get_or_insert_with(|| self.sign_up());
        sign_up.allow_admin_create_user_only = !self.self_sign_up;
        let policies = pool.policies.get_or_insert_with(|| UserPoolPolicyType::builder().build());
        policies.password_policy.get_or_insert_with(|| self.passwords()).minimum_length =
            Some(self.password_min_length);
        pool
    }
}

/// Forgotten passwords are reset by mail.
fn recovery() -> Option<AccountRecoverySettingType> {
    let by_mail = RecoveryOptionType::builder().name(RecoveryOptionNameType::VerifiedEmail).priority(1).build().ok()?;
    Some(AccountRecoverySettingType::builder().recovery_mechanisms(by_mail).build())
}

fn attributes(pool: &Sdk) -> Attributes {
    let named = [(ARN, pool.arn().map(str::to_owned)), (ISSUER, issuer(pool))];
    named.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect()
}

fn seen(pool: &Sdk, software_token: bool) -> UserPoolSeen {
    let passwords = pool.policies().and_then(UserPoolPolicyType::password_policy);
    UserPoolSeen {
        pool_name: pool.name().unwrap_or_default().to_owned(),
        self_sign_up: !pool
            .admin_create_user_config()
            .is_some_and(AdminCreateUserConfigType::allow_admin_create_user_only),
        mfa: match pool.mfa_configuration() {
            Some(UserPoolMfaType::On) => Mfa::Required,
            Some(UserPoolMfaType::Optional) => Mfa::Optional,
            _ => Mfa::Off,
        },
        software_token,
        password_min_length: passwords.and_then(PasswordPolicyType::minimum_length).unwrap_or_default(),
        deletion_protection: pool.deletion_protection() == Some(&DeletionProtectionType::Active),
    }
}

fn read_one(detail: &UserPoolDetail, owner: &Owner) -> Option<Live<UserPoolSeen>> {
    let UserPoolDetail { pool, software_token } = detail;
    let (key, attempt) = owner.mark_of(UserPool::KIND, &pool.user_pool_tags())?;
    let tags = from_map(pool.user_pool_tags());
    Some(Live {
        key,
        attempt,
        id: Id::from(pool.id()?),
        attributes: attributes(pool),
        phase: Phase::Ready,
        seen: seen(pool, *software_token),
        on: Vec::new(),
        within: None,
        tags,
        created: pool.creation_date().map(aws_smithy_types::DateTime::secs),
    })
}

#[cfg(test)]
mod tests;
