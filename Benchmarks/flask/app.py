"""The job as a first Flask application does it: one file, and a new connection to Tiki for each call.

Started as such an application's Dockerfile does: gunicorn --bind :PORT --workers 1 --threads 8 --timeout 0 app:app
"""

import base64
import hashlib
import hmac
import json
import os
import time

import requests
from flask import Flask, jsonify, request

CLIENT_KEY = os.environ["CLIENT_KEY"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
AUTH_ENDPOINT = os.environ["AUTH_ENDPOINT"]
BASE = AUTH_ENDPOINT.removesuffix("/auth/token")

app = Flask(__name__)


def sign(timestamp, body):
    payload = f"{timestamp}.{CLIENT_KEY}.{body}".encode()
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    return hmac.new(CLIENT_SECRET.encode(), encoded, hashlib.sha256).hexdigest()


def call(url, key):
    data = request.get_json(silent=True)
    if not isinstance(data, dict) or not data:
        return jsonify(data=None, error={"code": 400, "reason": "no_payload"}), 400
    if key not in data:
        return jsonify(data=None, error={"code": 400, "reason": "missing_key"}), 400
    body = json.dumps(data, separators=(",", ":"))
    timestamp = str(int(time.time() * 1000))
    headers = {
        "Content-Type": "application/json",
        "X-Tiniapp-Client-Id": CLIENT_KEY,
        "X-Tiniapp-Timestamp": timestamp,
        "X-Tiniapp-Signature": sign(timestamp, body),
    }
    answer = requests.post(url, data=body, headers=headers)
    return jsonify(answer.json()), answer.status_code


@app.get("/")
def greet():
    return "Hello World"


@app.post("/auth_exchange")
def exchange():
    return call(AUTH_ENDPOINT, "code")


@app.post("/auth_refresh")
def refresh():
    return call(AUTH_ENDPOINT + "/refresh", "refresh_token")


@app.post("/auth_info")
def info():
    return call(BASE + "/me", "access_token")
