"""Who opens what: each page of the table, asked as each role. The lines are in `tests/permissions/`."""

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from portal.permissions import Role
from tests.conftest import sign_in
from tests.permissions import PAGES
from tests.permissions.monde import make_world
from tests.permissions.reponses import COLUMNS, Page

NAMESPACES = ("structures", "marches", "clauses", "pages")


def answers(page: Page, mine: bool) -> dict[str, int]:
    """The code each column gets. A page that writes finds untouched objects each time."""
    found, clients, world = {}, {}, None
    for column in COLUMNS:
        if world is None or page.method == "post":
            clients = {role: sign_in(role) for role in Role}
            world = make_world(clients if mine else None)
        client = Client() if column == "visiteur" else clients[Role(column)]
        found[column] = getattr(client, page.method)(page.url(world), page.data).status_code
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_open_to_the_right_roles(page):
    assert answers(page, mine=True) == dict(zip(COLUMNS, page.mine, strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("page", [page for page in PAGES if page.kwargs], ids=lambda page: page.name)
def test_objects_of_others_are_out_of_reach(page):
    assert answers(page, mine=False) == dict(zip(COLUMNS, page.strange or page.mine, strict=True))


def named_urls() -> set[str]:
    """Names of every page of ours, with their namespace."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.namespace in NAMESPACES:
                    yield from walk(pattern.url_patterns, f"{pattern.namespace}:")
            elif pattern.name:
                yield prefix + pattern.name

    return set(walk(get_resolver().url_patterns))


def test_every_page_is_in_the_table_once():
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))
    assert named_urls() == set(names)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_page_has_a_name(namespace):
    patterns = next(p.url_patterns for p in get_resolver().url_patterns if getattr(p, "namespace", None) == namespace)
    assert [str(pattern.pattern) for pattern in patterns if not pattern.name] == []


@pytest.mark.django_db
def test_refused_role_reads_why(client_structure):
    """The 403 page says which roles may come in."""
    response = client_structure.get(reverse("pages:mes_temoignages"))
    assert response.status_code == 403
    assert "réseau" in response.content.decode()


@pytest.mark.django_db
def test_visitor_is_sent_to_sign_in_and_back(client):
    url = reverse("pages:mes_temoignages")
    response = client.get(url)
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?next={url}"


@pytest.mark.django_db
def test_closed_membership_gives_no_role(client_reseau):
    client_reseau.user.membres.update(actif=False)
    assert client_reseau.get(reverse("pages:mes_temoignages")).status_code == 403
