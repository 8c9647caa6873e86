"""Where compiled kernels are kept between runs.

numba's own cache watches one file at a time, so a kernel that calls an edited one in another file would go on with
the old code. Here all kernels share a folder under a hash of their sources and of the versions that compiled them:
any change starts an empty folder, so that kernels may call each other across files. In it each kernel has one file
for each set of argument types and each kind of processor. A file is written whole or not at all and tells by its own
hash whether it is sound, so any number of processes may read and write at once, and be killed meanwhile.
``NUMBA_CACHE_DIR`` in the environment overrides the place in which that folder lies.

Each version of simcore or of a compiler leaves such a folder behind. Who makes a new one in the user's cache removes
those that nobody has used for ``UNUSED_DAYS``; a run notes its use in the folder's time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import sys
import time
import uuid
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

VARIABLE = "NUMBA_CACHE_DIR"
COMPILERS = ("numba", "llvmlite", "numpy")  # their versions decide what code comes out
OURS = "simcore.kernels."
SUFFIX = ".kernel"
UNUSED_DAYS = 90.0
_FOLDER = re.compile(r"kernels-[0-9a-f]{16}")
_FILE = re.compile(rf".*{re.escape(SUFFIX)}(\.[0-9a-f]{{8}})?")  # a kernel, or what a killed process left of one
_used: set[str] = set()  # names of the files that this process read or wrote


def prepare() -> None:
    """Make numba keep our kernels in the cache folder; where that cannot be written, they are compiled in each run."""
    enable: Callable[[Any], None] = Dispatcher.enable_caching

    def enable_ours(self: Any) -> None:
        if self.py_func.__module__.startswith(OURS):
            self._cache = KernelCache(self.py_func)
        else:
            enable(self)

    # Not by numba's settings, which hold for the kernels of others, too, nor by the environment of child processes.
    Dispatcher.enable_caching = enable_ours  # type: ignore[method-assign]


class KernelCache(_Cache):  # type: ignore[misc]  # numba has no types
    """The compiled forms of one kernel, for numba to look up before it compiles and to add to afterwards."""

    def __init__(self, function: Any) -> None:
        self._name = f"{function.__module__.removeprefix(OURS)}.{function.__qualname__}"
        self._folder = cache_folder()
        self._enabled = True

    @property
    def cache_path(self) -> str:
        return str(self._folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled form for a signature; None where none is kept, or what is kept is damaged."""
        if not self._enabled:
            return None
        path = self._file(sig, target_context)
        content = _sound(path)
        if content is None:
            return None
        # A kernel that is there needs numba's run-time only; numba's own cache also loads all that compiling would
        # need, scipy's linear algebra included, which takes longer than everything else here.
        rtsys.initialize(target_context)
        found = CompileResult._rebuild(target_context, *pickle.loads(content))
        _used.add(path.name)
        _note_use(self._folder)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled; where that fails, say so once and go on."""
        if not self._enabled or data.library.has_dynamic_globals:
            return
        path = self._file(sig, data.target_context)
        new = not self._folder.is_dir()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, dumps(data._reduce()))
        except OSError:
            if not path.is_file():  # else another process was quicker
                _warn(self._folder)
        else:
            _used.add(path.name)
            if new and not os.environ.get(VARIABLE):
                remove_unused(self._folder)

    def enable(self) -> None:
        self._enabled = True

    def disable(self) -> None:
        self._enabled = False

    def flush(self) -> None:
        for path in self._folder.glob(f"{self._name}-*{SUFFIX}"):
            path.unlink(missing_ok=True)

    def _file(self, sig: Any, target_context: Any) -> Path:
        """The name says what the code depends on besides the sources: types of the arguments, processor."""
        key = repr((sig, target_context.codegen().magic_tuple()))
        return self._folder / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}{SUFFIX}"


def used() -> tuple[str, ...]:
    """Names of the files in the cache folder that this process has read or written."""
    return tuple(sorted(_used))


@cache
def cache_folder() -> Path:
    """``kernels-<hash>`` in the folder that NUMBA_CACHE_DIR names, or in ``simcore`` of the user's cache folder."""
    wanted = os.environ.get(VARIABLE)
    return (Path(wanted) if wanted else user_cache() / "simcore") / f"kernels-{sources_hash()}"


def remove_unused(own: Path) -> None:
    """Remove folders of kernels beside one's own that were not used for ``UNUSED_DAYS``; what is not ours stays."""
    for folder in own.parent.glob("kernels-*"):
        if folder == own or not _FOLDER.fullmatch(folder.name) or folder.is_symlink():
            continue
        with suppress(OSError):  # another process was quicker, or uses it: then it stays
            entries = list(os.scandir(folder))
            ours = all(e.is_file(follow_symlinks=False) and _FILE.fullmatch(e.name) for e in entries)
            files = [e.stat(follow_symlinks=False) for e in entries]
            # The folder's own time of reading says no more than that somebody, this loop say, looked at what it holds.
            used_last = max([folder.stat().st_mtime, *(max(f.st_mtime, f.st_atime) for f in files)])
            if ours and used_last < time.time() - UNUSED_DAYS * 86400.0:
                for entry in entries:
                    os.unlink(entry.path)
                folder.rmdir()


@cache
def _note_use(folder: Path) -> None:
    """Set the folder's time to now; not every file system keeps when files were read."""
    with suppress(OSError):  # one that can only be read
        os.utime(folder)


def user_cache() -> Path:
    """The operating system's place for files that may be lost without harm."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")


def sources_hash(folder: Path | None = None) -> str:
    """16 hexadecimal digits that change with any kernel's source and with the versions that compile it."""
    digest = hashlib.sha256(sys.version.encode())
    for package in COMPILERS:
        digest.update(f"\0{package} {version(package)}".encode())
    for path in sorted((folder or Path(__file__).parent).glob("*.py")):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def processor() -> str:
    """16 hexadecimal digits that differ between processors for which different code is compiled."""
    from numba.core.registry import cpu_target

    return hashlib.sha256(repr(cpu_target.target_context.codegen().magic_tuple()).encode()).hexdigest()[:16]


def _sound(path: Path) -> bytes | None:
    """What a file holds, None where it is not there or not what was written: a bad disk, a foreign hand."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    stamp, content = content[:32], content[32:]
    return content if hashlib.sha256(content).digest() == stamp else None


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and rename it, so that its own name never holds half of it."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.write_bytes(hashlib.sha256(content).digest() + content)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without an entry in the password file
        return Path(os.devnull)  # under which nothing can be written


@cache
def _warn(folder: Path) -> None:
    warnings.warn(
        f"cannot write compiled kernels to {folder}: they are compiled again in each run; "
        f"set {VARIABLE} to a folder that can be written to",
        stacklevel=2,
    )
