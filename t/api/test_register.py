"""POST /register, the three steps."""

import time
import unicodedata

import pytest

from lib import check
from lib.stack import new_email, new_name, new_password
from lib.tokens import parts

GOOD = "Quartz-fjord-91-lamp"


def step3(c, token, username, password=GOOD):
    return c.post("/register", {"token": token, "username": username, "password": password})


@pytest.mark.parametrize("how", ["json", "form"])
def test_three_steps(lk, c, how):
    email, name, password = new_email(), new_name("N"), new_password()
    send = lambda fields: c.send("POST", "/register", **{how: fields})

    asked = send({"email": email})
    assert asked.status == 202, asked
    assert set(asked.json) == {"message", "expires_in", "resend_after"}
    assert (asked.json["expires_in"], asked.json["resend_after"]) == (600, 60)
    letter = lk.mail.wait(email)

    shown = send({"email": email, "registration_code": letter.code})
    assert shown.status == 200, shown
    assert set(shown.json) == {"token", "expires_in"} and 590 <= shown.json["expires_in"] <= 600
    check.private(shown, token=True)

    made = send({"token": shown.json["token"], "username": name, "password": password})
    assert made.status == 201, made
    check.user(made.json, username=name, email=email, email_verified=True, active=True)
    check.private(made)

    tokens = c.login(name, password)
    assert tokens.status == 200, tokens
    assert c.get("/users/me", bearer=tokens.json["access_token"]).json == made.json
    lk.posted()
    assert len(lk.mail.letters(email)) == 1


def test_taken_address_gets_a_letter_without_code(lk, user):
    again = lk.client().post("/register", {"email": user.email})
    assert again.status == 202
    letter = lk.mail.wait(user.email, 2)
    assert letter.codes == [] and "already" in letter.body
    assert letter.subject != lk.mail.letters(user.email)[0].subject


@pytest.mark.parametrize("typed", [" {} ", "\t{}\n"])
def test_address_is_trimmed_and_one_in_any_case(lk, c, typed):
    email = new_email()
    code = lk.ask_code(email, c)
    shouted = typed.format(email.upper())
    answer = c.post("/register", {"email": shouted, "registration_code": code})
    assert answer.status == 200, answer
    assert step3(c, answer.json["token"], new_name()).status == 201
    assert lk.one("SELECT count(*) FROM users WHERE email_key = %s", email) == 1
    assert lk.client().post("/register", {"email": shouted}).status == 202
    assert lk.mail.wait(email, 2).codes == []


@pytest.mark.parametrize("domain, ascii", [("bücher.example", "xn--bcher-kva.example"),
                                           ("BÜCHER.example", "xn--bcher-kva.example"),
                                           ("faß.example", "xn--fa-hia.example"),
                                           ("пример.example", "xn--e1afmkfd.example")])
def test_international_domain(lk, c, domain, ascii):
    local = new_name("i")
    assert c.post("/register", {"email": f"{local}@{domain}"}).status == 202
    code = lk.mail.wait(f"{local}@{ascii}").code
    answer = c.post("/register", {"email": f"{local}@{ascii}", "registration_code": code})
    assert answer.status == 200, answer


LOCAL64 = "a" * 64
BAD_EMAILS = [
    "", " ", "x", "@", "@example.com", "x@", "x@y", "x@example", "a@b@example.com", "a b@example.com",
    "x @example.com",
    ".x@example.com", "x.@example.com", "x..y@example.com", '"x"@example.com', "x@[127.0.0.1]",
    "x@example..com",
    "x@.example.com", "x@example.com.", "x@-example.com", "x@example-.com", "x@exa_mple.com",
    "x@exa mple.com",
    LOCAL64 + "a@example.com", "x@" + "a" * 64 + ".com", "x@" + "a." * 125 + "com", "ü@example.com",
    "x(c)@example.com",
    "x<y>@example.com", "x,y@example.com", "x;y@example.com", "x:y@example.com", "x\\y@example.com",
    "x\r\nBcc: y@example.com", "x@example.com\r\nRCPT TO:<y@example.com>", "x@example.com\ny",
    "x\ty@example.com",
    "x\u007f@example.com", "<x@example.com>", "X <x@example.com>", "x@example.com,y@example.com",
    "x@xn--a.com",
    "x@xn--.com", "x@☃.ｅｘａｍｐｌｅ..com", "x@a\u200db.com", "x@\u202eexample.com", "x" * 16000,
]


@pytest.mark.parametrize("email", BAD_EMAILS)
def test_bad_address(lk, c, email):
    check.invalid(c.post("/register", {"email": email}), "email")


@pytest.mark.parametrize("email", [LOCAL64[14:] + "{}@example.com", "{}+tag@example.com",
                                   "{}!#$%&'*/=?^_`{{|}}~-@example.com",
                                   "{}.a.b@a.b.c.example.com", "{}@1.example", "{}@a-b.example"])
