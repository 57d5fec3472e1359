"""The time of an event in each source's own form: text, timestamps, and numbers that count seconds or parts of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.schemas.samples_cloud import SAMPLES

import sigtrawl

INSTANT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ISO = "2026-03-04T05:06:07Z"
SECONDS = int(INSTANT.timestamp())

FORMS: dict[str, dict[str, Any]] = {
    "cloudtrail nested": {"eventTime": ISO},
    "cloudtrail in Athena": {"eventtime": ISO},
    "azure diagnostic settings": {"time": "2026-03-04T05:06:07.0000000Z"},
    "azure AuditLogs": {"TimeGenerated": INSTANT},
    "azure SigninLogs": {"TimeGenerated": INSTANT},
    "azure AzureActivity": {"TimeGenerated": INSTANT},
    "azure risk detections of Graph": {"detectedDateTime": ISO},
    "okta system log": {"published": "2026-03-04T05:06:07.000Z"},
    "onelogin events": {"created_at": "2026-03-04T05:06:07.000Z"},
    "duo authentications": {"timestamp": SECONDS},
    "m365 management activity": {"CreationTime": "2026-03-04T05:06:07"},
    "m365 OfficeActivity": {"TimeGenerated": ISO},
    "gcp log entries": {"timestamp": "2026-03-04T05:06:07.000000000Z"},
    "gcp in BigQuery": {"timestamp": INSTANT},
    "google workspace reports": {"id": {"applicationName": "admin", "time": ISO}},
    "github audit log": {"@timestamp": SECONDS * 1000},
    "bitbucket audit log": {"timestamp": {"epochSecond": SECONDS}},
    "kubernetes audit events": {"requestReceivedTimestamp": "2026-03-04T05:06:07.000000Z"},
    "zeek in one table": {"ts": float(SECONDS)},
    "zeek x509.log": {"ts": float(SECONDS)},
    "webserver W3CIISLog": {"TimeGenerated": ISO},
    "webserver nginx": {"time_iso8601": "2026-03-04T06:06:07+01:00"},
    "webserver load balancer": {"time": "2026-03-04T05:06:07.000000Z"},
    "webserver AWS WAF": {"timestamp": SECONDS * 1000},
    "proxy in Sigma's names": {"timestamp": "2026-03-04 05:06:07"},
    "proxy Zscaler": {"epochtime": str(SECONDS)},
    "dns Route 53 Resolver": {"query_timestamp": ISO},
    "vpc flow logs": {"start": SECONDS},
    "fortigate": {"eventtime": SECONDS * 1_000_000_000},
    "auditd records": {"timestamp": ISO},
    "linux journal": {"__REALTIME_TIMESTAMP": str(SECONDS * 1_000_000)},
    "sentinel Syslog": {"TimeGenerated": ISO},
    "rsyslog": {"timereported": "2026-03-04T06:06:07+01:00"},
    "sysmon for linux": {"UtcTime": "2026-03-04 05:06:07.000"},
    "santa": {"timestamp": "2026-03-04T05:06:07.000Z"},
    "opencanary": {"utc_time": "2026-03-04 05:06:07.000000"},
}
EVERYTHING = "{title: every row, logsource: {category: any}, detection: {x: {nothing: null}, condition: x}}"


@pytest.mark.parametrize(("name", "form"), FORMS.items(), ids=list(FORMS))
def test_is_read(name: str, form: dict[str, Any]) -> None:
    (sample,) = (sample for sample in SAMPLES if sample.name == name)
    ruleset = sigtrawl.compile(sigtrawl.rules_from_yaml(EVERYTHING))
    matches = ruleset.match(sample.table([form]), logsource="category=any", columns=[], threads=1)
    assert matches.report.inputs[0].schema == sample.mapping
    assert matches.to_polars()["time"].to_list() == [INSTANT]
    assert matches.report.unreadable_times == 0
