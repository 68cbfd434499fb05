"""Sends requests of random names, parameters and headers, signed by botocore as it comes with the tool aws.

Usage: sign_random_s3.py SEED COUNT, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and
S3_ENDPOINT. Writes a line of JSON for each request: {"way", "what", "status", "code"}. Whether the operation succeeds
does not matter, whether its signature does.
"""

import http.client
import json
import os
import random
import sys
import urllib.parse

# It makes its own copy of botocore known by that name.
import awscli  # noqa: F401
import botocore.session  # noqa: F401  before auth, which it needs
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

LETTERS = "abcXYZ019-_.~ +%&=?#'\"()*!@$,;:/[]{}谷物ü🌾"
META_LETTERS = "abcXYZ019-_.~ +%&=?#'()*!@$,;:/[]{}"
PARAMETERS = [
    {},
    {"acl": ""},
    {"tagging": ""},
    {"uploadId": "A0"},
    {"versionId": "null"},
    {"response-content-type": "text/plain; charset=utf-8"},
    {"response-content-disposition": "attachment; filename=\"a b+c.txt\""},
    {"response-cache-control": "no-cache", "response-expires": "never & ever"},
]
BUCKET = "sign-random-botocore"


def text(chance, letters, length):
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, length)))


def random_request(chance):
    method = chance.choice(["GET", "PUT", "HEAD", "DELETE"])
    key = text(chance, LETTERS, 40)
    params = chance.choice(PARAMETERS) if method in ("GET", "HEAD") else {}
    headers = {}
    for _ in range(chance.randint(0, 3)):
        name = "x-amz-meta-" + text(chance, "abc-xyz019", 10)
        headers[name] = text(chance, META_LETTERS, 30).strip() or "v"
    if chance.random() < 0.5:
        headers["Content-Type"] = chance.choice(["text/plain", "application/x-grain; a=b"])
    return method, key, params, headers


def send(endpoint, method, url, headers):
    """Sends the address as it was signed: nothing folds or encodes it once more."""
    target = url[len(endpoint) :]
    host = urllib.parse.urlsplit(endpoint).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in {**headers, "Host": host}.items():
        connection.putheader(name, value)
    if method == "PUT":
        connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    _, _, rest = body.partition("<Code>")
    return answer.status, rest.partition("</Code>")[0]


def main(seed, count):
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    region = os.environ["AWS_DEFAULT_REGION"]
    endpoint = os.environ["S3_ENDPOINT"]
    ways = {
        "s3 v4 header": S3SigV4Auth(credentials, "s3", region),
        "s3 v4 url": S3SigV4QueryAuth(credentials, "s3", region, expires=600),
    }

    def signed(auth, method, path, params, headers):
        query = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in params.items())
        url = endpoint + path + ("?" + query if query else "")
        request = AWSRequest(method=method, url=url, data=b"", headers=dict(headers))
        # As its clients do: the path is encoded already.
        request.context["client_config"] = None
        auth.add_auth(request)
        return request

    made = signed(ways["s3 v4 header"], "PUT", f"/{BUCKET}", {}, {})
    status, code = send(endpoint, "PUT", made.url, dict(made.headers.items()))
    if status != 200:
        sys.exit(f"The bucket is answered with {status} {code}")
    chance = random.Random(seed)
    for way, auth in ways.items():
        for _ in range(count):
            method, key, params, headers = random_request(chance)
            path = f"/{BUCKET}/{percent_encode(key, safe='/~')}"
            request = signed(auth, method, path, params, headers)
            status, code = send(endpoint, method, request.url, dict(request.headers.items()))
            what = [method, key, params, headers]
            print(json.dumps({"way": way, "what": what, "status": status, "code": code}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
