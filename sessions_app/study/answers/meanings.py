"""Words and beginnings that turn a meaning, and words that are easily mixed up: data of the rules."""

NEGATIONS = frozenset(
    "not no non never none nor neither without nothing nobody"
    " nicht kein keine keinen keiner ohne nie niemals nichts pas sans jamais rien aucun aucune"
    " sin nunca nada senza mai niente nessuno не нет без никогда ни não nem sem".split()
)

# A word with such a beginning is another word than one without it, or with another.
PREFIXES = (
    "un in im ir il non anti dis de mis hypo hyper inter intra extra infra supra super sub over"
    " under pre post pro"
    " re ex en endo exo ecto epi peri para poly mono di bi tri homo hetero iso macro micro mega"
    " meso eu ab ad af"
    " ef em am a an trans cis auto allo syn sym con contra counter co up down out fore back semi"
    " multi uni ultra"
    " tele photo meta ortho ver zer ent ge be er auf ab aus ein an um über unter vor nach mit des dé mé".split()
)
PREFIX_SET = frozenset(PREFIXES)

# Pairs in which the accent makes another word; so it does in most words of up to three letters.
ACCENT_TURNS = frozenset(
    "ano si el tu mi te mas que como cuando hacia papa esta este paso hablo peso mama cana"
    " pena mono cono moño sueno solo secretaria ingles marche tache jeune"
    " cote pate peche sale matin mure foret schon drucken wurde konnte musste hatte ware fordern"
    " mutter bruder vater tochter vogel apfel garten laden ofen zahlen losen fallen lauten kuchen resume expose"
    " rose public publico termino continuo animo medico practico critico calculo titulo dialogo"
    " celebre domino".split()
)

ARTICLES = frozenset(
    "the a an el la los las un una unos unas le les une der die das den dem des ein eine einen einem einer"
    " il lo gli uno to".split()
)
