"""The programs that run in a synthetic archive, and what they are started with.

Each line of arguments holds exactly one slot, `<guid>`, `<path>`, `<num>` or `<b64>`, where a unique or a recurring text goes.
The Windows programs are the ones that any fleet runs all day, in their ordinary uses; makers and products of the rest are
invented. Everything is ASCII: no two engines can differ over the case of a letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ancestry = Literal["service", "user", "shell", "task", "app"]
"""What kind of parent starts a program."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program: where it lies, what its version resource says, and its ways of being started.

    Attributes:
        images: Full paths; each start uses one of them.
        original: The original file name of the version resource.
        description: The file description.
        product: The product name.
        company: The company.
        ancestry: What starts it.
        integrity: The integrity level that it runs at.
        arguments: One text a template, with one slot each.
    """

    images: tuple[str, ...]
    original: str
    description: str
    product: str
    company: str
    ancestry: Ancestry
    integrity: Literal["Low", "Medium", "High", "System"]
    arguments: tuple[str, ...]


def programs() -> list[Program]:
    """All programs of the background, Windows' own first."""
    return [*_windows(), *_invented()]


_Row = tuple[str, str, Ancestry, Literal["Low", "Medium", "High", "System"], tuple[str, ...]]

_WINDOWS: tuple[_Row, ...] = (
    (
        "svchost",
        "Host Process for Windows Services",
        "service",
        "System",
        (
            "-k netsvcs -p -s Schedule -instance <num> -profile ServiceGroupDefault -reason periodic",
            "-k LocalServiceNetworkRestricted -p -s EventLog -session <guid>",
            "-k NetworkService -p -s Dnscache -cookie <num> -cachefile default.cache -maxttl 86400",
            "-k UnistackSvcGroup -s WpnUserService -context <guid>",
            "-k wsappx -p -s AppXSvc -token <num> -deployment deferred -priority background",
            "-k DcomLaunch -p -s LSM -ticket <num> -broker default -wait infinite",
        ),
    ),
    (
        "conhost",
        "Console Window Host",
        "shell",
        "Medium",
        (
            "0xffffffff -ForceV1 --headless --width 120 --height 30 --signal 0x<num> --server 0x3dc",
            "0x4 --vtmode --inheritcursor --buffer <num> --feature pty --session console",
        ),
    ),
    (
        "taskhostw",
        "Host Process for Windows Tasks",
        "task",
        "Medium",
        (
            "-RegisterDevice -ProtectionStateChanged -FreeNetworkOnly -correlation <guid>",
            "SYSTEM -reason idle -maintenance regular -window 01:00-05:00 -ticket <num>",
            "KEYROAMING -container <guid> -provider software",
        ),
    ),
    (
        "backgroundTaskHost",
        "Background Task Host",
        "service",
        "Low",
        (
            "-ServerName:App.AppX<guid>.mca",
            "-ServerName:CortanaUI.AppX<num>.mca -activation background -quota 30000 -trigger timezone",
        ),
    ),
    (
        "RuntimeBroker",
        "Runtime Broker",
        "service",
        "Medium",
        (
            "-Embedding -clsid {<guid>} -activation local",
            "-Embedding -package Microsoft.Windows.ShellExperienceHost -ticket <num> -capability documentsLibrary",
        ),
    ),
    (
        "dllhost",
        "COM Surrogate",
        "service",
        "Medium",
        (
            "/Processid:{<guid>}",
            "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5} /context:<num> /surrogate:thumbnail /apartment:sta",
        ),
    ),
    (
        "SearchProtocolHost",
        "Microsoft Windows Search Protocol Host",
        "service",
        "System",
        ('Global\\UsGthrFltPipeMssGthrPipe<num> Global\\UsGthrCtrlFltPipeMssGthrPipe 1 -2147483646 "Software\\Microsoft"',),
    ),
    (
        "SearchFilterHost",
        "Microsoft Windows Search Filter Host",
        "service",
        "Medium",
        ("0 812 816 824 8192 820 796 /document <path> /timeout 30000",),
    ),
    (
        "sppsvc",
        "Microsoft Software Protection Platform Service",
        "service",
        "System",
        ("/service /activation <guid> /channel volume",),
    ),
    (
        "WmiPrvSE",
        "WMI Provider Host",
        "service",
        "System",
        (
            "-secured -Embedding -namespace root\\cimv2 -client <num> -quota 536870912 -handles 4096",
            "-Embedding -namespace root\\StandardCimv2 -operation <guid>",
        ),
    ),
    (
        "wuauclt",
        "Windows Update",
        "task",
        "System",
        (
            "/RunHandlerComServer /session <num> /correlation default /deferrals none",
            "/UpdateDeploymentProvider UpdateDeploy.dll /ClassId <guid>",
        ),
    ),
    (
        "UsoClient",
        "Update Session Orchestrator Client",
        "task",
        "System",
        ("StartInstall -policy default -wait 600 -retry 3 -context scheduled -ticket <num> -window active",),
    ),
    (
        "MoUsoCoreWorker",
        "Mobile Update Core Worker",
        "task",
        "System",
        ("-Embedding -session <guid> -ring broad -metered no",),
    ),
    (
        "TiWorker",
        "Windows Modules Installer Worker",
        "service",
        "System",
        ("-Embedding -package Package_for_RollupFix~31bf3856ad364e35~amd64 -stage <num> -restart no",),
    ),
    (
        "CompatTelRunner",
        "Microsoft Compatibility Telemetry",
        "task",
        "System",
        (
            "-m:appraiser.dll -f:DoScheduledTelemetryRun -cv:<b64>",
            "-m:generaltel.dll -f:DoCensusRun -cv:<b64> -maxwait 3600",
        ),
    ),
    (
        "defrag",
        "Disk Defragmenter Module",
        "task",
        "System",
        ("-c -h -o -volume {<guid>} -report summary -priority low",),
    ),
    (
        "cleanmgr",
        "Disk Space Cleanup Manager for Windows",
        "task",
        "High",
        ("/autoclean /d C: /report <path> /threshold 512",),
    ),
    (
        "consent",
        "Consent UI for administrative applications",
        "service",
        "System",
        ("5224 344 0000<num> /desktop secure /timeout 120 /source application",),
    ),
    (
        "smartscreen",
        "Windows Defender SmartScreen",
        "service",
        "Medium",
        ("-Embedding -file <path> -zone internet -decision cached",),
    ),
    (
        "SecurityHealthHost",
        "Windows Security Health Host",
        "service",
        "Medium",
        ("{<guid>} -Embedding -state healthy -refresh 300",),
    ),
    (
        "audiodg",
        "Windows Audio Device Graph Isolation",
        "service",
        "System",
        ("0x4f8 -endpoint {<guid>} -format 48000 -exclusive no",),
    ),
    (
        "spoolsv",
        "Spooler SubSystem App",
        "service",
        "System",
        ("/queue CORP-PRN-<num> /isolation shared /driver 'Universal Printing v4' /spool default",),
    ),
    (
        "splwow64",
        "Print driver host for applications",
        "app",
        "Medium",
        ("8192 /job <num> /pages all /copies 1 /tray auto /colour yes /duplex long /resolution 600",),
    ),
    (
        "ctfmon",
        "CTF Loader",
        "service",
        "Medium",
        ("-layout 00000407 -ticket <num> -profile default -touch off -ink off -desktop winsta0",),
    ),
    (
        "explorer",
        "Windows Explorer",
        "user",
        "Medium",
        (
            "/factory,{<guid>} -Embedding",
            '/select,"<path>"',
        ),
    ),
    (
        "notepad",
        "Notepad",
        "user",
        "Medium",
        (
            '"<path>"',
            '"\\\\files.corp.example\\public\\announcements\\2026\\notes-<num>.txt"',
        ),
    ),
    (
        "calc",
        "Windows Calculator",
        "user",
        "Medium",
        ("-mode scientific -history <num> -precision 32 -theme system -window remembered -copy locale",),
    ),
    ("mspaint", "Paint", "user", "Medium", ('"<path>" /scale 100 /grid off',)),
    (
        "write",
        "Windows Write",
        "user",
        "Medium",
        ('"\\\\files.corp.example\\departments\\sales\\letters\\offer-<num>.rtf" /view page',),
    ),
    (
        "wordpad",
        "Windows Wordpad Application",
        "user",
        "Medium",
        ('"\\\\files.corp.example\\departments\\finance\\drafts\\memo-<num>.rtf" /ruler on',),
    ),
    ("SnippingTool", "Snipping Tool", "user", "Medium", ("/clip /delay 3 /target <path> /format png",)),
    (
        "magnify",
        "Microsoft Screen Magnifier",
        "user",
        "Medium",
        ("/lens /level 200 /follow pointer,caret /session <num> /smoothing on /invert off /start quiet",),
    ),
    (
        "charmap",
        "Character Map",
        "user",
        "Medium",
        ("/font Consolas /block latin /selection <num> /copy plain /advanced off /window remembered",),
    ),
    (
        "msinfo32",
        "System Information",
        "user",
        "Medium",
        ("/categories +systemsummary+componentsnetwork /ticket <num> /view basic /refresh once /zoom 100",),
    ),
    ("perfmon", "Resource and Performance Monitor", "user", "High", ("/res /config <path> /interval 15",)),
    (
        "resmon",
        "Resource Monitor",
        "user",
        "High",
        ("/view cpu,disk,network /refresh 2 /filter <num> /layout default /graphs on /tray off",),
    ),
    (
        "taskmgr",
        "Task Manager",
        "user",
        "High",
        ("/startup minimised /sort cpu /columns default /priority <num> /interval normal /details full",),
    ),
    (
        "mmc",
        "Microsoft Management Console",
        "user",
        "High",
        (
            '"C:\\Windows\\system32\\services.msc" /computer=ws-<num>.corp.example /view standard /read-only',
            '"C:\\Windows\\system32\\devmgmt.msc" /instance {<guid>}',
        ),
    ),
    (
        "control",
        "Windows Control Panel",
        "user",
        "Medium",
        ("/name Microsoft.NetworkAndSharingCenter /page advanced /ticket <num> /origin taskbar /theme system",),
    ),
    (
        "SystemSettings",
        "Settings",
        "service",
        "Medium",
        ("-ServerName:microsoft.windows.immersivecontrolpanel -activation <guid>",),
    ),
    (
        "mstsc",
        "Remote Desktop Connection",
        "user",
        "Medium",
        ('"C:\\Users\\Public\\Desktop\\jump-<num>.rdp" /admin /multimon /prompt /w:1920 /h:1080',),
    ),
    (
        "cmd",
        "Windows Command Processor",
        "app",
        "Medium",
        (
            '/d /s /c "C:\\ProgramData\\Corp\\jobs\\inventory.cmd" --out <path>',
            '/c "\\\\corp.example\\netlogon\\logon-common.cmd" site=<num> ring=broad printers=yes drives=yes',
            '/c "cd /d C:\\Build\\agent && build-step.cmd --run <guid>"',
            "/q /c ver > <path>",
        ),
    ),
    (
        "powershell",
        "Windows PowerShell",
        "task",
        "High",
        (
            '-NoLogo -NonInteractive -File "C:\\ProgramData\\Corp\\jobs\\Send-Inventory.ps1" -Ticket <num> -Ring Broad',
            '-NoProfile -File "C:\\Program Files\\Corp\\Agent\\Measure-Disk.ps1" -Session <guid>',
            '-File "\\\\corp.example\\netlogon\\Set-Printers.ps1" -Site <num> -Default Nearest -Colour No -Quiet',
        ),
    ),
    (
        "cscript",
        "Microsoft Console Based Script Host",
        "task",
        "High",
        ('//Nologo //B "C:\\Program Files\\Corp\\Printing\\prnqueue.vbs" /site <num> /level normal /retry 2',),
    ),
    (
        "msiexec",
        "Windows installer",
        "service",
        "System",
        (
            "/V /ticket <num> /context machine /source distribution /reboot suppress /ui none /retry 2",
            "-Embedding <guid> E Global\\MSI0000",
        ),
    ),
    (
        "ipconfig",
        "IP Configuration Utility",
        "task",
        "Medium",
        ("/renew Ethernet* /ticket <num> /origin network-profile /wait 30 /retry 3 /interface all /quiet",),
    ),
    (
        "netsh",
        "Network Command Shell",
        "app",
        "High",
        ("wlan show profile name=Corp-<num> interface=* verbose=no order=signal radio=5GHz",),
    ),
    (
        "ping",
        "TCP/IP Ping Command",
        "shell",
        "Medium",
        (
            "-n 4 -w 1000 -l 32 gw-<num>.site.corp.example",
            "-n 1 -w 500 ws-<num>.corp.example",
        ),
    ),
    (
        "route",
        "TCP/IP Route Command",
        "app",
        "Medium",
        ("print -4 10.<num>* if 12 metric 25 table main family inet order metric",),
    ),
    (
        "findstr",
        "Find String (QGREP) Utility",
        "shell",
        "Medium",
        (
            '/i /c:"finished with code 0" <path>',
            '/v /b /c:"#" "C:\\ProgramData\\Corp\\config\\site-<num>.ini" /offline /p /n',
        ),
    ),
    ("find", "Find String (grep) Utility", "shell", "Medium", ('/c /v "" <path>',)),
    ("sort", "Sort Utility", "shell", "Medium", ("/unique /memory 65536 <path> /output sorted.txt",)),
    (
        "timeout",
        "Pauses command processing",
        "shell",
        "Medium",
        ("/t 15 /nobreak /ticket <num> /reason backoff /origin retry-loop /attempt 2 /of 5 /quiet",),
    ),
    (
        "robocopy",
        "Microsoft Robocopy",
        "task",
        "High",
        (
            "C:\\Data\\Reports \\\\backup.corp.example\\ws-<num>\\Reports /MIR /R:2 /W:5 /NP /XD temp",
            "C:\\Users\\Public\\Documents \\\\files.corp.example\\public /E /XO /FFT /LOG:<path>",
        ),
    ),
    (
        "xcopy",
        "Extended Copy Utility",
        "shell",
        "Medium",
        ('"\\\\corp.example\\dist\\templates\\*.dotx" "C:\\Program Files\\Corp\\Templates\\<num>" /D /Y /Q /I',),
    ),
    (
        "where",
        "Where - Lists location of files",
        "shell",
        "Medium",
        ("/f /t compiler-<num>.exe linker.exe make.exe archive.exe /quiet",),
    ),
    (
        "tasklist",
        "Lists the current running tasks",
        "app",
        "Medium",
        ('/fo csv /nh /fi "PID eq <num>" /fi "STATUS eq running" /fi "SESSION ne 0"',),
    ),
    (
        "gpupdate",
        "Microsoft Group Policy Update Utility",
        "task",
        "System",
        ("/target:computer /wait:600 /ticket <num> /origin schedule /link fast /logoff no /boot no",),
    ),
    ("dxdiag", "Microsoft DirectX Diagnostic Tool", "app", "Medium", ("/whql:off /dontskip /x <path>",)),
    (
        "PrintIsolationHost",
        "Print Isolation Host",
        "service",
        "System",
        ("-Embedding -driver {<guid>} -sandbox shared",),
    ),
    (
        "WUDFHost",
        "Windows Driver Foundation - User-mode",
        "service",
        "System",
        ("-HostGUID:{<guid>} -IoEventPortName:UMDFCommunicationPorts -Interval 0",),
    ),
    (
        "fontdrvhost",
        "Usermode Font Driver Host",
        "service",
        "Low",
        ("-cache C:\\Windows\\ServiceProfiles\\LocalService\\font-<num>.dat -mode protected -limit 64",),
    ),
    (
        "dwm",
        "Desktop Window Manager",
        "service",
        "System",
        ("-session <num> -composition on -adapter primary -refresh 60 -hdr off -vsync on -latency low",),
    ),
    ("sihost", "Shell Infrastructure Host", "service", "Medium", ("-context user -activation {<guid>} -deferred yes",)),
    (
        "LogonUI",
        "Windows Logon User Interface Host",
        "service",
        "System",
        ("/flags:0x2 /state0:0xa3<num> /state1:0x41c64e6d /provider password /theme dark /locale en",),
    ),
    ("DeviceCensus", "Device Census", "task", "System", ("SystemCxt -cv <b64> -upload deferred",)),
    ("dfrgui", "Microsoft Drive Optimizer", "user", "High", ("/volume {<guid>} /analyse /report brief",)),
    (
        "osk",
        "Accessibility On-Screen Keyboard",
        "user",
        "Medium",
        ("/layout full /click on /hover 500 /predict yes /session <num> /dock bottom /fade off /scale 100",),
    ),
    (
        "psr",
        "Steps Recorder",
        "user",
        "Medium",
        ("/gui 1 /sc 1 /maxsc 25 /ticket <num> /sketch off /slides on /arcetl off /stopevent recorded",),
    ),
    ("wsmprovhost", "Host process for WinRM plug-ins", "service", "High", ("-Embedding -shell <guid> -idle 7200000",)),
)
"""File name without suffix, description, ancestry, integrity level, arguments."""

