"""Mailing lists: conversations of several people, a newsletter, a digest."""

from tui_mail.demo.letter import Letter

_SQLITE = "sqlite-users@lists.example"
_SQLITE_HEADERS = (
    ("List-Id", "SQLite users <sqlite-users.lists.example>"),
    ("List-Post", "<mailto:sqlite-users@lists.example>"),
    ("List-Unsubscribe", "<mailto:sqlite-users-leave@lists.example>"),
    ("Precedence", "list"),
)
_RUST = "rust-talk@lists.example"
_RUST_HEADERS = (
    ("List-Id", "Rust talk <rust-talk.lists.example>"),
    ("List-Post", "<mailto:rust-talk@lists.example>"),
    ("Precedence", "list"),
)
_WAL = "[sqlite] WAL and network file systems"
_WAL_1 = "wal-1@eriksson.example"
_WAL_2 = "wal-2@chen.example"
_WAL_3 = "wal-3@corp.example"
_WAL_4 = "wal-4@eriksson.example"

_BUSY_1 = "busy-1@okafor.example"
_BUSY_2 = "busy-2@chen.example"
_ASYNC_1 = "async-1@lindqvist.example"
_ASYNC_2 = "async-2@ferrari.example"

_NEWSLETTER = """\
<!DOCTYPE html><html><head><title>Rust Newsletter 471</title>
<style>.preheader { display: none } td { font-family: sans-serif }</style></head>
<body style="background:#f4f1ea">
<div class="preheader" style="display:none">14 crates, 3 talks and a very small kernel</div>
<table width="600" align="center"><tr><td>
<img src="https://img.rustnews.example/logo.png?issue=471" alt="Rust Newsletter" width="220">
<h1>This week: 14 crates, 3 talks</h1>
<p>Hello Ann, here is issue 471. It was a quiet week in which a great deal happened.</p>
<h2>Crates</h2>
<ul>
<li><a href="https://click.rustnews.example/r/8813?u=ann&to=tinymail">tinymail 0.4</a>
 reads mailboxes without allocating, and is proud of it.</li>
<li><a href="https://click.rustnews.example/r/8814?u=ann&to=quietly">quietly 1.0</a>
 is a logger that asks first.</li>
<li><a href="https://click.rustnews.example/r/8815?u=ann&to=ropewalk">ropewalk 2.1</a>
 now edits a gigabyte of text in the time it takes to read this line.</li>
</ul>
<h2>Talks</h2>
<table border="0">
<tr><th>Talk</th><th>Who</th><th>Minutes</th></tr>
<tr><td>Borrowing from the future</td><td>N. Adeyemi</td><td>38</td></tr>
<tr><td>A kernel in 900 lines</td><td>P. Sørensen</td><td>25</td></tr>
<tr><td>Unsafe at lunch</td><td>C. Ferrari</td><td>12</td></tr>
</table>
<p><a href="https://rustnews.example/issues/471">Read it on the web</a> ·
<a href="https://rustnews.example/leave?u=ann">Unsubscribe</a></p>
<img src="https://img.rustnews.example/talk1.jpg" alt=""><img
 src="https://img.rustnews.example/talk2.jpg" alt="">
<img src="https://open.rustnews.example/px.gif?u=ann&i=471" width="1" height="1" alt="">
<img src="https://stats.trackers.example/b?c=471" width="1" height="1" alt="">
</td></tr></table></body></html>
"""

_DIGEST = b"""\
From: Old Computers <oldcomputers-request@lists.example>
To: oldcomputers@lists.example
Subject: Old Computers digest, volume 12, issue 4
Date: Sun, 15 Nov 2026 06:00:00 +0100
Message-ID: <digest-12-4@lists.example>
List-Id: Old Computers <oldcomputers.lists.example>
List-Unsubscribe: <mailto:oldcomputers-leave@lists.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_issue"

--=_issue
Content-Type: text/plain; charset=us-ascii

Today's topics:

   1. Paper tape, two boxes, free (Edith Lund)
   2. Re: Which capacitor was it? (Ravi Patel)

--=_issue
Content-Type: multipart/digest; boundary="=_digest"

--=_digest

From: Edith Lund <edith@lund.example>
To: oldcomputers@lists.example
Subject: Paper tape, two boxes, free
Date: Sat, 14 Nov 2026 10:02:00 +0100
Message-ID: <tape@lund.example>

Two boxes, unused, slightly blue. Pick up in the harbour, ring twice.

--=_digest

From: Ravi Patel <ravi@patel.example>
To: oldcomputers@lists.example
Subject: Re: Which capacitor was it?
Date: Sat, 14 Nov 2026 21:37:00 +0100
Message-ID: <capacitor@patel.example>

The one that smells. It is always the one that smells.

--=_digest--

--=_issue--
"""

