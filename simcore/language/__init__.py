"""The scenario language: text with positions, schema, composition, checks."""
