"""Logins by a provider: making an account, signing in again, linking, and who is refused."""

import concurrent.futures
import hashlib
import re

import pytest

from lib import check, me as own
from lib.ctl import ctl
from lib.http import together
from lib.issuer import DISCOVERY
from lib.social import Browser, Idp, Person, link, linked, me, query_of, section, state_cookie, tokens, wait_discovered
from lib.stack import Stack, new_email, new_password
from lib.tokens import parts
from lib.wait import wait_for

PAGE = "https://app.example/in?next=%2Fhome"


@pytest.fixture(scope="module")
def idp():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def lk(idp):
    stack = Stack.start(section("google", "google", idp.url) + section("corp", "oidc", idp.url) +
                        "[web]\nreturn_to = https://app.example\n[accounts]\ndefault_roles = viewers\n")
    try:
        ctl(stack, "role", "create", "--name", "viewers")
        wait_discovered(stack, "google", "corp")
        yield stack
    finally:
        stack.down()


@pytest.fixture
def browser(lk):
    return Browser(lk)


def sign_up(lk, idp, person=None, provider="google"):
    """A new account of a person, and its tokens."""
    person = person or Person()
    return person, tokens(Browser(lk).visit(provider, idp, person))


def history(client, pair):
    answer = client.get("/users/me/login-history", bearer=pair["access_token"])
    assert answer.status == 200, answer
    return answer.json["items"]


# the beginning

def test_begin(lk, idp, browser):
    answer = browser.send("GET", "/social/login/google")
    assert answer.status == 302 and answer.body == b"", answer
    check.private(answer)
    url = answer.header("Location")
    asked = query_of(url)
    assert url.startswith(idp.url + "authorize?")
    assert set(asked) == {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
                          "code_challenge", "code_challenge_method"}
    assert asked["redirect_uri"] == lk.env["URL"] + "/api/v1/social/auth/google"
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert re.fullmatch("[A-Za-z0-9_-]{43}", asked[name]), asked
    name, *attributes = answer.header("Set-Cookie").split("; ")
    assert re.fullmatch(state_cookie(asked["state"]) + "=[A-Za-z0-9_-]{43}", name)
    assert sorted(attributes) == ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]
    secrets = {asked["state"], asked["nonce"], asked["code_challenge"], name.split("=")[1]}
    assert len(secrets) == 4


@pytest.mark.parametrize("what", [{"json": {}}, {"form": {}}, {}, {"json": {"return_to": PAGE}},
                                  {"form": {"return_to": PAGE}}])
def test_begin_by_oneself(lk, idp, browser, what):
    answer = browser.send("POST", "/social/login/google", **what)
    assert answer.status == 200 and set(answer.json) == {"authorization_url", "state", "expires_in"}, answer
    check.private(answer, token=True)
    assert answer.json["expires_in"] == 600
    assert query_of(answer.json["authorization_url"])["state"] == answer.json["state"]
    assert state_cookie(answer.json["state"]) in browser.cookies
    back = browser.back("google", idp.callback(answer.json["authorization_url"], Person()))
    assert back.status == (302 if "return_to" in str(what) else 200), back



def test_begin_as_soon_as_it_is_discovered():
    """By each worker, though they have all just seen that it was not."""
    late = Idp()
    document = late.answers.pop(DISCOVERY)
    lk = Stack.start(section("late", "oidc", late.url))
    begin = lambda: lk.client().get("/social/login/late")
    try:
        for _ in range(40):
            check.problem(begin(), 502, "provider_error")
        late.answers[DISCOVERY] = document
        lk.sql("UPDATE outside_issuers SET due_at = now()")
        lk.sql("NOTIFY outside")
        wait_for(lambda: lk.sql("SELECT 1 FROM outside_issuers WHERE fetched_at IS NOT NULL"), 10, "it is not fetched")
        assert [begin().status for _ in range(40)] == [302] * 40
    finally:
        lk.down()
        late.stop()


def test_begin_by_the_query_too(browser):
    answer = browser.send("POST", "/social/login/google?return_to=https://elsewhere.example/")
    check.invalid(answer, "return_to")
    check.invalid(browser.send("POST", "/social/login/google", json={"return_to": 1}), "return_to:wrong_type")
    check.invalid(browser.send("POST", "/social/login/google", json={"session": "tokens"}), "session:invalid")
    assert not browser.cookies


