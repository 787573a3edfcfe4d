"""People Ann works and lives with."""

from tui_mail.demo.files import archive, canal, pdf, png
from tui_mail.demo.letter import Attachment, Letter

_PLAN = pdf(
    (
        "Compiler release plan, Q3",
        "",
        "1. Freeze the grammar on 1 July.",
        "2. Two weeks of nothing but bug reports.",
        "3. Release candidate on 3 August, release on 1 September.",
        "",
        "Open: who writes the migration notes?",
    )
)
_INVOICE = pdf(
    (
        "Invoice 2026-118",
        "Anna Novak, translations",
        "",
        "Manual, chapters 4 to 7, 11,200 words       1,344.00 EUR",
        "Rush fee, waived as promised                    0.00 EUR",
        "",
        "Due on 14 December 2026",
    )
)
_TRACES = archive(
    (
        ("traces/README", b"Two runs on the same machine, one cold, one warm.\n"),
        (
            "traces/cold.txt",
            b"".join(b"%06d open read close\n" % n for n in range(900)),
        ),
        ("traces/warm.txt", b"".join(b"%06d read\n" % n for n in range(400))),
    )
)

_ICALENDAR = b"""\
BEGIN:VCALENDAR
PRODID:-//corp.example//Calendar 4.2//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:release-review-2026-11-24@corp.example
DTSTAMP:20261119T081500Z
DTSTART:20261124T130000Z
DTEND:20261124T140000Z
SUMMARY:Release review
LOCATION:Room 3.14, second floor
DESCRIPTION:Bring the list of open bugs. There will be coffee.
ORGANIZER;CN=Grace Hopper:mailto:grace@corp.example
ATTENDEE;CN=Ann Example;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ann@corp.example
ATTENDEE;CN=Mei Chen;PARTSTAT=ACCEPTED:mailto:mei@chen.example
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")

_FORWARDED = b"""\
From: Lars Eriksson <lars@eriksson.example>
To: Ann Example <ann@corp.example>
Subject: Fwd: The old machine room
Date: Tue, 10 Nov 2026 16:12:00 +0100
Message-ID: <machine-room-fwd@eriksson.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_room"

--=_room
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Ann,

I kept this one for nineteen years. It is attached as it came, so you can see
the headers too. You were copied and never answered.

Lars

--=_room
Content-Type: message/rfc822
Content-Disposition: attachment; filename="The old machine room.eml"

From: Grace Hopper <grace@corp.example>
To: Lars Eriksson <lars@eriksson.example>
Cc: Ann Example <ann@corp.example>
Subject: The old machine room
Date: Fri, 2 Nov 2007 18:40:00 +0100
Message-ID: <machine-room@corp.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_inner"

--=_inner
Content-Type: text/plain; charset=utf-8

They are carrying out the last rack on Monday. If anybody wants the brass sign
from the door, come before nine and bring a screwdriver.

Grace

--=_inner
Content-Type: text/plain; charset=utf-8; name="inventory.txt"
Content-Disposition: attachment; filename="inventory.txt"

1 brass sign
3 chairs, one of them whole
1 moth, taped into the log book

--=_inner--

--=_room--
"""

LETTERS = (
    Letter(
        at="2026-11-19 09:41",
        sender="Grace Hopper <grace@corp.example>",
        cc="Mei Chen <mei@chen.example>, Lars Eriksson <lars@eriksson.example>",
        subject="Compiler release plan for Q3",
        text="""\
Good morning,

the plan is attached, one page, as promised. In short:

  * the grammar freezes on 1 July,
  * then two weeks of nothing but bug reports,
  * release candidate on 3 August, release on 1 September.

What I still need from you, Ann, is a name for the migration notes. Whoever
writes them should have complained loudest about the last ones. I believe that
was you.

If nobody objects by Monday I shall call it agreed. It is easier to ask
forgiveness than permission, but I would rather have neither.

Grace

