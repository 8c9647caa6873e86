"""Studies: variants x points of a sweep x draws of scenarios, written as they come and resumed after a kill."""

from .view import Study, open_study
from .work import study

__all__ = ["Study", "open_study", "study"]
