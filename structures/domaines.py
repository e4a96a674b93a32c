"""E-mail domains: whether an address shows that its owner works for a structure."""

from urllib.parse import urlsplit

# Addresses that anyone may open, and sites that host everybody: their domain proves nothing.
_OPEN = """
    gmail.com googlemail.com hotmail.com hotmail.fr outlook.com outlook.fr live.com live.fr msn.com yahoo.com
    yahoo.fr ymail.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr cegetel.net club-internet.fr bbox.fr
    numericable.fr noos.fr laposte.net aol.com aliceadsl.fr aliceadsl.com voila.fr icloud.com me.com mac.com gmx.com
    gmx.fr gmx.net mail.com proton.me protonmail.com tutanota.com tuta.io zoho.com yandex.com mailo.com
    netcourrier.com ovh.fr ovh.net nordnet.fr dbmail.com 9online.fr mailinator.com yopmail.com facebook.com
    linkedin.com instagram.com wixsite.com wordpress.com blogspot.com jimdo.com e-monsite.com over-blog.com
    site-solocal.com business.site google.com
"""
PARTAGES = frozenset(_OPEN.split())


def domain_of_email(address: str | None) -> str:
    """« Contact@Exemple.fr » → "exemple.fr"; "" when there is none."""
    return (address or "").strip().lower().rpartition("@")[2].rstrip(".") if "@" in (address or "") else ""


def domain_of_site(address: str | None) -> str:
    """« https://www.exemple.fr/accueil » → "exemple.fr"; "" when it cannot be read."""
    text = (address or "").strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")


def proves(address: str, *, courriel: str, site: str) -> bool:
    """Whether `address` can only belong to somebody of the structure whose public address and site these are.

    It is the public address itself, or it shares the domain of the public address or of the site; a domain open to
    everybody never counts. The method is ours.
    """
    wanted = (address or "").strip().lower()
    if wanted and wanted == (courriel or "").strip().lower():
        return True
    domain = domain_of_email(wanted)
    return bool(domain) and domain not in PARTAGES and domain in {domain_of_email(courriel), domain_of_site(site)}
