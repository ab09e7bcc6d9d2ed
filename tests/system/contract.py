"""api/openapi.yaml held against what the server really says: every answer and every WebSocket frame."""

import functools
import json
import pathlib
import re

import jsonschema
import yaml

DESCRIPTION = pathlib.Path(__file__).resolve().parents[2] / 'api/openapi.yaml'


@functools.cache
def description():
    with open(DESCRIPTION) as file:
        return yaml.load(file, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))


def to_json_schema(node):
    """OpenAPI 3.0's own dialect as JSON Schema: `nullable` is a type there."""
    if isinstance(node, list):
        return [to_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: to_json_schema(value) for key, value in node.items()
             if key not in ('nullable', 'example', 'description')}
    return {'anyOf': [plain, {'type': 'null'}]} if node.get('nullable') is True else plain


@functools.cache
def validator(pointer):
    """Of the schema at "components/schemas/Show" and the like."""
    schemas = {name: to_json_schema(schema)
               for name, schema in description()['components']['schemas'].items()}
    root = {'$ref': f'#/components/schemas/{pointer}', 'components': {'schemas': schemas}}
    return jsonschema.Draft4Validator(root)


@functools.cache
def paths():
    """(pattern, template, item), those without parameters first."""
    found = []
    for template, item in description()['paths'].items():
        pattern = re.sub(r'\\{\w+\\}', '[^/]+', re.escape(template))
        found.append((re.compile(pattern), template, item))
    return sorted(found, key=lambda entry: entry[1].count('{'))


def resolved(node):
    while '$ref' in node:
        target = description()
        for part in node['$ref'].removeprefix('#/').split('/'):
            target = target[part]
        node = target
    return node


def misfit(value, schema):
    """What is wrong with the value, or None. `schema` as it stands in the description."""
    if '$ref' in schema:
        check = validator(schema['$ref'].rsplit('/', 1)[1])
    else:
        schemas = {name: to_json_schema(one)
                   for name, one in description()['components']['schemas'].items()}
        check = jsonschema.Draft4Validator(
            {**to_json_schema(schema), 'components': {'schemas': schemas}})
    error = jsonschema.exceptions.best_match(check.iter_errors(value))
    if error is None:
        return None
    return f'/{"/".join(map(str, error.absolute_path))}: {error.message[:300]}'


# (method, path of the description) of every good answer that was checked.
answered = set()


def operations():
    return {(method.upper(), template) for template, item in description()['paths'].items()
            for method in item if method in ('get', 'put', 'post', 'patch', 'delete')}


def check_answer(method, path, reply):
    """An AssertionError when the description doesn't allow this answer to this request. What stands
    at no described path, or is asked by a method that is not described there, is not its business."""
    path = path.split('?', 1)[0]
    for pattern, template, item in paths():
        if pattern.fullmatch(path):
            break
    else:
        return
    operation = item.get(method.lower())
    if operation is None:
        return
    where = f'{method} {template} → {reply.status}'
    described = operation['responses'].get(str(reply.status))
    assert described is not None, f'{where} is not described: {reply}'
    if reply.status < 300:
        answered.add((method, template))
    content = resolved(described).get('content')
    if content is None:
        assert not reply.body, f'{where} has a body that is not described: {reply}'
        return
    media_type = (reply.headers['Content-Type'] or '').split(';')[0]
    assert media_type in content, f'{where} is {media_type}, described are {", ".join(content)}'
    if not media_type.endswith('json'):
        return
    wrong = misfit(json.loads(reply.body), content[media_type]['schema'])
    assert wrong is None, f'{where} is not as described: {wrong}'


@functools.cache
def frame_schemas():
    """By the frame's type."""
    found = {}
    for option in description()['components']['schemas']['EventStreamFrame']['oneOf']:
        (name,) = resolved(option)['properties']['type']['enum']
        found[name] = option
    return found


def check_frame(frame):
    """An AssertionError when the description doesn't allow this frame of an event stream."""
    kind = frame.get('type')
    assert kind in frame_schemas(), f'a frame of the type {kind} is not described: {frame}'
    wrong = misfit(frame, frame_schemas()[kind])
    assert wrong is None, f'a {kind} frame is not as described: {wrong}'
