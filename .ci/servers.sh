# servers.sh: for the scripts beside it, which source it when $work is their temporary folder: what they start ends with them.

declare -A pids=() # of what was started, by name

finish() {
	local name
	for name in "${!pids[@]}"; do stop "$name"; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# stop NAME asks, waits five seconds at most, and then insists.
stop() {
	local pid=${pids[$1]}
	unset "pids[$1]"
	kill -TERM "$pid" 2>/dev/null || true
	for _ in $(seq 50); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}
