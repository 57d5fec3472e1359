"""Plant each mistake in a copy of the tree and see that a test notices; `make mutants` runs this.

The copy is in ``target/mutants``. Its libraries are those that `make build` has built, and only our own crates are built
anew, incrementally and without optimising, so that a mistake costs one short build. First the same tests are run on the copy
as it is, because tests that fail anyway notice nothing.

    python tests/mutants/run.py [NAME...]

With names (or parts: ``core``, ``sieve``, ``reference``, ``lowering``) only these are planted. Exit 1 if a mistake survives.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutants.planting import Mutant, mutants  # noqa: E402 - the project's root is no package

TREE = ROOT / "target" / "mutants"
MODULE = TREE / "python" / "sigtrawl" / "_native.abi3.so"
ENVIRONMENT = {
    **os.environ,
    "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")),
    "CARGO_INCREMENTAL": "1",
    "PYO3_PYTHON": sys.executable,
    "PYO3_BUILD_EXTENSION_MODULE": "1",
    "PYTHONPATH": os.pathsep.join([str(TREE / "python"), str(TREE)]),
    "PYTHONDONTWRITEBYTECODE": "1",  # a mistake may keep a file's size and come within a second
    "SIGTRAWL_SHARED": os.environ.get("SIGTRAWL_SHARED") or str(ROOT.parent / "shared"),
}


def copy_tree() -> None:
    """Copy what belongs to the project, changed files included."""
    shutil.rmtree(TREE, ignore_errors=True)
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            # With the time of now: what an earlier run has built of a mistake must not pass for up to date.
            shutil.copy(ROOT / name, TREE / name)


def build() -> str | None:
    """Build the extension module of the copy; give the compiler's errors if there are some."""
    command = ["cargo", "build", "--quiet", "--release", "--locked", "-p", "sigtrawl-python"]
    for crate in ("sigtrawl-core", "sigtrawl-lake", "sigtrawl-python"):
        command += ["--config", f"profile.release.package.{crate}.opt-level=0"]
        command += ["--config", f"profile.release.package.{crate}.codegen-units=16"]
    done = subprocess.run(command, cwd=TREE, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    built = Path(ENVIRONMENT["CARGO_TARGET_DIR"]) / "release"
    found = next(built / name for name in ("lib_native.so", "lib_native.dylib", "_native.dll") if (built / name).is_file())
    shutil.copy2(found, MODULE)
    return None


def failing(tests: tuple[str, ...]) -> list[str]:
    """Run tests on the copy; give the first ones that fail.

    Raises:
        SystemExit: pytest ran no test at all.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--maxfail=3", "-p", "no:cacheprovider", "--tb=no", *tests]
    done = subprocess.run(command, cwd=TREE, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(f"pytest {' '.join(tests)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    lines = done.stdout.splitlines()
    failed = [line.split(" ", 2)[1] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    if done.returncode and not failed:
        sys.exit(f"pytest {' '.join(tests)} failed without a failing test:\n{done.stdout}{done.stderr}")
    return failed


def together(chosen: list[Mutant]) -> list[tuple[str, ...]]:
    """Give the tests of all mutants, those of one file in one run."""
    files: dict[str, dict[str, None]] = {}
    for mutant in chosen:
        file, *selection = mutant.tests
        files.setdefault(file, {})[selection[-1] if selection else ""] = None
    return [
        (file,) if "" in chosen else (file, "-k", " or ".join(f"({one})" for one in chosen)) for file, chosen in files.items()
    ]


def noticed(mutant: Mutant) -> list[str]:
    """Plant a mistake, run its tests, and take it out again."""
    path = TREE / mutant.file
    sound = path.read_text()
    path.write_text(mutant.applied(TREE))
    try:
        if mutant.needs_build and (errors := build()):
            sys.exit(f"{mutant} does not compile:\n{errors}")
        return failing(mutant.tests)
    finally:
        path.write_text(sound)


def main(names: list[str]) -> int:
    """Plant all mistakes, or those that are named."""
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names or mutant.part in names]
    if not chosen:
        sys.exit(f"no mutant is called {', '.join(names)}")
    copy_tree()
    if any(mutant.needs_build for mutant in chosen):
        print("building the copy", flush=True)
        if errors := build():
            sys.exit(f"the copy does not compile:\n{errors}")
    else:  # the module that is installed here is sound
        shutil.copy2(next((ROOT / "python" / "sigtrawl").glob("_native.*so")), MODULE)
    for tests in together(chosen):
        if failed := failing(tests):
            sys.exit(f"without any mistake, {', '.join(failed)} fails already")
    print("every test passes without a mistake", flush=True)
    survivors = 0
    # Those in Python first: they need the sound core, which the others replace.
    for mutant in sorted(chosen, key=lambda mutant: mutant.needs_build):
        start = time.monotonic()
        failed = noticed(mutant)
        survivors += not failed
        told = ", ".join(name.partition("::")[2] for name in failed) or "NOBODY NOTICED"
        print(f"{mutant!s:54} {time.monotonic() - start:5.1f} s  {told}", flush=True)
    print(f"{len(chosen)} mutants, {survivors} survived")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
