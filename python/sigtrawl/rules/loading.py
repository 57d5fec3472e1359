"""Files and folders → `Rules`.

File by file, and errors are gathered: pySigma's own loader gives up at the first bad file.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sigtrawl.errors import RuleError, RuleErrors, UsageError
from sigtrawl.memory import uncollected
from sigtrawl.rules.collection import Rules
from sigtrawl.rules.correlations import Correlation, read_correlation
from sigtrawl.rules.documents import Document, DocumentError, read_documents
from sigtrawl.rules.files import Paths, RuleFile, rule_files
from sigtrawl.rules.filters import Filter, apply_filters, read_filter, sections, thinned, through, unused
from sigtrawl.rules.literals import shorten
from sigtrawl.rules.names import Directory, canonical_name, names_in
from sigtrawl.rules.placeholders import Values, read_values
from sigtrawl.rules.references import Document as Referable
from sigtrawl.rules.references import matched_for, on_selected_sources, resolve
from sigtrawl.rules.report import LoadedRule
from sigtrawl.rules.rule import INVALID, UNSUPPORTED, Rule, read_rule
from sigtrawl.rules.selection import Selection, select

if TYPE_CHECKING:
    from sigtrawl.rules.pipelines import Given, Pipelines

OnError = Literal["raise", "skip"]


def load_rules(
    paths: Paths,
    *,
    on_error: OnError = "raise",
    min_level: str | None = None,
    level: str | Iterable[str] | None = None,
    status: str | Iterable[str] | None = None,
    include_tags: str | Iterable[str] = (),
    exclude_tags: str | Iterable[str] = (),
    logsource: str | Mapping[str, str] | None = None,
    placeholders: Mapping[str, Any] | None = None,
    pipelines: "Given | None" = None,
) -> Rules:
    """Load Sigma rules, and the filters and correlations among them.

    Filters are applied to the rules that they name. Rules that a selected correlation refers to are loaded whatever the
    selection says; they are matched, and their own matches are not put out.

    Args:
        paths: Files, and folders that are searched for ``*.yml`` and ``*.yaml``; names that begin with a dot are passed over.
        on_error: ``raise`` one `RuleErrors` that lists every bad rule, or ``skip`` bad rules and keep them in the report.
        min_level: The least level; a rule without a level counts as informational.
        level: The level, or several.
        status: The status, or several.
        include_tags: Tags of which a rule must have one; ``*`` and ``?`` are wildcards, case does not count.
        exclude_tags: Tags of which a rule must have none.
        logsource: Attributes that a rule must state: ``product=windows,category=process_creation`` or a mapping.
        placeholders: Values for ``expand``: name → value or list of values, in which ``*`` and ``?`` are wildcards.
        pipelines: pySigma pipelines that every rule goes through: names of installed ones, files, folders, or pySigma's
            objects; those of lower priority first, of equal ones in the order given. Where they rename fields, the new names
            are columns: scan with ``schema="none"`` or a mapping with ``own_names``.

    Raises:
        ConfigError: A file is no pipeline.
        RuleErrors: Some rules are invalid or unsupported, and ``on_error`` is ``raise``.
        InputError: A path does not exist, or a folder holds no rule files.
        UsageError: An option has a value that does not exist.
    """
    return load_found(
        rule_files(paths),
        on_error=on_error,
        placeholders=placeholders,
        pipelines=pipelines,
        min_level=min_level,
        level=level,
        status=status,
        include_tags=include_tags,
        exclude_tags=exclude_tags,
        logsource=logsource,
    )


def load_found(
    files: Iterable[RuleFile],
    *,
    on_error: OnError = "raise",
    placeholders: Mapping[str, Any] | None = None,
    pipelines: "Given | None" = None,
    **filters: Any,
) -> Rules:
    """Load rules from files that were found, or are while this goes on; ``filters`` and all else are those of `load_rules`."""
    loader = _Loader(select(**filters), read_values(placeholders), on_error, _pipelines(pipelines))
    with uncollected():
        for file in files:
            loader.file(file)
        return loader.finish()


def rules_from_yaml(
    text: str,
    *,
    on_error: OnError = "raise",
    min_level: str | None = None,
    level: str | Iterable[str] | None = None,
    status: str | Iterable[str] | None = None,
    include_tags: str | Iterable[str] = (),
    exclude_tags: str | Iterable[str] = (),
    logsource: str | Mapping[str, str] | None = None,
    placeholders: Mapping[str, Any] | None = None,
    pipelines: "Given | None" = None,
    name: str = "<text>",
) -> Rules:
    """Load Sigma rules from YAML text; ``name`` stands for the file, all else is as for `load_rules`."""
    selection = select(
        min_level=min_level,
        level=level,
        status=status,
        include_tags=include_tags,
        exclude_tags=exclude_tags,
        logsource=logsource,
    )
    loader = _Loader(selection, read_values(placeholders), on_error, _pipelines(pipelines))
    loader.text(text, name, name)
    return loader.finish()


def _pipelines(given: "Given | None") -> "Pipelines | None":
    if given is None:
        return None
    from sigtrawl.rules.pipelines import load_pipelines

    return load_pipelines(given)


@dataclass(frozen=True, slots=True)
class _Source:
    """A document and where it stands."""

    document: Document
    file: str
    relative: str


class _Loader:
    """Gathers rules and what is wrong with the others."""

    def __init__(self, selection: Selection, given: Values, on_error: str, pipelines: "Pipelines | None" = None) -> None:
        if on_error not in ("raise", "skip"):
            raise UsageError(f"on_error {on_error!r} does not exist; choose from raise, skip")
        self.selection = selection
        self.given = given
        self.on_error = on_error
        self.pipelines = pipelines
        self.rules: list[Rule] = []
        self.filters: list[Filter] = []
        self.correlations: list[Correlation] = []
        self.bad: list[tuple[int, LoadedRule]] = []
        self.errors: list[RuleError] = []
        self.by_id: dict[str, Rule | Filter | Correlation] = {}
        self.refused: dict[str, str] = {}
        self.aside: dict[str, list[_Source]] = {}
        self.notes: list[RuleError] = []
        self.files = self.duplicates = self.filtered = 0

    def file(self, file: RuleFile) -> None:
        if isinstance(file.content, OSError):
            self.files += 1
            told = f"it cannot be read: {file.content.strerror or file.content}"
            self._refuse([RuleError("unreadable-file", told, file.name)], file.name)
            return
        try:
            text = file.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.files += 1
            told = f"it is not UTF-8: byte {error.start + 1} cannot be read"
            self._refuse([RuleError("not-utf8", told, file.name, hint="save it as UTF-8")], file.name)
        else:
            self.text(text, file.name, file.relative)

    def text(self, text: str, file: str, relative: str) -> None:
        self.files += 1
        count = 0
        try:
            for document in read_documents(text):
                # `---` before the first or after the last rule makes empty documents.
                if document.content is not None:
                    count += 1
                    self._document(_Source(document, file, relative))
        except DocumentError as error:
            self._refuse([RuleError(error.code, str(error), file, hint=error.hint)], file)
            return
        if not count:
            self._refuse([RuleError("empty-file", "it holds no rule", file)], file)

    def _document(self, source: _Source) -> None:
        raw = source.document.content
        if not isinstance(raw, dict):
            kind = "a list" if isinstance(raw, list) else f"the scalar {shorten(raw)}"
            self._refuse([RuleError("not-a-mapping", f"a rule is a mapping, and this is {kind}", source.file)], source.file)
        elif "filter" not in raw and not self.selection.takes(raw):
            self.filtered += 1
            for name in names_in(raw):
                self.aside.setdefault(name, []).append(source)
        elif (made := self._made(source)) is not None:
            self._keep(made)

    def _made(self, source: _Source) -> Rule | Filter | Correlation | None:
        """Read a document as what it is; one that is bad is told of."""
        raw = source.document.content
        made: Rule | Filter | Correlation | None
        if "correlation" in raw:
            kind = "correlation"
            made, errors = read_correlation(source.document, source.relative, source.file)
        elif "filter" in raw:
            kind = "filter"
            made, errors = read_filter(source.document, source.relative, source.file, self.given)
        else:
            kind = "rule"
            made, errors = read_rule(source.document, source.relative, source.file, self.given)
        if made is None:
            self._refuse(errors, source.file, kind)
            title = raw.get("title")
            self.refused.update(
                dict.fromkeys(names_in(raw), repr(title) if isinstance(title, str) else f"a {kind} of {source.file}")
            )
        return made

    def _keep(self, made: Rule | Filter | Correlation) -> None:
        if made.id is not None and (first := self.by_id.setdefault(made.id, made)) is not made:
            self._again(first, made)
        elif isinstance(made, Rule):
            self.rules.append(made)
        elif isinstance(made, Filter):
            self.filters.append(made)
        else:
            self.correlations.append(made)

    def _again(self, first: Rule | Filter | Correlation, made: Rule | Filter | Correlation) -> None:
        if first.raw == made.raw:
            self.duplicates += 1
            return
        told = f"another rule has the same id and a different content: {first.title!r} in {first.file}"
        error = RuleError("duplicate-id", told, made.file, made.id, made.title, "id", "give one of them a new id")
        self._refuse([error], made.file, _kind(made))

    def _refuse(self, errors: list[RuleError], file: str, kind: str = "rule") -> None:
        self.errors += errors
        state = INVALID if any(error.state == INVALID for error in errors) else UNSUPPORTED
        entry = LoadedRule(state, file, errors[0].rule_id, errors[0].title, kind=kind)
        self.bad.append((len(self.rules), entry))

    def finish(self) -> Rules:
        """Apply filters, tie correlations to their rules, and give everything."""
        rules, correlations = list(self.rules), list(self.correlations)
        self._fetch(rules, correlations)
        applied = self._filtered(rules)
        correlations = self._renamed(applied, correlations)
        resolved = resolve(applied, correlations, self.refused)
        for bad, errors in resolved.bad:
            self._refuse(errors, bad.file, "correlation")
        if self.errors and self.on_error == "raise":
            raise RuleErrors(self.errors)
        pool: list[Referable] = [*applied, *resolved.correlations]
        selected = {id(one.raw) for one in self.correlations}
        kept = [
            one for one in resolved.correlations if id(one.raw) in selected and on_selected_sources(one, pool, self.selection)
        ]
        needed = matched_for(kept, pool)
        own = len(self.rules)
        left_out = frozenset(self.aside)
        unused_filters = [unused(one, rules, left_out, left_out=self.filtered > 0) for one in self.filters]
        return Rules(
            tuple(applied[:own]),
            bad=tuple(self.bad),
            errors=tuple(self.errors),
            files=self.files,
            duplicates=self.duplicates,
            filtered=self.filtered + sum(id(one.raw) in selected for one in resolved.correlations) - len(kept),
            filters=tuple(self.filters),
            correlations=tuple(kept),
            needed_rules=tuple(rule for rule in applied[own:] if any(rule is one for one in needed)),
            needed_correlations=tuple(
                one
                for one in resolved.correlations
                if any(one is other for other in needed) and not any(one is other for other in kept)
            ),
            notes=(*self.notes, *(note for note in unused_filters if note is not None)),
            pipelines=self.pipelines.names if self.pipelines else (),
            notices=self.pipelines.warnings if self.pipelines else (),
        )

    def _filtered(self, rules: list[Rule]) -> list[Rule]:
        """Apply filters and pipelines; under pipelines that may cost a rule."""
        if self.pipelines is None:
            return apply_filters(rules, self.filters)
        applied: list[Rule] = []
        refused: dict[int, tuple[RuleError, ...]] = {}
        parts: dict[tuple[int, str], list[Rule]] = {}
        for place, rule in enumerate(rules):
            done = through(rule, self.filters, self.pipelines, self.given)
            if done.rule is None:
                refused[place] = done.errors
            else:
                applied.append(done.rule)
            for one, names in done.thinned:
                parts.setdefault((self.filters.index(one), names), []).append(rule)
        self.notes += [thinned(self.filters[number], names, found) for (number, names), found in parts.items()]
        self._drop(rules, refused)
        return applied

    def _drop(self, rules: list[Rule], refused: Mapping[int, tuple[RuleError, ...]]) -> None:
        """Refuse rules that were kept; each is counted among the bad ones where it stood."""
        gone = sorted(refused)
        own = len(self.rules)
        bad = [(before, 0, entry) for before, entry in self.bad]
        for place, errors in refused.items():
            rule = rules[place]
            self.refused.update(dict.fromkeys(names_in(rule.raw), repr(rule.title)))
            self._refuse(list(errors), rule.file)
            bad.append((min(place, own), 1, self.bad.pop()[1]))
        self.rules = [rule for place, rule in enumerate(self.rules) if place not in refused]
        bad.sort(key=lambda one: one[:2])
        self.bad = [(before - bisect_left(gone, before), entry) for before, _, entry in bad]

    def _renamed(self, rules: list[Rule], correlations: list[Correlation]) -> list[Correlation]:
        """Name the fields of correlations as the pipelines do in the events of their rules."""
        if self.pipelines is None:
            return correlations
        from sigtrawl.rules.renaming import rename_fields

        directory: Directory[Rule | Correlation] = Directory([*rules, *correlations])
        kept: list[Correlation] = []
        for one in correlations:
            made, errors = rename_fields(one, directory, self.pipelines, self.given, lambda rule: sections(rule, self.filters))
            if errors:
                self.refused.update(dict.fromkeys(names_in(one.raw), repr(one.title)))
                self._refuse(errors, one.file, "correlation")
            else:
                kept.append(made)
        return kept

    def _fetch(self, rules: list[Rule], correlations: list[Correlation]) -> None:
        """Read the documents kept aside that correlations refer to, and what those refer to."""
        everything: list[Referable] = [*rules, *correlations]
        # By name, what has it so far: a name that several documents have is for `resolve` to refuse, whoever was selected.
        known: dict[str, list[Any]] = {}
        for one in everything:
            for name in names_in(one.raw):
                known.setdefault(name, []).append(one.raw)
        waiting = list(correlations)
        while waiting:
            for wanted in map(canonical_name, waiting.pop().rules):
                for source in self.aside.get(wanted, ()):
                    raw = source.document.content
                    if any(raw == other for other in known.get(wanted, ())):
                        continue
                    for name in names_in(raw):
                        known.setdefault(name, []).append(raw)
                    made = self._made(source)
                    if isinstance(made, Correlation):
                        correlations.append(made)
                        waiting.append(made)
                    elif isinstance(made, Rule):
                        rules.append(made)


def _kind(made: Rule | Filter | Correlation) -> str:
    return type(made).__name__.lower()
