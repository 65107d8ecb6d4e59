"""One check from beginning to end: is there something to check, is it checkable, is it right?"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from ..errors import RuleError, ShapeError
from ..grad_mode import MODE
from .diagnosis import diagnose_all
from .judge import CODES, PASSED, Status, judge
from .measure import Measurement, Tolerance
from .numeric import Array
from .problem import Part, Problem, Refusal
from .report import Element, Report

LARGEST = 20_000_000  # elements of a Jacobian; more take gigabytes and hours
KEPT = 200  # elements that a report lists

# What to do about each verdict, as the second line of a report.
ADVICE = {
    Status.WRONG: "{count} of {all} {elements} are not the function's",
    Status.NOT_FINITE: "{count} of {all} {elements} are NaN or infinite, and so is the slope "
    "of the function; check at a point where it has a derivative",
    Status.IMPRECISE: "{count} of {all} {elements} cannot be told from round-off: the function is smooth "
    "only to a relative {reached:.0e}, and rtol={rtol:g} was asked for; compute in float64 throughout (is "
    "there a float32 or an integer on the way, or a difference of large numbers?), or pass a larger rtol",
    Status.KINK: "right, except that {count} of {all} {elements} are at a kink, within reach of the smallest "
    "step that resolves anything: the derivative has no single value there, and what is claimed is between "
    "those of the two sides",
    Status.RIGHT: "all {all} {elements} are the function's",
}


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Recording as by default, no floating-point warnings, and the random state put back at the end."""
    token = MODE.set(None)
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        MODE.reset(token)
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def check(
    problem: Problem, *, order: int, rtol: float, atol: float, eps: float | None, seed: int, fast: int
) -> Report:
    """Check the derivative of a problem.

    Parameters
    ----------
    problem: what to check; see :mod:`autograd.check.problem`.
    order: of the derivative, for the report.
    rtol, atol, eps, seed: see :func:`autograd.gradcheck`.
    fast: check this many random directions instead of every element; 0 for every element.
    """
    if rtol < 0 or atol < 0 or (eps is not None and eps <= 0):
        raise ValueError(f"rtol and atol are at least 0 and eps is above, got {rtol}, {atol} and {eps}")
    try:
        with nothing_left_behind():
            try:
                base, scatter = _preliminaries(problem, fast > 0)
                if fast:
                    from .derived import Projection

                    problem = Projection(problem, fast, seed)
                    base = problem.value(problem.point)
                    scatter = np.abs(problem.weightings) @ scatter
                return _verdict(problem, base, scatter, order, rtol, atol, eps, seed)
            finally:
                problem.close()
    except Refusal as refusal:
        return Report(
            refusal.verdict, refusal.reason, problem.name, order, problem.modes, notes=problem.notes
        )


def _preliminaries(problem: Problem, fast: bool) -> tuple[Array, Array]:
    """The function at the point and how far repeated calls differ.

    Raises
    ------
    Refusal: there is nothing to check, or the function is not one that can be checked.
    """
    if not len(problem.point):
        integers = any("int" in note for note in problem.notes)
        raise Refusal(
            "precision too low" if integers and not problem.inputs else "nothing to check",
            "every input is of integers, which have no derivative; pass float64 arrays"
            if integers and not problem.inputs
            else "no input has a derivative (floats, float arrays, Values and Tensors do), or all are empty",
        )
    x = problem.point
    if not np.all(np.isfinite(x)):
        worst = int(np.flatnonzero(~np.isfinite(x))[0])
        raise Refusal("not finite", f"{_named(problem.inputs, worst)} is {x[worst]}; check at finite inputs")
    base = problem.value(x)
    touched = problem.touched()
    if touched is not None:
        raise Refusal(
            "modifies its input",
            f"the function changed {touched} while it computed; let it work on a copy",
        )
    if not len(base):
        raise Refusal("nothing to check", "the function returned nothing, or only empty arrays")
    if len(base) * len(x) > LARGEST and not fast:
        raise Refusal(
            "nothing to check",
            f"the derivative has {len(base)} × {len(x)} elements, too many to check one by one; pass "
            "fast_mode=True, or reduce the output to fewer numbers",
        )
    if not np.all(np.isfinite(base)):
        worst = int(np.flatnonzero(~np.isfinite(base))[0])
        raise Refusal(
            "not finite",
            f"{_named(problem.outputs, worst)} is {base[worst]} here; check where the function is finite",
        )
    return base, _scatter(problem, base, 4)


def _scatter(problem: Problem, base: Array, times: int) -> Array:
    """How far calls at the same point differ."""
    again = [problem.value(problem.point) for _ in range(times)]
    if any(len(values) != len(base) for values in again):
        raise Refusal(
            "not deterministic", "the function returned outputs of different sizes for the same input"
        )
    scatter: Array = np.max(np.abs(np.stack(again) - base), axis=0)
    if np.any(scatter > 1e-9 * np.max(np.abs(base)) + np.finfo(float).tiny) or not np.all(
        np.isfinite(scatter)
    ):
        worst = int(np.argmax(scatter))
        raise Refusal(
            "not deterministic",
            f"the function returned different outputs for the same input: {_named(problem.outputs, worst)} "
            f"varied by {scatter[worst]:.3g}; draw random numbers once, outside, or put a model in .eval()",
        )
    return scatter


def _repeated(problem: Problem, claims: list[Array]) -> None:
    """Refuse a derivative that is another one when it is computed again."""
    for name, claim in zip(problem.modes, claims, strict=True):
        apart = np.abs(problem.derivative(name, problem.point) - claim)
        if np.any(apart > 1e-9 * np.max(np.abs(claim)) + np.finfo(float).tiny):
            row, column = np.unravel_index(int(np.argmax(apart)), apart.shape)
            raise Refusal(
                "not deterministic",
                f"the derivative ({name}) was another one when it was computed again: that of "
                f"{_named(problem.outputs, int(row))} by {_named(problem.inputs, int(column))} varied by "
                f"{apart[row, column]:.3g}; let it draw no random numbers and keep no state",
            )


