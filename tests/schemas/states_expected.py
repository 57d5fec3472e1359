"""What `test_states` expects: on each sample, rules that run, that run in part, that cannot, and the fields these lack."""

from typing import NamedTuple


class States(NamedTuple):
    """The states of the public rules whose log source a table can be.

    Attributes:
        runs: Rules of which every field is answered.
        partial: Rules that lost a branch or a filter.
        inert: Rules that cannot match.
        lacking: Field → how many inert rules lack it.
    """

    runs: int
    partial: int
    inert: int
    lacking: dict[str, int]


STATES = {
    "cloudtrail nested": States(56, 0, 1, {"status": 1}),
    "cloudtrail in Athena": States(
        48,
        2,
        7,
        {
            "additionalEventData.MFAUsed": 1,
            "responseElements.ConsoleLogin": 1,
            "status": 1,
            "requestParameters.attribute": 1,
            "requestParameters.containerDefinitions.command": 1,
            "requestParameters.layers": 1,
            "responseElements.pendingModifiedValues.masterUserPassword": 1,
            "responseElements.publiclyAccessible": 1,
        },
    ),
    "azure diagnostic settings": States(121, 0, 3, {"ResourceProviderValue": 2, "ActivityDetails": 1}),
    "azure AuditLogs": States(44, 0, 0, {}),
    "azure SigninLogs": States(18, 0, 1, {"ActivityDetails": 1}),
    "azure AzureActivity": States(34, 0, 1, {"properties.message": 1}),
    "azure risk detections of Graph": States(26, 0, 0, {}),
    "okta system log": States(23, 0, 0, {}),
    "onelogin events": States(2, 0, 0, {}),
    "duo authentications": States(1, 0, 0, {}),
    "m365 management activity": States(20, 0, 1, {"Payload": 1}),
    "m365 OfficeActivity": States(4, 1, 2, {"ApplicationId": 1, "RequestType": 1, "DeliveryAction": 1, "Directionality": 1}),
    "gcp log entries": States(26, 0, 0, {}),
    "gcp in BigQuery": States(
        16, 0, 10, {"eventName": 7, "setting_name": 1, "new_value": 1, "protoPayload.metadata.event.eventName": 3}
    ),
    "google workspace reports": States(10, 0, 0, {}),
    "github audit log": States(15, 0, 0, {}),
    "bitbucket audit log": States(14, 0, 0, {}),
    "kubernetes audit events": States(16, 0, 0, {}),
    "zeek in one table": States(35, 0, 0, {}),
    "zeek dns.log nested": States(16, 0, 0, {}),
    "zeek rdp.log with underscores": States(1, 0, 0, {}),
    "zeek x509.log": States(1, 0, 0, {}),
    "webserver IIS": States(85, 0, 1, {"cs-content-type": 1}),
    "webserver W3CIISLog": States(85, 0, 1, {"cs-content-type": 1}),
    "webserver nginx": States(41, 4, 41, {"cs-method": 41, "cs-host": 1, "cs-content-type": 1}),
    "webserver nginx in JSON": States(86, 0, 0, {}),
    "webserver Apache": States(84, 0, 2, {"cs-host": 1, "cs-content-type": 1}),
    "webserver load balancer": States(79, 3, 4, {"cs-referer": 2, "cs-username": 1, "cs-content-type": 1}),
    "webserver AWS WAF": States(61, 6, 19, {"sc-status": 19, "cs-username": 1}),
    "proxy in Sigma's names": States(56, 0, 0, {}),
    "proxy Zscaler": States(50, 1, 5, {"c-uri-extension": 3, "c-uri-query": 1, "cs-uri-stem": 1}),
    "proxy Blue Coat": States(56, 0, 0, {}),
    "dns in Sigma's names": States(11, 0, 0, {}),
    "dns Route 53 Resolver": States(11, 0, 0, {}),
    "vpc flow logs": States(3, 0, 0, {}),
    "firewall in Sigma's names": States(2, 0, 0, {}),
    "fortigate": States(49, 1, 26, {"c-uri-extension": 3, "cs-method": 21, "c-uri-query": 1, "sc-status": 6, "cs-uri-stem": 1}),
    "auditd records": States(70, 0, 0, {}),
    "linux journal": States(29, 0, 1, {"USER": 1}),
    "sentinel Syslog": States(45, 0, 1, {"USER": 1}),
    "rsyslog": States(29, 0, 1, {"USER": 1}),
    "sysmon for linux": States(183, 0, 0, {}),
    "santa": States(63, 5, 7, {"ParentImage": 7}),
    "opencanary": States(24, 0, 0, {}),
    "rpc firewall": States(17, 0, 0, {}),
    "antivirus": States(9, 0, 0, {}),
}

NOWHERE = {
    ("macos", "process_creation", None): 7,
    ("jvm", "application", None): 5,
    ("qualys", None, None): 2,
    ("spring", "application", None): 2,
    ("aws", None, "cloudtrail"): 1,
    ("azure", None, "signinlogs"): 1,
    ("django", "application", None): 1,
    ("fortios", None, "sslvpnd"): 1,
    ("huawei", None, "bgp"): 1,
    ("juniper", None, "bgp"): 1,
    ("linux", None, "sudo"): 1,
    ("m365", None, "threat_management"): 1,
    ("nodejs", "application", None): 1,
    ("paloalto", "appliance", "globalprotect"): 1,
    ("paloalto", "file_event", "globalprotect"): 1,
    ("python", "application", None): 1,
    ("ruby_on_rails", "application", None): 1,
    ("sql", "application", None): 1,
    ("velocity", "application", None): 1,
    (None, "database", None): 1,
}
