"""Tables as products export them, as column names alone: what recognition has to tell apart.

Each family has several tables, and a table's columns are those that its documentation lists, shortened where that changes
nothing. `FULL` are the tables of process creation with every column that the schema has for it, from which the table of
states in the documentation is made.
"""

from typing import NamedTuple

import polars as pl

from sigtrawl.archive.nesting import nest


class Sample(NamedTuple):
    """One table, and the mapping that it belongs to.

    Attributes:
        name: What it is.
        columns: Its columns; where `nested`, dotted names are members of structs.
        mapping: The mapping's name.
        nested: Whether dotted names are paths.
    """

    name: str
    columns: tuple[str, ...]
    mapping: str
    nested: bool = False

    def table(self) -> pl.DataFrame:
        """Give the table without rows; `hashes` is a list of structs, everything else text."""
        fingerprint = pl.Struct({"algorithm": pl.String, "algorithm_id": pl.Int32, "value": pl.String})
        types = {name: pl.List(fingerprint) if name.endswith(".hashes") else pl.String() for name in self.columns}
        flat = pl.DataFrame(schema=types)
        return nest(flat) if self.nested else flat


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SYSMON_PROCESS = _words(
    "UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName CommandLine CurrentDirectory "
    "User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage "
    "ParentCommandLine ParentUser RuleName"
)
_SECURITY_4688 = _words(
    "TimeCreated_SystemTime Computer SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName "
    "TokenElevationType ProcessId CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName "
    "MandatoryLabel"
)
_INITIATING = _words(
    "InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid InitiatingProcessSHA1 "
    "InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessId InitiatingProcessCommandLine "
    "InitiatingProcessFolderPath InitiatingProcessParentId InitiatingProcessParentFileName InitiatingProcessIntegrityLevel "
    "InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoOriginalFileName"
)
_DEVICE = ("Timestamp", "DeviceId", "DeviceName", "ActionType")
_FILE = ("FileName", "FolderPath", "SHA1", "SHA256", "MD5", "FileSize")
_DEFENDER_PROCESS = (
    *_DEVICE,
    *_FILE,
    *_words(
        "ProcessVersionInfoCompanyName ProcessVersionInfoProductName ProcessVersionInfoProductVersion "
        "ProcessVersionInfoInternalFileName ProcessVersionInfoOriginalFileName ProcessVersionInfoFileDescription ProcessId "
        "ProcessCommandLine ProcessIntegrityLevel ProcessTokenElevation ProcessCreationTime AccountDomain AccountName AccountSid "
        "LogonId ReportId AdditionalFields"
    ),
    *_INITIATING,
)
_ASIM = _words(
    "TimeGenerated EventStartTime EventEndTime EventType EventResult EventProduct EventVendor EventSchema Dvc DvcHostname DvcOs"
)
_ASIM_PROCESS = (
    *_ASIM,
    *_words(
        "ActingProcessCommandLine ActingProcessName ActingProcessId ActingProcessGuid ActorUsername ActorUserSid "
        "ParentProcessName ParentProcessId TargetProcessCommandLine TargetProcessCurrentDirectory TargetProcessFileCompany "
        "TargetProcessFileDescription TargetProcessFileInternalName TargetProcessFileOriginalName TargetProcessFileProduct "
        "TargetProcessFileVersion TargetProcessGuid TargetProcessId TargetProcessIMPHASH TargetProcessIntegrityLevel "
        "TargetProcessMD5 TargetProcessName TargetProcessSHA1 TargetProcessSHA256 TargetProcessSHA512 "
        "TargetUsername TargetUserSessionId TargetUserSessionGuid"
    ),
)
_ECS = _words(
    "@timestamp ecs.version event.category event.type event.action event.code event.kind event.module event.provider host.name "
    "host.os.type winlog.channel winlog.event_id winlog.provider_name winlog.computer_name"
)
_ECS_PROCESS = (
    *_ECS,
    *_words(
        "process.entity_id process.executable process.name process.pid process.command_line process.args "
        "process.working_directory process.pe.original_file_name process.pe.description process.pe.product process.pe.company "
        "process.pe.file_version process.pe.imphash process.hash.md5 process.hash.sha1 process.hash.sha256 "
        "process.parent.entity_id process.parent.executable process.parent.name process.parent.pid process.parent.command_line "
        "user.domain user.name user.id winlog.event_data.IntegrityLevel winlog.event_data.LogonId winlog.event_data.ParentUser"
    ),
)
_OCSF = _words(
    "activity_id category_uid class_uid type_uid severity_id time time_dt metadata.version metadata.product.name device.hostname "
    "device.os.type device.os.type_id device.os.name"
)
_OCSF_ACTOR = _words(
    "actor.process.name actor.process.pid actor.process.cmd_line actor.process.file.path actor.process.file.name "
    "actor.user.name actor.user.domain"
)
_OCSF_PROCESS = (
    *_OCSF,
    *_OCSF_ACTOR,
    *_words(
        "process.name process.pid process.uid process.cmd_line process.file.path process.file.name process.file.internal_name "
        "process.file.desc process.file.company_name process.file.version process.file.hashes process.integrity "
        "process.integrity_id process.working_directory process.session.uid process.user.name process.parent_process.pid "
        "process.parent_process.cmd_line process.parent_process.file.path process.parent_process.user.name "
        "process.parent_process.parent_process.file.path"
    ),
)
_CIM_PROCESS = _words(
    "_time action dest original_file_name os parent_process parent_process_exec parent_process_guid parent_process_id "
    "parent_process_name parent_process_path process process_current_directory process_exec process_guid process_hash process_id "
    "process_integrity_level process_name process_path user user_id vendor_product"
)

