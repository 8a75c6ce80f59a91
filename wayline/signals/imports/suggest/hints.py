"""What a column's name and values hint at."""

import re

from .profiles import Profile

CASE = ("case:concept:name", "case_id", "caseid", "case id", "case", "trace_id")
ACTIVITY = ("concept:name", "activity", "event_name", "event", "action", "task")
MOMENT = ("time:timestamp", "timestamp", "complete_timestamp", "completetimestamp", "time", "occurred_at")
EXPECTED = r"estimat\w*|expect\w*|due|deadline|planned|promised|scheduled|shipping_limit"
PEOPLE = (
    r"customer|client|user|caller|account|member|person|patient|guest|author|respondent|respnum|subscriber"
    r"|buyer|kunden?|nutzer|mitglied|teilnehmer|cliente|usuari[oa]|utente|client|utilisateur|klant|gebruiker"
)
THINGS = (
    r"order|ticket|incident|case|invoice|conversation|claim|booking|request|shipment|contract|number|auftrags?"
    r"|bestellung|rechnung|anfrage|vertrag|commande|facture|demande|contrat|pedido|factura|fatura|contrato"
    r"|ordine|fattura|bestelling|factuur"
)
AMOUNTS = (
    r"amount|price|value|total|revenue|costs?|amount_req|payment_value|betrag|preis|umsatz|summe|montant|prix"
    r"|importe|precio|valor|preço|importo|prezzo|bedrag|prijs"
)
HAPPENED = r"event|activity|action|vorgang|ereignis|aktion|événement|evenement|evento|acción|ação|actie"
WORDS = (
    r"comment|message|verbatim|feedback|text|review_comment|bemerkung|kommentar|nachricht|remarque|commentaire"
    r"|comentario|comentário|commento|opmerking"
)
TRAITS = re.compile(
    rf"(?:(?:{PEOPLE})_)?(?:city|country|state|region|segment|plan|gender|language|tarif)$", re.IGNORECASE
)


def is_property(column: Profile) -> bool:
    return column.is_repeating and len(column.counts) > 1 and column.mean_length <= 60


def is_words(column: Profile) -> bool:
    named = column.named(WORDS) and not column.is_number
    return column.is_text or bool(named)


def scale_of(column: Profile) -> str | None:
    if not column.is_number or not column.is_whole or len(column.counts) < 2:
        return None
    low, high = column.low, column.high
    if column.named("nps|recommend|netpro|promoter|likelihood") and low >= 0 and high <= 11:
        return "nps"
    if column.named("effort|ces") and low >= 1:
        return "ces7" if 5 < high <= 7 else "ces5" if high <= 5 else None
    if column.named("stars?|review_score|rating") and low >= 1 and high <= 5:
        return "stars5"
    if column.named("csat|satisf|score|overall|rating|q\\d+all") and low >= 0:
        return "csat5" if high <= 6 else "csat7" if high <= 7 else None
    return None
