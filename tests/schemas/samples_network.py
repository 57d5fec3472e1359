"""Samples of what is seen on the network: Zeek, web servers and what stands before them, proxies, resolvers, firewalls."""

from typing import Any

from tests.schemas.sample import FLOAT, NUMBER, TEXT, TRUTH, Sample, numbers, texts

NKN = "fa7703d6-0ee8-4949-889c-48c84bc15b6f"
WEBDAV = "aac2fd97-bcba-491b-ad66-a6edf89c71bf"
PSEXEC = "f1b3a22a-45e6-4004-afb5-4291f9c21166"
EFS_RPC = "4096842a-8f9f-4d36-92b4-d0b2a62f9b2a"
PUBLIC_RDP = "1fc0809e-06bf-4de3-ad52-25e5263b7623"
COBALT_STRIKE_CERTIFICATE = "7100f7e3-92ce-4584-b7b7-01b40d3d4118"
KERBEROS_RC4 = "503fe26e-b5f2-4944-a126-eab405cc06e5"
TXT_STRINGS = "8ae51330-899c-4641-8125-e39f2e07da72"
BASE64_QUERIES = "4153a907-2451-4e4f-a578-c52bb6881432"
MONERO_POOLS = "b593fd50-7335-4682-a36c-4edcb68e4641"

TIME = {"ts": FLOAT}
FLAT_ID: dict[str, Any] = {"id.orig_h": TEXT, "id.orig_p": NUMBER, "id.resp_h": TEXT, "id.resp_p": NUMBER}
NESTED_ID: dict[str, Any] = {"id": {"orig_h": TEXT, "orig_p": NUMBER, "resp_h": TEXT, "resp_p": NUMBER}}
SCORED_ID: dict[str, Any] = {name.replace(".", "_"): kind for name, kind in FLAT_ID.items()}
DNS: dict[str, Any] = {
    **texts("proto query qclass_name qtype_name rcode_name"),
    "answers": [TEXT],
    "rejected": TRUTH,
    "Z": NUMBER,
    "TTLs": [FLOAT],
}
HTTP: dict[str, Any] = {
    **texts("method host uri referrer version user_agent username"),
    "trans_depth": NUMBER,
    "request_body_len": NUMBER,
    "response_body_len": NUMBER,
    "status_code": NUMBER,
    "resp_mime_types": [TEXT],
    "client_header_names": [TEXT],
}
SMB_FILES = {**texts("fuid action path name prev_name"), "size": NUMBER}
DCE_RPC = texts("named_pipe endpoint operation")
KERBEROS = {**texts("request_type client service cipher error_msg"), "success": TRUTH}
RDP = {**texts("cookie result security_protocol client_name"), "cert_count": NUMBER}
X509: dict[str, Any] = {
    "fingerprint": TEXT,
    "certificate.version": NUMBER,
    **texts("certificate.serial certificate.subject certificate.issuer"),
}
UID = texts("uid")
ALL_ZEEK = {**TIME, "_path": TEXT, **UID, **FLAT_ID, **DNS, **HTTP, **SMB_FILES, **DCE_RPC, **KERBEROS, **RDP, **X509}

