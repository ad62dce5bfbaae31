//! Writing the settings of a client: all of them, every time.

use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;

use crate::aws::cloud::Cognito;

/// The update that leaves `client` as it is said to be. A member of the description that an update takes is sent, for what is left
/// out is reset.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html>
pub(super) fn replacement(cognito: &Cognito, client: UserPoolClientType) -> UpdateUserPoolClientFluentBuilder {
    cognito
        .writes()
        .update_user_pool_client()
        .set_user_pool_id(client.user_pool_id)
        .set_client_id(client.client_id)
        .set_client_name(client.client_name)
        .refresh_token_validity(client.refresh_token_validity)
        .set_access_token_validity(client.access_token_validity)
        .set_id_token_validity(client.id_token_validity)
        .set_token_validity_units(client.token_validity_units)
        .set_read_attributes(client.read_attributes)
        .set_write_attributes(client.write_attributes)
        .set_explicit_auth_flows(client.explicit_auth_flows)
        .set_supported_identity_providers(client.supported_identity_providers)
        .set_callback_urls(client.callback_urls)
        .set_logout_urls(client.logout_urls)
        .set_default_redirect_uri(client.default_redirect_uri)
        .set_allowed_o_auth_flows(client.allowed_o_auth_flows)
        .set_allowed_o_auth_scopes(client.allowed_o_auth_scopes)
        .set_allowed_o_auth_flows_user_pool_client(client.allowed_o_auth_flows_user_pool_client)
        .set_analytics_configuration(client.analytics_configuration)
        .set_prevent_user_existence_errors(client.prevent_user_existence_errors)
        .set_enable_token_revocation(client.enable_token_revocation)
        .set_enable_propagate_additional_user_context_data(client.enable_propagate_additional_user_context_data)
        .set_auth_session_validity(client.auth_session_validity)
        .set_refresh_token_rotation(client.refresh_token_rotation)
}
