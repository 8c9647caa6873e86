"""From text to a tree in which every value knows its file, line and column.

YAML 1.2 scalars: ``true`` and ``false`` are flags, ``yes``, ``no`` and ``NO`` are text, ``1e5`` is a number.
Tags, merge keys, repeated keys and numbers with a leading zero are errors; aliases expand to a limited number
of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .diagnostics import Diagnostic

MOST_BYTES = 4_000_000  # ten times a file of 1,000 measures
MOST_VALUES = 200_000  # after aliases are expanded
MOST_ENTRIES = 100_000  # lines and commas; a file of 1,000 measures has a fifth of it
MOST_OPEN = 1000  # brackets or dashes open at once before the parser is not even tried
DEEPEST = 100  # levels of nesting; scenario files need about ten

_INTEGER = re.compile(r"^[-+]?\d+$")
_FLOAT = re.compile(r"^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$")
_LEADING_ZERO = re.compile(r"^[-+]?0\d+$")
_CONSTANTS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_FULL_WIDTH = {
    "：": ":",
    "，": ",",
    "｛": "{",
    "｝": "}",
    "［": "[",
    "］": "]",
    "【": "[",
    "】": "]",
    "＃": "#",
    "　": " ",
}
_FULL_WIDTH_KEY = re.compile(r"^[\s-]*[A-Za-z_][\w.-]*\s*(：)")
_FULL_WIDTH_FLOW = re.compile(r"[，｛｝［］【】：]")
_OPEN_OR_CLOSE = re.compile(r"[\[\]{}\n]|-(?: +-)+")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


class Node:
    """A value with its place: text, number, flag, None, a dict of nodes or a list of nodes."""

    __slots__ = ("column", "file", "key_column", "key_file", "key_line", "line", "value")

    def __init__(self, value: Any, file: Source, line: int, column: int, key_line: int = 0, key_column: int = 0):
        self.value = value
        self.file = self.key_file = file
        self.line = line
        self.column = column
        self.key_line = key_line or line  # where its key stands, if it has one
        self.key_column = key_column or column

    def child(self, key: str | int) -> Node | None:
        """The node under a key or position, or None."""
        if isinstance(self.value, dict):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return None

    def at(self, path: tuple[str | int, ...]) -> Node | None:
        """The node at a path below this one, or None."""
        node: Node | None = self
        for key in path:
            node = node.child(key) if node is not None else None
        return node

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {k: n.plain() for k, n in self.value.items()}
        if isinstance(self.value, list):
            return [n.plain() for n in self.value]
        return self.value

    def copy(self, value: Any) -> Node:
        """A node at the same place with another value."""
        return Node(value, self.file, self.line, self.column).under(self)

    def under(self, other: Node) -> Node:
        """This node under the key of another one, which may stand in another file."""
        self.key_file, self.key_line, self.key_column = other.key_file, other.key_line, other.key_column
        return self

    def problem(self, code: str, message: str, key: bool = False, severity: str = "error") -> Diagnostic:
        """A diagnostic at this value, or at its key."""
        if key:
            return self.key_file.problem(code, message, self.key_line, self.key_column, severity)
        return self.file.problem(code, message, self.line, self.column, severity)

    def walk(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """This node and all below it, with their paths."""
        yield path, self
        if isinstance(self.value, dict):
            for key, node in self.value.items():
                yield from node.walk((*path, key))
        elif isinstance(self.value, list):
            for i, node in enumerate(self.value):
                yield from node.walk((*path, i))


class Source:
    """The text of one file, or of a value from the command line."""

    def __init__(self, name: str, text: str, path: Path | None = None):
        self.name = name
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.path = path
        self.lines = self.text.split("\n")

    def problem(self, code: str, message: str, line: int, column: int, severity: str = "error") -> Diagnostic:
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Diagnostic(self.name, line, column, code, severity, message, shown)


def read(path: Path, name: str = "") -> tuple[Source, list[Diagnostic]]:
    """Read a file as UTF-8, or as UTF-16 if its first bytes say so."""
    name = name or str(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            message = f"the file has {size / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f}: is it a scenario?"
            return Source(name, "", path), [Diagnostic(name, 1, 1, "SC012", "error", message)]
        raw = path.read_bytes()
    except OSError as error:
        message = f"cannot read the file: {(error.strerror or str(error)).lower()}"
        return Source(name, "", path), [Diagnostic(name, 1, 1, "SC012", "error", message)]
    try:
        coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        return Source(name, raw.decode(coding), path), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = "the file is not UTF-8 text (GBK, perhaps?); save it as UTF-8"
        return Source(name, "", path), [Diagnostic(name, line, column, "SC011", "error", message)]


def parse(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a source and its problems; None where nothing could be read."""
    if not source.text.strip():
        return None, [source.problem("SC002", "the file is empty", 1, 1)]
    hopeless = _too_deep(source) or _too_long(source)
    if hopeless:
        return None, [hopeless]
    try:
        root = yaml.compose(source.text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        return None, [_control_character(source, error)]
    except yaml.MarkedYAMLError as error:
        return None, _full_width(source) or [_syntax(source, error)]
    if root is None:
        return None, [source.problem("SC002", "the file is empty", 1, 1)]
    builder = _Builder(source)
    try:
        return builder.build(root), builder.problems
    except _TooDeep as error:
        message = f"nested deeper than {DEEPEST} levels"
        return None, [source.problem("SC001", message, error.mark.line + 1, error.mark.column + 1)]
    except _TooMany:
        message = f"aliases expand to more than {MOST_VALUES} values"
        place = builder.alias or root.start_mark
        return None, [source.problem("SC004", message, place.line + 1, place.column + 1)]


def scalar(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in "0123456789.-+":
        if _INTEGER.match(text):
            return int(text) if len(text) < 400 else text
        if _FLOAT.match(text):
            return float(text)
    return text


class _Loader(getattr(yaml, "CLoader", yaml.Loader)):  # type: ignore[misc]
    """The C parser without implicit types: the builder decides them."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return "!"


class _TooMany(Exception):
    """The aliases of a file expand to more values than anybody wrote by hand."""


class _TooDeep(Exception):
    """The values of a file are nested deeper than any scenario."""

    def __init__(self, mark: Any):
        self.mark = mark


class _Builder:
    """Turns PyYAML's nodes into ours, collecting problems."""

    def __init__(self, source: Source):
        self.source = source
        self.problems: list[Diagnostic] = []
        self.count = 0
        self.open: set[int] = set()
        self.seen: set[int] = set()
        self.alias: Any = None

    def build(self, node: Any, key: Any = None) -> Node:
        self.count += 1
        if id(node) in self.seen and self.alias is None and not isinstance(node, yaml.ScalarNode):
            self.alias = (key or node).start_mark
        self.seen.add(id(node))
        if self.count > MOST_VALUES or id(node) in self.open:
            raise _TooMany
        if len(self.open) > DEEPEST:
            raise _TooDeep(node.start_mark)
        mark = node.start_mark
        line, column = mark.line + 1, mark.column + 1
        if node.tag != "!" or self.source.lines[mark.line][mark.column : mark.column + 1] == "!":
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem("SC005", f"tag {tag} is not allowed", node)
        if isinstance(node, yaml.ScalarNode):
            value = node.value if node.style else self._scalar(node)
        else:
            self.open.add(id(node))
            mapping = isinstance(node, yaml.MappingNode)
            value = self._mapping(node) if mapping else [self.build(item) for item in node.value]
            self.open.discard(id(node))
        if key is None:
            return Node(value, self.source, line, column)
        start = key.start_mark
        return Node(value, self.source, line, column, start.line + 1, start.column + 1)

    def _scalar(self, node: Any) -> Any:
        text = node.value
        if _LEADING_ZERO.match(text):
            plain = text.lstrip("+-0") or "0"
            message = f"'{text}': a leading zero is ambiguous (octal?); write {plain} or quote it"
            self._problem("SC006", message, node)
        return scalar(text)

    def _mapping(self, node: Any) -> dict[str, Node]:
        result: dict[str, Node] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._problem("SC013", "a key must be plain text, not a list or a mapping", key)
                continue
            name = key.value
            if name == "<<" and not key.style:
                message = "merge key '<<' is not supported; use 'include' or 'variants'"
                self._problem("SC007", message, key)
                continue
            child = self.build(item, key)
            if name in result:
                first = result[name].key_line
                self._problem("SC009", f"key '{name}' appears twice (first on line {first})", key)
                continue
            result[name] = child
        return result

    def _problem(self, code: str, message: str, node: Any) -> None:
        mark = node.start_mark
        self.problems.append(self.source.problem(code, message, mark.line + 1, mark.column + 1))


# ---- what went wrong, in words --------------------------------------------------------------------------


def _too_deep(source: Source) -> Diagnostic | None:
    # The parser recurses in C: nesting without end must be caught before it runs.
    text = source.text
    if text.count("[") + text.count("{") + text.count("- -") <= MOST_OPEN:
        return None
    depth = line = 0
    for mark in _OPEN_OR_CLOSE.finditer(text):
        letter = mark[0]
        if letter == "\n":
            line += 1
        else:
            depth += 1 if letter in "[{" else -1 if letter in "]}" else 0
            if depth > MOST_OPEN or len(letter) > MOST_OPEN:
                column = mark.start() - text.rfind("\n", 0, mark.start())
                return source.problem("SC001", f"nested deeper than {DEEPEST} levels", line + 1, column)
    return None


def _too_long(source: Source) -> Diagnostic | None:
    # Every value ends at a line's end or a comma, so this bounds their number before the parser makes them.
    if source.text.count("\n") + source.text.count(",") <= MOST_ENTRIES:
        return None
    message = f"the file has more than {MOST_ENTRIES} lines and entries of lists: is it a scenario?"
    return source.problem("SC012", message, 1, 1)


def _control_character(source: Source, error: Any) -> Diagnostic:
    for number, line in enumerate(source.lines, start=1):
        for column, letter in enumerate(line, start=1):
            if not letter.isprintable() and letter not in "\t\u3000\xa0":
                message = f"character U+{ord(letter):04X} cannot stand in a text file; delete it"
                return source.problem("SC011", message, number, column)
    return source.problem("SC011", f"cannot read the text: {error.reason}", 1, 1)


def _full_width(source: Source) -> list[Diagnostic]:
    """Chinese punctuation where YAML needs the plain one."""
    found = []
    for number, line in enumerate(source.lines, start=1):
        bare = _QUOTED.sub(lambda m: "x" * len(m[0]), line).split(" #")[0]
        if bare.lstrip().startswith("#"):
            continue
        hits = [m.start(1) for m in (_FULL_WIDTH_KEY.match(bare),) if m]
        if re.search(r"[\[{]|[｛［【]", bare):
            hits += [m.start() for m in _FULL_WIDTH_FLOW.finditer(bare)]
        for at in sorted(set(hits)):
            found.append(full_width_problem(source, bare[at], number, at + 1))
    return found


def full_width_problem(source: Source, letter: str, line: int, column: int) -> Diagnostic:
    """A diagnostic for one character of a Chinese input method."""
    name = "colon " if letter == "：" else "comma " if letter == "，" else ""
    return source.problem("SC008", f"full-width {name}'{letter}' found; use '{_FULL_WIDTH[letter]}'", line, column)


def first_full_width(text: str) -> str | None:
    """The first full-width punctuation mark of a text, if it has one."""
    return next((c for c in text if c in _FULL_WIDTH), None)


def _syntax(source: Source, error: Any) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    line, column = mark.line + 1, mark.column + 1
    text = source.lines[mark.line] if mark.line < len(source.lines) else ""
    what, context = str(error.problem or "cannot be read"), str(error.context or "")
    if "expected a single document" in context:
        message = "more than one YAML document ('---'); use one scenario per file"
        return source.problem("SC003", message, line, column)
    if "undefined alias" in what:
        message = f"{what}; values that start with @, %, backtick, * or & need quotes"
        return source.problem("SC001", message, line, column)
    while not text.strip() and line > 1 and "end" in what:  # the parser stops after the last line
        line, text = line - 1, source.lines[line - 2]
        column = len(text) + 1
    return source.problem("SC001", what + _advice(what, context, text, mark, error), line, column)


def _advice(what: str, context: str, text: str, mark: Any, error: Any) -> str:
    letter = text[mark.column : mark.column + 1]
    opened = error.context_mark.line + 1 if error.context_mark else 0
    if letter == "\t" or text[: len(text) - len(text.lstrip())].count("\t"):
        return "; indent with spaces, not tabs"
    if "cannot start any token" in what or "alphabetic or numeric" in what:
        return "; values that start with @, %, backtick, * or & need quotes"
    if "mapping values are not allowed" in what:
        if re.search(r":\s.*:(\s|$)", text):
            return "; a text that contains ': ' needs quotes"
        return "; check the indentation of this line and the one before"
    if "',' or" in what:
        return f" (opened on line {opened})"
    if "unexpected end of stream" in what and "quoted" in context:
        return f"; the quote opened on line {opened} is not closed"
    if "expected key" in what or "block end" in what or "expected '-'" in what:
        return "; check the indentation of this line"
    if "could not find expected ':'" in what:
        return "; a key needs ': ' after it"
    return ""
