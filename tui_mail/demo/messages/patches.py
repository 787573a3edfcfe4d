"""A patch series, as git send-email writes it, and its review."""

from tui_mail.demo.letter import Letter

_COVER = "20261117.0@solheim.example"
_FIRST = "20261117.1@solheim.example"
_LIST = "quietly-devel@lists.example"
_HEADERS = (
    ("List-Id", "quietly development <quietly-devel.lists.example>"),
    ("List-Post", "<mailto:quietly-devel@lists.example>"),
    ("X-Mailer", "git-send-email 2.47.1"),
)
_WHO = "Ingrid Solheim <ingrid@solheim.example>"

LETTERS = (
    Letter(
        at="2026-11-17 14:00",
        sender=_WHO,
        to=_LIST,
        cc="Ann Example <ann@corp.example>",
        subject="[PATCH 0/2] Ask before logging",
        key="20261117.0",
        headers=_HEADERS,
        text="""\
The logger asks first, as its name says, but it asks once a line. This series makes
it ask once a file, and remembers the answer.

Ingrid Solheim (2):
  prompt: ask once a file
  prompt: remember the answer

 src/prompt.c | 18 ++++++++++++++----
 src/prompt.h |  3 ++-
 2 files changed, 16 insertions(+), 5 deletions(-)

--
2.47.1
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-17 14:01",
        sender=_WHO,
        to=_LIST,
        cc="Ann Example <ann@corp.example>",
        subject="[PATCH 1/2] prompt: ask once a file",
        key="20261117.1",
        after=(_COVER,),
        headers=_HEADERS,
        text="""\
A question for each line is honest but tiring. Ask when the file is opened.

Signed-off-by: Ingrid Solheim <ingrid@solheim.example>
---
 src/prompt.c | 9 +++++----
 1 file changed, 5 insertions(+), 4 deletions(-)

diff --git a/src/prompt.c b/src/prompt.c
index 3f1c2aa..9b0d4e7 100644
--- a/src/prompt.c
+++ b/src/prompt.c
@@ -41,12 +41,13 @@ static bool ask(const char *question)
 \treturn answer == 'y' || answer == 'Y';
 }

-void log_line(struct log *log, const char *line)
+bool log_open(struct log *log, const char *path)
 {
-\tif (!ask("Log this line?"))
-\t\treturn;
-\tfputs(line, log->file);
+\tif (!ask("Log into this file?"))
+\t\treturn false;
+\tlog->file = fopen(path, "a");
+\treturn log->file != NULL;
 }

--
2.47.1
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-17 14:02",
        sender=_WHO,
        to=_LIST,
        cc="Ann Example <ann@corp.example>",
        subject="[PATCH 2/2] prompt: remember the answer",
        key="20261117.2",
        after=(_COVER,),
        headers=_HEADERS,
        text="""\
Signed-off-by: Ingrid Solheim <ingrid@solheim.example>
---
 src/prompt.c | 9 +++++++++
 src/prompt.h | 3 ++-
 2 files changed, 11 insertions(+), 1 deletion(-)

diff --git a/src/prompt.h b/src/prompt.h
index 77aa01c..c0ffee1 100644
--- a/src/prompt.h
+++ b/src/prompt.h
@@ -3,7 +3,8 @@
 struct log {
 \tFILE *file;
-\tbool asked;
+\tbool answered;
+\tbool answer;
 };

--
2.47.1
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-18 08:20",
        sender="Kwame Boateng <kwame@boateng.example>",
        to=f"{_WHO}, {_LIST}",
        cc="Ann Example <ann@corp.example>",
        subject="Re: [PATCH 1/2] prompt: ask once a file",
        after=(_COVER, _FIRST),
        headers=_HEADERS,
        text="""\
Ingrid Solheim wrote:
> +\tlog->file = fopen(path, "a");
> +\treturn log->file != NULL;

And if it is NULL, who tells the person that just said yes? They will think they
said no.

Otherwise: Reviewed-by: Kwame Boateng <kwame@boateng.example>
""",
    ),
)
