"""Several files into one tree: ``extends``, ``include``, ``$parameters``, overrides; origins are kept."""

from __future__ import annotations

import re
from pathlib import Path

from .diagnostics import Diagnostic
from .schema import DEFINITIONS, INCLUDED_KEYS, MEASURES_KEYS, TOP_KEYS
from .shape import did_you_mean
from .source import Node, Source, first_full_width, full_width_problem, parse, read, scalar

REFERENCE = re.compile(r"^\$([A-Za-z_][\w-]*)$")
_NAME = re.compile(r"^[A-Za-z_][\w-]*$")
NAMESPACES = ("parameters", "selectors", "profiles")  # what ``$name`` may refer to
MOST_TOLD = 200  # problems of one sort: nobody reads more, and a hostile file has a million


class Files:
    """The files of one scenario: where they may lie, and the problems found on the way.

    Parameters
    ----------
    roots : folders
        Files outside these folders are refused: the scenario's own folder and the shipped scenarios.
    """

    def __init__(self, roots: tuple[Path, ...]):
        self.roots = tuple(r.resolve() for r in roots)
        self.problems: list[Diagnostic] = []
        self._parts: dict[Path, Node | None] = {}  # by file: one that is included on two paths counts once

    def load(self, path: Path) -> Node | None:
        """The tree of a scenario with its parents and inclusions merged in, or None."""
        return self._load(path, path.as_posix(), (path.resolve(),), TOP_KEYS)

    def _load(self, path: Path, name: str, stack: tuple[Path, ...], keys: tuple[str, ...]) -> Node | None:
        source, problems = read(path, name)
        self.problems += problems
        root = None
        if not problems:
            root, problems = parse(source)
            self.problems += problems
        if root is None:
            return None
        if not isinstance(root.value, dict):
            self._not_a_mapping(source, root)
            return None
        self._unknown_keys(root, keys, path)
        return self._parent(self._included(root, path, stack), path, stack)

    def _not_a_mapping(self, source: Source, root: Node) -> None:
        found = "list" if isinstance(root.value, list) else "a single value"
        letter = first_full_width(root.value) if isinstance(root.value, str) else None
        if letter:
            line = next(i for i, text in enumerate(source.lines, start=1) if letter in text)
            column = source.lines[line - 1].index(letter) + 1
            self.problems.append(full_width_problem(source, letter, line, column))
        else:
            what = f"a scenario must be a mapping of keys to values, found {found}"
            self.problems.append(root.problem("SC010", what))

    def _unknown_keys(self, root: Node, keys: tuple[str, ...], path: Path) -> None:
        unknown = [k for k in root.value if k not in keys]
        for key in unknown[:MOST_TOLD]:
            self.problems.append(unknown_key(root.value[key], key, keys))
        if len(unknown) > MOST_TOLD:
            message = f"and {len(unknown) - MOST_TOLD} more unknown keys"
            self.problems.append(root.value[unknown[MOST_TOLD]].problem("SC020", message, key=True))
        for key in unknown:
            del root.value[key]

    def _included(self, root: Node, path: Path, stack: tuple[Path, ...]) -> Node:
        listed = root.value.pop("include", None)
        items = listed.value if listed is not None else []
        if not isinstance(items, list):
            items = [listed] if isinstance(items, str) else []
            if not items:
                self.problems.append(listed.problem("SC029", "'include' is a list of files, [common/selectors.yaml]"))
        for item in items:
            found = self._find(item, path, stack)
            if found is None:
                continue
            part = self._part(found, path, stack)
            if part is not None:
                self._add(root, part)
        return root

    def _part(self, found: Path, path: Path, stack: tuple[Path, ...]) -> Node | None:
        file = found.resolve()
        if file not in self._parts:
            self._parts[file] = self._load(found, _shown(found, path), (*stack, file), INCLUDED_KEYS)
        return self._parts[file]

    def _add(self, root: Node, part: Node) -> None:
        """Bring in the definitions and measures of an included file; no id may be there already."""
        for section in (*DEFINITIONS, *MEASURES_KEYS):
            new = part.value.get(section)
            if new is None or not isinstance(new.value, dict):
                if new is not None:
                    self.problems.append(named_entries(new, section))
                continue
            own = root.value.setdefault(section, new.copy({}))
            if not isinstance(own.value, dict):
                continue
            for key, node in new.value.items():
                first = own.value.get(key)
                if first is not None and first is not node:
                    where = f"{first.key_file.name}:{first.key_line}"
                    message = f"'{key}' is defined twice (also in {where})"
                    self.problems.append(node.problem("SC425", message, key=True))
                else:
                    own.value[key] = node

    def _parent(self, root: Node, path: Path, stack: tuple[Path, ...]) -> Node:
        item = root.value.pop("extends", None)
        if item is None:
            return root
        found = self._find(item, path, stack)
        if found is None:
            return root
        parent = self._load(found, _shown(found, path), (*stack, found.resolve()), TOP_KEYS)
        return merged(parent, root) if parent is not None else root

    def _find(self, item: Node, path: Path, stack: tuple[Path, ...]) -> Path | None:
        """The file that an ``include`` or ``extends`` names, or None with a problem noted."""
        if not isinstance(item.value, str):
            self.problems.append(item.problem("SC029", "expected the name of a file"))
            return None
        tried = [path.parent / item.value, *(root / item.value for root in self.roots)]
        found = next((p for p in tried if p.is_file()), None)
        if found is None:
            near = sorted(p.name for p in tried[0].parent.glob("*.yaml")) if tried[0].parent.is_dir() else []
            advice = did_you_mean(Path(item.value).name, near)
            self.problems.append(item.problem("SC420", f"there is no file '{item.value}' beside this one{advice}"))
            return None
        if not any(found.resolve().is_relative_to(root) for root in self.roots):
            message = f"'{item.value}' lies outside the folder of the scenario; copy it there"
            self.problems.append(item.problem("SC422", message))
            return None
        if found.resolve() in stack:
            names = " -> ".join(p.name for p in (*stack[stack.index(found.resolve()) :], found))
            self.problems.append(item.problem("SC423", f"files include each other in a circle: {names}"))
            return None
        return found


