"""Failures of the test that the mock itself has raised, kept until somebody was told."""

from __future__ import annotations

from collections.abc import Iterable


class Complaints(list[AssertionError]):
    """Complaints that the code under test may have swallowed: what is left of them fails the test at its end.

    ``told`` is whether the test was seen to fail, with these or anything else.
    """

    told = False

    def forget(self, failure: BaseException | None) -> None:
        """Drop the complaints that a failure is, or came from: the test was seen to fail with them."""
        if failure is not None:
            self.told = True
            seen = {id(error) for error in _shown_with(failure)}
            self[:] = [complaint for complaint in self if id(complaint) not in seen]

    def raise_first(self) -> None:
        """Raise the first complaint that nobody was told, and drop all."""
        if self:
            first = self[0]
            self.clear()
            raise first


def _shown_with(failure: BaseException) -> Iterable[BaseException]:
    """A failure and what its report shows with it: causes, contexts and what groups hold, each once."""
    shown: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [failure]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in shown:  # exceptions may lead to each other in a circle
            continue
        shown[id(error)] = error
        has_cause = error.__cause__ is not None or error.__suppress_context__
        waiting.append(error.__cause__ if has_cause else error.__context__)
        held = getattr(error, "exceptions", ())
        if isinstance(held, tuple):  # of a group; Python 3.10 has no class to ask for
            waiting.extend(inner for inner in held if isinstance(inner, BaseException))
    return shown.values()
