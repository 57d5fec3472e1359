"""Samples of AWS and Azure logs, as the services and their usual exports write them; and all samples outside Windows."""

from tests.schemas.sample import MICROSECONDS, NUMBER, TEXT, TRUTH, Sample, texts
from tests.schemas.samples_hosts import HOSTS
from tests.schemas.samples_network import NETWORK
from tests.schemas.samples_services import SERVICES

STOP_LOGGING = "4db60cc0-36fb-42b7-9b58-a5b53019fb74"
STARTUP_SCRIPT = "1ab3c5ed-5baf-417b-bb6b-78ca33f6c3df"
BUCKET_VERSIONING = "a136ac98-b2bc-4189-a14d-f0d0388e57a7"
PUBLIC_RESTORE = "c3f265c7-ff03-4056-8ab2-d486227b4599"
ROOT_USAGE = "8ad1600d-e9dc-4251-b0ee-a65268f29add"

ISSUER = texts("type principalId arn accountId userName")
IDENTITY = {
    **texts("type principalId arn accountId accessKeyId userName invokedBy"),
    "sessionContext": {"attributes": texts("creationDate mfaAuthenticated"), "sessionIssuer": ISSUER},
}
CLOUDTRAIL = {
    **texts("eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage"),
    **texts("requestID eventID eventType recipientAccountId eventCategory"),
    "readOnly": TRUTH,
    "userIdentity": IDENTITY,
    "requestParameters": {
        **texts("attribute userName bucketName policyDocument"),
        "VersioningConfiguration": texts("Status"),
        "enable": TRUTH,
        "layers": [TEXT],
        "containerDefinitions": [{"name": TEXT, "command": [TEXT]}],
    },
    "responseElements": {
        "ConsoleLogin": TEXT,
        "publiclyAccessible": TRUTH,
        "pendingModifiedValues": {"masterUserPassword": TEXT},
    },
    "additionalEventData": texts("LoginTo MFAUsed"),
}
AWS_REASON = "awsRegion, recipientAccountId"
ATHENA_REASON = "awsregion, recipientaccountid"
ATHENA = {
    **texts("eventversion eventtime eventsource eventname awsregion sourceipaddress useragent errorcode errormessage"),
    **texts("requestparameters responseelements additionaleventdata requestid eventid eventtype recipientaccountid readonly"),
    "useridentity": {
        **texts("type principalid arn accountid invokedby accesskeyid username"),
        "sessioncontext": {
            "attributes": texts("mfaauthenticated creationdate"),
            "sessionissuer": texts("type principalid arn accountid username"),
        },
    },
}

AWS = (
    Sample(
        "cloudtrail nested",
        "cloudtrail",
        AWS_REASON,
        CLOUDTRAIL,
        (
            {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "userIdentity": {"type": "IAMUser"}},
            {"eventSource": "cloudtrail.amazonaws.com", "eventName": "DescribeTrails", "userIdentity": {"type": "Root"}},
            {
                "eventSource": "ec2.amazonaws.com",
                "eventName": "ModifyInstanceAttribute",
                "requestParameters": {"attribute": "userData"},
            },
            {
                "eventSource": "rds.amazonaws.com",
                "eventName": "RestoreDBInstanceFromDBSnapshot",
                "eventType": "AwsServiceEvent",
                "userIdentity": {"type": "Root"},
                "responseElements": {"publiclyAccessible": True},
            },
            {
                "eventSource": "s3.amazonaws.com",
                "eventName": "PutBucketVersioning",
                "requestParameters": {"bucketName": "b", "VersioningConfiguration": {"Status": "Suspended"}},
            },
        ),
        {STOP_LOGGING: (0,), STARTUP_SCRIPT: (2,), PUBLIC_RESTORE: (3,), BUCKET_VERSIONING: (4,), ROOT_USAGE: (1,)},
    ),
    Sample(
        "cloudtrail in Athena",
        "cloudtrail",
        ATHENA_REASON,
        ATHENA,
        (
            {"eventsource": "cloudtrail.amazonaws.com", "eventname": "DeleteTrail", "useridentity": {"type": "Root"}},
            {
                "eventsource": "s3.amazonaws.com",
                "eventname": "PutBucketVersioning",
                "requestparameters": '{"bucketName":"b","VersioningConfiguration":{"Status":"Suspended"}}',
            },
            {"eventsource": "s3.amazonaws.com", "eventname": "PutBucketVersioning", "requestparameters": '{"Status":"Enabled"}'},
        ),
        {STOP_LOGGING: (0,), BUCKET_VERSIONING: (1,), ROOT_USAGE: (0,)},
    ),
)