@pytest.mark.parametrize("method, path, status, code", [
    ("GET", "/social/login/nowhere", 404, "social_provider_unknown"),
    ("POST", "/social/login/nowhere", 404, "social_provider_unknown"),
    ("GET", "/social/auth/nowhere?state=x&code=y", 404, "social_provider_unknown"),
    ("GET", "/social/login/Google", 404, "not_found"), ("GET", "/social/login/", 404, "not_found"),
    ("GET", "/social/login", 404, "not_found"), ("GET", "/social/auth", 404, "not_found"),
    ("GET", "/social/auth/", 404, "not_found"), ("GET", "/social/auth/x/y", 404, "not_found"),
    ("GET", "/social/login/" + "x" * 33, 404, "not_found"), ("GET", "/social/auth/" + "x" * 33, 404, "not_found"),
    ("GET", "/social/login/goo%67le", 404, "not_found"), ("GET", "/social/auth/goo%67le", 404, "not_found"),
    ("HEAD", "/social/login/google", 405, None), ("HEAD", "/social/auth/google", 405, None),
    ("DELETE", "/social/login/google", 405, "method_not_allowed"),
    ("POST", "/social/auth/google", 405, "method_not_allowed"),
    ("GET", "/social/exchange", 405, "method_not_allowed"),
])
def test_no_such_thing(lk, browser, method, path, status, code):
    answer = browser.send(method, path)
    assert answer.status == status, answer
    if code:
        check.problem(answer, status, code)
    assert not browser.cookies


def test_paths_may_end_in_a_slash(lk, idp, browser):
    url = browser.send("GET", "/social/login/google/").header("Location")
    person = Person()
    query = idp.callback(url, person)
    assert browser.send("GET", f"/social/auth/google/?code={query['code']}&state={query['state']}").status == 200


def test_a_bearer_is_no_link_on_get(lk, idp, browser, user):
    person = Person()
    answer = browser.send("GET", "/social/login/google", bearer=lk.login(user)["access_token"])
    pair = tokens(browser.back("google", idp.callback(answer.header("Location"), person)))
    assert me(browser.c, pair)["email"] == person.email


def test_a_bad_token_is_refused_on_post(browser):
    own.refused(browser.send("POST", "/social/login/google", bearer="x.y.z"))
    assert not browser.cookies


# a new account, and the way in again

def test_sign_up(lk, idp, browser):
    person = Person()
    answer = browser.visit("google", idp, person)
    check.private(answer, token=True)
    pair = tokens(answer)
    assert not browser.cookies
    user = check.user(me(browser.c, pair), email=person.email, username=None, email_verified=True, active=True,
                      roles=["viewers"])
    assert lk.one("SELECT has_password FROM users WHERE id = %s", user["id"]) is False
    (account,) = linked(browser.c, pair)
    assert (account["provider"], account["subject"], account["email"]) == ("google", person.sub, person.email)
    (entry,) = history(browser.c, pair)
    assert (entry["method"], entry["success"]) == ("social:google", True)
    assert lk.sql("SELECT event, actor, detail FROM audit WHERE user_id = %s", user["id"]) == \
        [("registered", "user", "google")]
    letter = own.letters(lk, person.email, "Welcome")[0]
    assert "log in to it with\ngoogle" in letter.body and not letter.codes
    assert browser.c.login(person.email, "").status == 401


def test_sign_in_again(lk, idp, browser):
    person, first = sign_up(lk, idp)
    pair = tokens(browser.visit("google", idp, person))
    assert me(browser.c, pair)["id"] == me(browser.c, first)["id"]
    assert len(linked(browser.c, pair)) == 1
    assert [entry["method"] for entry in history(browser.c, pair)] == ["social:google"] * 2
    assert own.alive(browser.c, first)
    renewed = own.renew(browser.c, pair)
    assert renewed.status == 200 and own.alive(browser.c, renewed.json)
    for got in (pair, renewed.json):
        assert parts(got["access_token"])[1]["amr"] == ["fed"]


def test_the_identity_counts_not_the_address(lk, idp, browser):
    person, first = sign_up(lk, idp)
    moved = Person(sub=person.sub, verified=False)
    pair = tokens(browser.visit("google", idp, moved))
    assert me(browser.c, pair)["id"] == me(browser.c, first)["id"]
    assert me(browser.c, pair)["email"] == person.email


