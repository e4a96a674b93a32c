"""A small country: two régions, three départements, an EPCI astride, a city with arrondissements, sectors."""

from types import SimpleNamespace

from tests.factories import make_code_postal, make_commune, make_departement, make_epci, make_region, make_secteur


def make_country() -> SimpleNamespace:
    normandie = make_region(code="28", nom="Normandie")
    ile_de_france = make_region(code="11", nom="Île-de-France", nom_tri="ile de france")
    calvados = make_departement(code="14", nom="Calvados", region=normandie)
    eure = make_departement(code="27", nom="Eure", region=normandie)
    paris_dep = make_departement(code="75", nom="Paris", region=ile_de_france)
    caen_epci = make_epci(siren="200065597", nom="Communauté urbaine Caen la Mer")
    caen_epci.nom_tri = "communaute urbaine caen la mer"
    caen_epci.save()
    astride = make_epci(siren="200066827", nom="Communauté de communes à cheval")
    metropole = make_epci(siren="200054781", nom="Métropole du Grand Paris")

    def commune(code, nom, departement, epci, lat, lon, population, postcode, **more):
        from portal.text import sort_key

        made = make_commune(
            code=code, nom=nom, nom_tri=sort_key(nom), departement=departement, epci=epci,
            latitude=lat, longitude=lon, population=population, codes_postaux=postcode, **more,
        )  # fmt: skip
        for each in postcode.split():
            make_code_postal(code=each, commune=made)
        return made

    caen = commune("14118", "Caen", calvados, caen_epci, 49.182, -0.371, 105_000, "14000")
    ifs = commune("14341", "Ifs", calvados, caen_epci, 49.138, -0.353, 11_000, "14123")
    lisieux = commune("14366", "Lisieux", calvados, astride, 49.146, 0.229, 20_000, "14100")
    evreux = commune("27229", "Évreux", eure, astride, 49.027, 1.151, 48_000, "27000")
    saint_a = commune("27561", "Saint-Étienne", eure, None, 49.2, 1.0, 300, "27430")
    saint_b = commune("14562", "Saint-Étienne", calvados, None, 49.0, 0.1, 900, "14130")
    paris = commune("75056", "Paris", paris_dep, metropole, 48.857, 2.32, 2_187_000, "75001 75010")
    paris10 = commune(
        "75110", "Paris 10e Arrondissement", paris_dep, metropole, 48.876, 2.36, 83_000, "75010", parente=paris
    )
    paris11 = commune(
        "75111", "Paris 11e Arrondissement", paris_dep, metropole, 48.859, 2.38, 142_000, "75011", parente=paris
    )
    jardins = make_secteur(code="jardins", nom="Espaces verts", racines=" espac vert ", naf="81")
    entretien = make_secteur(
        code="jardins.entretien",
        nom="Entretien des espaces verts",
        parent=jardins,
        synonymes="jardinage,tonte",
        racines=" entretien espac vert jardinag tont ",
        naf="8130Z",
        rome="A1203",
    )
    proprete = make_secteur(
        code="proprete", nom="Propreté", synonymes="nettoyage", racines=" propret nettoyag ", naf="8121Z"
    )
    return SimpleNamespace(**{name: value for name, value in locals().items() if name not in {"commune", "words"}})
