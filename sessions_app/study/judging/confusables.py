"""Words that are easily confused and that no word list or rule distinguishes.

The words of a line have different meanings.
"""

CONFUSABLE_LINES = """
glycogen glucagon
moral morale
statue statute stature
through thorough though thought
ration ratio
peroneal perineal peritoneal
trachea trochlea
hematoma hepatoma
facial fascial
guanine guanidine guanosine
cytosine cytidine
thymine thiamine thymidine
actin action
chromatin chromatid
lysosome liposome
prolactin prolactone
testes testis
aspartate aspartame
ammonia ammonium
hydrogen hydrogel
osmosis osmoses
vertebra vertebrae
phagocytosis pinocytosis
synapse synapsis
arcsine arccosine
hyperbola hyperbole
ellipse ellipsis eclipse
scalar scaler
resistor resister transistor
momentum moment
dominica dominican
oligarchy oligarch
breath breathe
cloths clothes
heroin heroine
envelop envelope
human humane
urban urbane
local locale
rational rationale
artist artiste
finale final
sever severe
employer employee
trainer trainee
compiler complier
clonic colonic
axillary auxiliary auxillary
peroneus perineus
nephrology neurology
prednisone prednisolone
daunorubicin doxorubicin
cyclosporine cycloserine
fluoxetine paroxetine duloxetine fluvoxamine
amlodipine nifedipine nimodipine nicardipine
hypokalemia hypocalcemia hyponatremia
hyperkalemia hypercalcemia hypernatremia
hypokalaemia hypocalcaemia hyponatraemia
hyperkalaemia hypercalcaemia hypernatraemia
intubation incubation
surjective subjective
hemoglobin myoglobin haemoglobin
lysin lysine leucine
fordern fördern
kuchen küchen
hombre hombro hambre
melatonin melanin
metronidazole miconazole
linoleic linolenic oleic
ribose ribulose
xylose xylulose
estriol estradiol estrone
prothrombin thrombin
angiotensin angiotensinogen
timbre timber
tachycardia bradycardia
phagocyte pinocyte
transudate exudate
ligand ligament
exocytosis endocytosis transcytosis
cytokinin cytokine
glycogenolysis glycogenesis gluconeogenesis
lipogenesis lipolysis
allopatric sympatric
polyploid polypoid
chlorophyta chlorophyll
mesothelium mesothelioma
angiogram angiography
parenchyma sclerenchyma collenchyma
"""


def _confusables() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in CONFUSABLE_LINES.strip().splitlines():
        group = frozenset(line.split())
        for word in group:
            found[word] = found.get(word, frozenset()) | group
    return found


CONFUSABLES = _confusables()
