import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.authentication import authentication

OWN = ("imap.corp.example", "corp.example")


def said(*fields: str, own: tuple[str, ...] = OWN) -> tuple[str, bool] | None:
    block = "".join(f"{field}\r\n" for field in fields).encode()
    found = authentication(block, own)
    return (found.words, found.failed) if found else None


@pytest.mark.parametrize(
    ("results", "words", "failed"),
    [
        (
            "spf=fail smtp.mailfrom=evil.example; dkim=none; dmarc=fail",
            "The check of the sender fails: dmarc fails, dkim not checked, spf fails",
            True,
        ),
        (
            "dkim=pass header.d=quist.example; spf=pass; dmarc=pass (p=none)",
            "signed by quist.example",
            False,
        ),
        ("spf=pass", "sender checked: spf passes", False),
        (
            "spf=softfail",
            "The check of the sender fails: spf fails",
            True,
        ),
        ("none", "The sender was not checked", True),
        ("dkim=none; spf=neutral", "The sender was not checked", True),
        (
            "dkim=pass header.d=evil.example; dmarc=fail header.from=bank.example",
            "The check of the sender fails: dmarc fails, dkim passes",
            True,
        ),
        ("dkim=fail; dkim=pass header.i=@a.example", "signed by a.example", False),
    ],
)
def test_the_servers_results_are_said_in_words(
    results: str, words: str, failed: bool
) -> None:
    field = f"Authentication-Results: mx.corp.example; {results}"
    assert said(field) == (words, failed)


def test_what_a_stranger_claims_does_not_count() -> None:
    field = "Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example"
    assert said(field) is None
    assert said(field, "From: x@y") is None


def test_the_field_that_was_added_last_counts() -> None:
    assert said(
        "Authentication-Results: mx.corp.example; dmarc=fail",
        "Authentication-Results: mx.corp.example; dmarc=pass; dkim=pass header.d=b.example",
    ) == ("The check of the sender fails: dmarc fails", True)


def test_a_comment_is_no_result() -> None:
    results = "spf=fail (dkim=pass header.d=a.b); dmarc=fail"
    found = said(f"Authentication-Results: corp.example; {results}")
    assert found is not None
    assert found[1]


def test_no_field_gives_no_line() -> None:
    assert said("From: ann@corp.example") is None
    assert said("Authentication-Results: mx.corp.example; spf=pass", own=("",)) is None


@given(st.binary(max_size=300))
def test_whatever_stands_there_is_read_without_an_error(value: bytes) -> None:
    authentication(b"Authentication-Results: corp.example; " + value, OWN)
