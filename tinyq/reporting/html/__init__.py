"""Pages for people: one self-contained file that opens offline."""
