//! Writing the settings of a pool: all of them, every time.

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    PasswordPolicyType, SoftwareTokenMfaConfigType, UserPoolMfaType, UserPoolPolicyType, UserPoolType,
};
use engine::Fault;

use super::Mfa;
use crate::aws::cloud::Cognito;
use crate::aws::fault::refused;

/// The field that says whether there is a second factor.
pub(super) const MFA: &str = "mfa";
/// The field that says whether a software token may be it.
pub(super) const TOKEN: &str = "softwareToken";

/// The update that leaves `pool` as it is said to be. A member of the description that an update takes is sent, for what is left
/// out is reset.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html>
pub(super) fn replacement(cognito: &Cognito, mut pool: UserPoolType) -> UpdateUserPoolFluentBuilder {
    let passwords = pool.policies().and_then(UserPoolPolicyType::password_policy);
    let validity = passwords.map(PasswordPolicyType::temporary_password_validity_days).unwrap_or_default();
    if let (Some(sign_up), true) = (&mut pool.admin_create_user_config, validity > 0) {
        // Descriptions show both, and an update is refused if the older of them is set as well.
        sign_up.unused_account_validity_days = 0;
    }
    cognito
        .writes()
        .update_user_pool()
        .set_user_pool_id(pool.id)
        .set_pool_name(pool.name)
        .set_policies(pool.policies)
        .set_deletion_protection(pool.deletion_protection)
        .set_lambda_config(pool.lambda_config)
        .set_auto_verified_attributes(pool.auto_verified_attributes)
        .set_sms_verification_message(pool.sms_verification_message)
        .set_email_verification_message(pool.email_verification_message)
        .set_email_verification_subject(pool.email_verification_subject)
        .set_verification_message_template(pool.verification_message_template)
        .set_sms_authentication_message(pool.sms_authentication_message)
        .set_user_attribute_update_settings(pool.user_attribute_update_settings)
        .set_mfa_configuration(pool.mfa_configuration)
        .set_device_configuration(pool.device_configuration)
        .set_email_configuration(pool.email_configuration)
        .set_sms_configuration(pool.sms_configuration)
        .set_user_pool_tags(pool.user_pool_tags)
        .set_admin_create_user_config(pool.admin_create_user_config)
        .set_user_pool_add_ons(pool.user_pool_add_ons)
        .set_account_recovery_setting(pool.account_recovery_setting)
        .set_user_pool_tier(pool.user_pool_tier)
        .set_key_configuration(pool.key_configuration)
        .set_issuer_configuration(pool.issuer_configuration)
        .set_acr_configuration(pool.acr_configuration)
}

/// The second factors of the pool `id`.
pub(super) async fn mfa(cognito: &Cognito, id: &str) -> Result<GetUserPoolMfaConfigOutput, Fault> {
    let call = cognito.reads().get_user_pool_mfa_config().user_pool_id(id);
    cognito.read("GetUserPoolMfaConfig", call.send()).await
}

/// Sets the second factor of the pool `id` to a software token, beside those that are configured; or to none.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html>: replaces
/// everything, and no factor may be named together with `OFF`.
pub(super) async fn set_mfa(cognito: &Cognito, id: &str, wanted: Mfa) -> Result<(), Fault> {
    let before = mfa(cognito, id).await?;
    let call = cognito.writes().set_user_pool_mfa_config().user_pool_id(id);
    let call = call.set_web_authn_configuration(before.web_authn_configuration);
    let with_factors = |mode: UserPoolMfaType| {
        call.clone()
            .mfa_configuration(mode)
            .set_sms_mfa_configuration(before.sms_mfa_configuration.clone())
            .set_email_mfa_configuration(before.email_mfa_configuration.clone())
            .software_token_mfa_configuration(SoftwareTokenMfaConfigType::builder().enabled(true).build())
    };
    let call = match wanted {
        Mfa::Off => call.mfa_configuration(UserPoolMfaType::Off),
        Mfa::Optional => with_factors(UserPoolMfaType::Optional),
        Mfa::Required => with_factors(UserPoolMfaType::On),
    };
    cognito.write("SetUserPoolMfaConfig", call.send()).await.map(drop)
}

/// A pool that is not there any more: the next look sees that.
pub(super) fn gone(operation: &'static str, id: &str) -> Fault {
    refused(operation, "ResourceNotFoundException", &format!("the user pool {id} does not exist"))
}
