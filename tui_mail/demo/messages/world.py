"""Mail in other languages, scripts and charsets."""

from tui_mail.demo.letter import Letter

LETTERS = (
    Letter(
        at="2026-11-19 08:30",
        sender="会議事務局 <jimukyoku@kaigi.example>",
        subject="来週の予定について",
        charset="iso-2022-jp",
        text="""\
アン様

いつもお世話になっております。会議事務局の田中です。

来週の会議は、11月25日(水)午後3時から、第2会議室で行います。
資料は前日までにお送りください。

どうぞよろしくお願いいたします。

田中
""",
    ),
    Letter(
        at="2026-11-18 16:40",
        sender="陈美 <chenmei@beijing.example>",
        subject="周五的代码评审",
        charset="gb18030",
        text="""\
Ann 你好,

周五的代码评审改到上午十点,可以吗?下午会议室已经被占用了。
我把要讨论的三个补丁放在共享目录里了。

陈美
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-18 09:05",
        sender="김민준 <minjun@seoul.example>",
        subject="번역 검토 부탁드립니다",
        charset="euc-kr",
        text="""\
앤 님, 안녕하세요.

한국어 번역 초안을 마쳤습니다. 시간이 되실 때 2장만 먼저 검토해 주시면
감사하겠습니다.

김민준 드림
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-13 10:15",
        sender="ليلى حداد <layla@haddad.example>",
        subject="دعوة إلى ورشة العمل",
        text="""\
عزيزتي آن،

يسعدنا دعوتك إلى ورشة العمل يوم الاثنين 30 نوفمبر الساعة 10:00 صباحًا.
الموضوع: compilers والأدوات المفتوحة المصدر.

مع أطيب التحيات،
ليلى
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-08 19:22",
        sender="נועה לוי <noa@levi.example>",
        subject="התמונות מהטיול",
        text="""\
היי אן,

העליתי את התמונות מהטיול לכתובת https://photos.levi.example/trip-2026
תגידי לי אם חסר משהו. 42 תמונות, רובן של החתול.

נועה
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-13 15:48",
        sender="Kateřina Müller <katerina@muller.example>",
        subject="Réunion déplacée",
        text="""\
Bonjour Ann,

la réunion de mardi est déplacée à mercredi, même heure, même salle. Le café
sera meilleur : la machine est réparée depuis ce matin.

À mercredi,
Kateřina
""",
        flags="seen answered",
        key="reunion",
    ),
    Letter(
        at="2026-11-11 11:11",
        sender="Jürgen Groß <juergen@gross.example>",
        subject="Übergabe der Schlüssel am Freitag",
        charset="iso-8859-15",
        text="""\
Liebe Ann,

die Schlüssel für das Gartenhäuschen liegen beim Bäcker, wie immer unter »Groß«.
Die Miete bleibt bei 40 €, der Igel wohnt umsonst.

Schöne Grüße
Jürgen
""",
        flags="seen",
    ),
    Letter(
        at="2026-11-06 09:30",
        sender="Božena Šťastná <bozena@stastna.example>",
        subject="Příliš žluťoučký kůň",
        charset="iso-8859-2",
        text="""\
Dobrý den,

tohle je jen zkouška písem: příliš žluťoučký kůň úpěl ďábelské ódy.
Jestli to čtete celé, můžeme tisknout.

Božena Šťastná
""",
        flags="seen",
    ),
)
