import json
from copy import deepcopy
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from rfa import InputError
from rfa.report import Report, read
from rfa.report.schema import schema, to_json, validate
from tests.report.toys import REFUTED, link, raising, report, toy


@cache
def sample():
    return report(
        toy("Z1", parts=[link("E1", True), link("E1", False, printed=True)]),
        toy("Z2", **REFUTED),
        raising("Z3", TypeError()),
    )


def test_the_schema_is_a_valid_2020_12_schema():
    Draft202012Validator.check_schema(schema())


def test_a_report_survives_writing_and_reading(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(to_json(sample()), encoding="utf-8")

    assert read(path).document == json.loads(json.dumps(sample().to_dict()))


def test_the_copy_that_to_dict_gives_is_the_callers_own():
    sample().to_dict()["statements"].clear()

    assert len(sample().statements) == 3


def corrupted(*path, value=None, drop=False):
    document = deepcopy(sample().to_dict())
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return document


CORRUPTIONS = [
    (corrupted("schema", value="rfa.report/2"), r"\$\.schema: 'rfa.report/1' was expected"),
    (corrupted("seed", value=-1), r"\$\.seed: -1"),
    (corrupted("statements", 1, "outcome", value="PASSED"), r"\$\.statements\[1\]\.outcome: 'PASSED'"),
    (corrupted("statements", 0, "claims", 1, "slack", value="big"), r"\$\.statements\[0\]\.claims\[1\]\.slack: 'big'"),
    (
        corrupted("statements", 0, "claims", 1, "slack", drop=True),
        r"\$\.statements\[0\]\.claims\[1\]: 'slack' is a required",
    ),
    (
        corrupted("statements", 0, "links", 0, "extra", value=1),
        r"\$\.statements\[0\]\.links\[0\]: Additional properties",
    ),
    (corrupted("statements", 0, "claims", 0, "witness", value={"t": 1.5}), r"claims\[0\]\.witness\.t: 1.5"),
    (corrupted("constants", "C0", value=True), r"\$\.constants\.C0: True"),
    (corrupted("run", "draws", value=0), r"\$\.run\.draws: 0"),
    (corrupted("as_printed", 0, "link", "printed", value="yes"), r"\$\.as_printed\[0\]\.link\.printed: 'yes'"),
    (corrupted("provenance", "digest", drop=True), r"\$\.provenance: 'digest' is a required"),
]


@pytest.mark.parametrize(("document", "message"), CORRUPTIONS)
def test_reading_names_the_file_and_the_exact_place(tmp_path, document, message):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize(("document", "message"), CORRUPTIONS)
def test_nothing_wrong_is_written_either(document, message):
    with pytest.raises(InputError, match=message):
        to_json(Report(document))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused_with_their_place(tmp_path, constant):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(corrupted("statements", 0, "claims", 1, "lhs", value=0.123)).replace("0.123", constant))

    with pytest.raises(InputError, match=rf"\$\.statements\[0\]\.claims\[1\]\.lhs: '{constant}'"):
        read(path)


def test_a_nan_in_the_document_is_never_written():
    with pytest.raises((InputError, ValueError)):
        to_json(Report(corrupted("statements", 0, "claims", 1, "lhs", value=float("nan"))))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JSON document"),
        (b"{", "not a JSON document: .* line 1 column"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", r"\$: \[\] is not of type 'object'"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_report_gives_one_line(tmp_path, content, message):
    path = tmp_path / "r.json"
    path.write_bytes(content)

    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_gives_one_line(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "none.json")


def test_a_long_wrong_value_is_cut():
    with pytest.raises(InputError) as caught:
        validate(corrupted("paper", value="x" * 10_000), "r.json")
    assert len(str(caught.value)) < 300
