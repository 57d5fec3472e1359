"""Samples of what hosts tell outside of the Windows event log: Linux, macOS, and a few sensors with names of their own."""

from tests.schemas.sample import Sample, numbers, texts

CAPABILITIES = "fe10751f-1995-40a5-aaa2-c97ccb4123fe"
POLICY_READ = "ca94a6db-8106-4737-9ed2-3e3bb826af0a"
FIREWALL_STOPPED = "53059bc0-1472-438b-956a-7508a94a91f0"
WEB_FOLDERS = "a39d7fa7-3fbd-4dc2-97e1-d87f546b1bbc"
AUDITD = Sample(
    "auditd records",
    "auditd",
    "type, auid, argc, nametype, SYSCALL",
    {
        **texts("type node timestamp key exe comm name nametype unit cwd tty ses terminal acct arch syscall SYSCALL success"),
        **texts("a0 a1 a2 a3 a4 a5 a6 a7"),
        **numbers("auid uid euid pid ppid argc"),
    },
    (
        {"type": "EXECVE", "a0": "getcap", "a1": "-r", "a2": "/"},
        {"type": "SYSCALL", "a0": "getcap", "a1": "-r", "a2": "/"},
        {"type": "PATH", "name": "/etc/login.defs", "nametype": "NORMAL"},
        {"type": "SERVICE_STOP", "unit": "firewalld"},
        {"type": "SYSCALL", "SYSCALL": "execve", "exe": "/var/www/shell"},
    ),
    {CAPABILITIES: (0,), POLICY_READ: (2,), FIREWALL_STOPPED: (3,), WEB_FOLDERS: (4,)},
)

