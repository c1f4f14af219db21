"""What an upstream says itself, asked in each of the dialects."""

from http_json import document


def chat(base, model, prompt, tokens):
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    body |= {"temperature": 0, "max_tokens": tokens}
    return document(f"{base}/chat/completions", body)["choices"][0]["message"]["content"]


def anthropic(base, model, prompt, tokens):
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    body |= {"temperature": 0, "max_tokens": tokens}
    headers = {"anthropic-version": "2023-06-01", "x-api-key": "none"}
    content = document(f"{base}/messages", body, headers)["content"]
    return "".join(block["text"] for block in content if block["type"] == "text")


def gemini(base, model, prompt, tokens):
    body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    body["generationConfig"] = {"temperature": 0, "maxOutputTokens": tokens}
    answer = document(f"{base}/models/{model}:generateContent", body, {"x-goog-api-key": "none"})
    return "".join(part["text"] for part in answer["candidates"][0]["content"]["parts"])


def openresponses(base, model, prompt, tokens):
    body = {"model": model, "input": prompt, "temperature": 0, "max_output_tokens": tokens}
    return text(document(f"{base}/responses", body))


def text(response):
    """The text of a response's messages."""
    messages = [item for item in response["output"] if item["type"] == "message"]
    return "".join(part["text"] for item in messages for part in item["content"])


ALL = {"chat": chat, "anthropic": anthropic, "gemini": gemini, "openresponses": openresponses}