def test_a_subject_is_another_at_another_provider(lk, idp, browser):
    """corp is the same issuer here: the same account, whatever the name in the configuration."""
    person, first = sign_up(lk, idp)
    pair = tokens(browser.visit("corp", idp, person))
    assert me(browser.c, pair)["id"] == me(browser.c, first)["id"]
    assert [account["provider"] for account in linked(browser.c, pair)] == ["google"]


def test_an_address_that_is_not_proven(lk, idp, browser):
    person = Person(verified=False)
    pair = tokens(browser.visit("google", idp, person))
    user = check.user(me(browser.c, pair), email=person.email, email_verified=False)
    code = own.welcome(lk, person)
    answer = browser.c.post("/auth/verify-email", {"email": person.email, "code": code})
    check.user(answer.json, id=user["id"], email_verified=True)
    own.dead(browser.c, pair)
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user["id"]) == 0
    events = {row[0] for row in lk.sql("SELECT event FROM audit WHERE user_id = %s", user["id"])}
    assert events == {"registered", "email_verified", "social_unlinked"}


def test_letters_are_throttled_by_address(lk, idp):
    person = Person(verified=False)
    sign_up(lk, idp, person)
    lk.sql("DELETE FROM users WHERE email_key = %s", person.email)
    answer = Browser(lk).visit("google", idp, Person(email=person.email, verified=False))
    check.problem(answer, 429, "too_soon")


def test_no_address(lk, idp, browser):
    for claims in ({"email": None}, {"email": "not an address"}, {"email": ""}, {"email": 1}):
        person = Person()
        answer = browser.visit("google", idp, person, **claims)
        problem = check.problem(answer, 400, "social_denied")
        assert "e-mail" in problem["detail"]
        assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", person.sub) == 0


def test_many_at_once_make_one_account(lk, idp):
    """One person in ten windows."""
    person, browsers = Person(), [Browser(lk) for _ in range(10)]
    ready = [(b, idp.callback(b.start("google"), person)) for b in browsers]
    calls = []
    for b, query in ready:
        method, path, what = b.request("GET", f"/social/auth/google?code={query['code']}&state={query['state']}")
        calls.append((b.c, (method, path), what))
    answers = together(calls)
    good = [a for a in answers if a.status == 200]
    assert good and {a.status for a in answers} <= {200, 503}, answers  # four workers a provider at a time
    assert len({me(lk.client(), a.json)["id"] for a in good}) == 1
    assert lk.one("SELECT count(*) FROM users WHERE email_key = %s", person.email) == 1
    for (b, query), answer in zip(ready, answers):
        if answer.status == 503:
            check.problem(answer, 503, "overloaded")
            assert wait_for(lambda b=b, query=query: b.back("google", query).status == 200)


def test_two_logins_in_one_browser(lk, idp, browser):
    ann, bob = Person(), Person()
    first, second = browser.start("google"), browser.start("google")
    assert len(browser.cookies) == 2
    assert me(browser.c, tokens(browser.back("google", idp.callback(first, ann))))["email"] == ann.email
    assert me(browser.c, tokens(browser.back("google", idp.callback(second, bob))))["email"] == bob.email
    assert not browser.cookies


# accounts that are there already

def test_both_addresses_are_proven(lk, idp, browser, user):
    person = Person(email=user.email)
    pair = tokens(browser.visit("google", idp, person))
    assert me(browser.c, pair)["id"] == user.id
    assert "google" in own.letters(lk, user, "Another way to log in")[0].body
    assert own.audited(lk, user, "social_linked") == 1
    assert lk.login(user)["access_token"]


def test_the_address_leaves_the_account_meanwhile(lk, idp, browser, user):
    """Between the look for it and the link, which waits for the change."""
    person, other = Person(email=user.email), lk.connect("OWNER")
    other.autocommit = False
    other.cursor().execute("UPDATE users SET email = %(to)s, email_key = %(to)s, rev = rev + 1 WHERE id = %(id)s",
                           {"to": new_email(), "id": user.id})
    query = idp.callback(browser.start("google"), person)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(browser.back, "google", query)
        wait_for(lambda: lk.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                " AND query LIKE '%FOR SHARE%social_accounts%'"), every=0.01)
        other.commit()
        check.problem(answer.result(), 409, "account_exists")
    other.close()
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user.id) == 0
    pair = tokens(browser.visit("google", idp, person))
    assert me(browser.c, pair)["id"] != user.id


