#!/usr/bin/python3
"""catcher.py DIRECTORY PORT_FILE: a mail server on loopback that puts what it takes into a
Maildir and writes its port to a file; with that file there already, it takes that port.

A recipient's local part can ask for trouble, for tests:

    +refuse550    5xx at RCPT              +data550    5xx after the letter
    +later451     4xx at RCPT, always      +data451    4xx after the letter
    +later451xN   4xx at RCPT, N times     +lost       taken, but the answer never comes
    +drop         hangs up at RCPT         +slow, +slowN    3, N seconds before the answer
"""

import asyncio
import collections
import mailbox
import os
import re
import signal
import sys
import warnings

from aiosmtpd.smtp import SMTP

TROUBLE = re.compile(r"\+(refuse550|later451|data550|data451|drop|lost|slow)(?:x?(\d+))?$")


def troubles(address):
    """What the address asks for, as {word: number or None}."""
    local = address.rpartition("@")[0]
    found = {}
    while match := TROUBLE.search(local):
        found[match[1]] = int(match[2]) if match[2] else None
        local = local[:match.start()]
    return found


class Catcher:
    def __init__(self, directory):
        self.box = mailbox.Maildir(directory, factory=None, create=True)
        self.refused = collections.Counter()

    async def handle_RCPT(self, server, session, envelope, address, options):
        trouble = troubles(address)
        if "drop" in trouble:
            server.transport.abort()
            return "421 4.3.2 Hanging up"
        if "slow" in trouble:
            seconds = trouble["slow"]
            await asyncio.sleep(3 if seconds is None else seconds)
        if "refuse550" in trouble:
            return "550 5.1.1 No such mailbox"
        if "later451" in trouble and self.later(address, trouble["later451"]):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def later(self, address, times):
        self.refused[address] += 1
        return times is None or self.refused[address] <= times

    async def handle_DATA(self, server, session, envelope):
        trouble = {word for to in envelope.rcpt_tos for word in troubles(to)}
        if "data550" in trouble:
            return "550 5.7.1 Refused"
        if "data451" in trouble:
            return "451 4.3.0 Try again later"
        self.box.add(self.head(session, envelope) + envelope.original_content)
        if "lost" in trouble:
            server.transport.abort()
        return "250 2.0.0 OK"

    @staticmethod
    def head(session, envelope):
        return (f"X-Peer: {session.peer[0]}\r\nX-MailFrom: {envelope.mail_from}\r\n"
                f"X-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n").encode("utf-8", "surrogateescape")


def port_before(path):
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


async def main(directory, port_file):
    catcher = Catcher(directory)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: ended.done() or ended.set_result(None))
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname="catcher.invalid", ident="latchkey catcher", loop=loop),
        "127.0.0.1", port_before(port_file), backlog=1024)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        print(server.sockets[0].getsockname()[1], file=file)
    os.rename(port_file + ".new", port_file)
    await ended
    server.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    os.umask(0o077)
    warnings.simplefilter("ignore")
    asyncio.run(main(sys.argv[1], sys.argv[2]))
