"""Integers for floats: statistics, ranges, recipes, transforms and roundings."""
