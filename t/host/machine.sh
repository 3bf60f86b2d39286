# Sourced by try: a Debian of its own, in a directory, booted by its own systemd.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are shared among the sourced files

SUITE=bookworm
MIRROR=http://deb.debian.org/debian
CACHE=/var/cache/latchkey-host
# Days after which the cached Debian is made anew, for its security updates
STALE=7

MACHINE=	# its directory
INIT=		# its first process, while it runs
UNSHARE=
CGROUP=

# A minimal Debian with nginx, as $CACHE/SUITE.tar.
machine_cache() {
	local new tar=$CACHE/$SUITE.tar

	mkdir -p "$CACHE"
	[ -z "$(find "$tar" -mtime "-$STALE" 2>/dev/null)" ] || return 0
	say "making a Debian ($SUITE) for $tar: a minute or two"
	new=$(mktemp -d "$CACHE/new.XXXXXXXX")
	chmod 755 "$new"
	debootstrap --variant=minbase --include=systemd-sysv,dbus,ca-certificates,nginx \
		"$SUITE" "$new" "$MIRROR" >"$WORK/debootstrap.log" 2>&1 || die "debootstrap: $WORK/debootstrap.log"
	printf 'deb %s %s main\ndeb %s-security %s-security main\n' \
		"$MIRROR" "$SUITE" "$MIRROR" "$SUITE" >"$new/etc/apt/sources.list"
	printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
	chmod 755 "$new/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$new/etc/resolv.conf"
	DEBIAN_FRONTEND=noninteractive chroot "$new" sh -c 'apt-get update -q && apt-get upgrade -q -y' \
		>"$WORK/upgrade.log" 2>&1 || die "its updates: $WORK/upgrade.log"
	rm "$new/usr/sbin/policy-rc.d"
	# No network, no terminal
	ln -s /dev/null "$new/etc/systemd/system/apt-daily.timer"
	ln -s /dev/null "$new/etc/systemd/system/apt-daily-upgrade.timer"
	ln -s /dev/null "$new/etc/systemd/system/console-getty.service"
	tar -C "$new" -cf "$tar.new" . && mv "$tar.new" "$tar"
	rm -rf --one-file-system "$new"
}

# DEB: a fresh one, with that file in /root, and what its installation will ask for from the
# network in its cache.
machine_make() {
	MACHINE=$WORK/root
	mkdir "$MACHINE" "$CACHE/archives" 2>/dev/null
	tar -C "$MACHINE" -xf "$CACHE/$SUITE.tar" || die "$CACHE/$SUITE.tar"
	cp "$1" "$MACHINE/root/"
	cp /etc/resolv.conf "$MACHINE/etc/resolv.conf"
	cp -n "$CACHE"/archives/*.deb "$MACHINE/var/cache/apt/archives/" 2>/dev/null
	"$HERE/guide" install 'The package' | sed 's/apt-get install/& --download-only/; 1i cd' |
		HOME=/root chroot "$MACHINE" bash >"$WORK/download.log" 2>&1 || die "packages: $WORK/download.log"
	cp -n "$MACHINE"/var/cache/apt/archives/*.deb "$CACHE/archives/"
}

machine_boot() {
	local mounted state i

	mounted=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	[ -n "$mounted" ] || die "no cgroup2 is mounted"
	CGROUP=$mounted/latchkey-host.$$
	mkdir -p "$CGROUP"
	(
		echo "$BASHPID" >"$CGROUP/cgroup.procs"
		exec setpriv --pdeathsig KILL unshare --pid --mount --net --uts --ipc --cgroup --fork \
			--kill-child "$HERE/boot" "$MACHINE"
	) </dev/null >>"$WORK/boot.log" 2>&1 &
	UNSHARE=$!
	for ((i = 0; i < 300; i++)); do
		sleep 0.1
		INIT=$(pgrep -P "$UNSHARE") || continue
		state=$(inside systemctl is-system-running 2>/dev/null)
		case $state in
		running) return 0 ;;
		degraded) inside systemctl --no-pager --failed >&2 && die "it does not come up whole" ;;
		esac
	done
	die "systemd does not come up: $WORK/boot.log"
}

# In the machine, as its root.
inside() {
	nsenter -t "$INIT" -a -- env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# Outside, but in its network.
beside() {
	nsenter -t "$INIT" -n -- "$@"
}

# LOG COMMAND...: the same in the background, as the process $!
launch_beside() {
	local log=$1

	shift
	setpriv --pdeathsig KILL nsenter -t "$INIT" -n -- "$@" >"$log" 2>&1 &
}

machine_halt() {
	inside systemctl poweroff --no-block
	wait "$UNSHARE"
	UNSHARE=
}

machine_end() {
	local i

	[ -z "$UNSHARE" ] || kill -KILL "$UNSHARE" 2>/dev/null
	wait 2>/dev/null
	[ -n "$CGROUP" ] || return
	for ((i = 0; i < 50; i++)); do # the last of them may still be dying
		! find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || break
		sleep 0.1
	done
}
