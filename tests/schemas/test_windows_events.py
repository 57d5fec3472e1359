r"""Events of every kind in the forms of the Windows families, and rules in Sigma's words that find them, with either engine.

Each case is one row as the product writes it, the category whose rules it is for, and what a rule asks; `misses` are questions
that have the answer no: another value, or another category of the same table. Process creation at large is tested with the
archives (`tests/archive`); here are the other categories, and what is particular to a product.
"""

from typing import Any, Literal, NamedTuple

import polars as pl
import pytest
import yaml

import sigtrawl as st


class Case(NamedTuple):
    """One event and the questions put to it.

    Attributes:
        schema: As what the table is recognised.
        row: The event; dicts are structs, lists are lists.
        category: The category of the rules that find it.
        asked: Field (with modifiers) → value; a rule that asks for all of them finds the event.
        misses: Questions of the same category that do not; a list of categories whose rules do not stands under `categories`.
        product: The product of the rules; `windows` unless something else is meant.
    """

    schema: str
    row: dict[str, Any]
    category: str
    asked: dict[str, Any]
    misses: tuple[dict[str, Any], ...] = ()
    categories: tuple[str, ...] = ()
    product: str | None = "windows"


_ACTOR = {
    "InitiatingProcessFolderPath": "C:\\Windows\\System32\\reg.exe",
    "InitiatingProcessCommandLine": "reg add HKLM\\x",
    "InitiatingProcessParentFileName": "cmd.exe",
    "InitiatingProcessAccountDomain": "nt authority",
    "InitiatingProcessAccountName": "system",
}
_RUN = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
_SERVICE = "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\evil"
_SYSMON = {"channel": "Microsoft-Windows-Sysmon/Operational"}
_OCSF_ACTOR = {"process": {"file": {"path": "C:\\Windows\\System32\\cmd.exe"}, "cmd_line": "cmd /c x"}, "user": {"name": "adam"}}
_OS = {"os": {"type": "Windows", "type_id": 100}}