ZEEK = (
    Sample(
        "zeek in one table",
        "zeek",
        "id.orig_h, fuid, certificate.serial",
        ALL_ZEEK,
        (
            {"_path": "dns", "query": "seed7.example.nkn.org", "rejected": False},
            {"_path": "http", "uri": "/x/tool.exe", "user_agent": "Microsoft-WebDAV-MiniRedir/10.0", "request_body_len": 0},
            {"_path": "smb_files", "action": "SMB::FILE_OPEN", "path": r"\\host\IPC$", "name": "other-stdin"},
            {"_path": "smb_files", "action": "SMB::FILE_OPEN", "path": r"\\host\IPC$", "name": "PSEXESVC-a-stdin"},
            {"_path": "dce_rpc", "endpoint": "efsrpc", "operation": "EfsRpcOpenFileRaw"},
            {"_path": "rdp", "id.orig_h": "198.51.100.7", "cert_count": 0},
            {"_path": "rdp", "id.orig_h": "10.1.2.3", "cert_count": 0},
            {"_path": "conn", "id.orig_h": "198.51.100.7"},
            {"_path": "x509", "certificate.serial": "8BB00EE"},
            {"_path": "kerberos", "request_type": "TGS", "cipher": "rc4-hmac", "service": "HTTP/web"},
        ),
        {
            NKN: (0,),
            WEBDAV: (1,),
            PSEXEC: (2,),
            EFS_RPC: (4,),
            PUBLIC_RDP: (5,),
            COBALT_STRIKE_CERTIFICATE: (8,),
            KERBEROS_RC4: (9,),
        },
    ),
    Sample(
        "zeek dns.log nested",
        "zeek",
        "id.orig_h",
        {**TIME, **UID, **NESTED_ID, **DNS},
        (
            {"query": "seed.nkn.org", "rejected": False, "id": {"orig_h": "198.51.100.7"}},
            {"query": "a.example", "rejected": False, "qtype_name": "TXT", "answers": ["v=1", "TXT 9 IEX (x)"]},
        ),
        {NKN: (0,), TXT_STRINGS: (1,), PUBLIC_RDP: (), WEBDAV: ()},
    ),
    Sample(
        "zeek rdp.log with underscores",
        "zeek",
        "id_orig_h",
        {**TIME, **UID, **SCORED_ID, **RDP},
        ({"id_orig_h": "198.51.100.7", "cert_count": 0}, {"id_orig_h": "192.168.1.1", "cert_count": 0}),
        {PUBLIC_RDP: (0,), NKN: ()},
    ),
    Sample(
        "zeek x509.log",
        "zeek",
        "certificate.serial",
        {**TIME, **X509},
        ({"certificate.serial": "8BB00EE"}, {"certificate.serial": "8BB00EF"}),
        {COBALT_STRIKE_CERTIFICATE: (0,)},
    ),
)

PATH_TRAVERSAL = "7745c2ea-24a5-4290-b680-04359cb84b35"
SCANNERS = "19aa4f58-94ca-45ff-bc34-92e533c0994a"
CROSS_SITE = "65354b83-a2ea-4ea6-8414-3ab38be0d409"
TRAVERSAL = "file=../../../etc/passwd"
SCANNER = "sqlmap/1.7#stable"
SCRIPT = "q=%3Cscript%3E&r=%3Ciframe%20src"

WEBSERVER = (
    Sample(
        "webserver IIS",
        "webserver",
        "cs-uri-stem, cs-uri-query",
        {
            **texts("date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"),
            **texts("cs-host cs(Cookie)"),
            "sc-status": NUMBER,
        },
        (
            {"cs-method": "GET", "cs-uri-stem": "/a", "cs-uri-query": TRAVERSAL, "sc-status": 200},
            {"cs-method": "GET", "cs-uri-stem": "/a", "cs(User-Agent)": SCANNER, "sc-status": 200},
            {"cs-method": "GET", "cs-uri-query": SCRIPT, "sc-status": 404},
            {"cs-method": "GET", "cs-uri-query": SCRIPT, "sc-status": 200},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (1,), CROSS_SITE: (3,)},
    ),
    Sample(
        "webserver W3CIISLog",
        "webserver",
        "csUriStem, csUriQuery",
        texts("TimeGenerated sSiteName csMethod csUriStem csUriQuery csUserName cIP csUserAgent csReferer csHost scStatus"),
        (
            {"csMethod": "GET", "csUriQuery": TRAVERSAL, "scStatus": "200"},
            {"csMethod": "GET", "csUserAgent": SCANNER, "scStatus": "200"},
            {"csMethod": "GET", "csUriQuery": SCRIPT, "scStatus": "404"},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (1,), CROSS_SITE: ()},
    ),
    Sample(
        "webserver nginx",
        "webserver",
        "http_user_agent, http_referer",
        {**texts("time_iso8601 remote_addr remote_user request http_referer http_user_agent"), "status": NUMBER},
        (
            {"request": f"GET /a?{TRAVERSAL} HTTP/1.1", "status": 200},
            {"request": "GET / HTTP/1.1", "http_user_agent": SCANNER, "status": 200},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (1,)},
    ),
    Sample(
        "webserver nginx in JSON",
        "webserver",
        "http_user_agent, http_referer",
        {
            **texts("time_iso8601 remote_addr remote_user request_method request_uri uri args http_host http_referer"),
            **texts("http_user_agent http_cookie content_type"),
            "status": NUMBER,
        },
        (
            {"request_method": "GET", "request_uri": f"/a?{TRAVERSAL}", "uri": "/a", "args": TRAVERSAL, "status": 200},
            {"request_method": "POST", "request_uri": f"/?{SCRIPT}", "uri": "/", "args": SCRIPT, "status": 200},
            {"request_method": "GET", "request_uri": f"/?{SCRIPT}", "uri": "/", "args": SCRIPT, "status": 200},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (), CROSS_SITE: (2,)},
    ),
    Sample(
        "webserver Apache",
        "webserver",
        "httpversion",
        texts("clientip ident auth timestamp verb request httpversion response bytes referrer agent"),
        (
            {"verb": "GET", "request": f"/a?{TRAVERSAL}", "response": "200"},
            {"verb": "GET", "request": "/", "agent": SCANNER, "response": "200"},
            {"verb": "GET", "request": f"/?{SCRIPT}", "response": "200"},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (1,), CROSS_SITE: (2,)},
    ),
    Sample(
        "webserver load balancer",
        "webserver",
        "elb_status_code",
        {
            **texts("type time elb client_ip target_ip request_verb request_url request_proto user_agent domain_name"),
            "client_port": NUMBER,
            "elb_status_code": NUMBER,
            "target_status_code": TEXT,
        },
        (
            {"request_verb": "GET", "request_url": f"https://w.example:443/a?{TRAVERSAL}", "elb_status_code": 200},
            {"request_verb": "GET", "request_url": f"https://w.example:443/?{SCRIPT}", "elb_status_code": 404},
        ),
        {PATH_TRAVERSAL: (0,), CROSS_SITE: ()},
    ),
    Sample(
        "webserver AWS WAF",
        "webserver",
        "webaclid",
        {
            "timestamp": NUMBER,
            **texts("webaclid action terminatingruleid"),
            "httprequest": {
                **texts("clientip country uri args httpversion httpmethod requestid"),
                "headers": [texts("name value")],
            },
        },
        (
            {"httprequest": {"httpmethod": "GET", "uri": "/a", "args": TRAVERSAL}},
            {
                "httprequest": {
                    "httpmethod": "GET",
                    "headers": [{"name": "Host", "value": "w.example"}, {"name": "user-agent", "value": SCANNER}],
                }
            },
            {"httprequest": {"httpmethod": "GET", "headers": [{"name": "Referer", "value": SCANNER}]}},
        ),
        {PATH_TRAVERSAL: (0,), SCANNERS: (1,)},
    ),
)

