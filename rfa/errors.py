"""What goes wrong because of what was given: one line that says what, what was expected and what to do."""


class InputError(ValueError):
    """Bad input from outside: a setting, a run file, a report. Commands end with exit code 2 and this one line."""
