"""Secrets to plant, each written as a job would print it.

No value works anywhere, and none stands here whole: prefixes and bodies are joined at run time, so
that scanners of repositories have nothing to report.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

BODY = "q7Rk2Vw9Zt4Xc8Lm3Np6Bs5Hd1Jf0Gy7Qa2Wz9Ex"  # 40 characters, a digit among the first two
UPPER = "Q7RK2VW6ZT4XC5LM"
HEX = "4e9a7c21b6d85f03e19c4a7b2d6f8e05"
DIGITS = "4829105738261"
PASSWORD = "Tr0ub4dorXkcd936Zq5Lw8Vn"
HALVES = PASSWORD[:12], PASSWORD[12:]
SHOWN_WHOLE = 4  # characters in a row that may be seen of a secret that is there whole
SHOWN_CUT = 11  # and of one that was cut so short that nothing tells it from a word
# Default_Ignorable_Code_Point beyond category Cf: https://www.unicode.org/reports/tr44/
IGNORABLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


@dataclass(frozen=True, slots=True)
class Planted:
    """A line with a secret in it: `private` is what must not be seen."""

    kind: str
    line: str
    private: str
    any_case: bool = False

    def cuts(self) -> list[str]:
        """Give the line cut at each place after the secret has begun."""
        start = self.line.index(self.private)
        return [self.line[:end] for end in range(start + 1, len(self.line))]

    def split(self, wedge: str) -> list[str]:
        """Give the line with something put between each two characters of the secret."""
        start, end = self.line.index(self.private), self.line.index(self.private)
        end += len(self.private)
        return [f"{self.line[:at]}{wedge}{self.line[at:]}" for at in range(start + 1, end)]


def seen(text: str) -> str:
    """Give what a reader, or whoever copies the text, has of it."""
    if text.isascii() and text.isprintable():
        return text
    shown = unicodedata.normalize("NFKC", text)
    return "".join(
        c for c in shown
        if c not in IGNORABLE and unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )  # fmt: skip


def leaked(private: str, text: str, shown: int = SHOWN_WHOLE) -> str:
    """Give the first piece of a secret, longer than may be shown, that a text holds."""
    shown_text, size = seen(text).lower(), shown + 1
    pieces = (private[at : at + size].lower() for at in range(len(private) - size + 1))
    return next((piece for piece in pieces if piece in shown_text), "")


def _tokens() -> list[Planted]:
    """Give tokens as their vendors issue them: of their alphabet and length."""
    bodies = {
        "AKIA": UPPER, "ASIA": UPPER, "ghp_": BODY[:36], "gho_": BODY[:36], "ghu_": BODY[:36],
        "ghs_": BODY[:36], "ghr_": BODY[:36],
        "github_pat_": f"11{BODY[:20].upper()}_{BODY}{BODY[:19]}",
        "glpat-": BODY[:20], "gldt-": BODY[:20], "glrt-": BODY[:20], "glptt-": f"{HEX}{HEX[:8]}",
        "glcbt-": f"1a_{BODY[:20]}", "glsoat-": BODY[:20], "glft-": BODY[:20],
        "xoxb-": f"{DIGITS}-{DIGITS}-{BODY[:24]}", "xoxp-": f"{DIGITS}-{DIGITS}-{DIGITS}-{HEX}",
        "xoxa-": f"2-{DIGITS}-{BODY[:24]}", "xoxe.xoxp-1-": (UPPER * 11)[:163],
        "xapp-1-": f"A0{UPPER[:9]}-{DIGITS}-{HEX}{HEX}",
        "sk_live_": BODY[:24], "sk_test_": BODY[:24], "rk_live_": BODY[:24], "whsec_": BODY[:32],
        "sk-": f"{BODY}{BODY[:8]}",
        "sk-ant-api03-": f"{BODY}-{BODY}_{BODY[:11]}AA", "sk-proj-": f"{BODY}_{BODY}-{BODY[:30]}",
        "hf_": BODY[:34], "AIza": f"Sy{BODY[:33]}", "npm_": BODY[:36],
        "pypi-AgEIcHlwaS5vcmc": f"{BODY}_{BODY}-{BODY}", "SG.": f"{BODY[:22]}.{BODY}_9q",
        "dapi": HEX,
    }  # fmt: skip
    found = [Planted(f"token {p}", f"got {p}{body} here", body) for p, body in bodies.items()]
    jwt = f"hbGciOiJ9{BODY}.eyJ{BODY[::-1]}.{BODY[7:]}"
    found.append(Planted("JWT", f"claims eyJ{jwt} expired", jwt))
    hook = f"T{UPPER[:8]}/B{UPPER[8:]}/{BODY[:24]}"
    found.append(Planted("Slack hook", f"POST https://hooks.slack.com/services/{hook}", hook))
    return found


def _named() -> list[Planted]:
    lines = {
        "assignment": "login with {name}={value} failed",
        "spaced": "{name} = {value}",
        "colon": "{name}: {value}",
        "double quotes": 'export {name}="{value}"',
        "single quotes": "export {name}='{value}'",
        "JSON": '{{"user": "app", "{name}": "{value}", "port": 1}}',
        "tight JSON": '{{"{name}":"{value}"}}',
        "escaped JSON": '"{{\\"{name}\\": \\"{value}\\"}}"',
        "twice escaped JSON": '"{{\\\\\\"{name}\\\\\\": \\\\\\"{value}\\\\\\"}}"',
        "Python repr": "{{'{name}': '{value}'}}",
        "Ruby hash": '{{:{name}=>"{value}"}}',
        "Go": '{name} := "{value}"',
        "query": "GET /?user=app&{name}={value}&x=1",
        "Java property": "java -Ddb.{name}={value} -jar a.jar",
        "name and value": '{{"name": "{name}", "value": "{value}"}}',
        "Name and Value": "{{'Name': '{name}', 'Value': '{value}'}}",
    }
    found = [
        Planted(
            f"password, {form}", line.format(name="password", value=PASSWORD), PASSWORD,
            any_case=True,
        )
        for form, line in lines.items()
    ]  # fmt: skip
    names = (
        "passwd", "pwd", "passphrase", "PGPASSWORD", "MYSQL_PWD", "DB_PASS", "db.pass",
        "secret", "client_secret", "aws_secret_access_key", "AWS_SESSION_TOKEN", "token",
        "auth_token", "accessToken", "api_key", "apiKey", "x-api-key", "APIKEY", "private_key",
        "AccountKey", "ENCRYPTION_KEY", "SharedAccessKey",
    )  # fmt: skip
    for name in names:
        found.append(Planted(f"{name}=", f"set {name}={BODY} ok", BODY, any_case=True))
        found.append(Planted(f'"{name}":', f'{{"{name}": "{BODY}"}}', BODY, any_case=True))
    return found


def _in_flags_headers_and_urls() -> list[Planted]:
    lines = (
        ("flag", f"run --password {PASSWORD} --verbose", PASSWORD),
        ("flag with =", f"run --db-password={PASSWORD} --verbose", PASSWORD),
        ("quoted flag", f"run --api-key '{BODY}' --verbose", BODY),
        ("flag in a list", f'["run", "--password", "{PASSWORD}", "-v"]', PASSWORD),
        ("short word flag", f"run --token {BODY}", BODY),
        ("pass flag", f"run --db-pass {PASSWORD} -v", PASSWORD),
        ("bearer header", f"Authorization: Bearer {BODY}", BODY),
        ("basic header", f"> authorization: Basic {BODY}==", BODY),
        ("token header", f"Authorization: token {BODY}", BODY),
        ("JSON header", f'{{"Authorization": "Bearer {BODY}"}}', BODY),
        ("escaped header", f'{{\\"Authorization\\": \\"Basic {BODY}\\"}}', BODY),
        ("header in curl", f"curl -H 'Authorization: Bearer {BODY}' https://api.example.com", BODY),
        ("bearer alone", f"sent bearer {BODY} to api", BODY),
        ("basic alone", f"sent Basic {BODY}== to proxy", BODY),
        ("key header", f"X-Api-Key: {BODY}", BODY),
        ("URL", f"postgres://app:{PASSWORD}@db.example.com:5432/main", PASSWORD),
        ("URL without user", f"redis://:{PASSWORD}@cache:6379/0", PASSWORD),
        ("URL in quotes", f'DSN "mongodb+srv://app:{PASSWORD}@c.example.net/db"', PASSWORD),
        ("web URL", f"clone https://bot:{PASSWORD}@git.example.com/a.git", PASSWORD),
        ("URL, user is an address", f"amqp://app@example.com:{PASSWORD}@mq:5672/", PASSWORD),
        ("URL, @ in password", f"mysql://app:{'@'.join(HALVES)}@db:3306/", HALVES[1]),
        ("URL, / in password", f"mysql://app:{'/'.join(HALVES)}@db:3306/", HALVES[1]),
        ("URL, token as user", f"clone https://{BODY}@git.example.com/a.git", BODY),
        ("curl user", f"curl -s -u admin:{PASSWORD} https://api.example.com", PASSWORD),
        ("mysql", f"mysql -h db -u root -p{PASSWORD} main", PASSWORD),
        ("sshpass", f"sshpass -p {PASSWORD} ssh host", PASSWORD),
        ("redis-cli", f"redis-cli -h cache -a {PASSWORD} ping", PASSWORD),
        ("XML", f"<db:password>{PASSWORD}</db:password>", PASSWORD),
        ("cookie", f"Set-Cookie: session={BODY}; Path=/", BODY),
        ("Oracle", f"jdbc:oracle:thin:app/{PASSWORD}@//db:1521/x", PASSWORD),
        ("presigned S3", f"GET /k?X-Amz-Expires=900&X-Amz-Signature={HEX}&x-id=1", HEX),
        ("presigned, token", f"GET /k?X-Amz-Security-Token={BODY}&X-Amz-Date=1", BODY),
        ("signed CloudFront", f"GET /k?Expires=1&Signature={BODY}&Key-Pair-Id=K1", BODY),
        ("signed GCS", f"GET /k?X-Goog-Date=1&X-Goog-Signature={HEX}", HEX),
        ("Azure SAS", f"https://a.blob.example.net/c?sv=2024-01-01&sig={BODY}&se=1", BODY),
    )
    return [Planted(kind, line, private, any_case=True) for kind, line, private in lines]


SECRETS: tuple[Planted, ...] = (
    *_tokens(),
    *_named(),
    *_in_flags_headers_and_urls(),
    Planted("AWS secret access key alone", f"tried {BODY} twice", BODY),
)

_ROWS = [(BODY + BODY[::-1])[n : 64 + n] for n in range(12)]  # twelve lines of 64 characters
PEM_ROWS: tuple[str, ...] = (*_ROWS, f"{BODY[:21]}=")


def pem(label: str = "RSA PRIVATE KEY") -> list[str]:
    """Give a private key as its lines."""
    return [f"-----BEGIN {label}-----", *PEM_ROWS, f"-----END {label}-----"]