CLASS_FILE = "53c15703-b04c-42bb-9055-1937ddfb3392"
TELEGRAM = "b494b165-6634-483d-8c47-2026a6c52372"
POWERSHELL_AGENT = "c8557060-9221-4448-8794-96320e6f3e74"
POWERSHELL = "Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1"
PROXY = (
    Sample(
        "proxy in Sigma's names",
        "proxy",
        "c-uri, c-useragent, c-uri-extension, cs-uri",
        {
            **texts("timestamp c-ip c-uri c-uri-extension c-uri-query c-useragent cs-method cs-host cs-uri cs-cookie r-dns"),
            **texts("cs-uri-stem dst_ip"),
            "sc-status": NUMBER,
        },
        (
            {"c-uri": "http://a.example/x.class", "cs-host": "a.example"},
            {"cs-host": "api.telegram.org", "c-useragent": "curl/8"},
            {"cs-host": "api.telegram.org", "c-useragent": "TelegramBot"},
            {"c-useragent": POWERSHELL},
        ),
        {CLASS_FILE: (0,), TELEGRAM: (1,), POWERSHELL_AGENT: (3,)},
    ),
    Sample(
        "proxy Zscaler",
        "proxy",
        "eurl, ereferer, reqmethod",
        texts("epochtime login proto eurl ehost reqmethod respcode eua ereferer cip sip action"),
        (
            {"eurl": "a.example/x.class", "ehost": "a.example"},
            {"ehost": "api.telegram.org", "eua": POWERSHELL},
        ),
        {CLASS_FILE: (0,), TELEGRAM: (1,), POWERSHELL_AGENT: (1,)},
    ),
    Sample(
        "proxy Blue Coat",
        "bluecoat",
        "cs-uri-path, cs-uri-scheme, cs-uri-port, s-action, cs-categories, sc-filter-result",
        texts(
            "date time c-ip cs-username sc-filter-result cs-categories cs(Referer) sc-status s-action cs-method cs-uri-scheme"
            " cs-host cs-uri-port cs-uri-path cs-uri-query cs-uri-extension cs(User-Agent) s-ip r-ip cs(Cookie)"
        ),
        (
            {"cs-host": "a.example", "cs-uri-path": "/x.class"},
            {"cs-host": "a.example", "cs-uri-path": "/x.class", "cs-uri-query": "?y"},
            {"cs-host": "api.telegram.org", "cs-uri-path": "/", "cs(User-Agent)": POWERSHELL},
        ),
        {CLASS_FILE: (0,), TELEGRAM: (2,), POWERSHELL_AGENT: (2,)},
    ),
)

