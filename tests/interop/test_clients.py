"""The clients against each other: proves them before they prove the server."""

import asyncio
import unittest

from aiortc import RTCPeerConnection, RTCSessionDescription

import aiortc_person
import gstreamer_person
import tones


class AiortcClient(unittest.IsolatedAsyncioTestCase):
    async def test_two_clients_hear_each_other(self):
        caller, callee = aiortc_person.AiortcPerson(660), RTCPeerConnection()
        ear = aiortc_person.Ear()
        callee.on('track', ear.attach)
        callee.addTrack(aiortc_person.ToneTrack(880, -20))
        await caller.peer.setLocalDescription(await caller.peer.createOffer())
        await callee.setRemoteDescription(RTCSessionDescription(caller.peer.localDescription.sdp, 'offer'))
        await callee.setLocalDescription(await callee.createAnswer())
        await caller.peer.setRemoteDescription(
            RTCSessionDescription(callee.localDescription.sdp, 'answer'))
        await asyncio.gather(ear.hear(0.5), caller.ear.hear(0.5))
        there, back = await asyncio.gather(ear.hear(1), caller.ear.hear(1))
        ear.stop()
        await caller.leave()
        await callee.close()
        self.assertAlmostEqual(tones.usual_db(there, 660), -30, delta=1)
        self.assertAlmostEqual(tones.usual_db(back, 880), -20, delta=1)
        self.assertLess(tones.tone_db(back, 660), -70)


class GstreamerClient(unittest.IsolatedAsyncioTestCase):
    async def test_gstreamer_and_aiortc_hear_each_other(self):
        caller, callee = gstreamer_person.GstreamerPerson(660), RTCPeerConnection()
        ear = aiortc_person.Ear()
        callee.on('track', ear.attach)
        callee.addTrack(aiortc_person.ToneTrack(880, -20))
        offer = await asyncio.to_thread(caller.offer)
        await callee.setRemoteDescription(RTCSessionDescription(offer, 'offer'))
        await callee.setLocalDescription(await callee.createAnswer())
        await asyncio.to_thread(caller.accept, callee.localDescription.sdp)
        await asyncio.gather(ear.hear(0.5), asyncio.to_thread(caller.hear, 0.5))
        there, back = await asyncio.gather(ear.hear(1), asyncio.to_thread(caller.hear, 1))
        ear.stop()
        await asyncio.to_thread(caller.leave)
        await callee.close()
        self.assertAlmostEqual(tones.usual_db(there, 660), -30, delta=1)
        self.assertAlmostEqual(tones.usual_db(back, 880), -20, delta=1)
