"""PHP-FPM and Apache, as a site has them."""

import glob
import os

from lib.site import Daemon, listens

MODULES = "/usr/lib/apache2/modules"


def directory(site, name):
    """One that the programs' user may write to."""
    path = site.path(name)
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)
    return path


class PhpFpm(Daemon):
    """A pool at sock/php.sock."""

    def __init__(self, site):
        program = sorted(glob.glob("/usr/sbin/php-fpm*"))[-1]
        sock, log = os.path.join(directory(site, "sock"), "php.sock"), site.path("php.log")
        user = "user = www-data\ngroup = www-data\nlisten.owner = www-data\n" if os.getuid() == 0 else ""
        conf = site.write("php.conf", f"""[global]
daemonize = no
error_log = {log}
[site]
{user}listen = {sock}
pm = static
pm.max_children = 2
php_admin_value[post_max_size] = 10M
""")
        super().__init__(program, "-F", "-n", "-y", conf, ready=lambda: os.path.exists(sock), log=log)


class Apache(Daemon):
    """Files and PHP below apache/; `conf` is what the guide has of it."""

    def __init__(self, site, port, conf):
        log = site.path("apache.log")
        names = ("mpm_event", "authz_core", "dir", "proxy", "proxy_fcgi")
        modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in names)
        user = "User www-data\nGroup www-data\n" if os.getuid() == 0 else ""
        path = site.write("apache.conf", f"""{modules}{user}ServerName localhost
DefaultRuntimeDir {directory(site, "sock")}
PidFile {site.path("apache.pid")}
ErrorLog {log}
DocumentRoot {site.path("apache")}
<FilesMatch "\\.php$">
	SetHandler "proxy:unix:{site.path("sock", "php.sock")}|fcgi://localhost"
</FilesMatch>
{conf}""")
        super().__init__("/usr/sbin/apache2", "-DFOREGROUND", "-f", path, ready=lambda: listens(port), log=log)
