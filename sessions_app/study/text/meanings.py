"""Words, prefixes and endings that change a meaning, or that do not: data for the rules of judging."""

NEGATIONS = frozenset(
    "not no non never none nor neither without nothing nobody"
    " nicht kein keine keinen keiner ohne nie niemals nichts pas sans jamais rien aucun aucune"
    " sin nunca nada senza mai niente nessuno не нет без никогда ни não nem sem".split()
)

# A word with one of these prefixes is not the same as the word without it, or with another.
PREFIXES = (
    "un in im ir il non anti dis de mis hypo hyper inter intra extra infra supra super sub over"
    " under pre post pro"
    " re ex en endo exo ecto epi peri para poly mono di bi tri homo hetero iso macro micro mega"
    " meso eu ab ad af"
    " ef em am a an trans cis auto allo syn sym con contra counter co up down out fore back semi"
    " multi uni ultra retro antero ante intro extro hemi infra circum contra neo pseudo proto"
    " tele photo meta ortho ver zer ent ge be er auf ab aus ein an um über unter vor nach mit des dé mé".split()
)
PREFIX_SET = frozenset(PREFIXES)

# Prefixes that change a meaning in the same way.
ALIKE_PREFIXES = tuple(
    frozenset(each.split())
    for each in ("un in im ir il non dis a an", "anti counter", "multi poly", "uni mono", "extra extro")
)

# Words that mean something else with an accent. So do most words of up to three letters.
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
    " il lo gli uno i o os het een ett to".split()
)

# Words that distinguish things of one kind: with or without one of them a text means something else.
QUALIFIERS = frozenset(
    "north south east west northern southern eastern western new old left right upper lower inner outer front rear"
    " back top bottom first second third last next great greater lesser less more major minor high low early late"
    " superior inferior anterior posterior medial lateral proximal distal dorsal ventral internal external primary"
    " secondary tertiary positive negative male female half double triple minimum maximum minimal maximal single"
    " common direct indirect active passive acute chronic local global short long big small large false true weak"
    " strong free fixed past present future perfect simple complex only all some every each both".split()
)

# Words between two answers, one of which is wrong.
HEDGES = frozenset("or and oder und ou et o y e of en или и".split())

# Words that make the order of the other words matter.
ORDERING = frozenset("v to from than minus over under before after into by beats if implies".split())

# Endings of other forms of a word: plural, tense, gender, case.
INFLECTIONS = frozenset(
    [
        "",
        *"s es ed d ing ly y ies e n en er ern es em a o as os i um us ae on is t te st r ra ras ne nen".split(),
    ]
)

# Endings that are often confused, although both may be words: calender, persistant, glamourous.
ALIKE_ENDINGS = tuple(
    frozenset(each.split())
    for each in (
        "ar er or",
        "ant ent",
        "ance ence",
        "ants ents",
        "ible able",
        "our or",
        "ours ors",
        "urous rous",
        "ise ize",
    )
)

# Chemical names: after one of these stems each ending names another substance.
CHEMICAL_STEMS = (
    "meth eth prop but pent hex hept oct non dec benz phen tolu styr acet form sulf sulph phosph nitr chlor brom"
    " iod fluor arsen selen tellur chrom mangan carbon bor silic cyan ox azid hydr alumin malt lact sucr amyl"
    " cellul galact fruct gluc mann xyl rib prote lip nucle hydrol pept"
).split()
CHEMICAL_ENDINGS = (
    "ane anes ene enes yne yn ine an en anal enal anol enol anone ol ols al als one yl ose ase ate ates ite ites"
    " ide ides ic ous oic oate anoic anoate amine amide ium ulose onic inic inate onate inose inase"
).split()
