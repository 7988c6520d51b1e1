"""Names of the metadata of Qualtrics, and the words and numbers in them."""

from __future__ import annotations

META = {
    "resp_id": ("responseid", "recordid"),
    "sample_id": ("externalreference", "externaldatareference", "panelexternaldatareference"),
    "started": ("startdate",),
    "ended": ("enddate",),
    "duration_s": ("duration", "durationinseconds"),
    "progress": ("progress",),
    "finished": ("finished",),
    "status": ("status", "responsetype"),
    "language": ("userlanguage",),
    "": ("recordeddate", "distributionchannel", "responseset", "responsesetid"),
}
"""Each field of the metadata, under all the names that it has gone by (letters only)."""

PERSONAL = {
    "ipaddress", "recipientlastname", "recipientfirstname", "recipientemail", "name",
    "emailaddress", "locationlatitude", "locationlongitude", "locationaccuracy",
    "panelrecipientlastname", "panelrecipientfirstname", "panelrecipientemail",
}  # fmt: skip
"""Columns of the platform that tell who somebody is, or where."""

PERSONAL_SENT = {
    "email", "firstname", "lastname", "fullname", "phone", "phonenumber", "mobile", "ip",
}  # fmt: skip
"""Embedded data that somebody sent along under a name of their own choice."""

OWN = {
    "responseid", "durationinseconds", "progress", "finished", "recordeddate", "responsetype",
    "distributionchannel", "userlanguage", "externalreference", "recipientlastname",
    "recipientfirstname", "recipientemail", "externaldatareference", "responseset",
}  # fmt: skip
"""Names that no other platform has."""

OTHERS = {"respondentid", "collectorid", "submitdate", "datesubmitted"}
"""Names that this platform never has."""

KEY = {key: name for name, keys in META.items() for key in keys}
"""The field, by name."""

STATUS_CODES = {
    "0": "real", "1": "preview", "2": "test", "4": "imported", "8": "spam", "9": "spam",
    "12": "spam", "16": "offline", "17": "preview", "32": "real", "33": "preview",
    "40": "spam", "48": "offline",
}  # fmt: skip
"""Status of a response, by the number in an export of codes."""

STATUS_WORDS = (
    ("spam", "spam"), ("preview", "preview"), ("vorschau", "preview"), ("aperçu", "preview"),
    ("previa", "preview"), ("prévia", "preview"), ("visualiza", "preview"),
    ("anteprima", "preview"), ("voorbeeld", "preview"), ("förhandsgransk", "preview"),
    ("podgląd", "preview"), ("プレビュー", "preview"), ("预览", "preview"), ("預覽", "preview"),
    ("미리", "preview"), ("предварительн", "preview"), ("test", "test"), ("import", "imported"),
    ("offline", "offline"),
)  # fmt: skip
"""Status of a response, by a part of the words in an export of labels."""

TRUE = {
    "1", "true", "yes", "wahr", "ja", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant",
    "sandt", "tosi", "prawda", "правда", "истина", "doğru", "真", "正しい", "참", "да", "oui",
    "sí",
}  # fmt: skip
"""Yes in all languages, as the platform writes it of a response that was finished."""

FALSE = {
    "0", "false", "no", "falsch", "nein", "faux", "falso", "onwaar", "falskt", "falsk", "epätosi",
    "fałsz", "ложь", "yanlış", "假", "偽", "거짓", "нет", "non", "nee", "não",
}  # fmt: skip
"""No in all languages."""
