"""What is asked in the soak: cycles of requests that can be repeated for ever, each of them with
what a client gets wrong. Together they meet every row of app/routes.c; t/soak/run sees to that.

<NAME> is a slot's own value: user, email, role, access, refresh, machine, basic (of a machine
client), own-basic, what was captured; and <n>, which is another one in each cycle."""

import base64
from dataclasses import dataclass

NOBODY = "00000000-0000-4000-8000-000000000000"
PASSWORD, OTHER = "a horse, a stapler", "a paperclip, a train"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
USER, REFRESH, MACHINE, CLIENT = "Bearer <access>", "Bearer <refresh>", "Bearer <machine>", "Basic <basic>"
ACCESS_OF, REFRESH_OF, ID_OF = 'access:"access_token":"', 'refresh:"refresh_token":"', 'id:"id":"'
PAIR = f"{ACCESS_OF} {REFRESH_OF}"


@dataclass
class Step:
    route: str                # as app/routes.c has it: METHOD PATH
    statuses: str
    uri: str = ""             # with the values; empty: the route's own
    authorization: str = ""
    body: str = ""
    cookie: str = ""
    captures: str = ""
    socket: str = "fast"
    type: str = JSON

    @property
    def method(self):
        return self.route.split(" ")[0]

    def line(self):
        path = self.uri or self.route.split(" ")[1]
        uri = path if path.startswith(("/.well-known", "/metrics")) else "/api/v1" + path
        return "\t".join(["step", self.socket, self.statuses, self.method, uri, self.authorization, self.cookie,
                          self.type if self.body else "", self.body, self.captures])


@dataclass
class Cycle:
    name: str
    steps: list
    hashes: bool = False      # or is as slow for another reason: fewer of them
    note: str = ""
    proven: bool = True       # whether the users have proven their addresses


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def get(path, authorization="", statuses="200", bad=("401", USER + "x"), uri=""):
    """Three that are right and one that is not."""
    route = "GET " + path
    good = Step(route, statuses, uri, authorization)
    return [good, good, good, Step(route, bad[0], uri, bad[1])]


def public(path, uri=""):
    route, uri = "GET " + path, uri or path
    return [Step(route, "200", uri)] * 3 + [Step(route, "400", uri + "?a=1&a=2")]


ME = "/users/me"
LOGIN = Step("POST /auth/login", "200", body=f'{{"email":"<email>","password":"{PASSWORD}"}}', captures=PAIR)
ROLE = "/users/<user>/roles/<role>"
HELD = "/users/{id}/roles/{id}"
STATE = "state:state= cookie:Set-Cookie:~"
CALLBACK = "/social/auth/{name}"

