"""The letters as they leave, and a mail server that makes trouble."""

import email.utils
import re

import pytest

from lib.stack import new_name, new_password, own_stack
from lib.wait import wait_for

lk = own_stack("[web]\nservice_name = Café Überall\n[mail]\nfrom = auth@cafe.example\n")

AGENT = "Möbius/1.0 (\u202e{code} {ip} %s %n <script>)"


@pytest.fixture(scope="module")
def letters(lk):
    """One of each kind."""
    client = lk.client(agent=AGENT)
    user = lk.register(client)
    assert lk.client().post("/register", {"email": user.email}).status == 202
    lk.mail.wait(user.email, 2)
    token = lk.token(user.email, client, "/password", n=3)
    done = client.post("/password", {"token": token, "username": user.username, "password": new_password()})
    assert done.status == 200
    lk.mail.wait(user.email, 4)
    return user, lk.mail.letters(user.email)


def test_one_of_each(letters):
    user, all = letters
    assert [len(letter.codes) for letter in all] == [1, 0, 1, 0]
    assert len({letter.subject for letter in all}) == 4
    assert len({letter.parsed["Message-ID"] for letter in all}) == 4


@pytest.mark.parametrize("which", range(4))
def test_headers(lk, letters, which):
    user, all = letters
    letter = all[which]
    head, _, body = letter.raw.partition(b"\n\n")
    parsed = letter.parsed
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
                 "Content-Transfer-Encoding"):
        assert len(parsed.get_all(name) or []) == 1, (name, head)
    assert email.utils.parseaddr(str(parsed["From"]))[1] == "auth@cafe.example"
    assert email.utils.parseaddr(str(parsed["To"]))[1] == user.email
    assert parsed["X-MailFrom"] == "auth@cafe.example" and parsed["X-RcptTo"] == user.email
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", parsed["Message-ID"])
    assert abs((email.utils.parsedate_to_datetime(parsed["Date"]) - email.utils.localtime()).total_seconds()) < 120
    assert parsed.get_content_type() == "text/plain" and parsed.get_content_charset() == "utf-8"
    assert "Café Überall" in letter.subject and "Café Überall" in letter.body
    assert set(parsed.keys()) & {"Bcc", "Cc", "Reply-To"} == set()
    assert not parsed.defects


@pytest.mark.parametrize("which", range(4))
def test_bytes(letters, which):
    """ASCII on the wire, lines of at most 998 bytes (RFC 5322, 2.1.1), nothing left unfilled."""
    letter = letters[1][which]
    assert all(byte < 128 for byte in letter.raw)
    assert max(map(len, letter.raw.splitlines())) <= 998
    filled = letter.body.replace(AGENT, "").replace("{code} {ip}", "")
    assert not re.search(r"\{[a-z_]+\}", filled), letter.body


def test_notice_tells_where_it_came_from(letters):
    user, all = letters
    assert user.client.address in all[3].body and user.username in all[3].body and "Möbius/1.0" in all[3].body
    assert "\u202e" not in all[3].body.replace(AGENT, "")


def test_injected_lines_go_nowhere(lk):
    client = lk.client(agent="x\tBcc: y@example.com")
    user = lk.register(client)
    token = lk.token(user.email, client, "/password", n=2)
    client.post("/password", {"token": token, "username": user.username, "password": new_password()})
    notice = lk.mail.wait(user.email, 3)
    assert "Bcc" not in notice.parsed.keys() and notice.parsed["X-RcptTo"] == user.email


# trouble: the catcher does as the address says

def ask(lk, trouble):
    address = f"{new_name('t')}+{trouble}@example.com"
    assert lk.client().post("/register", {"email": address}).status == 202
    return address


def outbox(lk, address):
    rows = lk.sql("SELECT state, attempts, last_error FROM outbox WHERE address = %s", address)
    return rows[0] if rows else None


@pytest.mark.parametrize("trouble, seconds", [("later451x1", 4), ("later451x2", 7)])
def test_refused_for_now(lk, trouble, seconds):
    """Tried again after 1 s, then after 2 s."""
    assert lk.mail.wait(ask(lk, trouble), seconds=seconds).code


@pytest.mark.parametrize("trouble", ["refuse550", "data550"])
def test_refused_for_good_is_listed_as_dead(lk, trouble):
    address = ask(lk, trouble)
    state, attempts, error = wait_for(lambda: (row := outbox(lk, address)) and row[0] == "dead" and row, 8)
    assert attempts == 1 and "55" in error, (attempts, error)
    assert lk.mail.letters(address) == []


@pytest.mark.parametrize("trouble", ["later451", "data451", "drop"])
def test_troubled_letter_waits_and_stalls_nobody(lk, trouble):
    bad = [ask(lk, trouble) for _ in range(6)]
    good = ask(lk, "fine")
    assert lk.mail.wait(good, seconds=3).code
    for address in bad:
        row = wait_for(lambda: (row := outbox(lk, address)) and row[1] >= 1 and row, 8)
        assert row[0] == "waiting" and row[2], row


def test_slow_recipient_stalls_nobody(lk):
    slow = ask(lk, "slow2")
    good = ask(lk, "fine")
    lk.mail.wait(good, seconds=1.8)
    assert lk.mail.wait(slow, seconds=8).code


def test_lost_answer_gives_the_same_letter_again(lk):
    address = ask(lk, "lost")
    first, second = lk.mail.wait(address, 1), lk.mail.wait(address, 2, seconds=8)
    assert first.parsed["Message-ID"] == second.parsed["Message-ID"] and first.code == second.code


def test_one_letter_a_request(lk):
    users = [lk.register() for _ in range(8)]
    wait_for(lambda: not lk.one("SELECT count(*) FROM outbox WHERE address = ANY(%s)",
                                [user.email for user in users]))
    assert [len(lk.mail.letters(user.email)) for user in users] == [1] * 8


def test_nothing_rendered_is_kept(lk):
    """The outbox knows what a code is made from, never the code."""
    lk.part("stop", "mail")
    try:
        address = ask(lk, "fine")
        row = lk.one("SELECT row_to_json(o)::text FROM outbox o WHERE address = %s", address)
    finally:
        lk.part("start", "mail")
    code = lk.mail.wait(address).code
    assert code not in row and code.replace("-", "") not in row.upper()


def test_expired_letter_is_not_sent(lk):
    lk.part("stop", "mail")
    try:
        address = ask(lk, "fine")
        lk.sql("UPDATE outbox SET not_after = now() - interval '1 second' WHERE address = %s", address)
    finally:
        lk.part("start", "mail")
    wait_for(lambda: (outbox(lk, address) or [""])[0] == "expired", 8)
    assert lk.mail.letters(address) == []
