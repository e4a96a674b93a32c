"""Messages about a clause handed over: between the two bodies, then to its buyer and to those who declare."""

from clauses.notifications.destinataires import de_l_acheteur, des_redevables, du_facilitateur
from portal import mail


def offered(passation) -> list:
    return mail.send(
        "passation_proposee", du_facilitateur(passation.vers), cle=f"passation:{passation.pk}", passation=passation
    )


def answered(passation) -> list:
    """To the body that gives the clause."""
    return mail.send(
        "passation_reponse", du_facilitateur(passation.de), cle=f"passation_reponse:{passation.pk}", passation=passation
    )


def announced(passation, declarants) -> list:
    """To the buyer and to those who declare: who follows the clause from now on."""
    people = [*de_l_acheteur(passation.clause.lot.marche.acheteur), *des_redevables(declarants)]
    return mail.send("passation_annoncee", people, cle=f"passation_annoncee:{passation.pk}", passation=passation)
