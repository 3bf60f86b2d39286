"""Many at once: what may happen once happens once, and nothing ends in a 500."""

import collections
import threading
import uuid

from lib import check
from lib.http import together
from lib.stack import new_email, new_name, new_password, own_stack
from lib.tokens import parts
from lib.wait import wait_for

# However slow the machine, nothing that queues is shed.
lk = own_stack("[server]\nqueue_timeout_ms = 60000\nrequest_timeout_s = 30\n")


def statuses(answers):
    return collections.Counter(a.status for a in answers)


def entry(lk, before):
    """The code's entry in Redis that was made since."""
    (name,) = [k for k in set(lk.redis.scan_iter(match="lk:*", count=1000)) - before
               if lk.redis.type(k) == b"hash"
               and lk.redis.hexists(k, "nonce")]
    return name


def names(lk):
    return set(lk.redis.scan_iter(match="lk:*", count=1000))


def test_one_user_name_for_fifty(lk):
    clients = [lk.client() for _ in range(50)]
    template = lk.token(new_email(), clients[0])
    tokens = [lk.keys.altered("registration", template, **fresh_token(template)) for _ in clients]
    name = new_name()
    answers = together((c, ("POST", "/register"), {"json": {"token": t, "username": name,
                                                            "password": new_password()}})
                       for c, t in zip(clients, tokens))
    assert statuses(answers) == {201: 1, 409: 49}, statuses(answers)
    assert {a.code for a in answers if a.status == 409} == {"username_taken"}
    assert lk.one("SELECT count(*) FROM users WHERE username_key = %s", name) == 1


def fresh_token(template):
    """A registration token for another address, as step 2 would give."""
    claims = parts(template)[1]
    email = new_email()
    return dict({n: email for n, v in claims.items() if isinstance(v, str) and "@" in v},
                jti=str(uuid.uuid4()))


def test_one_token_for_fifty(lk):
    email, name, password = new_email(), new_name(), new_password()
    token = lk.token(email)
    answers = together((lk.client(), ("POST", "/register"),
                        {"json": {"token": token, "username": name, "password": password}})
                       for _ in range(50))
    assert statuses(answers) == {201: 50}, statuses(answers)
    assert len({a.json["id"] for a in answers}) == 1
    assert lk.one("SELECT count(*) FROM users WHERE email_key = %s", email) == 1


def test_one_token_for_fifty_names(lk):
    email = new_email()
    token = lk.token(email)
    answers = together((lk.client(), ("POST", "/register"),
                        {"json": {"token": token, "username": new_name(), "password": new_password()}})
                       for _ in range(50))
    assert statuses(answers)[201] == 1 and set(statuses(answers)) <= {201, 400, 409}, statuses(answers)
    assert {a.code for a in answers} <= {None, "invalid_token", "email_taken"}
    assert lk.one("SELECT count(*) FROM users WHERE email_key = %s", email) == 1


def test_one_code_for_eight(lk):
    for _ in range(5):
        email = new_email()
        code = lk.ask_code(email)
        answers = together((lk.client(), ("POST", "/register"),
                            {"json": {"email": email, "registration_code": code}}) for _ in range(8))
        assert statuses(answers) == {200: 1, 400: 7}, statuses(answers)


def test_one_recovery_for_twenty(lk, user):
    token = lk.token(user.email, lk.client(), "/password", n=2)
    passwords = [new_password() for _ in range(20)]
    answers = together((lk.client(), ("POST", "/password"),
                        {"json": {"token": token, "username": user.username, "password": p}})
                       for p in passwords)
    assert statuses(answers) == {200: 1, 400: 19}, statuses(answers)
    (good,) = [p for p, a in zip(passwords, answers) if a.status == 200]
    assert lk.client().login(user.username, good).status == 200
    lk.posted()
    assert len([l for l in lk.mail.letters(user.email) if not l.codes]) == 1


