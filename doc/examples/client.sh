#!/bin/bash
# client.sh register EMAIL USERNAME | login NAME | whoami | logout
#
# LATCHKEY_URL is the service; LATCHKEY_SESSION is where the session is kept. Secrets go to
# curl by files, for everybody can see its arguments.
set -uo pipefail

API=${LATCHKEY_URL:-https://127.0.0.1:8443}/api/v1
SESSION=${LATCHKEY_SESSION:-session.json}
# Three of 3 seconds, a second apart: the last begins within the 10 for which a spent refresh
# token is good.
TRIES=3
REFRESH_SECONDS=3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

die() {
	echo "$*" >&2
	exit 1
}

# NAME [FILE]: that member, a text, of the JSON object in FILE or $dir/body
member() {
	grep -o "\"$1\": *\"[^\"]*\"" "${2:-$dir/body}" | head -n 1 | cut -d '"' -f 4
}

# METHOD PATH CURL-OPTION...: STATUS (000: no answer), $dir/head and $dir/body. 503 means
# that nothing was done: the same once more.
call() {
	local method=$1 path=$2 wait try

	shift 2
	for ((try = 1; ; try++)); do
		STATUS=$(curl -sS -m 15 -X "$method" -D "$dir/head" -o "$dir/body" -w '%{http_code}' "$API$path" "$@") || STATUS=000
		[ "$STATUS" = 503 ] && [ "$try" -lt "$TRIES" ] || return 0
		wait=$(tr -d '\r' <"$dir/head" | sed -n 's/^retry-after: //Ip')
		sleep "${wait:-1}"
	done
}

header() {
	tr -d '\r' <"$dir/head" | sed -n "s/^$1: //Ip"
}

# Unless it was a success: what the service says (RFC 9457)
must() {
	case $STATUS in
	2??) ;;
	000) die "No answer." ;;
	*)
		sed 's/},{/}\n{/g' "$dir/body" | sed -n 's/.*"field":"\([^"]*\)".*"message":"\([^"]*\)".*/  \1: \2/p' >&2
		die "$(member code): $(member detail) (request $(member request_id))"
		;;
	esac
}

# QUESTION: what is typed
ask() {
	local said

	printf '%s ' "$1" >&2
	IFS= read -r said
	printf %s "$said"
}

# ---- the session ----

# Durably, and whole or not at all, for nobody else to read
keep() {
	(umask 077 && cat "$dir/body" >"$SESSION.new" && sync "$SESSION.new" && mv "$SESSION.new" "$SESSION") ||
		die "$SESSION cannot be written."
}

# TOKEN METHOD PATH CURL-OPTION...
call_as() {
	printf 'Authorization: Bearer %s' "$1" >"$dir/token"
	call "${@:2}" -H "@$dir/token"
}

# REFUSED: tokens in place of those with the access token that was refused
refresh() {
	local try

	exec 9>"$SESSION.lock"
	flock 9 # one at a time
	[ "$(member access_token "$SESSION")" = "$1" ] || return 0 # somebody else was faster
	for ((try = 1; try <= TRIES; try++)); do
		call_as "$(member refresh_token "$SESSION")" POST /auth/refresh -m "$REFRESH_SECONDS"
		case $STATUS in
		000 | 502 | 504) sleep 1 ;; # the answer was lost: the same token once more
		*) break ;;
		esac
	done
	if [ "$STATUS" = 401 ]; then
		rm -f "$SESSION"
		die "The session is over: log in again."
	fi
	must
	keep # before they are used
	exec 9>&-
}

# METHOD PATH: with the session's access token; refreshes it once if it is refused
send() {
	local token

	[ -e "$SESSION" ] || die "Not logged in."
	token=$(member access_token "$SESSION")
	call_as "$token" "$1" "$2"
	if [ "$STATUS" = 401 ]; then
		refresh "$token"
		call_as "$(member access_token "$SESSION")" "$1" "$2"
	fi
	must
}

# ---- the commands ----

register() {
	call POST /register --data-urlencode "email=$1"
	must
	ask "The code in the letter:" >"$dir/code"
	call POST /register --data-urlencode "email=$1" --data-urlencode "registration_code@$dir/code"
	must
	member token | tr -d '\n' >"$dir/proof"
	ask "A password:" >"$dir/password"
	call POST /register --data-urlencode "token@$dir/proof" --data-urlencode "username=$2" \
		--data-urlencode "password@$dir/password"
	must
	echo "registered $(member username)"
}

login() {
	local password

	password=$(ask "The password:")
	printf 'Authorization: Basic %s' "$(printf %s "$1:$password" | base64 -w 0)" >"$dir/basic"
	call POST /login -H "@$dir/basic"
	must
	keep
	echo "logged in"
}

whoami() {
	send GET /auth/verify
	echo "$(header X-Auth-Username) $(header X-Auth-Roles)"
}

logout() {
	send POST /auth/logout
	rm -f "$SESSION"
	echo "logged out"
}

case ${1:-}/$# in
register/3 | login/2 | whoami/1 | logout/1) "$@" ;;
*) die "$(sed -n '2,/^$/s/^# \{0,1\}//p' "$0")" ;;
esac