CASES = (
    # Sysmon alone, with and without numbers.
    Case("sysmon", {"EventID": 11, "UtcTime": "2026-01-05 10:00:00.000", "TargetFilename": "C:\\x.exe", "Image": "C:\\a.exe"},
         "file_event", {"TargetFilename|endswith": "\\x.exe"}, categories=("file_delete", "image_load")),
    Case("sysmon", {"TargetFilename": "C:\\x.exe", "Image": "C:\\a.exe"}, "file_event", {"Image|endswith": "\\a.exe"},
         categories=("process_creation", "file_change", "create_stream_hash")),
    Case("sysmon", {"TargetFilename": "C:\\x.exe", "PreviousCreationUtcTime": "2019"}, "file_change", {"TargetFilename|endswith": "x.exe"},
         categories=("file_event",)),
    Case("sysmon", {"TargetObject": "HKLM\\Run\\x", "Details": "a.exe", "EventType": "SetValue"}, "registry_set", {"Details": "a.exe"},
         categories=("registry_add", "registry_delete", "registry_rename")),
    Case("sysmon", {"ImageLoaded": "C:\\x.sys", "Signed": "false"}, "driver_load", {"ImageLoaded|endswith": ".sys"},
         categories=("image_load",)),
    Case("sysmon", {"ImageLoaded": "C:\\x.dll", "Image": "C:\\a.exe"}, "image_load", {"Image": "C:\\a.exe"}, categories=("driver_load",)),
    Case("sysmon", {"SourceImage": "C:\\a.exe", "TargetImage": "C:\\lsass.exe", "GrantedAccess": "0x1010"}, "process_access",
         {"GrantedAccess": "0x1010"}, categories=("create_remote_thread",)),
    Case("sysmon", {"UtcTime": "2026", "QueryName": "a.example", "Image": "C:\\a.exe"}, "dns_query", {"QueryName": "a.example"}),
    Case("sysmon", {"UtcTime": "2026", "DestinationIp": "10.0.0.1", "Initiated": "true"}, "network_connection", {"Initiated": "true"}),
    # The Security log alone.
    Case("security", {"EventID": 4688, "NewProcessName": "C:\\a.exe", "NewProcessId": "0x1f4", "MandatoryLabel": "S-1-16-12288"},
         "process_creation", {"Image": "C:\\a.exe", "ProcessId": 500, "IntegrityLevel": "High"}, ({"IntegrityLevel": "Low"},)),
    Case("security", {"NewProcessName": "C:\\a.exe", "CommandLine": "a -x"}, "process_creation", {"CommandLine|contains": "-x"}),
    # Defender.
    Case("defender", {"ActionType": "FileCreated", "FolderPath": "C:\\Temp\\x.exe", "FileName": "x.exe", **_ACTOR}, "file_event",
         {"TargetFilename|endswith": "\\x.exe", "Image|endswith": "\\reg.exe", "User|contains": "AUTHORI"},
         ({"TargetFilename|endswith": "\\y.exe"},), ("file_delete", "process_creation", "image_load")),
    Case("defender", {"ActionType": "FileRenamed", "FolderPath": "C:\\b.exe", "PreviousFolderPath": "C:\\", "PreviousFileName": "a.txt",
                      **_ACTOR}, "file_rename", {"SourceFilename|endswith": "\\a.txt", "TargetFilename": "C:\\b.exe"}),
    Case("defender", {"ActionType": "RegistryValueSet", "RegistryKey": _RUN, "RegistryValueName": "x", "RegistryValueData": "1", **_ACTOR},
         "registry_set", {"TargetObject|endswith": "\\Run\\x", "TargetObject|startswith": "HKLM\\SOFTWARE", "Details": "DWORD (0x00000001)",
                          "EventType": "SetValue"}, ({"Details": "DWORD (0x00000002)"}, {"EventType": "CreateKey"}),
         ("registry_add", "registry_delete")),
    Case("defender", {"ActionType": "RegistryKeyCreated", "RegistryKey": _SERVICE, "RegistryValueName": None, **_ACTOR}, "registry_add",
         {"TargetObject|contains": "\\CurrentControlSet\\Services\\"}, categories=("registry_set",)),
    Case("defender", {"ActionType": "RegistryValueDeleted", "RegistryKey": None, "PreviousRegistryKey": _RUN,
                      "PreviousRegistryValueName": "x", **_ACTOR}, "registry_delete", {"TargetObject|endswith": "\\Run\\x"}),
    Case("defender", {"ActionType": "ImageLoaded", "FolderPath": "C:\\x.dll", "SHA256": "ab", **_ACTOR}, "image_load",
         {"ImageLoaded|endswith": "\\x.dll", "Hashes|contains": "SHA256=AB"}, ({"Hashes|contains": "SHA256=CD"},), ("file_event",)),
    Case("defender", {"ActionType": "ConnectionSuccess", "RemoteIP": "1.2.3.4", "RemotePort": 443, "LocalIP": "10.0.0.5", **_ACTOR},
         "network_connection", {"DestinationIp": "1.2.3.4", "DestinationPort": 443, "Initiated": "true"}, ({"Initiated": "false"},)),
    Case("defender", {"ActionType": "InboundConnectionAccepted", "RemoteIP": "1.2.3.4", "LocalIP": "10.0.0.5", "LocalPort": 3389, **_ACTOR},
         "network_connection", {"SourceIp": "1.2.3.4", "DestinationPort": 3389, "Initiated": "false"}, ({"DestinationIp": "1.2.3.4"},)),
    Case("defender", {"ActionType": "NamedPipeEvent", "AdditionalFields": {"PipeName": "\\Device\\NamedPipe\\evil"}, **_ACTOR},
         "pipe_created", {"PipeName": "\\evil"}, ({"PipeName": "\\good"},)),
    Case("defender", {"ActionType": "CreateRemoteThreadApiCall", "FolderPath": "C:\\Windows\\System32", "FileName": "lsass.exe", **_ACTOR},
         "create_remote_thread", {"TargetImage": "C:\\Windows\\System32\\lsass.exe", "SourceImage|endswith": "\\reg.exe"}),
    Case("defender", {"ActionType": "ProcessCreated", "FolderPath": "nc.exe", "AccountDomain": "nt authority", "AccountName": "system",
                      "LogonId": 999, **_ACTOR}, "process_creation",
         {"Image|endswith": "\\nc.exe", "User": "NT AUTHORITY\\SYSTEM", "LogonId": "0x3e7", "GrandParentImage|endswith": "\\cmd.exe"},
         ({"User": "system"},), product="linux"),
    Case("defender", {"FolderPath": "C:\\a.exe", "ProcessCommandLine": "a -x", "AccountName": "adam"}, "process_creation",
         {"CommandLine|endswith": "-x", "User": "adam"}),
    # ASIM.
    Case("asim", {"EventSchema": "FileEvent", "EventType": "FileDeleted", "TargetFilePath": "C:\\x", "DvcOs": "Windows 10"}, "file_delete",
         {"TargetFilename": "C:\\x"}, categories=("file_event",)),
    Case("asim", {"EventSchema": "RegistryEvent", "EventType": "RegistryValueSet", "RegistryKey": _RUN, "RegistryValue": "x",
                  "RegistryValueData": "0x1", "ActingProcessName": "C:\\a.exe"}, "registry_set",
         {"TargetObject": "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\x", "Details": "DWORD (0x00000001)"}),
    Case("asim", {"EventSchema": "RegistryEvent", "EventType": "RegistryKeyRenamed", "RegistryPreviousKey": _RUN, "RegistryKey": _SERVICE,
                  "ActingProcessName": "a.exe"}, "registry_event", {"TargetObject|endswith": "\\Run", "EventType": "RenameKey",
                                                                 "Image|endswith": "\\a.exe"}),
    Case("asim", {"EventSchema": "NetworkSession", "NetworkDirection": "Outbound", "DstIpAddr": "1.2.3.4", "DstPortNumber": 445,
                  "SrcProcessName": "C:\\a.exe", "DstProcessName": None, "DvcOs": "Linux"}, "network_connection",
         {"DestinationPort": 445, "Initiated": "true", "Image": "C:\\a.exe"}, product="linux"),
    Case("asim", {"EventSchema": "NetworkSession", "NetworkDirection": "Inbound", "DstIpAddr": "1.2.3.4", "SrcProcessName": None,
                  "DstProcessName": "C:\\a.exe"}, "network_connection", {"Initiated": "false", "Image": "C:\\a.exe"}),
    Case("asim", {"EventSchema": "Dns", "DnsQuery": "a.example", "DnsQueryTypeName": "TXT"}, "dns", {"query": "a.example", "record_type": "TXT"},
         product=None),
    Case("asim", {"EventSchema": "WebSession", "EventType": "HTTPsession", "Url": "http://a/b?c", "HttpUserAgent": "ua"}, "proxy",
         {"c-uri|contains": "/b?", "c-useragent": "ua"}, categories=("webserver",), product=None),
    Case("asim", {"TargetProcessName": "C:\\a.exe", "EventType": "ProcessTerminated"}, "process_termination", {"Image": "C:\\a.exe"},
         categories=("process_creation",)),
    # ECS, nested and flat.
    Case("ecs", {"event": {"category": ["file"], "type": ["creation"]}, "host": {"os": {"type": "windows"}}, "file": {"path": "C:\\x"}},
         "file_event", {"TargetFilename": "C:\\x"}, categories=("file_delete",)),
    Case("ecs", {"event.category": ["file"], "event.type": ["deletion"], "host.os.type": "windows", "file.path": "C:\\x"}, "file_delete",
         {"TargetFilename": "C:\\x"}, categories=("file_event",)),
    Case("ecs", {"event": {"code": "13"}, "winlog": _SYSMON, "registry": {"path": "HKLM\\Run\\x", "data": {"strings": ["0x00000001"]}}},
         "registry_set", {"TargetObject|startswith": "HKLM\\Run", "Details": "DWORD (0x00000001)"}, categories=("registry_add",)),
    Case("ecs", {"event": {"code": 7}, "winlog": _SYSMON, "file": {"path": "C:\\x.dll"}, "process": {"executable": "C:\\a.exe"}}, "image_load",
         {"ImageLoaded|endswith": ".dll", "Image": "C:\\a.exe"}, categories=("driver_load", "file_event")),
    Case("ecs", {"event": {"category": ["library"], "type": ["start"]}, "dll": {"path": "C:\\y.dll", "hash": {"md5": "ab"}}}, "image_load",
         {"ImageLoaded": "C:\\y.dll", "Hashes|contains": "MD5=AB"}),
    Case("ecs", {"event": {"category": ["network"], "type": ["start"]}, "network": {"direction": "egress"}, "destination": {"ip": "1.2.3.4"}},
         "network_connection", {"DestinationIp|cidr": "1.2.0.0/16", "Initiated": "true"}),
    Case("ecs", {"event": {"code": "22"}, "winlog": _SYSMON, "dns": {"question": {"name": "a.example"}}}, "dns_query",
         {"QueryName": "a.example"}, categories=("network_connection",)),
    Case("ecs", {"event": {"code": "4104"}, "winlog": {"channel": "Microsoft-Windows-PowerShell/Operational"},
                 "powershell": {"file": {"script_block_text": "iex"}}}, "ps_script", {"ScriptBlockText": "iex"}, categories=("ps_module",)),
    Case("ecs", {"event": {"code": "17"}, "winlog": _SYSMON, "file": {"name": "\\evil"}}, "pipe_created", {"PipeName": "\\evil"}),
    Case("ecs", {"event": {"category": ["web"], "module": "nginx"}, "url": {"query": "a=1"}}, "webserver", {"cs-uri-query|contains": "a="},
         categories=("proxy",), product=None),
    Case("ecs", {"event": {"category": ["process"], "type": ["start"]}, "host": {"os": {"type": "linux"}}, "process": {"executable": "/bin/nc"},
                 "user": {"name": "root"}}, "process_creation", {"Image|endswith": "/nc", "User": "root"}, product="linux"),
    # OCSF.
    Case("ocsf", {"class_uid": 1001, "activity_id": 1, "device": _OS, "file": {"path": "C:\\x"}, "actor": _OCSF_ACTOR}, "file_event",
         {"TargetFilename": "C:\\x", "Image|endswith": "\\cmd.exe"}, categories=("file_delete", "process_creation")),
    Case("ocsf", {"type_uid": 100104, "file": {"path": "C:\\x"}}, "file_delete", {"TargetFilename": "C:\\x"}, categories=("file_event",)),
    Case("ocsf", {"class_uid": 201002, "activity_id": 2, "reg_value": {"path": _RUN, "name": "x", "data": "1"}, "actor": _OCSF_ACTOR},
         "registry_set", {"TargetObject|endswith": "\\Run\\x", "Details": "DWORD (0x00000001)", "EventType": "SetValue"},
         ({"EventType": "DeleteValue"},), ("registry_delete", "registry_add")),
    Case("ocsf", {"class_uid": 201001, "activity_id": 1, "reg_key": {"path": _RUN}}, "registry_add",
         {"TargetObject|startswith": "HKLM\\SOFTWARE\\"}, categories=("registry_set",)),
    Case("ocsf", {"class_uid": 4001, "activity_id": 6, "dst_endpoint": {"ip": "1.2.3.4", "port": 445},
                  "connection_info": {"direction_id": 2}}, "network_connection", {"DestinationPort": 445, "Initiated": "true"}),
    Case("ocsf", {"class_uid": 4003, "query": {"hostname": "a.example", "type": "TXT"}, "answers": [{"rdata": "1.1.1.1"}]}, "dns",
         {"query": "a.example", "answer": "1.1.1.1"}, product=None),
    Case("ocsf", {"class_uid": 1005, "activity_id": 1, "module": {"file": {"path": "C:\\x.dll", "hashes": [
        {"algorithm": "MD5", "value": "aa"}, {"algorithm": "SHA-256", "value": "bb"}]}}}, "image_load",
        {"ImageLoaded": "C:\\x.dll", "Hashes|contains": "SHA256=BB"}, ({"Hashes|contains": "SHA256=AA"},), ("driver_load",)),
    Case("ocsf", {"class_uid": 1002, "activity_id": 1, "driver": {"file": {"path": "C:\\x.sys"}}}, "driver_load", {"ImageLoaded": "C:\\x.sys"}),
    Case("ocsf", {"class_uid": 1009, "activity_id": 1, "script": {"type_id": 2, "script_content": {"value": "iex"}}}, "ps_script",
         {"ScriptBlockText": "iex"}),
    Case("ocsf", {"class_uid": 1007, "activity_id": 4, "process": {"file": {"path": "C:\\lsass.exe"}}, "actor": _OCSF_ACTOR},
         "create_remote_thread", {"TargetImage|endswith": "\\lsass.exe", "SourceImage|endswith": "\\cmd.exe"}, categories=("process_access",)),
    Case("ocsf", {"class_uid": 1007, "activity_id": 1, "device": {"os": {"name": "Ubuntu Linux"}}, "process": {"path": "/bin/nc"}},
         "process_creation", {"Image|endswith": "/nc"}, product="linux"),
    Case("ocsf", {"class_uid": 4002, "http_request": {"http_method": "GET", "url": {"path": "/x"}}, "http_response": {"code": 200}},
         "webserver", {"cs-method": "GET", "sc-status": 200, "cs-uri-stem": "/x"}, product=None),
    # CIM.
    Case("cim", {"file_path": "C:\\x", "file_create_time": "1", "action": "created", "process_path": "C:\\a.exe"}, "file_event",
         {"TargetFilename": "C:\\x", "Image": "C:\\a.exe"}, categories=("file_delete", "process_creation")),
    Case("cim", {"registry_path": "HKLM\\Run\\x", "registry_value_data": "1", "action": "modified"}, "registry_set",
         {"TargetObject": "HKLM\\Run\\x", "Details": "DWORD (0x00000001)"}, categories=("registry_add",)),
    Case("cim", {"dest_ip": "1.2.3.4", "dest_port": 445, "direction": "outbound"}, "network_connection",
         {"DestinationIp": "1.2.3.4", "DestinationPort": 445, "Initiated": "true"}),
    Case("cim", {"query": "a.example", "record_type": "TXT", "reply_code": "NOERROR"}, "dns", {"query": "a.example"}, product=None),
    Case("cim", {"http_method": "GET", "uri_query": "a=1", "http_user_agent": "ua"}, "webserver", {"cs-uri-query": "a=1"}, product=None),
    Case("cim", {"process": "nc -l", "process_path": "/bin/nc", "parent_process": "sh", "os": "Ubuntu Linux"}, "process_creation",
         {"CommandLine|contains": "-l", "ParentCommandLine": "sh"}, product="linux"),
)  # fmt: skip


