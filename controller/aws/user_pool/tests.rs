use engine::{Class, Effect};
use serde_json::{Value, json};

use super::*;
use crate::aws::observe::Named;
use crate::aws::resource::tag_address;
use crate::aws::sources::{Detailed, Listed};
use crate::aws::wire::{Request, Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const ID: &str = "eu-west-1_AbCdEf123";
const POOL_ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123";
const NAME: &str = "fargatestack-shop.orders";

fn pool(mfa: Mfa) -> UserPool {
    UserPool { name: "main", pool_name: NAME.into(), self_sign_up: false, mfa, password_min_length: 12 }
}

fn as_declared(mfa: Mfa) -> UserPoolSeen {
    UserPoolSeen {
        pool_name: NAME.into(),
        self_sign_up: false,
        mfa,
        software_token: mfa != Mfa::Off,
        password_min_length: 12,
        deletion_protection: true,
    }
}

/// A description with a value in every member that an update takes, none of them the default.
fn description() -> Value {
    json!({
        "Id": ID,
        "Arn": POOL_ARN,
        "Name": NAME,
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 12, "RequireUppercase": false, "RequireLowercase": true, "RequireNumbers": false,
                "RequireSymbols": false, "TemporaryPasswordValidityDays": 3, "PasswordHistorySize": 2,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]},
        },
        "DeletionProtection": "ACTIVE",
        "LambdaConfig": {"PreSignUp": "arn:aws:lambda:eu-west-1:123456789012:function:check"},
        "AutoVerifiedAttributes": ["email"],
        "SmsVerificationMessage": "sms {####}",
        "EmailVerificationMessage": "mail {####}",
        "EmailVerificationSubject": "subject",
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"},
        "SmsAuthenticationMessage": "code {####}",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "MfaConfiguration": "OPTIONAL",
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true},
        "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:::identity/a"},
        "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "e"},
        "UserPoolTags": {"team": "shop"},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true},
        "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        "UserPoolTier": "PLUS",
        "KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"},
        "IssuerConfiguration": {"Type": "UPDATED"},
        "UsernameConfiguration": {"CaseSensitive": false},
        "SchemaAttributes": [{"Name": "sub"}],
        "Domain": "shop",
        "EstimatedNumberOfUsers": 7,
    })
}

/// `answer` as the request that gives all of it back.
fn given_back(answer: Value) -> Request {
    let mut whole = answer;
    let members = whole.as_object_mut().unwrap();
    for only_shown in ["Arn", "UsernameConfiguration", "SchemaAttributes", "Domain", "EstimatedNumberOfUsers"] {
        members.remove(only_shown);
    }
    members["AdminCreateUserConfig"]["UnusedAccountValidityDays"] = json!(0);
    for (shown, sent) in [("Id", "UserPoolId"), ("Name", "PoolName")] {
        let value = members.remove(shown).unwrap();
        members.insert(sent.into(), value);
    }
    crate::aws::wire::json_request("UpdateUserPool", &whole)
}

async fn parsed(answer: &Value) -> Sdk {
    let wire = Wire::default().answer_json(&json!({ "UserPool": answer }));
    describe(&wire.cloud().cognito, ID).await.unwrap().unwrap()
}

fn live(seen: UserPoolSeen) -> Live<UserPoolSeen> {
    mark(&pool(Mfa::Off)).live(ID, Phase::Ready, seen)
}

