"""Tails of the normal law and of χ², in 80 digits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mpmath.ctx_mp import MPContext

from rfa.recheck.exact import DIGITS

MP: Any = MPContext()
MP.dps = DIGITS


def _back(x: Any) -> Decimal:
    return Decimal(MP.nstr(x, DIGITS))


def normal_below(x: Decimal) -> Decimal:
    """Φ(x)."""
    return _back(MP.ncdf(MP.mpf(str(x))))


def normal_density(x: Decimal) -> Decimal:
    """φ(x)."""
    return _back(MP.npdf(MP.mpf(str(x))))


def chi_square_above(d: int, x: Decimal) -> Decimal:
    """P(χ²_d > x)."""
    return _back(MP.gammainc(MP.mpf(d) / 2, MP.mpf(str(x)) / 2, MP.inf, regularized=True))
