#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal run with large programs: nginx, as a plain HTTP server, and redis.
# KSEAL_PROGRAMS is where scripts/lib/programs.sh unpacked them.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))
export LD_LIBRARY_PATH=$KSEAL_PROGRAMS/usr/lib/x86_64-linux-gnu

start_run() {
	local name=$1

	shift
	start "$KSEAL" run --verbose --broker "$BROKER" "$@" >"$name.out" 2>"$name.err"
}

# ---- nginx ------------------------------------------------------------------------

# start_nginx PROCESSES - a configuration without a word of TLS; PORT is where it listens
start_nginx() {
	free_port
	mkdir -p www
	cat >nginx.conf <<-EOT
		daemon off;
		worker_processes $1;
		user root;
		pid $T/nginx.pid;
		error_log $T/nginx.log;
		events {}
		http {
			access_log $T/access.log;
			sendfile on;
			client_body_temp_path $T;
			proxy_temp_path $T;
			fastcgi_temp_path $T;
			uwsgi_temp_path $T;
			scgi_temp_path $T;
			server {
				listen 127.0.0.1:$PORT;
				root $T/www;
			}
		}
	EOT
	start_run nginx --listen "$PORT" -- "$KSEAL_PROGRAMS/usr/sbin/nginx" -p "$T" \
		-c "$T/nginx.conf" -e "$T/nginx.log"
	until_true 60 "nginx listens" listening "$PORT"
}

nginx_serves() {
	local before n

	start_kseald
	start_nginx 2
	random_file www/file "$BYTES"
	before=$(counter TxSpliceBytes)
	for n in 1 2 3; do
		equal "the status of GET $n" "$(status /file)" 200
		same got www/file
	done
	at_least "bytes that went by sendfile" $(($(counter TxSpliceBytes) - before)) $((3 * BYTES))
	equal "the status, TLS 1.2" "$(status /file --tls-max 1.2)" 200
	same got www/file
	# several requests of one connection
	get "/file" -o one --next "${CURL[@]}" "https://localhost:$PORT/file" -o two
	same one www/file
	same two www/file
	equal "requests in nginx's log" "$(grep -c '" 200 ' access.log)" 6
}

# ---- redis ------------------------------------------------------------------------

redis() {
	"$KSEAL" run --broker "$BROKER" --connect "localhost:$PORT" -- \
		"$KSEAL_PROGRAMS/usr/bin/$1" -h localhost -p "$PORT" "${@:2}"
}

start_redis() {
	start_kseald
	free_port
	start_run redis --listen "$PORT" -- "$KSEAL_PROGRAMS/usr/bin/redis-server" --bind 127.0.0.1 \
		--port "$PORT" --save "" --dir "$T"
	until_true 60 "redis listens" listening "$PORT"
}

redis_answers() {
	start_redis
	equal "SET" "$(redis redis-cli set key value)" OK
	equal "GET" "$(redis redis-cli get key)" value
	# a client that speaks TLS itself, and knows of no kernel
	{ printf 'GET key\r\nQUIT\r\n'; sleep 1; } | openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		-servername localhost -CAfile "$W/ca.pem" -verify_return_error >said 2>s_client.err || :
	grep -q value said
}

redis_benchmark() {
	start_redis
	redis redis-benchmark -q -n 2000 -c 20 -P 16 -t set,get >benchmark 2>benchmark.err
	cat benchmark benchmark.err
	grep -aq 'SET: [0-9.]* requests per second' benchmark
	grep -aq 'GET: [0-9.]* requests per second' benchmark
	absent 'failed' benchmark.err
}

add "nginx, plain HTTP and sendfile, $SIZE MiB" nginx_serves
add "redis-cli and redis-server" redis_answers
add "redis-benchmark, 20 connections, 16 requests in flight on each" redis_benchmark
run
