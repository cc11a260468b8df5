"""Names of settings that hold a secret, told by their last words.

`DB_PASSWORD`, `apiKey` and `fs.azure.account.key.acme` hold one; `TOKEN_TTL` and `passwordFile`
are *about* one, and mask nothing; `monkey` and `compass` are neither.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from notifier.text import entropy, lazy

# One of these stands in every name below, in lower case.
STEMS = str.split(
    "pass pw pswd secret token key cred auth salt sess sid jwt bearer cookie sig hmac pin"
    " seed mnemonic pepper code identified keytab otp telegram connection webhook dsn"
)

_WORDS = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 120  # characters of a name

_SECRET = frozenset(
    str.split(
        "password passwd passwrd pass pword pwd pw pswd passphrase passcode secret token"
        " credential credentials creds auth jwt bearer salt pepper session sessionid"
        " jsessionid phpsessid sid signature sig hmac mnemonic otp authkey apikey authtoken"
        " writekey keytab cookie dbpass pgpass storepass keypass keystorepass"
        " dockerconfigjson dockercfg passin identitytoken passwordtext hapikey accesskey"
        " secretkey privatekey accountkey masterkey sharedaccesskey"
    )
)
_ABOUT = frozenset(
    str.split(
        "name names arn id ids path paths file files dir url uri host port region length len"
        " limit count counts ttl expiry expires expiration seconds type version error"
        " exception policy provider mode size days method socket sock format pair store space"
        " board word words expired tokens indices endpoint status ring rotation enabled"
        " disabled required index py java js go rs txt json lock realm manager service class"
        " field fields vault ref selector label usage budget budgets bucket window hint"
        " prefix suffix algorithm alias urls issuer scope scopes header"
    )
)
# A key is a secret behind one of these, or in capitals: there are sort keys and foreign keys.
_KEYS = frozenset(
    str.split(
        "api device access secret private app signing encryption master license account"
        " storage shared auth write subscription functions host deploy fernet mapbox openai"
        " aes hmac x dsn base service admin session jwt dd wandb kaggle ncbi entrez honeycomb"
        " meili pinecone function kms ssh gpg pgp ssl tls client server consumer application"
        " authorization decryption cipher aesgcm webhook bot"
    )
)
_NO_KEYS = frozenset(
    str.split(
        "input output object s3 sort partition primary foreign cache row join group map"
        " public routing idempotency dedup message state range hash unique natural surrogate"
    )
)
_CODES = frozenset(str.split("pin recovery unlock pass access verification backup"))
_PHRASES = frozenset(str.split("seed pass recovery secret"))
_TAIL = frozenset(
    str.split(
        "base value hash hex b64 base64 old new current prod dev staging test v1 v2 1 2 3"
        " text plain string primary secondary"
    )
)
_STRONG = frozenset(str.split("password passwd pwd secret token passphrase apikey credential"))
_ENDINGS = ("password", "passwd", "secret", "token", "apikey", "pwd", "passphrase", "passwort")
# What holds a secret at times: its value has to look like one.
_WEAK = lazy(r"connection|webhook|salt|auth(?!or)|dsn|bot$|key|sess|sig|hmac", re.IGNORECASE)
_CALLS = frozenset(str.split("request client next continuation page paging idempotency"))
_PLACES = lazy(r"[a-z]+(?:-[a-z]+)*-\d{1,2}|[\w-]+(?:\.[\w-]+)+(?::\d+)?")  # Regions, hosts
_FILE = lazy(r"/.*\.\w{1,5}$")
_WEAKEST = 12  # characters of a value that looks like a secret behind a weak name
_ORDINARY = 10  # letters of one case: a word, as in DB_PASSWORD=postgres
_HEX = lazy("[0-9a-f]{24,}|[0-9A-F]{24,}")
_ALONE = 32  # characters of a value that is a secret whatever its name


class Role(Enum):
    """What a name says about its value."""

    HOLDS = "holds one"
    MAY_HOLD = "holds one if the value looks so"
    ABOUT = "about one"
    OTHER = "neither"


@lru_cache(maxsize=1_000)
def role(name: str) -> Role:
    """Say what the value of a setting of this name is.

    Examples
    --------
    >>> [role(name).name for name in ("DB_PASSWORD", "tokenTtl", "sort_key")]
    ['HOLDS', 'ABOUT', 'OTHER']
    """
    words = [word.lower() for word in _WORDS.findall(name[-_LONGEST:])]
    while len(words) > 1 and words[-1] in _TAIL:
        words.pop()
    if not words:
        return Role.OTHER
    last, before = words[-1], words[:-1]
    if last in _ABOUT and before[-2:] != ["vault", "secret"]:  # VAULT_SECRET_ID is one itself
        return Role.ABOUT
    if last == "token" and before and before[-1] in _CALLS:
        return Role.ABOUT  # RequestToken, nextToken: they number calls and open nothing
    if _ends_as_secret(name, last, before):
        return Role.HOLDS
    return Role.MAY_HOLD if _STRONG.intersection(before) else Role.OTHER


def _ends_as_secret(name: str, last: str, before: list[str]) -> bool:
    whole = name.strip(".-_").lower()
    if last == "key":
        named = bool(before) and before[-1] not in _NO_KEYS
        return bool(_KEYS.intersection(before)) or (named and name.isupper())
    if last in _SECRET or whole in _SECRET or last == "id" or whole.endswith(_ENDINGS):
        return True
    if last == "code":
        return bool(before) and before[-1] in _CODES
    if last in ("phrase", "seed"):
        return bool(_PHRASES.union({"otp", "totp"}).intersection(before))
    return "key" in before and "account" in before  # fs.azure.account.key.NAME.blob…


def is_secret(setting: str, value: str) -> bool:
    """Say whether a setting of a job (an environment variable) holds a secret to look for.

    Examples
    --------
    >>> is_secret("DB_PASSWORD", "hunter2"), is_secret("QUEUE_CONNECTION", "database")
    (True, False)
    """
    said, value = role(setting), value.strip()
    if said is Role.ABOUT and not (setting.lower().endswith("secret_id")):
        return False
    if said is Role.HOLDS and not _WEAK.search(setting):
        return not is_ordinary(value)
    if said is not Role.OTHER or _WEAK.search(setting):
        return looks_secret(value)
    return len(value) >= _ALONE and (entropy.looks_random(value))


def is_ordinary(value: str) -> bool:
    """Say whether a value is a word, a small number, or a place: they stand in any log."""
    plain = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return (plain and len(value) < _ORDINARY) or (value.isdigit() and len(value) < 8)


def looks_secret(value: str, least: int = _WEAKEST) -> bool:
    """Say whether a value of so many characters looks drawn: no word, number, path or place."""
    if _HEX.fullmatch(value):
        return True
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    cases = not (value.islower() or value.isupper())
    return (
        mixed
        and len(value) >= (least if cases else least + 4)
        and not value.startswith(("/", "http:", "https:", "arn:", "s3:"))
        and not _PLACES.fullmatch(value)
        and not _FILE.search(value)
    )
