# Sourced by stack: what is written before anything starts.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are shared among the sourced files

if [ "$(id -u)" = 0 ]; then
	PG_USER=postgres
	WEB_USER=www-data
else
	PG_USER=
	WEB_USER=
fi

# A command as the user that PostgreSQL runs as.
as_pg() {
	if [ -n "$PG_USER" ]; then
		setpriv --reuid="$PG_USER" --regid="$PG_USER" --init-groups -- "$@"
	else
		"$@"
	fi
}

# FILE.in with @NAME@s filled in, to stdout. check_settings sees to harmless values.
fill() {
	sed -e "s,@VAR@,$VAR,g" -e "s,@RUN@,$RUN,g" -e "s,@ROOT@,$ROOT,g" -e "s,@PORT@,$PORT,g" \
		-e "s,@WORKERS@,$WORKERS,g" -e "s,@SOCKET_GROUP@,$WEB_USER,g" \
		-e "s,@USER@,${WEB_USER:+user $WEB_USER;},g" \
		-e "s,@LIMITS@,$([ "$LIMITS" = off ] && echo no || echo yes),g" \
		-e "s,@MAIL_PORT@,${MAIL_PORT:-},g" -e "s,@HASH@,${REDIS_HASH:-},g" "$HERE/$1"
}

# VAR and what lies in it. Other users may pass through VAR and RUN, no more.
prepare_directories() {
	mkdir -p "$VAR"/{log,run,secret,redis,tls,conf.d,nginx/snippets} || return 1
	[ ! -O "$VAR" ] || chmod a+x "$VAR"
	chmod 700 "$VAR"/{log,run,secret,redis,tls,conf.d}
	rm -f "$VAR"/run/* "$VAR/env"
	remove_run
	RUN=$(mktemp -d /tmp/latchkey.XXXXXXXX) || return 1
	mkdir -p "$RUN/pg" "$RUN/nginx.tmp"
	chmod 711 "$RUN" "$RUN/pg"
	[ -z "$PG_USER" ] || chown "$PG_USER": "$RUN/pg"
	ln -sfn "$RUN" "$VAR/sock"
}

# The directory of the sockets: ours, and perhaps one that a killed run left.
remove_run() {
	local before

	before=$(readlink "$VAR/sock")
	case $before in
	/tmp/latchkey.????????) [ ! -O "$before" ] || rm -rf "$before" ;;
	esac
	rm -f "$VAR/sock"
}

prepare_tls() {
	local cert=$VAR/tls/cert.pem key=$VAR/tls/key.pem

	openssl x509 -checkend 86400 -noout -in "$cert" >/dev/null 2>&1 && return
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
		-subj /CN=latchkey -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$key" -out "$cert" 2>"$LOG/openssl.log") || {
		tail -3 "$LOG/openssl.log" >&2
		return 1
	}
}

# The snippets as they are shipped; four of them but for paths, names and the servers that
# refuse strangers.
prepare_nginx() {
	local from=$ROOT/conf/nginx to=$VAR/nginx/snippets

	ln -sfn "$from"/*.conf "$to/"
	rm "$to"/latchkey-{http,common,docs,server}.conf
	sed -e "s,unix:/run/latchkey/,unix:$RUN/," \
		-e "$([ "$LIMITS" = on ] || echo 's,default no;,default yes;,')" \
		-e "s,\"https://\$server_name\",\"https://127.0.0.1:$PORT\"," \
		"$from/latchkey-http.conf" >"$to/latchkey-http.conf"
	sed -e "s,/var/log/nginx/latchkey.log,$LOG/access.log," \
		"$from/latchkey-common.conf" >"$to/latchkey-common.conf"
	# A copy, for nginx's user may not reach BUILD
	if [ -d "$BUILD/doc" ]; then
		cp -r "$BUILD/doc" "$RUN/doc" && chmod -R a+rX "$RUN/doc" || return 1
	fi
	sed "s,/usr/share/latchkey/doc,$RUN/doc," "$from/latchkey-docs.conf" >"$to/latchkey-docs.conf"
	sed -e '1,/^# The service itself/d' -e '/listen \[::\]/d' \
		-e "s,listen 443 ,listen 127.0.0.1:$PORT ," -e 's,auth.example.org,localhost,' \
		-e "s,/etc/ssl/latchkey/fullchain,$VAR/tls/cert," \
		-e "s,/etc/ssl/latchkey/key,$VAR/tls/key," \
		"$from/latchkey-server.conf" >"$to/latchkey-server.conf"
	fill nginx.conf.in >"$VAR/nginx/nginx.conf"
}

prepare_redis() {
	local secret=$VAR/secret/redis

	[ -s "$secret" ] || (umask 077 && openssl rand -hex 32 >"$secret") || return 1
	REDIS_HASH=$(printf %s "$(<"$secret")" | sha256sum) && REDIS_HASH=${REDIS_HASH%% *}
	fill redis.conf.in >"$VAR/redis/redis.conf"
	(umask 077 && fill users.acl.in >"$VAR/redis/users.acl")
}

# The mail server's port is known by now.
prepare_conf() {
	fill latchkey.conf.in >"$VAR/latchkey.conf"
	rm -f "$VAR"/conf.d/*
	[ -z "$CONF" ] || install -m 600 "$CONF" "$VAR/conf.d/stack.conf" # it may hold secrets
	chmod 600 "$VAR/latchkey.conf"
	prepare_env >"$VAR/env.new" && chmod 600 "$VAR/env.new" && mv "$VAR/env.new" "$VAR/env"
}

# For tests and for `. VAR/env` in a shell; no value needs quotes.
prepare_env() {
	local at=@${RUN//\//%2F}%2Fpg/latchkey

	echo "URL=https://127.0.0.1:$PORT"
	echo "PORT=$PORT"
	echo "CERT=$VAR/tls/cert.pem"
	echo "VAR=$VAR"
	echo "RUN=$RUN"
	echo "LOG=$LOG"
	echo "PIDS=$VAR/run"
	echo "CONF=$VAR/latchkey.conf"
	echo "BUILD=$BUILD"
	echo "STACK=$HERE/stack"
	echo "MAIL=$VAR/mail"
	echo "MAIL_PORT=$MAIL_PORT"
	echo "REDIS_SOCKET=$RUN/redis.sock"
	echo "REDIS_USER=latchkey"
	echo "REDIS_PASSWORD=$(<"$VAR/secret/redis")"
	echo "PG_BIN=$PG_BIN"
	echo "PG_SOCKET_DIR=$RUN/pg"
	echo "PG_ADMIN=postgresql://postgres$at"
	echo "PG_OWNER=postgresql://latchkey_owner$at"
	echo "PG_FAST=postgresql://latchkey_fast$at"
	echo "PG_SLOW=postgresql://latchkey_slow$at"
	echo "PG_MAIL=postgresql://latchkey_mail$at"
	echo "PG_OUTSIDE=postgresql://latchkey_outside$at"
}
