"""What lies outside the inbox: sent, drafts, archive, trash, junk, invoices."""

from tui_mail.demo.files import pdf
from tui_mail.demo.letter import ANN, Attachment, Letter


def _invoice(number: str, amount: str) -> Attachment:
    octets = pdf((f"Invoice {number}", "Anna Novak, translations", "", f"{amount} EUR"))
    return Attachment(f"invoice-{number}.pdf", "application/pdf", octets)


_SENT = (
    Letter(
        at="2026-11-19 08:57",
        mailbox="Sent",
        sender=ANN,
        to="sqlite-users@lists.example",
        cc="Mei Chen <mei@chen.example>",
        subject="Re: [sqlite] WAL and network file systems",
        key="wal-3",
        after=("wal-1@eriksson.example", "wal-2@chen.example"),
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
        at="2026-11-18 18:05",
        mailbox="Sent",
        sender=ANN,
        to="Petra Quist <petra@quist.example>",
        subject="Re: Lunch on Thursday?",
        key="lunch-answer",
        after=("lunch-1@quist.example",),
        text="""\
Petra Quist wrote:
> It has been three weeks. Lunch on Thursday?

Thursday is fine, but not before noon.

Ann
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-18 18:30",
        mailbox="Sent",
        sender=ANN,
        to="Bob <bob@gone.example>",
        subject="Are you the Bob in chapter 5?",
        key="which-bob",
        text="""\
Dear Bob,

our translator would like to know who you are. So would I.

Ann
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-13 16:20",
        mailbox="Sent",
        sender=ANN,
        to="Kateřina Müller <katerina@muller.example>",
        subject="Re: Réunion déplacée",
        after=("reunion@muller.example",),
        text="Merci, c'est noté : mercredi, même heure, meilleur café.\n\nAnn\n",
        flags="seen",
    ),
)

_DRAFTS = (
    Letter(
        at="2026-11-18 22:10",
        mailbox="Drafts",
        sender=ANN,
        to="Anna Novák <anna@novak.example>",
        subject="Re: Invoice 2026-118",
        text="""\
Dear Anna,

a store is a place where things are kept. As for Bob, I have written to him and
""",
        flags="seen draft",
    ),
)

_ARCHIVE = (
    Letter(
        at="2026-09-01 10:00",
        mailbox="Archive",
        sender="Grace Hopper <grace@corp.example>",
        to="everybody@corp.example",
        subject="Released",
        text="""\
It is out. Nobody stayed later than six. I would like to keep it that way.

Grace
""",
        flags="seen flagged",
    ),
    Letter(
        at="2026-08-21 15:30",
        mailbox="Archive",
        sender="Edith Lund <edith@lund.example>",
        subject="Postcard from the archipelago",
        text="""\
Eleven islands, four of them with a shop, one with a shop and a telephone. The
kayak leaks in a friendly way.

Back on the 30th.
Edith
""",
        flags="seen",
    ),
    Letter(
        at="2026-06-12 09:00",
        mailbox="Archive",
        sender="Human Resources <people@corp.example>",
        to="everybody@corp.example",
        subject="The summer party is on the 26th",
        text="""\
Roof, 16:00 until it gets dark, which in June it does not.

Please say whether you eat fish, meat or neither.
""",
        flags="seen answered",
    ),
    Letter(
        at="2025-12-24 11:45",
        mailbox="Archive",
        sender="Petra Quist <petra@quist.example>",
        subject="Merry Christmas, and the recipe",
        text="""\
As promised, the saffron buns:

  1 g saffron        500 g flour        2.5 dl milk
  100 g butter       1 dl sugar         25 g yeast
  1 egg              2 raisins a bun, no more

Knead for ten minutes, longer if somebody annoyed you. 225 degrees, 8 minutes.

Petra
""",
        flags="seen flagged",
    ),
    Letter(
        at="2024-05-03 13:00",
        mailbox="Archive",
        sender="Mei Chen <mei@chen.example>",
        subject="Welcome!",
        text="""\
Welcome to the team. Your desk is the one with the plant. The plant's name is
Heap, and it leaks.

Mei
""",
        flags="seen answered",
    ),
)

_THROWN_AWAY = (
    Letter(
        at="2026-11-17 03:14",
        mailbox="Trash",
        sender="Parcel Service <info@parcels.example>",
        subject="Your parcel is waiting",
        text="It is waiting at the shop on the corner until Saturday.\n",
        flags="seen",
    ),
    Letter(
        at="2026-11-11 02:50",
        mailbox="Trash",
        sender="Parcel Service <info@parcels.example>",
        subject="How did we do?",
        text="Rate your parcel from one to ten stars.\n",
        flags="seen",
    ),
    Letter(
        at="2026-11-16 04:04",
        mailbox="Junk",
        sender="Dr. Prosperity <win@lottery.example>",
        to="undisclosed-recipients:;",
        subject="YOU HAVE WON 4,500,000",
        text="Congratulation!! Your email was drawn. Send your name and a small fee.\n",
    ),
)

_INVOICES = (
    Letter(
        at="2026-10-15 16:30",
        mailbox="Work/Invoices",
        sender="Anna Novák <anna@novak.example>",
        subject="Invoice 2026-104",
        text="Dear Ann,\n\nchapters 1 to 3, as agreed.\n\nAnna Novák\n",
        attachments=(_invoice("2026-104", "980.00"),),
        flags="seen answered",
    ),
    Letter(
        at="2026-09-18 09:10",
        mailbox="Work/Invoices",
        sender="Harbour Print Shop <office@harbourprint.example>",
        subject="Invoice 77812: 200 stickers",
        text="Two hundred stickers, round, the moth. Thank you for your order.\n",
        attachments=(_invoice("77812", "64.00"),),
        flags="seen",
    ),
    Letter(
        at="2026-09-25 09:10",
        mailbox="Work/Invoices",
        sender="Harbour Print Shop <office@harbourprint.example>",
        subject="Reminder: invoice 77812",
        text="Perhaps it was overlooked. The moth turned out well, we thought.\n",
        attachments=(_invoice("77812", "64.00"),),
        flags="seen flagged",
    ),
)

LETTERS = (*_SENT, *_DRAFTS, *_ARCHIVE, *_THROWN_AWAY, *_INVOICES)
