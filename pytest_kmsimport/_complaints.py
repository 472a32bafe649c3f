"""Failures of the test that the mock itself has raised, kept until somebody was told."""

from __future__ import annotations


class Complaints(list[AssertionError]):
    """Complaints that the code under test may have swallowed: what is left of them fails the test at its end.

    ``told`` is whether the test was seen to fail, with these or anything else.
    """

    told = False

    def forget(self, failure: BaseException | None) -> None:
        """Drop the complaints that a failure is, or came from: the test was seen to fail with them."""
        self.told = self.told or failure is not None
        while failure is not None:
            self[:] = [complaint for complaint in self if complaint is not failure]
            failure = failure.__cause__ or failure.__context__

    def raise_first(self) -> None:
        """Raise the first complaint that nobody was told, and drop all."""
        if self:
            first = self[0]
            self.clear()
            raise first
