"""The command line: one command a file, the public Python API beneath, data to stdout and everything else to stderr."""

from sigtrawl.cli.app import main

__all__ = ["main"]
