"""Which rows of a threaded view are seen while some of its threads are folded."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence


class Folds:
    """Maps the rows on the screen to the rows of the view and back.

    It keeps the folded heads only, so a view of a million rows costs nothing.
    """

    def __init__(self, counts: Sequence[int], heads: Iterable[int] = ()) -> None:
        self._heads = sorted(head for head in heads if counts[head] > 1)
        self._rows: list[int] = []
        self._hidden = [0]
        for head in self._heads:
            self._rows.append(head - self._hidden[-1])
            self._hidden.append(self._hidden[-1] + counts[head] - 1)
        self.rows = len(counts) - self._hidden[-1]
        """How many rows are seen."""

    def index(self, row: int) -> int:
        """Give the place in the view of a row on the screen."""
        return row + self._hidden[bisect_left(self._rows, row)]

    def row(self, index: int) -> int:
        """Give the row on the screen of a place in the view; a hidden one's is its head's."""
        before = bisect_left(self._heads, index)
        if before == 0:
            return index
        row = index - self._hidden[before]
        return max(row, self._rows[before - 1])

    def is_folded(self, index: int) -> bool:
        """Tell whether the head at this place of the view is folded."""
        place = bisect_left(self._heads, index)
        return place < len(self._heads) and self._heads[place] == index
