"""What goes wrong because of what was given: one line that says what, what was expected and what to do."""


from reprlib import Repr
from typing import Any

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def shown(value: Any) -> str:
    """A value from outside as an error names it; a long one is cut in its middle."""
    return _SHORT.repr(value)


class InputError(ValueError):
    """Bad input from outside: a setting, a run file, a report. Commands end with exit code 2 and this one line."""
