# Sourced by try: what holds on the machine once the guide was followed.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are shared among the sourced files

SERVICES=(latchkey latchkey-mail latchkey-outside)
SITE=https://auth.example.org/api/v1

ask() {
	beside curl -sS --max-time 20 --cacert "$CERT" --connect-to auth.example.org:443:127.0.0.1:443 "$@"
}

await_ready() {
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(ask -o /dev/null -w '%{http_code}' "$SITE/health/ready" 2>/dev/null)" != 200 ] || return 0
		sleep 0.2
	done
	die "health/ready does not say 200"
}

# UNIT PROPERTY
shown() {
	inside systemctl show --value -p "$2" "$1"
}

restarts() {
	shown latchkey.service NRestarts
}

keep_asking() {
	until [ -e "$WORK/done" ]; do
		ask --parallel --parallel-max 16 -o /dev/null -w '%{http_code}\n' "$SITE/health/live?[1-500]" \
			>>"$WORK/answers" 2>>"$WORK/curl.log" || echo "no answer" >>"$WORK/answers"
	done
}

# LOST COMMAND...: at most so many requests fail while it is done
unnoticed() {
	local lost=$1 bad asking

	shift
	rm -f "$WORK/answers" "$WORK/done"
	keep_asking &
	asking=$!
	"$@" || die "$*"
	: >"$WORK/done"
	wait "$asking"
	bad=$(grep -vcx 200 "$WORK/answers")
	[ "$bad" -le "$lost" ] || die "of $(wc -l <"$WORK/answers") requests $bad failed meanwhile: $*"
}

several() {
	local i

	for i in 1 2 3 4 5; do
		inside "$@" || return
	done
}

upgrade() {
	local before

	before=$(shown latchkey.service MainPID)
	inside apt-get install -q -y --reinstall "/root/$(basename "$DEB")" >"$WORK/upgrade.log" 2>&1 || return
	[ "$(shown latchkey.service MainPID)" != "$before" ]
}

die_and_return() {
	local before

	before=$(restarts)
	inside systemctl kill --kill-whom=main --signal="$1" latchkey
	wait_restart "$before"
}

wait_restart() {
	local i

	for ((i = 0; i < 150; i++)); do
		[ "$(restarts)" -eq "$1" ] || [ "$(shown latchkey.service ActiveState)" != active ] || return 0
		sleep 0.1
	done
	return 1
}

# Keys of an issuer, which `latchkeyd outside` fetches; its name is looked up, too.
promise_fetch() {
	local server i

	mkdir "$WORK/issuer"
	ask "${SITE%/api/v1}/.well-known/jwks.json" >"$WORK/issuer/jwks"
	launch_beside "$WORK/issuer.log" /usr/bin/python3 -m http.server 8099 --directory "$WORK/issuer"
	server=$!
	printf '[issuer try]\nissuer = http://localhost:8099\naudience = try\njwks_url = %s\nallow_http = yes\n' \
		http://localhost:8099/jwks | inside tee /etc/latchkey/conf.d/issuer.conf >/dev/null
	inside systemctl restart latchkey-outside
	for ((i = 0; i < 100; i++)); do
		! grep -q 'GET /jwks.* 200' "$WORK/issuer.log" || break
		sleep 0.1
	done
	kill "$server"
	wait "$server" 2>/dev/null
	[ "$i" -lt 100 ] || die "latchkey-outside fetches nothing: $(cat "$WORK/issuer.log")"
	inside rm /etc/latchkey/conf.d/issuer.conf
}

# Whatever the filter refuses would end the process for the length of a session.
promise_session() {
	local unit

	for unit in "${SERVICES[@]}"; do
		inside mkdir -p "/run/systemd/system/$unit.service.d"
		printf '[Service]\nSystemCallErrorNumber=kill\n' |
			inside tee "/run/systemd/system/$unit.service.d/90-kill.conf" >/dev/null
	done
	inside systemctl daemon-reload
	inside systemctl restart latchkey-outside.socket "${SERVICES[@]}" || die "units do not start"
	beside "$HERE/session" "$CERT" "$WORK/mail" || die "the session fails"
	promise_fetch
	! inside journalctl --no-pager -u 'latchkey*' | grep -E '_died|signal=SYS|code=dumped|core' ||
		die "a process died"
	for unit in "${SERVICES[@]}"; do
		[ "$(shown "$unit.service" NRestarts)" = 0 ] || die "$unit was restarted"
		inside rm -r "/run/systemd/system/$unit.service.d"
	done
	inside systemctl daemon-reload
	inside systemctl restart "${SERVICES[@]}"
}

