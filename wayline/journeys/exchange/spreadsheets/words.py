"""What labels and feelings mean, as tools and people write them in English, German, French, Spanish,
Portuguese, Italian and Dutch. Letters are compared without accents."""

import re
import unicodedata
from collections.abc import Iterable

IGNORE, CARDS = "ignore", "notes"
ROLES = (
    ("phase", "Phase"),
    ("question", "The customer's question"),
    ("step", "Step"),
    ("touchpoint", "Touchpoints"),
    ("channel", "Channels"),
    ("feeling", "Feeling, −2 to +2"),
    ("moment", "Moment that matters"),
    ("goal", "Goals"),
    ("quote", "Quotes"),
    ("pain", "Pain points"),
    ("gain", "Gains"),
    ("opportunity", "Opportunities"),
    ("metric", "Metrics"),
    ("evidence", "Physical evidence"),
    ("frontstage", "Frontstage"),
    ("backstage", "Backstage"),
    ("system", "Systems"),
    ("policy", "Policies"),
    (CARDS, "Notes"),
    (IGNORE, "Leave out"),
)
# Each begins a word of the label. The longest that a label holds decides.
WORDS = {
    "phase": "phase stage section episode fase etapa etappe abschnitt",
    "question": "customer_question phase_question question kundenfrage frage question_du_client pregunta"
    " pergunta domanda klantvraag vraag",
    "step": "step action activit customer_action user_action title doing schritt kundenaktion kundenhandlung"
    " handlung aktion aktivitat etape paso accion actividad passo acao atividade azione attivita stap"
    " klantactie actie",
    "touchpoint": "touchpoint touch_point interaction contact_point kontaktpunkt beruhrungspunkt interaktion"
    " point_de_contact punto_de_contacto ponto_de_contato punto_di_contatto contactpunt contactmoment",
    "channel": "channel device kanal canal canais canaux kanaal kanalen",
    "feeling": "feeling emotion sentiment mood experience satisfaction gefuhl stimmung erlebnis erleben"
    " zufriedenheit ressenti humeur emocion sentimiento estado_de_animo emocao sentimento humor emozion"
    " umore gevoel emotie stemming tevredenheid",
    "moment": "moment_that_matters moment_of_truth moments_of_truth key_moment moment_der_wahrheit"
    " moment_de_verite momento_de_la_verdad momento_de_verdad momento_da_verdade momento_della_verita"
    " moment_van_de_waarheid",
    "goal": "goal need job expectation ziel bedurfnis erwartung objectif besoin attente objetivo necesidad"
    " expectativa necessidade obiettivo bisogno aspettativ doel behoefte verwachting",
    "quote": "quote verbatim thinking says thought zitat gedank citation pensee cita pensamiento citacao"
    " pensamento citazion pensier citaat gedacht",
    "pain": "pain problem friction barrier issue roadblock frustration schmerz hurde point_de_douleur"
    " points_de_douleur irritant frein punto_de_dolor puntos_de_dolor dolor ponto_de_dor"
    " pontos_de_dor dor dores punto_dolente punti_dolenti criticita pijnpunt knelpunt",
    "gain": "gain delight positive gewinn begeister plaisir alegria gioia",
    "opportunity": "opportunit idea solution improvement recommendation chance verbesserung losung idee"
    " amelioration oportunidad mejora oportunidade melhoria miglioramento kans verbeter",
    "metric": "metric kpi kennzahl messgrosse indicateur indicador metrica indicatore metriek",
    "evidence": "physical_evidence evidence props physische_evidenz preuve evidencia evidenza bewijs",
    "frontstage": "frontstage front_stage onstage on_stage visible avant_scene frente_al_publico",
    "backstage": "backstage back_stage process hintergrund prozess processus proceso processo proces"
    " coulisse",
    "system": "system support_process technology software tool logiciel sistema systeem",
    "policy": "polic rule regulation richtlinie regel regle politica norma beleid",
}
LABELS = sorted(
    ((word.replace("_", " "), role) for role, words in WORDS.items() for word in words.split()),
    key=lambda pair: -len(pair[0]),
)
NOT_READ = {"measured by"}  # of our own tables: a binding is more than its sentence
# A column that names the map a row belongs to, and what stands above a table or on a sheet of its own.
MAPS = "journey,journey name,journey title,journey map,map,map name,map title,parcours,recorrido,jornada"
OF_MAP = {
    **dict.fromkeys((*MAPS.split(","), "title", "name", "titel", "titre", "titulo", "titolo"), "title"),
    **dict.fromkeys(("persona", "personas", "customer", "user", "actor", "kunde"), "persona"),
    **dict.fromkeys(("goal", "scenario", "point of view", "ziel", "objectif", "objetivo", "doel"), "goal"),
}
KIND_OF = {CARDS: "text"}
# A card stands in the lane of its kind, under the key that the map has for that lane.
LANE_OF = {CARDS: CARDS, "quote": CARDS}
CARD_ROLES = (
    *(CARDS, "goal", "quote", "pain", "gain", "opportunity", "metric"),
    *("evidence", "frontstage", "backstage", "system", "policy"),
)
YES = {"yes", "y", "x", "true", "1", "ja", "oui", "si", "sim", "wahr", "vrai", "✓", "✔", "★", "⭐", "❗"}
NO = {"no", "n", "false", "0", "nein", "non", "nao", "nee", "falsch", "faux", "-", "–"}
FELT = {
    -2: "very negative,angry,furious,terrible,awful,very unhappy,very dissatisfied,enraged,sehr negativ,"
    "sehr unzufrieden,wutend,verargert,tres insatisfait,en colere,furieux,muy insatisfecho,enfadado,enojado,"
    "muito insatisfeito,irritado,com raiva,molto insoddisfatto,arrabbiato,zeer ontevreden,boos,"
    "😡,😠,🤬,😭,😱,😤,😫,😖,>:(",
    -1: "negative,sad,unhappy,dissatisfied,frustrated,anxious,bad,annoyed,upset,worried,nervous,stressed,"
    "disappointed,confused,bored,overwhelmed,negativ,unzufrieden,traurig,frustriert,angstlich,nervos,"
    "insatisfait,triste,frustre,inquiet,decu,insatisfecho,frustrado,ansioso,preocupado,insatisfeito,"
    "insoddisfatto,frustrato,deluso,ontevreden,gefrustreerd,teleurgesteld,🙁,☹,😟,😞,😢,😕,😒,😔,😣,😰,😥,😬,"
    "😩,👎,:(,:-(",
    0: "neutral,ok,okay,indifferent,mixed,calm,neutre,neutro,neutraal,gleichgultig,😐,😑,😶,🤔,:|,:-|",
    1: "positive,happy,satisfied,good,relieved,pleased,content,glad,hopeful,confident,curious,interested,"
    "positiv,zufrieden,glucklich,froh,erleichtert,satisfait,heureux,content,soulage,satisfecho,feliz,"
    "contento,aliviado,satisfeito,soddisfatto,felice,sollevato,tevreden,blij,opgelucht,🙂,😊,☺,😀,😌,👍,:),:-)",
    2: "very positive,delighted,very happy,very satisfied,great,excited,thrilled,amazed,sehr positiv,"
    "sehr zufrieden,sehr glucklich,begeistert,tres satisfait,ravi,enchante,muy satisfecho,encantado,"
    "emocionado,muito satisfeito,encantada,molto soddisfatto,entusiasta,zeer tevreden,enthousiast,"
    "😄,😁,😃,🤩,😍,🥳,😆,❤,:D,:-D",
}  # fmt: skip
FEELINGS = {word.lower(): float(feeling) for feeling, words in FELT.items() for word in words.split(",")}
NEGATIONS = {"not", "no", "never", "nicht", "kein", "pas", "ne", "nao", "non", "niet", "geen"}
OF_A_SCALE = re.compile(r"([+-]?\d{1,3}(?:\.\d+)?)\s*(?:/|of|von|de|sur|out of|di|van)\s*(\d{1,3})")


