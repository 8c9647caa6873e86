"""simcore: what a package of measures does to output, by sector, region, ownership and month."""

__version__ = "0.1.0"
