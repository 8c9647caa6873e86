"""``python -m simcore`` is the command ``simcore``."""

from .cli import main

main()
