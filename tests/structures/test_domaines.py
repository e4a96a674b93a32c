import pytest

from structures import domaines


@pytest.mark.parametrize(
    ("address", "courriel", "site", "proved"),
    [
        ("anne@atelier.fr", "contact@atelier.fr", "", True),
        ("Anne@ATELIER.fr", "contact@atelier.fr", "", True),
        ("anne@atelier.fr", "", "https://www.atelier.fr/accueil", True),
        ("anne@atelier.fr", "", "atelier.fr", True),
        ("anne@autre.fr", "contact@atelier.fr", "https://atelier.fr", False),
        ("anne@sous.atelier.fr", "contact@atelier.fr", "", False),  # another domain, held by others perhaps
        ("anne@fauxatelier.fr", "contact@atelier.fr", "", False),
        ("anne@gmail.com", "atelier@gmail.com", "", False),
        ("atelier@gmail.com", "Atelier@gmail.com", "", True),  # the public address itself
        ("anne@wanadoo.fr", "", "http://www.wanadoo.fr/atelier", False),
        ("anne@facebook.com", "", "https://www.facebook.com/atelier", False),
        ("anne@atelier.fr", "", "", False),
        ("", "", "", False),
        ("sans-arobase", "sans-arobase", "", True),
        ("anne@atelier.fr", "", "http://[mauvais", False),
    ],
)
def test_an_address_proves_by_its_domain(address, courriel, site, proved):
    assert domaines.proves(address, courriel=courriel, site=site) is proved


def test_domains_are_read_from_what_people_write():
    assert domaines.domain_of_email(" Contact@Exemple.fr. ") == "exemple.fr"
    assert domaines.domain_of_email("rien") == ""
    assert domaines.domain_of_email(None) == ""
    assert domaines.domain_of_site("HTTPS://WWW.Exemple.fr:8080/a?b") == "exemple.fr"
    assert domaines.domain_of_site(None) == ""


def test_hosts_of_everybody_prove_nothing():
    assert "site-solocal.com" in domaines.PARTAGES
    assert not [name for name in domaines.PARTAGES if "." not in name]
