"""A standby of the stack's PostgreSQL; a Redis and its replica under three sentinels."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2
import redis

from lib.stack import descendants, free_port
from lib.wait import wait_for

AS_POSTGRES = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []


def start(command, log, sig="QUIT", options=()):
    """A child that does not outlive this process."""
    with open(log, "ab") as out:
        return subprocess.Popen(["setpriv", "--pdeathsig", sig, *options, "--", *command], stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, start_new_session=True, cwd="/")


class Standby:
    """Its directory is there at once, so that the settings of a stack can name it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="lk-standby-", dir="/tmp")
        os.chmod(self.directory, 0o711)
        if AS_POSTGRES:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.directory, postgres.pw_uid, postgres.pw_gid)
        self.process, self.lk, self.hung = None, None, []

    def settings(self):
        """For Stack.start()."""
        roles = ("fast", "slow", "mail", "outside", "owner")
        return "[database]\n" + "".join(
            f"{role} = host=@VAR@/sock/pg,{self.directory} dbname=latchkey user=latchkey_{role}\n" for role in roles)

    def follow(self, lk, synchronous):
        """A copy of the primary as it is, then whatever comes."""
        self.lk = lk
        data = lk.one("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
        me = pwd.getpwuid(os.getuid()).pw_name
        with open(os.path.join(data, "pg_hba.conf"), "a") as hba, open(os.path.join(data, "pg_ident.conf"), "a") as map_:
            hba.write("local replication postgres peer map=stack\n")
            map_.write(f"stack {'postgres' if AS_POSTGRES else me} postgres\n")
        lk.sql("SELECT pg_reload_conf()")
        self._run("pg_basebackup", "-R", "-c", "fast", "-D", os.path.join(self.directory, "data"),
                  "-d", f"host={lk.env['PG_SOCKET_DIR']} user=postgres application_name=standby")
        self.process = start([self._bin("postgres"), "-D", os.path.join(self.directory, "data"), "-c", "fsync=off",
                              "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.directory}",
                              "-c", "max_connections=300", "-c", "log_error_verbosity=terse"],
                             os.path.join(self.directory, "log"), options=AS_POSTGRES)
        wait_for(lambda: lk.one("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"), 20,
                 "the standby does not stream")
        if synchronous:
            lk.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            lk.sql("SELECT pg_reload_conf()")
            wait_for(lambda: lk.one("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"), 10,
                     "the standby is not synchronous")

    def fall_behind(self):
        """From now on nothing more reaches it."""
        os.kill(self.lk.one("SELECT pid FROM pg_stat_replication"), signal.SIGSTOP)

    def hang_primary(self):
        """SIGSTOP to all its processes: it takes connections, and says nothing."""
        self.hung = descendants(self.lk.pid("postgres"))
        self._signal_hung(signal.SIGSTOP)

    def lose_primary(self):
        """kill -9, as if its host were gone: none of them goes on while others are killed."""
        self.hang_primary()
        self.bury_primary()

    def bury_primary(self):
        if self.hung:
            self.lk.part("kill", "postgres")
            self._signal_hung(signal.SIGKILL)
            self.hung = []

    def _signal_hung(self, number):
        for pid in self.hung:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def promote(self):
        self.lk.forget()
        self.lk.env["PG_ADMIN"] = f"host={self.directory} user=postgres dbname=latchkey"
        with contextlib.closing(psycopg2.connect(self.lk.env["PG_ADMIN"])) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_promote()")
                assert cursor.fetchone() == (True,)

    def _bin(self, name):
        return os.path.join(self.lk.env["PG_BIN"], name)

    def _run(self, name, *words):
        done = subprocess.run(["setpriv", *AS_POSTGRES, "--", self._bin(name), *words], cwd="/", timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def remove(self):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(10)
        shutil.rmtree(self.directory)


class Sentinels:
    """Two servers and three sentinels, with the passwords that hosts of their own would have."""

    MASTER, USER = "latchkey", "latchkey"
    COMMANDS = "+ping +role +eval +evalsha +get +set +del +exists +pexpire +pttl +incr +decr +hget +hset +hmget +hdel " \
               "+hincrby"

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="lk-redis-", dir="/tmp")
        self.servers = [free_port(), free_port()]
        self.sentinels = [free_port() for _ in range(3)]
        self.processes = {}
        for port in self.servers:
            self._write(port, self._server(port))
        for port in self.sentinels:
            self._write(port, self._sentinel(port))
        for port in (*self.servers, *self.sentinels):
            self.start(port)
        wait_for(self.complete, 20, "the sentinels do not see each other and the replica")

    def settings(self):
        return f"""
[redis]
sentinels = {" ".join(f"127.0.0.1:{port}" for port in self.sentinels)}
master_name = {self.MASTER}
sentinel_password = of-the-sentinels
user = {self.USER}
password = of-the-service
"""

    def _server(self, port):
        replica = f"replicaof 127.0.0.1 {self.servers[0]}\n" if port != self.servers[0] else ""
        return f"""save ""
appendonly yes
appenddirname aof.{port}
maxmemory 64mb
maxmemory-policy noeviction
masterauth of-the-servers
user default on >of-the-servers ~* &* +@all
user {self.USER} on >of-the-service resetchannels ~lk:* -@all {self.COMMANDS}
{replica}"""

    def _sentinel(self, port):
        return f"""requirepass of-the-sentinels
sentinel sentinel-pass of-the-sentinels
sentinel monitor {self.MASTER} 127.0.0.1 {self.servers[0]} 2
sentinel auth-pass {self.MASTER} of-the-servers
sentinel down-after-milliseconds {self.MASTER} 1000
sentinel failover-timeout {self.MASTER} 5000
"""

    def _write(self, port, lines):
        with open(self._path(port, "conf"), "w") as file:
            file.write(f"port {port}\nbind 127.0.0.1\ndir {self.directory}\n{lines}")

    def _path(self, port, ending):
        return os.path.join(self.directory, f"{port}.{ending}")

    def start(self, port):
        self.processes[port] = start(["redis-server", self._path(port, "conf"),
                                      *(["--sentinel"] if port in self.sentinels else [])], self._path(port, "log"),
                                     "KILL")

    def kill(self, port):
        process = self.processes.pop(port)
        process.kill()
        process.wait()

    def signal(self, port, number):
        self.processes[port].send_signal(number)

    def fail_over(self):
        with contextlib.closing(self._client(self.sentinels[0])) as client:
            assert client.execute_command("SENTINEL", "FAILOVER", self.MASTER)

    def _client(self, port):
        password = "of-the-sentinels" if port in self.sentinels else "of-the-servers"
        return redis.Redis(port=port, password=password, socket_timeout=2, decode_responses=True)

    def complete(self):
        """There is a replica that is up to date, and each sentinel knows of it and of the
        two others."""
        try:
            links = [self._info(port).get("master_link_status") for port in self.servers]
            seen = [self._seen(port) for port in self.sentinels]
        except redis.exceptions.RedisError:
            return False
        return links.count("up") == 1 and all(of["num-other-sentinels"] == 2 and of["num-slaves"] == 1 for of in seen)

    def _info(self, port):
        with contextlib.closing(self._client(port)) as client:
            return client.info("replication")

    def _seen(self, port):
        with contextlib.closing(self._client(port)) as client:
            return client.sentinel_master(self.MASTER)

    def master(self):
        """The port that the sentinels agree upon, once it says itself that it is one."""
        named = {self._named(port) for port in self.sentinels}
        if len(named) != 1:
            return None
        port = named.pop()
        try:
            return port if self._info(port)["role"] == "master" else None
        except redis.exceptions.RedisError:
            return None

    def _named(self, port):
        with contextlib.closing(self._client(port)) as client:
            return client.sentinel_get_master_addr_by_name(self.MASTER)[1]

    def move(self, before, seconds=30):
        """Waits for another master than `before`; its port and when it was."""
        port = wait_for(lambda: (p := self.master()) not in (None, before) and p, seconds, "no other master")
        return port, time.monotonic()

    def remove(self):
        for port in list(self.processes):
            self.kill(port)
        shutil.rmtree(self.directory)

