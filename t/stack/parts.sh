# Sourced by stack: the parts, in the order of their start. For a part NAME, start_NAME
# launches it and is_ready_NAME tells whether it can be used.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are shared among the sourced files

PARTS=(postgres redis catcher serve outside mail nginx)

declare -A PID=()		# of the parts that should be running
declare -A STOP_SIGNAL=([postgres]=INT [redis]=TERM [catcher]=TERM [serve]=TERM [outside]=TERM
	[mail]=TERM [nginx]=QUIT)
# What is asked at our own death: nothing can wait for connections to end then.
declare -A DEATH_SIGNAL=([postgres]=QUIT [redis]=TERM [catcher]=TERM [serve]=TERM [outside]=TERM
	[mail]=TERM [nginx]=TERM)
# Seconds to end in; the service's own grace is 10.
declare -A STOP_SECONDS=([serve]=15 [outside]=15 [mail]=15)

PG_DIR=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 2>/dev/null | sort -V | tail -1)
[ ! -r "$VAR/pg/data/PG_VERSION" ] || PG_DIR=/usr/lib/postgresql/$(<"$VAR/pg/data/PG_VERSION")
PG_BIN=$PG_DIR/bin

# A zombie answers kill -0, and PostgreSQL refuses to start beside one.
alive() {
	local stat

	[ -n "$1" ] && read -r stat 2>/dev/null <"/proc/$1/stat" && [[ ${stat##*) } != Z* ]]
}

# NAME USER COMMAND...: by way of WRAP_NAME's words, a child with a session of its own, so that a Ctrl-C is ours alone,
# and without our lock.
launch() {
	local name=$1 user=$2 as=() wrap=WRAP_$1

	shift 2
	[ -z "$user" ] || as=(--reuid="$user" --regid="$user" --init-groups)
	setsid setpriv --pdeathsig "${DEATH_SIGNAL[$name]}" "${as[@]}" -- ${!wrap:-} "$@" \
		8>&- 9>&- </dev/null >>"$LOG/$name.log" 2>&1 &
	PID[$name]=$!
	echo $! >"$VAR/run/$name.pid"
}

start_postgres() {
	PSQL=("$PG_BIN/psql" -X -q -h "$RUN/pg" -U postgres -d postgres -v ON_ERROR_STOP=1)
	cd "$RUN" || return 1
	launch postgres "$PG_USER" "$PG_BIN/postgres" -D "$PG_DATA" -c listen_addresses= \
		-c unix_socket_directories="$RUN/pg" -c max_connections=300 -c shared_buffers=64MB \
		-c fsync="$FSYNC" -c log_timezone=UTC -c timezone=UTC \
		-c log_error_verbosity=terse # without the values of keys that are already there
}

is_ready_postgres() {
	[ -S "$RUN/pg/.s.PGSQL.5432" ] && "${PSQL[@]}" -c 'SELECT 1' >/dev/null 2>&1
}

# The cluster, in VAR; where the unprivileged user cannot go there, in /var/tmp.
create_cluster() {
	local who far

	if [ ! -e "$VAR/pg/data/PG_VERSION" ]; then
		rm -rf "$VAR/pg"
		if as_pg test -x "$VAR"; then
			mkdir "$VAR/pg"
		else
			far=$(mktemp -d /var/tmp/latchkey.XXXXXXXX) && chmod 711 "$far" &&
				ln -s "$far" "$VAR/pg" || return 1
			say "PostgreSQL's data are in $far: its user cannot reach $VAR"
		fi
		[ -z "$PG_USER" ] || chown "$PG_USER": "$VAR/pg/"
		say "making a PostgreSQL cluster (once)"
	fi
	PG_DATA=$(realpath "$VAR/pg")/data
	cd "$RUN" || return 1
	if [ ! -e "$PG_DATA/PG_VERSION" ]; then
		# Renamed when whole: a start that was cut short begins again.
		as_pg rm -rf "$PG_DATA.new"
		as_pg "$PG_BIN/initdb" -D "$PG_DATA.new" -U postgres -A peer -E UTF8 --locale=C.UTF-8 \
			--no-sync --no-instructions >"$LOG/initdb.log" 2>&1 || {
			tail -5 "$LOG/initdb.log" >&2
			return 1
		}
		as_pg mv "$PG_DATA.new" "$PG_DATA"
	fi
	who=$(id -un)
	echo 'local all all peer map=stack' | as_pg tee "$PG_DATA/pg_hba.conf" >/dev/null
	for role in postgres latchkey_owner latchkey_fast latchkey_slow latchkey_mail latchkey_outside; do
		echo "stack $who $role"
	done | as_pg tee "$PG_DATA/pg_ident.conf" >/dev/null
}

start_redis() {
	launch redis "" redis-server "$VAR/redis/redis.conf"
}

is_ready_redis() {
	[ "$(redis-cli -s "$RUN/redis.sock" ping 2>/dev/null)" = PONG ]
}

start_catcher() {
	launch catcher "" /usr/bin/python3 "$HERE/catcher.py" "$VAR/mail" "$VAR/run/mail.port"
}

is_ready_catcher() {
	[ -s "$VAR/run/mail.port" ] && read -r MAIL_PORT <"$VAR/run/mail.port" && listens "$MAIL_PORT"
}

start_serve() {
	launch serve "" "$BUILD/latchkeyd" serve --config "$VAR/latchkey.conf"
}

is_ready_serve() {
	[ -S "$RUN/fast.sock" ] && [ -S "$RUN/slow.sock" ]
}

start_outside() {
	launch outside "" "$BUILD/latchkeyd" outside --config "$VAR/latchkey.conf"
}

is_ready_outside() {
	[ -S "$RUN/outside.sock" ]
}

start_mail() {
	launch mail "" "$BUILD/latchkeyd" mail --config "$VAR/latchkey.conf"
}

is_ready_mail() {
	alive "${PID[mail]}"
}

start_nginx() {
	launch nginx "" /usr/sbin/nginx -p "$VAR/nginx/" -c "$VAR/nginx/nginx.conf" -e "$LOG/nginx.log"
}

is_ready_nginx() {
	listens "$PORT"
}

listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# NAME: politely, then its whole group.
stop_part() {
	local name=$1 pid=${PID[$1]:-} left

	unset "PID[$name]"
	[ -n "$pid" ] || return 0
	left=$((${STOP_SECONDS[$name]:-5} * 50))
	kill -"${STOP_SIGNAL[$name]}" "$pid" 2>/dev/null
	kill -CONT "$pid" 2>/dev/null
	while alive "$pid" && ((left-- > 0)); do
		sleep 0.02
	done
	if alive "$pid"; then
		echo "stack: $name did not end by itself: killed" >&2
		kill -KILL -- "-$pid" 2>/dev/null
	fi
	wait "$pid" 2>/dev/null
	rm -f "$VAR/run/$name.pid"
}

# A crash, for tests: without its workers too, as nginx's would go on serving.
kill_part() {
	local pid=${PID[$1]:-}

	unset "PID[$1]"
	[ -n "$pid" ] || return 0
	kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -f "$VAR/run/$1.pid"
}
