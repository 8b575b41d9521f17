# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# The units: checked, hardened, telling what is wrong, holding the secret, two instances. Sourced by vm.sh.

for file in systemd/*.socket systemd/*.service; do
    holds "systemd-analyze security --threshold=15 $(basename "$file")" \
        systemd-analyze security --offline=true --threshold=15 "./$file"
    name=$(basename "$file")
    equal "systemd-analyze verify $name is silent" "" \
        "$(in_tree systemd-analyze verify "${name/@/@production}" 2>&1 || echo "exit code $?")"
done

# --- what is wrong is told --------------------------------------------------------------------------------

# status INSTANCE: as an operator sees it.
status() { in_tree systemctl status --full --no-pager "$(unit "$1")" 2>&1 || true; }

in_tree systemctl start "$(unit staging)" >/dev/null 2>&1 || true
has "without a secret, systemctl status names the file" "staging.secret" "$(status staging)"

for instance in production staging; do
    configure "$instance"
done

set_setting staging AUTH_ENDPOINT http://tiki.example/oauth/auth/token
in_tree systemctl start "$(unit staging)" >/dev/null 2>&1 || true
has "with a wrong setting, systemctl status names it" "AUTH_ENDPOINT" "$(status staging)"
sleep 1.5
equal "it is not started again in vain" "failed 0 78" \
    "$(property staging ActiveState) $(property staging NRestarts) $(property staging ExecMainStatus)"
# A connection that waits has it started again, but not for ever.
in_tree timeout 50 curl -s --unix-socket /run/tiniapp-auth-backend/staging.sock http://localhost/ >/dev/null || true
equal "nor for the sake of a request that waits" trigger-limit-hit \
    "$(in_tree systemctl show -P Result tiniapp-auth-backend@staging.socket)"
set_setting staging AUTH_ENDPOINT "https://tiki.test:${tiki_port[staging]}/tiniapp-open-api/oauth/auth/token"
holds "once that is set right, systemctl restart is enough" in_tree systemctl restart "$(unit staging)"
equal "for the socket too" active "$(in_tree systemctl is-active tiniapp-auth-backend@staging.socket)"

# --- as the guide says ------------------------------------------------------------------------------------

for instance in production staging; do
    holds "systemctl enable --now $instance" \
        in_tree systemctl enable --now "tiniapp-auth-backend@$instance.socket" "$(unit "$instance")"
    in_tree ln -sf "/etc/nginx/sites-available/tiniapp-auth-backend-$instance.conf" /etc/nginx/sites-enabled/
done
in_tree ln -sf /etc/nginx/sites-available/tiniapp-auth-backend-default.conf /etc/nginx/sites-enabled/
in_tree rm -f /etc/nginx/sites-enabled/default
equal "nginx -t, without a warning" \
    "nginx: configuration file /etc/nginx/nginx.conf test is successful" \
    "$(in_tree nginx -t 2>&1 | grep -v 'syntax is ok')"
holds "systemctl enable --now nginx" in_tree systemctl enable --now nginx
holds "systemctl restart nginx" in_tree systemctl restart nginx
equal "nginx dumps no core, as the responder" "0 0" \
    "$(in_tree systemctl show -P LimitCORE nginx.service) $(property production LimitCORE)"

for instance in production staging; do
    holds "$instance is ready" eventually 10 is_ready "$instance"
    three_calls "$instance" "$instance"
done
has "the instances do not share a Tiki" '"invalid_code"' \
    "$(https staging /auth_exchange -d "{\"code\":\"$(one_code production)\"}")"

# With the service and nginx in place, an update is all that is left; and the VM has no Swift.
output=$(in_tree make -s -C /mnt/source install PRODUCTS_DIRECTORY=/mnt/products INSTANCE=production \
    DOMAIN="${domain[production]}" 2>&1 || true)
equal "make install on the VM itself says what is left to do: a restart" 1 "$(grep -c '^  [0-9]\. ' <<<"$output")"
has "(namely)" "systemctl restart 'tiniapp-auth-backend@*.service'" "$output"
holds "and that works" in_tree systemctl restart 'tiniapp-auth-backend@*.service'

# --- commands as an instance ------------------------------------------------------------------------------

output=$(as_instance production exchange no.code)
has "tiniapp-auth-backend-run signs with the instance's secret" '"invalid_code"' "$output"
has "and ends with the command's exit code" "exit code 1" "$output"
has "it reaches the instance's Tiki" "verdict: good" "$(as_instance staging check --upstream)"
has "it hands standard input on" '"invalid_token"' \
    "$(in_tree sh -c 'echo no.token | tiniapp-auth-backend-run production info' 2>&1 || true)"
# shellcheck disable=SC2016  # not a variable
equal "and arguments as they are" "$(as_instance production sign --timestamp 1 '{"a":"$HOME"}')" \
    "$(in_tree env CLIENT_KEY="${client_key[production]}" CLIENT_SECRET="${secret[production]}" \
        tiniapp-auth-backend sign --timestamp 1 '{"a":"$HOME"}' 2>&1 && printf 'exit code 0')"

# --- secret and confinement -------------------------------------------------------------------------------

main_pid=$(property production MainPID)
shown=$(
    in_tree systemctl show "$(unit production)" tiniapp-auth-backend@production.socket
    in_tree cat "/proc/$main_pid/environ" "/proc/$main_pid/cmdline" | tr '\0' '\n'
    in_tree journalctl --no-pager -o verbose
)
has "the checks for the secret see the service's environment" "CLIENT_KEY=${client_key[production]}" "$shown"
for instance in production staging; do
    lacks "$instance's secret is not in systemctl show, the environment or the journal" "${secret[$instance]}" "$shown"
done
# A user that exists only while it runs, with no capability, filtered calls, and no way to more.
# shellcheck disable=SC2016  # awk's own
confined=$(in_tree awk '/^(Uid|CapBnd|NoNewPrivs|Seccomp):/ { print $1, $2 }' "/proc/$main_pid/status" | tr '\n' ' ')
has "it has no capability and filtered system calls" "CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2" "$confined"
lacks "it is not root" "Uid: 0 " "$confined"
has "nginx's user may connect to its socket" "www-data 660" \
    "$(in_tree stat -c '%G %a' /run/tiniapp-auth-backend/production.sock)"
# connect UID: curl's exit code; 7 if it could not connect.
connect() {
    local code=0
    in_tree setpriv --reuid="$1" --regid="$1" --clear-groups \
        curl -s -m 5 --unix-socket /run/tiniapp-auth-backend/production.sock http://localhost/ || code=$?
    printf '%s' "$code"
}
equal "nobody else may" 7 "$(connect 65534)"
lacks "(and the check can tell)" 7 "$(connect 33)"
equal "the journal has no warning of systemd's about the units" "" \
    "$(in_tree journalctl --no-pager -q -o cat -p warning _PID=1 UNIT="$(unit production)")"
