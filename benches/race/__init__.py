"""The race: Sigtrawl, its floor and its peers on the same files and rules, each run a process of its own.

`corpus` makes the rule sets, `archive.py` beside this folder the events. A `Job` says what one engine runs; `one` runs it in a
process of its own, `heats` several times. `answers` holds the engines against each other before any figure is believed, `race`
puts the whole together, `record` keeps it, `targets.py` beside this folder judges it.
"""