def plain(text: str) -> str:
    """In small letters without accents, words parted by one blank."""
    bare = "".join(
        sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign)
    )
    return " ".join(re.findall(r"\w+", bare.replace("_", " ")))


def role_of(label: str) -> str:
    """What a label of a row or column means; notes when no word of it is known."""
    said = plain(label)
    if said in NOT_READ:
        return IGNORE
    found = (role for word, role in LABELS if f" {word}" in f" {said}")
    return next(found, CARDS)


def rest_of(label: str) -> str:
    """A label without the words that say what it means: the persona of “Experience (Sarah)”."""
    known = {word for word, _ in LABELS}
    kept = [
        word for word in re.findall(r"\w+", label) if not any(plain(word).startswith(each) for each in known)
    ]
    rest = " ".join(
        word for word in kept if plain(word) not in ("of", "de", "von", "journey", "curve", "line")
    )
    return "" if rest.isdigit() else rest


def feelings_of(cells: Iterable[str]) -> list[float | None]:
    """A row of feelings, brought to −2 to +2 from the scale that its numbers show they are on.

    With a negative number, or none above 2: −2 to 2, or −5 to 5 where one is beyond. Else 1 to 5, 1 to 10, or
    0 to 100. A cell may name its own scale (“4/5”, “80 %”, “★★★☆☆”), a word or a face; else it says nothing.
    """
    said = [unicodedata.normalize("NFKC", cell).strip().replace("−", "-").replace(",", ".") for cell in cells]
    values = [float(each) if re.fullmatch(r"[+-]?\d{1,3}(\.\d+)?", each) else None for each in said]
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0, 0)
    found: list[float | None] = []
    for text, value in zip(said, values, strict=True):
        feeling = _worded(text) if value is None else _brought(value, low, high)
        found.append(None if feeling is None else round(max(-2.0, min(2.0, feeling)), 2))
    return found


