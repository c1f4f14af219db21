"""What the checks have in common."""

import sys
import traceback

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def refusal(kind, request):
    """Runs `request` and gives the error of the kind that it must end in."""
    try:
        request()
    except kind as error:
        return error
    raise AssertionError("the request was not refused")


def run(*checks):
    """Runs all checks, and ends the program with their status."""
    failed = False
    for check in checks:
        try:
            check()
            print(f"ok      {check.__name__}")
        except Exception:
            failed = True
            print(f"FAILED  {check.__name__}")
            traceback.print_exc()
    sys.exit(failed)
