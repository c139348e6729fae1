"""JUnit XML: one case per claim, for test panels of continuous-integration servers."""

from __future__ import annotations

from xml.etree import ElementTree as xml

from rfa.report.model import Level, Report, Row, at, label, premises

ROLES = {"premise": "premises", "conclusion": "conclusions"}


def junit(report: Report, fail_on: Level = "refuted") -> str:
    """The report as JUnit XML; `fail_on` says what fails, and what was not promised or decided is skipped."""
    failing = [id(row) for _, row in report.failures(fail_on)]
    root = xml.Element("testsuites", name=clean(f"rfa {report.name}"))
    for statement in report.statements:
        suite = xml.SubElement(root, "testsuite", name=clean(f"{statement['id']} {statement['title']}"))
        rows = [*statement["claims"], *statement["links"]] or [statement]
        for row in rows:
            _case(suite, statement, row, failed=id(row) in failing)
        _count(suite)
    _count(root)
    _caveats(root, report)
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _caveats(root: xml.Element, report: Report) -> None:
    if report.caveats:
        suite = xml.SubElement(root, "testsuite", name="setting", tests="0", failures="0", errors="0", skipped="0")
        xml.SubElement(suite, "system-out").text = clean(" ".join(report.caveats))


def _case(suite: xml.Element, statement: Row, row: Row, *, failed: bool) -> None:
    group = ROLES.get(row.get("role", ""), "links" if "from" in row else "statement")
    case = xml.SubElement(suite, "testcase", classname=clean(f"{statement['id']}.{group}"), name=clean(label(row)))
    told = clean(_told(row))
    if statement.get("estimated"):
        told += f"; rests on estimates: {clean(', '.join(statement['estimated']))}"
    if row["outcome"] == "ERROR":
        xml.SubElement(case, "error", message=told)
    elif failed:
        xml.SubElement(case, "failure", type=row["outcome"], message=told)
    elif row["outcome"] in ("SILENT", "UNDECIDED", "NOT_APPLICABLE") or row.get("printed"):
        xml.SubElement(case, "skipped", message=told)
    xml.SubElement(case, "system-out").text = told


def _told(row: Row) -> str:
    parts = [row["outcome"], row.get("says", ""), row["reason"]]
    if row.get("slack") is not None:
        parts += [f"{row['lhs']:.6g} {row['relation']} {row['rhs']:.6g}", f"slack {row['slack']:.4g}"]
    if where := at(row):
        parts.append(f"at {where}")
    if row.get("failing"):
        parts.append(f"premises {premises(row)}")
    if row.get("printed"):
        parts.append("as printed")
    return "; ".join(part for part in parts if part)


def _count(element: xml.Element) -> None:
    for kind in ("failure", "error", "skipped"):
        name = {"failure": "failures", "error": "errors"}.get(kind, kind)
        element.set(name, str(len(element.findall(f".//{kind}"))))
    element.set("tests", str(len(element.findall(".//testcase"))))


def clean(text: str) -> str:
    """`text` without the characters that XML cannot carry."""
    return "".join(c if c in "\t\n" or (c.isprintable() and c not in "\ufffe\uffff") else "\ufffd" for c in text)