CLEARTEXT_FIREWALL = "d7fb8f0e-bd5f-45c2-b467-19571c490d7e"
EQUATION_GROUP = "881834a4-6659-4773-821e-1c151789d873"
CLEARTEXT_NETFLOW = "7e4bfe58-4a47-4709-828d-d86c78b7cc1f"
NEW_ADMIN = "cd0a4943-0edd-42cf-b50c-06f77a10d4c1"
RESOLVERS_AND_FIREWALLS = (
    Sample(
        "dns in Sigma's names",
        "dns",
        "query, record_type, answer",
        texts("timestamp src_ip query record_type answer"),
        ({"query": "aGk=="}, {"query": "aGk==.a.example"}, {"record_type": "TXT", "answer": "cmd.exe /c"}),
        {BASE64_QUERIES: (1,), TXT_STRINGS: (2,)},
    ),
    Sample(
        "dns Route 53 Resolver",
        "dns_resolver",
        "query_name, query_timestamp",
        {
            **texts("version account_id region vpc_id query_timestamp query_name query_type query_class rcode srcaddr srcport"),
            "answers": [texts("Rdata Type Class")],
        },
        (
            {"query_name": "pool.minexmr.com.", "query_type": "A"},
            {"query_name": "a.example.", "query_type": "TXT", "answers": [{"Rdata": "x"}, {"Rdata": "IEX (y)"}]},
        ),
        {MONERO_POOLS: (0,), TXT_STRINGS: (1,)},
    ),
    Sample(
        "vpc flow logs",
        "vpc_flow",
        "srcaddr, dstaddr, dstport, interface_id, log_status",
        {
            **texts("account_id interface_id srcaddr dstaddr action log_status"),
            **numbers("version srcport dstport protocol packets bytes start end"),
        },
        (
            {"dstport": 23, "action": "ACCEPT"},
            {"dstport": 23, "action": "REJECT"},
            {"dstport": 443, "action": "ACCEPT"},
        ),
        {CLEARTEXT_FIREWALL: (0,), CLEARTEXT_NETFLOW: (0, 1)},
    ),
    Sample(
        "firewall in Sigma's names",
        "firewall",
        "src_ip, dst_ip, dst_port",
        {**texts("timestamp src_ip dst_ip action blocked"), **numbers("src_port dst_port")},
        (
            {"dst_ip": "10.0.0.1", "dst_port": 23, "action": "accept"},
            {"dst_ip": "10.0.0.1", "dst_port": 23, "action": "deny"},
            {"dst_ip": "69.42.98.86", "dst_port": 443, "action": "deny"},
            {"src_ip": "69.42.98.86", "dst_ip": "10.0.0.1", "dst_port": 5900, "blocked": "false"},
        ),
        {CLEARTEXT_FIREWALL: (0, 3), EQUATION_GROUP: (2, 3)},
    ),
    Sample(
        "fortigate",
        "fortigate",
        "logid, subtype, devid, devname, vd, cfgpath",
        {
            **texts("date time devname devid logid type subtype level vd logdesc user ui action cfgpath cfgobj msg"),
            **texts("srcip dstip hostname url agent qname qtype ipaddr"),
            **numbers("eventtime srcport dstport"),
        },
        (
            {"type": "event", "subtype": "system", "action": "Add", "cfgpath": "system.admin"},
            {"type": "traffic", "subtype": "forward", "action": "accept", "dstport": 23},
            {"type": "traffic", "subtype": "forward", "action": "deny", "dstport": 23},
            {"type": "utm", "subtype": "webfilter", "hostname": "api.telegram.org", "agent": "curl"},
            {"type": "utm", "subtype": "dns", "qname": "pool.minexmr.com"},
        ),
        {NEW_ADMIN: (0,), CLEARTEXT_FIREWALL: (1,), TELEGRAM: (3,), MONERO_POOLS: (4,)},
    ),
)

NETWORK = (*ZEEK, *WEBSERVER, *PROXY, *RESOLVERS_AND_FIREWALLS)
