"""Words that are easily mixed up: data of a rule. Each line holds words of different meaning."""

CONFUSABLE_LINES = """
encoder decoder
encode decode
encoding decoding
encrypt decrypt
encryption decryption
afferent efferent
affect effect
affects effects
ileum ilium
glycogen glucagon glucogen
mitosis meiosis
abduct adduct
abduction adduction
abductor adductor
principal principle
principals principles
stationary stationery
complement compliment
complementary complimentary
discrete discreet
causal casual
causality casualty
martial marital
calvary cavalry
united untied
angel angle
diary dairy
quiet quite
trail trial
desert dessert
loose lose
perspective prospective
proscribe prescribe
persecute prosecute
ingenious ingenuous
adverse averse
moral morale
mortal moral
coma comma
canon cannon
ordinance ordnance
statue statute stature
through thorough though thought
personal personnel
preposition proposition
conversation conservation
convection conviction convention
infection inflection infarction injection
inflation inflammation
deflection deflation
refraction refractory
diffraction refraction
attraction traction
ration ratio
reaction retraction
dilation dilution
allusion illusion
immigrate emigrate
eminent imminent immanent
ureter urethra
malleus malleolus
humorous humerus humeral
peroneal perineal peritoneal
trachea trochlea
prostate prostrate
dysphagia dysphasia dysplasia
arteritis arthritis
hematoma hepatoma
callus callous
mucus mucous
phenol phenyl
facial fascial
venous venus
creatine creatinine keratin
adenine adenosine
guanine guanidine guanosine
cytosine cytidine
thymine thiamine thymidine
uracil uridine
alanine aniline
actin action
myosin mycin
fibrin fibrinogen
pepsin pepsinogen
trypsin trypsinogen
neuron neutron
nucleolus nucleus
nucleoside nucleotide
centriole centrosome centromere
chromatin chromatid
chromosome chromatophore
ribose ribosome
lysosome liposome
vesicle vehicle ventricle
melatonin melanin melanotonin
prolactin prolactone
testes testis
axon action exon
intron interon
codon codeon
sulfate sulfite sulfide
nitrate nitrite nitride
phosphate phosphite phosphide
chlorate chlorite chloride chlorine
fluorine fluoride
bromine bromide
iodine iodide
methane methene methyne
ethane ethene ethyne
propane propene propyne
butane butene butyne
pentane pentene
hexane hexene
lactose lactase lactate
maltose maltase
sucrose sucrase
cellulose cellulase
amylose amylase
glutamine glutamate
aspartate aspartame
ammonia ammonium
cation anion
hydrogen hydrogel
ketone ketose
aldehyde aldose
osmosis osmoses
vertebra vertebrae
prokaryote eukaryote
prokaryotic eukaryotic
genotype phenotype
transcription translation transduction
phagocytosis pinocytosis
exocytosis endocytosis
ectoderm endoderm
arteriole arterial
capillary capillarity
bronchiole bronchial
synapse synapsis
parameter perimeter
arcsine arccosine
secant cosecant
tangent cotangent
sine cosine
variance covariance
mean median
numerator denominator
multiplier multiplicand
divisor dividend
divided dividend
hyperbola hyperbole
parabola parable
ellipse ellipsis eclipse
matrix metric
vector victor
scalar scaler
tensor sensor
resistor resister transistor
resistance reactance
capacitance capacitor
inductance induction
conductance conduction
deduction induction reduction
momentum moment
velocity viscosity
fission fusion
meteor meteorite meteoroid
aster asteroid
latitude altitude attitude
longitude altitude
stalactite stalagmite
cyclone anticyclone
weather whether
climate climax
austria australia
slovakia slovenia
niger nigeria
iran iraq
gambia zambia
ireland iceland
mauritius mauritania
dominica dominican
uruguay paraguay
sweden switzerland
monaco morocco
guinea guyana
mali malawi malta
latvia lithuania
galatia galicia
budapest bucharest
monarchy anarchy
oligarchy oligarch
capital capitol
council counsel
consul council
elicit illicit
imply infer
censor census censure
treaty treatise
confirm conform
contact contract
conscious conscience conscientious
respectful respective
respectfully respectively
historic historical
economic economical
electric electrical electronic
alternate alternative
access excess
accept except expect
adapt adopt adept
advice advise
device devise
breath breathe
cloths clothes
later latter
emigrant immigrant
country county
bride bridge
heart heat hearth
plant planet
friend fiend
heroin heroine
marine margin
message massage
pastor pasture
planing planning
hoping hopping
striping stripping
staring starring
diner dinner
super supper
bitter biter
filing filling
tiny tinny
public pubic
singing singeing
dying dyeing
carrier career courier barrier
corporal corporate corporeal
collage college
costume custom
envelop envelope
human humane
urban urbane
local locale
rational rationale
artist artiste
finale final
lightening lightning
metal mettle medal
mode model
model module modal
modular molecular
molecule module
parity party
patent patient parent
prophecy prophesy
sight site
sever severe
thrown throne
thrash trash
track tract
vocation vacation
wander wonder
warn worn
employer employee
trainer trainee
mortgagor mortgagee
lessor lessee
compiler complier
iteration alteration integration
literation alliteration
assertion insertion
selection election
induction introduction
interpolation interpellation extrapolation
precision recision
recall recoil
regression repression
depression repression compression
expression impression
inhibition exhibition
secretion excretion
absorption adsorption
absorb adsorb
absorbent adsorbent
apposition opposition
progression procession
possession profession
appraise apprise
superior inferior
clonic colonic
axillary auxiliary auxillary
peroneus perineus
anterior posterior interior exterior
ventral dorsal
medial lateral
proximal distal
internal external
maximum minimum
maximal minimal
maximize minimize
increase decrease
increased decreased
increasing decreasing
ascending descending
systole diastole
systolic diastolic
explicit implicit
import export
inhale exhale
inspiration expiration
convex concave
sympathetic parasympathetic
agonist antagonist
anode cathode
gram-positive gram-negative
positive negative
credit debit
assets liabilities
demand supply
sensitivity specificity
precision recall
bias variance
validity reliability
subject object
arteries arterioles
heteronym homonym
synonym antonym homonym
simile metaphor
monologue dialogue
democracy demography
geology theology
cosmology cosmetology
astronomy astrology
etymology entomology
ethnic ethic
ethnology ethology
ornithology ontology oncology
urology neurology
nephrology neurology
physiology psychology
pathology physiology
mycology myology
histology history
radiology audiology
cardiology cardiologist
biology biologist
einstellung anstellung
fordern fördern
schreiben schrieben
bleiben blieben
steigen stiegen
schweigen schwiegen
liegen legen lügen
bieten beten bitten
kirche kirsche
kuchen küchen
pescado pecado
caballo cabello
hombre hombro hambre
cuchara cuchilla
zapato sapato
poisson poison
dessert désert
cheveux chevaux
"""


def _confusables() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in CONFUSABLE_LINES.strip().splitlines():
        group = frozenset(line.split())
        for word in group:
            found[word] = found.get(word, frozenset()) | group
    return found


CONFUSABLES = _confusables()
