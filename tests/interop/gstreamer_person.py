"""A person at a client made with GStreamer's webrtcbin."""

import threading
import time

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
gi.require_version('GstApp', '1.0')
from gi.repository import Gst, GstApp, GstSdp, GstWebRTC  # noqa: E402,F401

import aiortc_person  # noqa: E402
import tones  # noqa: E402

RATE = 48000
HEARD_SECONDS_MAX = 3

Gst.init(None)

SEND = ('webrtcbin name=rtc bundle-policy=max-bundle '
        'audiotestsrc is-live=true wave=sine freq={hz} volume={volume} ! audio/x-raw,rate=48000,channels=1 '
        '! opusenc ! rtpopuspay pt=97 ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! rtc.')
RECEIVE = ('rtpopusdepay ! opusdec ! audioconvert ! audioresample '
           '! audio/x-raw,format=F32LE,rate=48000,channels=1 ! appsink name=ear emit-signals=true sync=false')


class GstreamerPerson:
    def __init__(self, hz, db=-30):
        self.pipeline = Gst.parse_launch(SEND.format(hz=hz, volume=tones.from_db(db)))
        self.rtc = self.pipeline.get_by_name('rtc')
        # The Python object holds the agent's only reference.
        self._ice_agent = self.rtc.get_property('ice-agent')
        self._ice_agent.emit('add-local-ip-address', '127.0.0.1')
        self.rtc.connect('pad-added', self._on_pad)
        self.session_url = None
        self._replies = []
        self._samples = []
        self._lock = threading.Lock()

    def _on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        receiver = Gst.parse_bin_from_description(RECEIVE, True)
        receiver.get_by_name('ear').connect('new-sample', self._on_sample)
        self.pipeline.add(receiver)
        receiver.sync_state_with_parent()
        pad.link(receiver.get_static_pad('sink'))

    def _on_sample(self, sink):
        buffer = sink.emit('pull-sample').get_buffer()
        values = memoryview(buffer.extract_dup(0, buffer.get_size())).cast('f')
        with self._lock:
            self._samples.extend(values)
            del self._samples[:-HEARD_SECONDS_MAX * RATE]
        return Gst.FlowReturn.OK

    def _signal(self, name, argument, wanted=None):
        promise = Gst.Promise.new()
        self.rtc.emit(name, argument, promise)
        promise.wait()
        reply = promise.get_reply()
        # What is taken out of the reply lives no longer than the reply does.
        self._replies.append(reply)
        return reply.get_value(wanted) if wanted else None

    def offer(self):
        """The offer with every candidate in it."""
        self.pipeline.set_state(Gst.State.PLAYING)
        wait_for('the sending pad', lambda: self.rtc.get_static_pad('sink_0').get_current_caps())
        offer = self._signal('create-offer', None, 'offer')
        self._signal('set-local-description', offer)
        wait_for('candidates', lambda: self.rtc.get_property('ice-gathering-state')
                 == GstWebRTC.WebRTCICEGatheringState.COMPLETE)
        return self.rtc.get_property('local-description').sdp.as_text()

    def accept(self, answer):
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self._signal('set-remote-description', description)

    def join(self, whip_url, token):
        """Sends and receives by a single WHIP exchange."""
        answer, self.session_url = aiortc_person.post_offer(whip_url, token, self.offer())
        self.accept(answer)

    def hear(self, seconds, limit_seconds=15):
        """The next `seconds` of sound as mono floats."""
        with self._lock:
            self._samples.clear()
        wanted = int(seconds * RATE)

        def heard():
            with self._lock:
                return self._samples[:wanted] if len(self._samples) >= wanted else None
        return wait_for(f'{seconds} s of sound', heard, limit_seconds)

    def leave(self):
        if self.session_url:
            aiortc_person.delete_session(self.session_url)
        self.pipeline.set_state(Gst.State.NULL)


def wait_for(what, probe, limit_seconds=15):
    end = time.monotonic() + limit_seconds
    while time.monotonic() < end:
        value = probe()
        if value:
            return value
        time.sleep(0.02)
    raise TimeoutError(f'waited {limit_seconds} s in vain for {what}')
