"""Where compiled kernels are kept between runs.

numba's own cache watches one file at a time, so a kernel that calls an edited one in another file would go
on with the old code. Here all kernels share a folder under a hash of their sources and of the versions that
compiled them: any change starts an empty folder, so that kernels may call each other across files. Several
processes may use one folder: numba replaces its files whole.
``NUMBA_CACHE_DIR`` in the environment overrides the place in which that folder lies.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba

VARIABLE = "NUMBA_CACHE_DIR"
COMPILERS = ("numba", "llvmlite", "numpy")  # their versions decide what code comes out


def prepare() -> None:
    """Make numba keep kernels in the cache folder, or compile afresh, with one warning, where that fails."""
    folder = cache_folder()
    if not _writable(folder):
        _compile_uncached()
        warnings.warn(
            f"cannot write compiled kernels to {folder}: they are compiled again in each run; "
            f"set {VARIABLE} to a folder that can be written to",
            stacklevel=3,
        )
    else:
        # Not by the environment: it would reach child processes, whose versions may be others.
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]


def cache_folder() -> Path:
    """``kernels-<hash>`` in the folder that NUMBA_CACHE_DIR names, or in ``simcore`` of the user's cache folder."""
    wanted = os.environ.get(VARIABLE)
    return (Path(wanted) if wanted else user_cache() / "simcore") / f"kernels-{sources_hash()}"


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


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without an entry in the password file
        return Path(os.devnull)  # under which nothing can be written


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _compile_uncached() -> None:
    """Let ``cache=True`` do nothing for our kernels: numba itself would refuse to compile them."""
    from numba.core.dispatcher import Dispatcher

    enable: Callable[[Any], None] = Dispatcher.enable_caching

    def only_for_others(self: Any) -> None:
        if not self.py_func.__module__.startswith("simcore."):
            enable(self)

    Dispatcher.enable_caching = only_for_others  # type: ignore[method-assign]
