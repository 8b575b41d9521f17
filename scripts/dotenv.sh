# shellcheck shell=bash
# Reads a .env file as data: nothing in it is executed or expanded.

# load_dotenv FILE: exports each KEY=VALUE of FILE that the environment does not have yet. An empty value counts as none,
# in both. One pair a line, optionally after `export`; a value may be in single or double quotes, else ` #` begins a
# comment.
load_dotenv() {
    local file=$1 line number=0 key value
    local -A values=()
    local assignment='^(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$'
    local single_quoted="^'([^']*)'[[:space:]]*(#.*)?\$"
    local double_quoted='^"([^"]*)"[[:space:]]*(#.*)?$'

    while IFS= read -r line || [[ $line ]]; do
        number=$((number + 1))
        # A byte order mark, which some editors begin a file with.
        ((number == 1)) && line=${line#$'\xEF\xBB\xBF'}
        line=${line%$'\r'}
        line=${line#"${line%%[![:space:]]*}"}
        [[ -z $line || $line == '#'* ]] && continue
        # The line itself may hold a secret: name it, do not show it.
        if ! [[ $line =~ $assignment ]]; then
            echo "$file, line $number: expected KEY=VALUE." >&2
            return 1
        fi
        key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        if [[ $value =~ $single_quoted || $value =~ $double_quoted ]]; then
            value=${BASH_REMATCH[1]}
        elif [[ $value == [\'\"]* ]]; then
            echo "$file, line $number: the quote that opens the value of $key is not closed, or text follows it." >&2
            return 1
        else
            [[ $value == '#'* ]] && value=
            value=${value%%[[:space:]]#*}
            value=${value%"${value##*[![:space:]]}"}
        fi
        values[$key]=$value
    done <"$file"

    for key in "${!values[@]}"; do
        if [[ -z ${!key-} && ${values[$key]} ]]; then
            export "$key=${values[$key]}"
        fi
    done
}