CA_POLICY = "0922467f-db53-4348-b7bf-dee8d0d348c6"
CONSENT = "9b2cc4c4-2ad4-416d-8e8e-ee6aa6f5035a"
MFA_DISABLED = "b18454c8-0be3-41f7-86bc-9c614611b839"
LAPS = "a4b25073-8947-489c-a8dd-93b41c23f26d"
LOCKOUT = "2b7d6fc0-71ac-4cf7-8ed1-b5788ee5257a"
ROPC = "55695bc0-c8cf-461f-a379-2535f563c854"
NONCOMPLIANT = "4f77e1d7-3982-4ee0-8489-abf2d6b75284"
MFA_DENIED = "e40f4962-b02b-4192-9bfe-245f7ece1f99"
ANONYMOUS_IP = "53acd925-2003-440d-a1f3-71a5253fe237"
UNUSED_ROLE = "8c6ec464-4ae4-43ac-936a-291da66ed13d"
REGISTRY = "93e0ef48-37c8-49ed-a02c-038aab23628e"

TARGET = {
    **texts("id displayName type userPrincipalName"),
    "modifiedProperties": [texts("displayName oldValue newValue")],
}
INITIATOR = {"user": texts("id displayName userPrincipalName ipAddress"), "app": texts("appId displayName")}
DEVICE = {**texts("deviceId displayName operatingSystem browser trustType"), "isCompliant": TRUTH, "isManaged": TRUTH}
SIGN_IN_STATUS = {"errorCode": NUMBER, **texts("failureReason additionalDetails")}

AZURE_RAW = {
    **texts("time resourceId operationName operationVersion category resultType resultSignature resultDescription"),
    **texts("callerIpAddress correlationId level location"),
    "properties": {
        **texts("id category result resultReason activityDisplayName loggedByService message"),
        "initiatedBy": INITIATOR,
        "targetResources": [TARGET],
        "additionalDetails": [texts("key value")],
        **texts("userPrincipalName userAgent clientAppUsed resourceDisplayName conditionalAccessStatus riskState"),
        **texts("authenticationRequirement authenticationProtocol networkLocationDetails riskEventType"),
        "status": SIGN_IN_STATUS,
        "deviceDetail": DEVICE,
    },
}
AUDIT_LOGS = {
    "TimeGenerated": MICROSECONDS,
    **texts("AADOperationType ActivityDisplayName Category Identity LoggedByService OperationName Result ResultDescription"),
    **texts("ResultReason ResultType Type"),
    "InitiatedBy": INITIATOR,
    "TargetResources": [TARGET],
    "AdditionalDetails": [texts("key value")],
}
SIGN_IN_LOGS = {
    "TimeGenerated": MICROSECONDS,
    **texts("AuthenticationProtocol AuthenticationRequirement ClientAppUsed ConditionalAccessStatus NetworkLocationDetails"),
    **texts("OperationName ResourceDisplayName ResultDescription ResultType RiskState UserAgent UserPrincipalName Type"),
    "DeviceDetail": DEVICE,
    "Status": SIGN_IN_STATUS,
}

