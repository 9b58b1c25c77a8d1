"""Mail domains that say nothing about who somebody is, and those that are thrown away after use.

Short lists of what is met most; programs add their own.
"""

from __future__ import annotations

# fmt: off
GENERIC = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
        "yahoo.com", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me",
        "protonmail.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.com",
        "mail.ru", "yandex.ru", "yandex.com", "qq.com", "163.com", "126.com", "naver.com",
        "zoho.com", "fastmail.com", "orange.fr", "free.fr", "laposte.net", "libero.it",
        "comcast.net", "att.net", "verizon.net", "btinternet.com", "tutanota.com", "hey.com",
        "pm.me",
    }
)

DISPOSABLE = frozenset(
    {
        "mailinator.com", "guerrillamail.com", "guerrillamail.net", "sharklasers.com",
        "10minutemail.com", "10minutemail.net", "temp-mail.org", "tempmail.com", "tempmail.net",
        "throwawaymail.com", "yopmail.com", "yopmail.fr", "getnada.com", "nada.email",
        "trashmail.com", "trashmail.de", "maildrop.cc", "mailnesia.com", "dispostable.com",
        "fakeinbox.com", "mintemail.com", "mohmal.com", "emailondeck.com", "moakt.com",
        "spamgourmet.com", "mytemp.email", "burnermail.io", "tempail.com", "discard.email",
        "mailcatch.com", "tempr.email", "inboxkitten.com", "spam4.me", "grr.la", "mailsac.com",
    }
)
# fmt: on
