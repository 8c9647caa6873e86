"""Calibrations from a user's own table: a recipe of ``kind: table`` becomes an economy that scenarios run on."""