FULL = (
    Sample("Sysmon 1 in the event log", ("Channel", "EventID", *_SYSMON_PROCESS), "windows"),
    Sample("Sysmon 1 alone", _SYSMON_PROCESS, "sysmon"),
    Sample("Security 4688 in the event log", ("Channel", "EventID", *_SECURITY_4688), "windows"),
    Sample("Security 4688 alone", _SECURITY_4688, "security"),
    Sample("Defender DeviceProcessEvents", _DEFENDER_PROCESS, "defender"),
    Sample("ASIM imProcessCreate", _ASIM_PROCESS, "asim"),
    Sample("ECS, flat", _ECS_PROCESS, "ecs"),
    Sample("ECS, nested", _ECS_PROCESS, "ecs", nested=True),
    Sample("OCSF Process Activity", _OCSF_PROCESS, "ocsf", nested=True),
    Sample("Splunk CIM Endpoint.Processes", _CIM_PROCESS, "cim"),
)
"""Process creation, with all that each schema has for it."""

SAMPLES = (
    *FULL,
    Sample("the whole Sysmon log", ("EventID", *_SYSMON_PROCESS, "TargetFilename", "TargetObject", "Details"), "sysmon"),
    Sample("Sysmon 1, the columns that rules use", _words("Image CommandLine ParentImage ParentCommandLine"), "sysmon"),
    Sample(
        "Sysmon 3", _words("UtcTime ProcessGuid Image User Protocol Initiated SourceIp DestinationIp DestinationPort"), "sysmon"
    ),
    Sample("Sysmon 7", _words("UtcTime ProcessGuid Image ImageLoaded OriginalFileName Hashes Signed Signature"), "sysmon"),
    Sample("Sysmon 10", _words("SourceProcessGUID SourceImage TargetImage GrantedAccess CallTrace"), "sysmon"),
    Sample("Sysmon 11", _words("UtcTime ProcessGuid Image TargetFilename CreationUtcTime"), "sysmon"),
    Sample("Sysmon 13", _words("EventType UtcTime ProcessGuid Image TargetObject Details"), "sysmon"),
    Sample("Sysmon 22", _words("UtcTime ProcessGuid QueryName QueryStatus QueryResults Image"), "sysmon"),
    Sample("the whole Security log", ("EventID", "LogonType", "IpAddress", *_SECURITY_4688), "security"),
    Sample(
        "logons of the Security log",
        _words("EventID SubjectUserSid TargetUserName TargetLogonId LogonType IpAddress"),
        "security",
    ),
    Sample("Defender DeviceImageLoadEvents", (*_DEVICE, *_FILE, *_INITIATING), "defender"),
    Sample(
        "Defender DeviceFileEvents",
        (*_DEVICE, *_FILE, "FileOriginUrl", "PreviousFolderPath", "PreviousFileName", "RequestAccountName", *_INITIATING),
        "defender",
    ),
    Sample(
        "Defender DeviceRegistryEvents",
        (
            *_DEVICE,
            *_words("RegistryKey RegistryValueType RegistryValueName RegistryValueData PreviousRegistryKey"),
            *_words("PreviousRegistryValueName PreviousRegistryValueData"),
            *_INITIATING,
        ),
        "defender",
    ),
    Sample(
        "Defender DeviceNetworkEvents",
        (*_DEVICE, "RemoteIP", "RemotePort", "RemoteUrl", "LocalIP", "LocalPort", "Protocol", *_INITIATING),
        "defender",
    ),
    Sample(
        "Defender DeviceEvents",
        (*_DEVICE, *_FILE, "ProcessId", "ProcessCommandLine", "RegistryKey", "RemoteIP", "AdditionalFields", *_INITIATING),
        "defender",
    ),
    Sample(
        "Defender DeviceLogonEvents",
        (*_DEVICE, "LogonType", "AccountDomain", "AccountName", "RemoteDeviceName", "RemoteIP", *_INITIATING),
        "defender",
    ),
    Sample("ASIM, the columns that rules use", _words("TargetProcessName TargetProcessCommandLine"), "asim"),
    Sample(
        "ASIM imFileEvent",
        (*_ASIM, *_words("ActorUsername ActingProcessName ActingProcessCommandLine TargetFilePath TargetFileName SrcFilePath")),
        "asim",
    ),
    Sample(
        "ASIM imRegistry",
        (*_ASIM, *_words("ActorUsername ActingProcessName RegistryKey RegistryValue RegistryValueData RegistryPreviousKey")),
        "asim",
    ),
    Sample(
        "ASIM imNetworkSession",
        (*_ASIM, *_words("SrcIpAddr SrcPortNumber DstIpAddr DstPortNumber DstHostname NetworkDirection NetworkProtocol")),
        "asim",
    ),
    Sample("ASIM imDns", (*_ASIM, *_words("SrcIpAddr DnsQuery DnsQueryTypeName DnsResponseName DnsResponseCodeName")), "asim"),
    Sample("ASIM imWebSession", (*_ASIM, *_words("SrcIpAddr DstIpAddr Url HttpRequestMethod HttpUserAgent")), "asim"),
    Sample(
        "ASIM imAuthentication", (*_ASIM, *_words("ActorUsername TargetUsername SrcIpAddr LogonMethod LogonProtocol")), "asim"
    ),
    Sample("ASIM imAuditEvent", (*_ASIM, *_words("ActorUsername Operation Object ObjectType OldValue NewValue")), "asim"),
    Sample("ECS, the columns that rules use", _words("@timestamp process.executable process.command_line"), "ecs"),
    Sample("ECS files", (*_ECS, *_words("file.path file.name process.executable user.name")), "ecs", nested=True),
    Sample("ECS registry", (*_ECS, *_words("registry.path registry.value registry.data.strings process.executable")), "ecs"),
    Sample("ECS network", (*_ECS, *_words("source.ip destination.ip destination.port network.transport")), "ecs", nested=True),
    Sample("ECS DNS", (*_ECS, *_words("dns.question.name dns.question.type dns.answers.data")), "ecs"),
    Sample("ECS web", (*_ECS, *_words("url.path url.query http.request.method user_agent.original")), "ecs", nested=True),
    Sample("ECS Windows services", (*_ECS, *_words("winlog.event_data.ServiceName winlog.event_data.ImagePath message")), "ecs"),
    Sample("OCSF File System Activity", (*_OCSF, *_OCSF_ACTOR, "file.path", "file.name", "file.hashes"), "ocsf", nested=True),
    Sample("OCSF Registry Value Activity", (*_OCSF, *_OCSF_ACTOR, "reg_value.path", "reg_value.name"), "ocsf", nested=True),
    Sample(
        "OCSF Network Activity",
        (*_OCSF, "src_endpoint.ip", "dst_endpoint.ip", "dst_endpoint.port", "connection_info.direction_id"),
        "ocsf",
        nested=True,
    ),
    Sample("OCSF DNS Activity", (*_OCSF, "query.hostname", "query.type", "answers.rdata"), "ocsf", nested=True),
    Sample("OCSF HTTP Activity", (*_OCSF, "http_request.http_method", "http_request.url.path"), "ocsf", nested=True),
    Sample("OCSF Authentication", (*_OCSF, "user.name", "src_endpoint.ip", "logon_type_id"), "ocsf", nested=True),
    Sample("OCSF Module Activity", (*_OCSF, *_OCSF_ACTOR, "module.file.path", "module.file.hashes"), "ocsf", nested=True),
    Sample("CIM, the columns that rules use", _words("process process_path parent_process parent_process_path"), "cim"),
    Sample("CIM Endpoint.Filesystem", _words("_time action dest file_path file_name file_create_time process_path user"), "cim"),
    Sample(
        "CIM Endpoint.Registry", _words("_time action dest registry_path registry_value_name registry_value_data user"), "cim"
    ),
    Sample("CIM Network_Traffic", _words("_time action src_ip src_port dest_ip dest_port transport direction app"), "cim"),
    Sample("CIM Network_Resolution", _words("_time query query_type record_type answer reply_code src dest"), "cim"),
    Sample("CIM Web", _words("_time action http_method url uri_path uri_query http_user_agent status site src"), "cim"),
    Sample("CIM Authentication", _words("_time action app authentication_method user src dest vendor_product"), "cim"),
)
"""All samples."""
