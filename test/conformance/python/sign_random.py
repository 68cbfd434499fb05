"""Sends requests of random names, parameters and headers, signed by oss2 in each of its ways.

Usage: sign_random.py SEED COUNT, with the variables of the suites. Writes a line of JSON for each request:
{"way", "what", "status", "code"}. Whether the operation succeeds does not matter, whether its signature does.
"""

import json
import os
import random
import sys

import oss2
import requests

LETTERS = "abcXYZ019-_.~ +%&=?#'\"()*!@$,;:/[]{}谷物ü🌾"
META_LETTERS = "abcXYZ019-_.~ +%&=?#'()*!@$,;:/[]{}"
SUB_RESOURCES = [
    {},
    {"acl": ""},
    {"tagging": ""},
    {"symlink": ""},
    {"objectMeta": ""},
    {"uploadId": "A0"},
    {"versionId": "null"},
    {"response-content-type": "text/plain; charset=utf-8"},
    {"response-content-disposition": "attachment; filename=\"a b+c.txt\""},
    {"response-cache-control": "no-cache", "response-expires": "never & ever"},
]
METHODS = ["GET", "PUT", "HEAD", "DELETE"]


def text(chance, letters, length):
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, length)))


def random_request(chance):
    method = chance.choice(METHODS)
    # The client folds dot segments after it has signed.
    key = "k" + text(chance, LETTERS, 40).replace("/.", "/x")
    params = dict(chance.choice(SUB_RESOURCES))
    if method in ("PUT", "DELETE") and params:
        params = chance.choice([{}, {"tagging": ""}])
    headers = {}
    for _ in range(chance.randint(0, 3)):
        name = "x-oss-meta-" + text(chance, "abc-xyz019", 10)
        headers[name] = text(chance, META_LETTERS, 30).strip() or "v"
    if chance.random() < 0.5:
        headers["Content-Type"] = chance.choice(["text/plain", "application/x-grain; a=b"])
    return method, key, params, headers


def send_by_header(bucket, method, key, params, headers):
    try:
        answer = bucket._Bucket__do_object(method, key, params=params, headers=headers)
        return answer.status, ""
    except oss2.exceptions.OssError as error:
        return error.status, error.code


def send_by_url(bucket, method, key, params, headers):
    url = bucket.sign_url(method, key, 600, headers=headers, params=params, slash_safe=True)
    answer = requests.request(method, url, headers=headers)
    _, _, rest = answer.text.partition("<Code>")
    return answer.status_code, rest.partition("</Code>")[0]


def main(seed, count):
    identifier = os.environ["OSS_TEST_ACCESS_KEY_ID"]
    secret = os.environ["OSS_TEST_ACCESS_KEY_SECRET"]
    endpoint = os.environ["OSS_TEST_ENDPOINT"]
    region = os.environ["OSS_TEST_REGION"]
    provider = oss2.credentials.StaticCredentialsProvider(identifier, secret)
    name = "sign-random-python"
    oss2.Bucket(oss2.Auth(identifier, secret), endpoint, name).create_bucket()
    ways = {
        "v1 header": (oss2.Auth(identifier, secret), send_by_header),
        "v1 url": (oss2.Auth(identifier, secret), send_by_url),
        "v2 header": (oss2.AuthV2(identifier, secret), send_by_header),
        "v4 header": (oss2.ProviderAuthV4(provider), send_by_header),
        "v4 url": (oss2.ProviderAuthV4(provider), send_by_url),
    }
    chance = random.Random(seed)
    for way, (auth, send) in ways.items():
        bucket = oss2.Bucket(auth, endpoint, name, region=region)
        for _ in range(count):
            method, key, params, headers = random_request(chance)
            status, code = send(bucket, method, key, params, dict(headers))
            what = [method, key, params, headers]
            print(json.dumps({"way": way, "what": what, "status": status, "code": code}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
