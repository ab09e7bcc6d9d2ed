"""Requests made from api/openapi.yaml: valid, at the limits, and wrong ones for every operation. What
is made depends on the seed alone; ids come from earlier answers."""

import json
import pathlib
import random
import sys
from urllib.parse import quote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'system'))
import contract  # noqa: E402

TEXTS = ('', 'a', 'Früh am Morgen', ' ', '\u202eback', '\u200b', 'a\x00b', '\x07', '"', '<b>', '../..',
         '%2e%2e', 'null', '0', '\U0001f399', 'x' * 200, 'x' * 201, 'x' * 5_000, '\ud800')
# Nothing that a test sends may leave this machine.
URLS = ('http://127.0.0.1:9/a.mp3', 'rtmp://127.0.0.1:9/app', 'rtmps://127.0.0.1:9/app',
        'file:///etc/passwd', 'http://', '127.0.0.1', 'http://[::1', 'http://127.0.0.1:99999/',
        'rtmp://user:word@127.0.0.1:9/app')
NUMBERS = (0, 1, -1, 2, 99, 100, 101, 1_000, 2 ** 31, 2 ** 53, 2 ** 63 - 1, 2 ** 63, 2 ** 64,
           -2 ** 63, 1e308, 0.5)
ODD = (None, True, [], {}, '', 0, [None], {'a': {'b': []}})
TYPES = ('application/json', 'application/json; charset=utf-8', 'application/sdp', 'text/html',
         'APPLICATION/JSON', 'audio/mpeg', 'application/merge-patch+json', '',
         'multipart/form-data; boundary=x', 'x' * 300)
OFFER = '\r\n'.join([
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux',
    'a=ice-ufrag:Ufr4', 'a=ice-pwd:0123456789abcdefghijklmn',
    'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass',
    'a=rtpmap:111 opus/48000/2', 'a=ssrc:1001 cname:robot', ''])

# Where every show has processes: few of them start.
STARTING = {'startShow', 'startComposition', 'startCompositionAlias', 'createSession'}


