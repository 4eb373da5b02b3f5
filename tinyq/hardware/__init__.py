"""Boards, cores and accelerators: what is known of each, and what an accelerator runs."""