def rule(category: str, asked: dict[str, Any], product: str | None) -> st.RuleSet:
    """Write and compile one rule."""
    logsource = {"category": category, **({"product": product} if product else {})}
    document = {"title": "one", "logsource": logsource, "detection": {"selection": asked, "condition": "selection"}}
    return st.compile(st.rules_from_yaml(yaml.safe_dump(document)))


def matches(case: Case, category: str, asked: dict[str, Any], engine: Literal["core", "reference"]) -> bool:
    """Say whether a rule finds the event; the table must be recognised as what the case says."""
    table = pl.DataFrame([case.row], infer_schema_length=None)
    found = rule(category, asked, case.product).match(table, engine=engine, columns=[])
    height = found.to_polars().height
    assert [entry.schema for entry in found.report.inputs] == [case.schema]
    return height == 1


@pytest.mark.parametrize("engine", ["core", "reference"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.schema}-{case.category}-{'-'.join(map(str, case.asked))}")
def test_rules_find_the_event(case: Case, engine: Literal["core", "reference"]) -> None:
    assert matches(case, case.category, case.asked, engine)
    for asked in case.asked.items():
        assert matches(case, case.category, dict([asked]), engine), asked
    for missed in case.misses:
        assert not matches(case, case.category, missed, engine), missed
    for category in case.categories:
        assert not matches(case, category, dict(list(case.asked.items())[:1]), engine), category