#[test]
fn fields_are_compared() {
    let declared = as_declared(Mfa::Optional);
    let cases = [
        (declared.clone(), "in sync"),
        (UserPoolSeen { pool_name: "mine".into(), ..declared.clone() }, "update poolName"),
        (UserPoolSeen { self_sign_up: true, ..declared.clone() }, "update selfSignUp"),
        (UserPoolSeen { password_min_length: 8, ..declared.clone() }, "update passwordMinLength"),
        (UserPoolSeen { deletion_protection: false, ..declared.clone() }, "update deletionProtection"),
        (UserPoolSeen { mfa: Mfa::Required, ..declared.clone() }, "update mfa"),
        (UserPoolSeen { software_token: false, ..declared }, "update softwareToken"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&pool(Mfa::Optional).compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    // Without a second factor it does not matter which one it could be.
    let with_token = UserPoolSeen { software_token: true, ..as_declared(Mfa::Off) };
    assert_eq!(said(&pool(Mfa::Off).compare(&with_token, &Ids::default())), "in sync");
}

#[test]
fn names_say_which_stack_and_fit() {
    assert_eq!(UserPool::name_of("shop/orders"), NAME);
    let long = UserPool::name_of(&format!("{}/{}", "n".repeat(63), "s".repeat(200)));
    assert_eq!(long.len(), 128);
}

#[tokio::test]
async fn the_issuer_follows_partition_and_configuration() {
    let cases = [
        ("aws", None, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"),
        ("aws", Some("UPDATED"), "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"),
        ("aws-cn", Some("ORIGINAL"), "https://cognito-idp.eu-west-1.amazonaws.com.cn/eu-west-1_AbCdEf123"),
    ];
    for (partition, configured, expected) in cases {
        let configured = configured.map(|configured| json!({ "Type": configured }));
        let arn = POOL_ARN.replace("arn:aws:", &format!("arn:{partition}:"));
        let pool = parsed(&json!({"Id": ID, "Arn": arn, "IssuerConfiguration": configured})).await;
        assert_eq!(issuer(&pool).as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn pools_of_that_name_are_described_and_the_tags_decide() {
    let named = |id: &str, name: &str| UserPoolDescriptionType::builder().id(id).name(name).build();
    let listed = Listed {
        user_pools: answer([named(ID, NAME), named("eu-west-1_Other", "fargatestack-shop.orders2")]),
        ..Listed::default()
    };
    let marked = stamp().tags(&key::<UserPool>("main"), 2, Tags::new());
    let mut ours = description();
    ours["UserPoolTags"] = json!(marked);
    let details = [
        (ID, UserPoolDetail { pool: parsed(&ours).await, software_token: true }),
        ("eu-west-1_Twin", UserPoolDetail { pool: parsed(&description()).await, software_token: true }),
    ];
    let view = View {
        listed,
        detailed: Detailed { user_pool_details: details.into_iter().collect(), ..Detailed::default() },
        ..view()
    };
    let (owner, named) = (stamp().owner, Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    assert_eq!(UserPoolDetails::subjects(&look), BTreeSet::from([Id::from(ID)]));

    let [live] = UserPool::read(&view, &owner).try_into().unwrap();
    assert_eq!((live.key.to_string().as_str(), live.attempt, live.id.as_str()), ("user-pool/main", 2, ID));
    assert_eq!((&live.phase, &live.seen, &live.tags), (&Phase::Ready, &as_declared(Mfa::Optional), &marked));
    assert_eq!(tag_address(&live), POOL_ARN);
    assert!(live.attributes[ISSUER].ends_with(ID));
}

#[tokio::test]
async fn a_create_carries_all_tags_and_adds_the_second_factor() {
    let wire = Wire::default()
        .answer_json(&json!({"UserPool": {
            "Id": ID, "Arn": POOL_ARN, "Name": NAME, "DeletionProtection": "ACTIVE", "MfaConfiguration": "OFF",
            "Policies": {"PasswordPolicy": {"MinimumLength": 12}}, "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true},
        }}))
        .answer_json(&json!({"MfaConfiguration": "OFF"}))
        .answer_json(&json!({}));
    let mark = mark(&pool(Mfa::Optional));
    let made = pool(Mfa::Optional).create(&wire.cloud().cognito, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), &made.phase, &made.seen), (ID, &Phase::Ready, &as_declared(Mfa::Optional)));
    assert_eq!(made.attributes[ARN], POOL_ARN);
    let requests = wire.requests();
    assert_eq!(tags(&requests[0]), mark.tags);
    let created = json!({
        "PoolName": NAME,
        "Policies": {"PasswordPolicy": {
            "MinimumLength": 12, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
            "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
        }},
        "DeletionProtection": "ACTIVE",
        "AutoVerifiedAttributes": ["email"],
        "MfaConfiguration": "OFF",
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 0},
        "UsernameConfiguration": {"CaseSensitive": false},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    });
    assert_eq!(untagged(&requests[0]), crate::aws::wire::json_request("CreateUserPool", &created));
    let secured =
        [("UserPoolId", ID), ("MfaConfiguration", "OPTIONAL"), ("SoftwareTokenMfaConfiguration.Enabled", "true")];
    assert_eq!(requests[2], request("SetUserPoolMfaConfig", &secured));
}

#[tokio::test]
async fn a_pool_whose_second_factor_failed_is_not_lost() {
    let shown = json!({"UserPool": {"Id": ID, "Arn": POOL_ARN, "Name": NAME, "MfaConfiguration": "OFF"}});
    let wire = Wire::default().answer_json(&shown).refuse_json(400, "NotAuthorizedException");
    let declared = pool(Mfa::Required);
    let made = declared.create(&wire.cloud().cognito, &Ids::default(), &mark(&declared)).await.unwrap();
    let missing = said(&declared.compare(&made.seen, &Ids::default()));
    assert!(missing.contains("mfa, softwareToken"), "{missing}");
    assert_eq!(wire.requests().len(), 2);
}

/// What an update leaves out is reset: what the declaration does not model goes back as it was.
#[tokio::test]
async fn an_update_gives_back_every_setting() {
    let wire = Wire::default().answer_json(&json!({"UserPool": description()})).answer_json(&json!({}));
    let declared = UserPool { self_sign_up: true, password_min_length: 20, ..pool(Mfa::Optional) };
    let before = live(as_declared(Mfa::Optional));
    let changes = said_changes(&declared, &before);
    let after = declared.update(&wire.cloud().cognito, &before, &changes, &Ids::default()).await.unwrap();
    assert_eq!(said(&declared.compare(&after.seen, &Ids::default())), "in sync");
    let mut expected = description();
    expected["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] = json!(false);
    expected["Policies"]["PasswordPolicy"]["MinimumLength"] = json!(20);
    assert_eq!(wire.requests()[1], given_back(expected));
}

fn said_changes(declared: &UserPool, live: &Live<UserPoolSeen>) -> Vec<Change> {
    declared.compare(&live.seen, &Ids::default()).changeable().to_vec()
}

/// The other factors stay; without a second factor none may be named.
#[tokio::test]
async fn the_second_factor_is_changed_beside_the_others() {
    let before = json!({
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:sms"}},
        "WebAuthnConfiguration": {"RelyingPartyId": "shop.example.com"},
    });
    let kept = [("UserPoolId", ID), ("WebAuthnConfiguration.RelyingPartyId", "shop.example.com")];
    let sms = ("SmsMfaConfiguration.SmsConfiguration.SnsCallerArn", "arn:sms");
    let token = ("SoftwareTokenMfaConfiguration.Enabled", "true");
    let cases = [
        (Mfa::Optional, Mfa::Required, vec![("MfaConfiguration", "OPTIONAL"), sms, token]),
        (Mfa::Required, Mfa::Off, vec![("MfaConfiguration", "ON"), sms, token]),
        (Mfa::Off, Mfa::Required, vec![("MfaConfiguration", "OFF")]),
    ];
    for (wanted, seen, members) in cases {
        let wire = Wire::default().answer_json(&before).answer_json(&json!({}));
        let (declared, live) = (pool(wanted), live(as_declared(seen)));
        let changes = said_changes(&declared, &live);
        let after = declared.update(&wire.cloud().cognito, &live, &changes, &Ids::default()).await.unwrap();
        assert_eq!(after.seen.mfa, wanted);
        assert_eq!(wire.requests()[1], request("SetUserPoolMfaConfig", &[&kept[..], &members].concat()), "{wanted:?}");
    }
}

#[tokio::test]
async fn a_delete_takes_the_protection_off_first_and_keeps_the_rest() {
    let wire = Wire::default()
        .answer_json(&json!({"UserPool": description()}))
        .answer_json(&json!({}))
        .answer_json(&json!({}));
    assert_eq!(UserPool::delete(&wire.cloud().cognito, &live(as_declared(Mfa::Off))).await, Ok(Deletion::Gone));
    let mut unprotected = description();
    unprotected["DeletionProtection"] = json!("INACTIVE");
    let deleted = request("DeleteUserPool", &[("UserPoolId", ID)]);
    assert_eq!(wire.requests()[1..], [given_back(unprotected), deleted]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault_and_a_domain_holds() {
    let gone = Wire::default().refuse_json(400, "ResourceNotFoundException");
    let live = live(as_declared(Mfa::Off));
    assert_eq!(UserPool::delete(&gone.cloud().cognito, &live).await, Ok(Deletion::Gone));
    let shown = json!({"UserPool": {"Id": ID, "DeletionProtection": "INACTIVE"}});
    let held = Wire::default().answer_json(&shown).refuse_json(400, "InvalidParameterException");
    let fault = UserPool::delete(&held.cloud().cognito, &live).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Invalid, Effect::None));
}

#[tokio::test]
async fn a_pool_is_asked_about_in_two_calls_and_may_be_gone() {
    let id = Id::from(ID);
    let wire = Wire::default()
        .answer_json(&json!({"UserPool": description()}))
        .answer_json(&json!({"SoftwareTokenMfaConfiguration": {"Enabled": true}}));
    let detail = UserPoolDetails::ask(&wire.cloud().cognito, &id).await.unwrap().unwrap();
    assert!(detail.software_token);
    let by_id = [("UserPoolId", ID)];
    assert_eq!(wire.requests(), ["DescribeUserPool", "GetUserPoolMfaConfig"].map(|it| request(it, &by_id)));
    let gone = Wire::default().refuse_json(400, "ResourceNotFoundException");
    assert!(UserPoolDetails::ask(&gone.cloud().cognito, &id).await.unwrap().is_none());
    let denied = Wire::default().refuse_json(400, "NotAuthorizedException");
    assert_eq!(UserPoolDetails::ask(&denied.cloud().cognito, &id).await.unwrap_err().class, Class::Denied);
}