class Known:
    """What earlier answers told: by parameter, and whose tokens there are."""

    KEPT = 40

    def __init__(self):
        self.ids = {}
        self.tokens = {'admin': [], 'host': [], 'caller': [], 'invitation': []}

    def learn(self, value, key=''):
        if isinstance(value, dict):
            for name, one in value.items():
                self.learn(one, name)
        elif isinstance(value, list):
            for one in value[:10]:
                self.learn(one, key)
        elif isinstance(value, str) and value:
            if key.endswith('Id'):
                self._keep(self.ids.setdefault(key, []), value)
            elif key == 'id' and value.startswith('rec-'):
                self._keep(self.ids.setdefault('recordingId', []), value)
            elif key in ('hostToken', 'token'):
                self._keep(self.tokens['host' if key == 'hostToken' else 'caller'], value)
            elif key == 'callerToken':
                self._keep(self.tokens['invitation'], value)

    def learn_session(self, location):
        self._keep(self.ids.setdefault('mediaSessionId', []), location.rsplit('/', 1)[1])

    def _keep(self, values, value):
        if value in values:
            return
        values.append(value)
        if len(values) > self.KEPT:
            # The first stay: they have what later ones are about.
            del values[self.KEPT // 2]


class Request:
    def __init__(self, operation, method, path, headers, body):
        self.operation = operation
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class Maker:
    def __init__(self, seed, known):
        self.random = random.Random(seed)
        self.known = known
        self.operations = [
            (method, template, operation, item.get('parameters', []) + operation.get('parameters', []))
            for template, item in contract.description()['paths'].items()
            for method, operation in item.items() if method in ('get', 'put', 'post', 'patch', 'delete')]
        self._turn = 0

    def chance(self, probability):
        return self.random.random() < probability

    def make(self):
        method, template, operation, parameters = self.operations[self._turn % len(self.operations)]
        self._turn += 1
        name = operation['operationId']
        path, query, headers = template, [], {}
        for parameter in map(contract.resolved, parameters):
            key, place = parameter['name'], parameter['in']
            if place == 'path':
                path = path.replace('{%s}' % key, escaped(self.path_value(key)))
            elif place == 'query' and self.chance(0.5):
                query.append(f'{escaped(key)}={escaped(self.loose(parameter["schema"]))}')
            elif place == 'header' and self.chance(0.3):
                headers[key] = header_safe(self.loose(parameter['schema'], key))
        if self.chance(0.05):
            query.append(escaped(self.random.choice(TEXTS)))
        token = self.token(template)
        if token is not None:
            headers['Authorization'] = f'Bearer {token}'
        body = None
        content = contract.resolved(operation.get('requestBody', {})).get('content')
        if content and not self.chance(0.03):
            body, headers['Content-Type'] = self.body(content, name)
        elif self.chance(0.03):
            body, headers['Content-Type'] = b'{}', 'application/json'
        target = path + ('?' + '&'.join(query) if query else '')
        return Request(name, method.upper(), target, headers, body)

    def path_value(self, key):
        known = self.known.ids.get({'callerId': 'participantId'}.get(key, key), [])
        if known and self.chance(0.9):
            return self.random.choice(known)
        return self.random.choice(TEXTS[1:] + ('nobody', 'show-000000000000'))

    def token(self, template):
        kind = self.random.choices(('admin', 'host', 'caller', 'invitation', 'wrong', 'none'),
                                   (14, 3, 1, 1, 0.5, 0.5))[0]
        if template.endswith('/join') and self.chance(0.5):
            kind = 'invitation'
        if kind == 'none':
            return None
        known = self.known.tokens.get(kind)
        return self.random.choice(known) if known else 'x.y.z'

    def loose(self, schema, key=''):
        """Mostly what the schema wants, as text."""
        value = self.value(schema, key) if self.chance(0.8) else self.random.choice(TEXTS + NUMBERS)
        return value if isinstance(value, str) else json.dumps(value)

    def body(self, content, name):
        kind = self.random.choice(list(content))
        is_good = not self.chance(0.97 if name in STARTING else 0.35)
        if kind != 'application/json':
            if 'sdp' in kind:
                text = OFFER if is_good else self.broken(OFFER)
            else:
                # Each upload is a process of its own for a moment.
                is_good = self.chance(0.05)
                text = 'no music' if is_good else ''
            kind = kind.replace('*', 'mpeg') if is_good else self.random.choice(TYPES)
            return text.encode(errors='replace'), kind
        value = self.value(content[kind]['schema'])
        if not is_good and isinstance(value, dict):
            value = self.spoilt(value)
        text = json.dumps(value)
        if not is_good and self.chance(0.2):
            text = self.broken(text)
        if not is_good and self.chance(0.15):
            kind = self.random.choice(TYPES)
        return text.encode(errors='replace'), kind

    def broken(self, text):
        how = self.random.randrange(6)
        at = self.random.randrange(len(text) + 1)
        if how == 0:
            return text[:at]
        if how == 1:
            return text[:at] + chr(self.random.randrange(256)) + text[at + 1:]
        if how == 2:
            return '[' * 40 + text + ']' * 40
        if how == 3:
            return text * 3
        if how == 4:
            return ''
        return text[:at] + text[at + self.random.randrange(20):]

    def spoilt(self, value):
        value = dict(value)
        keys = list(value)
        how = self.random.randrange(4)
        if how == 0 and keys:
            del value[self.random.choice(keys)]
        elif how == 1 and keys:
            value[self.random.choice(keys)] = self.random.choice(ODD + TEXTS + NUMBERS)
        elif how == 2:
            value[self.random.choice(TEXTS)] = self.random.choice(ODD)
        elif keys:
            count = self.random.choice((1, 100, 3_000))
            value[self.random.choice(keys)] = [self.random.choice(TEXTS)] * count
        return value

    def value(self, schema, key=''):
        """One that fits the schema, often at its limits."""
        schema = contract.resolved(schema)
        if schema.get('nullable') and self.chance(0.2):
            return None
        for some in ('oneOf', 'anyOf'):
            if some in schema:
                return self.value(self.random.choice(schema[some]), key)
        if 'allOf' in schema:
            merged = {}
            for part in schema['allOf']:
                made = self.value(part, key)
                merged |= made if isinstance(made, dict) else {}
            return merged
        if 'enum' in schema:
            return self.random.choice(schema['enum'])
        kind = schema.get('type')
        if kind == 'object':
            required = schema.get('required', [])
            return {name: self.value(one, name) for name, one in schema.get('properties', {}).items()
                    if name in required or self.chance(0.5)}
        if kind == 'array':
            count = self.random.choice((schema.get('minItems', 0), 1, 2, 5))
            return [self.value(schema['items'], key.removesuffix('s')) for _ in range(count)]
        if kind in ('integer', 'number'):
            low, high = schema.get('minimum', 0), schema.get('maximum', 1_000)
            return self.random.choice((low, high, (low + high) // 2))
        if kind == 'boolean':
            return self.chance(0.5)
        return self.text(schema, key)

    def text(self, schema, key):
        known = self.known.ids.get(key)
        if key.endswith('Id') and known:
            return self.random.choice(known)
        if 'url' in key.lower():
            return self.random.choice(URLS)
        least, most = schema.get('minLength', 0), min(schema.get('maxLength', 40), 10_000)
        return ''.join(self.random.choice('aä1 -') for _ in range(self.random.choice((max(least, 1), most))))


def escaped(text):
    return quote(text.encode(errors='replace'), safe='')


def header_safe(text):
    return ''.join(c for c in text if c.isascii() and c.isprintable())[:4_000].strip()
