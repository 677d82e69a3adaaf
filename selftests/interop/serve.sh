#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal-serve with curl: HTTP as it should be, files by sendfile, and ends that
# are decent.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

# tree - a directory www with one of everything, and kseal-serve on it
tree() {
	mkdir -p www/sub www/indexed
	echo "a small page" >www/page.txt
	echo "<p>index" >www/indexed/index.html
	: >www/empty
	echo secret >secret
	ln -s ../secret www/out
	ln -s /etc/passwd www/absolute
	ln -s ../page.txt www/sub/in
	mkfifo www/fifo
	echo odd >'www/sub/odd & <name>.txt'
	echo hidden >www/.hidden
	random_file www/file $((3 * MIB + 12345))
	start_kseald
	start_serve www "$@"
}

# ---- what is served -----------------------------------------------------------

# fetch TLS CIPHER OPTION... - a file by sendfile, with these options for curl
fetch() {
	local tls=$1 cipher=$2 before bytes

	shift 2
	tree
	bytes=$(size www/file)
	before=$(counter TxSpliceBytes)
	equal "the status" "$(status /file "$@")" 200
	same got www/file
	logged /file
	equal "sendfile= in the log" "$(log_value sendfile)" "$bytes"
	equal "body= in the log" "$(log_value body)" "$bytes"
	at_least "sealed= in the log" "$(log_value sealed)" "$bytes"
	at_least "records= in the log" "$(log_value records)" $(((bytes + 16383) / 16384))
	[[ $LINE == *" tls=\"$tls\" cipher=$cipher driver="*aesni*" end=ok" ]] || fail "log: $LINE"
	equal "what TxSpliceBytes grew by" $(($(counter TxSpliceBytes) - before)) "$bytes"
	absent copied serve.err
}

# Nothing but the kernel's count tells that libmicrohttpd fell back to copying:
# so that count must tell it, when sendfile(2) fails as it may on an odd file
# system.
copies_are_noticed() {
	tree --threads 1
	start strace -f -qq -e trace=sendfile -e inject=sendfile:error=EINVAL -o strace.log -p "$SERVE"
	until_true 60 "strace holds kseal-serve" traced "$SERVE"
	equal "the status" "$(status /file)" 200
	same got www/file
	grep -q 'sendfile.*INJECTED' strace.log || fail "sendfile was not even tried"
	logged /file
	equal "sendfile= in the log" "$(log_value sendfile)" 0
	grep -q 'went out copied' serve.err || fail "kseal-serve said nothing of it"
}

# traced PID - are all of its threads?
traced() {
	local task

	for task in "/proc/$1"/task/*/status; do
		grep -q '^TracerPid:[[:space:]]*[1-9]' "$task" || return
	done
}

statuses() {
	tree
	equal "GET /page.txt" "$(status /page.txt)" 200
	equal "GET /nothing" "$(status /nothing)" 404
	equal "GET /page.txt/" "$(status /page.txt/)" 404
	equal "GET /page.txt/x" "$(status /page.txt/x)" 404
	equal "GET /.hidden" "$(status /.hidden)" 200
	equal "GET /fifo" "$(status /fifo)" 403
	equal "GET /empty" "$(status /empty)" 200
	equal "bytes of /empty" "$(size got)" 0
	equal "POST /page.txt" "$(status /page.txt -d x=1)" 405
	equal "DELETE /page.txt" "$(status /page.txt -X DELETE)" 405
	equal "PUT of a file" "$(status /page.txt -T www/file)" 405
	get /page.txt -X DELETE -D header -o got
	grep -qi '^allow: GET, HEAD' header
}

no_way_out() {
	local path code

	tree
	for path in /../secret /sub/../../secret /%2e%2e/secret /.%2E/secret /sub/%2e%2e/%2e%2e/secret \
		/..%2fsecret /out /absolute /sub/..%5c..%5csecret //../secret; do
		code=$(status "$path")
		[[ $code == 4* ]] || fail "GET $path is answered with $code"
		absent 'secret\|root:' got
	done
	equal "GET with an escaped NUL" "$(status /page.txt%00.html)" 400
	# a link that stays inside
	equal "GET /sub/in" "$(status /sub/in)" 200
	same got www/page.txt
}

# part FIRST LENGTH - that is what was got of www/file
part() {
	equal "bytes got" "$(size got)" "$2"
	cmp -i "$1:0" -n "$2" www/file got
}

ranges() {
	local etag bytes

	tree
	bytes=$(size www/file)
	equal "first bytes" "$(status /file -r 0-99)" 206
	part 0 100
	equal "the middle" "$(status /file -r 1000000-2999999 -D header)" 206
	part 1000000 2000000
	grep -qi "^content-range: bytes 1000000-2999999/$bytes" header
	equal "from there on" "$(status /file -r 3000000-)" 206
	part 3000000 $((bytes - 3000000))
	equal "the last bytes" "$(status /file -r -777)" 206
	part $((bytes - 777)) 777
	logged /file
	equal "sendfile= of a range" "$(log_value sendfile)" 777
	equal "past the end" "$(status /file -r 99999999- -D header)" 416
	grep -qi "^content-range: bytes \*/$bytes" header
	equal "several" "$(status /file -r 0-1,5-6)" 200
	same got www/file

	get /file -I -o header
	etag=$(tr -d '\r' <header | sed -n 's/^ETag: //Ip')
	equal "If-Range that holds" "$(status /file -r 0-9 -H "If-Range: $etag")" 206
	equal "If-Range that does not" "$(status /file -r 0-9 -H 'If-Range: "x"')" 200
	equal "If-None-Match" "$(status /file -H "If-None-Match: $etag")" 304
	equal "bytes of a 304" "$(size got)" 0
	equal "If-Modified-Since" "$(status /file -z www/file)" 304
	equal "If-Match" "$(status /file -H 'If-Match: "x"')" 412
}

