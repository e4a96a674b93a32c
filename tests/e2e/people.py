"""Who and what the browser meets: people signed in, structures in a town; and how they move by keyboard."""

from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make

MOST_TABS = 80


def structure_in(commune, nom, secteur, kind=Kind.EI, **given):
    structure = make.make_structure(
        nom=nom, kind=kind, ville=commune.nom, commune=commune, departement=commune.departement,
        latitude=commune.latitude, longitude=commune.longitude, **given,
    )  # fmt: skip
    make.make_activite(structure=structure, secteur=secteur)
    return structure


def account(email: str, **given):
    """A user whose address is verified, so that signing in asks for nothing more."""
    user = make.make_user(email=email, **given)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def sign_up(role: Role, organisation, sign_in, on=None):
    """A user of this role, signed in through the page."""
    user = account(f"{role.value}@exemple.fr")
    make.make_membre(user=user, organisation=organisation, role=role)
    sign_in(user.email, make.PASSWORD, on=on)
    return user


def tab_to(page, target):
    """Press Tab until `target` has the focus; whatever has it on the way shows it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            shown = target.evaluate(
                "element => { const s = getComputedStyle(element);"
                " return (s.outlineStyle !== 'none' && s.outlineWidth !== '0px') || s.boxShadow !== 'none' }"
            )
            assert shown, f"Le focus ne se voit pas sur {target}"
            return
    raise AssertionError(f"{target} n'est pas atteint en {MOST_TABS} tabulations")
