"""Toolchains that can build a firmware: each module defines ``PROVIDER``."""
