"""Reports: one document (schema rfa.report/1) and one module per format it is written in."""

from rfa.report.document import build
from rfa.report.model import Report
from rfa.report.schema import read

__all__ = ["Report", "build", "read"]