head_and_types() {
	tree
	get /page.txt -I -o header
	grep -qi '^HTTP/1.1 200' header
	grep -qi '^content-length: 13' header
	grep -qi '^content-type: text/plain' header
	grep -qi '^last-modified: ' header
	grep -qi '^accept-ranges: bytes' header
	get /indexed/ -D header -o got
	grep -qi '^content-type: text/html' header
	same got www/indexed/index.html
	get /file -D header -o got
	grep -qi '^content-type: application/octet-stream' header
	logged /page.txt
	equal "body= of HEAD" "$(log_value body)" 0
}

listing() {
	tree
	equal "GET /sub" "$(status /sub -D header)" 301
	grep -qi '^location: /sub/' header
	equal "GET //sub" "$(status //sub -D header)" 301
	grep -qi '^location: /sub/' header
	equal "GET /sub/" "$(status /sub/)" 200
	grep -qF 'href="./odd%20%26%20%3Cname%3E.txt">odd &amp; &lt;name&gt;.txt<' got
	grep -qF 'href="./in">in<' got
	equal "what the link names" "$(get '/sub/odd%20%26%20%3Cname%3E.txt')" odd
	equal "GET /" "$(status /)" 200
	absent '>out<\|absolute\|fifo\|hidden' got
}

# ---- connections ----------------------------------------------------------------

keep_alive() {
	local at

	tree
	at=https://localhost:$PORT
	get /page.txt -w '%{num_connects}\n' -o 1 "$at/file" -o 2 "$at/page.txt" -o 3 "$at/nothing" -o 4 >connects
	equal "connections made by four requests" "$(paste -sd' ' connects)" "1 0 0 0"
	same 1 www/file
	same 2 www/page.txt
	same 4 www/page.txt
}

many_clients() {
	local i pids=()

	tree
	for ((i = 0; i < 16; i++)); do
		start_get /file -o "got.$i"
		pids+=("$PID")
	done
	for i in "${!pids[@]}"; do
		ended "${pids[i]}" 300
		equal "the exit status of client $i" "$STATUS" 0
		same "got.$i" www/file
	done
	until_true 30 "all lines in the access log" has_lines access.log 16
	equal "responses by sendfile" "$(grep -c " sendfile=$(size www/file) .* end=ok" access.log)" 16
}

no_connections() {
	[ -z "$(ss -Htn "sport = :$PORT")" ]
}

# Clients that leave in the middle take nothing with them.
aborted_clients() {
	local i

	tree
	random_file www/big $((32 * MIB))
	for i in 1 2 3 4; do
		start_get /big -o "got.$i" --limit-rate 200k
		until_true 60 "client $i has some of it" has_bytes "got.$i" 1000
		kill -KILL "$PID"
	done
	until_true 60 "four lines in the access log" has_lines access.log 4
	absent ' end=ok' access.log
	until_true 60 "no connection is left" no_connections
	equal "the status afterwards" "$(status /page.txt)" 200
}

big_file() {
	local bytes=$((10 * SIZE * MIB + 1)) before

	tree
	openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 </dev/zero 2>/dev/null | head -c $bytes >www/big || :
	equal "the file made" "$(size www/big)" "$bytes"
	before=$(counter TxSpliceBytes)
	equal "the status" "$(status /big)" 200
	same got www/big
	equal "what TxSpliceBytes grew by" $(($(counter TxSpliceBytes) - before)) "$bytes"
}

# A client that asks for the end gets one that it can tell from a truncation.
close_notify() {
	tree
	printf 'GET /page.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >request
	# s_client says "unexpected eof" and fails without the alert
	timeout 60 openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost \
		-CAfile "$W/ca.pem" "$1" <request >got 2>s_client.err
	grep -q 'a small page' got
	absent '[eE][oO][fF]' s_client.err
}

