"""What commands report, as typed values: tables for a terminal, JSON for programs, pages for people."""
