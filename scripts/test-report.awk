# Reads what `swift test` prints: leaves out the "started" notes, which may go over several lines, and says at the end what
# failed, with its reasons, so that nobody has to look for it among a thousand results.
/^◇/ { starting = 1 }
starting { if (/started\.$/) starting = 0; next }
{ print; fflush() }
/^✘/ && !/^✘ (Suite|Test run) / { failing = 1; failures = failures $0 "\n"; next }
/^↳/ && failing { failures = failures "  " $0 "\n"; next }
/^[✔✘➜]/ { failing = 0 }
/^error: |Fatal error: / && !failing { errors = errors $0 "\n" }
END {
  if (failures != "" || errors != "") printf "\n=== What failed\n%s%s", failures, errors
}