@pytest.mark.parametrize("claimed", [False, None, "true", "True", 1, "yes", ["true"], {}])
def test_the_provider_does_not_vouch(lk, idp, browser, user, claimed):
    answer = browser.visit("google", idp, Person(email=user.email), email_verified=claimed)
    check.problem(answer, 409, "account_exists")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user.id) == 0
    entry = history(user.client, lk.login(user))[1]
    assert (entry["method"], entry["success"]) == ("social:google", False)


@pytest.mark.parametrize("claimed", [True, False])
def test_the_local_address_is_not_proven(lk, idp, browser, claimed):
    user = own.join(lk)
    answer = browser.visit("google", idp, Person(email=user.email, verified=claimed))
    check.problem(answer, 409, "account_exists")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user.id) == 0


def test_case_of_the_address(lk, idp, browser, user):
    pair = tokens(browser.visit("google", idp, Person(email=user.email.upper())))
    assert me(browser.c, pair)["id"] == user.id


@pytest.mark.parametrize("has_link", [True, False])
def test_inactive(lk, idp, browser, has_link):
    person, pair = sign_up(lk, idp)
    user_id = me(browser.c, pair)["id"]
    ctl(lk, "user", "deactivate", person.email)
    other = person if has_link else Person(email=person.email)
    check.problem(browser.visit("google", idp, other), 409, "account_exists")
    assert lk.one("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch "
                  "WHERE u.id = %s", user_id) == 0


def test_an_attacker_was_there_first_with_a_password(lk, idp, browser):
    """Registered with the victim's address: the victim gets the account, the attacker nothing."""
    user = own.join(lk)
    attacker = own.enter(user)
    victim = Person(email=user.email)
    check.problem(browser.visit("google", idp, victim), 409, "account_exists")
    password = new_password()
    token = own.recovery_token(lk, user)
    answer = browser.c.post("/password", {"token": token, "username": user.username, "password": password})
    assert answer.status == 200, answer
    own.dead(user.client, attacker)
    assert user.client.post("/auth/login", {"login": user.email, "password": user.password}).status == 401
    pair = tokens(browser.visit("google", idp, victim))
    assert me(browser.c, pair)["id"] == user.id


@pytest.mark.parametrize("proof", ["recovery", "code"])
def test_an_attacker_was_there_first_with_a_provider(lk, idp, browser, proof):
    """Came with the victim's address, which the provider had not checked."""
    attacker, pair = sign_up(lk, idp, Person(verified=False))
    own.unthrottle(lk)
    if proof == "code":
        answer = browser.c.post("/auth/verify-email", {"email": attacker.email, "code": own.welcome(lk, attacker)})
    else:
        token = own.recovery_token(lk, attacker)
        answer = browser.c.post("/password", {"token": token, "username": attacker.email, "password": new_password()})
    assert answer.status == 200 and answer.json["email_verified"] is True, answer
    own.dead(browser.c, pair)
    check.problem(Browser(lk).visit("google", idp, attacker), 409, "account_exists")
    victim = tokens(browser.visit("google", idp, Person(email=attacker.email)))
    assert me(browser.c, victim)["id"] == answer.json["id"]
    assert lk.one("SELECT count(*) FROM audit WHERE user_id = %s AND event = 'social_unlinked' AND detail = 'google'",
                  answer.json["id"]) == 1


def test_a_second_proof_and_a_new_password_keep_what_is_linked(lk, idp, browser, user):
    person = Person()
    assert link(browser, "google", idp, person, lk.login(user)).status == 200
    password = new_password()
    answer = user.client.post("/users/me/change-password", {"old_password": user.password, "new_password1": password,
                                                            "new_password2": password},
                              bearer=lk.login(user)["access_token"])
    assert answer.status == 204
    token = own.recovery_token(lk, user)
    answer = user.client.post("/password", {"token": token, "username": user.username, "password": user.password})
    assert answer.status == 200, answer
    assert me(browser.c, tokens(browser.visit("google", idp, person)))["id"] == user.id


def test_a_password_changed_before_the_first_proof_keeps_what_is_linked(lk, idp, browser):
    person, pair = sign_up(lk, idp, Person(verified=False))
    lk.sql("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = %s) WHERE email_key = %s",
           own.join(lk, password="Quartz-before-fjord").id, person.email)
    answer = browser.c.post("/users/me/change-password", {"old_password": "Quartz-before-fjord",
                            "new_password1": "Quartz-after-fjord", "new_password2": "Quartz-after-fjord"},
                            bearer=pair["access_token"])
    assert answer.status == 204, answer
    assert len(linked(browser.c, tokens(browser.visit("google", idp, person)))) == 1


