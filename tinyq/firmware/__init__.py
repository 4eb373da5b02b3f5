"""Firmware projects: writing them, building them with a toolchain, and reading what was built."""
