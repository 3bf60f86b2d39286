"""An OAuth 2.0 server that stands for Yandex: a page that asks whoever comes, and the answers
of https://yandex.com/dev/id/doc/en/codes/code-url."""

import contextlib
import html
import urllib.parse

from lib.issuer import send
from lib.social import CLIENT_ID, Idp, query_of

PAGE = """<!doctype html><meta charset="utf-8"><title>Yandex</title>
<form method="post"><p>%s asks for %s
<p><input name="login"> <button name="action" value="login">Allow</button>
<button name="action" value="deny">Deny</button></form>"""
# As providers do where the way back leads to an application
ASIDE = """<!doctype html><meta charset="utf-8"><title>Yandex</title><p><a id="back" href="%s">Continue</a>"""


class Yandex(Idp):
    """`people` are those who can log in, by sub. With `aside` it does not redirect back, but
    has a page with the link."""

    def __init__(self, redirect_uri, people):
        self.redirect_uri, self.people, self.aside = redirect_uri, {person.sub: person for person in people}, False
        super().__init__()

    def granted(self, access, grant):
        return {"token_type": "bearer", "access_token": access, "expires_in": 124234123534,
                "refresh_token": "1:GN686QVt0mmakDd9:A4pYuW9LGk0_UnlrMIWklkAuJkUWbq27loFe", "scope": grant["scope"]}

    def _handler(self):
        yandex, plain = self, super()._handler()

        class Handler(plain):
            def do_GET(self):
                if self.path.startswith("/authorize?"):
                    with contextlib.suppress(ConnectionError):
                        yandex._page(self, query_of(self.path))
                else:
                    super().do_GET()

            def do_POST(self):
                if self.path.startswith("/authorize?"):
                    form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                    yandex._decide(self, dict(urllib.parse.parse_qsl(form)))
                else:
                    super().do_GET()

        return Handler

    def _page(self, handler, asked):
        if (asked["client_id"], asked["redirect_uri"], asked["response_type"]) != (CLIENT_ID, self.redirect_uri, "code"):
            send(handler, 400, b"no such application")
        else:
            show(handler, PAGE % (html.escape(asked["client_id"]), html.escape(asked["scope"])))

    def _decide(self, handler, form):
        state = query_of(handler.path)["state"]
        if form["action"] == "login":
            answer = {"code": self.code(handler.path, self.people[form["login"]]), "state": state, "cid": "97mc8bpe4e"}
        else:
            answer = {"error": "access_denied", "error_description": "User denied", "state": state}
        url = self.redirect_uri + "?" + urllib.parse.urlencode(answer)
        if self.aside:
            show(handler, ASIDE % html.escape(url))
        else:
            send(handler, 302, headers={"Location": url})


def show(handler, page):
    send(handler, 200, page.encode(), {"Content-Type": "text/html"})