# In the order of their use by others
CYCLES = [
    Cycle("verify", get("/auth/verify", USER, "204")),
    Cycle("me", get(ME, USER)),
    Cycle("token", [Step("POST /token", "200", "", REFRESH), Step("GET /token", "200", "", REFRESH),
                    Step("POST /token", "401", "", USER), Step("GET /token", "401")]),
    Cycle("refresh", [Step("POST /auth/refresh", "200", "", REFRESH, captures=REFRESH_OF)] * 3 +
          [Step("POST /auth/refresh", "401", "", REFRESH + "x")]),
    Cycle("role-check", [Step("POST " + HELD, "201,200", ROLE, MACHINE), Step("HEAD " + HELD, "200", ROLE, MACHINE),
                         Step("GET /users/{id}/roles", "200", "/users/<user>/roles", MACHINE),
                         Step("DELETE " + HELD, "204", ROLE, MACHINE), Step("HEAD " + HELD, "404", ROLE, MACHINE),
                         Step("DELETE " + HELD, "404", ROLE, MACHINE),
                         Step("GET /users/{id}/roles", "404", f"/users/{NOBODY}/roles", MACHINE),
                         Step("POST " + HELD, "404", f"/users/{NOBODY}/roles/<role>", MACHINE)]),
    Cycle("register", [
        Step("POST /register", "202", body='{"email":"<n>@example.org"}'),
        Step("POST /register", "400", body='{"email":"<n>@example.org","registration_code":"AAAA-AAAA"}'),
        Step("POST /register", "400,422", body=f'{{"token":"<refresh>","username":"<n>","password":"{PASSWORD}"}}'),
        Step("POST /register", "400", body='{"email":')],
        note="its last step hashes only for a token that a letter's code has got"),
    Cycle("password", [
        Step("POST /password", "202", body='{"email":"<email>"}'),
        Step("PATCH /password", "400", body="email=<email>&confirmation_code=AAAA-AAAA", type=FORM),
        Step("PATCH /password", "202", body="email=<n>%40example.org", type=FORM),
        Step("POST /password", "400", body="{}x")],
        note="its last step hashes only for a token that a letter's code has got"),
    Cycle("health", public("/health") + public("/health/live")),
    Cycle("ready", public("/health/ready")),
    Cycle("keys", public("/.well-known/jwks.json") + public("/.well-known/oauth-authorization-server")),
    Cycle("metrics", public("metrics", "/metrics")),
    Cycle("machine", [
        Step("POST /oauth/token", "200", "", CLIENT, "grant_type=client_credentials", type=FORM, captures="own:" + ACCESS_OF[7:]),
        Step("POST /oauth/introspect", "200", "", CLIENT, "token=<own>", type=FORM),
        Step("POST /oauth/introspect", "200", "", CLIENT, "token=<access>", type=FORM),
        Step("POST /oauth/revoke", "200", "", CLIENT, "token=<n>", type=FORM),
        Step("POST /oauth/token", "401", "", basic("nobody", "x"), "grant_type=client_credentials", type=FORM),
        Step("POST /oauth/introspect", "401", "", basic("nobody", "x"), "token=<own>", type=FORM),
        Step("POST /oauth/revoke", "200", "", CLIENT, "token=<own>", type=FORM),
        Step("POST /oauth/revoke", "400", "", CLIENT)]),
    Cycle("lists", [Step(f"GET {ME}/{what}", status, f"{ME}/{what}?per_page=5", who)
                    for what in ("login-history", "sessions", "social-accounts")
                    for status, who in (("200", USER), ("401", "Bearer x"))]),
    Cycle("change-me", [Step("POST /token", "200", "", REFRESH, captures=ACCESS_OF),
                        Step(f"PATCH {ME}", "200", "", USER, '{"username":"<n>"}'),
                        Step(f"PATCH {ME}", "401", "", USER, '{"username":"<n>"}')],
          note="the second comes with a token of before the change"),
    Cycle("roles", [Step("POST /roles", "201", "", MACHINE, '{"name":"r-<n>"}', captures=ID_OF),
                    Step("GET /roles/{id}", "200", "/roles/<id>", MACHINE),
                    Step("PATCH /roles/{id}", "200", "/roles/<id>", MACHINE, '{"description":"<n>"}'),
                    Step("GET /roles", "200", "/roles?per_page=5", MACHINE),
                    Step("DELETE /roles/{id}", "204", "/roles/<id>", MACHINE),
                    Step("GET /roles/{id}", "404", "/roles/<id>", MACHINE),
                    Step("PATCH /roles/{id}", "404", "/roles/<id>", MACHINE, '{"description":"<n>"}'),
                    Step("DELETE /roles/{id}", "404", "/roles/<id>", MACHINE),
                    Step("POST /roles", "422", "", MACHINE, '{"name":""}'),
                    Step("GET /roles", "403", "", USER)]),
    Cycle("users", [Step("GET /users", "200", "/users?per_page=5", MACHINE),
                    Step("GET /users", "200", "/users?email=<email>", MACHINE),
                    Step("GET /users", "422", "/users?per_page=0", MACHINE)]),
    Cycle("user", [Step("GET /users/{id}", "200", "/users/<user>", MACHINE),
                   Step("PATCH /users/{id}", "200", "/users/<user>", MACHINE, '{"active":false}'),
                   Step("PATCH /users/{id}", "200", "/users/<user>", MACHINE, '{"active":true}'),
                   Step("GET /users/{id}", "404", f"/users/{NOBODY}", MACHINE)],
          note="which ends the slot's sessions"),
    Cycle("letters", [Step("POST /auth/verify-email", "202", "", USER),
                      Step("POST /auth/verify-email", "400", "", "", '{"email":"<email>","code":"AAAA-AAAA"}'),
                      Step(f"POST {ME}/email/confirm", "400", "", USER, '{"code":"AAAA-AAAA"}')], proven=False,
          note="no code is right, for that stands in a letter"),
    Cycle("ending", [Step(f"DELETE {ME}/sessions/{{id}}", "404", f"{ME}/sessions/{NOBODY}", USER),
                     Step(f"DELETE {ME}/social-accounts/{{id}}", "404", f"{ME}/social-accounts/{NOBODY}", USER),
                     Step("POST /auth/logout", "401", "", "Bearer x"), Step("POST /auth/logout-all", "401", "", "Bearer x")],
          note="refusals; those that succeed cost a sign-in, so they are among the slow ones"),
    Cycle("social-begin", [Step("GET /social/login/{name}", "302", "/social/login/corp", captures=STATE),
                           Step(f"GET {CALLBACK}", "400,403", "/social/auth/corp?error=access_denied&state=<state>",
                                cookie="<cookie>", socket="outside"),
                           Step("POST /social/login/{name}", "200", "/social/login/corp", USER),
                           Step("POST /social/exchange", "400", body='{"code":"<n>"}'),
                           Step("GET /social/login/{name}", "404", "/social/login/nobody")]),
    # Slow ones
    Cycle("login", [Step("POST /login", "200", "", "Basic <own-basic>"), Step("GET /login", "200", "", "Basic <own-basic>"),
                    LOGIN, Step("POST /login", "401", "", basic("nobody", "x")),
                    Step("GET /login", "401", "", basic("nobody", "x")),
                    Step("POST /auth/login", "401", body='{"email":"<n>@example.org","password":"x"}')], hashes=True),
    Cycle("sessions", [LOGIN, Step("POST /auth/logout", "204", "", USER), LOGIN,
                       Step(f"GET {ME}/sessions", "200", f"{ME}/sessions?per_page=1", USER, captures=ID_OF),
                       Step(f"DELETE {ME}/sessions/{{id}}", "204", f"{ME}/sessions/<id>", USER), LOGIN,
                       Step("POST /oauth/revoke", "200", "", CLIENT, "token=<refresh>", type=FORM), LOGIN,
                       Step("POST /auth/logout-all", "204", "", USER)], hashes=True),
    Cycle("accounts", [
        Step("POST /auth/register", "201", body=f'{{"email":"<n>@example.org","username":"<n>","password":"{PASSWORD}"}}'),
        Step("POST /auth/register", "409", body=f'{{"email":"<n>@example.org","username":"<n>","password":"{PASSWORD}"}}'),
        Step("POST /auth/login", "200", body=f'{{"login":"<n>","password":"{PASSWORD}"}}', captures=PAIR),
        Step(f"POST {ME}/email", "202", "", USER, f'{{"email":"<n>-2@example.org","password":"{PASSWORD}"}}'),
        Step(f"POST {ME}/change-password", "204", "", USER,
             f'{{"old_password":"{PASSWORD}","new_password1":"{OTHER}","new_password2":"{OTHER}"}}'),
        Step("POST /auth/login", "200", body=f'{{"login":"<n>","password":"{OTHER}"}}', captures=PAIR),
        Step(f"DELETE {ME}", "204", "", USER, f'{{"password":"{OTHER}"}}')], hashes=True),
    Cycle("social", [
        Step("GET /social/login/{name}", "302", "/social/login/corp?return_to=https%3A%2F%2Fapp.example%2F", captures=STATE),
        Step(f"GET {CALLBACK}", "302", "/social/auth/corp?code=<n>&state=<state>", cookie="<cookie>", socket="outside",
             captures="code:code="),
        Step("POST /social/exchange", "200", body='{"code":"<code>"}', captures=PAIR),
        Step(f"GET {ME}/social-accounts", "200", f"{ME}/social-accounts", USER, captures=ID_OF),
        Step(f"DELETE {ME}/social-accounts/{{id}}", "409", f"{ME}/social-accounts/<id>", USER)], hashes=True,
          note="both pools; each is a new account at the provider, whose only way in stays"),
]
