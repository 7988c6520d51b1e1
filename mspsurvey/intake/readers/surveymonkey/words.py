"""Headings of SurveyMonkey in its languages, as ``parts.letters`` reduces them."""

from __future__ import annotations

import re

META = {
    "resp_id": (
        "respondentid", "befragtenid", "teilnehmerid", "idderbefragten", "iddurépondant",
        "numérodurépondant", "iddelencuestado", "identificadordelencuestado",
        "iddorespondente", "iddoentrevistado", "idrispondente", "idintervistato",
        "idrespondent",
    ),
    "collector": (
        "collectorid", "collector", "iddecollecteur", "idducollecteur", "collecteur",
        "iddelrecopilador", "idderecopilador", "iddocoletor", "idcoletor", "idcollettore",
        "idraccoglitore", "idcollector",
    ),
    "started": (
        "startdate", "startdatum", "anfangsdatum", "datededébut", "fechadeinicio",
        "datadeinício", "datadiinizio", "datainizio", "begindatum", "datecreated",
    ),
    "ended": (
        "enddate", "enddatum", "datedefin", "fechadefinalización", "fechadefin",
        "datadetérmino", "datadeconclusão", "datafinal", "datadifine", "datafine",
        "einddatum", "datemodified",
    ),
    "language": ("language", "sprache", "langue", "idioma", "lingua", "taal"),
    "personal": (
        "ipaddress", "ipadresse", "adresseip", "direcciónip", "endereçoip", "indirizzoip",
        "ipadres", "emailaddress", "emailadresse", "adresseemail", "adresseélectronique",
        "correoelectrónico", "direccióndecorreoelectrónico", "email", "endereçodeemail",
        "indirizzoemail", "emailadres", "firstname", "vorname", "prénom", "nombre",
        "primeironome", "voornaam", "nome", "lastname", "nachname", "nom", "apellido",
        "apellidos", "sobrenome", "cognome", "achternaam", "customdata",
        "benutzerdefiniertedaten", "donnéespersonnalisées", "datospersonalizados",
        "dadospersonalizados", "datipersonalizzati", "aangepastegegevens", "custom", "customvalue",
        "donnéepersonnalisée", "datopersonalizado", "dadopersonalizado", "datopersonalizzato",
    ),
}  # fmt: skip
"""Letters of each heading in English, German, French, Spanish, Portuguese, Italian and Dutch."""

ANSWER = {
    "response", "antwort", "réponse", "respuesta", "resposta", "risposta", "antwoord", "reactie",
    "points", "svar", "vastaus", "odpowiedź", "ответ", "yanıt", "回答", "응답", "回复", "答复",
}  # fmt: skip
"""What stands below a question that has one column."""

OPEN = {
    "openendedresponse", "offeneantwort", "beantwortungmitoffenemende", "réponseouverte",
    "réponselibre", "respuestaabierta", "respostaaberta", "rispostaaperta", "openantwoord",
    "openreactie", "öppetsvar", "åbentsvar", "åpentsvar", "avoinvastaus", "odpowiedźotwarta",
    "открытыйответ", "açıkuçluyanıt", "自由回答", "주관식응답", "开放式回答",
}  # fmt: skip
"""What stands below a question that is answered in words."""

OTHER = re.compile(
    r"(other|sonstige\w*|andere\w*|autres?|otr[oa]s?|outr[oa]s?|altr[oaie]|anders|anna[nt]|annet"
    r"|andet|muu|inne|другое|diğer|その他|其他|기타)\b.*[(:（：]",
    re.IGNORECASE,
)
"""The choice beside which words were typed: "Other (please specify)"."""

CONTACT_PERSONAL = {
    "name", "address", "addressstreet", "emailaddress", "phonenumber", "adresse",
    "emailadresse", "telefonnummer", "nom", "adresseemail", "numérodetéléphone", "nombre",
    "dirección", "direccióndecorreoelectrónico", "númerodeteléfono", "nome", "endereço",
    "endereçodeemail", "númerodetelefone",
}  # fmt: skip
"""Fields of a question for an address that tell who somebody is."""

CONTACT = CONTACT_PERSONAL | {
    "company", "citytown", "stateprovince", "zippostalcode", "country", "unternehmen", "firma",
    "stadtort", "stadt", "bundesland", "plz", "postleitzahl", "land", "société", "ville",
    "codepostal", "pays", "empresa", "ciudadpueblo", "ciudad", "estadoprovincia",
    "códigopostal", "país", "cidademunicípio", "cidade", "estadoprovíncia",
}  # fmt: skip
"""All fields of such a question."""
