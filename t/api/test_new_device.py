"""The letter about a login from another device."""

import pytest

from lib.http import together
from lib.me import enter, join, letters
from lib.stack import Stack


@pytest.fixture(scope="module", params=["yes", "no"])
def lk(request):
    stack = Stack.start(f"[mail]\nnew_device = {request.param}\n")
    stack.told = request.param == "yes"
    yield stack
    stack.down()


def told(lk, user, n):
    lk.posted()
    mine = [x for x in lk.mail.letters(user.email) if "new device" in x.subject]
    assert len(mine) == (n if lk.told else 0), [x.subject for x in lk.mail.letters(user.email)]
    return mine


def test_first_device_is_no_news(lk):
    user = join(lk)
    for _ in range(3):
        enter(user)
    told(lk, user, 0)


def test_second_device_is(lk):
    user = join(lk)
    enter(user)
    phone = lk.client(agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) \"<b>\"")
    enter(user, phone)
    for letter in told(lk, user, 1):
        assert phone.address in letter.body and phone.agent in letter.body and user.username in letter.body
        assert letter.codes == []
    for client in (phone, user.client, lk.client(agent=phone.agent), lk.client(agent=user.client.agent)):
        enter(user, client)  # another address is no other device
    told(lk, user, 1)
    enter(user, lk.client(agent="a third/1"))
    told(lk, user, 2)


def test_basic_counts_as_well(lk):
    user = join(lk)
    enter(user)
    assert lk.client(agent="basic/1").login(user.email, user.password).status == 200
    told(lk, user, 1)


def test_failed_login_is_none(lk):
    user = join(lk)
    enter(user)
    client = lk.client(agent="a stranger/1")
    assert client.login(user.email, "wrong-Quartz-71").status == 401
    told(lk, user, 0)
    enter(user, client)
    told(lk, user, 1)


def test_no_agent_is_a_device(lk):
    user = join(lk)
    enter(user)
    enter(user, lk.client(agent=""))
    enter(user, lk.client(agent=""))
    told(lk, user, 1)


def test_told_once(lk):
    user = join(lk)
    enter(user)
    answers = together((lk.client(agent="tabs/1"), ("POST", "/auth/login"),
                        {"json": {"login": user.email, "password": user.password}}) for _ in range(6))
    assert [a.status for a in answers] == [200] * 6
    told(lk, user, 1)


def test_others_devices_are_not_ones_own(lk):
    first, second = join(lk), join(lk)
    enter(first, lk.client(agent="shared/1"))
    enter(second)
    enter(second, lk.client(agent="shared/1"))
    told(lk, second, 1)
    told(lk, first, 0)


def test_letters_wait_for_the_mailer(lk):
    user = join(lk)
    enter(user)
    lk.posted()
    lk.part("stop", "mail")
    try:
        enter(user, lk.client(agent="late/1"))
    finally:
        lk.part("start", "mail")
    if lk.told:
        letters(lk, user, "new device")
    told(lk, user, 1)