LETTERS = (
    Letter(
        at="2026-11-18 17:20",
        sender="Lars Eriksson <lars@eriksson.example>",
        to=_SQLITE,
        cc="Ann Example <ann@corp.example>",
        subject=_WAL,
        key="wal-1",
        headers=_SQLITE_HEADERS,
        text="""\
Hello list,

can I put a database in WAL mode on a network file system if only one machine
uses it? The manual says no, my colleague says "try it", and I have learned to
fear that tone.

Lars
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-19 08:55",
        sender="Mei Chen <mei@chen.example>",
        to=_SQLITE,
        cc="Lars Eriksson <lars@eriksson.example>, Ann Example <ann@corp.example>",
        subject=f"Re: {_WAL}",
        key="wal-2",
        after=(_WAL_1,),
        headers=_SQLITE_HEADERS,
        text="""\
Lars Eriksson wrote:
> can I put a database in WAL mode on a network file system if only one machine
> uses it?

The index of the log is shared memory. Two processes on one machine see the same
pages; two machines do not. With one machine it works until somebody, some day,
mounts it twice. Then nobody gets an error message.

> I have learned to fear that tone.

Good.

Mei
""",
    ),
    Letter(
        at="2026-11-19 08:57",
        sender="Ann Example <ann@corp.example>",
        to=_SQLITE,
        cc="Mei Chen <mei@chen.example>",
        subject=f"Re: {_WAL}",
        key="wal-3",
        after=(_WAL_1, _WAL_2),
        headers=_SQLITE_HEADERS,
        text="""\
Mei Chen wrote:
> Then nobody gets an error message.

We look at the mount table when the file is opened and leave WAL where it is not
local. It costs two milliseconds and has saved one weekend so far.

Ann
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-19 09:12",
        sender="Lars Eriksson <lars@eriksson.example>",
        to=_SQLITE,
        cc="Ann Example <ann@corp.example>, Mei Chen <mei@chen.example>",
        subject=f"Re: {_WAL}",
        key="wal-4",
        after=(_WAL_1, _WAL_2, _WAL_3),
        headers=_SQLITE_HEADERS,
        text="""\
Ann Example wrote:
> Mei Chen wrote:
> > Then nobody gets an error message.
>
> We look at the mount table when the file is opened

That is a lovely idea and I am going to steal it. Does it see through a bind
mount?

Lars
""",
    ),
    Letter(
        at="2026-11-19 10:05",
        sender="Kwame Boateng <kwame@boateng.example>",
        to=_SQLITE,
        cc="Lars Eriksson <lars@eriksson.example>",
        subject=f"Re: {_WAL}",
        key="wal-5",
        after=(_WAL_1, _WAL_2, _WAL_3, _WAL_4),
        headers=_SQLITE_HEADERS,
        text="""\
> Does it see through a bind mount?

Yes: statfs answers for the file system below, not for the name above it. What it
does not see through is a virtual machine whose disk is somebody's home folder on
a file server. Ask me how I know.

Kwame
""",
    ),
    Letter(
        at="2026-11-13 07:00",
        sender="Rust Newsletter <editor@rustnews.example>",
        subject="This week: 14 crates, 3 talks",
        html=_NEWSLETTER,
        headers=(
            ("List-Id", "Rust Newsletter <weekly.rustnews.example>"),
            (
                "List-Unsubscribe",
                "<https://rustnews.example/leave?u=ann>, "
                "<mailto:leave@rustnews.example?subject=471>",
            ),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    ),
    Letter(
        at="2026-11-15 06:00",
        sender="Old Computers <oldcomputers-request@lists.example>",
        raw=_DIGEST,
        flags="seen",
    ),
    Letter(
        at="2026-11-16 09:30",
        mailbox="Lists/sqlite",
        sender="Chidi Okafor <chidi@okafor.example>",
        to=_SQLITE,
        subject="[sqlite] database is locked, but by whom?",
        key="busy-1",
        headers=_SQLITE_HEADERS,
        text="""\
SQLITE_BUSY after the timeout, about twice a week, always at night. Is there a way
to learn which process holds the lock? I have two candidates and a grudge.

Chidi
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-16 11:02",
        mailbox="Lists/sqlite",
        sender="Mei Chen <mei@chen.example>",
        to=_SQLITE,
        subject="Re: [sqlite] database is locked, but by whom?",
        key="busy-2",
        after=(_BUSY_1,),
        headers=_SQLITE_HEADERS,
        text="""\
/proc/locks has the inode and the process id. At night it is the backup. It is
always the backup.

Mei
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-16 11:40",
        mailbox="Lists/sqlite",
        sender="Chidi Okafor <chidi@okafor.example>",
        to=_SQLITE,
        subject="Re: [sqlite] database is locked, but by whom?",
        after=(_BUSY_1, _BUSY_2),
        headers=_SQLITE_HEADERS,
        text="It was the backup.\n\nChidi\n",
    ),
    Letter(
        at="2026-11-12 13:13",
        mailbox="Lists/sqlite",
        sender="Edith Lund <edith@lund.example>",
        to=_SQLITE,
        subject="[sqlite] STRICT tables, one year on",
        headers=_SQLITE_HEADERS,
        text="""\
We moved forty tables to STRICT a year ago. Found on the way: eleven dates that
were not dates, one price of "ask Bob", and a column that had been empty since
2019 and that everybody was afraid of.

I recommend it. Bob does not.

Edith
""",
    ),
    Letter(
        at="2026-11-10 08:45",
        mailbox="Lists/sqlite",
        sender="Lars Eriksson <lars@eriksson.example>",
        to=_SQLITE,
        subject="[sqlite] Partial index on a flag column",
        headers=_SQLITE_HEADERS,
        text="""\
Small success story: an index WHERE unread = 1 has 40 entries instead of 900,000,
and the count in the corner is there before the window is.

Lars
""",
        flags="seen flagged",
    ),
    Letter(
        at="2026-11-17 19:20",
        mailbox="Lists/rust",
        sender="Saga Lindqvist <saga@lindqvist.example>",
        to=_RUST,
        subject="[rust-talk] Cancelling a future that holds a lock",
        key="async-1",
        headers=_RUST_HEADERS,
        text="""\
If I drop the future while it holds the async mutex, the guard goes and the lock is
free. But what it guarded is half written. Is there a pattern that is not "please do
not cancel me"?

Saga
""",
    ),
    Letter(
        at="2026-11-17 21:04",
        mailbox="Lists/rust",
        sender="Carlo Ferrari <carlo@ferrari.example>",
        to=_RUST,
        subject="Re: [rust-talk] Cancelling a future that holds a lock",
        key="async-2",
        after=(_ASYNC_1,),
        headers=_RUST_HEADERS,
        text="""\
Compute first, then write without an await in between. If that is not possible,
give the work to a task that nobody cancels and wait for its answer. Databases call
the first a transaction and the second a bank.

Carlo
""",
    ),
    Letter(
        at="2026-11-18 07:31",
        mailbox="Lists/rust",
        sender="Saga Lindqvist <saga@lindqvist.example>",
        to=_RUST,
        subject="Re: [rust-talk] Cancelling a future that holds a lock",
        after=(_ASYNC_1, _ASYNC_2),
        headers=_RUST_HEADERS,
        text="The bank it is. Thank you!\n\nSaga\n",
    ),
    Letter(
        at="2026-11-05 18:00",
        mailbox="Lists/rust",
        sender="Nneka Adeyemi <nneka@adeyemi.example>",
        to=_RUST,
        subject="[rust-talk] Slides: Borrowing from the future",
        headers=_RUST_HEADERS,
        text="""\
The slides are at https://adeyemi.example/slides/borrowing and the cat on page 12
is called Lifetime.

Nneka
""",
        flags="seen",
    ),
)