def test_odd_but_good_address(lk, c, email):
    email = email.format(new_name()[:14])
    assert c.post("/register", {"email": email}).status == 202
    assert lk.mail.wait(email).code


@pytest.mark.parametrize("fields, bad", [
    ({}, ["email"]), ({"username": "bob"}, ["email"]), ({"registration_code": "K7QM3XDP"}, ["email"]),
    ({"email": 1}, ["email"]), ({"email": None}, ["email"]), ({"email": ["x@example.com"]}, ["email"]),
    ({"email": True}, ["email"]), ({"email": {}}, ["email"]),
    ({"email": "x@example.com", "registration_code": 12345678}, ["registration_code"]),
    ({"email": "x@example.com", "registration_code": ""}, ["registration_code"]),
    ({"email": "bad", "registration_code": ""}, ["email", "registration_code"]),
    ({"token": "x"}, ["username", "password"]), ({"token": 1}, ["token", "username", "password"]),
    ({"token": "x", "username": "a", "password": "short"}, ["username", "password"]),
    ({"token": "", "username": "bob.good", "password": GOOD}, ["token"]),
    ({"token": "x", "username": 5, "password": {}}, ["username", "password"]),
])
def test_fields_are_judged_all_at_once(c, fields, bad):
    check.invalid(c.post("/register", fields), *bad)


def test_unknown_fields_are_ignored(lk, c):
    email = new_email()
    assert c.post("/register", {"email": email, "colour": [1, {"a": None}],
                                "confirmation_code": "x"}).status == 202
    assert lk.mail.wait(email).code


# step 2