AZURE = (
    Sample(
        "azure diagnostic settings",
        "azure",
        "operationName",
        AZURE_RAW,
        (
            {
                "category": "AuditLogs",
                "operationName": "Add conditional access policy",
                "properties": {"activityDisplayName": "Add conditional access policy"},
            },
            {"category": "SignInLogs", "resultType": "50053"},
            {"category": "NonInteractiveUserSignInLogs", "properties": {"authenticationProtocol": "ropc"}},
            {"category": "Administrative", "operationName": "Microsoft.ContainerRegistry/registries/write"},
            {
                "category": "AuditLogs",
                "operationName": "Consent to application",
                "properties": {
                    "activityDisplayName": "Consent to application",
                    "targetResources": [
                        {"modifiedProperties": [{"displayName": "ConsentContext.IsAdminConsent", "newValue": '"False"'}]}
                    ],
                },
            },
            {"category": "AuditLogs", "resultType": "50053", "properties": {"authenticationProtocol": "ropc"}},
            {"category": "UserRiskEvents", "properties": {"riskEventType": "anonymizedIPAddress"}},
        ),
        {CA_POLICY: (0,), LOCKOUT: (1,), ROPC: (2,), REGISTRY: (3,), CONSENT: (4,), ANONYMOUS_IP: (6,), UNUSED_ROLE: ()},
    ),
    Sample(
        "azure AuditLogs",
        "azure",
        "AADOperationType, LoggedByService",
        AUDIT_LOGS,
        (
            {
                "LoggedByService": "Core Directory",
                "Category": "UserManagement",
                "OperationName": "Update user",
                "ActivityDisplayName": "Update user",
                "TargetResources": [
                    {
                        "modifiedProperties": [
                            {"displayName": "Included Updated Properties", "newValue": '"StrongAuthenticationRequirement"'},
                            {"displayName": "StrongAuthenticationRequirement", "newValue": '[{"RelyingParty":"*","State":0}]'},
                        ]
                    }
                ],
            },
            {
                "LoggedByService": "Device Registration Service",
                "Category": "Device",
                "ActivityDisplayName": "Recover device local administrator password",
                "AdditionalDetails": [
                    {"key": "Additional Info", "value": "Successfully recovered local credential by device id"}
                ],
            },
            {"LoggedByService": "Core Directory", "ActivityDisplayName": "Add conditional access policy"},
        ),
        {MFA_DISABLED: (0,), LAPS: (1,), CA_POLICY: (2,), LOCKOUT: ()},
    ),
    Sample(
        "azure SigninLogs",
        "azure",
        "AuthenticationRequirement, ConditionalAccessStatus",
        SIGN_IN_LOGS,
        (
            {"ConditionalAccessStatus": "success", "ResultType": "50053", "DeviceDetail": {"isCompliant": False}},
            {
                "ConditionalAccessStatus": "failure",
                "ResultType": "500121",
                "AuthenticationRequirement": "multiFactorAuthentication",
                "Status": {"errorCode": 500121, "additionalDetails": "MFA denied; user declined the authentication"},
            },
            {"ConditionalAccessStatus": "notApplied", "ResultType": "0", "AuthenticationProtocol": "ropc"},
        ),
        {LOCKOUT: (0,), NONCOMPLIANT: (0,), MFA_DENIED: (1,), ROPC: (2,), CA_POLICY: ()},
    ),
    Sample(
        "azure AzureActivity",
        "azure",
        "OperationNameValue, CategoryValue",
        {
            "TimeGenerated": MICROSECONDS,
            **texts("OperationName OperationNameValue CategoryValue Category ActivityStatusValue ResourceProviderValue"),
            **texts("ResourceId Caller CallerIpAddress Properties"),
        },
        (
            {"OperationNameValue": "MICROSOFT.CONTAINERREGISTRY/REGISTRIES/DELETE", "OperationName": "Delete registry"},
            {"OperationNameValue": "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE"},
        ),
        {REGISTRY: (0,)},
    ),
    Sample(
        "azure risk detections of Graph",
        "azure",
        "riskEventType",
        texts("id requestId riskEventType riskState riskLevel source detectedDateTime userPrincipalName ipAddress"),
        ({"riskEventType": "anonymizedIPAddress"}, {"riskEventType": "redundantAssignmentAlertIncident"}),
        {ANONYMOUS_IP: (0,), UNUSED_ROLE: (1,)},
    ),
)

SAMPLES = (*AWS, *AZURE, *SERVICES, *NETWORK, *HOSTS)
