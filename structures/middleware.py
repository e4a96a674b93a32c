"""Says who acts: sets `request.acteur` from the signed-in user and the organisation they chose to act for."""

from portal.permissions import Acteur, Role
from portal.requetes import PreparedObjects
from structures.models import Membre

SESSION_KEY = "membre"
# Asked by every page of whoever is signed in: written once.
MEMBRES = PreparedObjects(
    lambda users: Membre.objects.filter(user__in=users).active().with_genre().select_related("organisation"), (int, 1)
)


class LazyActeurs:
    """The acting membership of a request, read once and only when asked."""

    def __init__(self, request):
        self.request = request
        self._membres = None

    @property
    def membres(self) -> list[Membre]:
        """Every active membership of the signed-in user, one query."""
        if self._membres is None:
            user = self.request.user
            self._membres = MEMBRES.objects([user.pk]) if user.is_authenticated else []
        return self._membres

    def acteur(self) -> Acteur:
        user = self.request.user
        if not user.is_authenticated:
            return Acteur()
        chosen = self.request.session.get(SESSION_KEY)
        if not self.membres:
            return Acteur(user=user)
        # Without a choice, the first organisation joined: being accepted by another must not change whom one acts for.
        first = min(self.membres, key=lambda membre: (membre.depuis, membre.pk))
        membre = next((membre for membre in self.membres if membre.pk == chosen), first)
        return Acteur(user=user, organisation=membre.organisation, role=Role(membre.role), titre=membre.profil)


class ActeurMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        acteurs = LazyActeurs(request)
        request.membres = acteurs
        request.acteur = acteurs.acteur()
        return self.get_response(request)