# USER PATTERN: may it read that file of /etc/latchkey?
may() {
	inside runuser -u "$1" -- cat "$(inside sh -c "echo /etc/latchkey/$2")" >/dev/null 2>&1
}

# What each user may read, and nothing else.
promise_files() {
	local user file given
	local -A may_read=([latchkey]="code index access refresh conf"
		[latchkey-mail]="code conf" [latchkey-outside]="index conf" [latchkey-owner]="conf"
		[www-data]="" [nobody]="")
	local -A files=([code]='keys/*-code-*' [index]='keys/*-index-*' [access]='keys/*-access-*'
		[refresh]='keys/*-refresh-*' [conf]='conf.d/host.conf')

	for user in "${!may_read[@]}"; do
		for file in "${!files[@]}"; do
			given=no
			! may "$user" "${files[$file]}" || given=yes
			[[ " ${may_read[$user]} " == *" $file "* ]] && [ "$given" = no ] && die "$user cannot read $file"
			[[ " ${may_read[$user]} " != *" $file "* ]] && [ "$given" = yes ] && die "$user can read $file"
		done
	done
	! inside runuser -u latchkey -- touch /etc/latchkey/keys/x 2>/dev/null || die "latchkey writes keys"
}

# As PHP runs by default: the user of nginx, not its group
promise_socket() {
	local as=(setpriv --reuid=www-data --init-groups) try=(curl -sS --max-time 1 http://x/ --unix-socket)

	inside "${as[@]}" --regid=www-data "${try[@]}" /run/latchkey/fast.sock >"$WORK/php.log" 2>&1
	[ $? = 7 ] || die "PHP reaches the socket: $(cat "$WORK/php.log")"
	inside "${as[@]}" --regid=latchkey-web "${try[@]}" /run/latchkey/fast.sock >"$WORK/php.log" 2>&1
	[ $? != 7 ] || die "nginx's group does not reach the socket"
	inside cat "/proc/$(inside pgrep -o -u www-data nginx)/status" |
		grep -qw "^Groups:.*$(inside getent group www-data | cut -d: -f3)" || die "nginx lost the group www-data"
	[ "$(inside getent group latchkey-web)" = "latchkey-web:x:$(inside stat -c %g /run/latchkey/fast.sock):" ] ||
		die "latchkey-web has members"
}

# Of all processes of a service: no powers, a filter, a network of its own for `latchkey`.
promise_sandbox() {
	local unit pid status

	for unit in "${SERVICES[@]}"; do
		for pid in $(inside systemctl status --no-pager -n 0 "$unit" | sed -n 's/^ *[├└]─ *\([0-9]*\) .*/\1/p'); do
			status=$(inside cat "/proc/$pid/status")
			for line in 'CapEff:.0000000000000000' 'CapBnd:.0000000000000000' 'NoNewPrivs:.1' 'Seccomp:.2'; do
				grep -q "^$line" <<<"$status" || die "$unit: process $pid: not $line"
			done
			grep -q '^Uid:.[1-9]' <<<"$status" || die "$unit: process $pid is root"
		done
		[ -n "${pid:-}" ] || die "$unit has no processes"
	done
	pid=$(shown latchkey.service MainPID)
	[ "$(inside nsenter -t "$pid" -n cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' ')" = lo ] ||
		die "latchkey has a network"
	[ "$(inside cat "/proc/$pid/limits" | sed -n 's/^Max core file size *//p' | cut -d' ' -f1)" = 0 ] ||
		die "a core could be written"
}

promise_timers() {
	inside systemctl start latchkey-maintenance latchkey-rotate || die "what the timers start fails"
	[ "$(inside latchkeyctl key list | grep -c ' access ')" = 2 ] || die "no new key"
	[ "$(inside sh -c 'stat -c "%a %U:%G" /etc/latchkey/keys/*-access-*' | sort -u)" = "640 root:latchkey-keys" ] ||
		die "the new key is open to others"
	[ "$(inside stat -c '%a' /etc/latchkey/keys/manifest)" = 644 ] || die "the manifest is closed"
	await_ready
}

promise_watchdog() {
	inside mkdir -p /run/systemd/system/latchkey.service.d
	printf '[Service]\nWatchdogSec=2\n' |
		inside tee /run/systemd/system/latchkey.service.d/90-soon.conf >/dev/null
	inside systemctl daemon-reload
	inside systemctl restart latchkey
	die_and_return STOP || die "the watchdog does not see that the supervisor stands still"
	inside rm -r /run/systemd/system/latchkey.service.d
	inside systemctl daemon-reload
}

# Refused as long as it is wrong, which the journal knows to be an error; and back by itself.
promise_return() {
	printf '[server]\nno_such_setting = 1\n' | inside tee /etc/latchkey/conf.d/wrong.conf >/dev/null
	inside systemctl restart latchkey 2>/dev/null && die "a wrong configuration is taken"
	inside journalctl --sync
	inside journalctl -q -u latchkey -p err -o cat | grep -q '^{.*no_such_setting' ||
		die "no error in the journal says why"
	ask --parallel --max-time 3 -o /dev/null "$SITE/health/live?[1-40]" 2>/dev/null
	inside rm /etc/latchkey/conf.d/wrong.conf
	await_ready
}

promise_all() {
	say "  a session" && promise_session
	say "  files, sockets, sandbox" && promise_files && promise_socket && promise_sandbox
	say "  timers" && promise_timers
	say "  reload, restart, upgrade, kill, without a request lost"
	unnoticed 0 several systemctl reload latchkey
	unnoticed 0 several systemctl restart latchkey
	unnoticed 0 upgrade
	unnoticed 16 die_and_return KILL # those it had in hand
	say "  watchdog, a wrong configuration" && promise_watchdog && promise_return
}

# STATUS PATH [CURL'S ARGUMENTS]
says() {
	local want=$1 path=$2 got

	shift 2
	got=$(ask -o /dev/null -w '%{http_code}' "$SITE$path" "$@")
	[ "$got" = "$want" ] || die "$path says $got instead of $want"
}

# What was lost after the backup is there again, and who had a session signs in anew.
promise_restore() {
	local ann='ann:a paperclip, a train' access

	access=$(ask -u "$ann" "$SITE/login" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
	says 200 /users/me -H "Authorization: Bearer $access"
	follow operate Backup
	inside latchkeyctl user delete ann || die "ann cannot be deleted"
	says 401 /login -u "$ann"
	inside rm -r /etc/latchkey/keys
	follow operate Restore
	inside systemctl start latchkey-outside.socket latchkey-outside
	await_ready
	says 401 /users/me -H "Authorization: Bearer $access"
	says 200 /login -u "$ann"
	inside runuser -u postgres -- psql -qX -c 'DROP DATABASE latchkey_before'
	inside rm /var/backups/latchkey.dump /var/backups/latchkey-etc.tar.gz
}

left_after_removal() {
	! inside pgrep latchkeyd >/dev/null || die "a process is left"
	inside systemctl is-active -q nginx || die "nginx is down"
	[ -z "$(find "$MACHINE/usr" "$MACHINE/lib/systemd" -name '*latchkey*')" ] || die "programs are left"
	[ -f "$MACHINE/etc/latchkey/keys/manifest" ] || die "the keys are gone"
	inside runuser -u postgres -- psql -qAt -d latchkey -c 'SELECT count(*) FROM users' | grep -qx 1 ||
		die "the accounts are gone"
}

left_after_all() {
	local found

	found=$(inside find / -xdev -name '*latchkey*' -not -path '/root/*' -not -path '/var/cache/*')
	[ -z "$found" ] || die "left: $found"
	found=$(inside grep -rl latchkey /etc --exclude='*-' 2>/dev/null)
	[ -z "$found" ] || die "left: $found"
	inside nginx -t -q || die "nginx does not start without it"
	found=$(inside runuser -u postgres -- psql -qAt -c "SELECT rolname FROM pg_roles WHERE rolname ~ 'latchkey' UNION SELECT datname FROM pg_database WHERE datname ~ 'latchkey'")
	[ -z "$found" ] || die "left in PostgreSQL: $found"
}
