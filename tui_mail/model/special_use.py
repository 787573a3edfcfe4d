"""What mailboxes are for: by attribute (RFC 6154), else by their usual names."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from tui_mail.model.mailbox import ListedMailbox, SpecialUse
from tui_mail.model.namespace import Namespace, NamespaceKind, namespace_of

ATTRIBUTES = {
    "\\sent": SpecialUse.SENT,
    "\\drafts": SpecialUse.DRAFTS,
    "\\trash": SpecialUse.TRASH,
    "\\archive": SpecialUse.ARCHIVE,
    "\\junk": SpecialUse.JUNK,
    "\\all": SpecialUse.ALL,
    "\\flagged": SpecialUse.FLAGGED,
    "\\allmail": SpecialUse.ALL,
    "\\spam": SpecialUse.JUNK,
    "\\starred": SpecialUse.FLAGGED,
}
"""Those of RFC 6154, and those of XLIST, which came before it."""

_USUAL_NAMES = {
    SpecialUse.SENT: (
        "Sent, Sent Items, Sent Messages, Sent Mail, Sent-Mail, "
        "Gesendet, Gesendete Objekte, Gesendete Elemente, Gesendete Nachrichten, "
        "Envoyés, Éléments envoyés, Messages envoyés, Courrier envoyé, "
        "Enviados, Enviadas, Elementos enviados, Mensajes enviados, Correo enviado, "
        "Itens enviados, Enviats, Inviata, Inviati, Posta inviata, Messaggi inviati, "
        "Verzonden, Verzonden items, Verzonden berichten, Skickat, Skickade objekt, "
        "Sendt, Sendt post, Sendte elementer, Sendte e-mails, Lähetetyt, "
        "Lähetetyt viestit, Saadetud, Nosūtītie, Išsiųsti, Wysłane, Elementy wysłane, "
        "Odeslané, Odeslaná pošta, Odoslané, Odoslaná pošta, Elküldött, "
        "Elküldött elemek, Trimise, Poslano, Poslane, Отправленные, Надіслані, "
        "Изпратени, Послато, Απεσταλμένα, Gönderilmiş, Gönderilmiş Öğeler, "
        "Gönderilenler, נשלח, פריטים שנשלחו, المرسلة, العناصر المرسلة, "
        "送信済み, 送信済みアイテム, 送信済みメール, 已发送, 已发送邮件, 已傳送, "
        "寄件備份, 寄件匣, 보낸편지함, 보낸 편지함, 보낸 메일함, Đã gửi, Terkirim"
    ),
    SpecialUse.DRAFTS: (
        "Drafts, Draft, Entwürfe, Brouillons, Brouillon, Borradores, Rascunhos, "
        "Esborranys, Bozze, Concepten, Utkast, Kladder, Kladd, Luonnokset, Mustandid, "
        "Melnraksti, Juodraščiai, Szkice, Kopie robocze, Wersje robocze, Koncepty, "
        "Rozepsané, Piszkozatok, Schițe, Ciorne, Skice, Osnutki, Черновики, Чернетки, "
        "Чернови, Πρόχειρα, Taslaklar, טיוטות, المسودات, 下書き, 草稿, 草稿箱, "
        "임시보관함, 임시 보관함, Thư nháp, Draf"
    ),
    SpecialUse.TRASH: (
        "Trash, Deleted Items, Deleted Messages, Deleted, Bin, Wastebasket, "
        "Papierkorb, Gelöschte Elemente, Gelöschte Objekte, Gelöscht, Corbeille, "
        "Éléments supprimés, Messages supprimés, Papelera, Elementos eliminados, "
        "Eliminados, Lixo, Lixeira, Itens excluídos, Itens eliminados, Paperera, "
        "Cestino, Posta eliminata, Elementi eliminati, Eliminati, Prullenbak, "
        "Prullenmand, Verwijderde items, Papperskorg, Papperskorgen, Borttaget, "
        "Papirkurv, Slettet post, Slettede elementer, Roskakori, Poistetut, Prügikast, "
        "Miskaste, Šiukšlinė, Kosz, Elementy usunięte, Koš, Odstraněná pošta, Kôš, "
        "Kuka, Lomtár, Törölt elemek, Coș de gunoi, Șterse, Smeće, Otpad, Koš za "
        "smeti, Корзина, Удаленные, Удалённые, Кошик, Видалені, Кошче, Смеће, "
        "Κάδος απορριμμάτων, Διαγραμμένα, Çöp, Çöp Kutusu, Silinmiş Öğeler, אשפה, "
        "פריטים שנמחקו, المهملات, العناصر المحذوفة, ごみ箱, ゴミ箱, 削除済みアイテム, "
        "已删除, 已删除邮件, 垃圾桶, 刪除的郵件, 휴지통, 지운 편지함, Thùng rác, Sampah"
    ),
    SpecialUse.JUNK: (
        "Junk, Spam, Junk E-mail, Junk Email, Junk Mail, Bulk Mail, Bulk, Junk-E-Mail, "
        "Spamverdacht, Unerwünscht, Courrier indésirable, Indésirables, "
        "Pourriel, Pourriels, Correo no deseado, Correo basura, No deseado, "
        "Lixo eletrônico, Lixo eletrónico, Correu brossa, Posta indesiderata, "
        "Indesiderata, Ongewenst, Ongewenste e-mail, Ongewenste reclame, Skräppost, "
        "Uønsket, Uønsket e-mail, Søppelpost, Roskaposti, Rämpspost, Mēstules, "
        "Brukalas, Niechciane, Wiadomości-śmieci, Nevyžádaná pošta, Nevyžiadaná pošta, "
        "Levélszemét, Neželjena pošta, Neželena pošta, Спам, Нежелательная почта, "
        "Небажана пошта, Ανεπιθύμητα, Ανεπιθύμητη αλληλογραφία, Önemsiz, Gereksiz, "
        "דואר זבל, البريد العشوائي, البريد غير الهام, 迷惑メール, 垃圾邮件, 垃圾郵件, "
        "스팸메일함, 스팸 편지함, 정크 메일, Thư rác"
    ),
    SpecialUse.ARCHIVE: (
        "Archive, Archives, Archiv, Archivo, Archivados, Archivio, Archief, Arkiv, "
        "Arkisto, Arhiiv, Arhīvs, Archyvas, Archiwum, Archív, Archívum, Arhiva, Arhiv, "
        "Arquivo, Arxiu, Архив, Архів, Архива, Αρχείο, Arşiv, ארכיון, الأرشيف, أرشيف, "
        "アーカイブ, 存档, 归档, 封存, 보관함, 보관 편지함, Lưu trữ, Arsip"
    ),
}

_BY_NAME = {
    name.strip().casefold(): (use, rank)
    for use, names in _USUAL_NAMES.items()
    for rank, name in enumerate(names.split(","))
}


def with_special_uses(
    listed: Sequence[ListedMailbox], namespaces: Sequence[Namespace] = ()
) -> list[ListedMailbox]:
    """Say what each mailbox is for: what the server says, else what its name says.

    A name counts at the top, or directly below INBOX or one there that holds no mail, and
    only where the server calls no other mailbox so; one mailbox for each use. What
    belongs to others is for nothing here, whatever it is called.
    """
    said = [
        replace(one, special_use=_said(one) if _is_own(one, namespaces) else None)
        for one in listed
    ]
    taken = {one.special_use for one in said if one.special_use is not None}
    holders = {one.name for one in said if not one.selectable} | {"INBOX"}
    best: dict[SpecialUse, tuple[int, int, int]] = {}
    for index, one in enumerate(said):
        usual = _usual(one, holders)
        if usual is None or one.special_use is not None or not one.selectable:
            continue
        if not _is_own(one, namespaces):
            continue
        use, rank = usual
        depth = one.name.count(one.delimiter) if one.delimiter else 0
        if use not in taken:
            # Of two that are called alike, the one that lies higher.
            best[use] = min(best.get(use, (rank, depth, index)), (rank, depth, index))
    for use, (_, _, index) in best.items():
        said[index] = replace(said[index], special_use=use)
    return said


def _is_own(one: ListedMailbox, namespaces: Sequence[Namespace]) -> bool:
    found = namespace_of(one.wire_name, namespaces)
    return found is None or found.kind is NamespaceKind.PERSONAL


def _said(one: ListedMailbox) -> SpecialUse | None:
    if one.name.upper() == "INBOX":
        return SpecialUse.INBOX
    for attribute in sorted(one.attributes):
        if attribute in ATTRIBUTES and one.selectable:
            return ATTRIBUTES[attribute]
    return None


def _usual(one: ListedMailbox, holders: set[str]) -> tuple[SpecialUse, int] | None:
    above, delimiter, last = (
        one.name.rpartition(one.delimiter) if one.delimiter else ("", "", one.name)
    )
    if (
        delimiter
        and above.upper() != "INBOX"
        and (above not in holders or delimiter in above)
    ):
        return None
    return _BY_NAME.get(unicodedata.normalize("NFC", last).casefold())
