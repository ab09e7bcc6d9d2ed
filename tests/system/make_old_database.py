"""Makes databases/schema_1.sql: what a server of commit e41ab10 leaves when its machine loses power.

    make_old_database.py SHELCASTER OUT.sql

SHELCASTER is the binary that was built from that commit. It is run once; nobody needs to run this
again unless another old release is to be covered. There is a show in every status, and in them people
on and off the air, kicked and muted, a queue, a destination, a deck, tracks, a tracklist, a session,
remembered answers and an event log.
"""

import io
import os
import pathlib
import signal
import sqlite3
import struct
import sys
import wave

BINARY, OUT = sys.argv[1:]
os.environ['SHELCASTER_BINARY'] = BINARY

from running_serve import RunningServe, wait_for  # noqa: E402

STATUSES = ('CREATING', 'STARTING', 'LIVE', 'STOPPING', 'STOPPED', 'ERROR')


def tone(seconds):
    out = io.BytesIO()
    with wave.open(out, 'wb') as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48000)
        sound.writeframes(b''.join(struct.pack('<h', 8000 * (i // 55 % 2) - 4000)
                                   for i in range(seconds * 48000)))
    return out.getvalue()


def post(serve, path, body=None, key=None):
    headers = {'Idempotency-Key': key} if key else None
    reply = serve.call('POST', path, body, headers=headers)
    assert reply.status < 300, f'{path}: {reply}'
    return reply.json


def fill(serve, show, tracks, tracklist):
    """People, a queue, a destination and a routing of its own."""
    people = {name: post(serve, f'/shows/{show}/caller-tokens', {'username': name})['participantId']
              for name in ('Ada', 'Bob', 'Cem')}
    post(serve, f'/shows/{show}/host-tokens', {'username': 'Dora'}, key=f'host-{show}')
    post(serve, f'/shows/{show}/participants/{people["Ada"]}/toggle-on-air', {'isOnAir': True})
    serve.ask('PATCH', f'/shows/{show}/participants/{people["Bob"]}',
              {'muted': True, 'volume': 40, 'username': 'Bob from Bonn'})
    post(serve, f'/shows/{show}/participants/{people["Cem"]}/kick')
    post(serve, f'/shows/{show}/queue', {'tracklistId': tracklist}, key=f'queue-{show}')
    post(serve, f'/shows/{show}/queue', {'trackId': tracks[0], 'position': 0})
    serve.ask('PUT', f'/shows/{show}/audio-routing', {'hostVolume': 71, 'masterVolume': 90})
    serve.ask('PUT', f'/shows/{show}/outputs/rtmp',
              {'url': 'rtmp://127.0.0.1:9/app', 'streamKey': 'live_not_a_real_key'})


def make(serve):
    tracks = [serve.call('POST', f'/tracks?title=Tone%20{n}', tone(n),
                         headers={'Content-Type': 'audio/wav'}).json['trackId'] for n in (3, 4)]
    for track in tracks:
        wait_for('the import', lambda t=track: serve.ask('GET', f'/tracks/{t}')['status'] == 'READY')
    failed = serve.call('POST', '/tracks?title=Broken', b'no sound',
                        headers={'Content-Type': 'audio/wav'}).json['trackId']
    wait_for('the failure', lambda: serve.ask('GET', f'/tracks/{failed}')['status'] == 'FAILED')
    tracklist = post(serve, '/tracklists', {'title': 'Early songs'})['tracklistId']
    serve.ask('PUT', f'/tracklists/{tracklist}/tracks', {'trackIds': tracks})
    shows = {status: post(serve, '/shows', {'title': f'A show that is {status}'})['showId']
             for status in STATUSES}
    for show in shows.values():
        fill(serve, show, tracks, tracklist)
    post(serve, '/sessions', {'showId': shows['LIVE']}, key='session')
    serve.wait_for_status(shows['LIVE'], 'LIVE')
    post(serve, f'/shows/{shows["LIVE"]}/deck/commands', {'command': 'PLAY', 'id': 'play-1'})
    wait_for('the deck', lambda: serve.ask('GET', f'/shows/{shows["LIVE"]}/deck')['state'] == 'PLAYING')
    for status in ('STOPPED', 'STOPPING'):
        post(serve, f'/shows/{shows[status]}/start', key=f'start-{status}')
        serve.wait_for_status(shows[status], 'LIVE')
    post(serve, f'/shows/{shows["STOPPED"]}/stop')
    serve.wait_for_status(shows['STOPPED'], 'STOPPED')
    before = set(serve.pids('compose'))
    post(serve, f'/shows/{shows["ERROR"]}/start')
    for pid in wait_for('its keeper', lambda: set(serve.pids('compose')) - before):
        os.kill(pid, signal.SIGKILL)
    serve.wait_for_status(shows['ERROR'], 'ERROR')
    # The power fails while one comes up and one goes down.
    post(serve, f'/shows/{shows["STARTING"]}/start')
    post(serve, f'/shows/{shows["STOPPING"]}/stop')
    pids = serve.pids()
    serve.kill()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return shows


def main():
    serve = RunningServe()
    serve.holds_to_contract = False
    try:
        shows = make(serve)
        database = sqlite3.connect(serve.data / 'shelcaster.db')
        version = database.execute('PRAGMA user_version').fetchone()[0]
        for status, show in shows.items():
            body = database.execute('SELECT body FROM documents WHERE id = ?', (show,)).fetchone()[0]
            assert f'"status":"{status}"' in body, f'{status}: {body}'
        text = '\n'.join(database.iterdump()) + f'\nPRAGMA user_version = {version};\n'
        made_by = '-- Made by tests/system/make_old_database.py with commit e41ab10.\n'
        pathlib.Path(OUT).write_text(made_by + text)
    finally:
        serve.stop()


main()
