"""Economies: the table, its checks, its readers and its indicators."""

from .economy import ABROAD, CATEGORIES, Codes, Economy

__all__ = ["ABROAD", "CATEGORIES", "Codes", "Economy"]
