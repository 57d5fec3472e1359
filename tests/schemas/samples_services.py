"""Samples of identity providers, office and code services, and Google's and Kubernetes' audit logs."""

from tests.schemas.sample import MICROSECONDS, NUMBER, TEXT, TRUTH, Sample, numbers, texts

OKTA = Sample(
    "okta system log",
    "okta",
    "eventType, displayMessage, legacyEventType, published, debugContext, securityContext",
    {
        **texts("uuid published eventType version severity legacyEventType displayMessage"),
        "actor": texts("id type alternateId displayName"),
        "client": {"userAgent": texts("rawUserAgent os browser"), **texts("zone device id ipAddress")},
        "outcome": texts("result reason"),
        "target": [texts("id type alternateId displayName")],
        "debugContext": {"debugData": texts("requestUri url behaviors risk logOnlySecurityData")},
        "securityContext": {"asNumber": NUMBER, **texts("asOrg isp domain"), "isProxy": TRUTH},
    },
    (
        {
            "eventType": "policy.evaluate_sign_on",
            "target": [{"displayName": "Password Policy"}, {"displayName": "Okta Admin Console"}],
            "debugContext": {"debugData": {"behaviors": "{New Geo-Location=NEGATIVE, New Device=POSITIVE}"}},
        },
        {"eventType": "policy.evaluate_sign_on", "target": [{"displayName": "Okta Admin Console"}]},
        {
            "displayMessage": "Max sign in attempts exceeded",
            "debugContext": {"debugData": {"requestUri": "/admin/app"}},
            "securityContext": {"isProxy": True},
        },
        {"debugContext": {"debugData": {"requestUri": "/admin/app"}}, "securityContext": {"isProxy": False}},
    ),
    {
        "a0b38b70-3cb5-484b-a4eb-c4d8e7bcc0a9": (0,),
        "14701da0-4b0f-4ee6-9c95-2ffb4e73bb9a": (2,),
        "9058ca8b-f397-4fd1-a9fa-2b7aad4d6309": (2,),
    },
)

ONELOGIN = Sample(
    "onelogin events",
    "onelogin",
    "event_type_id, account_id",
    {**numbers("id account_id user_id event_type_id actor_user_id"), **texts("created_at notes ipaddr user_name")},
    ({"event_type_id": 3}, {"event_type_id": 5}),
    {"62fff148-278d-497e-8ecd-ad6083231a35": (0,)},
)
DUO = Sample(
    "duo authentications",
    "duo",
    "event_type, reason, factor, txid, access_device, auth_device",
    {
        **texts("txid isotimestamp event_type factor reason result"),
        "timestamp": NUMBER,
        "user": texts("key name"),
        "access_device": texts("ip hostname browser"),
        "auth_device": texts("ip name"),
    },
    (
        {"event_type": "authentication", "reason": "bypass_user"},
        {"event_type": "authentication", "reason": "user_approved"},
    ),
    {"6f7e1c10-2dc9-4312-adb6-9574ff09a5c8": (0,)},
)

INBOX_RULE = "d3577be1-42c9-44a7-b56e-2e8de97349d3"
INBOX_FORWARDING = "6c220477-0b5b-4b25-bb90-66183b4089e8"
FEDERATED_DOMAIN = "42127bdd-9133-474f-a6f1-97b6c08a4339"
M365 = (
    Sample(
        "m365 management activity",
        "m365",
        "Operation, Workload",
        {
            **texts("Id CreationTime Operation OrganizationId ResultStatus UserKey UserId Workload ObjectId ClientIP"),
            **texts("ApplicationId Name AlertType Severity Directionality DeliveryAction"),
            "RecordType": NUMBER,
            "UserType": NUMBER,
            "Parameters": [texts("Name Value")],
            "OperationProperties": [texts("Name Value")],
            "ExtendedProperties": [texts("Name Value")],
        },
        (
            {
                "Workload": "Exchange",
                "Operation": "New-InboxRule",
                "Parameters": [{"Name": "Identity", "Value": "x"}, {"Name": "MoveToFolder", "Value": "RSS Feeds"}],
            },
            {"Workload": "Exchange", "Operation": "New-InboxRule", "Parameters": [{"Name": "From", "Value": "MoveToFolder"}]},
            {
                "Workload": "SecurityComplianceCenter",
                "Operation": "AlertTriggered",
                "Name": "Suspicious inbox forwarding",
                "ResultStatus": "Succeeded",
            },
            {"Workload": "Exchange", "Operation": "Add-FederatedDomain", "ResultStatus": "True"},
            {"Workload": "AzureActiveDirectory", "Operation": "Add-FederatedDomain", "ResultStatus": "Success"},
        ),
        {INBOX_RULE: (0,), INBOX_FORWARDING: (2,), FEDERATED_DOMAIN: (3,)},
    ),
    Sample(
        "m365 OfficeActivity",
        "m365",
        "Operation, OfficeWorkload",
        texts("TimeGenerated RecordType Operation OfficeWorkload OfficeObjectId UserId ResultStatus Parameters ClientIP"),
        (
            {
                "OfficeWorkload": "Exchange",
                "Operation": "Set-InboxRule",
                "Parameters": '[{"Name":"DeleteMessage","Value":"True"}]',
            },
            {"OfficeWorkload": "Exchange", "Operation": "Set-InboxRule", "Parameters": "[]"},
        ),
        {INBOX_RULE: (0,)},
    ),
)

