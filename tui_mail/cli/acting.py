"""Wishes of the command line: performed in the store, and the engine told of them."""

import argparse
import os
from collections.abc import Sequence

from tui_mail.cli.between import carry_on
from tui_mail.cli.session import Session
from tui_mail.cli.targets import Targets
from tui_mail.config.settings import Account
from tui_mail.model.operation import Transfer, Wish
from tui_mail.store.performing import perform


def act(
    session: Session,
    targets: Targets,
    arguments: argparse.Namespace,
    wishes: Sequence[tuple[Account, Wish, str]],
) -> int:
    """Perform the wishes; with ``--sync`` wait until the servers have them."""
    for account, wish, said in wishes:
        with session.database(account).transaction() as tx:
            perform(tx, wish, said=said, session=f"command-{os.getpid()}")
    concerned = {account.name: account for account, _ in targets.values()}
    for _, wish, _ in wishes:
        if isinstance(wish, Transfer):
            concerned[wish.account] = session.account(wish.account)
    accounts = [account for account in concerned.values() if account.kind != "local"]
    carry_on(session, concerned.values())
    if arguments.sync:
        from tui_mail.cli.synchronizing import synchronize

        return synchronize(session, accounts)
    from tui_mail.cli.engines import wake

    for account in accounts:
        wake(session, account)
    return 0