SSHD = "e76b413a-83d0-4b94-8e4c-85db4a5b8bdc"
CLAMAV = "36aa86ca-fd9d-4456-814e-d3b1b8e1e0bb"
HISTORY = "fdc88d25-96fb-4b7c-9633-c0e417fdbd4e"
PWNKIT = "0506a799-698b-43b4-85a1-ac4c84c720e9"
CISCO_CLEAR = "ceb407f6-8277-439b-951f-e4210e3ed956"
PKEXEC = "The value for environment variable XAUTHORITY contains suspicious content [USER=root] [TTY=/dev/pts/0]"
SYSLOG = (
    Sample(
        "linux journal",
        "linux_syslog",
        "SYSLOG_IDENTIFIER",
        texts("__REALTIME_TIMESTAMP _HOSTNAME _SYSTEMD_UNIT SYSLOG_IDENTIFIER SYSLOG_FACILITY PRIORITY MESSAGE"),
        (
            {"SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "error: incorrect signature"},
            {"SYSLOG_IDENTIFIER": "cron", "MESSAGE": "error: incorrect signature"},
            {"SYSLOG_IDENTIFIER": "clamd", "MESSAGE": "/home/a/x: Trojan.Generic-1 FOUND"},
            {"SYSLOG_IDENTIFIER": "bash", "MESSAGE": "ran history -c"},
            {"SYSLOG_IDENTIFIER": "pkexec", "SYSLOG_FACILITY": "10", "MESSAGE": PKEXEC},
        ),
        {SSHD: (0,), CLAMAV: (2,), HISTORY: (3,), PWNKIT: (4,)},
    ),
    Sample(
        "sentinel Syslog",
        "linux_syslog",
        "SyslogMessage",
        texts("TimeGenerated Computer HostName Facility SeverityLevel ProcessName ProcessID SyslogMessage"),
        (
            {"ProcessName": "sshd", "SyslogMessage": "error: incorrect signature"},
            {"ProcessName": "pkexec", "Facility": "authpriv", "SyslogMessage": f"pkexec: {PKEXEC}"},
            {"SyslogMessage": "%PARSER-5-CFGLOG_LOGGEDCMD: User:a  logged command:clear logging"},
            {"ProcessName": "bash", "SyslogMessage": "clear logging"},
        ),
        {SSHD: (0,), PWNKIT: (1,), CISCO_CLEAR: (2,)},
    ),
    Sample(
        "rsyslog",
        "linux_syslog",
        "programname, syslogtag",
        texts("timereported hostname syslogfacility-text syslogseverity-text programname syslogtag msg"),
        (
            {"programname": "sshd", "msg": " error: incorrect signature"},
            {"programname": "clamscan", "msg": "/home/a/x: Trojan.Generic-1 FOUND"},
        ),
        {SSHD: (0,), CLAMAV: (1,)},
    ),
)

BASE64_DECODE = "e2072cab-8c9a-459b-b63c-40ae79e27031"
SUDOERS = "ddb26b76-4447-4807-871f-1b035b2bfa5d"
BACK_CONNECT = "83dcd9f6-9ca8-4af7-a16e-a1c7a6b51871"
SYSMON = Sample(
    "sysmon for linux",
    "sysmon_linux",
    "EventID, ProcessGuid, SYSLOG_IDENTIFIER, syslog_facility",
    {
        **texts("SYSLOG_IDENTIFIER syslog_facility Provider_Name Computer UtcTime ProcessGuid Image CommandLine User LogonId"),
        **texts("CurrentDirectory ParentImage ParentCommandLine TargetFilename DestinationIp DestinationHostname Initiated"),
        **numbers("EventID ProcessId ParentProcessId DestinationPort"),
    },
    (
        {"EventID": 1, "Image": "/usr/bin/base64", "CommandLine": "base64 -d x"},
        {"EventID": 11, "Image": "/bin/cp", "TargetFilename": "/etc/sudoers.d/x"},
        {"EventID": 3, "Image": "/bin/bash", "DestinationIp": "198.51.100.7"},
        {"EventID": 5, "Image": "/usr/bin/base64", "CommandLine": "base64 -d x"},
    ),
    {BASE64_DECODE: (0,), SUDOERS: (1,), BACK_CONNECT: (2,)},
)

XATTR = "f5141b6d-9f42-41c6-a7bf-2a780678b29b"
EMOND = "23c43900-e732-45a4-8354-63e4a6c187ce"
SANTA = Sample(
    "santa",
    "santa",
    "action, path, decision, processpath, cert_sha256",
    texts("timestamp action decision reason sha256 cert_sha256 pid ppid uid user path newpath args process processpath mode"),
    (
        {"action": "EXEC", "path": "/usr/bin/xattr", "args": "xattr -d com.apple.quarantine a.app"},
        {"action": "EXEC", "path": "/usr/bin/xattr", "args": "xattr -l a.app"},
        {"action": "RENAME", "path": "/home/a/a", "newpath": "/etc/emond.d/rules/a.plist", "processpath": "/bin/mv"},
        {"action": "DELETE", "path": "/etc/emond.d/rules/a.plist", "processpath": "/bin/rm"},
    ),
    {XATTR: (0,), EMOND: (2,)},
)

SENSORS = (
    Sample(
        "opencanary",
        "opencanary",
        "logtype, node_id",
        {
            **texts("node_id local_time utc_time src_host dst_host"),
            **numbers("logtype src_port dst_port"),
        },
        ({"logtype": 3000}, {"logtype": 4002}),
        {"af6c3078-84cd-4c68-8842-08b76bd81b13": (0,), "ff7139bc-fdb1-4437-92f2-6afefe8884cb": (1,)},
    ),
    Sample(
        "rpc firewall",
        "rpc_firewall",
        "InterfaceUuid, OpNum",
        {**texts("EventLog InterfaceUuid ProcessImage NetworkAddress"), **numbers("EventID OpNum")},
        (
            {"EventLog": "RPCFW", "EventID": 3, "InterfaceUuid": "1ff70682-0a51-30e8-076d-740be8cee98b", "OpNum": 1},
            {"EventLog": "RPCFW", "EventID": 3, "InterfaceUuid": "1ff70682-0a51-30e8-076d-740be8cee98b", "OpNum": 2},
        ),
        {"0fcd1c79-4eeb-4746-aba9-1b458f7a79cb": (0,), "f177f2bc-5f3e-4453-b599-57eefce9a59c": (1,)},
    ),
    Sample(
        "antivirus",
        "antivirus",
        "Signature, Filename",
        texts("timestamp ComputerName Signature Filename"),
        (
            {"Signature": "Backdoor.ASP.x", "Filename": "C:\\inetpub\\a.aspx"},
            {"Signature": "EICAR", "Filename": "C:\\x.bin"},
        ),
        {"fdf135a2-9241-4f96-a114-bb404948f736": (0,), "c9a88268-0047-4824-ba6e-4d81ce0b907c": (0,)},
    ),
)

HOSTS = (AUDITD, *SYSLOG, SYSMON, SANTA, *SENSORS)
