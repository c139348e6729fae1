"""Small papers whose verdicts are known by construction, judged on a small run."""

from rfa import DoesNotApply, Paper, chain, le, result, suppose, then
from rfa.audit import judge_all
from rfa.report import build
from tests.runs import small


def sign(truth):
    """A right side that makes `0 <= right` true or false."""
    return 1.0 if truth else -1.0


def toy(id, *, uses=(), kind="DET", premise=True, conclusion=True, gaps=(), parts=()):
    """A statement with one premise and one conclusion of known truth, and further `parts`."""

    @result(id, f"Toy {id}", kind=kind, uses=uses, gaps=gaps)
    def statement(run):
        """Suppose p. Then c."""
        yield suppose("RP.p", "0 ≤ p", 0.0, "<=", sign(premise))
        if conclusion is not None:
            yield then(f"{id}.c", "0 ≤ c", 0.0, "<=", sign(conclusion))
        yield from parts

    return statement


def link(id, holds, *, printed=False, gap=""):
    """A chain of one link of known truth."""
    return chain(id, "a chain", 2.0, le(3.0 if holds else 1.0, "a step", printed=printed, gap=gap))


def raising(id, error):
    """A statement whose check raises."""

    @result(id, f"Toy {id}", kind="DET")
    def statement(run):
        """Suppose nothing. Then an error."""
        raise error
        yield

    return statement


def not_applicable(id):
    """A statement that does not apply to any run."""
    return raising(id, DoesNotApply("sigma is not known for this run"))


def paper(*results, **fields):
    """A paper of some statements."""
    return Paper(**{"name": "toy", "title": "A toy paper", "results": results, **fields})


def report(*results, run=None, command="", **fields):
    """The report of a toy paper on a small run."""
    run = small() if run is None else run
    of = paper(*results, **fields)
    return build(of, run, judge_all(of, run), command=command)


REFUTED = {"premise": True, "conclusion": False}
BEYOND = {"premise": False, "conclusion": True}
SILENT = {"premise": False, "conclusion": False}
