#!/usr/bin/env bash
# Codex before our server, with the scripted model behind it: one call of a tool, and its output.
# Usage: codex.sh OURS MOCK SCRATCH MODEL TOOL. Codex offers tools by the name of the model.
set -euo pipefail
ours=$1 mock=$2 scratch=$3/codex-$4 model=$4 tool=$5
here=$(cd "$(dirname "$0")" && pwd)

# Everything that it writes stays in here.
export HOME="$scratch/home"
export CODEX_HOME="$HOME/.codex"
export OURS_KEY=codex
mkdir -p "$CODEX_HOME" "$scratch/work"
cat >"$CODEX_HOME/config.toml" <<CONFIG
model = "$model"
model_provider = "ours"
[model_providers.ours]
name = "ours"
base_url = "$ours/v1"
wire_api = "responses"
env_key = "OURS_KEY"
CONFIG
cd "$scratch/work"
said=$("$here/node_modules/.bin/codex" exec --skip-git-repo-check \
    --dangerously-bypass-approvals-and-sandbox "Run one command." \
    </dev/null 2>"$scratch/log") || {
    tail -n 20 "$scratch/log"
    exit 1
}
case $said in
    *"The tool put out: "*) ;;
    *)
        echo "codex ended without the model's last word: $said"
        tail -n 20 "$scratch/log"
        exit 1
        ;;
esac
if [ "$tool" = apply_patch ] && ! grep -qx "by a patch" made.txt; then
    echo "codex did not apply the patch"
    exit 1
fi
python3 - "$mock" "$tool" <<'PYTHON'
import json, sys, urllib.request

mock, tool = sys.argv[1:]
asked = json.load(urllib.request.urlopen(f"{mock}/asked"))
first, last = asked[0]["messages"], asked[-1]["messages"]
assert last[: len(first)] == first, "the conversation did not go on"
call, output = last[-2], last[-1]
assert call["tool_calls"][0]["id"] == output["tool_call_id"] == "call_1", (call, output)
name = call["tool_calls"][0]["function"]["name"]
assert name == tool, name
expected = {"apply_patch": "made.txt"}.get(tool, "by a command")
assert expected in output["content"], output
print(f"codex: called {tool} and went on with its output, {len(asked)} requests")
PYTHON