# linking

def test_link(lk, idp, browser, user):
    pair, person = lk.login(user), Person(verified=False)
    answer = link(browser, "google", idp, person, pair)
    assert me(browser.c, tokens(answer))["id"] == user.id
    (account,) = linked(browser.c, pair)
    assert (account["provider"], account["subject"], account["email"]) == ("google", person.sub, person.email)
    letter = own.letters(lk, user, "Another way to log in")[0]
    assert "an account at google was linked" in letter.body
    assert own.audited(lk, user, "social_linked") == 1
    assert me(browser.c, tokens(Browser(lk).visit("google", idp, person)))["id"] == user.id


def test_link_again_and_without_an_address(lk, idp, browser, user):
    pair, person = lk.login(user), Person()
    for _ in range(2):
        assert link(browser, "google", idp, person, pair, email=None).status == 200
    (account,) = linked(browser.c, pair)
    assert account["email"] is None
    assert own.audited(lk, user, "social_linked") == 1


def test_link_of_somebody_else_s(lk, idp, browser, user):
    person, _ = sign_up(lk, idp)
    pair = lk.login(user)
    check.problem(link(browser, "google", idp, person, pair), 409, "social_account_conflict")
    assert linked(browser.c, pair) == []


def test_link_needs_a_proven_address(lk, browser):
    user = own.join(lk)
    answer = browser.send("POST", "/social/login/google", bearer=own.enter(user)["access_token"])
    check.problem(answer, 403, "email_unverified")
    assert not browser.cookies


@pytest.mark.parametrize("end", [("POST", "/auth/logout"), ("POST", "/auth/logout-all"),
                                 ("DELETE", "/users/me/sessions/{sid}")])
def test_link_of_who_was_logged_out_meanwhile(lk, idp, browser, user, end):
    pair, person = lk.login(user), Person()
    url = browser.send("POST", "/social/login/google", bearer=pair["access_token"]).json["authorization_url"]
    method, path = end
    answer = user.client.send(method, path.format(sid=own.sid(pair)), bearer=pair["access_token"])
    assert answer.status == 204, answer
    check.problem(browser.back("google", idp.callback(url, person)), 400, "invalid_state")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", person.sub) == 0


def test_two_link_the_same_account_at_once(lk, idp):
    person, users = Person(), [lk.register(), lk.register()]
    calls = []
    for user in users:
        b = Browser(lk, user.client)
        url = b.send("POST", "/social/login/google", bearer=lk.login(user)["access_token"]).json["authorization_url"]
        query = idp.callback(url, person)
        method, path, what = b.request("GET", f"/social/auth/google?code={query['code']}&state={query['state']}")
        calls.append((b.c, (method, path), what))
    assert sorted(a.status for a in together(calls)) == [200, 409]
    assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", person.sub) == 1


# unlinking

def unlink(client, pair, account_id):
    return client.send("DELETE", f"/users/me/social-accounts/{account_id}", bearer=pair["access_token"])


def test_unlink(lk, idp, browser, user):
    pair, person = lk.login(user), Person()
    assert link(browser, "google", idp, person, pair).status == 200
    (account,) = linked(browser.c, pair)
    stranger = lk.register()
    check.problem(unlink(stranger.client, lk.login(stranger), account["id"]), 404, "not_found")
    check.problem(unlink(browser.c, pair, account["id"].upper()), 404, "not_found")
    check.problem(unlink(browser.c, pair, "00000000-0000-4000-8000-000000000000"), 404, "not_found")
    own.refused(browser.c.send("DELETE", f"/users/me/social-accounts/{account['id']}"), sent=False)
    assert len(linked(browser.c, pair)) == 1
    assert unlink(browser.c, pair, account["id"]).status == 204
    check.problem(unlink(browser.c, pair, account["id"]), 404, "not_found")
    assert linked(browser.c, pair) == []
    assert "an account at google was removed" in own.letters(lk, user, "was removed")[0].body
    assert own.audited(lk, user, "social_unlinked") == 1
    tokens(browser.visit("google", idp, person))  # an account of its own now
    assert lk.one("SELECT user_id FROM social_accounts WHERE subject = %s", person.sub) != user.id