def _shown(found: Path, beside: Path) -> str:
    """A file's name as messages print it: relative to the scenario's folder where possible."""
    folder = beside.parent.resolve()
    inside = found.resolve().is_relative_to(folder)
    return (beside.parent / found.resolve().relative_to(folder)).as_posix() if inside else found.as_posix()


def merged(parent: Node, child: Node) -> Node:
    """Maps merge by key; scalars and lists of the child replace those of the parent."""
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return child
    result = dict(parent.value)
    for key, node in child.value.items():
        result[key] = merged(result[key], node) if key in result else node
    return child.copy(result)


def unknown_key(node: Node, key: str, known: tuple[str, ...] | list[str]) -> Diagnostic:
    """The diagnostic of a key that the language does not have here."""
    letter = first_full_width(key)
    if letter:
        return full_width_problem(node.key_file, letter, node.key_line, node.key_column + key.index(letter))
    return node.problem("SC020", f"unknown key '{key}'{did_you_mean(key, known, 8)}", key=True)


def named_entries(node: Node, section: str) -> Diagnostic:
    """The diagnostic of a section that should map names to entries."""
    if isinstance(node.value, str) and first_full_width(node.value):
        letter = first_full_width(node.value) or ""
        return full_width_problem(node.file, letter, node.line, node.column + node.value.index(letter))
    if section in MEASURES_KEYS or isinstance(node.value, list):
        message = f"'{section}' needs a name for each entry: write 'name:' and indent its content"
    else:
        message = f"'{section}' must be a mapping of names to entries"
    return node.problem("SC029", message, key=True)


# ---- references ----------------------------------------------------------------------------------------


