#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Chromium loads a page, and what the page asks for, from kseal-serve.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

# one process starts far sooner than five where system calls are slow
CHROMIUM=(chromium-headless-shell --no-sandbox --no-zygote --single-process --disable-gpu
	--in-process-gpu --no-first-run --disable-background-networking --disable-component-update)

# key_hash CERTIFICATE - as --ignore-certificate-errors-spki-list wants it
key_hash() {
	openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64
}

# page - a page whose text is made by a script of its own, out of data of its own
page() {
	mkdir www
	cat >www/index.html <<-'EOT'
		<!doctype html><title>kseal</title>
		<p id=said>nothing</p><script src=script.js></script>
	EOT
	cat >www/script.js <<-'EOT'
		var ask = new XMLHttpRequest();
		ask.open("GET", "data.bin", false);
		ask.overrideMimeType("text/plain; charset=x-user-defined");
		ask.send();
		var sum = 0;
		for (var i = 0; i < ask.responseText.length; i++)
			sum = (sum + (ask.responseText.charCodeAt(i) & 255)) % 65521;
		document.getElementById("said").textContent =
			"script " + (6 * 7) + " data " + ask.responseText.length + " sum " + sum;
	EOT
	random_file www/data.bin 300000
}

sum_of() {
	od -An -v -tu1 -w1 "$1" | awk '{s = (s + $1) % 65521} END {print s}'
}

# browse OPTION... - the page as Chromium has it in the end, to dom
browse() {
	HOME=$T timeout 400 "${CHROMIUM[@]}" --user-data-dir="$T/profile" "$@" \
		--dump-dom "https://localhost:$PORT/index.html" >dom 2>chromium.log || fail "Chromium: $?"
}

loads() {
	local f

	page
	start_kseald
	start_serve www
	browse --ignore-certificate-errors-spki-list="$(key_hash "$W/server.pem")"
	cat dom
	grep -qF ">script 42 data 300000 sum $(sum_of www/data.bin)<" dom ||
		fail "the page is not what script and data make of it"
	for f in /index.html /script.js /data.bin; do
		logged $f
		echo "$LINE"
		[[ $LINE == *'" 200 '*' tls="TLS 1.3" cipher='*' end=ok'* ]] || fail "log: $LINE"
		at_least "sealed= for $f" "$(log_value sealed)" "$(size www$f)"
		at_least "records= for $f" "$(log_value records)" 1
	done
	equal "sendfile= of data.bin" "$(log_value sendfile)" 300000
}

# It looks at the certificate: without being told of the key it loads nothing.
refuses() {
	page
	start_kseald
	start_serve www
	(browse) || :
	grep -q ERR_CERT_AUTHORITY_INVALID chromium.log
	absent 'script 42' dom
	[ ! -s access.log ] || fail "it asked all the same: $(cat access.log)"
}

add "Chromium loads a page, its script and its data" loads
add "Chromium refuses an authority it does not know" refuses
run