def test_asking_twenty_times_at_once_mails_once(lk):
    email = new_email()
    answers = together((lk.client(), ("POST", "/register"), {"json": {"email": email}}) for _ in range(20))
    assert statuses(answers) == {202: 1, 429: 19}, statuses(answers)
    lk.posted()
    assert len(lk.mail.letters(email)) == 1


def test_two_hundred_guesses_from_one_address(lk):
    before = names(lk)
    email = new_email()
    code = lk.ask_code(email)
    name = entry(lk, before)
    attacker = lk.client()
    wrong = ["%08d" % i for i in range(200) if code != "%08d" % i]
    answers = together((attacker, ("POST", "/register"),
                        {"json": {"email": email, "registration_code": guess}}) for guess in wrong)
    seen = {(a.status, a.code) for a in answers}
    assert seen <= {(400, "invalid_code"), (429, "too_many_requests"), (503, "overloaded")}, seen
    assert statuses(answers)[400] >= 50, statuses(answers)
    assert int(lk.redis.hget(name, "tries")) == 5
    last = wait_for(lambda: (a := attacker.post("/register", {"email": email, "registration_code": code})).status != 429 and a)
    check.problem(last, 400, "invalid_code")
    assert lk.client().post("/register", {"email": email, "registration_code": code}).status == 200


def test_a_hundred_wrong_logins_make_five_hashes(lk, user):
    attacker = lk.client()
    answers = together((attacker, ("POST", "/login"), {"basic": (user.username, "wrong-%d" % i)})
                       for i in range(100))
    assert statuses(answers)[401] <= 5 and set(statuses(answers)) == {401, 429}, statuses(answers)
    reached = [a for a in answers if a.code != "too_many_requests"]  # which nginx says
    assert len(reached) >= 50 and sum(lk.log.request(a)["hashes"] for a in reached) <= 5
    for answer in reached:
        if answer.status == 429:
            check.problem(answer, 429, "too_many_attempts")
    assert user.client.login(user.username, user.password).status == 200


def test_no_login_in_flight_survives_a_recovery(lk, user):
    """Logins with the old password run before, while and after it is replaced."""
    token, new = lk.token(user.email, lk.client(), "/password", n=2), new_password()
    calls = [(user.client, ("POST", "/login"), {"basic": (user.username, user.password)}) for _ in range(50)]
    calls.insert(25, (lk.client(), ("POST", "/password"),
                      {"json": {"token": token, "username": user.username, "password": new}}))
    answers = together(calls)
    change = answers.pop(25)
    assert change.status == 200, change
    assert set(statuses(answers)) <= {200, 401, 429}, statuses(answers)
    c = lk.client()
    for answer in answers:
        if answer.status == 200:
            assert c.get("/users/me", bearer=answer.json["access_token"]).status == 401
            assert c.post("/token", bearer=answer.json["refresh_token"]).status == 401
    live = lk.one("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id "
                  "WHERE u.id = %s AND s.epoch = u.epoch "
                  "AND s.ended_at IS NULL", user.id)
    assert live == 0
    assert c.login(user.username, new).status == 200


def test_logins_of_one_user_at_once(lk, user):
    answers = together((user.client, ("POST", "/login"), {"basic": (user.username, user.password)})
                       for _ in range(40))
    good = [a for a in answers if a.status == 200]
    assert set(statuses(answers)) <= {200, 429} and good, statuses(answers)
    assert len({a.json["refresh_token"] for a in good}) == len(good)


def test_slow_work_does_not_stop_token_checks(lk, user):
    """While logins fill the slow pool, the fast one answers."""
    token = lk.login(user)["access_token"]
    flood = [(lk.client(), ("POST", "/login"), {"basic": (new_name(), "wrong")}) for _ in range(60)]
    answers = []
    thread = threading.Thread(target=lambda: answers.extend(together(flood)))
    thread.start()
    c = lk.client()
    checks = []
    while thread.is_alive():
        checks.append(c.get("/users/me", bearer=token))
    thread.join()
    assert set(statuses(answers)) <= {401, 503}, statuses(answers)
    assert checks and {a.status for a in checks} == {200}
    assert sorted(a.ms for a in checks)[len(checks) // 2] < 250
