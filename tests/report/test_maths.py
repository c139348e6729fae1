import re
from html import unescape
from xml.etree import ElementTree as xml

import pytest
from hypothesis import example, given, strategies as st

from checks import PAPER
from rfa.audit import verify
from rfa.report.maths import maths, pieces
from tests.runs import loose

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉", "0123456789−0123456789")


def letters(text):
    """What a reader sees of a text, in any order and without marks of layout."""
    return sorted(re.sub(r"[\s_^{}()`'′√]", "", text.translate(RAISED)))


def shown(markup):
    return unescape(re.sub(r"<[^>]*>", "", str(markup)))


def tree(markup):
    return xml.fromstring(f"<p>{markup}</p>")


def says():
    found = {row["says"] for _, row in verify(loose()).rows()}
    return sorted(found | {s.words for s in PAPER.results} | {*PAPER.gaps.values(), *PAPER.readings.values()})


def test_nothing_is_lost_in_any_text_of_the_paper():
    texts = says()
    assert len(texts) > 300
    for text in texts:
        assert letters(shown(maths(text))) == letters(text), text
        tree(maths(text))


@given(st.text(st.sampled_from("abxW ⟨⟩()_^{}√²₂/‖|,<&>\"'`−+≤μξ0127C"), max_size=30))
@example("√(⟩")
@example("x_(⟩)")
def test_any_text_becomes_well_formed_markup_that_says_the_same(text):
    assert letters(shown(maths(text))) == letters(text)
    tree(maths(text))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("w_j", "<math><msub><mi>w</mi><mi>j</mi></msub></math>"),
        ("s²", "<math><msup><mi>s</mi><mn>2</mn></msup></math>"),
        ("C0", "<math><msub><mi>C</mi><mn>0</mn></msub></math>"),
        ("I^C_μ", "<math><msubsup><mi>I</mi><mi>μ</mi><mi>C</mi></msubsup></math>"),
        ("√d", "<math><msqrt><mi>d</mi></msqrt></math>"),
        ("√(md)", "<math><msqrt><mi>m</mi><mi>d</mi></msqrt></math>"),
        ("(−x)", '<math><mo>(</mo><mo form="prefix">−</mo><mi>x</mi><mo>)</mo></math>'),
        ("E17 and L14", "E17 and L14"),
        ("A good run", "A good run"),
        ("A ≤ 1", "<math><mi>A</mi></math> ≤ <math><mn>1</mn></math>"),
        ("x<y", "<math><mi>x</mi><mo>&lt;</mo><mi>y</mi></math>"),
        ("a &", "a &amp;"),
    ],
)
def test_formulas_are_set_as_mathematics_and_words_as_words(text, markup):
    assert maths(text) == markup


def test_lines_can_break_outside_brackets_only():
    assert pieces("d ≥ C max{log(n), log(m)}") == ["d", "≥", "C", "max{log(n), log(m)}"]
    assert pieces("true (for all clusters), f(a, b)") == ["true", "(for", "all", "clusters),", "f(a, b)"]
    assert pieces("(L6, with C as on f(a, b) ≤ 1), 1/(2 C)") == [
        "(L6,", "with", "C", "as", "on", "f(a, b)", "≤", "1),", "1/(2 C)",
    ]  # fmt: skip
    assert pieces("not (closed here") == ["not", "(closed", "here"]
