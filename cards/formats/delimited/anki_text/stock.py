"""Anki's own note types, by their names in all languages of Anki. Pure.

A text export names only the type of a note. Collections have the names of the language in which they were made:
those of Anki 26.9.3, as ``tr.notetypes_basic_reversed_name()`` and its neighbours give them.
"""

import re

CLOZE, BOTH, OPTIONAL, SINGLE = "cloze", "both", "optional", "single"
"""What a note makes: a card for each deletion, both directions, the other direction by choice, or one card."""

NAMES = {
    SINGLE: (
        "Basies", "Basic", "Bàsica", "Grundlæggende", "Einfach", "Põhimudel", "Básico", "Baza",
        "Oinarrizkoa", "Basique", "Bunúsach", "Básica", "Osnovna", "Basilare", "Elementari", "Alap",
        "Basis", "Grunnleggende", "Oddiy", "Podstawowy", "Básico", "Простая", "De bază", "Základný",
        "Perusmalli", "Grundläggande", "Cơ bản", "Temel", "sampu", "Základní", "Βασικό", "Базавая",
        "Основен", "Үндсэн", "Основно", "Базовий", "Қарапайым", "Հիմնական", "עיקרדיק", "בסיסי", "ئاساسى",
        "أساسي", "ମୌଳିକ", "พื้นฐาน", "基本", "问答题", "基本型", "Basic (type in the answer)",
        "Bàsica (escriure la resposta)", "Grundlæggende (skriv ind svaret)",
        "Einfach (Antwort eintippen)", "Básico (teclear la respuesta)", "Baza (enigi la respondon)",
        "Basique (saisissez la réponse)", "Bunúsach (clóscríobh an freagra)",
        "Básica (escribe a resposta)", "Osnovna (upisivanje odgovora)", "Basilare (digita la risposta)",
        "Alap (írd be a választ)", "Basisch (typ het antwoord in)", "Oddiy (javobni kiritish)",
        "Podstawowy (wpisywanie odpowiedzi)", "Básico (digite a resposta)", "Простая (с вводом ответа)",
        "De bază(tastați răspunsul)", "Osnovna (vnesi odgovor)", "Perusmalli (kirjoita vastaus)",
        "Bas (skriv in svaret)", "Cơ bản (nhập câu trả lời)",
        "sampu je cu nitcu lo nu do samci'a lo te spuda", "Základní (napsat odpověď)",
        "Basic (πληκτρολόγηση απάντησης)", "Базавая (напісанне адказу)",
        "Базовий (з вдрукуванням відповіді)", "Қарапайым (жауапты теру)",
        "Հիմնական (մուտքագրեք պատասխանը)", "עיקרדיק (אַרײַנקלאַפּן די ענטפֿער)",
        "בסיסי (הקלד את התשובה)", "ئاساسىي (جاۋاب كىرگۈزىدىغان)", "أساسي (مع كتابة الجواب)",
        "ମୌଳିକ (ଉତ୍ତର ଟାଇପ୍ କରନ୍ତୁ)", "พื้นฐาน (พิมพ์ตอบ)", "基本 (解答を入力)", "问答题（输入答案）", "基本型（輸入答案）",
    ),
    BOTH: (
        "Basiese (en omgekeerde kaart)", "Basic (and reversed card)", "Bàsica (i targeta inversa)",
        "Grundlæggende (og kort baglæns)", "Einfach (und die umgekehrte Richtung)",
        "Básico (y tarjeta invertida)", "Baza (en ambaŭ direktoj)",
        "Oinarrizko (eta alderantzizko karta)", "Généralités (deux sens)",
        "Bunúsach (le malairt an chárta)", "Básica (e tarxeta invertida)", "Osnovna (i obratna kartica)",
        "Basilare (e carta inversa)", "Generalitats (dos senses)", "Alap (mindkét irányban)",
        "Basis (en omgekeerde kaart)", "Oddiy (va teskari karta)", "Podstawowy (z odwrotną kartą)",
        "Básico (e ficha invertida)", "Básico (e cartão invertido)", "Простая (с обратной карточкой)",
        "De bază (și cu card întors)", "Základný (plus obrátená karta)", "Osnovna (in obrnjena kartica)",
        "Perusmalli (ja käänteinen kortti)", "Bas (och omvänt kort)", "Cơ bản (với thẻ ngược)",
        "Temel (ve ters kart)", "Základní (plus obrácená karta)", "Βασική (και αντεστραμμένη κάρτα)",
        "Базавая (з адваротнай карткай)", "Основна (и обърната карта)", "Основна (и обратне карте)",
        "Базовий (зі зворотною карткою)", "Қарапайым (және кері карта)", "Հիմնական (+ հետադարձ քարտերը)",
        "עיקרדיק (און פֿאַרקערט קאַרטל)", "בסיסי (וכרטיס הופכי)", "ئاساسى (ئۆرۈلىدىغان كارتا)",
        "أساسي (وبطاقة معكوسة)", "ମୌଳିକ (ଏବଂ ଓଲଟା ପତ୍ର)", "พื้นฐาน (และการ์ดแบบกลับด้าน)",
        "基本 (表面と裏面を反転したカードも作成)", "问答题（附翻转卡片）", "基本型（含反向卡片）",
    ),
    OPTIONAL: (
        "Basiese (opsioneel omgekeerde kaart)", "Basic (optional reversed card)",
        "Bàsica (targeta inversa opcional)", "Grundlæggende (valgfrit med kort  baglæns)",
        "Einfach (und wahlweise die umgekehrte Richtung)", "Básico (tarjeta invertida opcional)",
        "Baza (en unu aŭ ambaŭ direktoj)", "Oinarrizko( aukerako alderantzizko karta)",
        "Basique (carte inversée optionnelle)", "Bunúsach (le malairt an chárta mar rogha)",
        "Básica (tarxeta invertida opcional)", "Osnovna (obratna kartica po volji)",
        "Basilare (carta inversa opzionale)", "Generalitats (convèrsa facultativa)",
        "Alap (egyik vagy mindkét irányban)", "Basis (omgekeerde kaart optioneel)",
        "Oddiy (va ixtiyoriy teskari karta)", "Podstawowy (z opcjonalną odwrotną kartą)",
        "Básico (ficha invertida opcional)", "Básico (cartão invertido opcional)",
        "Простая (с обратной по выбору)", "De bază (opțional cu card întors)",
        "Základný (plus voliteľná obrátená karta)", "Osnovna (in izbirno obrnjena kartica)",
        "Perusmalli (valinnainen käänteinen kortti)", "Bas (valbart omvänt kort)",
        "Cơ bản (thẻ ngược tùy chọn)", "Temel (seçimli ters kart)",
        "Základní (plus volitelná obrácená karta)", "Βασική (κατ'επιλογή αντεστραμμένη κάρτα)",
        "Базавая (з неабавязковай адваротнай карткай)", "Основна (+ обърната карта по избор)",
        "Основна (обратне по избору)", "Базовий (з необов'язковою зворотною карткою)",
        "Қарапайым (қосымша кері карта)", "Հիմնական (հետադարձը ըստ ընտրության)",
        "עיקרדיק (ברירהדיק פֿאַרקערט קאַרטל)", "בסיסי (כרטיס הופכי אופציונלי)",
        "ئاساسى (تاللاشچان ئۆرۈلىدىغان كارتا)", "أساسي (وبطاقة معكوسة اختيارية)",
        "ମୌଳିକ (ବୈକଲ୍ପିକ ଓଲଟା ପତ୍ର)", "基本 (任意で反転カードを作成)",
        "问答题（可选附翻转卡片）", "基本型（選擇性反向卡片）",
    ),
    CLOZE: (
        "Cloze", "Text amb buits", "Lückentext", "Respuesta anidada", "Truteksto", "hutsuneak betetzea",
        "Texte à trous", "Iomlánú", "Oco", "Nadopunjavanje teksta", "Tèxte amb traucs", "Lyukas szöveg",
        "Boʻshliqni toʻldirish", "Luka", "Omissão de Palavras", "Задание с пропусками",
        "Test cu cuvinte lipsă", "Doplňovačka", "Zapora podatka", "Aukkotehtävä", "Lucktext",
        "Điền chỗ trống", "Boşluklu", "mipri cipra", "Κλείσιμο", "З прабеламі", "Пропусти",
        "Закритий текст", "Саңылау толтыру", "Բացթողումներ", "שפּאַלט", "השלם את החסר",
        "بوش ئورۇن تولدۇرۇش", "ملء فراغات", "କ୍ଲୋଜ୍", "เติมคำ", "穴埋め問題", "填空题", "克漏字",
    ),
}  # fmt: skip

FIELDS = {SINGLE: 2, BOTH: 2, OPTIONAL: 3, CLOZE: 2}
"""How many fields a note of each has."""

MAX_NAME = 100
KIND_OF = {name.casefold(): kind for kind, names in NAMES.items() for name in names}

# A second type of the same name: Anki adds a number or a plus sign, "Manage note types" adds "copy".
ADDED = re.compile(r"(?: copy|[-+ ]+[0-9a-f]*|-[\w-]{1,20})\Z", re.IGNORECASE)


def stock_kind(name: str) -> str:
    """What a note of the type ``name`` makes: one of the keys of `NAMES`, or empty for types that people made."""
    if len(name) > MAX_NAME:
        return ""
    plain = " ".join(name.split()).casefold()
    return KIND_OF.get(plain) or KIND_OF.get(ADDED.sub("", plain), "")
