"""One module per operator or kernel variant; all of them are found by being here."""
