# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# What happens under load when the responder is killed, restarted, reloaded, stuck. Sourced by vm.sh.

# --- kill -9 ----------------------------------------------------------------------------------------------

killed=$(property production MainPID)
result=$(load 5 --at 2 -- nsenter -t "$leader" -m -u -i -p -n -r -w -- \
    systemctl kill --signal=KILL "$(unit production)")
echo "kill -9 under load: $result"
equal "kill -9 loses nothing but what was in flight in it" "500 0 0" \
    "$(figure sent "$result") $(figure lost_otherwise "$result") $(figure command_code "$result")"
lost=$(figure lost_in_flight "$result")
# 0.2 s of 100 a second are some 20.
equal "(and something was: $lost)" 1 "$((lost > 0 && lost < 60))"
equal "it was started again" 1 "$(($(property production NRestarts) == 1 && $(property production MainPID) != killed))"

# --- restart ----------------------------------------------------------------------------------------------

printf '%s\n' '#!/bin/sh' 'set -e' 'for i in 1 2 3 4 5 6 7 8 9 10; do' \
    'systemctl restart tiniapp-auth-backend@production; sleep 0.3; done' >"$tree/var/tmp/restarts"
before=$(in_tree journalctl --no-pager -q -o cat _PID=1 UNIT="$(unit production)" | grep -c '^Started' || true)
result=$(load 14 --at 1 -- nsenter -t "$leader" -m -u -i -p -n -r -w -- sh /var/tmp/restarts)
echo "ten restarts under load: $result"
equal "ten restarts under load lose none" "1400 1400 0" \
    "$(figure sent "$result") $(figure ok "$result") $(figure command_code "$result")"
after=$(in_tree journalctl --no-pager -q -o cat _PID=1 UNIT="$(unit production)" | grep -c '^Started' || true)
equal "(and ten there were)" 10 $((after - before))

# --- reload -----------------------------------------------------------------------------------------------

ca_file=$tree/etc/ssl/tiki-ca.pem
main_pid=$(property production MainPID)
holds "systemctl reload" in_tree systemctl reload "$(unit production)"
cp "$ca_file" "$work/good.pem"
echo garbage >"$ca_file"
in_tree systemctl reload "$(unit production)" || true
cp "$work/good.pem" "$ca_file"
has "after a reload with a bad file it goes on with the old" '"access_token"' \
    "$(https production /auth_exchange -d "{\"code\":\"$(one_code production)\"}")"
has "and says so in the journal" "UPSTREAM_CA_FILE" \
    "$(in_tree journalctl --no-pager -q -o cat -n 20 -u "$(unit production)" | grep '"severity":"ERROR"')"
equal "a reload is no restart" "$main_pid" "$(property production MainPID)"

# --- watchdog ---------------------------------------------------------------------------------------------

started=$SECONDS
stuck=$(property staging MainPID)
in_tree systemctl kill --signal=STOP "$(unit staging)"
has_new_pid() { [[ $(property staging MainPID) != "$stuck" && $(property staging SubState) == running ]]; }
holds "a stuck responder is killed and started again" eventually 30 has_new_pid
echo "watchdog: running again after $((SECONDS - started)) s"
has "the watchdog did it" "Watchdog timeout" "$(in_tree journalctl --no-pager -q -o cat _PID=1 UNIT="$(unit staging)")"
has "and it answers" '"access_token"' "$(https staging /auth_exchange -d "{\"code\":\"$(one_code staging)\"}")"
