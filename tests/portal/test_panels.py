import pytest
from django.template import Context, Template
from django.test import RequestFactory

from portal import panels
from portal.models import Envoi, User
from tests.factories import make_user


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch):
    monkeypatch.setattr(panels, "_panels", panels.defaultdict(dict))
    monkeypatch.setattr(panels, "_lists", panels.defaultdict(dict))


def always(obj, acteur):
    return "panneau.html", {"texte": f"pour {acteur}"}


def never(obj, acteur):
    return None


def fails(obj, acteur):
    raise AssertionError("asked for nothing")


def test_panels_come_in_order_and_only_for_their_model():
    panels.register("portal.User", "b")(always)
    panels.register(User, "a", order=5)(always)
    panels.register(User, "rien")(never)
    panels.register(Envoi, "autre")(always)

    @panels.register("Portal.user", order=-1)
    def first(obj, acteur):
        return "premier.html", {"email": obj.email}

    assert panels.panels_for(User(email="a@b.fr"), "moi") == [
        ("premier.html", {"email": "a@b.fr"}),
        ("panneau.html", {"texte": "pour moi"}),
        ("panneau.html", {"texte": "pour moi"}),
    ]
    assert first(User(email="x"), None) == ("premier.html", {"email": "x"})


def test_no_panel_is_an_empty_list():
    assert panels.panels_for(User(), None) == []


class Agent(User):
    class Meta:
        proxy = True
        app_label = "tests_panels"


def test_a_proxy_has_the_panels_of_its_model():
    panels.register(User)(always)
    assert len(panels.panels_for(Agent(), None)) == 1


def test_registering_again_changes_nothing():
    panels.register(User)(always)
    panels.register(User)(always)
    assert len(panels.panels_for(User(), None)) == 1


def test_two_functions_cannot_share_a_name():
    panels.register(User, "clauses")(always)
    with pytest.raises(ValueError, match="clauses"):
        panels.register(User, "clauses")(never)


@pytest.mark.django_db
def test_panels_that_may_be_absent_are_asked_in_one_query(django_assert_num_queries):
    someone, unknown = make_user(), User(pk=10**9)
    panels.register(User, "a", order=1)(always)
    panels.register(User, "b", order=2, when=lambda pks: [Envoi.objects.filter(pk__in=pks)])(fails)
    panels.register(
        User, "c", order=3, when=lambda pks: [Envoi.objects.filter(pk__in=pks), User.objects.filter(pk__in=pks)]
    )(always)
    for _ in range(2):
        with django_assert_num_queries(1):
            assert len(panels.panels_for(someone, None)) == 2
    with django_assert_num_queries(1):
        assert len(panels.panels_for(unknown, None)) == 1


@pytest.fixture
def panel_templates(settings):
    page = "{% load panels %}<main>{% panels object %}</main>"
    partials = {"page.html": page, "panneau.html": "<p>{{ texte }} {{ object.email }} {{ request.path }}</p>"}
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [("django.template.loaders.locmem.Loader", partials)],
                "libraries": {"panels": "portal.templatetags.panels"},
            },
        }
    ]
    return page


def test_tag_renders_with_the_request_and_its_acteur(panel_templates):
    panels.register(User)(always)
    request = RequestFactory().get("/fiche/")
    request.acteur = "<moi>"
    html = Template(panel_templates).render(Context({"request": request, "object": User(email="a@b.fr")}))
    assert html == "<main><p>pour &lt;moi&gt; a@b.fr /fiche/</p></main>"


def test_tag_without_request_or_panel_prints_nothing_more(panel_templates):
    assert Template(panel_templates).render(Context({"object": User()})) == "<main></main>"


@pytest.mark.django_db
def test_lists_of_the_page_itself_are_asked_with_the_panels(django_assert_num_queries):
    someone = make_user()
    panels.announce(User, "comptes", lambda pks: [User.objects.filter(pk__in=pks)])
    panels.announce(User, "envois", lambda pks: [Envoi.objects.filter(pk__in=pks)])
    panels.register(User, "a", when=lambda pks: [User.objects.filter(pk__in=pks)])(always)
    with django_assert_num_queries(1):
        assert panels.present(someone) == {"comptes", "a"}
        assert len(panels.panels_for(someone, None)) == 1
    with django_assert_num_queries(1):  # asked again: things may have changed
        assert len(panels.panels_for(someone, None)) == 1