DNS_ZONE = "28268a8f-191f-4c17-85b2-f5aa4fa829c3"
ACCESS_POLICY = "32438676-1dba-4ac7-bf69-b86cba995e05"
ACCESS_LEVELS = "22f2fb54-5312-435d-852f-7c74f81684ca"
WORKSPACE_MFA = "780601d1-6376-4f2a-884e-b8d45599f78c"
SUSPICIOUS_LOGIN = "38360161-76c4-4283-842e-efcf997dafc8"
AUDIT_RECORD = {
    **texts("serviceName methodName resourceName"),
    "authenticationInfo": texts("principalEmail"),
    "authorizationInfo": [{**texts("resource permission"), "granted": TRUTH}],
    "requestMetadata": texts("callerIp callerSuppliedUserAgent"),
}
GCP = (
    Sample(
        "gcp log entries",
        "gcp",
        "protoPayload.methodName, protoPayload.serviceName",
        {
            **texts("logName timestamp receiveTimestamp severity insertId"),
            "resource": {"type": TEXT, "labels": texts("project_id")},
            "protoPayload": {
                **AUDIT_RECORD,
                "metadata": {"event": [{**texts("eventName eventType"), "parameter": [texts("name value type")]}]},
            },
        },
        (
            {"protoPayload": {"serviceName": "dns.googleapis.com", "methodName": "dns.managedZones.delete"}},
            {
                "protoPayload": {
                    "serviceName": "accesscontextmanager.googleapis.com",
                    "authorizationInfo": [{"permission": "accesscontextmanager.accessPolicies.delete", "granted": True}],
                }
            },
            {
                "protoPayload": {
                    "serviceName": "admin.googleapis.com",
                    "metadata": {
                        "event": [
                            {
                                "eventName": "CHANGE_APPLICATION_SETTING",
                                "parameter": [
                                    {"name": "APPLICATION_NAME", "value": "Security"},
                                    {"name": "SETTING_NAME", "value": "ContextAwareAccess - App"},
                                ],
                            }
                        ]
                    },
                }
            },
            {
                "protoPayload": {
                    "serviceName": "admin.googleapis.com",
                    "metadata": {
                        "event": [
                            {
                                "eventName": "CHANGE_APPLICATION_SETTING",
                                "parameter": [{"name": "APPLICATION_NAME", "value": "ContextAwareAccess"}],
                            }
                        ]
                    },
                }
            },
            {
                "protoPayload": {
                    "serviceName": "login.googleapis.com",
                    "metadata": {"event": [{"eventName": "login_success"}, {"eventName": "suspicious_login"}]},
                }
            },
        ),
        {DNS_ZONE: (0,), ACCESS_POLICY: (1,), ACCESS_LEVELS: (2,), WORKSPACE_MFA: (), SUSPICIOUS_LOGIN: (4,)},
    ),
    Sample(
        "gcp in BigQuery",
        "gcp",
        "protopayload_auditlog.methodName, protopayload_auditlog.serviceName",
        {
            **texts("logName severity"),
            "timestamp": MICROSECONDS,
            "resource": {"type": TEXT, "labels": texts("project_id")},
            "protopayload_auditlog": {**AUDIT_RECORD, "metadataJson": TEXT},
        },
        ({"protopayload_auditlog": {"methodName": "dns.managedZones.patch", "serviceName": "dns.googleapis.com"}},),
        {DNS_ZONE: (0,), ACCESS_POLICY: ()},
    ),
    Sample(
        "google workspace reports",
        "google_workspace",
        "id.applicationName, events.name",
        {
            "id": texts("time uniqueQualifier applicationName customerId"),
            "actor": texts("email profileId"),
            "ipAddress": TEXT,
            "events": [{**texts("type name"), "parameters": [texts("name value")]}],
        },
        (
            {
                "id": {"applicationName": "admin"},
                "events": [{"name": "ENFORCE_STRONG_AUTHENTICATION", "parameters": [{"name": "NEW_VALUE", "value": "false"}]}],
            },
            {
                "id": {"applicationName": "admin"},
                "events": [{"name": "ENFORCE_STRONG_AUTHENTICATION", "parameters": [{"name": "OLD_VALUE", "value": "false"}]}],
            },
        ),
        {WORKSPACE_MFA: (0,)},
    ),
)

