"""The README's pictures show what the reader shows today."""

from collections.abc import Iterator

import pytest

from tests.screenshots import FOLDER, PICTURES, Picture, spans, synchronized, take
from tui_mail.demo import DemoPlace


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoPlace]:
    with synchronized() as here:
        yield here


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_the_committed_picture_is_fresh(
    picture: Picture, demo: DemoPlace
) -> None:
    committed = (FOLDER / f"{picture.name}.svg").read_text()
    fresh = await take(picture, demo)
    assert spans(fresh) == spans(committed), "run: python -m tests.screenshots"


def test_there_is_no_picture_that_nobody_takes() -> None:
    kept = {path.stem for path in FOLDER.glob("*.svg")}
    assert kept == {picture.name for picture in PICTURES}
