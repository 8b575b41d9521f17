#!/usr/bin/env bash
# Runs a command of tiniapp-auth-backend with the settings and secrets of an instance, as its service has them: from the
# unit and its drop-ins. Installed as tiniapp-auth-backend-run.
set -euo pipefail

usage="Usage: tiniapp-auth-backend-run INSTANCE COMMAND...

Runs a command of tiniapp-auth-backend with the settings, credentials and kind of user of that instance's service. What
drop-ins add counts too. Takes standard input, and ends with the command's exit code. Run it as root.

  INSTANCE    its name, such as production
  COMMAND     such as: check --upstream

  --help      print this help and exit
  --version   print the version and exit"

# `make install` writes its own prefix here.
program=/usr/local/bin/tiniapp-auth-backend

fail() {
    printf 'tiniapp-auth-backend-run: %s\n' "$*" >&2
    # As the program for arguments that are wrong.
    exit 64
}

case ${1-} in
    -h | --help)
        printf '%s\n' "$usage"
        exit
        ;;
    --version)
        echo "tiniapp-auth-backend-run $("${DESTDIR:-}$program" --version)"
        exit
        ;;
esac
(($# >= 2)) || fail "takes an instance and a command; see --help."
instance=$1
shift
settings=${DESTDIR:-}/etc/tiniapp-auth-backend/$instance.env
[[ $instance =~ ^[a-z0-9][a-z0-9_-]*$ && -e $settings ]] || fail "there is no instance '$instance': no $settings."

unit=tiniapp-auth-backend@$instance.service
# Named, because the folder of its credentials follows from the name.
name=tiniapp-auth-backend-run-$instance-$$.service
properties=()

# expand VALUE: sets $expanded, with systemd's specifiers replaced. systemd-run does not replace any.
expand() {
    local rest=$1
    expanded=
    while [[ $rest == *%* ]]; do
        expanded+=${rest%%%*}
        rest=${rest#*%}
        case $rest in
            i* | I*) expanded+=$instance ;;
            d*) expanded+=/run/credentials/$name ;;
            n*) expanded+=$unit ;;
            N*) expanded+=${unit%.service} ;;
            p*) expanded+=${unit%%@*} ;;
            %*) expanded+=% ;;
            *) fail "$unit has %${rest:0:1}, which is not known here: $1" ;;
        esac
        rest=${rest:1}
    done
    expanded+=$rest
}

# add_property SETTING VALUE: an empty one empties the list, as in a unit.
add_property() {
    case $1 in
        Environment | EnvironmentFile | PassEnvironment | UnsetEnvironment | \
            LoadCredential | LoadCredentialEncrypted | SetCredential | SetCredentialEncrypted)
            expand "$2"
            properties+=(-p "$1=$expanded")
            ;;
    esac
}

# The unit and then its drop-ins, in the order in which they count.
text=$(systemctl cat "$unit") || exit
assignment='^[[:space:]]*([A-Za-z]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]])?[[:space:]]*$'
section=
line=
while IFS= read -r part; do
    # Also between continued lines.
    [[ ! $part =~ ^[[:space:]]*[#\;] ]] || continue
    line+=$part
    if [[ $line == *\\ ]]; then
        line="${line%\\} "
        continue
    fi
    if [[ $line =~ ^[[:space:]]*(\[.*\]) ]]; then
        section=${BASH_REMATCH[1]}
    elif [[ $section == "[Service]" && $line =~ $assignment ]]; then
        add_property "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    fi
    line=
done <<<"$text"

# systemd would take a $ in the arguments for a variable.
exec systemd-run --quiet --pty --pipe --wait --collect --unit="$name" --description="tiniapp-auth-backend command" \
    -p DynamicUser=yes -p LimitCORE=0 "${properties[@]}" -- "$program" "${@//\$/\$\$}"