def test_the_last_way_in_stays(lk, idp, browser):
    person, pair = sign_up(lk, idp)
    (account,) = linked(browser.c, pair)
    check.problem(unlink(browser.c, pair, account["id"]), 409, "last_login_method")
    assert link(browser, "google", idp, Person(), pair).status == 200
    assert unlink(browser.c, pair, account["id"]).status == 204
    (other,) = linked(browser.c, pair)
    check.problem(unlink(browser.c, pair, other["id"]), 409, "last_login_method")


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_that_go_at_once_one_stays(lk, idp, browser, attempt):
    _, pair = sign_up(lk, idp)
    assert link(browser, "google", idp, Person(), pair).status == 200
    first, second = linked(browser.c, pair)
    calls = [(browser.c, ("DELETE", f"/users/me/social-accounts/{account['id']}"), {"bearer": pair["access_token"]})
             for account in (first, second)]
    assert sorted(a.status for a in together(calls)) == [204, 409]
    assert len(linked(browser.c, pair)) == 1


def test_list_in_pages(lk, idp, browser, user):
    pair, people = lk.login(user), [Person() for _ in range(3)]
    for person in people:
        assert link(browser, "google", idp, person, pair).status == 200
    page = browser.c.get("/users/me/social-accounts?page=2&per_page=1", bearer=pair["access_token"])
    assert (page.json["page"], page.json["per_page"], page.json["total"]) == (2, 1, 3)
    assert [item["subject"] for item in page.json["items"]] == [people[1].sub]
    check.invalid(browser.c.get("/users/me/social-accounts?page=0", bearer=pair["access_token"]), "page")
    own.refused(browser.c.get("/users/me/social-accounts"), sent=False)


def test_a_deleted_account_frees_the_identity(lk, idp, browser):
    person, pair = sign_up(lk, idp)
    first = me(browser.c, pair)["id"]
    assert browser.c.send("DELETE", "/users/me", bearer=pair["access_token"]).status == 204
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", first) == 0
    assert me(browser.c, tokens(browser.visit("google", idp, person)))["id"] != first


def test_shown_to_the_administrator(lk, idp, browser, user):
    assert link(browser, "google", idp, Person(), lk.login(user)).status == 200
    assert ctl(lk, "user", "show", user.email)["social_accounts"] == "google"


# a page, which picks the login up

def test_a_page(lk, idp, browser):
    person = Person()
    answer = browser.visit("google", idp, person, {"return_to": PAGE})
    assert answer.status == 302 and answer.body == b"", answer
    check.private(answer)
    to = answer.header("Location")
    code = query_of(to)["code"]
    assert to == PAGE + "&code=" + code and re.fullmatch("[A-Za-z0-9_-]{43}", code)
    assert not browser.cookies
    user_id = lk.one("SELECT user_id FROM social_accounts WHERE subject = %s", person.sub)
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s", user_id) == 0
    page = lk.client()
    answer = page.post("/social/exchange", {"code": code})
    check.private(answer, token=True)
    pair = tokens(answer)
    assert me(page, pair)["id"] == user_id
    assert history(page, pair)[0]["method"] == "social:google"
    check.problem(page.post("/social/exchange", {"code": code}), 400, "invalid_code")
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s", user_id) == 1


@pytest.mark.parametrize("page, joined", [
    ("https://app.example", "https://app.example?code="), ("https://app.example/", "https://app.example/?code="),
    ("https://app.example/a?b", "https://app.example/a?b&code="), ("https://app.example?", "https://app.example?code="),
    ("https://app.example/?a=%26", "https://app.example/?a=%26&code="),
])
def test_pages(lk, idp, browser, page, joined):
    answer = browser.visit("google", idp, Person(), {"return_to": page})
    assert answer.header("Location").startswith(joined), answer


def test_a_code_is_taken_once(lk, idp, browser):
    code = query_of(browser.visit("google", idp, Person(), {"return_to": PAGE}).header("Location"))["code"]
    answers = together([(lk.client(), ("POST", "/social/exchange"), {"json": {"code": code}}) for _ in range(10)])
    assert sorted(a.status for a in answers) == [200] + [400] * 9