--
Grace Hopper
Compilers, corp.example
""",
        attachments=(Attachment("plan.pdf", "application/pdf", _PLAN),),
        key="plan-q3",
    ),
    Letter(
        at="2026-11-19 11:02",
        sender="Petra Quist <petra@quist.example>",
        to="Ann Example <ann@corp.example>, Lars Eriksson <lars@eriksson.example>",
        cc="team@corp.example",
        subject="Re: Lunch on Thursday?",
        after=("lunch-1@quist.example", "lunch-answer@corp.example"),
        key="lunch-2",
        html="""\
<html><body><p>Hi Ann,</p>
<p>shall we try the new place at <a href="https://canal.example/menu">the canal</a>?
I have the printouts with me, and a picture of where we would sit.</p>
<blockquote><p>On Wed, Ann Example wrote:</p>
<blockquote><p>Lunch on Thursday?</p></blockquote>
<p>Thursday is fine, but not before noon.</p></blockquote>
<p>-- <br>Petra</p></body></html>
""",
        text="""\
Hi Ann,

shall we try the new place at the canal? I have the printouts with me, and a
picture of where we would sit.

https://canal.example/menu

On Wed, Ann Example wrote:
> > Lunch on Thursday?
>
> Thursday is fine, but not before noon.

--
Petra
""",
        headers=(
            (
                "Authentication-Results",
                "mx.corp.example; dkim=pass header.d=quist.example; dmarc=pass",
            ),
        ),
        attachments=(
            Attachment("table-by-the-water.png", "image/png", png(320, 180, canal)),
        ),
    ),
    Letter(
        at="2026-11-18 10:20",
        sender="Petra Quist <petra@quist.example>",
        subject="Lunch on Thursday?",
        text="It has been three weeks. Lunch on Thursday?\n\nPetra\n",
        flags="seen answered",
        key="lunch-1",
    ),
    Letter(
        at="2026-11-19 09:15",
        sender="Grace Hopper <grace@corp.example>",
        to="Ann Example <ann@corp.example>, Mei Chen <mei@chen.example>",
        subject="Invitation: Release review, Tue 24 Nov, 14:00",
        text="""\
Release review
Tuesday 24 November 2026, 14:00 to 15:00
Room 3.14, second floor

Bring the list of open bugs. There will be coffee.
""",
        attachments=(
            Attachment("invite.ics", "text/calendar", _ICALENDAR, method="REQUEST"),
        ),
    ),
    Letter(
        at="2026-11-14 17:03",
        sender="Anna Novák <anna@novak.example>",
        subject="Invoice 2026-118",
        text="""\
Dear Ann,

here is the invoice for chapters 4 to 7. I left the rush fee at zero, since you
brought the cake.

Two questions I could not answer alone are marked in yellow: is a "store" a shop
or a place where things are kept? And who is Bob?

Have a good weekend,
Anna Novák
""",
        attachments=(Attachment("invoice-2026-118.pdf", "application/pdf", _INVOICE),),
        flags="seen flagged",
    ),
    Letter(
        at="2026-11-17 18:04",
        sender="Tomasz Wójcik <tomasz@wojcik.example>",
        subject="The traces you asked for",
        text="""\
Ann,

both runs are in the zip, cold first. Look at the gap around line 430 of the cold
one: that is not us, that is the file server taking a nap.

Tomasz
""",
        attachments=(Attachment("traces.zip", "application/zip", _TRACES),),
        flags="seen",
    ),
    Letter(
        at="2026-11-15 20:47",
        sender="Tomasz Wójcik <tomasz@wojcik.example>",
        subject="Notes from the walk along the canal",
        flowed=True,
        text="""\
Since you wanted them in writing, here is what we agreed on between the second \n\
lock and the bakery. Paragraphs are flowed, so make your window as wide or as \n\
narrow as you like.

The cache keeps the newest thirty days and whatever somebody pinned. Nothing \n\
that exists only here is ever thrown away, not even when the disk is full; then \n\
we say so and stop fetching.

