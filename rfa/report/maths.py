"""Formulas in words of a report (`‖w_j(t)‖ ≤ 2bαt`) as HTML with MathML; nothing is left out, nothing is guessed.

A text is cut at its spaces outside brackets. English words and references (E17, L14) stay text; every other
piece becomes a <math> element of its own, so that lines can break between them. Fractions stay on the line as they
are written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from markupsafe import Markup, escape

NAMES = {"log", "exp", "min", "max", "sgn", "arg", "inf", "sup", "diag", "NAC", "AO", "cnt"}
"""Names of functions, set upright."""

CONSTANT = re.compile(r"[Ccμ][0-3]")
REFERENCE = re.compile(r"[A-Z]{1,2}\d+[a-z]?(\.[a-z]+)*|U-\w+|NAC|AO|RP")
WORD = re.compile(r"[A-Za-z][A-Za-z’'-]+[.,;:]?|a|\(?[ivx]+(, ?[ivx]+)*\)")
KEY = re.compile(r"[a-z]\w+_[a-z]{3,}")
PRODUCTS = {"md", "nd", "mn", "bt", "ab"}
"""Two letters that are a product and no word."""

WORD_LENGTH = 4
"""So many letters in a row are a word where a subscript stands."""

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
OPEN, CLOSE = "([{⟨", ")]}⟩"
OPERATORS = set("+−±·×/=≠<>≤≥≈∈∉⊥⊂∩∪∀∃Σ∏→↦:;,!*")

TOKEN = re.compile(
    r"\d+(?:\.\d+)?(?:e[+-]?\d+)?|" + "|".join(sorted(NAMES)) + r"|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|[₀₁₂₃₄₅₆₇₈₉]+|\s+|.[\u0300-\u036f]*",
    re.S,
)


@cache
def maths(text: str) -> Markup:
    """`text` as HTML: words as text, the rest as MathML."""
    found = pieces(unicodedata.normalize("NFC", text))
    article = len(found) > 1 and found[0] == "A" and found[1].isalpha() and is_text(found[1])
    return Markup(" ").join(escape(p) if k == 0 and article else _piece(p) for k, p in enumerate(found))


def pieces(text: str) -> list[str]:
    """The text cut at its spaces, those apart that stand in brackets around a formula."""
    held = _held(text)
    cut = "".join("\0" if c.isspace() and k not in held else c for k, c in enumerate(text))
    return [piece for piece in cut.split("\0") if piece]


def _held(text: str) -> set[int]:
    """The places inside brackets that are closed again and hold no English words."""
    begun: list[int] = []
    held: set[int] = set()
    for k, c in enumerate(text):
        if c in OPEN:
            begun.append(k)
        elif c in CLOSE and begun:
            start = begun.pop()
            words = re.findall(r"(?:^|(?<=\s))[a-z]{2,}(?=[\s,;.]|$)", text[start + 1 : k])
            held |= set() if set(words) - NAMES - PRODUCTS else set(range(start, k))
    return held


def _piece(piece: str) -> Markup:
    """One piece between spaces."""
    bare = piece.strip(".,;:")
    if is_text(bare) or not bare:
        return escape(piece)
    if code := re.fullmatch(r"`([^`]+)`([.,;:]?)", piece):
        return Markup("<code>{}</code>{}").format(*code.groups())
    core = piece.rstrip(".,;:")
    after = Markup("<mtext>{}</mtext>").format(piece[len(core) :]) if len(core) < len(piece) else Markup("")
    return Markup("<math>{}{}</math>").format(Markup("").join(_row(_tokens(core))), after)


def is_text(piece: str) -> bool:
    """Whether a piece is an English word, a reference or a lone sign, rather than a formula."""
    if piece in PRODUCTS or piece in NAMES or CONSTANT.fullmatch(piece):
        return False
    if all(c in OPERATORS or not c.isalnum() for c in piece):
        return not any(c in "√∞ℓ′" for c in piece)
    piece = piece.strip("()") if piece.strip("()").isalpha() else piece
    if KEY.fullmatch(piece):
        return True
    return bool(
        WORD.fullmatch(piece) or REFERENCE.fullmatch(piece.strip("()")) or re.fullmatch(r"[A-Za-z’'-]{3,}[).]*", piece)
    )


def _tokens(text: str) -> list[str]:
    """The tokens of a formula, without spaces beside operators, which bring their own."""
    found = TOKEN.findall(text)
    beside = [{*found[max(0, k - 1) : k], *found[k + 1 : k + 2]} & OPERATORS for k in range(len(found))]
    return [t for t, near in zip(found, beside, strict=True) if not (t.isspace() and near)]


def _row(tokens: Sequence[str]) -> Iterator[Markup]:
    """The tokens of a formula with their sub- and superscripts."""
    k = 0
    while k < len(tokens):
        if tokens[k] in "−+" and k > 0 and tokens[k - 1] in OPEN + "|,;=<>≤≥":
            yield Markup('<mo form="prefix">{}</mo>').format(tokens[k])
            k += 1
            continue
        base, k = _atom(tokens, k)
        sub, sup, k = _scripts(tokens, k)
        yield _scripted(base, sub, sup)


def _atom(tokens: Sequence[str], k: int) -> tuple[Markup, int]:
    """The element that begins at token k, and the token after it."""
    token = tokens[k]
    if token == "√" and k + 1 < len(tokens) and (tokens[k + 1] == "(" or tokens[k + 1].isalnum()):
        if tokens[k + 1] != "(":
            inner, k = _atom(tokens, k + 1)
            return Markup("<msqrt>{}</msqrt>").format(inner), k
        end = _closing(tokens, k + 1)
        inside = Markup("").join(_row(tokens[k + 2 : end]))
        return Markup("<msqrt>{}</msqrt>").format(inside), end + 1
    return _leaf(token), k + 1


def _leaf(token: str) -> Markup:
    if token.isspace():
        return Markup('<mspace width=".25em"/>')
    if token[0].isdigit():
        return Markup("<mn>{}</mn>").format(token)
    if token in NAMES or token in "‖|":
        return Markup("<mtext>{}</mtext>").format(token)
    if token[0].isalpha() or token in "∞½¼¾⅓":
        return Markup("<mi>{}</mi>").format(token)
    if token == "/":
        return Markup('<mo lspace="0" rspace="0">/</mo>')
    return Markup("<mo>{}</mo>").format("′" if token == "'" else token)


def _scripts(tokens: Sequence[str], k: int) -> tuple[Markup | None, Markup | None, int]:
    """Sub- and superscript that follow token k - 1."""
    sub: Markup | None = None
    sup: Markup | None = None
    while k < len(tokens):
        token = tokens[k]
        if (sub if token == "_" else sup) is None and token in "_^" and k + 1 < len(tokens):
            script, k = _argument(tokens, k + 1)
            sub, sup = (script, sup) if token == "_" else (sub, script)
        elif sup is None and token[0] in RAISED:
            sup, k = Markup("<mn>{}</mn>").format("".join(RAISED[c] for c in token)), k + 1
        elif sub is None and token[0] in LOWERED:
            sub, k = Markup("<mn>{}</mn>").format("".join(LOWERED[c] for c in token)), k + 1
        elif sub is None and CONSTANT.fullmatch(tokens[k - 1] + token):
            sub, k = Markup("<mn>{}</mn>").format(token), k + 1
        else:
            break
    return sub, sup, k


def _argument(tokens: Sequence[str], k: int) -> tuple[Markup, int]:
    """What stands behind `_` or `^`: a token, a word, a signed token, or a bracketed row without its braces."""
    if tokens[k] not in "({":
        end = k + 1
        while end < len(tokens) and tokens[end].isascii() and "".join(tokens[k : end + 1]).isalpha():
            end += 1
        if end - k >= WORD_LENGTH:
            return Markup("<mtext>{}</mtext>").format("".join(tokens[k:end])), end
        if tokens[k] == "−" and k + 1 < len(tokens):
            return Markup("<mrow><mo>−</mo>{}</mrow>").format(_leaf(tokens[k + 1])), k + 2
        return _leaf(tokens[k]), k + 1
    end = _closing(tokens, k)
    inside = tokens[k + 1 : end] if tokens[k] == "{" or end - k <= 3 else tokens[k : end + 1]
    return Markup("<mrow>{}</mrow>").format(Markup("").join(_row(inside))), end + 1


def _closing(tokens: Sequence[str], k: int) -> int:
    """The place of the bracket that closes the one at k, counting its kind alone; the end if there is none."""
    begin, end = tokens[k], CLOSE[OPEN.index(tokens[k])]
    depth = 0
    for at in range(k, len(tokens)):
        depth += (tokens[at] == begin) - (tokens[at] == end)
        if depth == 0:
            return at
    return len(tokens)


def _scripted(base: Markup, sub: Markup | None, sup: Markup | None) -> Markup:
    if sub is not None and sup is not None:
        return Markup("<msubsup>{}{}{}</msubsup>").format(base, sub, sup)
    if sub is not None:
        return Markup("<msub>{}{}</msub>").format(base, sub)
    return base if sup is None else Markup("<msup>{}{}</msup>").format(base, sup)
