# Sourced by stack: the script that everything is a child of.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are shared among the sourced files

STOPPING=
BEGAN=$EPOCHREALTIME

# With the seconds since the start
say() {
	local us=$((${EPOCHREALTIME/[.,]/} - ${BEGAN/[.,]/}))

	printf '%3d.%d s  %s\n' $((us / 1000000)) $((us / 100000 % 10)) "$*"
}

supervise() {
	local status=0

	mkdir -p "$VAR" || exit 1
	exec 9>"$VAR/lock"
	flock -n 9 || die "already running on VAR=$VAR (make down stops it)"
	trap 'STOPPING=1' TERM INT HUP
	# nginx's 2 × 4096 connections
	ulimit -Sn 16384 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"
	if start_all; then
		announce "$1"
		: >"$VAR/run/ready"
		watch_all || status=1
	else
		[ -n "$STOPPING" ] || status=1
	fi
	stop_all
	exit $status
}

start_all() {
	local name

	listens "$PORT" && {
		echo "stack: port $PORT is taken: choose another, PORT=…" >&2
		return 1
	}
	for name in latchkeyd latchkeyctl; do
		[ -x "$BUILD/$name" ] || { echo "stack: $BUILD/$name is not built" >&2; return 1; }
	done
	prepare_directories && prepare_tls && prepare_nginx && prepare_redis || return 1
	echo $$ >"$VAR/run/stack.pid"
	mkfifo -m 600 "$VAR/run/control" && exec 8<>"$VAR/run/control" || return 1
	for name in "${PARTS[@]}" migrate keys; do
		: >"$LOG/$name.log"
	done
	start_catcher
	start_redis
	create_cluster && start_postgres || return 1
	await postgres && await redis && await catcher || return 1
	prepare_conf
	prepare_schema && prepare_keys || return 1
	start_serve
	await serve || return 1
	start_outside
	start_mail
	start_nginx
	await nginx && await outside && await mail && await_service
}

out_of_time() {
	((${EPOCHREALTIME%%[.,]*} - ${BEGAN%%[.,]*} >= START_SECONDS))
}

tail_of() {
	echo "----- the end of $1:" >&2
	tail -n 15 "$1" >&2
	echo "-----" >&2
}

# Until the part is ready, has ended, or the time is over.
await() {
	local name=$1

	until "is_ready_$name"; do
		[ -z "$STOPPING" ] || return 1
		if ! alive "${PID[$name]:-}"; then
			echo "stack: $name ended at its start" >&2
			tail_of "$LOG/$name.log"
			return 1
		fi
		if out_of_time; then
			echo "stack: $name did not come up in $START_SECONDS s" >&2
			tail_of "$LOG/$name.log"
			return 1
		fi
		sleep 0.01
	done
	say "$name"
}

prepare_schema() {
	run_step migrate "${PSQL[@]}" -f "$ROOT/schema/bootstrap.sql" &&
		run_step migrate "$BUILD/latchkeyctl" --config "$VAR/latchkey.conf" migrate \
			--schema-dir "$ROOT/schema"
}

prepare_keys() {
	[ -e "$VAR/keys/manifest" ] || rm -rf "$VAR/keys"
	run_step keys "$BUILD/latchkeyctl" --config "$VAR/latchkey.conf" key init
}

# NAME COMMAND...: its output is shown only if it fails.
run_step() {
	local log=$LOG/$1.log

	shift
	cd "$ROOT" || return 1
	timeout "$START_SECONDS" "$@" >>"$log" 2>&1 8>&- 9>&- </dev/null && return
	echo "stack: failed: $*" >&2
	tail_of "$log"
	return 1
}

await_service() {
	local answer

	until answer=$(ask_ready); do
		[ -z "$STOPPING" ] || return 1
		is_whole || return 1
		if out_of_time; then
			echo "stack: health/ready does not say 200 after $START_SECONDS s: $answer" >&2
			tail_of "$LOG/serve.log"
			return 1
		fi
		sleep 0.02
	done
	say "health/ready: $answer"
}

ask_ready() {
	local out

	out=$(curl -sS --max-time 5 --cacert "$VAR/tls/cert.pem" -w ' %{http_code}' \
		"https://127.0.0.1:$PORT/api/v1/health/ready" 2>&1)
	echo "$out"
	[ "${out##* }" = 200 ]
}

# Every part that should run does; else says which does not.
is_whole() {
	local name status

	for name in "${!PID[@]}"; do
		alive "${PID[$name]}" && continue
		wait "${PID[$name]}" 2>/dev/null
		status=$?
		echo "stack: $name ended by itself with status $status" >&2
		tail_of "$LOG/$name.log"
		return 1
	done
}

watch_all() {
	local verb name reply part line=

	while [ -z "$STOPPING" ]; do
		# What is there of a line when the time is over is kept, for the rest is another.
		if IFS= read -r -t 0.25 part <&8; then
			read -r verb name reply <<<"$line$part"
			line=
			control "$verb" "$name" >"$reply"
		else
			line+=$part
		fi
		[ -n "$STOPPING" ] || is_whole || return 1
	done
}

# The answer is `done` or what went wrong.
control() {
	local verb=$1 name=$2

	BEGAN=$EPOCHREALTIME
	case $verb in
	stop | restart) stop_part "$name" ;;
	kill) kill_part "$name" ;;
	esac
	case $verb in
	start | restart)
		[ -z "${PID[$name]:-}" ] || { echo "it is running"; return; }
		"start_$name"
		await "$name" >&2 || { unset "PID[$name]"; echo "it did not come up: $LOG/$name.log"; return; }
		;;
	esac
	echo "done"
}

stop_all() {
	local i

	rm -f "$VAR/run/ready"
	for ((i = ${#PARTS[@]} - 1; i >= 0; i--)); do
		stop_part "${PARTS[i]}"
	done
	rm -f "$VAR"/run/*
	remove_run
}

announce() {
	if [ "$1" = background ]; then
		echo "up: https://127.0.0.1:$PORT  certificate: $VAR/tls/cert.pem  mail: $VAR/mail/new"
	else
		sed -e "s,@VAR@,$VAR,g" -e "s,@PORT@,$PORT,g" "$HERE/welcome.txt"
	fi
}