APPLICATIONS = (
    Sample(
        "github audit log",
        "github",
        "action, actor, _document_id, actor_id, org, org_id, repo",
        {
            "@timestamp": NUMBER,
            "created_at": NUMBER,
            **texts("_document_id action actor org org_id repo user visibility"),
            "actor_id": NUMBER,
        },
        ({"action": "org.add_member"}, {"action": "repo.create"}, {"action": "org.disable_oauth_app_restrictions"}),
        {"3908d64a-3c06-4091-b503-b3a94424533b": (0,), "8622c92d-c00e-463c-b09d-fd06166f6794": (2,)},
    ),
    Sample(
        "bitbucket audit log",
        "bitbucket",
        "auditType.action, auditType.category",
        {
            "auditType": texts("area category action level"),
            "author": texts("id name type"),
            "affectedObjects": [texts("id name type")],
            "timestamp": {"epochSecond": NUMBER, "nano": NUMBER},
        },
        (
            {"auditType": {"category": "Data pipeline", "action": "Full data export triggered"}},
            {"auditType": {"category": "Permissions", "action": "Global permission granted"}},
            {"auditType": {"category": "Projects", "action": "Global permission granted"}},
        ),
        {"195e1b9d-bfc2-4ffa-ab4e-35aef69815f8": (0,), "aac6c4f4-87c7-4961-96ac-c3fd3a42c310": (1,)},
    ),
    Sample(
        "kubernetes audit events",
        "kubernetes",
        "verb, auditID, objectRef, requestURI, stage, stageTimestamp",
        {
            **texts("kind apiVersion level auditID stage requestURI verb userAgent requestReceivedTimestamp stageTimestamp"),
            "user": {"username": TEXT, "groups": [TEXT]},
            "sourceIPs": [TEXT],
            "objectRef": texts("resource subresource namespace name apiGroup apiVersion"),
            "responseStatus": {"code": NUMBER, "status": TEXT},
            "requestObject": {
                "spec": {
                    "volumes": [{"name": TEXT, "hostPath": texts("path type")}],
                    "containers": [{"name": TEXT, "securityContext": {"capabilities": {"add": [TEXT]}}}],
                }
            },
        },
        (
            {"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec"}},
            {
                "verb": "create",
                "objectRef": {"resource": "pods"},
                "requestObject": {"spec": {"volumes": [{"name": "a"}, {"name": "b", "hostPath": {"path": "/"}}]}},
            },
            {"verb": "create", "objectRef": {"resource": "pods"}, "requestObject": {"spec": {"volumes": [{"name": "a"}]}}},
            {
                "verb": "create",
                "objectRef": {"resource": "selfsubjectrulesreviews", "apiGroup": "authorization.k8s.io"},
                "responseStatus": {"code": 403},
            },
        ),
        {
            "a1b0ca4e-7835-413e-8471-3ff2b8a66be6": (0,),
            "402b955c-8fe0-4a8c-b635-622b4ac5f902": (1,),
            "84b777bd-c946-4d17-aa2e-c39f5a454325": (3,),
            "0d933542-1f1f-420d-97d4-21b2c3c492d9": (3,),
        },
    ),
)

SERVICES = (OKTA, ONELOGIN, DUO, *M365, *GCP, *APPLICATIONS)
