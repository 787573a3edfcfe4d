import pytest

from tests.compose.originals import ANN
from tui_mail.compose.identity import address_used, identity_of
from tui_mail.config.settings import Account


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ("To: ann@example.org", "ann@example.org"),
        ("To: bob@x.example\nCc: ANN.OTHER@example.NET", "Ann.Other@example.net"),
        ("To: shop-7@Ann.Example", "shop-7@Ann.Example"),
        ("To: a@ann.example, ann.other@example.net", "Ann.Other@example.net"),
        ("To: words@lists.example", "ann@example.org"),
        (
            "To: l@x.example\nDelivered-To: ann.other@example.net",
            "Ann.Other@example.net",
        ),
        ("To: l@x.example\nX-Original-To: shop@ann.example", "shop@ann.example"),
        # The account's own mailbox is where all of them end.
        ("To: shop@ann.example\nDelivered-To: ann@example.org", "shop@ann.example"),
        # What one sent oneself is followed up from the same address.
        ("From: ann.other@example.net\nTo: ann@example.org", "Ann.Other@example.net"),
        # Another account's address is not this one's to write from.
        ("To: ann@home.example", "ann@example.org"),
        ('To: "a b"@ann.example', "ann@example.org"),
        ("To: @ann.example", "ann@example.org"),
        ("Subject: nothing", "ann@example.org"),
    ],
)
def test_an_answer_comes_from_the_address_that_was_written_to(
    headers: str, address: str
) -> None:
    assert address_used(f"{headers}\n\n".encode(), ANN) == address


def test_the_name_is_the_account_s_whatever_the_address() -> None:
    assert ANN.sender_at("shop@ann.example") == "Ann Example <shop@ann.example>"


def test_oneself_is_each_address_and_pattern_of_each_account() -> None:
    work = Account(
        name="work", address="Ann@example.org", full_name="Ann, E.", aliases=("*@a.b",)
    )
    home = Account(name="home", address="ann@home.example", aliases=("*@c.d",))
    identity = identity_of(work, (work, home))
    assert identity.sender == '"Ann, E." <Ann@example.org>'
    for own in ("ANN@EXAMPLE.ORG", "x@A.b", "ann@home.example", "y@c.d"):
        assert identity.is_own(own)
    assert not identity.is_ours("ann@home.example")
    for other in ("bob@example.org", "x@b", "a.b", "", "@a.b"):
        assert not identity.is_own(other)
    alone = identity_of(Account(name="bare", address="b@x.example"))
    assert alone.sender == "b@x.example"


def test_a_domain_with_umlauts_is_the_same_in_ascii() -> None:
    account = Account(name="w", address="ann@bücher.example", aliases=("*@jö.example",))
    identity = identity_of(account)
    used = address_used(b"To: ann@xn--bcher-kva.example\n\n", identity)
    assert used == "ann@bücher.example"
    assert identity.is_own("x@xn--j-1ga.example")
