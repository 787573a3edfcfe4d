"""Mail that no person wrote: builds, bounces, tickets, a scanner without a clock."""

from tui_mail.demo.files import paper, pdf, png
from tui_mail.demo.letter import Attachment, Letter

_TICKET = pdf(
    (
        "Ticket 7QX-RRL",
        "",
        "Thu 3 December 2026     07:42  Copenhagen",
        "                        11:05  Goteborg",
        "Coach 4, seat 61, window",
    )
)

_LONG_LINE = " ".join(
    f"step-{number:04d}[ok;{number * 37 % 911}ms;worker={number % 8}]"
    for number in range(900)
)

_BOUNCE = b"""\
From: Mail Delivery System <mailer-daemon@corp.example>
To: ann@corp.example
Subject: Undelivered Mail Returned to Sender
Date: Wed, 18 Nov 2026 18:31:00 +0100
Message-ID: <bounce-20261118@corp.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_bounce"

--=_bounce
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.corp.example.

Your message could not be delivered to one recipient. It is attached below.

<bob@gone.example>: host mx.gone.example said: 550 5.1.1 No such person here
    (in reply to RCPT TO command)

--=_bounce
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.corp.example
Arrival-Date: Wed, 18 Nov 2026 18:30:52 +0100

Final-Recipient: rfc822; bob@gone.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.gone.example
Diagnostic-Code: smtp; 550 5.1.1 No such person here

--=_bounce
Content-Type: message/rfc822

From: Ann Example <ann@corp.example>
To: Bob <bob@gone.example>
Subject: Are you the Bob in chapter 5?
Date: Wed, 18 Nov 2026 18:30:50 +0100
Message-ID: <which-bob@corp.example>

Dear Bob,

our translator would like to know who you are. So would I.

Ann

--=_bounce--
"""

_NO_DATE = Letter(
    at="2026-11-18 13:37",
    sender='"Scanner, second floor" <scanner@corp.example>',
    subject="Scan 0042",
    text="One page, 200 dpi. The clock of this device is not set.\n",
    attachments=(Attachment("scan-0042.png", "image/png", png(210, 297, paper)),),
    flags="seen",
)

_REPORT = """\
<html><body><h2>Build times, week 46</h2>
<table>
<tr><th align="left">Branch</th><th align="right">Builds</th>
<th align="right">Median</th><th align="right">Worst</th></tr>
<tr><td>main</td><td>212</td><td>6 min 10 s</td><td>19 min 02 s</td></tr>
<tr><td>release/q3</td><td>38</td><td>6 min 31 s</td><td>8 min 44 s</td></tr>
<tr><td>grace/parser</td><td>91</td><td>5 min 58 s</td><td>7 min 20 s</td></tr>
</table>
<p>The worst one waited for a bicycle to be moved.</p></body></html>
"""


def _without_date(letter: Letter) -> Letter:
    lines = letter.octets.split(b"\r\n")
    kept = b"\n".join(line for line in lines if not line.startswith(b"Date:"))
    return Letter(at=letter.at, sender=letter.sender, flags=letter.flags, raw=kept)


LETTERS = (
    Letter(
        at="2026-11-19 06:12",
        sender="Build <build@corp.example>",
        subject="nightly 4711 failed: 1 of 900 steps",
        text=f"""\
Branch main, commit 3f1c2aa. Step 0431 did not come back.

The whole log is one line, because somebody found that tidy:

{_LONG_LINE}

https://build.corp.example/4711
""",
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Letter(
        at="2026-11-19 14:50",
        sender="Build <build@corp.example>",
        subject="main is green again",
        text="Build 4712 passed in 6 min 04 s.\n\nhttps://build.corp.example/4712\n",
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Letter(
        at="2026-11-16 05:00",
        sender="Build <build@corp.example>",
        subject="Build times, week 46",
        html=_REPORT,
        headers=(("Auto-Submitted", "auto-generated"),),
        flags="seen",
    ),
    Letter(
        at="2026-11-18 18:31",
        sender="Mail Delivery System <mailer-daemon@corp.example>",
        raw=_BOUNCE,
        flags="seen",
    ),
    _without_date(_NO_DATE),
    Letter(
        at="2026-11-04 12:25",
        sender="North Sea Railways <tickets@railways.example>",
        subject="Your trip to Göteborg on 3 December",
        text="""\
Thank you for travelling with us. Your ticket is attached.

  Thu 3 December   07:42  København H
                   11:05  Göteborg C
  Coach 4, seat 61, window

You can change it until the evening before at https://railways.example/7QX-RRL
""",
        attachments=(Attachment("ticket-7QX-RRL.pdf", "application/pdf", _TICKET),),
        flags="seen flagged",
    ),
    Letter(
        at="2026-11-14 08:00",
        sender="City Library <noreply@library.example>",
        subject="Two books are due on Monday",
        text="""\
Dear reader,

please bring back or renew by Monday, 16 November:

  The Mythical Man-Month                (third time)
  Winter Birds of the Northern Coast

The second one has been asked for by somebody else. They sounded sad.
""",
        flags="seen",
    ),
)
