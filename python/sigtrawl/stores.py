"""What of the settings of object stores is found out here, and not in the core: a profile of the AWS configuration.

The core reads the environment. Whoever works with several accounts has none of the keys there, but a file of profiles, as
every tool of AWS reads it. Profiles that name a program or a single sign-on are not resolved: run those tools for keys in the
environment.
"""

import os
from collections.abc import Iterable
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import replace
from pathlib import Path

from sigtrawl.errors import InputError
from sigtrawl.request import Request

_KEYS = {
    "aws_access_key_id": "aws_access_key_id",
    "aws_secret_access_key": "aws_secret_access_key",
    "aws_session_token": "aws_session_token",
    "region": "aws_region",
    "endpoint_url": "aws_endpoint_url",
}
# Where one of these is set, the keys come from elsewhere.
_ELSEWHERE = {
    "aws_access_key_id",
    "aws_skip_signature",
    "aws_web_identity_token_file",
    "aws_container_credentials_relative_uri",
    "aws_container_credentials_full_uri",
}


def with_profile(paths: Iterable[str], asked: Request) -> Request:
    """Add the keys of an AWS profile where there is an address of S3, and nothing else says which keys to use.

    Raises:
        InputError: The profile that ``AWS_PROFILE`` names is in neither file, or a file cannot be read.
    """
    if not any(path.startswith(("s3://", "s3a://")) for path in paths):
        return asked
    given = {name.lower() for name in (*os.environ, *(name for name, _ in asked.store))}
    if given & _ELSEWHERE:
        return asked
    found = _profile(os.environ.get("AWS_PROFILE"))
    known = tuple((name, value) for name, value in found.items() if name not in given)
    return replace(asked, store=(*known, *asked.store)) if known else asked


def _profile(name: str | None) -> dict[str, str]:
    """Read a profile; the files are the shared ones of all tools of AWS."""
    home = Path.home() / ".aws"
    credentials = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials")
    config = Path(os.environ.get("AWS_CONFIG_FILE") or home / "config")
    wanted = name or "default"
    in_config = wanted if wanted == "default" else f"profile {wanted}"
    found: dict[str, str] = {}
    seen = False
    for file, section in ((config, in_config), (credentials, wanted)):
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(file, encoding="utf-8")
        except (OSError, ConfigParserError, UnicodeDecodeError) as error:
            message = f"{file} cannot be read for the keys of S3: {error}"
            raise InputError(message) from error
        if parser.has_section(section):
            seen = True
            found.update({_KEYS[key]: value for key, value in parser.items(section) if key in _KEYS})
    if name is not None and not seen:
        message = f"AWS_PROFILE names {name}, which is in neither {credentials} nor {config}"
        raise InputError(message)
    return found
