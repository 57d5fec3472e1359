"""How long it takes until a scan can begin (T6): each time in a process of its own, from a running interpreter on."""

import compileall
import json
import os
import subprocess
import sys
from pathlib import Path

from race.record import Measure
from race.track import Set, Track

_IMPORT = "import sigtrawl"
_YAML = "import sigtrawl; rules = sigtrawl.compile(sigtrawl.load_rules({sigma!r}, on_error='skip'))"
_COMPILED = "import sigtrawl; rules = sigtrawl.RuleSet.load({compiled!r})"
_TIMED = """
import json, time
started = time.perf_counter()
{code}
seconds = time.perf_counter() - started
print(json.dumps([seconds, len(rules) if "rules" in globals() else 0]))
"""


def measure(track: Track, rules: Set) -> None:
    """Times `import sigtrawl`, all rules from YAML, and all rules from the compiled file."""
    codes = {
        "import": _IMPORT,
        "YAML": _YAML.format(sigma=str(track.settings.sigma)),
        "compiled file": _COMPILED.format(compiled=str(rules.rules.path)),
    }
    # As an installed package has been by whoever installed it; where an environment forbids writing bytecode it would be missing.
    compileall.compile_dir(_package(), quiet=2)
    version = f"sigtrawl {_version()}"
    size = rules.rules.path.stat().st_size
    for what, code in codes.items():
        times = [_once(code) for _ in range(track.settings.runs)]
        count = times[-1][1]
        track.record.keep(
            Measure("start", rules.name, "sigtrawl", version, what, count, 0, size, [seconds for seconds, _ in times], 0, 0)
        )


def _once(code: str) -> tuple[float, int]:
    # What the automatic cache keeps would be the compiled file under another name.
    env = {**os.environ, "SIGTRAWL_CACHE": "off", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", _TIMED.format(code=code)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=Path.cwd())
    seconds, count = json.loads(done.stdout)
    return seconds, count


def _package() -> str:
    import sigtrawl

    return str(Path(sigtrawl.__file__).parent)


def _version() -> str:
    import sigtrawl

    return sigtrawl.__version__