def is_only_a_feeling(text: str) -> bool:
    """Whether a cell of feelings says nothing besides; more words are worth a note."""
    said = text.strip().lower()
    return not re.search(r"[^\W\d_]", said) or said in FEELINGS or plain(said) in FEELINGS


def _brought(value: float, low: float, high: float) -> float:
    if low < 0 or high <= 2:
        return value if max(-low, high) <= 2 else value * 2 / 5
    if high <= 5:
        return value - 3
    return (value - 1) / 9 * 4 - 2 if high <= 10 else value / 25 - 2


def _worded(text: str) -> float | None:
    if stars := re.fullmatch(r"([★⭐]+)([☆✩]*)", text.replace("\ufe0f", "")):
        return _of_scale(len(stars[1]), max(5, len(stars[1]) + len(stars[2])))
    if share := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", text):
        return float(share[1]) / 25 - 2
    if scaled := OF_A_SCALE.fullmatch(text.lower()):
        return _of_scale(float(scaled[1]), int(scaled[2]))
    whole = text.strip().lower()
    if whole in FEELINGS:
        return FEELINGS[whole]
    for sign in whole:
        if not sign.isascii() and sign in FEELINGS:
            return FEELINGS[sign]
    return _in_words(plain(text))


def _in_words(said: str) -> float | None:
    if said in FEELINGS:
        return FEELINGS[said]
    words = said.split()
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            found = FEELINGS.get(" ".join(words[start : start + length]))
            if found is not None:
                return None if NEGATIONS & set(words[:start]) else found
    return None


def _of_scale(value: float, top: int) -> float | None:
    if top >= 100:
        return value / (top / 4) - 2
    return (value - 1) / (top - 1) * 4 - 2 if top > 1 else None
