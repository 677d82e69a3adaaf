# SPDX-License-Identifier: GPL-2.0
# Reads TAP as it comes, prints what people want to see of it (failures with the
# comments around them, and lines "# ---- ..." as progress), and writes
# "PASSED FAILED PLANS" to the file `counts` at the end. Everything announced
# must come: a plan not met is a failure, and so is a result that was skipped.
# Variables: name, counts, failures (a file for what is printed of these),
# minplans (plans there must be).

function tell(line) {
	print line
	print line >failures
	fflush()
}

function failed(what,	i, from) {
	bad++
	tell(sprintf("   FAILED  %s: %s", name, what))
	from = ncomments > 15 ? ncomments - 15 : 0
	for (i = from; i < ncomments; i++)
		tell("           | " comments[i])
	ncomments = 0
	after = 12
}

/^1\.\.[0-9]+/ {
	plans++
	announced += substr($1, 4)
	next
}

/^ok / {
	seen++
	what = $0
	sub(/^ok [0-9]* *(- )?/, "", what)
	if (toupper(what) ~ /# *(SKIP|TODO)/)
		failed(what " (did not run)")
	else
		good++
	ncomments = after = 0
	next
}

/^not ok / {
	seen++
	what = $0
	sub(/^not ok [0-9]* *(- )?/, "", what)
	failed(what)
	next
}

/^Bail out!/ {
	failed($0)
	next
}

/^# ---- .*: [0-9]+ s$/ {
	printf "   %s\n", substr($0, 8)
	after = 0
	fflush()
}

# some harnesses explain before a result, some behind it
{
	if (after > 0 && $0 !~ /^#  *(RUN|OK) /) {
		tell("           | " $0)
		after--
	} else {
		comments[ncomments++] = $0
	}
}

END {
	if (seen != announced || seen == 0)
		failed("gave " seen + 0 " of " announced + 0 " results")
	if (plans < minplans)
		failed("only " plans + 0 " of " minplans " programs gave results")
	print good + 0, bad + 0, plans + 0 >counts
}
