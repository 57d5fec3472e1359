"""``sigtrawl.toml``: what is so for one lake, said once beside it.

::

    schemas = ["schemas/edge.yml"]            # more mappings to recognise tables by
    pipelines = ["pipelines/fields.yml"]      # pySigma pipelines that the rules go through

    [[inputs]]
    glob = "lake/fw/**"                       # first match wins
    schema = "edge"
    logsource = "category=firewall"

What a path means depends on where the file lies, never on where somebody stands: all of them are relative to its folder. What a
caller or the command line says goes before the file.
"""

from sigtrawl.config.model import Config, InputSettings, setting_of
from sigtrawl.config.reading import FILE_NAME, find_config, load_config

__all__ = ["FILE_NAME", "Config", "InputSettings", "find_config", "load_config", "setting_of"]
