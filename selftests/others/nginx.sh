#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nginx on either end: its TLS server and kseald's client, kseal-serve and its TLS client.
# KSEAL_NGINX is where scripts/lib/openssl.sh unpacked it, and the OpenSSL it uses.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))
LIBS=$KSEAL_NGINX/usr/lib/x86_64-linux-gnu
NGINX=("$LIBS/ld-linux-x86-64.so.2" --library-path "$LIBS" "$KSEAL_NGINX/usr/sbin/nginx")

# start_nginx SERVER... - its server block, line by line; PORT is where it listens
start_nginx() {
	free_port
	mkdir -p www
	cat >nginx.conf <<-EOT
		daemon off;
		master_process off;
		pid $T/nginx.pid;
		error_log $T/nginx.err;
		events {}
		http {
			access_log $T/nginx.log;
			client_body_temp_path $T;
			proxy_temp_path $T;
			fastcgi_temp_path $T;
			uwsgi_temp_path $T;
			scgi_temp_path $T;
			server {
				$(printf '%s\n' "${@//PORT/$PORT}")
			}
		}
	EOT
	start "${NGINX[@]}" -p "$T" -c "$T/nginx.conf" -e "$T/nginx.err" 2>nginx.out
	until_true 60 "nginx listens" listening "$PORT"
}

file_is_there() {
	tail -c "$BYTES" kseal.out | cmp -s - www/file
}

# kseald_connects VERSION - a file by nginx's TLS server
kseald_connects() {
	local version=$1 client

	start_kseald
	start_nginx "listen 127.0.0.1:PORT ssl;" "root $T/www;" "ssl_protocols $version;" \
		"ssl_certificate $W/server.pem;" "ssl_certificate_key $W/server.key;"
	random_file www/file "$BYTES"
	printf 'GET /file HTTP/1.0\r\n\r\n' >request
	fed kseal request "$KSEAL" client --verbose --broker "$BROKER" --server-name localhost \
		127.0.0.1 "$PORT"
	client=$PID
	until_true 300 "all of the file at kseal" file_is_there
	head -n 1 kseal.out | grep -q '^HTTP/1.1 200 '
	release kseal
	ended "$client" 60
	negotiated kseal "${version/v/ }" '.*GCM.*'
	grep -q "received [0-9]* bytes in [1-9][0-9]* records" kseal.err
}

# nginx_connects VERSION - nginx fetches a file from kseal-serve, and believes only its CA
nginx_connects() {
	local behind

	mkdir -p www
	random_file www/file "$BYTES"
	start_kseald
	start_serve www
	behind=$PORT
	start_nginx "listen 127.0.0.1:PORT;" "location / {" "proxy_pass https://127.0.0.1:$behind;" \
		"proxy_ssl_protocols $1;" "proxy_ssl_verify on;" "proxy_ssl_name ${2:-localhost};" \
		"proxy_ssl_server_name on;" "proxy_ssl_trusted_certificate $W/ca.pem;" "}"
	curl -sS -m 300 -o got -w '%{http_code}' "http://127.0.0.1:$PORT/file" >code
}

nginx_fetches() {
	nginx_connects "$1"
	equal "the status" "$(cat code)" 200
	same got www/file
	logged /file
	[[ $LINE == *" tls=\"${1/v/ }\" "*" end=ok"* ]] || fail "log: $LINE"
	equal "sendfile= in the log" "$(log_value sendfile)" "$BYTES"
}

nginx_refuses() {
	nginx_connects TLSv1.3 other.example
	equal "the status" "$(cat code)" 502
	grep -q 'does not match' nginx.err
}

for version in TLSv1.3 TLSv1.2; do
	add "nginx serves kseald's client, $version, $SIZE MiB" kseald_connects $version
	add "nginx fetches from kseal-serve and verifies it, $version, $SIZE MiB" nginx_fetches $version
done
add "nginx refuses kseal-serve by another name" nginx_refuses
run
