"""Other people's WebRTC stacks as callers, by plain WHIP: audio both ways, judged by tones."""

import asyncio
import unittest

import aiortc_person
import gstreamer_person
import running_shelcaster
import tones

# The default of callersVolume is 80, of hostVolume 100.
CALLER_DB = -30 + 20 * -0.09691
HEARD_DB = -45


class Whip(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = running_shelcaster.RunningShelcaster()
        cls.addClassCleanup(cls.server.stop)

    async def on_air(self, seat):
        await asyncio.to_thread(self.server.set_on_air, seat, True)
        await asyncio.to_thread(
            self.server.wait_for, 'the seat to publish',
            lambda: self.server.participant(seat)['isPublishing'])

    async def test_aiortc_talks_and_hears(self):
        host_seat, caller_seat = self.server.host('Host'), self.server.invite('aiortc')
        host, caller = aiortc_person.AiortcPerson(440), aiortc_person.AiortcPerson(660)
        self.addAsyncCleanup(host.leave)
        self.addAsyncCleanup(caller.leave)
        await host.join(self.server.whip_url, host_seat['token'])
        await caller.join(self.server.whip_url, caller_seat['token'])
        await self.on_air(caller_seat)
        await asyncio.gather(host.ear.hear(1), caller.ear.hear(1))
        at_host, at_caller = await asyncio.gather(host.ear.hear(1), caller.ear.hear(1))
        self.assertAlmostEqual(tones.usual_db(at_host, 660), CALLER_DB, delta=1.5)
        self.assertAlmostEqual(tones.usual_db(at_caller, 440), -30, delta=1.5)
        self.assertLess(tones.tone_db(at_host, 440), -70)
        self.assertLess(tones.tone_db(at_caller, 660), -70)

    async def test_gstreamer_talks_and_hears(self):
        host_seat, caller_seat = self.server.host('Host'), self.server.invite('webrtcbin')
        host, caller = aiortc_person.AiortcPerson(550), gstreamer_person.GstreamerPerson(880)
        self.addAsyncCleanup(host.leave)
        self.addAsyncCleanup(asyncio.to_thread, caller.leave)
        await host.join(self.server.whip_url, host_seat['token'])
        await asyncio.to_thread(caller.join, self.server.whip_url, caller_seat['token'])
        await self.on_air(caller_seat)
        await asyncio.gather(host.ear.hear(1), asyncio.to_thread(caller.hear, 1))
        at_host, at_caller = await asyncio.gather(host.ear.hear(1), asyncio.to_thread(caller.hear, 1))
        self.assertAlmostEqual(tones.usual_db(at_host, 880), CALLER_DB, delta=1.5)
        self.assertAlmostEqual(tones.usual_db(at_caller, 550), -30, delta=1.5)
        self.assertLess(tones.tone_db(at_caller, 880), -70)

    async def test_who_only_sends_gets_their_return_by_whep_with_the_same_token(self):
        sender_seat, other_seat = self.server.host('Encoder'), self.server.invite('other')
        sender = aiortc_person.AiortcPerson(770, direction='sendonly')
        other, back = aiortc_person.AiortcPerson(990), aiortc_person.AiortcPerson(None)
        listener = aiortc_person.AiortcPerson(None)
        for person in (sender, other, back, listener):
            self.addAsyncCleanup(person.leave)
        await sender.join(self.server.whip_url, sender_seat['token'])
        await other.join(self.server.whip_url, other_seat['token'])
        await self.on_air(other_seat)
        await back.join(self.server.whep_url, sender_seat['token'])
        await listener.join(self.server.whep_url, None)
        await asyncio.gather(back.ear.hear(1), listener.ear.hear(1))
        # Four stacks in one Python process are late now and then: this is about who is heard by whom.
        at_back, at_listener = await asyncio.gather(back.ear.hear(1), listener.ear.hear(1))
        self.assertGreater(tones.usual_db(at_back, 990), HEARD_DB)
        self.assertLess(tones.tone_db(at_back, 770), -70)
        self.assertGreater(tones.usual_db(at_listener, 770), HEARD_DB)
        self.assertGreater(tones.usual_db(at_listener, 990), HEARD_DB)

    async def test_a_session_ends_once(self):
        seat = self.server.invite('leaver')
        caller = aiortc_person.AiortcPerson(660)
        await caller.join(self.server.whip_url, seat['token'])
        await caller.ear.hear(0.2)
        self.assertEqual(await asyncio.to_thread(aiortc_person.delete_session, caller.session_url), 200)
        await asyncio.to_thread(
            self.server.wait_for, 'the seat to be empty',
            lambda: not self.server.participant(seat)['isPublishing'])
        caller.session_url = None
        await caller.leave()


if __name__ == '__main__':
    unittest.main()
