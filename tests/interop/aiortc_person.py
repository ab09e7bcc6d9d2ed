"""A person at a client made with aiortc (a Python WebRTC stack that shares no code with ours)."""

import asyncio
import fractions
import urllib.request

import aioice.ice
import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

import tones

RATE = 48000
FRAME = 960
HEARD_SECONDS_MAX = 3


def on_loopback(use_ipv4, use_ipv6):
    """aioice leaves loopback out; here there is nothing else."""
    return ['127.0.0.1']


aioice.ice.get_host_addresses = on_loopback


class ToneTrack(MediaStreamTrack):
    """A microphone that hears a steady tone."""

    kind = 'audio'

    def __init__(self, hz, db):
        super().__init__()
        self._hz, self._db = hz, db
        self._position = 0
        self._began = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self._began = self._began if self._began is not None else loop.time()
        await asyncio.sleep(max(0, self._began + self._position / RATE - loop.time()))
        frame = av.AudioFrame(format='s16', layout='mono', samples=FRAME)
        samples = tones.tone(self._hz, self._db, FRAME, self._position)
        frame.planes[0].update(b''.join(
            round(sample * 32767).to_bytes(2, 'little', signed=True) for sample in samples))
        frame.sample_rate = RATE
        frame.pts = self._position
        frame.time_base = fractions.Fraction(1, RATE)
        self._position += FRAME
        return frame


class Ear:
    """Keeps the last seconds of a remote track as mono floats."""

    def __init__(self):
        self.samples = []
        self._task = None

    def attach(self, track):
        self._task = asyncio.ensure_future(self._run(track))

    async def _run(self, track):
        while True:
            frame = await track.recv()
            channels = len(frame.layout.channels)
            data = memoryview(bytes(frame.planes[0])).cast('h')[:frame.samples * channels]
            self.samples.extend(value / 32768 for value in data[::channels])
            del self.samples[:-HEARD_SECONDS_MAX * RATE]

    async def hear(self, seconds, limit_seconds=15):
        """The next `seconds` of sound."""
        self.samples.clear()
        end = asyncio.get_running_loop().time() + limit_seconds
        while len(self.samples) < seconds * RATE:
            if asyncio.get_running_loop().time() > end:
                raise TimeoutError(f'heard {len(self.samples)} samples in {limit_seconds} s')
            await asyncio.sleep(0.02)
        return self.samples[:int(seconds * RATE)]

    def stop(self):
        if self._task:
            self._task.cancel()


def post_offer(url, token, sdp):
    """Plain WHIP: one POST. Gives the answer and the session's URL."""
    headers = {'Content-Type': 'application/sdp'}
    if token:
        headers['Authorization'] = f'Bearer {token}'
    request = urllib.request.Request(url, data=sdp.encode(), method='POST', headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        if response.status != 201:
            raise RuntimeError(f'WHIP answered {response.status}, not 201')
        return response.read().decode(), urllib.request.urljoin(url, response.headers['Location'])


def delete_session(url):
    with urllib.request.urlopen(urllib.request.Request(url, method='DELETE'), timeout=10) as response:
        return response.status


class AiortcPerson:
    def __init__(self, hz, db=-30, direction='sendrecv'):
        """`hz` None: somebody who only listens, by WHEP."""
        self.peer = RTCPeerConnection()
        self.ear = Ear()
        self.peer.on('track', self.ear.attach)
        if hz is None:
            self.peer.addTransceiver('audio', direction='recvonly')
        else:
            self.peer.addTransceiver(ToneTrack(hz, db), direction=direction)
        self.session_url = None

    async def join(self, whip_url, token, reroute=None):
        """Sends and receives by a single WHIP (or WHEP) exchange. `reroute` gives the answer another way."""
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer, self.session_url = await asyncio.get_running_loop().run_in_executor(
            None, post_offer, whip_url, token, self.peer.localDescription.sdp)
        if reroute:
            answer = await reroute(answer)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, 'answer'))

    def on_send(self, mangle):
        """From now on `mangle` gives the packets that are sent, as they are before SRTP, in place of each."""
        transport = self.peer.getTransceivers()[0].sender.transport
        send = transport._send_rtp

        async def send_all(packet):
            for each in mangle(packet):
                await send(each)
        transport._send_rtp = send_all

    async def leave(self):
        self.ear.stop()
        if self.session_url:
            await asyncio.get_running_loop().run_in_executor(None, delete_session, self.session_url)
        await self.peer.close()