SPELLINGS = {
    "lower": str.lower, "no hyphen": lambda c: c.replace("-", ""), "O for 0": lambda c: c.replace("0", "O"),
    "o for 0": lambda c: c.replace("0", "o"), "I for 1": lambda c: c.replace("1", "I"),
    "l for 1": lambda c: c.replace("1", "l"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_code_is_read_kindly(lk, c, spelling):
    for _ in range(30):  # until there is a code that the spelling changes
        email = new_email()
        code = lk.ask_code(email, lk.client())
        if spelling(code) != code:
            break
    answer = c.post("/register", {"email": email, "registration_code": spelling(code)})
    assert answer.status == 200, (code, spelling(code), answer)


def other_code(code):
    return code[:-1] + ("2" if code[-1] != "2" else "3")


def test_wrong_spent_unasked_and_anothers_code_look_alike(lk, c):
    email, other = new_email(), new_email()
    code, others = lk.ask_code(email, c), lk.ask_code(other, c)
    give = lambda address, text: c.post("/register", {"email": address, "registration_code": text},
                                        request_id="same")
    answers = [give(email, other_code(code)), give(email, others), give(new_email(), code),
               give(email, "!!!!-????"),
               give(email, code + "0")]
    good = give(email, code)
    assert good.status == 200, good
    answers.append(give(email, code))
    for answer in answers:
        check.problem(answer, 400, "invalid_code")
    assert len({answer.body for answer in answers}) == 1


def test_code_cannot_be_asked_again_within_a_minute(lk, c):
    email = new_email()
    lk.ask_code(email, c)
    again = lk.client().post("/register", {"email": email.upper()})
    check.problem(again, 429, "too_soon")
    assert 55 <= int(again.header("Retry-After")) <= 60
    lk.posted()
    assert len(lk.mail.letters(email)) == 1


def entries(lk):
    return set(lk.redis.scan_iter(match="lk:*", count=1000))


def test_expired_code(lk, c):
    before = entries(lk)
    email = new_email()
    code = lk.ask_code(email, c)
    (entry,) = [key for key in entries(lk) - before if lk.redis.type(key) == b"hash"]
    assert 590_000 < int(lk.redis.hget(entry, "exp")) - time.time() * 1000 <= 600_000
    lk.redis.hset(entry, "exp", int(time.time() * 1000) - 1)
    check.problem(c.post("/register", {"email": email, "registration_code": code}), 400, "invalid_code")


def test_nothing_about_a_code_outlives_an_hour_in_redis(lk, c):
    before = entries(lk)
    email = new_email()
    lk.ask_code(email, c)
    made = entries(lk) - before
    lives = [lk.redis.pttl(key) for key in made]
    assert lives and all(0 < ms <= 3_600_000 for ms in lives), lives


# step 3

BAD_NAMES = ["", "ab", "a" * 33, "-abc", ".abc", "_abc", "a b c", "abc@d", "abc:d", "äbc", "abc\n", "ab/c",
             "abc\u0301", "ab\tc", "аbс"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_user_name(c, name):
    check.invalid(step3(c, "x", name), "username")


@pytest.mark.parametrize("name", ["{}", "9{}", "{}.b_c-d", "{:a<32}"])
def test_good_user_name(lk, c, name):
    name = name.format(new_name()[:12])
    answer = step3(c, lk.token(new_email(), c), name)
    assert answer.status == 201 and answer.json["username"] == name, answer


@pytest.mark.parametrize("password, code", [
    ("", None), ("a", None), ("Qz4!kfj", None), ("x" * 257, None), ("я" * 257, None), ("𝔘" * 257, None),
    ("x" * 3000, None),
    ("password", "password_too_weak"), ("12345678", "password_too_weak"), ("qwertyuiop", "password_too_weak"),
    ("aaaaaaaaaaaa", "password_too_weak"), ("password1", "password_too_weak"),
    ("letmein1", "password_too_weak"),
])
def test_bad_password(lk, c, password, code):
    answer = step3(c, "x", "bob.good", password)
    check.invalid(answer, "password" + (":" + code if code else ""))


@pytest.mark.parametrize("made_of", ["email", "username"])
def test_password_made_of_the_users_own_words_is_weak(lk, c, made_of):
    word = "Vq7kzjwpxm3"
    email, name = f"{word}@{new_name()}.example", word + new_name()[:4]
    token = lk.token(email, c)
    weak = {"email": word, "username": name}[made_of]
    check.invalid(step3(c, token, name, weak), "password:password_too_weak")
    assert step3(c, token, name, "plovers-1-Nq").status == 201


@pytest.mark.parametrize("password", ["Qx7-fjor", "glimt-Δέλτα-91-ü", "𝔘𝔫𝔦-code-glimt",
                                      "pass word with  spaces 77",
                                      "quo\"te\\back/slash-77", "Zb4-" + "kfjwxq71" * 31 + "LMNO",
                                      " lead-and-trail-77 "])
def test_good_password(lk, c, password):
    name = new_name()
    answer = step3(c, lk.token(new_email(), c), name, password)
    assert answer.status == 201, answer
    assert c.login(name, password).status == 200
    if password != password.strip():
        assert c.login(name, password.strip()).status == 401


def test_password_is_normalised(lk, c):
    composed = unicodedata.normalize("NFC", "Zürich-Ångström-91")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    for at_register, at_login in ((composed, decomposed), (decomposed, composed)):
        name = new_name()
        assert step3(c, lk.token(new_email(), c), name, at_register).status == 201
        assert c.login(name, at_login).status == 200


def test_bad_tokens(lk, c, user):
    token = lk.token(new_email(), c)
    recovery = lk.token(user.email, lk.client(), "/password", n=2)
    tokens = lk.login(user)
    for bad in ("x", token[:-1], token + "A", token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), recovery,
                tokens["access_token"], tokens["refresh_token"],
                lk.keys.altered("registration", token, exp=int(time.time()) - 61),
                lk.keys.altered("registration", token, token_use="recovery")):
        check.problem(step3(c, bad, new_name()), 400, "invalid_token")
    assert step3(c, token, new_name()).status == 201


def test_token_claims(lk, c):
    email = new_email()
    header, claims = parts(lk.token(email, c))
    assert header["alg"] == "HS256" and header["typ"] == "JWT" and header["kid"]
    assert claims["token_use"] == "registration" and email in claims.values()
    assert 0 < claims["exp"] - claims["iat"] <= 600


def test_token_stays_good_until_it_succeeds(lk, c):
    taken = lk.register(lk.client())
    token, name = lk.token(new_email(), c), new_name()
    check.invalid(step3(c, token, name, "password"), "password:password_too_weak")
    check.problem(step3(c, token, taken.username), 409, "username_taken")
    assert step3(c, token, name).status == 201


def test_repeat_after_a_lost_answer(lk, c):
    token, name = lk.token(new_email(), c), new_name("R")
    first = step3(c, token, name)
    assert first.status == 201
    for _ in range(2):
        again = step3(c, token, name)
        assert (again.status, again.json) == (201, first.json), again
    for other_name, password in ((new_name(), GOOD), (name, GOOD + "x")):
        check.problem(step3(c, token, other_name, password), 400, "invalid_token")
    assert lk.one("SELECT count(*) FROM users WHERE id = %s", first.json["id"]) == 1
    assert c.login(name, GOOD).status == 200


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_user_name_is_unique_in_any_case(lk, c, change):
    user = lk.register(lk.client(), username=new_name("mIx"))
    check.problem(step3(c, lk.token(new_email(), c), change(user.username)), 409, "username_taken")


def test_order_of_checks(lk, c):
    taken = lk.register(lk.client())
    check.invalid(step3(c, "x", taken.username, "password"), "password:password_too_weak")
    check.problem(step3(c, "x", taken.username), 400, "invalid_token")


def test_email_taken_comes_before_user_name_taken(lk, c, user):
    """A token of an address that meanwhile has an account."""
    token = lk.token(new_email(), c)
    lk.sql("UPDATE users SET email = %s, email_key = %s WHERE id = %s",
           *[next(v for v in parts(token)[1].values() if "@" in str(v))] * 2, user.id)
    check.problem(step3(c, token, user.username), 409, "email_taken")
    check.problem(step3(c, token, new_name()), 409, "email_taken")
