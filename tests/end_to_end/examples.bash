# What a reader has around the examples of a page: a service at localhost:8080, and its commands.
# Every call is noted in $EXAMPLES_ANSWERS. A field of an answer that ends in "Id" and "ticket" and
# "cursor" is then a variable: `rewardId` is $REWARD_ID, as the pages say.
mkdir -p "$EXAMPLES_ANSWERS"
calls=0
line=0

at() { line=$1; }

curl() {
  local arguments=() one call status patience=10
  calls=$((calls + 1))
  call=$(printf '%s/%04d' "$EXAMPLES_ANSWERS" "$calls")
  for one in "$@"; do
    one=${one/http:\/\/10.0.0.1:8080/localhost:8080}
    arguments+=("${one/localhost:8080/${EXAMPLES_URL#http://}}")
    # A stream does not end by itself.
    if [[ $one == -N ]]; then patience=1; fi
  done
  status=$(command curl -sS --max-time "$patience" -o "$call.body" -w '%{http_code}' \
    "${arguments[@]}" 2>"$call.error") || [[ $patience == 1 ]] || cat "$call.error" >&2
  printf '%s\t%s\t%s' "$line" "$status" "curl $*" >"$call.call"
  eval "$("$EXAMPLES_PYTHON" -S -c "$EXAMPLES_NAMES" "$call.body")"
  # What follows from an event follows within moments; nobody types faster than this.
  if [[ "$*" == *"-d "* || "$*" == *-X* ]]; then sleep 0.1; fi
}

# Other tests show that the commands work and have the options shown; here they would cost seconds.
groundswell() {
  case "$1" in
    token)
      command curl -sS "$EXAMPLES_URL/v1/tokens" -H "Authorization: Bearer $GROUNDSWELL_API_KEY" \
        -H 'Content-Type: application/json' -d "{\"userId\": \"$3\"}" |
        sed 's/.*"accessToken":"\([^"]*\)".*/\1/'
      ;;
  esac
}
# How the project itself is set up and installed is shown by using it.
make() { :; }


read -r -d '' EXAMPLES_NAMES <<'PYTHON' || true
import json, re, shlex, sys


def fields(value):
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, (str, int)):
                yield name, str(one)
            yield from fields(one)
    if isinstance(value, list):
        for one in value:
            yield from fields(one)


try:
    answer = json.load(open(sys.argv[1]))
except (OSError, ValueError):
    answer = {}
named = {}
for name, value in fields(answer):
    if re.search(r"Id$|^code$|^cursor$", name):
        named.setdefault(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(), value)
for name, value in named.items():
    print(f"{name}={shlex.quote(value)}")
PYTHON