never_in_the_clear() {
	tree
	printf 'GET /page.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >request
	timeout 60 busybox nc 127.0.0.1 "$PORT" <request >got || :
	absent 'HTTP\|small page' got
	until_true 30 "the reason in words" grep -q 'handshake with 127.0.0.1:.* failed: ' serve.err
	equal "the status over TLS" "$(status /page.txt)" 200
}

both_families() {
	tree --listen '[::1]:0'
	port6=$(sed -n 's/^listening \[::1\]:\([0-9]*\)$/\1/p' serve.ready)
	[ -n "$port6" ] || fail "no [::1] in: $(cat serve.ready)"
	curl -sS --cacert "$W/ca.pem" -o got "https://[::1]:$port6/file"
	same got www/file
	grep -q ' \[::1\]:[0-9]* "GET /file"' access.log
}

# ---- ends -----------------------------------------------------------------------

stop_finishes() {
	local client idle

	tree
	random_file www/big $((8 * MIB))
	start_get /big -o got --limit-rate 2m
	client=$PID
	until_true 60 "the client has some of it" has_bytes got 1000
	# an idle connection must not hold it up
	fed idle /dev/null openssl s_client -quiet -connect "127.0.0.1:$PORT" -CAfile "$W/ca.pem"
	idle=$PID
	until_true 60 "the idle connection" grep -q 'verify return:1' idle.err
	kill -TERM "$SERVE"
	until_true 60 "nothing listens" not_listening
	ended "$client" 60
	equal "the exit status of curl" "$STATUS" 0
	same got www/big
	ended "$idle" 60
	ended "$SERVE" 60
	equal "the exit status of kseal-serve" "$STATUS" 0
	grep -q '"GET /big" 200 .* end=ok' access.log
}

not_listening() {
	! listening "$PORT"
}

stop_has_a_limit() {
	tree --stop-timeout 1
	random_file www/big $((32 * MIB))
	start_get /big -o got --limit-rate 10k
	until_true 60 "the client has some of it" has_bytes got 1000
	kill -TERM "$SERVE"
	ended "$SERVE" 30
	equal "the exit status of kseal-serve" "$STATUS" 1
	grep -q 'cut short' serve.err
	grep -q '"GET /big" 200 .* end=stopped' access.log
}

kseald_comes_back() {
	tree
	equal "the status before" "$(status /page.txt)" 200
	kill -KILL "$KSEALD"
	until_true 60 "kseal-serve notices" grep -q 'lost kseald' serve.err
	start_get /file -o got			# waits in the kernel's queue
	client=$PID
	start_kseald
	ended "$client" 60
	equal "the exit status of the client that waited" "$STATUS" 0
	same got www/file
	equal "the status after" "$(status /page.txt)" 200
	grep -q 'kseald is back' serve.err
}

log_is_reopened() {
	tree
	equal "the status" "$(status /page.txt)" 200
	logged /page.txt
	mv access.log access.1
	kill -HUP "$SERVE"
	until_true 30 "a new log" test -e access.log
	equal "the status" "$(status /file)" 200
	logged /file
	absent /file access.1
}

for bits in 128:SHA256 256:SHA384; do
	gcm=AES_${bits%:*}_GCM_${bits#*:}
	add "a file by sendfile, TLS 1.3, AES-${bits%:*}-GCM" \
		fetch "TLS 1.3" "AES-${bits%:*}-GCM" --tlsv1.3 --tls13-ciphers "TLS_$gcm"
	add "a file by sendfile, TLS 1.2, AES-${bits%:*}-GCM" fetch "TLS 1.2" "AES-${bits%:*}-GCM" \
		--tls-max 1.2 --ciphers "ECDHE-ECDSA-AES${bits%:*}-GCM-${bits#*:}"
done
add "a file that went out copied is noticed" copies_are_noticed
add "statuses" statuses
add "no way out of the directory" no_way_out
add "ranges and conditions" ranges
add "HEAD and content types" head_and_types
add "directory listings and redirects" listing
add "connections are kept open" keep_alive
add "16 clients at a time" many_clients
add "clients that leave in the middle" aborted_clients
add "a file of $((10 * SIZE)) MiB" big_file
add "close_notify ends the connection, TLS 1.3" close_notify -tls1_3
add "close_notify ends the connection, TLS 1.2" close_notify -tls1_2
add "no plaintext, whatever a client sends" never_in_the_clear
add "IPv4 and IPv6" both_families
add "a stop finishes what runs" stop_finishes
add "a stop has a limit" stop_has_a_limit
add "kseald is restarted" kseald_comes_back
add "the access log is reopened" log_is_reopened
run