class References:
    """Replaces ``$name`` by what is defined under it, and remembers where each definition is used."""

    def __init__(self, root: Node):
        self.problems: list[Diagnostic] = []
        self.uses: dict[str, list[tuple[str | int, ...]]] = {}  # dotted path of the definition: places
        self.defined: dict[str, tuple[str, Node]] = {}
        for section in NAMESPACES:
            block = root.value.get(section)
            if block is None:
                continue
            if not isinstance(block.value, dict):
                self.problems.append(named_entries(block, section))
                continue
            for name, node in block.value.items():
                self._define(section, name, node)

    def _define(self, section: str, name: str, node: Node) -> None:
        if not _NAME.match(name):
            message = f"'{name}' cannot be referred to: use letters, digits and _"
            self.problems.append(node.problem("SC026", message, key=True))
        if name in self.defined:
            first = self.defined[name][1]
            message = f"'{name}' is defined twice (also in {first.key_file.name}:{first.key_line})"
            self.problems.append(node.problem("SC425", message, key=True))
        self.defined[name] = (f"{section}.{name}", node)

    def resolve(self, node: Node, path: tuple[str | int, ...], open_names: tuple[str, ...] = ()) -> Node:
        """The node with all references below it replaced; the node itself if there are none."""
        value = node.value
        if isinstance(value, str):
            match = REFERENCE.match(value) if value.startswith("$") else None
            return self._target(node, match[1], path, open_names) if match else node
        if isinstance(value, dict):
            new = {k: self.resolve(n, (*path, k), open_names) for k, n in value.items()}
            return node if all(new[k] is value[k] for k in value) else node.copy(new)
        if isinstance(value, list):
            items = [self.resolve(n, (*path, i), open_names) for i, n in enumerate(value)]
            return node if all(a is b for a, b in zip(items, value, strict=True)) else node.copy(items)
        return node

    def _target(self, node: Node, name: str, path: tuple[str | int, ...], open_names: tuple[str, ...]) -> Node:
        if name in open_names:
            message = f"parameter '${name}' refers to itself"
            self.problems.append(node.problem("SC424", message))
            return node.copy(None)
        if name not in self.defined:
            if len(self.problems) < MOST_TOLD:
                advice = did_you_mean(name, self.defined)
                self.problems.append(node.problem("SC408", f"parameter '${name}' is not defined{advice}"))
            return node.copy(None)
        where, target = self.defined[name]
        self.uses.setdefault(where, []).append(path)
        found = self.resolve(target, path, (*open_names, name))
        # The key stays where the reference stands, the value where it is defined.
        return Node(found.value, found.file, found.line, found.column).under(node)


# ---- overrides -----------------------------------------------------------------------------------------


def override(root: Node, path: tuple[str, ...], new: Node) -> Node:
    """The tree with another node at a path; maps on the way are copied, nothing is changed in place."""
    if not path:
        return Node(new.value, new.file, new.line, new.column).under(root)
    key: str | int = path[0]
    if isinstance(root.value, list):
        index = int(path[0])
        items = list(root.value)
        items[index] = override(items[index], path[1:], new)
        return root.copy(items)
    old = root.value.get(key) if isinstance(root.value, dict) else None
    block = dict(root.value) if isinstance(root.value, dict) else {}
    block[key] = override(old if old is not None else new.copy({}), path[1:], new)
    return root.copy(block)


def from_command_line(text: str, name: str = "--set") -> tuple[str, Node | None, list[Diagnostic]]:
    """Path and value of ``path=value`` as given to ``--set``; problems are placed in ``name``."""
    path, equals, value = text.partition("=")
    source = Source(name, text)
    path = path.strip()
    if not equals or not path:
        return path, None, [source.problem("SC426", f"cannot read '{text}'; write path=value", 1, 1)]
    column = len(text) - len(value) + 1
    value = value.strip()
    if value[:1] in "[{\"'":
        node, problems = parse(Source(name, value))
        return path, node, problems
    return path, Node(scalar(value), source, 1, column, 1, 1), []