def _named(parts: list[Part], position: int) -> str:
    part = next(part for part in reversed(parts) if part.start <= position and part.size)
    return part.element(position)


def _verdict(
    problem: Problem,
    base: Array,
    scatter: Array,
    order: int,
    rtol: float,
    atol: float,
    eps: float | None,
    seed: int,
) -> Report:
    x = problem.point
    report = Report("right", "", problem.name, order, problem.modes, notes=list(problem.notes))
    try:
        claims = [problem.derivative(name, x) for name in problem.modes]
    except (RuleError, ShapeError) as error:
        report.verdict, report.reason = "wrong rule", str(error)
        report.findings = getattr(error, "findings", [])
        return report
    touched = problem.touched()
    if touched is not None:
        raise Refusal(
            "modifies its input", f"the derivative changed {touched} while it computed; work on a copy"
        )
    measured = Measurement(problem, base, scatter, claims, Tolerance(rtol, atol), eps, seed)
    statuses = [judge(claim, measured) for claim in claims]
    wrong, tiny = CODES.index(Status.WRONG), CODES.index(Status.TINY)
    if any(np.any((status == wrong) | (status == tiny)) for status in statuses):
        # What varies from call to call looks wrong, or like round-off; better to say why.
        _scatter(problem, base, 12)
        _repeated(problem, claims)
    _fill(report, problem, claims, statuses, measured, rtol)
    kink = CODES.index(Status.KINK)
    for claim, status in zip(claims, statuses, strict=True):
        bad = status == wrong
        if bad.any() and not report.findings and problem.inputs[0].name != "direction":
            right = np.where(status == kink, claim, measured.value)
            report.findings = diagnose_all(
                claim, right, measured.error, bad, x, base, problem.inputs, problem.outputs
            )
            if problem.lost and any(finding.name in ("zero", "missing term") for finding in report.findings):
                report.notes.append(problem.lost)
    return report


def _fill(
    report: Report,
    problem: Problem,
    claims: list[Array],
    statuses: list[Array],
    measured: Measurement,
    rtol: float,
) -> None:
    """The counts, the elements worth telling and the sentence."""
    everything = np.stack(statuses)
    report.counts = {
        status.value: int(np.count_nonzero(everything == code))
        for code, status in enumerate(CODES)
        if np.any(everything == code)
    }
    report.methods = {method: measured.method.count(method) for method in dict.fromkeys(measured.method)}
    right = CODES.index(Status.RIGHT)
    for name, claim, status in zip(problem.modes, claims, statuses, strict=True):
        size = np.fmax(np.abs(claim), np.abs(measured.value))
        relative = np.abs(claim - measured.value) / np.where(size == 0, 1.0, size)
        report.worst = max(report.worst, float(np.max(relative[status == right], initial=0.0)))
        report.elements += _elements(problem, name, claim, status, measured, relative)
    severity = [status for status in (Status.WRONG, Status.NOT_FINITE, Status.IMPRECISE, Status.KINK)]
    report.elements.sort(key=lambda element: [status.value for status in severity].index(element.verdict))
    verdict = next((status for status in severity if status.value in report.counts), Status.RIGHT)
    report.verdict = verdict.value
    imprecise = everything == CODES.index(Status.IMPRECISE)
    reached = 0.0
    if imprecise.any():
        size = np.fmax(np.abs(np.stack(claims)), np.abs(measured.value))
        ratio = np.where(imprecise, measured.error / np.where(size == 0, 1.0, size), 0.0)
        reached = float(np.max(np.where(np.isfinite(ratio), ratio, 1.0)))
    report.reason = ADVICE[verdict].format(
        count=report.counts.get(verdict.value, 0),
        all=everything.size,
        elements=problem.elements,
        rtol=rtol,
        reached=reached,
    )
    tiny = report.counts.get(Status.TINY.value, 0)
    if tiny and verdict is Status.RIGHT:
        report.reason = (
            f"{everything.size - tiny} of {everything.size} {problem.elements} are the function's, "
            "the others are too small to tell"
        )
    if tiny:
        report.notes.append(
            f"{tiny} elements cannot be resolved to rtol in float64, small as they are beside the round-off "
            "of the output; they agree within the accuracy of the measurement"
        )


def _elements(
    problem: Problem, name: str, claim: Array, status: Array, measured: Measurement, relative: Array
) -> list[Element]:
    """The elements of one mode that are not plainly right, the worst of each kind first."""
    found: list[Element] = []
    for code, kind in enumerate(CODES):
        places = np.argwhere(status == code)
        if kind in PASSED - {Status.KINK} or not len(places):
            continue
        # At a kink the measured number is the middle between the two sides, half the jump away from each.
        at_kink = kind is Status.KINK
        values = measured.kink if at_kink else measured.value
        errors = np.abs(measured.kink_jump) / 2 if at_kink else measured.error
        order = np.argsort(-np.nan_to_num(relative[status == code], nan=np.inf), kind="stable")
        for row, column in places[order[:KEPT]]:
            analytic, numeric = float(claim[row, column]), float(values[row, column])
            found.append(
                Element(
                    _named(problem.inputs, int(column)),
                    _named(problem.outputs, int(row)),
                    name,
                    analytic,
                    numeric,
                    abs(analytic - numeric),
                    float(errors[row, column]),
                    kind.value,
                )
            )
    return found