@pytest.mark.parametrize("end", ["expired", "logged out", "deactivated", "deleted"])
def test_a_code_of_the_past(lk, idp, browser, end):
    person, pair = sign_up(lk, idp)
    code = query_of(browser.visit("google", idp, person, {"return_to": PAGE}).header("Location"))["code"]
    if end == "expired":
        key = "lk:login:" + hashlib.sha256(code.encode()).hexdigest()[:32]
        assert 50_000 < lk.redis.pttl(key) <= 60_000
        lk.redis.pexpire(key, 0)
    elif end == "logged out":
        assert browser.c.post("/auth/logout-all", bearer=pair["access_token"]).status == 204
    elif end == "deactivated":
        ctl(lk, "user", "deactivate", person.email)
    else:
        ctl(lk, "user", "delete", person.email)
    check.problem(browser.c.post("/social/exchange", {"code": code}), 400, "invalid_code")


def test_exchange_refused(lk, c):
    for code in ("x", "A" * 43, "\u00e9" * 100, "x" * 5000):
        check.problem(c.post("/social/exchange", {"code": code}), 400, "invalid_code")
    check.invalid(c.post("/social/exchange", {}), "code:required")
    check.invalid(c.post("/social/exchange", {"code": 1}), "code:wrong_type")


@pytest.mark.parametrize("error, claims", [("social_denied", {"email": None}), ("account_exists", {}),
                                           ("provider_error", {"aud": "another"})])
def test_a_page_is_told_of_failures(lk, idp, browser, user, error, claims):
    answer = browser.visit("google", idp, Person(email=user.email, verified=False), {"return_to": PAGE}, **claims)
    assert answer.status == 302 and answer.header("Location") == PAGE + "&error=" + error, answer
    check.private(answer)
    assert not browser.cookies


def test_a_page_is_told_that_the_user_said_no(lk, browser):
    for query in ({"error": "access_denied"}, {"error": "server_error", "code": "x"}, {}):
        state = query_of(browser.start("google", return_to=PAGE))["state"]
        answer = browser.back("google", {"state": state, **query})
        assert answer.status == 302 and answer.header("Location") == PAGE + "&error=social_denied", answer
        check.problem(browser.back("google", {"state": state, "code": "x"}), 400, "invalid_state")


def test_the_user_said_no(lk, browser):
    state = query_of(browser.start("google"))["state"]
    check.problem(browser.back("google", {"state": state, "error": "access_denied"}), 400, "social_denied")
    assert not browser.cookies


def test_a_link_from_a_page(lk, idp, browser, user):
    person = Person()
    started = browser.send("POST", "/social/login/google", json={"return_to": PAGE},
                           bearer=lk.login(user)["access_token"])
    answer = browser.back("google", idp.callback(started.json["authorization_url"], person))
    pair = tokens(lk.client().post("/social/exchange", {"code": query_of(answer.header("Location"))["code"]}))
    assert me(browser.c, pair)["id"] == user.id
    assert [account["subject"] for account in linked(browser.c, pair)] == [person.sub]


# a browser session in place of tokens

SESSION = "__Host-latchkey"


def test_a_browser_session(lk, idp, browser):
    person = Person()
    answer = browser.visit("google", idp, person, {"session": "cookie"})
    assert answer.status == 200, answer
    check.user(answer.json, email=person.email)
    check.private(answer)
    assert set(browser.cookies) == {SESSION}
    assert browser.send("GET", "/users/me").json["id"] == answer.json["id"]


def test_a_browser_session_and_a_page(lk, idp, browser):
    answer = browser.visit("google", idp, Person(), {"session": "cookie", "return_to": PAGE})
    assert answer.status == 302 and answer.header("Location") == PAGE, answer
    assert set(browser.cookies) == {SESSION}
    assert browser.send("GET", "/users/me").status == 200


def test_a_browser_session_links(lk, idp, browser):
    browser.visit("google", idp, Person(), {"session": "cookie"})
    check.problem(browser.send("POST", "/social/login/google"), 403, "origin_refused")
    started = browser.send("POST", "/social/login/google", headers=[
        ("Origin", lk.env["URL"]), ("Cookie", f"{SESSION}={browser.cookies[SESSION]}")])
    person = Person()
    pair = tokens(browser.back("google", idp.callback(started.json["authorization_url"], person)))
    assert len(linked(browser.c, pair)) == 2


@pytest.mark.parametrize("session", ["tokens", "", "Cookie"])
def test_no_such_session(browser, session):
    check.invalid(browser.send("GET", f"/social/login/google?session={session}"), "session")