_MAKERS = ("Alderbrook", "Birchfield", "Corvantis", "Dunmere", "Eastholm", "Fennimore", "Glenhaven", "Harrowgate", "Inverlac")
_PRODUCTS = ("Ledger", "Studio", "Courier", "Vault", "Planner")
_PARTS: tuple[_Row, ...] = (
    (
        "Agent",
        "endpoint agent",
        "service",
        "System",
        (
            "--config C:\\ProgramData\\{maker}\\{product}\\agent.json --policy <guid>",
            "--report weekly --relay=edge.{product}.example --session=<b64>",
        ),
    ),
    (
        "Updater",
        "update helper",
        "task",
        "High",
        ('/silent /channel stable /manifest "C:\\ProgramData\\{maker}\\updates\\{product}-<num>.json" /verify',),
    ),
    (
        "Host",
        "extension host",
        "app",
        "Low",
        ("--type=renderer --field-trial-handle=<num> --lang=en-GB --enable-features={product}Isolation --seatbelt",),
    ),
    ("Desktop", "desktop application", "user", "Medium", ('--open "<path>" --profile Default --no-splash',)),
)


def _windows() -> list[Program]:
    return [
        Program(
            images=(f"C:\\Windows\\System32\\{name}.exe", f"C:\\Windows\\SysWOW64\\{name}.exe"),
            original=f"{name.upper()}.EXE" if len(name) % 2 else f"{name.lower()}.exe",
            description=description,
            product="Microsoft Windows Operating System",
            company="Microsoft Corporation",
            ancestry=ancestry,
            integrity=integrity,
            arguments=arguments,
        )
        for name, description, ancestry, integrity, arguments in _WINDOWS
    ]


def _invented() -> list[Program]:
    found = []
    for place, (maker, product) in enumerate((maker, product) for maker in _MAKERS for product in _PRODUCTS):
        folder = f"C:\\Program Files\\{maker}\\{product}"
        for part, description, ancestry, integrity, arguments in _PARTS:
            found.append(
                Program(
                    images=tuple(f"{folder}\\{major}.{place % 7}.{major * 3}\\{product}{part}.exe" for major in (3, 4, 5)),
                    original=f"{product}{part}.exe",
                    description=f"{maker} {product} {description}",
                    product=f"{maker} {product}",
                    company=f"{maker} Software Ltd",
                    ancestry=ancestry,
                    integrity=integrity,
                    arguments=tuple(text.format(maker=maker, product=product) for text in arguments),
                )
            )
    return found