> And what if the clock is wrong?

Then it is wrong. We compare what the server says with what the server said, \n\
never with the wall.

The bakery closes at six, by the way. We know that now.
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-16 08:12",
        sender="Jonas Berg <jonas@berg.example>",
        subject="The view from the new office",
        text="The picture only comes with the HTML part. It is worth it.\n\nJonas\n",
        html="""\
<html><body><p>We moved in on Friday. Half of the chairs are missing, but look:</p>
<p><img src="cid:view@berg.example" alt="A low sun over the canal" width="480"></p>
<p>Come by, bring a chair.</p><p>Jonas</p></body></html>
""",
        attachments=(
            Attachment(
                "view.png", "image/png", png(480, 270, canal), "view@berg.example"
            ),
        ),
        flags="seen",
    ),
    Letter(
        at="2026-11-10 16:12",
        sender="Lars Eriksson <lars@eriksson.example>",
        raw=_FORWARDED,
        flags="seen",
    ),
    Letter(
        at="2026-11-09 22:31",
        sender="Ravi Patel <ravi@patel.example>",
        subject="",
        text="I forgot the subject again, didn't I.\n\nThe keys are with the porter.\n",
        flags="seen",
    ),
    Letter(
        at="2026-11-12 14:26",
        sender="Sofia Rossi <sofia@rossi.example>",
        to="everybody@corp.example",
        subject="🎉 It is a girl! 👶🏽",
        text="""\
Dear all,

Giulia was born this morning at 6:12, 3,240 g, and has already reviewed her
first document (a hospital form) with great severity 🧐.

👩🏽‍🍼 All three of us are well. 👨‍👩‍👧 I am away until February; Kwame has my bugs.
He says "thank you" 🙃.

Sofia ❤️
""",
        flags="seen flagged",
    ),
    Letter(
        at="2026-11-17 12:00",
        sender="Kwame Boateng <kwame@boateng.example>",
        to="team@corp.example",
        subject="Whose bicycle is this?",
        text="""\
There is a green bicycle in the server room. It is not on the asset list, and it
is in front of the fire extinguisher.

If it is yours, please move it. If it is nobody's, I know somebody.

Kwame
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-17 12:09",
        sender="Ravi Patel <ravi@patel.example>",
        to="Kwame Boateng <kwame@boateng.example>, team@corp.example",
        subject="Re: Whose bicycle is this?",
        text="Mine. Sorry. It did not fit through the other door.\n",
        flags="seen",
    ),
    Letter(
        at="2026-10-02 07:55",
        sender="Mei Chen <mei@chen.example>",
        subject="Keys for the release, signed",
        raw=b"""\
From: Mei Chen <mei@chen.example>
To: Ann Example <ann@corp.example>
Subject: Keys for the release, signed
Date: Fri, 2 Oct 2026 07:55:00 +0200
Message-ID: <release-keys@chen.example>
MIME-Version: 1.0
Content-Type: multipart/signed; micalg=pgp-sha512;
 protocol="application/pgp-signature"; boundary="=_signed"

This is an OpenPGP/MIME signed message (RFC 4880 and 3156)
--=_signed
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

The new release key has this fingerprint:

  6F1C 22D0 94B7 A0E1 55C3  8E4D 0B7A 91F2 C6D8 3E05

Please read it back to me on the telephone. Not by mail =E2=80=93 that is the point.

Mei

--=_signed
Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"
Content-Description: OpenPGP digital signature
Content-Disposition: attachment; filename="OpenPGP_signature.asc"

-----BEGIN PGP SIGNATURE-----

iHUEARYKAB0WIQRvHCLQlLeg4VXDjk0LepHyxtg+BQUCaN4XkgAKCRALepHyxtg+
BZsample+only+not+a+real+signature+AQDdemo0000000000000000000000000
=demo
-----END PGP SIGNATURE-----

--=_signed--
""",
        flags="seen",
    ),
)
