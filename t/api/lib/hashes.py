"""Password hashes as other systems make them, cheap ones."""

import base64
import hashlib
import os
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def b64(data):
    return base64.b64encode(data).decode()


def phpass(prefix, password):
    salt = "aB3.9xYz"
    digest = hashlib.md5(salt.encode() + password).digest()
    for _ in range(1 << 8):
        digest = hashlib.md5(digest + password).digest()
    out, bits, have = "", 0, 0
    for byte in digest:
        bits |= byte << have
        have += 8
        while have >= 6:
            out, bits, have = out + ITOA64[bits & 63], bits >> 6, have - 6
    return prefix + ITOA64[8] + salt + out + ITOA64[bits]


def bcrypt(password, letter="b"):
    return crypt.crypt(password, f"$2{letter}$04$" + "abcdefghijklmnopqrstuu")


def ldap(name, algorithm, password):
    salt = os.urandom(8)
    return "{%s}%s" % (name, b64(hashlib.new(algorithm, password + salt).digest() + salt))


def scrypt(password):
    made = hashlib.scrypt(password, salt=b"pepperoni", n=1024, r=8, p=1, dklen=64)
    return "scrypt:1024:8:1$pepperoni$" + made.hex()


def all_kinds(password):
    """name: hash, of every form that is taken in; argon2id is of the password 'password'."""
    raw = password.encode()
    argon = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    made = {"bcrypt_" + letter: bcrypt(password, letter) for letter in "aby"}
    made.update({
        "sha256_crypt": crypt.crypt(password, "$5$saltstring"),
        "sha512_crypt": crypt.crypt(password, "$6$rounds=1000$saltstring"),
        "yescrypt": crypt.crypt(password, "$y$j75$LdJMENpBABJJ3hIHjB1Bi."),
        "wordpress": phpass("$P$", raw), "phpbb": phpass("$H$", raw),
        "scrypt": scrypt(raw),
        "django_bcrypt": "bcrypt$" + bcrypt(password),
        "django_bcrypt_sha256": "bcrypt_sha256$" + bcrypt(hashlib.sha256(raw).hexdigest()),
        "ssha": ldap("SSHA", "sha1", raw), "ssha256": ldap("SSHA256", "sha256", raw),
        "ssha512": ldap("SSHA512", "sha512", raw),
        "argon2id": argon, "django_argon2": "argon2" + argon,
    })
    for name in ("sha1", "sha256", "sha512"):
        key = hashlib.pbkdf2_hmac(name, raw, b"seasalt", 1000)
        made["werkzeug_" + name] = f"pbkdf2:{name}:1000$seasalt${key.hex()}"
        if name != "sha512":
            made["django_" + name] = f"pbkdf2_{name}$1000$seasalt${b64(key)}"
    return made
